"""Images that have to find their card, in QEMU and in Bochs; `make smoke` with --cards and --bochs has the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ci.bochs import BINARY
from ci.cases import NEXT_DEVICE
from ci.judge import NEXT_DEVICE_EXIT
from ci.machine import Card, Drive, Machine, WireNetwork
from ci.net.wire import Scenario, Wire
from ci.qemu import Emulator
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


def test_escape_ends_all_cards(built: Path, tmp_path: Path) -> None:
    """Who presses Esc while one card is tried wants the next boot device, not the next card."""
    need_tool("qemu-system-i386")
    (tmp_path / "image.dsk").write_bytes((built / "out/images/rtl8139/10ec8139.dsk").read_bytes())
    (tmp_path / "next.img").write_bytes(NEXT_DEVICE)
    silent = Scenario(dhcp=False)
    pressed: list[bytes] = []

    def press_escape(running: Emulator) -> bool:
        if not pressed and "Etherforge " in running.console() and wire.events:
            pressed.append(ESCAPE)
            running.press(ESCAPE)
        return False

    with Wire(silent, "x", {}) as wire, Wire(silent, "x", {}) as second:
        machine = Machine(
            "rtl8139",
            WireNetwork(second.guest_end),
            others=(Card("rtl8139", WireNetwork(wire.guest_end)),),
            drives=(Drive("image.dsk", "disk"), Drive("next.img", "floppy")),
        )
        with Emulator(machine, cwd=str(tmp_path)) as emulator:
            outcome = emulator.run(30, press_escape)
    assert pressed and outcome.exit_code == NEXT_DEVICE_EXIT, outcome.console
    assert "(E06)" in outcome.console and not second.events, outcome.console
