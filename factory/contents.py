# SPDX-License-Identifier: BSD-2-Clause
"""What each archive of a download set holds."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from factory.archive import Member
from factory.downloads import CATALOGUE, CHECKSUMS, DownloadSet
from factory.errors import failure
from factory.files import read_file
from factory.source import MATRIX, Source
from factory.templates import Engine

LICENCE_FILES = ("LICENSE",)
# The command line: the factory, and of ci/ what boots a download set.
TOOLS = re.compile(
    r"(factory|templates|ci/(lab|net|payloads|smoke))/.*"
    r"|ci/(__init__|disks|images|media|packages|stock)\.py"
    r"|ci/chips/(__init__|gate|kernel|process|validated)\.py"
)
_RENDERED = re.compile(r"(?:.*/)?(gen/.+)")  # below the folder of the build
_STUB = "obj/mknbi/stub.bin"  # below the folder of the build, where mknbi looks for it


def family_members(downloads: DownloadSet, family: str, source: Source) -> list[Member]:
    """A download set of one family's images: they, their part of the catalogue, and checksums."""
    images = [image for image in downloads.images if image["family"] == family]
    catalogue = json.loads(read_file(downloads.folder / CATALOGUE, "run make")) | {"images": images}
    text = json.dumps(catalogue, indent=1) + "\n"
    members = [*_images(downloads, images), Member(CATALOGUE, text.encode())]
    return with_checksums([*members, *_about(downloads, source)])


def full_members(downloads: DownloadSet, source: Source, others: Sequence[Member]) -> list[Member]:
    """A download set of every image, and what else helps those who use them."""
    members = _images(downloads, downloads.images)
    members.append(Member(CATALOGUE, downloads.folder / CATALOGUE))
    return with_checksums([*members, *_about(downloads, source), *others])


def _images(downloads: DownloadSet, images: Iterable[Mapping[str, Any]]) -> list[Member]:
    return [
        Member(image["path"], downloads.file(image), sha256=image["sha256"]) for image in images
    ]


def tool_members(
    downloads: DownloadSet, source: Source, matrix: Path, others: Sequence[Member]
) -> list[Member]:
    """The command line in Python with its matrix, romtool's sources with a Makefile, and mknbi's stub."""
    out = downloads.folder
    names = {name for name in source.names if TOOLS.fullmatch(name)}
    rendered = set()
    for name in _romtool_sources(out, source.root):
        if made := _RENDERED.fullmatch(name):
            rendered.add(made[1])
        else:
            names.add(name)
    sources = sorted(name for name in names if name.endswith(".c"))
    makefile = _render(source, "tools.mk.j2", sources=sources)
    members = [Member(name, source.root / name) for name in sorted(names)]
    members.append(Member(MATRIX, matrix))
    members += [Member(f"out/{name}", out / name) for name in (*sorted(rendered), _STUB)]
    return [*members, Member("Makefile", makefile), *licence_members(source), *others]


def _romtool_sources(out: Path, root: Path) -> Iterator[str]:
    """What romtool was compiled from, as the compiler wrote it down."""
    rules = sorted((out / "obj" / "romtool").rglob("*.d"))
    if not rules:
        raise failure(str(out / "obj" / "romtool"), "romtool was not built here", "run make")
    for path in rules:
        text = read_file(path, "run make").decode(errors="replace").replace("\\\n", " ")
        words = [word for line in text.splitlines() for word in line.partition(":")[2].split()]
        if (root / words[0]).exists():  # else it is of a source that has gone since
            yield from words


def made_members(folder: str, write: Callable[[Path], None], scratch: Path) -> list[Member]:
    """The files that `write` makes in a folder of its own, as members below `folder`."""
    place = scratch / folder
    place.mkdir()
    write(place)
    paths = sorted(path for path in place.rglob("*") if path.is_file())
    return [
        Member(f"{folder}/{path.relative_to(place)}", path, os.access(path, os.X_OK))
        for path in paths
    ]


def with_checksums(members: Sequence[Member]) -> list[Member]:
    """The same, and SHA256SUMS over them."""
    text = "".join(
        f"{member.sha256 or hashlib.sha256(member.read()).hexdigest()}  {member.name}\n"
        for member in sorted(members, key=lambda member: member.name)
    )
    return [*members, Member(CHECKSUMS, text.encode())]


def _about(downloads: DownloadSet, source: Source) -> list[Member]:
    readme = _render(source, "README.j2", version=downloads.version, licence=downloads.licence)
    return [Member("README", readme), *licence_members(source)]


def licence_members(source: Source) -> list[Member]:
    """What the licence asks to be given along."""
    return [Member(name, source.root / name) for name in LICENCE_FILES]


def _render(source: Source, template: str, **values: Any) -> bytes:
    return Engine(source.root / "templates" / "dist").render(template, **values)
