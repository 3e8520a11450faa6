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


# What chooses the slots of a bit: of the four bytes before, the last of which is the highest.
MASKS = (0xFEF00000, 0xFF000000, 0xFFFF0000, 0x00FF0000, 0xE0C0FF00, 0xE0000000, 0)
NUMBER_MASKS = 2  # the last of them, for the bits of lengths and distances
MATCH, REPEAT, REPEAT_LENGTH, LENGTH, DISTANCE, DIGIT = 0x100, 0x1000, 0x2000, 0x3000, 0x4000, 32


def logistic() -> tuple[list[int], list[int]]:
    """What a weighted sum means as a chance of 2^32, from -8192 on, and the sum of each chance of 4096."""
    squash, stretch, chance = [0x20002] * (1 << 14), [0] * 4096, 0x160000
    for i in range(-8192, 32768):
        chance += (chance * (0xFFFFFFFF - chance) >> 32) >> 10
        squash[8192 + (i >> 2)] = chance
        stretch[chance >> 20] = i >> 2
    return squash, stretch


def signed(word: int) -> int:
    """Of 32 bits."""
    return (word & 0xFFFFFFFF ^ 1 << 31) - (1 << 31)


class Expander:
    """Decoder of the packed stream, written from docs/formats.md."""

    def __init__(self, stream: bytes) -> None:
        self._input = iter(stream)
        self._range = 0xFFFFFFFF
        self._code = int.from_bytes(bytes(next(self._input) for _ in range(4)), "big")
        self._squash, self._stretch = logistic()
        self._weights = [[5 << 14] * len(MASKS) for _ in range(16)]
        self._slots: dict[int, int] = {}
        self._numbers: list[int] = []

    def _split(self, zero: int) -> int:
        while self._range < 1 << 24:
            self._range <<= 8
            self._code = self._code << 8 | next(self._input, 0)
        bound = self._range * zero >> 32
        bit = int(self._code >= bound)
        self._code -= bound * bit
        self._range = self._range - bound if bit else bound
        return bit

    def _bit(self, node: int) -> int:
        weights, numbers = self._weights[node.bit_length() - 1], self._numbers
        first = len(MASKS) - NUMBER_MASKS if node >= REPEAT else 0
        places = [number + node for number in numbers[first:]]
        inputs = [self._stretch[2048 + (self._slots.get(place, 2) >> 4)] for place in places]
        total = sum(x * weight for x, weight in zip(inputs, weights[first:]))
        zero = self._squash[8192 + (signed(total) >> 18)]
        bit = self._split(zero)
        error = (0 if bit else 0x10000) - (zero >> 16)
        for i, x in enumerate(inputs, first):
            weights[i] += x * error >> 15
        for place in reversed(places):  # two of them may be the same slot
            value = self._slots.get(place, 2)
            seen = value & 15
            value += seen < 12
            step = (value - (-32736 if bit else 32735)) >> (seen.bit_length() - 1)
            self._slots[place] = value - (step & ~15)
        return bit

    def _number(self, node: int) -> int:
        value, digits = 1, 0
        while self._bit(node + digits):
            digits += 1
        for i in range(1, digits + 1):
            value = 2 * value + self._bit(node + digits + 1 + DIGIT * i)
        return value

    def expand(self, size: int) -> bytes:
        """The first `size` bytes."""
        data, distance, after_match = bytearray(4), 0, False
        while len(data) < size + 4:
            before = int.from_bytes(data[-4:], "little")
            self._numbers = [
                ((before & mask) + len(MASKS) - i) * 0x9E3779B1 % 2**32 >> 12
                for i, mask in enumerate(MASKS)
            ]
            if not self._bit(MATCH):
                node = 1
                while node < 256:
                    node = 2 * node + self._bit(node)
                data.append(node - 256)
                after_match = False
                continue
            if not after_match and self._bit(REPEAT):
                length = self._number(REPEAT_LENGTH)
            else:
                length = self._number(LENGTH) + 1
                distance = self._number(DISTANCE + 0x1000 * min(length - 2, 2))
            for _ in range(length):
                data.append(data[-distance])
            after_match = True
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
