# SPDX-License-Identifier: BSD-2-Clause
"""The smoke payloads: tiny boot files that report a nonce and a checksum over everything the loader placed.

A payload is an assembled template (the .asm files beside this one) whose fields are filled in here, and noise up to the
wanted size. It writes `!` to port E9h first of all; then, there and through INT 10h, a line `EFENTRY …` with what its
loader handed over and `EFPAYLOAD nonce=… sum=… kind=… size=…`; and ends the emulator by writing 0 to port 501h, or 1
after a line `EFERROR …`. It may reset the machine instead.
"""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ci.payloads.assembly import assemble
from factory.nbi import AFTER, AT, BEFORE, DOWN, LINEAR_ENTRY, Segment, compose_nbi

KERNELS = {"multiboot": 1, "multiboot2": 2, "elf": 0}  # CONTRACT of kernel.asm
KINDS = ("nbi", "nbi32", "bzimage", "nbp", *KERNELS)
RETURNING_KINDS = ("nbi", "nbp")  # those that can go back to their loader
RESETS = (
    "keyboard",
    "port-cf9",
    "port-92",
    "triple-fault",
    "reset-vector",
)  # as payload.inc has them

_TEMPLATES = {"nbi": "nbi", "nbi32": "nbi", "bzimage": "bzimage", "nbp": "nbp"}
_MAGIC = b"EFFIELDS"
_FIELDS = struct.Struct("<8s I 16s I 16I 8I 64s 64s")  # payload.inc
_NONCE = re.compile(r"[0-9a-f]{32}")

NBP_ADDRESS = 0x7C00
NBP_MAX = 0xA0000 - NBP_ADDRESS - 0x10000  # leaves a PXE stack its base memory
HEADER_ADDRESS = 0x1F000
CODE_ADDRESS = 0x20000
CODE_ROOM = 0x10000
ENTRY_32 = CODE_ADDRESS + 16
GAP = 0x200  # between the code's memory and the segment behind it
BSS = 0x400  # zeros behind that segment
HIGH_ADDRESS = 0x200000
BELOW_HIGH = 0x10000
BELOW_TOP = 0x20000
ELF_HEADER = 0x100  # bytes at the start of kernel.asm that are free for one
KERNEL_MAX = 0xD000  # of one that is loaded in one piece: kernel.asm writes behind it
VIRTUAL = 0x40000000
SMALL_MAX = 0x8000  # of the three smaller segments


@dataclass
class _Fields:
    """What the template asks for."""

    ending: int = 0
    marker: bytes = b""
    before: int = 0
    blocks: list[tuple[int, int]] = field(default_factory=list)
    cleared: list[tuple[int, int]] = field(default_factory=list)
    report: str = ""
    behind: str = ""

    def packed(self) -> bytes:
        """As payload.inc lays them out; lists are ended by a length of 0."""
        numbers = [*_pairs(self.blocks, 8), *_pairs(self.cleared, 4)]
        texts = (self.report.encode(), self.behind.encode())
        return _FIELDS.pack(_MAGIC, self.ending, self.marker, self.before, *numbers, *texts)


def _pairs(pairs: Sequence[tuple[int, int]], count: int) -> list[int]:
    if len(pairs) >= count:
        raise ValueError(f"{len(pairs)} blocks, the template has room for {count - 1}")
    return [number for pair in pairs for number in pair] + [0] * 2 * (count - len(pairs))


def _filled(template: bytes, fields: _Fields) -> bytes:
    at = template.index(_MAGIC)
    return template[:at] + fields.packed() + template[at + _FIELDS.size :]


