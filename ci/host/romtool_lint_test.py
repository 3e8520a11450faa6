# SPDX-License-Identifier: BSD-2-Clause
"""romtool lint and list: what they say of good, damaged and strange files."""

from __future__ import annotations

import json
import re
import struct
import zlib

import pytest

from ci.host.romtool_fixtures import (
    PREFIXES,
    Workshop,
    accepted,
    case,
    foreign_rom,
    refused,
    romtool,
    workshop,
)
from ci.host.romtool_reading import (
    identity_offset,
    image_crc,
    image_length,
    packed_payload,
    u16,
    u32,
)

__all__ = ["workshop"]
FINDING = re.compile(r".*: (error|warning): offset 0x[0-9a-f]+: [^;]+(; [^;]+)+")


def findings(workshop: Workshop, data: bytes, status: int, *options: str) -> list[str]:
    """Lint the bytes; returns the findings, each of which has the documented form."""
    done = romtool("lint", *options, workshop.file("image", data))
    *lines, summary = done.stdout.splitlines()
    assert done.returncode == status, done.stdout + done.stderr
    assert all(FINDING.fullmatch(line) for line in lines), lines
    errors = sum(": error: " in line for line in lines)
    assert summary == f"1 file checked: {errors} errors, {len(lines) - errors} warnings"
    return [line.split("/image: ")[1] for line in lines]


@pytest.mark.parametrize("medium", PREFIXES)
@pytest.mark.parametrize("devices", ["8139", "8139,8129,8136"])
def test_ours_are_clean(workshop: Workshop, medium: str, devices: str) -> None:
    """A packed image has no finding."""
    image = workshop.image(medium, "timeout=5", devices=devices)
    assert findings(workshop, image, 0, "--strict") == []


@pytest.mark.parametrize("rom", [foreign_rom(), foreign_rom(revision=3), foreign_rom(code_type=3)])
def test_strangers_are_clean(workshop: Workshop, rom: bytes) -> None:
    """So has a stranger's."""
    assert findings(workshop, rom, 0, "--strict") == []


def _fix(image: bytearray) -> None:
    """Make the checksums right, where the prefix leads to a block at all."""
    block, words = identity_offset(image), image.index(b"EFPX")
    if image[block : block + 4] == b"EFID":
        image[words + 12 : words + 16] = image_crc(image).to_bytes(4, "little")
    if image[:2] == b"\x55\xaa":
        image[6] = (image[6] - sum(image)) & 0xFF


# Offsets count from the start of the image, or, from BLOCK on, from the identity block.
BLOCK = 0x10000


