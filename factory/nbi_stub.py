# SPDX-License-Identifier: BSD-2-Clause
"""The code that Network Boot Images start with: src/mknbi/stub.asm has one part for each kind."""

from __future__ import annotations

import struct

from factory.errors import EXIT_INPUT, FactoryError, failure

STUB_MAGIC = b"EFMKNBI\0"  # in every part, before what is filled in
LINUX_PART, MULTIBOOT_PART, MENU_PART = range(3)
STUB_ROOM = 0x10000  # memory of a part: its code, what is appended, stack
STUB_CODE_MAX = 0x8000

_LENGTHS = struct.Struct("<III4s")


def wrong_stub() -> FactoryError:
    """What was read as the stub is none, or one of another version."""
    return failure("--stub", "not the stub that belongs to this version", "run make", EXIT_INPUT)


def stub_part(stub: bytes, part: int) -> bytes:
    """The code of one kind."""
    if len(stub) < _LENGTHS.size:
        raise wrong_stub()
    *lengths, magic = _LENGTHS.unpack(stub[-_LENGTHS.size :])
    if magic != b"EFST" or sum(lengths) + _LENGTHS.size != len(stub):
        raise wrong_stub()
    start = sum(lengths[:part])
    code = stub[start : start + lengths[part]]
    if STUB_MAGIC not in code:
        raise wrong_stub()
    return code


def filled(code: bytes, fields: bytes, texts: bytes) -> bytes:
    """The code with its fields, and what is appended to it."""
    at = code.index(STUB_MAGIC) + len(STUB_MAGIC)
    if len(code) + len(texts) > STUB_CODE_MAX:
        raise failure(
            "mknbi", f"{len(texts)} bytes of texts and tables do not fit the stub", "", EXIT_INPUT
        )
    return code[:at] + fields + code[at + len(fields) :] + texts
