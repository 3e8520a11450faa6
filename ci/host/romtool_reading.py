"""For the tests of romtool: reading an image independently of it, from docs/formats.md."""

from __future__ import annotations

import lzma
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


def filtered_payload(image: bytes) -> bytes:
    """The payload as Python's decoder sees it, the branch filter still on."""
    options = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 22, "lc": 3, "lp": 0, "pb": 0}
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[options])
    return decoder.decompress(packed_payload(image), u32(image, identity_offset(image) + 0x18))


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
