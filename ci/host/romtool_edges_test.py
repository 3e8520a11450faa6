# SPDX-License-Identifier: BSD-2-Clause
"""romtool where one byte, or one entry, makes the difference."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from ci.host.romtool_fixtures import (
    BASE,
    R_32,
    Elf,
    Workshop,
    accepted,
    foreign_rom,
    refused,
    romtool,
    workshop,
)

__all__ = ["workshop"]


def finds(text: str, path: Path) -> None:
    """The check of a file fails with this."""
    done = romtool("lint", path)
    assert done.returncode == 1 and text in done.stdout, done.stdout


@pytest.mark.parametrize("missing", [1, 511, 512])
def test_image_cut_off(workshop: Workshop, missing: int) -> None:
    rom = bytes(foreign_rom())
    accepted("list", workshop.file("whole.rom", rom))
    finds("the file is truncated", workshop.file("cut.rom", rom[:-missing]))


@pytest.mark.parametrize(("pointer", "good"), [(0x1B, False), (0x1C, True), (0x20, True)])
def test_pcir_behind_the_header(workshop: Workshop, pointer: int, good: bool) -> None:
    """It may stand right behind the header's own 1Ch bytes."""
    rom = foreign_rom()
    structure = bytes(rom[0x20:0x38])
    rom[0x1A:0x3F] = bytes(0x25)
    rom[pointer : pointer + 0x18] = structure
    rom[0x18:0x1A] = struct.pack("<H", pointer)
    rom[0x3F] = (rom[0x3F] - sum(rom)) & 0xFF
    path = workshop.file("moved.rom", bytes(rom))
    if good:
        accepted("list", path)
    else:
        finds("PCIR pointer 0x1b is not inside the file", path)


@pytest.mark.parametrize("apart", [3, 4])
def test_relocated_words(workshop: Workshop, apart: int) -> None:
    """Both hold an address, also where they share a byte. Side by side is near enough."""
    code = bytearray(64)
    code[8:12] = struct.pack("<I", BASE + 0x40)
    code[8 + apart : 12 + apart] = struct.pack("<I", BASE)
    elf = Elf(bytes(code), [(8, R_32, "_data_end"), (8 + apart, R_32, "_data_end")])
    words = workshop.arguments(elf, [workshop.line("rom")])
    if apart == 4:
        accepted(*words)
    else:
        refused("relocated words overlap", *words)


def test_symbol_behind_the_last_one(workshop: Workshop) -> None:
    """The null symbol and three of the linker map's are there; numbers start from 0."""
    good = Elf(bytes(64), [(8, R_32, "_data_end")])
    data = bytearray(good.encode())
    at = data.index(struct.pack("<II", good.base + 8, (1 + 1) << 8 | R_32))
    for number, text in ((3, None), (4, "there is no symbol 4")):
        data[at + 4 : at + 8] = struct.pack("<I", number << 8 | R_32)
        words = workshop.arguments(bytes(data), [workshop.line("rom")])
        if text:
            refused(text, *words)
        else:
            accepted(*words)


def test_crc(workshop: Workshop) -> None:
    """It is that of zlib, Ethernet and ZIP, over the packed bytes."""
    image = workshop.image("zpxe")
    block = image.index(b"EFID")
    start, length = struct.unpack_from("<II", image, block + 0x10)
    stated = [value for (value,) in struct.iter_unpack("<I", image[block + 0x10 : block + 0x24])]
    assert zlib.crc32(image[start : start + length]) in stated