@pytest.mark.parametrize(
    ("offset", "data", "text"),
    [
        (2, b"\1", "length byte says 512 bytes, PCIR 1536; the BIOS copies only the former"),
        (2, b"\0", "error: offset 0x2: length byte is 0; it counts 512-byte units"),
        (2, b"\x80", "length byte says 65536 bytes, PCIR only 1536"),
        (0x20, b"\x86\x80", "PCIR is for 8086:8139, the identity block for 10ec:8139"),
        (0x20, b"\0\0", "warning: offset 0x20: vendor ID is 0000; no card has it"),
        (0x24, b"\x10\0", "device list pointer is 0x10, not 0x0"),
        (0x24, b"\xff\xff", "device list at 0x1001b does not end inside the image"),
        (0x26, b"\x18", "PCIR length 0x18 is too short for revision 3"),
        (0x26, b"\0\x80", "PCIR of 0x8000 bytes ends outside its image"),
        (0x28, b"\0", "PCIR has revision 0 and class code 020000; revision 3, class 020000"),
        (0x29, b"\2\0\0", "class code 000002 looks reversed"),
        (0x2C, b"\2\0", "length byte says 1536 bytes, PCIR only 1024"),
        (0x2C, b"\4\0", "image of 2048 bytes, but only 1536 follow; the file is truncated"),
        (0x2C, b"\0\0", "error: offset 0x2c: PCIR image length is 0"),
        (0x30, b"\1", "code type 1 (Open Firmware): nothing more is checked"),
        (0x31, b"\0", "error: offset 0x31: no image is marked as the last; set bit 7"),
        (0x32, b"\1\0", "length byte, image length and run-time length differ (1536, 1536, 512)"),
        (0x32, b"\7\0", "run-time length 3584 is over the image length"),
        (0x18, b"\x1d\0", "error: offset 0x1d: no PCIR signature"),
        (0x18, b"\0\0", "PCIR pointer 0x0 is not inside the file; an ISA ROM has no PCIR"),
        (0x18, b"\xf0\x05", "PCIR pointer 0x5f0 is not inside the file"),
        (0x1A, b"\0\0", "error: offset 0x1a: no PnP header"),
        (0x1A, b"\x40\0", "PnP pointer 0x40: no $PnP signature"),
        (0x1A, b"\xf0\xff", "PnP pointer 0xfff0: PnP header is not inside the image"),
        (0x55, b"\1", "error: offset 0x55: PnP header of 0x10 bytes; 20h bytes are usual"),
        (0x56, b"\x50\0", "PnP headers make a chain of over 16, or a loop"),
        (0x5F, b"\xff", "manufacturer string pointer 0xff70 does not lead to a text"),
        (0x5E, b"\0\0", "no manufacturer string; the prefix has it"),
        (0x60, b"\0\0", "product string pointer is 0x0, the product name is at 0x"),
        (0x66, b"\xff\xff", "boot connection vector 0xffff is outside the image"),
        (0x6A, b"\0\0", "error: offset 0x6a: no boot entry vector; the BIOS could not boot"),
        (0x6C, b"\1", "PnP checksum is off by 0x01; a BIOS ignores a header"),
        (0x3C, b"\0\0", "no identity block at 0x0; the prefix was never completed"),
        (0x3C, b"\xff\xff\xff\xff", "no identity block at 0xffffffff"),
        (0x40, b"\1", "the prefix says 1537 bytes, the image has 1536; the image was cut"),
        (BLOCK + 4, b"\1", "identity block version 1 is not 4; use the romtool of its version"),
        (BLOCK + 5, b"\1", "identity block of 0x10 bytes; the image is damaged or truncated"),
        (BLOCK + 5, b"\xff", "identity block of 0xff0 bytes"),
        (BLOCK + 7, b"\2", "identity block says medium dsk in an option ROM"),
        (BLOCK + 7, b"\3", "medium 3 is not known"),
        (BLOCK + 8, b"\xff\xff", "vendor ffff with 1 devices; vendors 0000 and ffff have no"),
        (BLOCK + 0x0A, b"\0", "device list is not inside the identity block"),
        (BLOCK + 0x0A, b"\0\7", "device list is not inside the identity block"),
        (BLOCK + 0x0C, b"\1", "product name is not inside the identity block"),
        (BLOCK + 0x0E, b"\xff", "settings are not inside the identity block"),
        (BLOCK + 0x0E, b"\x2c", "'Etherforge test' is no setting; write key=value"),
        (BLOCK + 0x0E, b"\x28", "'9?' is no setting; write key=value"),
        (BLOCK + 0x24, b"\1", "firmware version is not inside the identity block"),
        (BLOCK + 0x24, b"\x28", "firmware version is not valid; printable ASCII, not empty"),
        (BLOCK + 0x2C, b"\7", "product name is not valid; printable ASCII, not empty"),
        (BLOCK + 0x10, b"\0\0\0\0", "payload is at 0x0; it follows the identity block"),
        (BLOCK + 0x12, b"\1", "ends outside; the image is truncated or damaged"),
        (BLOCK + 0x14, b"\1\0", "the packed stream does not unpack to"),
        (BLOCK + 0x16, b"\1", "ends outside; the image is truncated or damaged"),
        (BLOCK + 0x18, b"\0\0", "unpacked length 0 is not in 1 to 4194304"),
        (BLOCK + 0x1B, b"\xff", "is not in 1 to 4194304"),
        (BLOCK + 0x18, b"\x20\0", "the packed stream does not unpack to 32 bytes"),
        (BLOCK + 0x1C, b"\0\0\0\0", "payload CRC-32 is "),
        (BLOCK + 0x20, b"\1", " is no address base; pack the image again"),
        (BLOCK + 0x22, b"\0\0", "0x0 is no address base"),
        (BLOCK + 0x22, b"\0\xf0", "no word holds an address from 0xf0000000 on"),
    ],
    ids=case,
)
def test_damaged_rom(workshop: Workshop, offset: int, data: bytes, text: str) -> None:
    """Each field that is wrong is found, though the checksums are right."""
    image = bytearray(workshop.image("rom"))
    assert len(image) == 1536
    if offset >= BLOCK:
        offset += identity_offset(image) - BLOCK
    image[offset : offset + len(data)] = data
    _fix(image)
    found = findings(workshop, image, 0 if text.startswith("code type 1") else 1)
    assert any(text in line for line in found), found


