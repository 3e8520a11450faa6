"""Shared by all checks: the tree is built once, before the first check that needs what is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.tree import ROOT, make_or_fail


@pytest.fixture(scope="session")
def built() -> Path:
    """The source tree with everything built; its root."""
    make_or_fail("all")
    return ROOT


@pytest.fixture
def own_out(built: Path, tmp_path: Path) -> Path:
    """An out folder of its own, without a journal, with the images that were built: every boot is made anew."""
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("images", "bin"):
        (folder / name).symlink_to(built / "out" / name)
    return folder


@pytest.fixture(scope="session")
def rendered() -> Path:
    """The source tree with the header of the default profile rendered, nothing compiled; its root."""
    make_or_fail("out/gen/default/options.h")
    return ROOT
