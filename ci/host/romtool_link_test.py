# SPDX-License-Identifier: BSD-2-Clause
"""romtool pack: what it takes from the linked firmware, and which links it refuses."""

from __future__ import annotations

import struct
import subprocess

import pytest

from ci.host.romtool_fixtures import (
    ABSOLUTE,
    BASE,
    R_32,
    R_GOTPC,
    R_PC32,
    R_PLT32,
    UNDEFINED,
    Elf,
    Workshop,
    accepted,
    case,
    firmware,
    refused,
    workshop,
)
from ci.host.romtool_reading import (
    address_base,
    at_link_base,
    relocated_words,
    unpacked_payload,
)
from ci.tree import need_tool

__all__ = ["workshop"]

TOO_MANY = (4, R_32, "_image_end")


@pytest.mark.parametrize(
    ("elf", "text"),
    [
        (
            Elf(bytes(64), [(4, R_GOTPC, "_data_end")]),
            "relocation type 10 (symbol _data_end) is not",
        ),
        (
            Elf(bytes(64), [(4, R_32, "_data_end"), (6, R_32, "_data_end")]),
            "relocated words overlap",
        ),
        (Elf(bytes(64), [(4, R_32, "_data_end")] * 2), "relocated words overlap"),
        (
            Elf(struct.pack("<I", BASE - 1) * 16, [(4, R_32, "_data_end")]),
            f"relocated word holds 0x{BASE - 1:x}, no address of the image; hint: refer to the object",
        ),
        (
            Elf(
                bytes(8) + b"".join(struct.pack("<HH", 0, tag) for tag in range(0x100, 0x10000)),
                [TOO_MANY],
            ),
            "there is no base at which only addresses look like addresses",
        ),
        (
            Elf(bytes(64), [(61, R_32, "_data_end")]),
            "relocation of a word outside the loadable bytes",
        ),
        (
            Elf(bytes(64), [(-8, R_32, "_data_end")]),
            "relocation of a word outside the loadable bytes",
        ),
        (
            Elf(bytes(64), [(4, R_32, "x")], {"x": (BASE + 4, ABSOLUTE)}),
            "absolute symbol x lies in the image",
        ),
        (
            Elf(bytes(64), [(4, R_PC32, "x")], {"x": (0x400, ABSOLUTE)}),
            "relative reference to x, which is not",
        ),
        (
            Elf(bytes(64), [(4, R_32, "x")], {"x": (BASE, 0xFFF2)}),
            "symbol x has the reserved section 0xfff2",
        ),
        (
            Elf(bytes(64), [(4, R_32, "x")], {"x": (BASE, 4)}),
            f"symbol x (0x{BASE:x}) lies outside the image",
        ),
        (Elf(bytes(64), [(4, R_32, "x")], {"x": (BASE, 99)}), "there is no section 99"),
        (
            Elf(bytes(64), section_type=1),
            "the link kept no relocations; hint: link with --emit-relocs",
        ),
        (Elf(bytes(64), [], section_type=4), "i386 has no RELA relocations"),
        (Elf(bytes(64), base=0x200000), f"_image_start is 0x200000, not 0x{BASE:x}"),
        (Elf(bytes(64), symbols={"_data_end": (0, 0)}), "symbol _data_end is not defined"),
        (Elf(bytes(64), symbols={"_data_end": (BASE, 1)}), "make no image"),
        (
            Elf(bytes(64), symbols={"_data_end": (BASE + 32, 1)}),
            f"section 1 (0x40 bytes at 0x{BASE:x}) lies outside",
        ),
    ],
    ids=case,
)
def test_bad_link(workshop: Workshop, elf: Elf, text: str) -> None:
    """What cannot be moved to another address is refused."""
    assert "test.elf: offset 0x" in refused(text, *workshop.arguments(elf, [workshop.line("rom")]))


