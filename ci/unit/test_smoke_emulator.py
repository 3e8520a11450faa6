# SPDX-License-Identifier: BSD-2-Clause
"""The emulator: what it reports, and that nothing of it is left behind, however a run ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ci.lab.judge import NO_MODEL, gave_up
from ci.lab.machine import BINARY, Drive, Machine
from ci.lab.network import Plug
from ci.lab.qemu import Qemu, has_card, version
from ci.net.namespace import Namespace
from ci.tree import ROOT, need_tool

REPORT_AND_EXIT = bytes.fromhex("b021e6e9ba0105b001eef4")  # out E9h, '!'; out 501h, 1; hlt
HANG = bytes.fromhex("b021e6e9ebfe")  # out E9h, '!'; jmp $
USER = (Plug("user,tftp=tftp,bootfile=x"),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where QEMU runs; skipped without it."""
    need_tool(BINARY)
    (tmp_path / "tftp").mkdir()
    return tmp_path


def emulator_in(folder: Path, code: bytes, card: str = "rtl8139", kind: str = "floppy") -> Qemu:
    """Of a machine that boots a sector with this code."""
    sector = code.ljust(510, b"\0") + b"\x55\xaa"
    machine = Machine(card, drives=(Drive(kind, sector.ljust(1_474_560, b"\0")),))
    return Qemu(machine, USER, folder)


def test_real_servers_in_real_time() -> None:
    """A guest's clock is not sped up where servers in a namespace answer."""
    files = {"console": 3, "debug": 4}
    machine = Machine("e1000", warp=8)
    assert "-icount" in machine.arguments(USER, files)
    assert "-icount" not in machine.arguments([Plug("tap", namespace=Namespace())], files)


@pytest.mark.parametrize("kind", ["floppy", "disk", "usb"])
def test_boot_sector_reports(folder: Path, kind: str) -> None:
    """Debug port, exit status, console, times and BIOS version, from each kind of drive."""
    with emulator_in(folder, REPORT_AND_EXIT, kind=kind) as emulator:
        outcome = emulator.run(30)
    assert (outcome.exit_code, outcome.timed_out, outcome.debug) == (3, False, "!")
    assert outcome.first_debug is not None and 0 < outcome.first_debug <= outcome.wall
    assert outcome.cpu > 0
    assert outcome.bios.startswith("SeaBIOS 1.")
    assert "Booting from" in outcome.console


def test_hang_is_ended(folder: Path) -> None:
    """The timeout kills it; what it said before is kept."""
    with emulator_in(folder, HANG) as emulator:
        outcome = emulator.run(2)
    assert (outcome.exit_code, outcome.timed_out, outcome.debug) == (None, True, "!")
    assert not Path("/proc", str(emulator.process.pid)).exists()


def test_leaving_early_ends_it(folder: Path) -> None:
    """An exception on the way leaves no process."""
    with pytest.raises(ZeroDivisionError):
        with emulator_in(folder, HANG) as emulator:
            raise ZeroDivisionError
    assert not Path("/proc", str(emulator.process.pid)).exists()


def test_giving_up_is_seen(folder: Path) -> None:
    """A machine with nothing to boot is not waited for."""
    with Qemu(Machine("rtl8139"), USER, folder) as emulator:
        outcome = emulator.run(30, lambda running: gave_up(running.console()))
    assert not outcome.timed_out
    assert "No bootable device" in outcome.console


def test_missing_card_is_named(folder: Path) -> None:
    """QEMU's message is recognised, and the list of cards does not have it."""
    with emulator_in(folder, HANG, card="no-such-card") as emulator:
        outcome = emulator.run(30)
    found = NO_MODEL.search(outcome.errors)
    assert found and found[1] == "no-such-card"
    assert not has_card(BINARY, "no-such-card")
    assert all(has_card(BINARY, card) for card in ("rtl8139", "e1000", "e1000-82540em"))


def test_version_is_known() -> None:
    """As a number."""
    need_tool(BINARY)
    assert version(BINARY)[0].isdigit()


@pytest.fixture
def out(own_out: Path) -> Path:
    """An out folder of its own for smoke runs."""
    need_tool(BINARY)
    return own_out


def start_smoke(out: Path) -> subprocess.Popen[str]:
    """A smoke run of one card, in a process of its own."""
    command = [sys.executable, "-m", "ci.smoke", "--id", "10ec:8139", "--out", str(out)]
    environment = {**os.environ, "TMPDIR": str(out.parent)}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_records(out: Path, count: int) -> None:
    """Until the journal has so many lines."""
    journal = out / "smoke/journal.jsonl"
    deadline = time.monotonic() + 60
    while not journal.exists() or journal.read_text().count("\n") < count:
        assert time.monotonic() < deadline, "no records came"
        time.sleep(0.05)


def left_behind(folder: Path) -> list[str]:
    """Processes that run in a boot's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd").startswith(str(folder / "boot-")):
                found.append((process / "comm").read_text().strip())
        except OSError:
            continue
    return found


def gone_soon(folder: Path) -> bool:
    """True once no process of a boot is left; gives the kernel a moment."""
    deadline = time.monotonic() + 5
    while left_behind(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_goes_on(out: Path, number: signal.Signals) -> None:
    """No emulator is left, the journal is whole, and the next run boots only the rest."""
    process = start_smoke(out)
    wait_for_records(out, 3)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "interrupted" in errors and "Traceback" not in errors
    assert gone_soon(out.parent)
    lines = (out / "smoke/journal.jsonl").read_text().splitlines()
    settled = [item["case"] for item in map(json.loads, lines) if item["tier"] != "control"]
    text, errors = start_smoke(out).communicate(timeout=120)
    assert f"; {len(settled)} unchanged since they passed" in text, errors
    assert text.splitlines()[-1].endswith("passed, 0 failed, 0 skipped")


def test_killed_run_leaves_no_emulator(out: Path) -> None:
    """Even when it had no chance to clean up."""
    process = start_smoke(out)
    wait_for_records(out, 1)
    process.kill()
    process.communicate()
    assert gone_soon(out.parent)
