# SPDX-License-Identifier: BSD-2-Clause
"""Network Boot Images: the file format that Etherboot defined and src/firmware/image/nbi.c reads."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

MAGIC = 0x1B031336
HEADER_LENGTH = 512
LINEAR_ENTRY = 1 << 31  # header flags: 32-bit entry

AT, AFTER, DOWN, BEFORE = range(4)  # how a segment's address is meant
LAST = 4


@dataclass(frozen=True)
class Segment:
    """`data` goes to memory of `room` bytes (0: as many as the data has); what data doesn't fill becomes zeros.

    The address is absolute (AT), the distance from the end of the segment before (AFTER), from the top of memory
    down (DOWN), or from the start of the segment before down (BEFORE). For the first segment, the one before is the
    header's copy.
    """

    data: bytes
    place: int
    address: int
    room: int = 0


def compose_nbi(
    location: int, entry: int, flags: int, segments: Sequence[Segment], vendor: bytes = b""
) -> bytes:
    """The file. A copy of its header will be at `location`, which is on a paragraph below 1 MiB.

    `entry` is linear with LINEAR_ENTRY in `flags`, else segment << 16 | offset.
    """
    if len(vendor) % 4 or len(vendor) > 60:
        raise ValueError(f"{len(vendor)} bytes of vendor data; 0, 4, 8 … 60 can be")
    if location % 16 or location >= 1 << 20:
        raise ValueError(f"header location {location:#x} is no real-mode segment")
    lengths = 4 | len(vendor) // 4 << 4
    header = struct.pack("<IIII", MAGIC, flags | lengths, location // 16 << 16, entry) + vendor
    for number, segment in enumerate(segments, 1):
        last = LAST if number == len(segments) else 0
        room = max(segment.room, len(segment.data))
        header += struct.pack(
            "<BBBBIII", 4, 0, 0, segment.place | last, segment.address, len(segment.data), room
        )
    if len(header) > HEADER_LENGTH:
        raise ValueError(f"{len(segments)} segments do not fit the header")
    return header.ljust(HEADER_LENGTH, b"\0") + b"".join(segment.data for segment in segments)
