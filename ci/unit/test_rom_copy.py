"""The copy that a .rom makes of itself at POST: wherever the POST memory manager puts it, the ROM boots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci.cases import Plan, prepare
from ci.images import Shop
from ci.judge import PASS
from ci.payloads.payload import assembled
from ci.runner import run_case
from ci.tree import need_tool
from factory.spec import PciId, load_spec

CARD = PciId(0x10EC, 0x8139)
SECTOR, FLOPPY_SIZE = 512, 1_474_560


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (0, "kept"),
        (0xFFFFFFFF, "kept"),
        (0x80000, "kept"),  # base memory: others may have it by the time of the boot
        (0x100000, "kept"),  # all these are overwritten while the firmware is unpacked
        (0x101000, "kept"),
        (0x110000, "kept"),
        (0x15F000, "kept"),
        (0x161000, "copied"),
        (0x1000000, "copied"),
    ],
)
def test_copy(built: Path, address: int, said: str) -> None:
    """A copy that unpacking would overwrite is not used."""
    need_tool("qemu-system-i386")
    shop = Shop(built / "out")
    spec = load_spec(built / "targets.yaml")
    image = next(it for it in spec.images() if it.medium == "rom" and it.ids == (CARD,))
    case = prepare(Plan("copy", image, "", "exact", "rtl8139", CARD, boot="rom"), shop)
    bios = assembled("pmm", f"-DADDRESS={address:#x}").ljust(SECTOR - 2, b"\0") + b"\x55\xaa"
    disk = (bios + case.data).ljust(FLOPPY_SIZE, b"\0")
    case = replace(case, boot="floppy", disk=disk)
    case = replace(case, expected=replace(case.expected, texts=(f"ROM {said}",)))
    record = run_case(case)
    assert record.verdict == PASS, record.console
