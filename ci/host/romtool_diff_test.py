# SPDX-License-Identifier: BSD-2-Clause
"""romtool diff: says what differs by name, and misses no byte."""

from __future__ import annotations

import json
import random
import re
import struct

import pytest

from ci.host.romtool_fixtures import (
    PREFIXES,
    Workshop,
    accepted,
    firmware,
    foreign_rom,
    refused,
    romtool,
    workshop,
)
from ci.host.romtool_reading import identity_offset, u32

__all__ = ["workshop"]


def differences(workshop: Workshop, a: bytes, b: bytes) -> list[str]:
    """What diff says, without where in the bytes; JSON says the same."""
    paths = [workshop.file("a", a), workshop.file("b", b)]
    done = romtool("diff", *paths)
    document = json.loads((as_json := romtool("diff", "--json", *paths)).stdout)
    assert done.returncode == as_json.returncode == int(a != b)
    assert done.stderr == as_json.stderr == ""
    *lines, last = done.stdout.splitlines()
    assert document["same"] == (a == b)
    assert (document["a"], document["b"]) == tuple(map(str, paths))
    said = f"{paths[0]} and {paths[1]} are the same"
    if lines:
        said = f"{paths[0]} -> {paths[1]}: {len(lines)} difference{'s' * (len(lines) > 1)}"
    assert last == said
    for line, entry in zip(lines, document["differences"], strict=True):
        assert line.startswith(f"  {entry['where']}: {entry['field']}: ")
        if "bytes" in entry:
            assert line.split(": ")[2].startswith(f"{entry['bytes']} byte")
            assert f"the first at 0x{entry['offset_a']:x}" in line
        else:
            assert line.endswith(f": {entry.get('a', 'none')} -> {entry.get('b', 'none')}")
    return [line.strip() for line in lines]


def test_same(workshop: Workshop) -> None:
    for rom in (
        workshop.image("rom"),
        workshop.image("dsk"),
        bytes(foreign_rom()),
        b"",
        b"\x55\xaa",
    ):
        assert not differences(workshop, rom, rom)


@pytest.mark.parametrize("medium", PREFIXES)
def test_stamped(workshop: Workshop, medium: str) -> None:
    """Only the ID, and the sums that follow from it: nothing is told twice."""
    image = workshop.image(medium)
    accepted(
        "stamp", workshop.file("in", image), "--id", "8086:100e", "-o", workshop.folder / "stamped"
    )
    found = differences(workshop, image, (workshop.folder / "stamped").read_bytes())
    assert re.fullmatch(
        r"image 0: EFPX CRC-32: [0-9a-f]{8}, right -> [0-9a-f]{8}, right", found[-1]
    )
    identity = ["image 0: identity vendor: 10ec -> 8086", "image 0: identity devices: 8139 -> 100e"]
    headers = ["image 0: vendor: 10ec -> 8086", "image 0: device: 8139 -> 100e"]
    if medium == "rom":
        assert re.fullmatch("image 0: checksum byte: .. -> ..", found.pop(2))
        assert found[:-1] == headers + identity
    else:
        assert found[:-1] == identity


def test_settings_one_by_one(workshop: Workshop) -> None:
    """Each by its key. A hostile one is shown harmlessly."""
    image = bytearray(workshop.image("rom", "args=3456789012345678901"))
    start = image.index(b"args=3456")

    def having(settings: bytes) -> bytes:
        return bytes(image[:start]) + settings.ljust(24, b"\0") + bytes(image[start + 24 :])

    found = differences(
        workshop, having(b"server=1.2.3.4\nwait=3"), having(b"server=1.2.3.5\n\x1b[=x")
    )
    assert "image 0: setting server: 1.2.3.4 -> 1.2.3.5" in found
    assert "image 0: setting wait: 3 -> none" in found
    assert r"image 0: setting \x1b[: none -> x" in found
    assert len(found) == 3, found  # the CRC-32 was not repaired: it is wrong in both
    twice = differences(workshop, having(b"a=1\na=1\nb=0"), having(b"a=1\na=2\nb=0"))
    assert twice == [f"file: content: 1 byte differs, the first at 0x{start + 6:x}"]


def test_settings_that_were_set(workshop: Workshop) -> None:
    """The block grows and the payload moves; neither is told byte by byte."""
    image = workshop.image("rom", "wait=3")
    path, out = workshop.file("in", image), workshop.folder / "with"
    accepted("set", path, "args=" + "quiet " * 9 + "ro", "serial=COM1,115200", "wait=", "-o", out)
    found = differences(workshop, image, out.read_bytes())
    assert "image 0: setting wait: 3 -> none" in found
    assert "image 0: setting serial: none -> COM1,115200" in found
    assert f"image 0: setting args: none -> {'quiet ' * 9}ro" in found
    assert any(line.startswith("image 0: payload offset: 0x") for line in found)
    assert not [line for line in found if "bytes differ" in line]


