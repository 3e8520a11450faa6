"""Boot files that must be refused, each with the error it must be refused with (docs/errors.md)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

NBI_MAGIC = 0x1B031336
NBI_LAST = 0x04000004  # segment record of four dwords, last one
HEADER_AT = 0x90000
MIB = 1 << 20


def _nbi(load: int, length: int, body: bytes) -> bytes:
    """A network boot image with one segment; its header would go to 9000:0000, its entry is the segment's start."""
    header = struct.pack("<IIHHHH", NBI_MAGIC, 4, 0, HEADER_AT >> 4, 0, (load >> 4) & 0xFFFF)
    segment = struct.pack("<IIII", NBI_LAST, load, length, length)
    return (header + segment).ljust(510, b"\0") + b"\x55\xaa" + body


def _no_format(good: bytes) -> bytes:
    return b"This is a text file, not a boot file.\n" * 200


def _empty(good: bytes) -> bytes:
    return b""


def _cut_short(good: bytes) -> bytes:
    return good[: len(good) // 2]


def _over_vectors(good: bytes) -> bytes:
    """Would load over the interrupt vectors and the BIOS data area."""
    return _nbi(0, 4096, bytes(4096))


def _over_top(good: bytes) -> bytes:
    """Would load over the last 2 MiB of a 32 MiB machine, where the firmware and the BIOS's tables are."""
    return _nbi(30 * MIB, 2 * MIB, bytes(2 * MIB))


def _beyond_memory(good: bytes) -> bytes:
    return _nbi(1024 * MIB, 4096, bytes(4096))


def _over_itself(good: bytes) -> bytes:
    """Two lengths that contradict each other: the record ends outside the header."""
    return good[:16] + struct.pack("<I", 0x00000F4F) + good[20:]


def _large(good: bytes) -> bytes:
    """Larger than a 32 MiB machine's memory."""
    return _nbi(MIB, 40 * MIB, bytes(40 * MIB))


# Name: how it is made from a good NBI, and the pattern that the console must show.
BAD_FILES: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "no-format": (_no_format, r"E21\b"),
    "empty": (_empty, r"E2[01]\b"),
    "cut-short": (_cut_short, r"E20\b"),
    "over-vectors": (_over_vectors, r"E23\b"),
    "over-firmware": (_over_top, r"E23\b"),
    "beyond-memory": (_beyond_memory, r"E(04|23)\b"),
    "bad-segment": (_over_itself, r"E22\b"),
    "larger-than-memory": (_large, r"E(04|19)\b"),
}
