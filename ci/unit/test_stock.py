# SPDX-License-Identifier: BSD-2-Clause
"""The stock ROMs are found wherever a distribution puts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci import stock
from ci.images import Shop
from ci.tree import ROOT, unavailable
from factory.spec import PciId


@pytest.mark.parametrize("number", range(len(stock.FOLDERS)))
def test_both_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    folders = tuple(tmp_path / str(index) for index in range(len(stock.FOLDERS)))
    monkeypatch.setattr(stock, "FOLDERS", folders)
    assert stock.rom_file("rtl8139") is None
    folders[number].mkdir()
    (folders[number] / "pxe-rtl8139.rom").touch()
    assert stock.rom_file("rtl8139") == folders[number] / "pxe-rtl8139.rom"
    assert stock.rom_file("igb") is None


def test_set_up_looks_in_the_same_places() -> None:
    paths = "|".join(f"{folder}/pxe-rtl8139.rom" for folder in stock.FOLDERS)
    assert f"file:{paths}:ipxe-qemu" in (ROOT / "ci/bootstrap.sh").read_text()


def test_takes_the_id_of_a_card(built: Path) -> None:
    """The ID changes, the byte sum stays zero."""
    if stock.rom_file("rtl8139") is None:
        unavailable("no stock ROM for rtl8139 (package ipxe-qemu)")
    rom = stock.rom_for("rtl8139", PciId(0x1234, 0x5678), Shop(built / "out"))
    assert rom and stock.id_of(rom) == (0x1234, 0x5678)
    assert sum(rom[: rom[2] * 512]) & 0xFF == 0