def make_payload(
    kind: str, nonce: str, size: int, returns: bool = False, resets: str = ""
) -> bytes:
    """A boot file of exactly `size` bytes that reports `nonce` (32 hex digits).

    With `returns` it goes back to its loader after the report instead of ending the emulator; with `resets`, one
    of RESETS, it resets the machine in that way.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    if not _NONCE.fullmatch(nonce):
        raise ValueError(f"nonce {nonce!r} is not 32 lower-case hex digits")
    if returns and kind not in RETURNING_KINDS:
        raise ValueError(f"a payload of kind {kind} cannot return")
    contract = (f"-DCONTRACT={KERNELS[kind]}",) if kind in KERNELS else ()
    template = assemble(_TEMPLATES.get(kind, "kernel"), *contract)
    fields = _Fields(
        ending=2 + RESETS.index(resets) if resets else int(returns),
        marker=bytes.fromhex(nonce),
        report=f"EFPAYLOAD nonce={nonce} sum=",
        behind=f" kind={kind} size={size}\r\n",
    )
    noise = random.Random(f"{kind} {nonce}")
    if kind == "bzimage":
        return _bzimage(template, fields, noise, size)
    if kind == "nbp":
        return _nbp(template, fields, noise, size)
    if kind == "multiboot":
        return _multiboot(template, fields, noise, size)
    if kind in KERNELS:
        return _elf(kind, template, fields, noise, size)
    return _nbi(kind, template, fields, noise, size)


def _need(kind: str, size: int, smallest: int, largest: int = 0xFFFFFFFF) -> None:
    if not smallest <= size <= largest:
        raise ValueError(f"a payload of kind {kind} has {smallest} to {largest} bytes, not {size}")


def _nbp(template: bytes, fields: _Fields, noise: random.Random, size: int) -> bytes:
    _need("nbp", size, len(template), NBP_MAX)
    fields.blocks = [(NBP_ADDRESS, size)]
    return _filled(template, fields) + noise.randbytes(size - len(template))


def _bzimage(template: bytes, fields: _Fields, noise: random.Random, size: int) -> bytes:
    """The address of the kernel, and the initrd, are only known to the running setup code."""
    _need("bzimage", size, len(template) + 16)
    length = size - len(template)
    fields.blocks = [(0, length)]
    setup = bytearray(_filled(template, fields))
    struct.pack_into("<I", setup, 0x1F4, (length + 15) // 16)
    struct.pack_into("<I", setup, 0x260, (length + 0x1FFFF) & ~0xFFFF)
    return bytes(setup) + noise.randbytes(length)


def _multiboot(template: bytes, fields: _Fields, noise: random.Random, size: int) -> bytes:
    """The address fields of its header say where everything goes."""
    _need("multiboot", size, len(template), KERNEL_MAX - BSS)
    fields.blocks = [(CODE_ADDRESS, size)]
    fields.cleared = [(CODE_ADDRESS + size, BSS)]
    whole = bytearray(_filled(template, fields) + noise.randbytes(size - len(template)))
    struct.pack_into("<I", whole, ELF_HEADER + 24, CODE_ADDRESS + size + BSS)
    return bytes(whole)


def _elf(kind: str, template: bytes, fields: _Fields, noise: random.Random, size: int) -> bytes:
    """Two segments that between them have all of the file; the entry is a virtual address.

    For Multiboot2 it is a 64-bit file.
    """
    _need(kind, size, len(template))
    code, high = (CODE_ADDRESS, len(template)), (HIGH_ADDRESS, size - len(template))
    fields.blocks = [code, high]
    fields.cleared = [(HIGH_ADDRESS + high[1], BSS)]
    entry = VIRTUAL + template.index(b"\x89\xc1\xb0!\xe6\xe9")  # kernel.asm: entry_32
    wide = kind == "multiboot2"
    word, machine = ("Q", 62) if wide else ("I", 3)
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1, 1)) + bytes(9)
    file_header = struct.Struct(f"<16sHHI{word}{word}{word}IHHHHHH")
    segments = struct.Struct("<IIQQQQQQ" if wide else "<IIIIIIII")
    header = file_header.pack(
        *(ident, 2, machine, 1, entry, file_header.size, 0, 0, file_header.size),
        *(segments.size, 2, 0, 0, 0),
    )
    for offset, virtual, (address, length), more in (
        (0, VIRTUAL, code, 0),
        (len(template), VIRTUAL + len(template), high, BSS),
    ):
        places = (offset, virtual, address, length, length + more)
        header += segments.pack(*(1, 7, *places, 4) if wide else (1, *places, 7, 4))
    return header + _filled(template, fields)[len(header) :] + noise.randbytes(high[1])


def _nbi(kind: str, template: bytes, fields: _Fields, noise: random.Random, size: int) -> bytes:
    """Code, and four segments that between them are placed in each of the ways there are."""
    smallest = 512 + len(template) + 4 * 16
    _need(kind, size, smallest)
    left = size - smallest
    small = [min(left // 4, SMALL_MAX) // 16 * 16 + 16 for _ in range(3)]
    after, below, top = (noise.randbytes(length) for length in small)
    high = noise.randbytes(size - 512 - len(template) - sum(small))
    top = fields.marker + top[16:]
    after_address = CODE_ADDRESS + CODE_ROOM + GAP
    below_address = HIGH_ADDRESS - BELOW_HIGH
    fields.before = below_address + len(below) - 4
    fields.blocks = [
        (HEADER_ADDRESS, 512),
        (CODE_ADDRESS, len(template)),
        (after_address, len(after)),
        (HIGH_ADDRESS, len(high)),
        (below_address, len(below)),
        (0, len(top)),
    ]
    fields.cleared = [(after_address + len(after), BSS)]
    linear = kind == "nbi32"
    return compose_nbi(
        location=HEADER_ADDRESS,
        entry=ENTRY_32 if linear else CODE_ADDRESS << 12,
        flags=LINEAR_ENTRY if linear else 0,
        segments=[
            Segment(_filled(template, fields), AT, CODE_ADDRESS, CODE_ROOM),
            Segment(after, AFTER, GAP, len(after) + BSS),
            Segment(high, AT, HIGH_ADDRESS),
            Segment(below, BEFORE, BELOW_HIGH),
            Segment(top, DOWN, BELOW_TOP),
        ],
    )


def payload_sum(payload: bytes, initrd: bytes = b"") -> str:
    """The checksum that a payload reports when every byte of it (and of its initrd) arrived: 8 hex digits."""
    setup = 0
    if payload[0x202:0x206] == b"HdrS":  # the loader writes to a kernel's setup code
        setup = (payload[0x1F1] + 1) * 512
    return f"{zlib.crc32(initrd, zlib.crc32(payload[setup:])):08x}"


def expected_line(kind: str, nonce: str, payload: bytes, initrd: bytes = b"") -> str:
    """The line that a payload reports, without its line end."""
    return f"EFPAYLOAD nonce={nonce} sum={payload_sum(payload, initrd)} kind={kind} size={len(payload)}"
