# SPDX-License-Identifier: BSD-2-Clause
"""The probe's scripts and reports, and what counts as a fault of an answer."""

from __future__ import annotations

import struct

import pytest

from ci.lab.case import Failed
from ci.pxe.probe import (
    BLOCK_E801,
    CALL,
    HEADER,
    MIB,
    PROGRAM_MAX,
    Answer,
    Memory,
    Report,
    Script,
)
from ci.pxe.talk import ANY, Talk, answer_fault, words
from ci.pxe.talk_network import interrupt_fault
from ci.pxe.talk_preboot import (
    PXE_LENGTH,
    ends_fault,
    hidden_fault,
    loaded_fault,
    structure_fault,
    unloaded_fault,
)
from ci.tree import need_tool

GOOD = "EFPROBE\nCALL 0001 0000 0001 0000 0000beef\n"


def _answer(exit_code: int, status: int, changed: tuple[str, ...] = ()) -> Answer:
    return Answer(exit_code, 1, changed, words(status))


@pytest.mark.parametrize(
    "answer, status, fault",
    [
        (_answer(0, 0), 0, ""),
        (_answer(1, 3), 3, ""),
        (_answer(1, 3), ANY, ""),
        (_answer(1, 3), 0, "status 0x03, not 0x00"),
        (_answer(0, 0), ANY, "succeeds, and must not"),
        (_answer(0, 3), 3, "exit code 0x0 with status 0x3"),
        (_answer(1, 0), 0, "exit code 0x1 with status 0x0"),
        (_answer(0x564E, 3), 3, "exit code 0x564e"),
        (_answer(0, 0, ("SI", "DS")), 0, "changes SI, DS"),
    ],
)
def test_answer_fault(answer: Answer, status: int | None, fault: str) -> None:
    assert answer_fault(answer, status) == fault


def test_script() -> None:
    """A record is a header and its data."""
    script = Script()
    assert script.call(0x71, b"block", (0x10, 0x2000), pxenv=True, until=(2, 3)) == 1
    kind, flags, number, *rest = HEADER.unpack_from(script.records)
    assert (kind, flags, number) == (CALL, 1, 1)
    assert rest == [0x71, 0x10, 0x2000, 2, 3, 5]
    assert bytes(script.records[HEADER.size :]) == b"block"


def test_script_that_does_not_fit() -> None:
    need_tool("nasm")
    script = Script()
    script.poke((0, 0x3000), bytes(PROGRAM_MAX))
    with pytest.raises(ValueError, match="too long"):
        script.program()


def test_report() -> None:
    """Every kind of line is found by its record's number."""
    ranges = struct.pack("<QQI", 0, 0x9F000, 1).hex(), struct.pack("<QQI", 0x100000, 4096, 2).hex()
    report = Report(
        f"{GOOD}CALL 0002 0001 0003 0009 \nDUMP 0003 0102\nIRQ 0004 000b 0002\n"
        "DETECT 0005 4e56c0035 \n"
        f"MEMORY 0006 027c 027c f9b0 3c00 02f6 3c01 02f7 9dd9 9dd9\nRANGE {ranges[0]}\nRANGE {ranges[1]}\n"
    )
    assert report.started
    assert report.answer(1) == Answer(0, 1, (), bytes.fromhex("0000beef"))
    assert report.answer(2) == Answer(1, 3, ("SP", "SI"), b"")
    assert report.bytes(3) == b"\1\2"
    assert report.interrupts(4) == (11, 2)
    memory = report.memory(6)
    assert (memory.base_kb, memory.segment_15, memory.ram()) == (636, 0x9DD9, 0x9F000)
    assert memory.e801 == (0x3C00, 0x2F6, 0x3C01, 0x2F7)


def test_report_that_ends_early() -> None:
    """A probe that hung is told from one that got a wrong answer."""
    with pytest.raises(Failed, match="did not get past record 1"):
        Report(GOOD).answer(2)


def test_talk() -> None:
    """Faults are collected, by the names of the calls."""
    talk = Talk()
    first = talk.call("CLOSE", 0x21, bytes(4))
    talk.word("its word", first, 2, 0xEFBE)
    talk.judge(GOOD)
    talk.word("its word", first, 2, 0x1234)
    talk.call("READ", 0x22, bytes(4), ANY)
    with pytest.raises(
        Failed, match=r"^its word: 0xefbe, not 0x1234; READ \(22 by !PXE\): succeeds"
    ):
        talk.judge(GOOD + "CALL 0002 0000 0001 0000 00000000\n")
    with pytest.raises(Failed, match="did not start"):
        talk.judge("")


def _structures() -> tuple[bytearray, bytearray]:
    pxe, pxenv = bytearray(0x58), bytearray(0x2C)
    pxe[:5], pxenv[:9] = b"!PXE\x58", b"PXENV+\x01\x02\x2c"
    pxenv[0x28:0x2C] = b"\x10\0\0\x90"
    pxe[0x20:] = struct.pack("<HIH", 0x9B80, 0x9B800, 0x4400) * 7
    for data, at in ((pxe, 5), (pxenv, 9)):
        data[at] = -sum(data) % 256
    return pxe, pxenv