@pytest.mark.parametrize(
    ("offset", "data", "text"),
    [
        (0, b"X", "not an ELF32 little-endian file; hint: link with -m elf_i386"),
        (4, b"\2", "not an ELF32 little-endian file"),
        (16, b"\1", "ELF type 1 is not executable"),
        (18, b"\x3e", "ELF machine 62 is not 386"),
        (32, b"\xff\xff\xff\xff", "section table is not inside the file"),
        (46, b"\1", "section table is not inside the file"),
        (48, b"\1", "no symbol table; hint: link without -s"),
    ],
)
def test_bad_elf(workshop: Workshop, offset: int, data: bytes, text: str) -> None:
    """A file that is no 32-bit executable is refused."""
    elf = bytearray(firmware().encode())
    elf[offset : offset + len(data)] = data
    refused(text, *workshop.arguments(bytes(elf), [workshop.line("rom")]))


def test_relocations_that_need_nothing(workshop: Workshop) -> None:
    """Absolute symbols outside, sizes, weak ones nobody defined, and references inside the image."""
    elf = Elf(
        bytes(800),
        [
            (4, R_32, "constant"),
            (8, R_32, "weak"),
            (12, R_PC32, "inside"),
            (16, R_PLT32, "inside"),
            (20, R_32, "inside"),
            (600, R_32, "_image_end"),
            (24, R_32, "_image_start"),
            (28, R_PC32, "weak"),
            (32, R_32, "a_size"),
        ],
        {
            "constant": (0x400, ABSOLUTE),
            "weak": (0, UNDEFINED),
            "inside": (BASE + 9, 1),
            "a_size": (BASE + 4, ABSOLUTE),
        },
    )
    image = next(iter(workshop.pack(workshop.line("dsk"), elf=elf).values()))
    assert relocated_words(unpacked_payload(image), address_base(image)) == [20, 24, 600]


SOURCE = """
extern char _image_end[], not_there[] __attribute__((weak));
static const char *names[] = {"one", "two"};
char zero[64], *in_zero = &zero[8];
__attribute__((section(".start"), used)) int _start(int i)
{
    return not_there ? _image_end[i] : names[i & 1][0] + zero[i] + (int)in_zero;
}
"""
LINKER_MAP = """
ENTRY(_start)
SECTIONS {
    . = 0x101000;
    _image_start = .;
    .text : { *(.start) *(.text .text.*) }
    .rodata : { *(.rodata .rodata.*) }
    .data : ALIGN(4) { *(.data .data.*) . = ALIGN(4); }
    _data_end = .;
    .bss (NOLOAD) : { *(.bss .bss.*) }
    _image_end = .;
    /DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) }
}
"""


def test_real_link(workshop: Workshop) -> None:
    """A firmware of the real compiler and linker: each word that moves with the base, and no other, is found."""
    (workshop.folder / "x.c").write_text(SOURCE)
    flags = "-m32 -Os -ffreestanding -fno-pic -fno-pie -fno-asynchronous-unwind-tables -fno-common"
    object_file, elf = workshop.folder / "x.o", workshop.folder / "x.elf"
    source = str(workshop.folder / "x.c")
    words = [need_tool("gcc"), *flags.split(), "-c", source, "-o", str(object_file)]
    subprocess.run(words, check=True)

    def link(base: str) -> bytes:
        (workshop.folder / "map").write_text(LINKER_MAP.replace("0x101000", base))
        words = ["-m", "elf_i386", "--emit-relocs", "-z", "noexecstack", "--no-warn-rwx-segments"]
        subprocess.run(
            [need_tool("ld"), *words, "-T", workshop.folder / "map", object_file, "-o", elf],
            check=True,
        )
        return elf.read_bytes()

    def loadable(data: bytes) -> bytes:
        flat = workshop.folder / "flat"
        elf.write_bytes(data)
        subprocess.run([need_tool("objcopy"), "-O", "binary", elf, flat], check=True)
        return flat.read_bytes()

    linked, moved = link("0x101000"), loadable(link("0x7654320"))
    accepted(*workshop.arguments(linked, [workshop.line("rom")]))
    image = (workshop.folder / "out/10ec8139.rom").read_bytes()
    payload, base = unpacked_payload(image), address_base(image)
    assert len(relocated_words(payload, base)) >= 5
    assert at_link_base(payload, base, 0x7654320) == moved
