# SPDX-License-Identifier: BSD-2-Clause
"""romtool split and pad: from a file to its images and back, and to the size of a flash chip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.host.romtool_fixtures import (
    Workshop,
    accepted,
    foreign_rom,
    refused,
    workshop,
)
from ci.host.romtool_reading import changed

__all__ = ["workshop"]


def merged(workshop: Workshop, *roms: bytes) -> bytes:
    """What merge makes of them."""
    paths = [workshop.file(f"in{number}.rom", rom) for number, rom in enumerate(roms)]
    accepted("merge", *paths, "-o", workshop.folder / "merged.rom")
    return (workshop.folder / "merged.rom").read_bytes()


def split(workshop: Workshop, rom: bytes, name: str = "both.rom") -> dict[str, bytes]:
    """What split makes of it, by file name."""
    folder = workshop.folder / "parts"
    said = accepted("split", workshop.file(name, rom), "-o", folder)
    parts = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    assert said == "".join(f"{folder}/{n}: {len(parts[n])} bytes\n" for n in parts)
    return parts


def test_split_gives_what_was_merged(workshop: Workshop) -> None:
    """Each image is as it was before it shared a file, and is valid alone."""
    ours, efi = workshop.image("rom"), bytes(foreign_rom(0x10EC, 0x8139, code_type=3))
    other = bytes(foreign_rom(0x10EC, 0x8139, code_type=1))
    both = merged(workshop, ours, efi, other)
    parts = split(workshop, both)
    assert parts == {"both-0-x86.rom": ours, "both-1-efi.rom": efi, "both-2-type01.rom": other}
    for name in parts:
        accepted("lint", workshop.folder / "parts" / name)
    assert merged(workshop, *parts.values()) == both


# The entry decides where the checksum can go: 06h, the last byte of padding, 06h under a short jump.
@pytest.mark.parametrize(
    ("entry", "fill"), [(b"\xe9\x40\0", 0x90), (b"\xcb", 0xFF), (b"\xcb", 0), (b"\xeb\x40", 0x90)]
)
def test_split_and_merge_of_a_strangers_images(workshop: Workshop, entry: bytes, fill: int) -> None:
    """Also where the checksum is the byte behind the padding, which it ends."""
    first = bytes(foreign_rom(indicator=0, entry=entry, fill=fill))
    both = first + foreign_rom(code_type=3) + b"\xff" * 1024
    parts = split(workshop, both, "card")  # a name without a suffix
    alone = parts["card-0-x86.rom"]
    assert alone[0x35] == 0x80 and sum(alone) % 256 == 0 and len(changed(first, alone)) == 2
    assert merged(workshop, *parts.values()) == both[:-1024]


@pytest.mark.parametrize("padding", [4, 8, 16])
def test_split_where_padding_is_short(workshop: Workshop, padding: int) -> None:
    """Enough for the checksum to go there, and to be found there again."""
    first = foreign_rom(indicator=0, entry=b"\xcb", fill=0x90)
    first[-padding:] = b"\xff" * padding
    first[0x3F] = (first[0x3F] - sum(first)) & 0xFF
    both = bytes(first + foreign_rom(code_type=3))
    parts = split(workshop, both)
    assert parts["both-0-x86.rom"][-1] == 0x7F
    assert merged(workshop, *parts.values()) == both


def test_split_cuts_padding_off(workshop: Workshop) -> None:
    image = workshop.image("rom")
    assert split(workshop, image + b"\xff" * 4096, "a.b.rom") == {"a.b-0-x86.rom": image}


def test_split_refuses(workshop: Workshop) -> None:
    """Nothing is written unless everything can be."""
    folder = workshop.folder / "parts"
    good = bytes(foreign_rom(indicator=0))

    def refuse(text: str, rom: bytes, status: int = 1) -> None:
        refused(text, "split", workshop.file("in.rom", rom), "-o", folder, status=status)
        assert not list(folder.glob("*")) if folder.is_dir() else True

    refuse("not a PCI option ROM; hint: only .rom files", workshop.image("zpxe"))
    refuse("not a PCI option ROM", b"")
    refuse("offset 0x400: no ROM signature", good)
    refuse("image of 1024 bytes, but only 512 follow", good + foreign_rom()[:512])
    refuse("offset 0x430: PCIR image length is 0", good + patched(foreign_rom(), 0x30, b"\0\0"))
    refuse(
        "offset 0x400: the image's checksum is wrong", good + patched(foreign_rom(), 0x300, b"x")
    )
    stuck = foreign_rom(indicator=0, entry=b"\xcb", fill=0x90)
    refuse("no byte is known to be free for the checksum", good + bytes(stuck) + foreign_rom())
    refuse("65 images are more than the 64 that are written; hint", good * 64 + foreign_rom())
    folder.write_text("in the way")
    refused("parts", "split", workshop.file("in.rom", good + foreign_rom()), "-o", folder, status=2)
    assert folder.read_text() == "in the way"


def patched(rom: bytes | bytearray, offset: int, data: bytes) -> bytes:
    """The ROM with other bytes there."""
    return bytes(rom[:offset]) + data + bytes(rom[offset + len(data) :])


def test_split_writes_all_or_none(workshop: Workshop) -> None:
    """What cannot be replaced stops it, and what it has written goes."""
    folder = workshop.folder / "parts"
    (folder / "in-1-efi.rom").mkdir(parents=True)
    rom = bytes(foreign_rom(indicator=0) + foreign_rom(code_type=3))
    path = workshop.file("in.rom", rom)
    refused("in-1-efi.rom: not a regular file", "split", path, "-o", folder, status=2)
    assert [entry.name for entry in folder.iterdir()] == ["in-1-efi.rom"]


def test_split_spares_its_input(workshop: Workshop) -> None:
    rom = bytes(foreign_rom(indicator=0) + foreign_rom(code_type=3))
    (workshop.folder / "in-0-x86.rom").symlink_to("in.rom")
    path = workshop.file("in.rom", rom)
    refused("it is the input", "split", path, "-o", workshop.folder, status=2)
    assert path.read_bytes() == rom


def test_split_usage() -> None:
    refused("a ROM file and -o, a folder, are needed", "split", "a.rom", status=2)
    refused("a ROM file and -o, a folder, are needed", "split", "a.rom", "-o", "", status=2)
    refused("only one file at a time, not also b", "split", "a", "b", "-o", "c", status=2)
    refused("a value is missing after -o", "split", "a", "-o", status=2)
    refused("unknown argument -x", "split", "a", "-x", status=2)
    refused("missing.rom: cannot open", "split", "missing.rom", "-o", "c", status=2)


SIZES = {"32K": 32 << 10, "64k": 64 << 10, "128K": 128 << 10, "1M": 1 << 20, "28672": 28672}


@pytest.mark.parametrize("size", SIZES)
def test_pad(workshop: Workshop, size: str) -> None:
    """The image as it was, then what an erased chip has; lint and list take it."""
    image = workshop.image("rom")
    path, out = workshop.file("in.rom", image), workshop.folder / "chip"
    said = accepted("pad", path, "--size", size, "-o", out)
    filler = SIZES[size] - len(image)
    assert out.read_bytes() == image + b"\xff" * filler
    assert said == f"{out}: {len(image)} bytes and {filler} of ff\n"
    accepted("lint", "--strict", out)
    assert f"\n  {filler} bytes of ff after the last image\n" in accepted("list", out)
    (entry,) = json.loads(accepted("list", "--json", out))["files"]
    assert (entry["size"], entry["padding"]) == (SIZES[size], {"length": filler, "byte": "ff"})
    assert "problem" not in entry


def test_pad_again(workshop: Workshop) -> None:
    """Padding of another size or byte is no content. What is no padding stays where it is."""
    image, out = workshop.image("rom"), workshop.folder / "chip"
    path = workshop.file("in.rom", image + b"\xff" * 9000)
    accepted("pad", path, "--size", "4K", "--fill", "00", "-o", out)
    assert out.read_bytes() == image.ljust(4096, b"\0")
    kept = image + b"serial number 7"
    accepted("pad", workshop.file("in.rom", kept), "--size", "4096", "--fill", "FF", "-o", path)
    assert path.read_bytes() == kept.ljust(4096, b"\xff")
    accepted("pad", path, "--size", str(align(len(image))), "-o", path)  # over its own input


def align(size: int) -> int:
    """Up to the next 4 KiB."""
    return size + 4095 & ~4095


def test_pad_of_several_images(workshop: Workshop) -> None:
    both = merged(workshop, workshop.image("rom"), foreign_rom(0x10EC, 0x8139, code_type=3))
    out = workshop.folder / "chip"
    accepted("pad", workshop.folder / "merged.rom", "--size", "64K", "-o", out)
    assert out.read_bytes() == both.ljust(65536, b"\xff")
    accepted("lint", "--strict", out)
    accepted("pad", out, "--size", str(len(both)), "-o", out)  # and the padding is gone
    assert out.read_bytes() == both


def test_pad_refuses(workshop: Workshop) -> None:
    out = workshop.folder / "chip"
    image = workshop.image("rom")

    def refuse(text: str, rom: bytes, size: str = "32K") -> None:
        path = workshop.file("in", rom)
        refused(text, "pad", path, "--size", size, "-o", out)
        assert not out.exists()

    refuse("not a PCI option ROM; hint: only .rom files go into", workshop.image("zpxe"))
    refuse("not a PCI option ROM", workshop.image("dsk"), "2M")
    text = f"{len(image)} bytes do not fit the {len(image) - 512} of the chip; hint: take a larger"
    refuse(text, image, str(len(image) - 512))
    refuse("but only 512 follow; hint: the file is truncated", image[:512])
    refuse("no ROM signature", bytes(foreign_rom(indicator=0)))


@pytest.mark.parametrize("size", ["0", "", "x", "-1", "32KB", "1000", "1G", "65M", "K", " 32K"])
def test_pad_sizes_that_are_none(size: str) -> None:
    words = ["pad", "in", "--size", size, "-o", "out"]
    refused(f"or bytes, a multiple of 512, not {size}", *words, status=2)


def test_pad_usage() -> None:
    refused("a ROM file, --size and -o are needed", "pad", "a", "-o", "b", status=2)
    refused("--fill takes ff or 00, not 90", "pad", "a", "--fill", "90", status=2)
    refused("only one file at a time, not also b", "pad", "a", "b", status=2)
    refused("a value is missing after --size", "pad", "a", "--size", status=2)
    refused("unknown argument -x", "pad", "a", "-x", "1", status=2)
    missing: list[str | Path] = ["pad", "missing", "--size", "32K", "-o", "c"]
    refused("missing: cannot open", *missing, status=2)