def test_structure_fault() -> None:
    pxe, pxenv = _structures()
    where = bytes(pxenv[0x28:0x2C])
    assert structure_fault(pxe, pxenv, where) == ""
    assert "another !PXE" in structure_fault(pxe, pxenv, b"\x20\0\0\x90")
    for data, name in ((pxe, "!PXE has"), (pxenv, "PXENV+ has")):
        data[0x20] += 1
        assert name in structure_fault(pxe, pxenv, where)
        data[0x20] -= 1
    pxe[0x26:0x28] = b"\0\x48"  # longer than base memory
    pxe[5] = (pxe[5] - 4) % 256
    assert "a segment at 9b80" in structure_fault(pxe, pxenv, where)


def _memory(base_kb: int, low: int, segment: int) -> str:
    line = f"MEMORY 0001 {base_kb:04x} {base_kb:04x} 1000 3c00 0010 3c00 0010 {segment:04x} {segment:04x}\n"
    ranges = ((0, low, 1), (0x100000, 0x100000 + low, 1))
    return line + "".join(f"RANGE {struct.pack('<QQI', *r).hex()}\n" for r in ranges)


def test_memory_faults() -> None:
    """Memory must be told alike by all, and be all there again afterwards, but for 40:13, which is the caller's."""
    loaded, freed = _memory(622, 622 * 1024, 0x9DD9), _memory(639, 639 * 1024, 0xF000)
    report = Report(loaded + _memory(622, 639 * 1024, 0xF000).replace("0001", "0002", 1))
    assert loaded_fault(report, 1) == ""
    assert unloaded_fault(report, 1, 2) == ""
    assert "40:13 says 639 KiB" in loaded_fault(Report(freed), 1)
    report = Report(loaded + freed.replace("0001", "0002", 1))
    assert "STOP_UNDI made 40:13 639 KiB, which was 622" in unloaded_fault(report, 1, 2)
    report = Report(loaded + loaded.replace("0001", "0002", 1))
    assert "E820 has" in unloaded_fault(report, 1, 2)
    assert "E820 says" in loaded_fault(Report(_memory(622, 600 * 1024, 1)), 1)
    hooked = Report(loaded + _memory(622, 639 * 1024, 0x9DD9).replace("0001", "0002", 1))
    assert "still hooked" in unloaded_fault(hooked, 1, 2)


def _extended(e820: int, e801: int, kb_88: int) -> Memory:
    """Memory whose services name these ends."""
    blocks = (e801 - 16 * MIB) // BLOCK_E801
    ranges = ((0, 0x9F000, 1), (MIB, e820 - MIB, 1), (0xFFFC0000, 0x40000, 2), (1 << 32, MIB, 1))
    both = (15 * 1024, blocks)
    return Memory(622, 622, (kb_88 - MIB) // 1024, both + both, 0xF000, 0xF000, ranges)


def test_extended_memory_faults() -> None:
    """Each service must leave out our memory, and all must agree."""
    cut, top = 0x3F6C000, 0x3FE0000
    block = cut - cut % BLOCK_E801
    pxe = bytes(PXE_LENGTH) + b"EFD3" + struct.pack("<II", cut + 0x1000, cut + 0x2000)
    free = _extended(top, top, top)
    assert hidden_fault(_extended(cut, block, cut), free, pxe) == ""
    assert ends_fault(free, 0) == ""
    for service, memory in (
        ("E820", _extended(top, block, cut)),
        ("E801 AX and BX", _extended(cut, top, cut)),
        ("88h", _extended(cut, block, top)),
    ):
        assert hidden_fault(memory, free, pxe).startswith(f"{service} says RAM up to 0x3fe0000")
    assert "no entry points" in hidden_fault(free, free, bytes(PXE_LENGTH + 12))
    assert "RAM ends at" in hidden_fault(free, _extended(cut, block, cut), pxe)
    assert "88h up to 0x3f6c000" in ends_fault(_extended(top, top, cut), 0)
    assert "E801 AX and BX up to" in ends_fault(_extended(top, top - BLOCK_E801, top), 0)


def test_interrupt_fault() -> None:
    """A card that can must interrupt on the line it is wired to; none may promise it, so that programs poll."""
    assert interrupt_fault(11, False, _counts(11, 1, 2, 0, 3)) == ""
    assert interrupt_fault(0, False, _counts(0, 0, 0, 0, 0)) == ""
    silent = "line 11 stayed silent"
    assert interrupt_fault(11, False, _counts(11, 0, 1, 0, 1)) == f"{silent}: [0, 1], 1"
    assert interrupt_fault(11, False, _counts(11, 1, 0, 0, 1)) == f"{silent}: [1, 0], 1"
    assert interrupt_fault(11, False, _counts(11, 1, 1, 0, 0)) == f"{silent}: [1, 1], 0"
    fault = interrupt_fault(11, False, _counts(11, 1, 1, 1, 1))
    assert fault == "line 11 interrupted a program that polls"
    fault = interrupt_fault(11, False, _counts(0, 0, 0, 0, 0))
    assert fault == "lines {0}, promised: False; wired to 11"
    fault = interrupt_fault(11, True, _counts(11, 1, 1, 0, 1))
    assert fault == "lines {11}, promised: True; wired to 11"
    fault = interrupt_fault(0, True, _counts(0, 0, 0, 0, 0))
    assert fault == "lines {0}, promised: True; wired to none"


def _counts(line: int, *counts: int) -> list[tuple[int, int]]:
    return [(line, count) for count in counts]
