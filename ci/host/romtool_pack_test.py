# SPDX-License-Identifier: BSD-2-Clause
"""romtool pack: what it writes is what docs/formats.md says, and what it refuses."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from ci.host.romtool_fixtures import (
    BASE,
    PREFIXES,
    R_32,
    Elf,
    Workshop,
    accepted,
    case,
    tool,
    firmware,
    refused,
    rom_prefix,
    workshop,
)
from ci.host.romtool_reading import (
    DISK_SIZE,
    address_base,
    at_link_base,
    filtered_payload,
    identity_offset,
    image_crc,
    image_length,
    packed_payload,
    relocated_words,
    text_at,
    u16,
    u32,
    unpacked_payload,
)

__all__ = ["workshop"]


@pytest.mark.parametrize("medium", PREFIXES)
def test_layout(workshop: Workshop, medium: str) -> None:
    """Prefix, identity block, payload and padding are where and what the document says."""
    image = workshop.image(medium, "wait=3", "args=a b", devices="8139,8129")
    if medium == "dsk":
        assert len(image) == DISK_SIZE and not any(image[image_length(image) :])
        image = image[: image_length(image)]
    prefix = bytes(PREFIXES[medium]())
    words, block = prefix.index(b"EFPX"), identity_offset(image)
    assert len(image) % 512 == 0 and u32(image, words + 8) == len(image)
    assert u32(image, words + 12) == image_crc(image)
    assert block == (len(prefix) + 15) // 16 * 16
    assert image[block : block + 5] == b"EFID\4"
    length = image[block + 5] * 16
    assert image[block + 6] == 0
    assert image[block + 7] == ["rom", "zpxe", "dsk"].index(medium)
    assert u16(image, block + 8) == 0x10EC
    devices = block + u16(image, block + 0x0A)
    assert struct.unpack_from("<HHH", image, devices) == (0x8139, 0x8129, 0)
    assert text_at(image, block + u16(image, block + 0x0C)) == "Etherforge test"
    assert text_at(image, block + u16(image, block + 0x0E)) == "args=a b\nwait=3"
    assert text_at(image, block + u16(image, block + 0x24)) == "0.9"
    assert u32(image, block + 0x10) == block + length
    packed = packed_payload(image)
    assert u32(image, block + 0x1C) == zlib.crc32(packed)
    assert not any(image[block + length + len(packed) :])
    untouched = set(range(len(prefix))) - set(range(words + 4, words + 16))
    if medium == "rom":
        untouched -= {2, 6, 0x59, 0x60, 0x61, *range(0x20, 0x26), 0x2C, 0x2D, 0x32, 0x33}
    assert all(image[i] == prefix[i] for i in untouched)


def test_disk_that_its_prefix_cannot_load(workshop: Workshop) -> None:
    """It reads 192 sectors; other media take more."""
    workshop.budget, elf = 1 << 20, firmware()
    elf.code += random.Random(1).randbytes(98000)
    words = workshop.arguments(elf, [workshop.line("dsk")])
    refused("bytes is over the 98304 that the disk's prefix loads; hint: make the firmware", *words)
    assert not (workshop.folder / "out" / "10ec8139.dsk").exists()
    assert workshop.pack(workshop.line("zpxe"), elf=elf)


def test_disks_take_no_room(workshop: Workshop) -> None:
    """What fills them up is a hole in the file, where the file system has such."""
    hole = workshop.folder / "hole"
    hole.touch()
    os.truncate(hole, DISK_SIZE)
    workshop.image("dsk")
    taken = (workshop.folder / "out" / "10ec8139.dsk").stat().st_blocks
    assert hole.stat().st_blocks or taken < 200


def test_payload(workshop: Workshop) -> None:
    """The payload unpacks, with a decoder that is not ours, to the firmware; its addresses are what looks like some."""
    elf = firmware()
    image = workshop.image("zpxe")
    payload, base = unpacked_payload(image), address_base(image)
    assert at_link_base(payload, base, BASE) == elf.code
    assert len(payload) == u32(image, identity_offset(image) + 0x18)
    assert relocated_words(payload, base) == [16, 24, 800, 1204]


def test_no_other_word_looks_like_an_address(workshop: Workshop) -> None:
    """A base at which one would is not taken."""
    first = address_base(workshop.image("zpxe"))
    elf = firmware()
    elf.code = elf.code[:-4] + struct.pack("<I", first + 5)
    image = workshop.pack(workshop.line("dsk"), elf=elf)["10ec8139.dsk"]
    assert address_base(image) != first
    assert at_link_base(unpacked_payload(image), address_base(image), BASE) == elf.code


def test_rom_headers(workshop: Workshop) -> None:
    """The PCI and PnP headers agree with the identity block, and everything sums to 0."""
    image = workshop.image("rom", devices="8139,8129")
    block = identity_offset(image)
    assert sum(image) % 256 == 0
    assert image[2] * 512 == u16(image, 0x2C) * 512 == u16(image, 0x32) * 512 == len(image)
    assert (u16(image, 0x20), u16(image, 0x22)) == (0x10EC, 0x8139)
    assert 0x1C + u16(image, 0x24) == block + u16(image, block + 0x0A)
    assert u16(image, 0x60) == block + u16(image, block + 0x0C)
    assert sum(image[0x50:0x70]) % 256 == 0


def test_one_device_needs_no_pci_device_list(workshop: Workshop) -> None:
    """The pointer stays 0."""
    assert u16(workshop.image("rom"), 0x24) == 0


@pytest.mark.parametrize("vendor", ["0000", "ffff"])
def test_no_card_and_every_card(workshop: Workshop, vendor: str) -> None:
    """`undi` and `all` have an empty list."""
    image = workshop.image("zpxe", vendor=vendor, devices="-")
    block = identity_offset(image)
    assert u16(image, block + 8) == int(vendor, 16)
    assert u16(image, block + u16(image, block + 0x0A)) == 0


def test_same_input_same_bytes(workshop: Workshop) -> None:
    """Packing again, over the old images, gives the same images."""
    lines = [workshop.line(medium) for medium in PREFIXES]
    assert workshop.pack(*lines) == workshop.pack(*lines)


def test_branch_filter(workshop: Workshop) -> None:
    """Calls and jumps with operands around every limit of the filter survive, and some are changed."""
    size = 4096
    code = bytearray(size)
    random_bytes = random.Random(1)
    edges = (0, 1, -1, size, -size, size - 1, 1 << 31, -(1 << 31), (1 << 31) - 1)
    for at in range(0, size - 8, 8):
        operand = random_bytes.choice(edges) + random_bytes.choice((0, -at, 1 - at, -1 - at, 1))
        code[at] = random_bytes.choice((0xE8, 0xE9))
        code[at + 1 : at + 5] = (operand & 0xFFFFFFFF).to_bytes(4, "little")
        code[at + 5 : at + 8] = random_bytes.randbytes(3)
    code[16:20] = bytes(4)
    image = next(
        iter(
            workshop.pack(
                workshop.line("zpxe"), elf=Elf(bytes(code), [(16, R_32, "_data_end")])
            ).values()
        )
    )
    plain = unpacked_payload(image)
    code[16:20] = plain[16:20]  # the address
    assert plain == code
    assert filtered_payload(image) != code


def test_report(workshop: Workshop) -> None:
    """The report tells of the payload and of each image."""
    words = workshop.arguments(firmware(), [workshop.line("rom"), workshop.line("dsk")])
    accepted(*words, "--report", workshop.folder / "new/report.json")
    report = json.loads((workshop.folder / "new/report.json").read_text())
    image = (workshop.folder / "out/10ec8139.rom").read_bytes()
    packed = packed_payload(image)
    assert report["payload"]["packed_length"] == len(packed)
    assert report["payload"]["crc32"] == f"{zlib.crc32(packed):08x}"
    assert report["payload"]["relocations"] == 4
    assert [entry["path"] for entry in report["images"]] == ["10ec8139.rom", "10ec8139.dsk"]
    first, second = report["images"]
    assert image[first["payload"] :].startswith(packed)
    assert first["bar_size"] == 2048 and "bar_size" not in second
    assert first["size"] == len(image) and first["headroom"] == 24576 - len(image)
    assert (first["vendor"], first["devices"]) == ("10ec", ["8139"])


def test_only(workshop: Workshop) -> None:
    """--only makes the images of one ID, not those of a list that has it."""
    lines = [
        workshop.line("rom"),
        workshop.line("dsk"),
        workshop.line("rom", devices="8129"),
        workshop.line("rom", name="family", devices="8139,8129"),
    ]
    words = workshop.arguments(firmware(), lines)
    accepted(*words, "--only", "10EC:8139")
    assert {path.name for path in (workshop.folder / "out").iterdir()} == {
        "10ec8139.rom",
        "10ec8139.dsk",
    }
    refused("no image for 10ec:1234; hint: check the ID", *words, "--only", "10ec1234")
    refused("--only takes eight hexadecimal digits, not 10ec", *words, "--only", "10ec", status=2)


def test_over_budget(workshop: Workshop) -> None:
    """An image over its budget is refused and an older one removed; the others are made."""
    lines = [workshop.line("rom"), workshop.line("zpxe")]
    workshop.pack(*lines)
    workshop.budget = 512
    text = refused(
        "bytes is over its budget of 512; hint: make the firmware or its settings smaller",
        *workshop.arguments(firmware(), [workshop.line("rom"), lines[1]]),
    )
    assert text.startswith("romtool: ") and "out/10ec8139.rom: " in text
    assert [path.name for path in (workshop.folder / "out").iterdir()] == ["10ec8139.zpxe"]


@pytest.mark.parametrize(
    ("size", "status", "text"),
    [
        (70000, 0, "bytes is over 65024; hint: not every BIOS runs it"),
        (140000, 1, "bytes is over 130560; hint: the length byte counts"),
    ],
)
def test_large_rom(workshop: Workshop, size: int, status: int, text: str) -> None:
    """A .rom has limits of its own."""
    workshop.budget = 1 << 20
    code = bytes(8) + random.Random(2).randbytes(size)
    words = workshop.arguments(Elf(code, [(4, R_32, "_data_end")]), [workshop.line("rom")])
    refused(text, *words, status=status)
    assert (workshop.folder / "out/10ec8139.rom").exists() == (status == 0)


def test_full_disk(workshop: Workshop) -> None:
    """A write that fails leaves the old image and nothing else."""
    old = workshop.pack(workshop.line("rom"))
    words = workshop.arguments(firmware(), [workshop.line("rom", product="Another name")])

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))

    done = subprocess.run(
        [str(word) for word in [tool(), *words]],
        preexec_fn=no_room,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "out/10ec8139.rom: cannot write: File too large" in done.stderr
    out = workshop.folder / "out"
    assert {path.name: path.read_bytes() for path in out.iterdir()} == old


def test_trouble(workshop: Workshop, tmp_path: Path) -> None:
    """Files that cannot be read or written."""
    words = workshop.arguments(firmware(), [workshop.line("rom")])
    refused(
        "missing.elf: cannot open: No such file",
        "pack",
        "--elf",
        tmp_path / "missing.elf",
        *words[3:],
        status=2,
    )
    refused("not a regular file", "pack", "--elf", tmp_path, *words[3:], status=2)
    refused("cannot create folder: Not a directory", *words[:-1], tmp_path / "list/below", status=2)
    done = refused("line 3: no prefix for medium rom", *words[:3], *words[5:], status=2)
    assert "hint: give --prefix for each medium" in done


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "usage: romtool COMMAND"),
        (["melt"], "melt: no such command; hint: romtool --help lists them"),
        (["pack"], "--elf, --images and --out are needed"),
        (["pack", "--elf"], "a value is missing after --elf"),
        (["pack", "--fast", "1"], "unknown argument --fast"),
        (
            ["pack", "--prefix", "iso=x"],
            "--prefix takes MEDIUM=FILE, not iso=x; hint: rom, zpxe or dsk",
        ),
    ],
    ids=case,
)
def test_usage(arguments: list[str], text: str) -> None:
    """Wrong usage says what is wrong, with status 2."""
    refused(text, *arguments, status=2)


def test_help() -> None:
    """Every command is there."""
    text = accepted("--help")
    assert all(f"  {name} " in text for name in ("pack", "stamp", "set", "lint", "list", "merge"))


def _line(**fields: str) -> str:
    words = {
        "medium": "rom",
        "path": "a/b.rom",
        "vendor": "10ec",
        "devices": "8139",
        "budget": "24576",
        "product": "Name",
        "version": "1",
        "settings": "wait=3",
    }
    assert fields.keys() <= words.keys()
    return "\t".join({**words, **fields}.values()) + "\n"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("rom\ta.rom\n", "line 3 has fewer than 7 tab-separated fields"),
        (_line(settings="wait=1" + "\twait=1" * 7), "line 3 has more than 14 tab-separated"),
        (_line(medium="iso"), "medium 'iso' is not valid; hint: rom, zpxe or dsk"),
        (_line(path="../b.rom"), "path '../b.rom' is not valid"),
        (_line(path="a/../../b.rom"), "path 'a/../../b.rom' is not valid"),
        (_line(path="/b.rom"), "path '/b.rom' is not valid"),
        (_line(path="b/"), "path 'b/' is not valid"),
        (_line(vendor="10e"), "vendor '10e' is not valid; hint: four hexadecimal digits"),
        (_line(vendor="10ecc"), "vendor '10ecc' is not valid"),
        (_line(devices="8139,"), "device list '8139,' is not valid"),
        (_line(devices="8139,0000"), "device list '8139,0000' is not valid"),
        (_line(devices="813g"), "device list '813g' is not valid"),
        (_line(devices="-"), "device list '-' is not valid; hint: name at least one device"),
        (_line(vendor="ffff"), "hint: vendors 0000 (no card) and ffff (every card) have '-'"),
        (_line(vendor="ffff", devices="-"), "hint: a .rom is for one vendor and device"),
        (_line(budget="24K"), "budget '24K' is not valid; hint: a number of bytes"),
        (_line(budget="-1"), "budget '-1' is not valid"),
        (_line(budget="99999999999999999999"), "budget '99999999999999999999' is not valid"),
        (_line(product=""), "product name '' is not valid; hint: printable ASCII"),
        (_line(product="Stra\xdfe"), "product name"),
        (_line(version=""), "version '' is not valid; hint: printable ASCII"),
        (_line(settings=""), "line 3: '' is no setting; hint: write key=value"),
        (_line(settings="a=1"), "line 3: 'a=1' is no setting; hint: known: serial bootfile"),
        (_line(settings="wait=x"), "line 3: 'x' is no value of wait; hint: a whole number of"),
        (_line(settings="wait=1\twait=2"), "line 3: wait is set twice; hint: give it once"),
        ("", "names no image; hint: render it again"),
        ("\0\n", "contains a NUL byte"),
        (_line(product="n" * 4100), "identity block of 4160 bytes is over 4080"),
    ],
    ids=case,
)
def test_bad_list(workshop: Workshop, line: str, text: str) -> None:
    """A line that cannot be right is named, with what it should be."""
    refused(text, *workshop.arguments(firmware(), [line]))


@pytest.mark.parametrize(
    ("medium", "offset", "data", "text"),
    [
        ("rom", 0, b"X", "offset 0x0: no ROM signature; hint: a .rom prefix starts with 55 AA"),
        ("rom", 6, b"\1", "offset 0x6: the checksum byte is 0x01, not 0"),
        ("rom", 0x18, b"\0\x10", "offset 0x18: no PCIR structure at 0x1000"),
        ("rom", 0x26, b"\x18", "PCIR has length 0x18 and revision 3"),
        ("rom", 0x28, b"\0", "PCIR has length 0x1c and revision 0"),
        ("rom", 0x31, b"\0", "PCIR has code type 0 and indicator 0x00"),
        ("rom", 0x50, b"X", "offset 0x50: no $PnP signature"),
        ("rom", 0x1A, b"\0\x10", "offset 0x1000: PnP header is not inside the image"),
        ("rom", 0x55, b"\1", "offset 0x50: PnP header of 0x10 bytes"),
        ("zpxe", 4, b"X", "EFPX structure occurs 0 times"),
        ("dsk", 0x60, b"EFPX", "offset 0x40: EFPX structure occurs 2 times"),
        ("dsk", 0x1FE, b"\0", "offset 0x1fe: no boot sector signature"),
    ],
)
def test_bad_prefix(workshop: Workshop, medium: str, offset: int, data: bytes, text: str) -> None:
    """A prefix that lacks what romtool fills in is refused."""
    prefix = PREFIXES[medium]()
    prefix[offset : offset + len(data)] = data
    words = workshop.arguments(firmware(), [workshop.line("rom")], **{medium: bytes(prefix)})
    assert f"{medium}.prefix: " in refused(text, *words)


def test_empty_prefix(workshop: Workshop) -> None:
    """So is an empty one."""
    words = workshop.arguments(firmware(), [workshop.line("rom")], rom=b"")
    refused("EFPX structure occurs 0 times", *words)
    assert rom_prefix()
