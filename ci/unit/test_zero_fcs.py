# SPDX-License-Identifier: BSD-2-Clause
"""Frames whose FCS is zero: anybody on the wire can make them, so no card's driver may wait for something else.

The server sends some to everybody before each of its answers, and its answers have such an FCS as well. It takes
its time, because a firmware that waits for long looks at its card less often.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.chips.process import PROGRAM
from ci.lab.judge import FIRST_INSTRUCTION
from ci.lab.machine import BINARY, Machine
from ci.lab.network import Plug
from ci.lab.newer_qemu import qemu_for
from ci.lab.qemu import Qemu, has_card
from ci.net.dhcp import SERVER_MAC
from ci.net.packets import BROADCAST
from ci.net.scenario import LOCK_STEP, Scenario
from ci.net.wire import Wire
from ci.packages import CACHE
from ci.payloads.payload import make_payload
from ci.tree import ROOT, make_or_fail, need_tool, unavailable
from factory.spec import Family, load_spec

FAMILIES = [family for family in load_spec(ROOT / "targets.yaml").families if family.models]
PADDED, FULL = 60, 1514
# A boot takes 0.7 s here, 1.7 where the emulated card holds frames back; a second lost at each answer would be 17 s.
SECONDS = 8.0
SIZE = 24 * 1024
LATE = 0.02  # seconds


def with_zero_fcs(frame: bytes) -> bytes:
    """The frame with a trailer of four bytes that makes its CRC-32, and so its FCS, zero."""
    frame = frame.ljust(PADDED - 4, b"\0")
    # The CRC is affine: find the four bytes bit by bit, as the solution of 32 linear equations.
    start = zlib.crc32(frame + bytes(4))
    basis: dict[
        int, tuple[int, int]
    ] = {}  # highest bit of a change, the change, the trailer behind it
    for bit in range(32):
        trailer = 1 << bit
        change = zlib.crc32(frame + trailer.to_bytes(4, "little")) ^ start
        while change and change.bit_length() in basis:
            known, behind = basis[change.bit_length()]
            change, trailer = change ^ known, trailer ^ behind
        basis[change.bit_length()] = (change, trailer)
    trailer = 0
    while start:
        known, behind = basis[start.bit_length()]
        start, trailer = start ^ known, trailer ^ behind
    return frame + trailer.to_bytes(4, "little")


class ZeroFcsWire(Wire):
    """Every frame of the server has an FCS of zero; broadcasts of several lengths come before each."""

    def _answers(self, frame: bytes) -> list[bytes]:
        time.sleep(LATE)
        noise = [
            with_zero_fcs((BROADCAST + SERVER_MAC + b"\x88\xb5").ljust(length - 4, b"\x5a"))
            for length in (PADDED, 61, 62, 63, FULL)
        ]
        return [
            sent for answer in super()._answers(frame) for sent in (*noise, with_zero_fcs(answer))
        ]


@pytest.mark.parametrize("length", [14, 60, 777, 1510])
def test_fcs_is_zero(length: int) -> None:
    """The trailer does what it is for."""
    frame = with_zero_fcs(bytes(range(14)) + b"x" * (length - 14))
    assert zlib.crc32(frame) == 0
    assert len(frame) == max(length + 4, 60)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
def test_boots_in_time(
    family: Family, built: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The payload is reached as soon as without such frames."""
    need_tool(BINARY)
    model = family.models[0]
    binary = qemu_for(model.card, CACHE)
    if not has_card(binary, model.card):
        unavailable(f"{binary} has no card {model.card}")
    if model.is_chip:
        make_or_fail(str(PROGRAM))
    rom = built / "out" / "images" / family.name / f"{model.id.hex}.rom"
    payload = make_payload("nbi", "0" * 32, SIZE)
    with ZeroFcsWire(Scenario(options=LOCK_STEP), "boot.nbi", {"boot.nbi": payload}) as wire:
        descriptor = wire.guest_end.fileno()
        plug = Plug(f"socket,fd={descriptor}", (descriptor,), wire=wire)
        machine = Machine(model.card, rom.read_bytes(), binary=binary)
        with Qemu(machine, (plug,), tmp_path) as emulator:
            outcome = emulator.run(SECONDS, lambda running: FIRST_INSTRUCTION in running.debug())
    record_property("seconds", outcome.first_debug)
    assert outcome.first_debug is not None, f"not within {SECONDS} s:\n{outcome.console}"
