# SPDX-License-Identifier: BSD-2-Clause
"""A conversation with a PXE stack: calls for the probe's script, and what must be true of the answers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from ci.lab.case import Failed
from ci.pxe.probe import BLOCK, BUFFER, Answer, Far, Report, Script

SUCCESS, ANY = 0, None
# PXE 2.1 appendix A, and how the calls are numbered.
FAILURE, UNSUPPORTED = 0x01, 0x03
STILL_HOOKED = 0x04
UDP_CLOSED, UDP_OPEN, TFTP_CLOSED = 0x18, 0x19, 0x1A
BAD_POINTER = 0x20
CANNOT_ARP, NOT_FOUND, NO_SIZE = 0x30, 0x3B, 0x3E
SHOWN = 6  # faults that are told of one conversation


@dataclass
class Talk:
    """The script so far, and the checks on its report. `pxenv` says by which entry calls go in."""

    script: Script = field(default_factory=Script)
    checks: list[Callable[[Report], str]] = field(default_factory=list)
    pxenv: bool = False

    def call(
        self,
        what: str,
        opcode: int,
        block: bytes,
        status: int | None = SUCCESS,
        at: Far = BLOCK,
        until: tuple[int, int] | None = None,
    ) -> int:
        """A call that must end with `status`; ANY is any failure."""
        number = self.script.call(opcode, block, at, self.pxenv, until=until)
        way = "PXENV+" if self.pxenv else "!PXE"

        def check(report: Report) -> str:
            fault = answer_fault(report.answer(number), status)
            return f"{what} ({opcode:02x} by {way}): {fault}" if fault else ""

        self.checks.append(check)
        return number

    def verify(self, what: str, test: Callable[[Report], bool | str]) -> None:
        """Something else that must be true: test() returns True, or False or what is wrong."""

        def check(report: Report) -> str:
            result = test(report)
            if result is True or result == "":
                return ""
            return f"{what}: {result}" if result else what

        self.checks.append(check)

    def word(self, what: str, number: int, at: int, value: int) -> None:
        """A word of an answer's block must have this value."""

        def test(report: Report) -> str:
            found = report.answer(number).word(at)
            return "" if found == value else f"{found:#x}, not {value:#x}"

        self.verify(what, test)

    def same(self, what: str, number: int, other: int) -> None:
        """Two dumps must show the same bytes."""
        self.verify(what, lambda report: report.bytes(number) == report.bytes(other))

    def holds(self, what: str, number: int, data: bytes) -> None:
        """A dump must show these bytes."""
        self.verify(what, lambda report: report.bytes(number) == data)

    def comes_back(self, what: str, opcode: int, block: bytes, null: bool = False) -> None:
        """A call that may end as it likes, or (null: without a block) must fail; registers survive."""
        at = (0, 0) if null else BLOCK
        number = self.script.call(opcode, block, at, self.pxenv, copy=not null)

        def test(report: Report) -> str:
            answer = report.answer(number)
            if answer.changed:
                return f"changes {', '.join(answer.changed)}"
            return "succeeds" if null and answer.exit == 0 else ""

        self.verify(what, test)

    def judge(self, text: str) -> None:
        """Raise Failed with what is wrong in the probe's output."""
        report = Report(text)
        if not report.started:
            raise Failed("the probe did not start")
        faults = [fault for fault in (check(report) for check in self.checks) if fault]
        if faults:
            more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
            raise Failed("; ".join(faults[:SHOWN]) + more)


def answer_fault(answer: Answer, status: int | None) -> str:
    """What is wrong with an answer; "" when nothing is.

    Exit code and status must agree, and only AX may change (PXE 2.1 section 3).
    """
    if answer.changed:
        return f"changes {', '.join(answer.changed)}"
    if (answer.exit == 0) != (answer.status == 0):
        return f"exit code {answer.exit:#x} with status {answer.status:#x}"
    if answer.exit not in (0, 1):
        return f"exit code {answer.exit:#x}"
    if status is None:
        return "" if answer.status else "succeeds, and must not"
    if answer.status != status:
        return f"status {answer.status:#04x}, not {status:#04x}"
    return ""


def words(*values: int) -> bytes:
    """Little-endian words."""
    return struct.pack(f"<{len(values)}H", *values)


def linear(pointer: Far) -> int:
    """Physical address of a far pointer."""
    return pointer[1] * 16 + pointer[0]


def moved(pointer: Far, distance: int) -> Far:
    """The pointer some bytes further on."""
    return (pointer[0] + distance, pointer[1])


DATA = moved(BUFFER, 0x4000)  # a second buffer
