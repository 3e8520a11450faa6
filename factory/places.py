# SPDX-License-Identifier: BSD-2-Clause
"""Where things are when nobody says so: in the current folder, in a build, where the package is installed."""

from __future__ import annotations

import sys
from pathlib import Path

from factory.downloads import CATALOGUE
from factory.errors import EXIT_INPUT, failure

_TREE = Path(__file__).resolve().parent.parent  # of sources, or <prefix>/share/etherforge/python
_BESIDE = _TREE / "templates"  # in a tree of sources
INSTALLED = _TREE.parent if _TREE.name == "python" else Path("/usr/share/etherforge")
TEMPLATES = _BESIDE if _BESIDE.is_dir() else INSTALLED / "templates"  # of this very version


def _own_build() -> Path | None:
    """The folder of the build that the running program is of: `make O=dir` writes dir/bin/etherforge."""
    program = Path(sys.argv[0]).resolve()
    folder = program.parent.parent
    is_build = program.parent.name == "bin" and (folder / "obj" / "mknbi").is_dir()
    return folder if is_build else None


_OWN = _own_build()
BUILT = _OWN or _TREE / "out"  # else as make leaves it beside this package
_IS_INSTALLED = _TREE.name == "python"


def shipped(name: str) -> Path:
    """A file or folder that Etherforge comes with: below the current folder, else beside this package."""
    here, there = Path(name), (INSTALLED if _IS_INSTALLED else _TREE) / name
    return there if there.exists() and not here.exists() else here


def sources() -> Path | None:
    """The folder of drivers and prefixes; None where only the installed package is."""
    found = shipped("src")
    return None if _IS_INSTALLED and not found.exists() else found


def stub() -> Path:
    """The code that mknbi puts in front of a kernel: as make left it beside this package, else the installed one."""
    built = BUILT / "obj" / "mknbi" / "stub.bin"
    installed = INSTALLED / "mknbi" / "stub.bin"
    return installed if not built.exists() and installed.exists() else built


def download_set(folder: Path | None) -> Path:
    """The folder that was named; else the nearest with a catalogue."""
    if folder is not None:
        return folder
    nearest = (Path("."), Path("out"), *filter(None, [_OWN]), INSTALLED)
    for place in nearest:
        if (place / CATALOGUE).exists():
            return place
    what = f"there is no {CATALOGUE}, nor in {' or '.join(map(str, nearest[1:]))}"
    raise failure(str(Path.cwd()), what, "name the folder of a download set", EXIT_INPUT)