@pytest.mark.parametrize("medium", PREFIXES)
def test_flipped_byte_of_the_payload(workshop: Workshop, medium: str) -> None:
    """Any one is found by the CRC."""
    image = bytearray(workshop.image(medium))
    payload = u32(image, identity_offset(image) + 0x10)
    image[payload + 100] ^= 1
    found = findings(workshop, image, 1)
    assert any("the payload is damaged" in line for line in found)


def test_payload_that_unpacks_to_nonsense(workshop: Workshop) -> None:
    """A right CRC is not enough: the stream has to unpack, to its very end."""
    image = bytearray(workshop.image("dsk"))
    block = identity_offset(image)
    start, packed = u32(image, block + 0x10), bytearray(packed_payload(image))
    for new in (b"\1" + packed[1:], packed[:-1]):
        image[start : start + len(packed)] = new.ljust(len(packed), b"\0")
        image[block + 0x14 : block + 0x18] = struct.pack("<I", len(new))
        image[block + 0x1C : block + 0x20] = struct.pack("<I", zlib.crc32(new))
        _fix(image)
        text = "the packed stream does not unpack to"
        assert any(text in line for line in findings(workshop, image, 1))


@pytest.mark.parametrize("medium", PREFIXES)
def test_flipped_bits(workshop: Workshop, medium: str) -> None:
    """Any one from the prefix's words on: by the CRC, or by what leads to it."""
    image = workshop.image(medium)
    start = 0x200 if medium == "dsk" else image.index(b"EFPX")
    for at in range(start, identity_offset(image) + 0x60):
        damaged = bytearray(image)
        damaged[at] ^= 1 << at % 8
        assert findings(workshop, damaged, 1), f"offset 0x{at:x}"


@pytest.mark.parametrize("medium", PREFIXES)
def test_truncated(workshop: Workshop, medium: str) -> None:
    """An image of any smaller length is an error."""
    image = workshop.image(medium)
    for length in (0, 1, 2, 27, 30, 60, 100, 512, 1000, len(image) - 512, len(image) - 1):
        assert findings(workshop, image[:length], 1), length


def test_appended(workshop: Workshop) -> None:
    """Padding behind a ROM is nothing to report; an image of ours on other media has its own length."""
    rom, dsk = workshop.image("rom"), workshop.image("dsk")
    assert findings(workshop, rom + b"\xff" * 512, 0, "--strict") == []
    found = findings(workshop, rom + b"\xff" * 100 + b"x", 0)
    assert any("101 bytes after the last image are not padding" in line for line in found)
    assert any("is not a multiple of 512; pad the file" in line for line in found)
    assert findings(workshop, rom + b"x" * 512, 1, "--strict")
    found = findings(workshop, dsk + bytes(512), 1)
    assert any("disk of 1475072 bytes, not 1474560; the file was cut, or" in line for line in found)
    found = findings(workshop, dsk[: image_length(dsk)], 1)
    assert any("disk of 1536 bytes, not 1474560; the file was cut, or" in line for line in found)
    assert findings(workshop, dsk[: image_length(dsk) - 512], 1)
    for offset in (image_length(dsk), -1):
        data = bytearray(dsk)
        data[offset] = 1
        assert "something was put behind the image" in findings(workshop, data, 1)[0]


