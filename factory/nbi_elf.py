# SPDX-License-Identifier: BSD-2-Clause
"""A Network Boot Image out of a Multiboot kernel and its modules, or of any other ELF program.

A Multiboot kernel is entered by a part of the stub, which completes its boot information (Multiboot Specification
0.6.96). Any other ELF program is entered as NBIs are: entry(ebinfo, header, bootp).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from factory.errors import EXIT_INPUT, FactoryError, failure
from factory.nbi import AT, LINEAR_ENTRY, MAY_RETURN, Segment, compose_nbi
from factory.nbi_stub import MULTIBOOT_PART, STUB_ROOM, filled, stub_part

HEADER_ADDRESS = 0x3F000
STUB_ADDRESS = 0x40000
PAGE = 4096
VENDOR = b"EF mknbi"

ELF_MAGIC = b"\x7fELF"
_ELF = struct.Struct("<16sHHIIIIIHHH")
_SEGMENT = struct.Struct("<IIIIII")
_LOAD = 1

_MULTIBOOT = 0x1BADB002
_SEARCH = 8192
_UNKNOWN_FLAGS = 0xFFF8  # that have to be understood
_HAS_ADDRESSES = 1 << 16
# What the information has without the BIOS: memory sizes, command line, modules, loader's name, screen.
_INFO_FLAGS = 1 | 4 | 8 | 0x200 | 0x1000
_INFO = struct.Struct("<IIIIIII16sIIIIIII16sQIIIBB18s")
_TEXT_SCREEN = (
    0xB8000,
    160,
    80,
    25,
    16,
    2,
)  # address, bytes of a row, columns, rows, bits of a cell, type
_MODULE = struct.Struct("<IIII")
_FIELDS = struct.Struct("<IH")


@dataclass(frozen=True)
class Program:
    """What is loaded, and where it is entered."""

    parts: tuple[Segment, ...]
    entry: int
    multiboot: bool

    @property
    def end(self) -> int:
        """Of its memory."""
        return max(part.address + max(part.room, len(part.data)) for part in self.parts)


def is_program(data: bytes) -> bool:
    """True for what parse_program() may read."""
    return data[:4] == ELF_MAGIC or _multiboot_at(data) is not None


def parse_program(name: str, data: bytes) -> Program:
    """Check an ELF file, or a Multiboot kernel of any format. Raises FactoryError saying what is wrong with it."""
    at = _multiboot_at(data)
    if at is not None:
        flags = struct.unpack_from("<I", data, at + 4)[0]
        if flags & _UNKNOWN_FLAGS:
            raise _wrong(name, f"Multiboot flags {flags:#x}, of which some have no meaning")
        if flags & _HAS_ADDRESSES:
            return _by_addresses(name, data, at)
    program = _elf(name, data)
    return Program(program.parts, program.entry, at is not None)


def _wrong(name: str, what: str, hint: str = "") -> FactoryError:
    return failure(name, what, hint, EXIT_INPUT)


def _multiboot_at(data: bytes) -> int | None:
    for at in range(0, min(len(data), _SEARCH) - 11, 4):
        magic, flags, checksum = struct.unpack_from("<III", data, at)
        if magic == _MULTIBOOT and not (magic + flags + checksum) & 0xFFFFFFFF:
            return at
    return None


def _by_addresses(name: str, data: bytes, at: int) -> Program:
    if len(data) < at + 32:
        raise _wrong(name, "cut off in its Multiboot header")
    header, load, load_end, bss_end, entry = struct.unpack_from("<IIIII", data, at + 12)
    start = at - (header - load)
    length = load_end - load if load_end else len(data) - start
    if start < 0 or length <= 0 or start + length > len(data):
        raise _wrong(
            name,
            f"its Multiboot header loads {length} bytes from {start} on, and it has {len(data)}",
        )
    part = Segment(data[start : start + length], AT, load, max(bss_end - load, length))
    return Program((part,), entry, True)


def _elf(name: str, data: bytes) -> Program:
    if len(data) < _ELF.size + 10 or data[:4] != ELF_MAGIC:
        raise _wrong(name, "not an ELF file")
    ident, _, machine, _, entry, table, _, _, _, size, count = _ELF.unpack_from(data)
    if ident[4:6] != b"\1\1" or machine not in (3, 6):
        raise _wrong(name, "an ELF file, but not a 32-bit one for x86", "build it with -m32")
    if size < _SEGMENT.size or table + size * count > len(data):
        raise _wrong(name, "its ELF program headers lie outside it", "copy or download it again")
    parts, physical = [], entry
    for number in range(count):
        kind, offset, virtual, address, length, room = _SEGMENT.unpack_from(
            data, table + size * number
        )
        if kind != _LOAD or not room:
            continue
        if offset + length > len(data) or length > room:
            raise _wrong(
                name, f"its ELF segment {number + 1} lies outside it", "copy or download it again"
            )
        parts.append(Segment(data[offset : offset + length], AT, address, room))
        if virtual <= entry < virtual + room:
            physical = address + entry - virtual
    if not parts:
        raise _wrong(name, "an ELF file without anything to load", "link it as a program")
    return Program(tuple(parts), physical, False)


def compose_program(program: Program) -> bytes:
    """The image of an ELF program that is entered as NBIs are, and may return."""
    check_apart([Segment(b"", AT, HEADER_ADDRESS, 512), *program.parts])
    flags = LINEAR_ENTRY | MAY_RETURN
    return compose_nbi(HEADER_ADDRESS, program.entry, flags, program.parts, VENDOR)


def compose_multiboot(
    stub: bytes, program: Program, command: str, modules: Sequence[tuple[str, bytes]]
) -> bytes:
    """The image of a Multiboot kernel with its command line, and modules, each with one."""
    code = stub_part(stub, MULTIBOOT_PART)
    placed, address = [], program.end
    for _, data in modules:
        address = -(-address // PAGE) * PAGE
        placed.append(Segment(data, AT, address, max(len(data), 1)))
        address += len(data)
    texts = bytearray(_INFO.size + _MODULE.size * len(modules))
    base = STUB_ADDRESS + len(code)

    def text(content: str) -> int:
        texts.extend(content.encode() + b"\0")
        return base + len(texts) - len(content) - 1

    for number, ((words, data), part) in enumerate(zip(modules, placed)):
        at = _INFO.size + _MODULE.size * number
        _MODULE.pack_into(texts, at, part.address, part.address + len(data), text(words), 0)
    command_at, name_at = text(command), text("Etherforge mknbi")
    fixed = (_INFO_FLAGS, 0, 0, 0, command_at, len(modules), base + _INFO.size, b"")
    _INFO.pack_into(texts, 0, *fixed, *(0,) * 5, name_at, 0, b"", *_TEXT_SCREEN, b"")
    stub_data = filled(code, _FIELDS.pack(program.entry, len(code)), bytes(texts))
    segments = [Segment(stub_data, AT, STUB_ADDRESS, STUB_ROOM), *program.parts, *placed]
    check_apart([Segment(b"", AT, HEADER_ADDRESS, 512), *segments])
    return compose_nbi(HEADER_ADDRESS, STUB_ADDRESS, LINEAR_ENTRY, segments, VENDOR)


def module_words(path: str, arguments: str) -> str:
    """The command line of a kernel or module: its name goes before its arguments."""
    return f"{PurePath(path).name} {arguments}".rstrip()


def check_apart(parts: Sequence[Segment]) -> None:
    """Raises FactoryError when two parts with absolute addresses overlap, or one ends above 4 GiB."""
    ranges = sorted((part.address, part.address + max(part.room, len(part.data))) for part in parts)
    for (_, end), (start, _) in zip(ranges, ranges[1:]):
        if start < end:
            what = f"what goes to {start:#x} overlaps what ends at {end:#x}"
            hint = "link the program to other addresses; from 3f000 to 4ffff is mknbi's own code"
            raise failure("mknbi", what, hint, EXIT_INPUT)
    if ranges and ranges[-1][1] > 1 << 32:
        raise failure("mknbi", f"memory up to {ranges[-1][1]:#x} is needed", "", EXIT_INPUT)
