# SPDX-License-Identifier: BSD-2-Clause
"""Images that have to find their card, in QEMU and in Bochs; `make smoke` with --cards and --bochs has the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ci.lab.bochs import BINARY
from ci.lab.boot import served
from ci.lab.case import NEXT_DEVICE
from ci.lab.emulator import Emulator
from ci.lab.judge import NEXT_DEVICE_EXIT
from ci.lab.machine import Drive, Machine, Nic
from ci.lab.network import Wired
from ci.net.scenario import Scenario
from ci.tree import need_tool, run_suite

Record = Callable[[str, object], None]
ESCAPE = b"\x1b"


def test_cards_are_found(own_out: Path, record_property: Record) -> None:
    """Without a word from the BIOS, behind a bridge, and the next one when the first does not boot."""
    need_tool("qemu-system-i386")
    command = ["-m", "ci.smoke", "--cards", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)


def test_bochs(own_out: Path, record_property: Record) -> None:
    """A second emulator, and an older BIOS."""
    need_tool(BINARY)
    command = ["-m", "ci.smoke", "--bochs", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)


def test_escape_ends_all_cards(built: Path) -> None:
    """Who presses Esc while one card is tried wants the next boot device, not the next card."""
    need_tool("qemu-system-i386")
    disk = (built / "out/images/rtl8139/10ec8139.dsk").read_bytes()
    silent = Wired("x", Scenario(dhcp=False), mac=None)
    drives = (Drive("disk", disk), Drive("floppy", NEXT_DEVICE))
    machine = Machine("rtl8139", others=(Nic("rtl8139", silent),), drives=drives)
    pressed: list[bytes] = []
    with served({}, silent, silent) as place:
        second, first = (plug.wire for plug in place.plugs)
        assert first and second
        asked = first.events

        def press_escape(running: Emulator) -> bool:
            if not pressed and "Etherforge " in running.console() and asked:
                pressed.append(ESCAPE)
                running.press(ESCAPE)
            return False

        outcome, _ = place.boot(machine, 30, press_escape)
    assert pressed and outcome.exit_code == NEXT_DEVICE_EXIT, outcome.console
    assert "(E06)" in outcome.console and not second.events, outcome.console
