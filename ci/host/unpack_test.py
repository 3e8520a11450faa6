"""The unpacker of the images (boot/unpack.inc), run on the host, against Python's decoder."""

from __future__ import annotations

import random
import struct
import subprocess
from pathlib import Path

import pytest

from ci.foreign import run_i386
from ci.host.romtool_fixtures import Elf, Workshop, firmware, workshop
from ci.host.romtool_reading import identity_offset, packed_payload, u32, unpacked_payload
from ci.tree import need_tool

__all__ = ["workshop"]

FLIPS = 400
TOO_LARGE = 1 << 20


@pytest.fixture(name="unpacker", scope="module")
def _unpacker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program. It is for i386, as the unpacker is."""
    folder = tmp_path_factory.mktemp("unpacker")
    words = [need_tool("nasm"), "-w+all", "-Werror", "-f", "elf32", "-i", "src/firmware/boot/"]
    subprocess.run([*words, "ci/host/unpack_host.asm", "-o", folder / "x.o"], check=True)
    words = [need_tool("ld"), "-m", "elf_i386", "-z", "noexecstack"]
    subprocess.run([*words, folder / "x.o", "-o", folder / "unpack"], check=True)
    return folder / "unpack"


def run(unpacker: Path, image: bytes) -> bytes | None:
    """What the image unpacks to; None when it is refused."""
    words = struct.pack("<I", identity_offset(image)) + image
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


def test_damage_is_refused(workshop: Workshop, unpacker: Path) -> None:
    """One flipped bit, wherever it is in the identity block or in the payload."""
    image = workshop.image("zpxe")
    assert run(unpacker, image)
    block = identity_offset(image)
    end = u32(image, block + 0x10) + len(packed_payload(image))
    size = 16 * image[block + 5]
    numbers = random.Random(9)
    for number in range(FLIPS):
        damaged = bytearray(image)
        at = block + number if number < size else numbers.randrange(block + size, end)
        damaged[at] ^= 1 << numbers.randrange(8)
        assert run(unpacker, bytes(damaged)) is None, f"offset 0x{at:x}"
