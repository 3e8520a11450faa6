# SPDX-License-Identifier: BSD-2-Clause
"""romtool stamp and merge: what they change, what they leave alone, and what they refuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci.host.romtool_fixtures import (
    PREFIXES,
    Workshop,
    accepted,
    foreign_rom,
    refused,
    romtool,
    workshop,
)
from ci.host.romtool_reading import changed, identity_offset, text_at, u16

__all__ = ["workshop"]


def stamped(workshop: Workshop, image: bytes, *words: str, card: str = "8086:100e") -> bytes:
    """The image with another ID; it has to be clean afterwards."""
    source, target = workshop.file("in", image), workshop.folder / "stamped"
    accepted("stamp", source, "--id", card, *words, "-o", target)
    accepted("lint", target)
    assert source.read_bytes() == image
    return target.read_bytes()


@pytest.mark.parametrize("medium", PREFIXES)
def test_stamp_changes_what_it_must(workshop: Workshop, medium: str) -> None:
    """ID and checksums; nothing else. Stamping back gives the old image."""
    image = workshop.image(medium)
    new = stamped(workshop, image)
    block = identity_offset(image)
    devices = block + u16(image, block + 0x0A)
    words = image.index(b"EFPX")
    allowed = {*range(words + 12, words + 16), block + 8, block + 9, devices, devices + 1}
    if medium == "rom":
        allowed |= {6, 0x20, 0x21, 0x22, 0x23}
        assert (u16(new, 0x20), u16(new, 0x22)) == (0x8086, 0x100E)
    assert changed(image, new) <= allowed
    assert (u16(new, block + 8), u16(new, devices)) == (0x8086, 0x100E)
    assert stamped(workshop, new, card="10EC:8139") == image


@pytest.mark.parametrize("medium", PREFIXES)
def test_stamp_gives_what_pack_gives(workshop: Workshop, medium: str) -> None:
    """The image of another ID of the family, byte for byte."""
    one, other = workshop.image(medium), workshop.line(medium, vendor="8086", devices="100e")
    assert stamped(workshop, one) == workshop.pack(other)[f"8086100e.{medium}"]


@pytest.mark.parametrize("medium", PREFIXES)
def test_stamp_of_a_device_list(workshop: Workshop, medium: str) -> None:
    """The image is for one card afterwards."""
    image = workshop.image(medium, devices="8139,8129,8136")
    new = stamped(workshop, image)
    block = identity_offset(new)
    devices = block + u16(new, block + 0x0A)
    assert new[devices : devices + 8] == b"\x0e\x10" + bytes(6)
    if medium == "rom":
        assert u16(new, 0x24) == 0


def test_stamp_name(workshop: Workshop) -> None:
    """A name fits when it is no longer than the old one, also after a shorter one was there."""
    image = workshop.image("rom", "wait=3")
    short = stamped(workshop, image, "--name", "Short")
    block = identity_offset(image)
    product = block + u16(image, block + 0x0C)
    assert text_at(short, product) == "Short"
    assert text_at(short, block + u16(image, block + 0x0E)) == "wait=3"
    full = stamped(workshop, short, "--name", "Etherforge test", card="10ec:8139")
    assert full == image
    path = workshop.file("in", image)
    words: list[str | Path] = [
        "stamp",
        path,
        "--id",
        "8086:100e",
        "-o",
        workshop.folder / "out.rom",
        "--name",
    ]
    text = refused(
        "of 16 bytes does not fit the old one's 15; hint: use a shorter", *words, "n" * 16
    )
    assert f"romtool: {path}: offset 0x{product:x}: product name" in text
    refused("product name '' is not valid; hint: printable ASCII", *words, "")
    refused("is not valid", *words, "caf\u00e9")
    assert not (workshop.folder / "out.rom").exists()


def test_stamp_of_a_strangers_rom(workshop: Workshop) -> None:
    """PCIR and a byte nobody uses: at 06h behind a near jump, else in the padding."""
    near = foreign_rom()
    assert changed(near, stamped(workshop, near)) <= {6, 0x24, 0x25, 0x26, 0x27}
    inline = foreign_rom(entry=b"\xcb")
    new = stamped(workshop, inline)
    assert changed(inline, new) <= {1023, 0x24, 0x25, 0x26, 0x27} and sum(new) % 256 == 0
    short = foreign_rom(entry=b"\xeb\x40", fill=0x90)
    assert changed(short, stamped(workshop, short)) <= {6, 0x24, 0x25, 0x26, 0x27}
    listed = foreign_rom(revision=3)
    listed[0x28], listed[0x200:0x204] = 0xE0, b"\x78\x56\0\0"
    listed[0x29] = 1
    listed[0x3F] = (listed[0x3F] - sum(listed)) & 0xFF
    new = stamped(workshop, listed)
    assert u16(new, 0x28) == 0 and changed(listed, new) <= {6, *range(0x24, 0x2A)}


def test_stamp_of_several_images(workshop: Workshop) -> None:
    """Every image for the same card changes; one for another card stays."""
    rom = foreign_rom(indicator=0) + foreign_rom(device=1, indicator=0) + foreign_rom(code_type=3)
    source = workshop.file("in", rom)
    done = romtool("stamp", source, "--id", "8086:100e", "-o", workshop.folder / "out")
    assert done.returncode == 0
    assert "1 image of another ID stays as is" in done.stderr
    new = (workshop.folder / "out").read_bytes()
    ids = [(u16(new, base + 0x24), u16(new, base + 0x26)) for base in (0, 1024, 2048)]
    assert ids == [(0x8086, 0x100E), (0x1234, 1), (0x8086, 0x100E)]
    assert changed(rom, new) <= {6, *range(0x24, 0x28), *range(0x824, 0x828)}


def test_stamp_refuses(workshop: Workshop) -> None:
    """Damaged and unsuitable images, and IDs that no card has."""
    out = workshop.folder / "out"

    def refuse(text: str, image: bytes, *words: str) -> None:
        source = workshop.file("in", image)
        refused(text, "stamp", source, "--id", "8086:100e", *words, "-o", out)
        assert not out.exists() or out.is_dir()

    rom = workshop.image("rom", "args=0123456789abcdef")
    for offset in (-400, identity_offset(rom) + 5, identity_offset(rom) + 0x22, 0x7A):
        damaged = bytearray(rom)
        damaged[offset] ^= 1
        refuse("the image is damaged; nothing is written; hint: stamp an intact one", damaged)
    refuse("but only 1024 follow; hint: the file is truncated", rom[:1024])
    refuse("no EFPX structure; hint: not an image of this factory", b"x" * 1000)
    for vendor, text in (("ffff", "every"), ("0000", "no")):
        image = workshop.image("zpxe", vendor=vendor, devices="-")
        refuse(f"the image is for {text} card; it has no device list to change", image)
    refuse("no byte is known to be free for the checksum", foreign_rom(entry=b"\xcb", fill=0x90))
    refuse("the name in another maker's ROM is not changed", foreign_rom(), "--name", "x")


def test_stamp_usage(workshop: Workshop) -> None:
    """Wrong arguments."""
    source = workshop.file("in", workshop.image("rom"))
    for word in ("8086", "8086100e", "8086:100e1", "x:y", ""):
        refused("--id takes VVVV:DDDD, not", "stamp", source, "--id", word, "-o", "x", status=2)
    for word in ("0000:1234", "ffff:1234", "8086:0000"):
        refused(f"no card has the ID {word}", "stamp", source, "--id", word, "-o", "x", status=2)
    refused("an image, --id and -o are needed", "stamp", source, "--id", "8086:1001", status=2)
    refused("only one image at a time", "stamp", source, source, status=2)
    refused("a value is missing after -o", "stamp", source, "-o", status=2)
    refused("unknown argument --force", "stamp", source, "--force", "x", status=2)


def test_output_that_is_no_file(workshop: Workshop) -> None:
    """A device, a pipe or a folder stays what it is; behind a link, the file is replaced."""
    source, out = workshop.file("in", workshop.image("rom")), workshop.folder / "pipe"
    stamp: list[str | Path] = ["stamp", source, "--id", "8086:100e", "-o"]
    combine: list[str | Path] = ["merge", source, workshop.file("other", foreign_rom()), "-o"]
    os.mkfifo(out)
    (link := workshop.folder / "link").symlink_to("pipe")
    for path in (out, link, workshop.folder):
        text = f"{path}: not a regular file; hint: name a file, not a folder or device"
        refused(text, *stamp, path, status=2)
        refused(text, *combine, path, status=2)
    assert out.is_fifo() and link.is_symlink()
    out.unlink()
    refused(f"{link}: not a regular file", *stamp, link, status=2)
    out.write_bytes(b"old")
    accepted(*stamp, link)
    assert link.is_symlink() and len(out.read_bytes()) == len(source.read_bytes())


def merge(workshop: Workshop, *roms: bytes) -> tuple[int, str, bytes]:
    """Merge; returns status, messages and the result."""
    paths = [workshop.file(f"{number}.rom", rom) for number, rom in enumerate(roms)]
    out = workshop.folder / "merged"
    out.unlink(missing_ok=True)
    done = romtool("merge", *paths, "-o", out)
    assert out.exists() == (done.returncode == 0)
    return done.returncode, done.stdout + done.stderr, out.read_bytes() if out.exists() else b""


def test_merge(workshop: Workshop) -> None:
    """Ours and an EFI image: only the last one is marked, checksums are right, payloads untouched."""
    ours, efi = workshop.image("rom"), foreign_rom(0x10EC, 0x8139, code_type=3)
    status, text, merged = merge(workshop, ours, efi)
    assert status == 0 and "merged: 2 images, 2560 bytes, BAR 4 KiB\n" in text
    assert "warning" not in text
    assert changed(ours, merged[: len(ours)]) == {6, 0x31}
    assert merged[len(ours) :] == efi
    accepted("lint", "--strict", workshop.folder / "merged")
    assert stamped(workshop, merged)[len(ours) + 0x24 :][:4] == b"\x86\x80\x0e\x10"


def test_merge_of_merged(workshop: Workshop) -> None:
    """A file with several images brings them all; what follows its last image is dropped."""
    two = foreign_rom(indicator=0) + foreign_rom(code_type=3) + b"\xff" * 512
    status, _, merged = merge(workshop, two, foreign_rom(code_type=1))
    assert status == 0 and len(merged) == 3 * 1024
    assert [merged[base + 0x35] for base in (0, 1024, 2048)] == [0, 0, 0x80]


def test_merge_of_one_image_of_a_file(workshop: Workshop) -> None:
    """Another maker's EFI image goes with our x86 one, though they ship both in one file."""
    ours = workshop.file("ours.rom", workshop.image("rom"))
    theirs = foreign_rom(0x10EC, 0x8139, indicator=0) + foreign_rom(0x10EC, 0x8139, code_type=3)
    path = workshop.file("theirs.rom", theirs)
    words: list[str | Path] = ["merge", ours, "-o", workshop.folder / "both.rom"]
    refused("a second x86 image for 10ec:8139", *words, path)
    accepted(*words, f"{path}#1")
    assert (workshop.folder / "both.rom").read_bytes()[-1024:] == theirs[1024:]
    refused("theirs.rom: there is no image 2; hint: romtool list numbers", *words, f"{path}#2")
    refused("theirs.rom#x: cannot open", *words, f"{path}#x", status=2)
    path.rename(f"{path}#1")
    refused("theirs.rom#1: offset 0x0: a second x86 image", *words, f"{path}#1")


