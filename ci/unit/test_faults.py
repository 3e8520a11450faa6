# SPDX-License-Identifier: BSD-2-Clause
"""The fault lab: what its network does to frames, what it says of a machine that stops, and a few of its boots."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ci.faults import reboots, verdict
from ci.images import Shop
from ci.lab.boot import run_case
from ci.lab.card import CardPlan, cards
from ci.lab.emulator import Outcome
from ci.lab.judge import FAIL
from ci.net import boots
from ci.net.dhcp import SERVER_MAC
from ci.net.packets import BROADCAST
from ci.net.scenario import SERVER_IP, Scenario
from ci.net.wire import Channel, Wire
from ci.tree import ROOT, need_tool, run_suite
from factory.spec import load_spec

GUEST = bytes.fromhex("525400123456")
FRAMES = 4000


def test_quick_faults(own_out: Path, record_property: Callable[[str, object], None]) -> None:
    """python3 -m ci.faults --quick; its lines are the message when a boot fails."""
    need_tool("qemu-system-i386")
    run_suite(record_property, sys.executable, "-m", "ci.faults", "--quick", "--out", own_out)


def test_channel() -> None:
    """As many frames meet each fate as was asked for, and the same ones with the same seed."""
    faults = Scenario(loss=0.1, duplicates=0.25, reordering=1 / 16, delay=1.0)
    channel, again, other = (Channel(faults, seed) for seed in ("1", "1", "2"))
    fates = [channel.delays() for _ in range(FRAMES)]
    assert fates == [again.delays() for _ in range(FRAMES)]
    assert fates != [other.delays() for _ in range(FRAMES)]
    arrived = [fate for fate in fates if fate]
    assert len(arrived) == pytest.approx(0.9 * FRAMES, rel=0.05)
    assert sum(len(fate) == 2 for fate in arrived) == pytest.approx(0.25 * 0.9 * FRAMES, rel=0.2)
    assert sum(fate[0] > 1 for fate in arrived) == pytest.approx(0.9 * FRAMES / 16, rel=0.3)
    assert min(fate[0] for fate in arrived) == 1.0


@pytest.mark.parametrize(
    "faults, answers",
    [
        (Scenario(), 1),
        (Scenario(duplicates=1, delay=0.01), 4),
        (Scenario(loss=1), 0),
    ],
)
def test_both_directions(faults: Scenario, answers: int) -> None:
    """A question that comes twice has two answers, and each of them comes twice."""
    fields = struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + GUEST + bytes(4) + bytes(6) + SERVER_IP
    question = BROADCAST + GUEST + b"\x08\x06" + fields
    found = b""
    with Wire(faults, "", {}) as wire:
        wire.guest_end.sendall(struct.pack("!I", len(question)) + question)
        wire.guest_end.settimeout(0.5)
        try:
            while part := wire.guest_end.recv(65536):
                found += part
        except socket.timeout:
            pass
    assert found.count(GUEST + SERVER_MAC) == answers


Reports = list[tuple[str, str]]


def _outcome(reports: Reports, hung: bool) -> Outcome:
    lines = [f"!EFPAYLOAD nonce={nonce} sum={crc}\r\n" for nonce, crc in reports]
    code = None if hung else 1
    return Outcome(code, hung, "x\nwaits", "".join(lines), 0.0, 1.0, 1.0, "")


def test_verdict() -> None:
    """It tells how far the machine came, and whether it hung, ended, or ran what it should not."""
    wanted = [(f"{n:032x}", f"{n:08x}") for n in range(4)]
    assert verdict(wanted, 3, _outcome(wanted, False)) == (3, "")
    assert verdict(wanted, 3, _outcome(wanted, True))[0] == 2
    hung = "boot 3: no report, hung; last line: waits"
    assert verdict(wanted, 3, _outcome(wanted[:2], True)) == (1, hung)
    assert verdict(wanted, 3, _outcome([], True))[0] == 0
    ended = "boot 4: no report, QEMU ended with status 1; last line: waits"
    assert verdict(wanted, 3, _outcome(wanted[:3], False)) == (2, ended)
    other = [wanted[0], ("f" * 32, "0" * 8), *wanted[2:]]
    assert verdict(other, 3, _outcome(wanted, False))[1].startswith(
        "boot 2: another payload reported"
    )


def test_a_machine_that_ends_early(own_out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Boots that were not made have failed, and what was printed is in the record."""
    need_tool("qemu-system-i386")
    monkeypatch.setattr(boots, "RESETS", ("",))
    card = cards(load_spec(ROOT / "targets.yaml"), Shop(own_out), "virtio_net")[0]
    record = run_case(CardPlan("faults", "reboots", card, partial(reboots, 3, "1")).make())
    assert record.verdict == FAIL
    assert record.reason.startswith("0 of 3, ")
    assert "boot 2: no report, QEMU ended with status 1" in record.line()
    assert "EFPAYLOAD" in record.console
