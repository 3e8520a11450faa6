# SPDX-License-Identifier: BSD-2-Clause
"""Boot files that must be refused, each with the error it must be refused with (docs/errors.md)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

NBI_MAGIC = 0x1B031336
NBI_LAST = 0x04000004  # segment record of four dwords, last one
HEADER_AT = 0x90000
MIB = 1 << 20


def _nbi(load: int, length: int) -> Callable[[bytes], bytes]:
    """A network boot image with one segment; its header would go to 9000:0000, its entry is the segment's start."""
    header = struct.pack("<IIHHHH", NBI_MAGIC, 4, 0, HEADER_AT >> 4, 0, (load >> 4) & 0xFFFF)
    segment = struct.pack("<IIII", NBI_LAST, load, length, length)
    return lambda good: (header + segment).ljust(510, b"\0") + b"\x55\xaa" + bytes(length)


# Name: how it is made from a good NBI, and the pattern that the console must show.
BAD_FILES: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "no-format": (lambda good: b"This is a text file, not a boot file.\n" * 200, r"E21\b"),
    "empty": (lambda good: b"", r"E2[01]\b"),
    "cut-short": (lambda good: good[: len(good) // 2], r"E20\b"),
    # Over the interrupt vectors and the BIOS data area.
    "over-vectors": (_nbi(0, 4096), r"E23\b"),
    # Over the last 2 MiB of a 32 MiB machine, where the firmware and the BIOS's tables are.
    "over-firmware": (_nbi(30 * MIB, 2 * MIB), r"E23\b"),
    "beyond-memory": (_nbi(1024 * MIB, 4096), r"E(04|23)\b"),
    # Two lengths that contradict each other: the record ends outside the header.
    "bad-segment": (lambda good: good[:16] + struct.pack("<I", 0xF4F) + good[20:], r"E22\b"),
    # Larger than a 32 MiB machine's memory.
    "larger-than-memory": (_nbi(MIB, 40 * MIB), r"E(04|19)\b"),
}
