# SPDX-License-Identifier: BSD-2-Clause
"""The unpacker of the images (platform/bios/boot/unpack.inc), run on the host, against a decoder in Python."""

from __future__ import annotations

import random
import struct
import subprocess
from pathlib import Path

import pytest

from ci.foreign import run_i386
from ci.host.romtool_fixtures import Elf, Workshop, firmware, workshop
from ci.host.romtool_reading import identity_offset, u32, unpacked_payload
from ci.payloads.assembly import WARNINGS
from ci.tree import make_or_fail, need_tool

__all__ = ["workshop"]

TOO_LARGE = 1 << 20


@pytest.fixture(name="unpacker", scope="module")
def _unpacker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program. It is for i386, as the unpacker is."""
    folder = tmp_path_factory.mktemp("unpacker")
    make_or_fail("out/obj/boot/layout.inc")
    words = [
        need_tool("nasm"),
        *WARNINGS,
        "-f",
        "elf32",
        "-i",
        "src/firmware/platform/bios/boot/",
        "-i",
        "out/obj/boot/",
    ]
    subprocess.run([*words, "ci/host/unpack_host.asm", "-o", folder / "x.o"], check=True)
    words = [need_tool("ld"), "-m", "elf_i386", "-z", "noexecstack"]
    subprocess.run([*words, folder / "x.o", "-o", folder / "unpack"], check=True)
    return folder / "unpack"


def run(unpacker: Path, image: bytes, copy: bytes = b"") -> bytes | None:
    """What the image unpacks to; None when it is refused. `copy`: the whole image, when `image` is only its start."""
    words = struct.pack("<5I", len(image) if copy else 0, 0, 0, 0, 0) + image + copy
    done = subprocess.run(
        run_i386(unpacker), input=words, capture_output=True, check=False, timeout=20
    )
    assert done.returncode in (0, 1), f"exit code {done.returncode}"
    assert done.returncode == 0 or not done.stdout
    return done.stdout if done.returncode == 0 else None


def elf_of(code: bytes) -> Elf:
    """A firmware of these bytes, after the few that have addresses."""
    head = firmware(64)
    return Elf(head.code + code, head.relocations[:2], head.symbols)


def repetitive(size: int) -> bytes:
    """Matches of every length and distance, old ones again, and single bytes from the last distance."""
    numbers = random.Random(5)
    data = bytearray(numbers.randbytes(300))
    while len(data) < size:
        distance = 1 + int(numbers.random() ** 4 * (len(data) - 1))
        for _ in range(numbers.choice((1, 2, 3, 7, 9, 16, 18, 40, 273, 600))):
            data.append(data[-distance])
        if numbers.random() < 0.4:
            data += numbers.randbytes(numbers.choice((1, 1, 2, 9)))
    return bytes(data)


CODES = {
    "nothing more": b"",
    "zeros": bytes(30000),
    "random": random.Random(7).randbytes(5000),
    "repetitive": repetitive(150000),
    "calls": b"".join(b"\xe8" + struct.pack("<i", i * 37 - 9000) for i in range(6000)),
}


@pytest.mark.parametrize("name", CODES)
def test_unpacks(workshop: Workshop, unpacker: Path, name: str) -> None:
    """Whatever was packed comes out again."""
    workshop.budget = TOO_LARGE
    image = workshop.pack(workshop.line("zpxe"), elf=elf_of(CODES[name]))["10ec8139.zpxe"]
    assert run(unpacker, image) == unpacked_payload(image)


def test_copy(workshop: Workshop, unpacker: Path) -> None:
    """As an option ROM leaves it: the start up to the payload in one place, all of it in another."""
    image = workshop.image("zpxe")
    block, plain = identity_offset(image), unpacked_payload(image)
    start = image[: u32(image, block + 0x10)].ljust(1024, b"x")
    assert run(unpacker, start, image) == plain
    assert run(unpacker, start, image[:-300] + b"x" + image[-299:]) is None
    other = bytearray(start)
    other[block + 8] ^= 1
    assert run(unpacker, bytes(other), image) is None
    other = bytearray(start)
    other[u32(image, block + 0x10) - 1] ^= 1
    assert run(unpacker, bytes(other), image) is None


def refuses(unpacker: Path, image: bytes, flips: range, others: range = range(0)) -> bool:
    """Whether each bit flipped in these bytes, and each with each of the others, is refused."""
    bits = (8 * flips.start, 8 * flips.stop, 8 * others.start, 8 * others.stop)
    words = struct.pack("<5I", 0, *bits) + image
    done = subprocess.run(run_i386(unpacker), input=words, check=False, timeout=300)
    return done.returncode == 0


def test_damage_is_refused(workshop: Workshop, unpacker: Path) -> None:
    """Any flipped bit of what the firmware is unpacked from; any two of the prefix's words and the block."""
    image = workshop.image("zpxe")
    assert run(unpacker, image)
    words, block = image.index(b"EFPX"), identity_offset(image)
    sizes = range(words + 8, words + 16)  # length, CRC; nothing reads where the block is
    fields = range(block + 0x10, block + 0x18)  # where the payload is, and its length
    assert refuses(unpacker, image, sizes)
    assert refuses(unpacker, image, range(sizes.stop, block + 0x80))
    assert refuses(unpacker, image, range(len(image) - 0x80, len(image)))
    assert refuses(unpacker, image, sizes, sizes)
    assert refuses(unpacker, image, sizes, fields)
    assert refuses(unpacker, image, fields, fields)


def test_length_that_lies(workshop: Workshop, unpacker: Path) -> None:
    """Whatever it says, nothing is looked at outside of what an image may have."""
    image = bytearray(workshop.image("zpxe"))
    words = image.index(b"EFPX")
    for length in (0, 1, 19, 20, 21, 511, 0x20014, 0x20015, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        image[words + 8 : words + 12] = length.to_bytes(4, "little")
        assert run(unpacker, bytes(image)) is None, length
