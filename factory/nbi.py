# SPDX-License-Identifier: BSD-2-Clause
"""Network Boot Images: the file format that Etherboot defined and src/firmware/image/nbi.c reads."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from factory.errors import EXIT_INPUT, FactoryError, failure

MAGIC = 0x1B031336
HEADER_LENGTH = 512
LINEAR_ENTRY = 1 << 31  # header flags: 32-bit entry
MAY_RETURN = 1 << 8

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


@dataclass(frozen=True)
class Part:
    """A segment of an image, or its header's copy, as a loader places it."""

    start: int  # offset of its bytes in the file
    length: int
    place: int  # how `address` is meant
    address: int
    room: int  # bytes of memory
    vendor: bytes = b""

    @property
    def where(self) -> str:
        """The address, as people read it."""
        if self.place == AT:
            return f"{self.address:08x}"
        return {
            AFTER: "{:x} behind the one before",
            DOWN: "{:x} below the end of memory",
            BEFORE: "{:x} before the one before",
        }[self.place].format(self.address)


@dataclass(frozen=True)
class Image:
    """What the header of a Network Boot Image says."""

    flags: int
    location: int  # linear, like entry
    entry: int
    vendor: bytes
    parts: tuple[Part, ...]
    end: int  # of the last segment in the file

    @property
    def linear_entry(self) -> bool:
        """Entered in 32-bit mode."""
        return bool(self.flags & LINEAR_ENTRY)

    @property
    def may_return(self) -> bool:
        """Allowed to come back to its loader."""
        return bool(self.flags & MAY_RETURN)


def parse_nbi(name: str, data: bytes) -> Image:
    """Read the header. Raises FactoryError saying what is wrong with it."""

    def wrong(what: str) -> FactoryError:
        return failure(name, what, "", EXIT_INPUT)

    if len(data) < HEADER_LENGTH or data[:4] != struct.pack("<I", MAGIC):
        raise wrong("not a Network Boot Image")
    flags, location, entry = struct.unpack_from("<III", data, 4)
    at, start, lengths, parts = 0, HEADER_LENGTH, flags, []
    own = (flags & 15) * 4
    vendor = data[own : own + (flags >> 4 & 15) * 4]
    while True:
        at += ((lengths & 15) + (lengths >> 4 & 15)) * 4
        if not 16 <= at <= HEADER_LENGTH - 16 or own < 16:
            raise wrong(f"no record of segment {len(parts) + 1} at byte {at} of the header")
        lengths, _, _, kind, address, length, room = struct.unpack_from("<BBBBIII", data, at)
        if lengths & 15 < 4:
            raise wrong(f"the record of segment {len(parts) + 1} is too short")
        tag = data[at + (lengths & 15) * 4 :][: (lengths >> 4) * 4]
        parts.append(Part(start, length, kind & 3, address, room, tag))
        start += length
        if start > len(data):
            raise wrong(
                f"segment {len(parts)} needs {length} bytes, the file has {len(data) - start + length} left"
            )
        if length > room:
            raise wrong(f"segment {len(parts)} has {length:#x} bytes for {room:#x} of memory")
        if kind & LAST:
            break
    if not flags & LINEAR_ENTRY:
        entry = linear(entry)
    return Image(flags, linear(location), entry, vendor, tuple(parts), start)


def linear(pointer: int) -> int:
    """Address of segment << 16 | offset."""
    return (pointer >> 16) * 16 + (pointer & 0xFFFF)


def describe_nbi(image: Image, size: int) -> str:
    """What `mknbi --list` prints."""
    mode = "32-bit" if image.linear_entry else "16-bit"
    lines = [
        f"header copy {image.location:08x}, {mode} entry {image.entry:08x}"
        + (", may return" * image.may_return)
        + (f", made by {_printable(image.vendor)}" if image.vendor else "")
    ]
    for number, part in enumerate(image.parts, 1):
        lines.append(
            f"segment {number:2}: {part.length:9} bytes of {part.room:9} at {part.where}"
            + (f", tag {_printable(part.vendor)}" if part.vendor else "")
        )
    if size > image.end:
        lines.append(f"{size - image.end} bytes behind the last segment")
    return "\n".join(lines)


def _printable(data: bytes) -> str:
    text = data.rstrip(b"\0")
    if text and all(32 <= byte < 127 for byte in text):
        return f'"{text.decode()}"'
    return data.hex(" ")