def test_merge_warns(workshop: Workshop) -> None:
    """Other cards are possible, and so is another order, but seldom meant."""
    status, text, _ = merge(workshop, foreign_rom(), foreign_rom(device=1))
    assert status == 0 and "image for 1234:0001, the first is for 1234:5678; hint: stamp it" in text
    status, text, _ = merge(workshop, foreign_rom(code_type=3), foreign_rom())
    assert status == 0 and "the x86 image does not come first; hint: name it first" in text


def test_merge_refuses(workshop: Workshop) -> None:
    """Images that could never run, and files that are damaged or no ROM."""
    rom = foreign_rom()
    status, text, _ = merge(workshop, rom, rom)
    assert status == 1 and "1.rom: offset 0x0: a second x86 image for 1234:5678, after the" in text
    damaged = bytearray(rom)
    damaged[0x300] ^= 1
    status, text, _ = merge(workshop, rom, damaged)
    assert status == 1 and "a second x86" in text
    status, text, _ = merge(workshop, foreign_rom(code_type=3), damaged)
    assert status == 1 and "offset 0x0: the image's checksum is wrong; hint: take an intact" in text
    status, text, _ = merge(workshop, rom, workshop.image("dsk"))
    assert status == 1 and "1.rom: not a PCI option ROM; hint: only .rom images" in text
    status, text, _ = merge(workshop, rom, rom[:512])
    assert status == 1 and "image of 1024 bytes, but only 512 follow" in text
    refused("two ROM files or more and -o are needed", "merge", "a", "-o", "b", status=2)
    refused("a value is missing after -o", "merge", "a", "b", "-o", status=2)
    refused("unknown argument -x", "merge", "a", "b", "-x", status=2)
    refused("missing.rom: cannot open", "merge", "missing.rom", "b", "-o", "c", status=2)


@pytest.mark.parametrize(
    "command",
    [
        "list IN",
        "lint IN",
        "diff IN IN",
        "set IN wait=5 -o OUT",
        "split IN -o OUT",
        "pad IN --size 64K -o OUT",
    ],
)
def test_input_that_is_no_file(workshop: Workshop, command: str) -> None:
    """A named pipe that nobody writes to is refused; it must not be waited for."""
    paths = {"IN": workshop.folder / "pipe", "OUT": workshop.folder / "new"}
    os.mkfifo(paths["IN"])
    text = f"{paths['IN']}: not a regular file; hint: name a file, not a folder or device"
    refused(text, *(paths.get(word, word) for word in command.split()), status=2)
    assert not paths["OUT"].exists()
