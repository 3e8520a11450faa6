# SPDX-License-Identifier: BSD-2-Clause
"""The copy that a .rom makes of itself at POST: wherever the POST memory manager puts it, the ROM boots."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.images import Shop
from ci.lab.boot import run_case
from ci.lab.case import FLOPPY_SIZE, Case
from ci.lab.judge import PASS
from ci.lab.machine import Drive
from ci.payloads.assembly import assemble
from ci.smoke.plans import Plan
from ci.tree import need_tool
from factory.spec import PciId, load_spec

CARD = PciId(0x10EC, 0x8139)
SECTOR = 512
HIGH = 0x1000000  # where nothing is in a copy's way


def rom_case(built: Path) -> Case:
    """The card's ROM and a payload."""
    need_tool("qemu-system-i386")
    spec = load_spec(built / "targets.yaml")
    image = next(it for it in spec.images() if it.medium == "rom" and it.ids == (CARD,))
    case = Plan("copy", image, Shop(built / "out"), "exact", "rtl8139", CARD, boot="rom").make()
    assert isinstance(case, Case)
    return case


def in_own_bios(case: Case, address: int) -> Case:
    """Booted by ci/payloads/pmm.asm, whose memory manager gives this address."""
    bios = assemble("pmm", f"-DADDRESS={address:#x}").ljust(SECTOR - 2, b"\0") + b"\x55\xaa"
    disk = (bios + case.machine.rom).ljust(FLOPPY_SIZE, b"\0")
    return case.on(rom=b"", drives=(Drive("floppy", disk), *case.machine.drives))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (0, "kept"),
        (0xFFFFFFFF, "kept"),
        (0x80000, "kept"),  # base memory: others may have it by the time of the boot
        (0x100000, "kept"),  # all these are overwritten while the firmware is unpacked
        (0x101000, "kept"),
        (0x110000, "kept"),
        (0x33F000, "kept"),
        (0x340000, "copied"),
        (0x1000000, "copied"),
    ],
)
def test_copy(built: Path, address: int, said: str) -> None:
    """A copy that unpacking would overwrite is not used."""
    case = in_own_bios(rom_case(built), address)
    record = run_case(case.showing(f"ROM {said}"))
    assert record.verdict == PASS, record.console


@pytest.mark.parametrize("address", [0, HIGH])
@pytest.mark.parametrize(
    ("structure", "offset", "bit"),
    [
        (b"EFPX", 8, 9),  # the image length: 512 bytes more or less
        (b"EFPX", 8, 16),
        (b"EFPX", 8, 31),
        (b"EFPX", 12, 0),  # the CRC itself
        (b"EFID", 0x10, 8),  # where the payload is, and so how much of the ROM stays
        (b"EFID", 0x10, 15),
        (b"EFID", 0x14, 30),  # the payload's length, packed and not
        (b"EFID", 0x18, 22),
        (b"EFID", 0x20, 16),  # what its addresses are written for
    ],
)
def test_damage(built: Path, address: int, structure: bytes, offset: int, bit: int) -> None:
    """One flipped bit, and a BIOS that looks at no byte sum: said so, and the next device boots."""
    case = rom_case(built)
    data = bytearray(case.machine.rom)
    at = data.index(structure) + offset + bit // 8
    data[at] ^= 1 << bit % 8
    record = run_case(in_own_bios(case.on(rom=bytes(data)).failing("E27"), address))
    assert record.verdict == PASS, record.console
