# SPDX-License-Identifier: BSD-2-Clause
"""A conversation about parameter blocks that lie where none can be: on vectors, BIOS data, a segment's end."""

from __future__ import annotations

from ci.pxe.probe import Far, Report
from ci.pxe.talk import Talk, words
from ci.pxe.talk_network import (
    ELSEWHERE,
    ISR,
    TRANSMIT,
    UNDI_CLOSE,
    UNDI_OPEN,
    arp_request,
    place_frame,
    transmit_block,
)

LOW: tuple[Far, ...] = ((0, 0), (0x200, 0), (0x40, 0x20), (0x4EC, 0), (0x4FE, 0), (0x0E, 0x4F))
# What PXE 2.1 has of each group; the last ones write most.
OPCODES = (0x01, 0x07, 0x0C, 0x12, 0x13, ISR, 0x15, 0x20, 0x22, 0x30, 0x32, 0x70, 0x71, 0xE6, 0xE8)
SEGMENT_END: Far = (0xFFFE, 0x2000)
VECTORS, DATA_AT, DATA_SIZE = 0x400, (0x4F0, 0), 16


def blocks(talk: Talk) -> None:
    """Nothing is written there, not even by UNDI_ISR when it has something to say; and a sane call works."""
    script = talk.script
    before = script.dump((0, 0), VECTORS), script.dump(DATA_AT, DATA_SIZE)
    talk.call("UNDI_OPEN", UNDI_OPEN, words(0, 0, 3, 0) + bytes(128))
    place_frame(talk, arp_request(ELSEWHERE))
    talk.call("TRANSMIT", TRANSMIT, transmit_block())
    for opcode in OPCODES:
        for at in LOW:
            _refused(talk, opcode, at)
    last = script.call(ISR, b"", SEGMENT_END, talk.pxenv, copy=False)
    talk.verify("UNDI_ISR at a segment's end comes back", lambda r: not r.answer(last).changed)
    for number, at, size in zip(before, ((0, 0), DATA_AT), (VECTORS, DATA_SIZE)):
        talk.same(f"what lies at {at[0]:#x}", script.dump(at, size), number)
    talk.call("a sane call after that", UNDI_CLOSE, bytes(2))


def _refused(talk: Talk, opcode: int, at: Far) -> None:
    number = talk.script.call(opcode, b"", at, talk.pxenv, copy=False)

    def check(report: Report) -> str:
        answer = report.answer(number)
        if answer.changed:
            return f"changes {', '.join(answer.changed)}"
        return "" if answer.exit == 1 else f"exit code {answer.exit}"

    talk.verify(f"{opcode:02x} with a block at {at[1]:04x}:{at[0]:04x}", check)
