"""The stock ROMs are found wherever a distribution puts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci import stock
from ci.tree import ROOT


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
