# SPDX-License-Identifier: BSD-2-Clause
"""Under which licence each file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.tree import ROOT, need_tool, run_tool, sources

LINE = b"SPDX-License-" + b"Identifier: BSD-2-Clause"  # in parts, for reuse reads this file, too
FIRST_LINES = 5  # the line is among these
# Files without comments, and texts for people: .reuse/dep5 says it of them.
WITHOUT = {".md", ".txt", ".json", ".png", ".bin", ".docs", ".install"}
FOLDERS_WITHOUT = ("LICENSES", ".reuse", "ci/fuzz/seeds", "debian")
NAMES_WITHOUT = {"LICENSE", "MANIFEST", "README.j2"}


def _has_line(path: Path) -> bool:
    first = (ROOT / path).read_bytes().splitlines()[:FIRST_LINES]
    return any(LINE in line for line in first)


def _needs_line(path: Path) -> bool:
    suffix = Path(path.stem).suffix if path.suffix == ".j2" else path.suffix
    excused = suffix in WITHOUT or path.name in NAMES_WITHOUT
    return not excused and not str(path).startswith(FOLDERS_WITHOUT)


@pytest.mark.parametrize("folder", sorted({path.parts[0] for path in sources()}))
def test_every_source_file_names_its_licence(folder: str) -> None:
    """In its first lines, where it can have comments."""
    files = [path for path in sources() if path.parts[0] == folder and _needs_line(path)]
    without = [str(path) for path in files if not _has_line(path)]
    assert not without, f"no line {LINE.decode()}: {without}"


def test_code_cannot_be_excused() -> None:
    """What is excused above is no code."""
    code = {".c", ".h", ".py", ".asm", ".inc", ".sh", ".mk", ".js", ".yaml"}
    assert not WITHOUT & code
    assert sum(_needs_line(path) for path in sources()) > 400


def test_reuse() -> None:
    """Every file has licence and copyright, by the rules of the REUSE specification."""
    run_tool(need_tool("reuse"), "--root", str(ROOT), "lint")
