# SPDX-License-Identifier: BSD-2-Clause
"""A Network Boot Image that holds several others, and a menu that chooses one of them.

All are loaded with it, behind the memory that any of them needs. The menu, a part of the stub, puts the one that is
chosen to its places and enters it as its loader would.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from factory.errors import EXIT_INPUT, failure
from factory.nbi import (
    AT,
    HEADER_LENGTH,
    LINEAR_ENTRY,
    MAY_RETURN,
    Image,
    Segment,
    compose_nbi,
    parse_nbi,
)
from factory.nbi_elf import PAGE, VENDOR, check_apart
from factory.nbi_stub import MENU_PART, STUB_ROOM, filled, stub_part

HEADER_ADDRESS = 0x5F000
STUB_ADDRESS = 0x60000
ITEMS_MAX = 35  # keys are 1 to 9 and letters
TITLE_MAX = 70
TICKS_PER_SECOND = 18.2

_FIELDS = struct.Struct("<IHHH")
_ITEM = struct.Struct("<HHII")
_COPY = struct.Struct("<IIII")


def compose_menu(
    stub: bytes, title: str, seconds: int, items: Sequence[tuple[str, str, bytes]]
) -> bytes:
    """The image. Each item has its text, the file's name for messages, and the file."""
    images = [_checked(text, parse_nbi(name, data), name) for text, name, data in items]
    if not 1 <= len(items) <= ITEMS_MAX:
        raise failure("--menu", f"{len(items)} items; 1 to {ITEMS_MAX} can be", "", EXIT_INPUT)
    needed = _merged(
        (part.address, part.address + part.room) for image in images for part in image.parts
    )
    needed = _merged([*needed, *((i.location, i.location + HEADER_LENGTH) for i in images)])
    storage = -(-max(end for _, end in needed) // PAGE) * PAGE
    code = stub_part(stub, MENU_PART)
    table, texts, blob = bytearray(), bytearray(), bytearray()
    texts_at = len(code) + sum(_ITEM.size + _COPY.size * (len(i.parts) + 1) for i in images)

    def text(content: str) -> int:
        texts.extend(content.encode() + b"\0")
        return texts_at + len(texts) - len(content) - 1

    for (words, _, data), image in zip(items, images):
        copies = [(image.location, 0, HEADER_LENGTH, HEADER_LENGTH)]
        copies += [(part.address, part.start, part.length, part.room) for part in image.parts]
        table += _ITEM.pack(text(words), len(copies), image.location, image.entry)
        base = storage + len(blob)
        for address, start, length, room in copies:
            table += _COPY.pack(address, base + start, length, room - length)
        blob += data + bytes(-len(data) % 16)
    ticks = round(seconds * TICKS_PER_SECOND)
    fields = _FIELDS.pack(ticks, len(code), len(items), text(title))
    stub_data = filled(code, fields, bytes(table + texts))
    segments = [Segment(stub_data, AT, STUB_ADDRESS, STUB_ROOM)]
    segments += [Segment(b"", AT, start, end - start) for start, end in needed]
    segments.append(Segment(bytes(blob), AT, storage))
    check_apart([Segment(b"", AT, HEADER_ADDRESS, HEADER_LENGTH), *segments])
    return compose_nbi(HEADER_ADDRESS, STUB_ADDRESS, LINEAR_ENTRY | MAY_RETURN, segments, VENDOR)


def _checked(text: str, image: Image, name: str) -> Image:
    if not (text.isascii() and text.isprintable()) or not 1 <= len(text) <= TITLE_MAX:
        what = f"{text!r} is no title of 1 to {TITLE_MAX} printable characters"
        raise failure("--menu", what, "", EXIT_INPUT)
    if not image.linear_entry:
        raise failure(name, "has a 16-bit entry, which a menu cannot call", "", EXIT_INPUT)
    if any(part.place != AT for part in image.parts):
        what = "has segments without an address, which a menu cannot place"
        raise failure(name, what, "", EXIT_INPUT)
    return image


def _merged(ranges: object) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):  # type: ignore[call-overload]
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
