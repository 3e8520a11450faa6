# SPDX-License-Identifier: BSD-2-Clause
"""How a download set differs from one that was built of its sources, as far down as a person needs to know."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tarfile import TarInfo

from factory.archive import read_archive
from factory.dist import UNLISTED

_NAMED = 10  # files of an archive that are named before the rest is counted
_EXPLAINED = 3  # of those
_LINES = 20  # of what a tool says about two files
_ARCHIVE = ".tar.xz"
_DIFFOSCOPE = "diffoscope"  # shows what differs in files of many formats


def differences(published: Path, built: Path, scratch: Path) -> Iterator[str]:
    """A text for each file of two sets that is not the same in both. Signatures and evidence are no build's."""
    for name in sorted(_names(published) | _names(built)):
        ours, theirs = built / name, published / name
        if not ours.exists():
            yield f"{name}: the sources do not give it"
        elif not theirs.exists():
            yield f"{name}: the sources give it, too"
        elif ours.read_bytes() != theirs.read_bytes():
            if name.endswith(_ARCHIVE):
                yield f"{name}: {_archives(theirs, ours, scratch)}"
            else:
                yield f"{name}: differs\n{_explain(name, theirs, ours, scratch)}".rstrip()


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - UNLISTED


def _archives(published: Path, built: Path, scratch: Path) -> str:
    """What differs in two archives; the first files are looked into."""
    theirs, ours = _contents(published), _contents(built)
    found: list[str] = []
    explained: list[str] = []
    for name in sorted(theirs.keys() | ours.keys()):
        if name not in ours or name not in theirs:
            found.append(f"{name} (only in the {'set' if name in theirs else 'build'})")
        elif theirs[name][1] != ours[name][1]:
            found.append(name)
            if len(explained) < _EXPLAINED:
                pair = _written(name, theirs[name][1], ours[name][1], scratch)
                explained.append(f"  {name}:\n{_explain(name, *pair, scratch)}")
        elif _header(theirs[name][0]) != _header(ours[name][0]):
            found.append(f"{name} (date or mode)")
    if not found:
        return "the same files, packed differently: by another liblzma"
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return "\n".join([f"differs in {', '.join(found[:_NAMED])}{more}", *explained])


def _contents(archive: Path) -> dict[str, tuple[TarInfo, bytes]]:
    return {info.name.partition("/")[2]: (info, data) for info, data in read_archive(archive)}


def _header(info: TarInfo) -> tuple[int | float, ...]:
    return info.mode, info.mtime, info.uid, info.gid


def _written(name: str, theirs: bytes, ours: bytes, scratch: Path) -> tuple[Path, Path]:
    """Both contents as files, for tools that compare files."""
    paths = []
    for side, content in (("published", theirs), ("built", ours)):
        path = scratch / side / Path(name).name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    return paths[0], paths[1]


def _explain(name: str, published: Path, built: Path, scratch: Path) -> str:
    """The first lines of what diffoscope, romtool or a comparison of lines says."""
    theirs, ours = published.read_bytes(), built.read_bytes()
    romtool = next(scratch.glob("*/out/bin/romtool"), None)
    if name.startswith("images/") and romtool is not None:
        text = _output([str(romtool), "diff", str(published), str(built)])
    elif shutil.which(_DIFFOSCOPE):
        text = _output([_DIFFOSCOPE, "--text", "-", str(published), str(built)])
    elif b"\0" in theirs or b"\0" in ours:
        at = next((i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b), len(theirs))
        text = f"{len(theirs)} and {len(ours)} bytes, the first other one at {at:#x}"
    else:
        before, after = (data.decode(errors="replace").splitlines() for data in (theirs, ours))
        diff = difflib.unified_diff(before, after, "published", "built", n=0, lineterm="")
        text = "\n".join(islice(diff, _LINES))
    return "\n".join(f"    {line[:160]}" for line in text.splitlines()[:_LINES])


def _output(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, check=False)
    return (done.stdout or done.stderr).decode(errors="replace")