def test_padding_of_other_media(workshop: Workshop) -> None:
    """It has to be what pack writes."""
    image = bytearray(workshop.image("zpxe", "args=0123456789abcdef"))
    image[-1] ^= 1
    _fix(image)
    assert "padding is not zero" in findings(workshop, image, 1)[0]


def test_boot_sector_signature(workshop: Workshop) -> None:
    """A .dsk without it does not boot."""
    image = bytearray(workshop.image("dsk"))
    image[0x1FF] = 0
    assert "error: offset 0x1fe: no boot sector signature" in findings(workshop, image, 1)[0]


def test_several_files(workshop: Workshop) -> None:
    """Each is checked for itself, also when payloads are the same."""
    good = workshop.image("dsk")
    bad = bytearray(good)
    bad[identity_offset(bad) + 0x20] ^= 1
    _fix(bad)
    paths = [workshop.file("1", good), workshop.file("2", good), workshop.file("3", bad)]
    missing = workshop.folder / "missing"
    done = romtool("lint", *paths, paths[0])
    assert done.returncode == 1 and done.stdout.endswith("4 files checked: 1 errors, 0 warnings\n")
    assert "/3: error: " in done.stdout and "is no address base" in done.stdout
    assert "/3: error: " in romtool("lint", missing, paths[2]).stdout
    assert romtool("lint", missing, paths[0]).returncode == 2


def test_other_files(workshop: Workshop) -> None:
    """What is no image is an error, what cannot be read is trouble."""
    assert "neither an option ROM nor an image of ours" in findings(workshop, b"x" * 2000, 1)[0]
    assert findings(workshop, b"", 1)
    refused("missing: cannot open: No such file", "lint", workshop.folder / "missing", status=2)
    refused("no file is named", "lint", status=2)
    refused("unknown argument --fix", "lint", "--fix", status=2)


@pytest.mark.parametrize(
    ("offset", "data", "text"),
    [
        (4, b"\0\0", "EFI signature is 0x00000000; UEFI wants 00000EF1h there"),
        (2, b"\3", "initialization size 1536 is over the image length 1024"),
        (0x17, b"\xff", "EFI image offset 0xff00 is not inside the image"),
        (0x100, b"XY", "error: offset 0x100: no PE signature"),
    ],
)
def test_damaged_efi_image(workshop: Workshop, offset: int, data: bytes, text: str) -> None:
    """EFI images have a header of their own."""
    image = foreign_rom(code_type=3)
    image[offset : offset + len(data)] = data
    assert text in findings(workshop, image, 1)[0]


def test_several_images(workshop: Workshop) -> None:
    """Findings in a later image name offsets in the file."""
    first, second = foreign_rom(indicator=0), foreign_rom(code_type=3)
    assert findings(workshop, first + second, 0, "--strict") == []
    second[0x100] = 0
    assert "error: offset 0x500: no PE signature" in findings(workshop, first + second, 1)[0]
    assert "offset 0x21: no image is" not in findings(workshop, first, 1)[0]
    assert "offset 0x35: no image is marked as the last" in findings(workshop, first, 1)[0]
    second[0] = 0
    assert "error: offset 0x400: no ROM signature" in findings(workshop, first + second, 1)[0]


