# SPDX-License-Identifier: BSD-2-Clause
"""Shared by all checks: the tree is built once, before the first check that needs what is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.checks import set_options
from ci.tree import ROOT, make_or_fail


# Files whose tests take longest: what is started last must not be what all wait for.
LONG = (
    "test_build.py",
    "test_installer.py",
    "test_smoke_failures.py",
    "test_make.py",
    "test_host_c.py",
    "test_debian.py",
    "test_rpm.py",
    "test_other_hosts.py",
    "test_site_page.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """In each process that runs tests."""
    set_options(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first; else as they are."""
    items.sort(key=lambda item: item.path.name not in LONG)


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
    for name in ("images", "bin", "elf"):
        (folder / name).symlink_to(built / "out" / name)
    return folder