def test_long_texts(workshop: Workshop) -> None:
    """The longest of ours are told whole. A longer one is cut, and its bytes are compared."""
    one, other = "args=" + "x" * 1023 + "1", "args=" + "x" * 1023 + "2"
    found = differences(workshop, workshop.image("rom", one), workshop.image("rom", other))
    assert f"image 0: setting {one.replace('=', ': ')} -> {other[5:]}" in found
    long = bytearray(foreign_rom(revision=3) * 3)
    long[2], long[0x30] = 6, 6  # the image is all of it
    long[0x28:0x2A] = struct.pack("<H", 0x100 - 0x20)
    long[0x100 : 0x100 + 2 * 702] = struct.pack("<702H", *range(1, 702), 0)
    changed = bytearray(long)
    changed[0x100 + 2 * 700] ^= 1
    found = differences(workshop, bytes(long), bytes(changed))
    assert f"image 0: code: 1 byte differs, the first at 0x{0x100 + 2 * 700:x}" in found
    assert not [line for line in found if "device list" in line]


def test_payload(workshop: Workshop) -> None:
    """Another firmware under the same headers."""
    old, new = workshop.image("rom"), workshop.image("rom", product="Etherforge other")
    found = differences(workshop, old, new)
    assert "image 0: product: Etherforge test -> Etherforge other" in found
    assert not [line for line in found if "payload" in line]
    elf = firmware()
    elf.code = elf.code[:700] + b"something else" + elf.code[714:]
    other = workshop.pack(workshop.line("rom"), elf=elf)["10ec8139.rom"]
    found = differences(workshop, old, other)
    start = u32(old, identity_offset(old) + 0x10)
    (told,) = [line for line in found if line.startswith("image 0: payload: ")]
    first = next(i for i in range(start, len(old)) if old[i] != other[i])
    assert told.endswith(f"bytes differ, the first at 0x{first:x}")
    assert any(line.startswith("image 0: payload CRC-32: ") for line in found)


def test_headers(workshop: Workshop) -> None:
    """A stranger's."""
    old = foreign_rom(revision=3)
    new = foreign_rom(0x8086, 0x100E, revision=3)
    new[0x16:0x18], new[0x300] = b"\1\2", 0x77
    new[6] = (new[6] - sum(new)) & 0xFF
    found = differences(workshop, bytes(old), bytes(new))
    assert found[:2] == ["image 0: vendor: 1234 -> 8086", "image 0: device: 5678 -> 100e"]
    assert re.fullmatch("image 0: checksum byte: .. -> ..", found[2])
    assert found[3].startswith("image 0: code: ")
    new[0x301] ^= 1
    found = differences(workshop, bytes(old), bytes(new))
    assert "image 0: checksum: right -> wrong" in found


def test_images_and_padding(workshop: Workshop) -> None:
    first, second = bytes(foreign_rom(indicator=0)), bytes(foreign_rom(code_type=3))
    found = differences(workshop, first + second, bytes(foreign_rom()) + b"\xff" * 512)
    assert "file: size: 2048 -> 1536" in found
    assert "file: images: 2 -> 1" in found
    assert "file: after the images: 0 bytes -> 512 bytes of ff" in found
    assert "image 0: last image: no -> yes" in found
    assert "image 1: image: 3 (EFI), 1234:5678, 1024 bytes -> none" in found
    other = bytearray(second)
    other[0x0A:0x0C] = struct.pack("<H", 0x14C)
    found = differences(workshop, first + second, first + bytes(other))
    assert found == ["image 1: EFI machine: 8664 -> 014c"]
    tails = (first + second + b"serial 1", first + second + b"serial 2")
    (found_one,) = differences(workshop, *tails)
    assert found_one == "file: after the images: 1 byte differs, the first at 0x807"


def test_files_of_other_kinds(workshop: Workshop) -> None:
    found = differences(workshop, workshop.image("zpxe"), workshop.image("dsk"))
    assert found[0] == "file: kind: zpxe -> dsk"
    assert "image 0: medium: zpxe -> dsk" in found
    assert differences(workshop, b"some text", b"some test") == [
        "file: content: 1 byte differs, the first at 0x7"
    ]
    broken = differences(workshop, bytes(foreign_rom()), bytes(foreign_rom()[:512]))
    assert any(
        line.startswith("file: problem: none -> offset 0x30: image of 1024") for line in broken
    )


def test_no_damage_is_missed(workshop: Workshop) -> None:
    """Whatever a file has become."""
    dice = random.Random(7)
    ours = workshop.image("rom", "wait=3", devices="8139,8129")
    for rom in (ours, bytes(foreign_rom(indicator=0) + foreign_rom(code_type=3))):
        for _ in range(40):
            damaged = bytearray(rom)
            for _ in range(dice.choice((1, 1, 4))):
                damaged[dice.randrange(min(len(rom), 0x200))] = dice.randrange(256)
            differences(workshop, rom, bytes(damaged))


def test_usage() -> None:
    refused("two files are needed", "diff", "a", status=2)
    refused("two files at a time, not also c", "diff", "a", "b", "c", status=2)
    refused("unknown argument -u", "diff", "-u", "a", "b", status=2)
    refused("missing: cannot open", "diff", "missing", "other", status=2)