def test_list_json(workshop: Workshop) -> None:
    """Everything in an image, for scripts."""
    image = workshop.image("rom", "wait=3", "args=a=b c", devices="8139,8129")
    paths = [workshop.file("ours.rom", image), workshop.file("efi.rom", foreign_rom(code_type=3))]
    ours, efi = json.loads(accepted("list", "--json", *paths))["files"]
    block = identity_offset(image)
    assert (ours["path"], ours["kind"], ours["size"]) == (str(paths[0]), "rom", len(image))
    assert (ours["bar_size"], ours["bar_headroom"]) == (2048, 2048 - len(image))
    (first,) = ours["images"]
    assert (first["vendor"], first["device"], first["class_code"]) == ("10ec", "8139", "020000")
    assert first["devices"] == ours["identity"]["devices"] == ["8139", "8129"]
    assert (first["manufacturer"], first["product"]) == ("Etherforge", "Etherforge test")
    assert first["last"] and first["runtime_length"] == first["init_length"] == len(image)
    assert ours["identity"]["settings"] == {"args": "a=b c", "wait": "3"}
    assert (ours["identity"]["version"], ours["identity"]["medium"]) == ("0.9", "rom")
    assert ours["payload"]["offset"] == u32(image, block + 0x10)
    assert ours["payload"]["crc32"] == f"{zlib.crc32(packed_payload(image)):08x}"
    assert efi["images"][0]["code_type_name"] == "EFI" and "identity" not in efi
    assert "problem" not in ours and "problem" not in efi


@pytest.mark.parametrize(
    ("size", "bar"), [(512, 2048), (16384, 16384), (16896, 32768), (65536, 65536), (66048, 131072)]
)
def test_bar(workshop: Workshop, size: int, bar: int) -> None:
    """The next power of two, and 2 KiB at least."""
    rom = foreign_rom()[:512].ljust(size, b"\0")
    rom[0x30:0x32] = (size // 512).to_bytes(2, "little")
    (listed,) = json.loads(accepted("list", "--json", workshop.file("x.rom", rom)))["files"]
    assert (listed["bar_size"], listed["bar_headroom"]) == (bar, bar - size)


def test_list_text(workshop: Workshop) -> None:
    """The same for people."""
    text = accepted("list", workshop.file("x.rom", workshop.image("rom", "wait=3", "args=a b")))
    assert "x.rom: rom, 1536 bytes, BAR 2 KiB, 512 bytes free in it" in text
    assert "image 0 at 0x0: x86, 10ec:8139, class 020000, 1536 bytes, PCIR revision 3, last" in text
    assert 'PnP: "Etherforge", "Etherforge test", BEV 0x60' in text
    assert 'identity: rom, vendor 10ec, device 8139, "Etherforge test", version "0.9"\n' in text
    assert "\n  setting: args=a b\n  setting: wait=3\n  payload: " in text
    everything = workshop.image("zpxe", vendor="ffff", devices="-")
    assert "every card its drivers know" in accepted("list", workshop.file("a", everything))


def test_list_of_hostile_files(workshop: Workshop) -> None:
    """What can be read is listed, no byte of it reaches the terminal raw, and the rest is a problem."""
    image = bytearray(workshop.image("rom"))
    image[u16(image, 0x60)] = 0x1B
    image[u16(image, 0x60) + 1] = ord('"')
    data = bytes(image) + b"more"
    image[0x31] = 0
    path = workshop.file("x.rom", data)
    assert "\x1b" not in accepted("list", path)
    product = json.loads(accepted("list", "--json", path))["files"][0]["images"][0]["product"]
    assert product.startswith('\x1b"')
    done = romtool("list", "--json", workshop.file("y.rom", bytes(image) + b"more"))
    assert done.returncode == 1 and "y.rom: offset 0x600: no ROM signature" in done.stderr
    listed = json.loads(done.stdout)["files"][0]
    assert len(listed["images"]) == 1 and listed["problem"]["offset"] == 0x600
    done = romtool("list", "--json", workshop.folder / "missing", path)
    assert done.returncode == 2 and len(json.loads(done.stdout)["files"]) == 1
    assert romtool("list", workshop.file("z", b"nothing")).returncode == 1
    refused("no file is named", "list", "--json", status=2)
