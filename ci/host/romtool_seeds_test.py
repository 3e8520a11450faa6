# SPDX-License-Identifier: BSD-2-Clause
"""What fuzzing romtool starts from (ci/fuzz/seeds/romtool): images of the formats that there are now."""

from __future__ import annotations

import os

import pytest

from ci.host.romtool_fixtures import (
    R_32,
    R_PC32,
    Elf,
    Workshop,
    firmware,
    foreign_rom,
    workshop,
)
from ci.tree import ROOT

__all__ = ["workshop"]
FOLDER = ROOT / "ci/fuzz/seeds/romtool"
HINT = "hint: UPDATE_SEEDS=yes python3 -m ci.checks ci/host/romtool_seeds_test.py"


def made(workshop: Workshop) -> dict[str, bytes]:
    """One file of each kind."""
    disk = workshop.image("dsk")
    return {
        "rom": workshop.image("rom", "wait=3", "args=a b", devices="8139,8129"),
        "zpxe": workshop.image("zpxe"),
        "dsk": disk[: len(disk.rstrip(b"\0")) + 512 & ~511],  # as a loader reads it
        "foreign-two": bytes(foreign_rom(indicator=0) + foreign_rom(code_type=3)),
        "foreign": bytes(foreign_rom(revision=3)),
        "elf": firmware().encode(),
        "elf-data": Elf(bytes(900), [(4, R_32, "_data_end"), (500, R_PC32, "_data_end")]).encode(),
    }


def test_seeds(workshop: Workshop) -> None:
    """They are what romtool makes, so that damage to them gets as far as it can."""
    for name, data in made(workshop).items():
        path = FOLDER / name
        if os.environ.get("UPDATE_SEEDS"):
            path.write_bytes(data)
        if path.read_bytes() != data:
            pytest.fail(f"{name}: not as it is made now; {HINT}", pytrace=False)
