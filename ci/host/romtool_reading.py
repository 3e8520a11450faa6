# SPDX-License-Identifier: BSD-2-Clause
"""For the tests of romtool: reading an image independently of it, from docs/formats.md."""

from __future__ import annotations

import zlib

DISK_SIZE = 1474560


def u16(data: bytes, offset: int) -> int:
    """Little-endian 16 bits."""
    return int.from_bytes(data[offset : offset + 2], "little")


def u32(data: bytes, offset: int) -> int:
    """Little-endian 32 bits."""
    return int.from_bytes(data[offset : offset + 4], "little")


def text_at(data: bytes, offset: int) -> str:
    """NUL-terminated text."""
    return data[offset : data.index(0, offset)].decode("ascii")


def identity_offset(image: bytes) -> int:
    """Where the identity block is, by the prefix's words."""
    return u32(image, image.index(b"EFPX") + 4)


def image_length(image: bytes) -> int:
    """What the prefix says: all but the zeros that fill up a .dsk."""
    return u32(image, image.index(b"EFPX") + 8)


def image_crc(image: bytes) -> int:
    """The CRC-32 that the prefix should state; its register starts as the length."""
    words, length = image.index(b"EFPX"), image_length(image)
    start = 0x200 if image[identity_offset(image) + 7] == 2 else words + 16
    return zlib.crc32(image[start:length], length ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def packed_payload(image: bytes) -> bytes:
    """The packed payload, by the identity block."""
    block = identity_offset(image)
    start = u32(image, block + 0x10)
    return image[start : start + u32(image, block + 0x14)]


# What chooses the slots of a literal's bits: of the four bytes before, the last of which is the highest.
MASKS = (0xFEF00000, 0xFF000000, 0xFFFF0000, 0x00FF0000, 0xE0000000, 0xE0C0FF00, 0x00C0FF00)
TWICE = 3  # of them, which weigh twice


class Expander:
    """Decoder of the packed stream, written from docs/formats.md."""

    def __init__(self, stream: bytes) -> None:
        self._input = iter(stream)
        self._range = 0xFFFFFFFF
        self._code = int.from_bytes(bytes(next(self._input) for _ in range(4)), "big")
        self._slots: dict[tuple[object, ...], tuple[int, int]] = {}

    def _split(self, zero: int) -> int:
        while self._range < 1 << 24:
            self._range <<= 8
            self._code = self._code << 8 | next(self._input, 0)
        bound = (self._range >> 12) * zero
        bit = int(self._code >= bound)
        self._code -= bound * bit
        self._range = self._range - bound if bit else bound
        return bit

    def _bit(self, limit: int, *places: tuple[object, ...]) -> int:
        total = whole = 0
        for index, place in enumerate(places):
            lean, seen = self._slots.get(place, (0, 2))
            lean >>= 4
            weight = ((lean * lean >> 11) + 256) * seen * (1 if index >= TWICE else 2)
            total += weight * lean
            whole += weight
        mean = total // whole if total >= 0 else -(-total // whole)
        bit = self._split(2048 + mean)
        for place in places:  # two of them may be the same slot
            lean, seen = self._slots.get(place, (0, 2))
            value = lean | seen
            value -= (value - (-32752 if bit else 32751)) >> (seen // 2)
            self._slots[place] = (value & ~15, min(seen + 1, limit))
        return bit

    def _single(self, *place: object) -> int:
        return self._bit(10, place)

    def _tree(self, depth: int, *place: object) -> int:
        node = 1
        for _ in range(depth):
            node = 2 * node + self._single(*place, node)
        return node - (1 << depth)

    def _distance(self, length: int) -> int:
        slot = self._tree(6, "slot", min(length - 2, 2))
        if slot < 4:
            return slot + 1
        value = 2 + slot % 2
        for _ in range(slot // 2 - 1):
            value = 2 * value + self._split(2048)
        return value + 1

    def expand(self, size: int) -> bytes:
        """The first `size` bytes."""
        data, distance, after_match = bytearray(4), 0, 0
        while len(data) < size + 4:
            before = int.from_bytes(data[-4:], "little")
            numbers = [
                ((before & mask ^ mask >> 3) * 0x9E3779B1 & 0xFFFFFFFF) >> 11 for mask in MASKS
            ]

            def mixed(node: int, numbers: list[int] = numbers) -> int:
                return self._bit(7, *(("mixed", number ^ node) for number in numbers))

            if not mixed(0):
                node = 1
                while node < 256:
                    node = 2 * node + mixed(node)
                data.append(node - 256)
                after_match = 0
                continue
            repeated = self._single("repeat", after_match)
            length = self._tree(8, "length", repeated) + 2 - repeated
            if not repeated:
                distance = self._distance(length)
            for _ in range(length):
                data.append(data[-distance])
            after_match = 1
        return bytes(data[4:])


def filtered_payload(image: bytes) -> bytes:
    """The payload, the branch filter still on."""
    return Expander(packed_payload(image)).expand(u32(image, identity_offset(image) + 0x18))


def unfilter(data: bytes) -> bytes:
    """The branch filter undone, written from docs/formats.md."""
    plain, size, i = bytearray(data), len(data), 0
    while i + 5 <= size:
        if plain[i] not in (0xE8, 0xE9):
            i += 1
            continue
        operand = int.from_bytes(plain[i + 1 : i + 5], "little", signed=True)
        if 0 <= operand < size:
            operand -= i
        elif -i <= operand < 0:
            operand += size
        plain[i + 1 : i + 5] = (operand & 0xFFFFFFFF).to_bytes(4, "little")
        i += 5
    return bytes(plain)


def unpacked_payload(image: bytes) -> bytes:
    """The firmware, its addresses written for the address base."""
    return unfilter(filtered_payload(image))


def address_base(image: bytes) -> int:
    """What the addresses in the payload are written for."""
    return u32(image, identity_offset(image) + 0x20)


def relocated_words(payload: bytes, base: int, reach: int = 0x2000) -> list[int]:
    """Offsets of the words that hold addresses, found as docs/formats.md says."""
    words, i = list[int](), 0
    while i + 4 <= len(payload):
        if 0 <= u32(payload, i) - base <= reach:
            words.append(i)
            i += 3
        i += 1
    return words


def at_link_base(payload: bytes, base: int, linked: int) -> bytes:
    """The payload with its addresses as they were linked."""
    plain = bytearray(payload)
    for offset in relocated_words(payload, base):
        plain[offset : offset + 4] = (u32(plain, offset) - base + linked).to_bytes(4, "little")
    return bytes(plain)


def changed(old: bytes, new: bytes) -> set[int]:
    """Offsets at which two images of one length differ."""
    assert len(old) == len(new)
    return {i for i, (a, b) in enumerate(zip(old, new)) if a != b}
