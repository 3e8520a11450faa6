# SPDX-License-Identifier: BSD-2-Clause
"""The gate's verdict on what Linux said, and the kernel's module for a card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.chips.gate import (
    LARGE,
    SMALL,
    alarm,
    expected,
    facts_of,
    fault_of,
    files,
    gate_case,
    link_of,
    messages,
    summary,
)
from ci.chips.kernel import Kernel, modalias
from ci.chips.process import Chip, Report
from ci.lab.case import Label
from ci.lab.journal import Record, merge
from ci.packages import Unavailable

CHIP = Chip("dp83816", "100b:0020", "1385:f311", 100)
SENT = files(7)
WANTED = expected(CHIP, "natsemi", SENT)
GOOD = {**WANTED, "rx_bytes": str(LARGE + SMALL), "tx_bytes": str(LARGE)}
MESSAGES = (
    "<6>[    1.2] natsemi eth0: link up\n<4>[    1.3] , port TP.\n<4>[    1.4] other: a warning\n"
)


def test_good() -> None:
    """Everything as it must be."""
    console = "".join(f"EFCHIP {name}={value}\n" for name, value in GOOD.items())
    assert fault_of(facts_of(f"noise\n{console}"), WANTED, SENT) == ""
    assert alarm(MESSAGES, "natsemi") == ""
    underscores = {**GOOD, "driver": "via-rhine"}
    assert fault_of(underscores, expected(CHIP, "via_rhine", SENT), SENT) == ""


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("driver", "8139too", "driver is 8139too, not natsemi"),
        ("mac", "00:00:00:00:00:00", "mac is 00:00:00:00:00:00, not 52:54:00:12:34:56"),
        ("link", "10/half", "link is 10/half, not 100/full"),
        ("dhcp", None, "dhcp is nothing, not 10.0.2.15"),
        ("received", WANTED["tftp"], f"received is {WANTED['tftp']}, not {WANTED['sent']}"),
        ("sent", "", f"sent is , not {WANTED['sent']}"),
        ("lost", None, "lost is nothing, not yes"),
        ("again", "10/full", "again is 10/full, not 100/full"),
        ("rx_errors", "1", "rx_errors is 1, not 0"),
        ("reloaded", None, "reloaded is nothing, not yes"),
        ("end", "early", "end is early, not yes"),
        ("tx_bytes", "1000", "tx_bytes counts 1000, less than went over the wire"),
        ("trouble", "link", "there is trouble with the link"),
    ],
)
def test_bad(name: str, value: str | None, reason: str) -> None:
    """The first step that went wrong."""
    facts = {key: it for key, it in {**GOOD, name: value}.items() if it is not None}
    assert fault_of(facts, WANTED, SENT) == reason


@pytest.mark.parametrize(
    "line",
    [
        "<4>[    2.0] natsemi 0000:00:02.0: something is odd",
        "<3>[    2.0] eth0: Something Wicked happened! 2000.",
        "<6>[    2.0] NETDEV WATCHDOG: eth0 (natsemi): transmit queue 0 timed out",
        "<6>[    2.0] irq 10: nobody cared (try booting with the irqpoll option)",
        "<4>[    2.0] WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 somewhere",
    ],
)
def test_alarms(line: str) -> None:
    """A real card would not cause these."""
    assert alarm(MESSAGES + line + "\n", "natsemi") == f"warning: {line.partition('] ')[2]}"


def test_firmware_files() -> None:
    """Those are in no package of Debian's main archive, and drivers go on without."""
    line = "<4>[    2.0] r8169 0000:00:02.0: Unable to load firmware rtl_nic/rtl8168h-2.fw (-2)\n"
    assert alarm(line, "r8169") == "" and len(list(messages(line, "r8169"))) == 1


def test_card_without_msi_x() -> None:
    """Models interrupt by their pin, and ixgbe warns of what it then leaves out."""
    line = "<4>[    2.0] ixgbe 0000:00:02.0: Failed to allocate MSI-X interrupts. Err: -22\n"
    assert alarm(line, "ixgbe") == "" and len(list(messages(line, "ixgbe"))) == 1
    assert alarm(line.replace("allocate", "free"), "ixgbe")


def test_lost_link_as_an_error() -> None:
    """One driver says so when the gate pulls the cable. Its other errors are alarms."""
    line = "<3>[    2.0] bnxt_en 0000:00:02.0 eth0: NIC Link is Down\n"
    assert alarm(line, "bnxt_en") == ""
    assert alarm(line.replace("Link", "Firmware"), "bnxt_en").startswith("warning: bnxt_en")


def test_chip_that_drivers_cannot_ask() -> None:
    """Then the speed is not looked at, all else is."""
    silent = expected(Chip("old", "10b7:9000"), "3c59x", SENT)
    assert {"link", "again"} == set(WANTED) - set(silent)
    assert link_of({"link": "/"}) == "not told"
    assert link_of({"link": "10/half"}) == "10/half"


@pytest.mark.parametrize(("model", "counts"), [("x540", False), ("i82571eb", True)])
def test_race_of_linux(model: str, counts: bool) -> None:
    """A fault that is one in the driver of one kind of model still counts on the others."""
    log = "0.1 FAULT register 0x5400 is written during a reset\nEND faults=1\n"
    excused = gate_case(Chip(model, "8086:0000"), 1, Label("gate")).expected.excused
    assert bool(Report.read(log).trouble(excused=excused)) == counts


def module(folder: Path, name: str, *fields: str) -> None:
    """A file with what .modinfo has."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ko").write_bytes(b"\x7fELF\0" + b"\0".join(map(str.encode, fields)) + b"\0")


def test_modules(tmp_path: Path) -> None:
    """The one for the card's ID, behind what it depends on and wants before it."""
    net = tmp_path / "kernel/drivers/net/ethernet/maker"
    alias = "alias=pci:v000010ECd00008168sv*sd*bc*sc*i*"
    module(net, "r8169", "depends=libphy,mdio_devres", "softdep=pre: realtek", alias)
    module(net, "other", "depends=", "alias=pci:v000010ECd00008139sv*sd*bc*sc*i*")
    module(tmp_path / "kernel/drivers/sound", "sound", alias)
    for name, needs in (("libphy", ""), ("mdio_devres", "libphy"), ("realtek", "libphy")):
        module(tmp_path / "kernel/drivers/net/phy", name, f"depends={needs}")
    kernel = Kernel("6.1", tmp_path / "vmlinux", tmp_path)
    assert kernel.module_for(modalias("10ec:8168")) == "r8169"
    assert kernel.with_needed("r8169") == ["libphy", "mdio_devres", "realtek", "r8169"]
    with pytest.raises(Unavailable, match="Linux 6.1 has no network driver for pci:v00001234d0000"):
        kernel.module_for(modalias("1234:5678"))


def test_evidence(tmp_path: Path) -> None:
    """An image's record says how Linux passed on its model."""
    console = (
        "EFCHIP kernel=6.1.0\nEFCHIP build=Debian 1\nEFCHIP module=natsemi\nEFCHIP link=100/full\n"
    )
    card = "chip:dp83816@100b:0020"
    gate = Record("gate+dp83816", "gate", "", "pass", card=card, console=console + MESSAGES, seed=5)
    boot = Record("boot", "model", "", "pass", image="natsemi/100b0020.rom", card=card)
    merge([gate, boot], tmp_path / "evidence.json", {"chip:dp83816": summary(gate)})
    (found,) = json.loads((tmp_path / "evidence.json").read_text())["records"].values()
    assert found["gate"]["kernel"] == "6.1.0 Debian 1" and found["gate"]["seed"] == 5
    assert found["gate"]["messages"] == ["natsemi eth0: link up"]


def test_timer_that_runs_already() -> None:
    """A race in Linux's tlan, with all that the kernel says of it. Other warnings, and drivers, stay alarms."""
    lines = [
        "------------[ cut here ]------------",
        "WARNING: CPU: 0 PID: 137 at kernel/time/timer.c:1242 add_timer+0x1c/0x30",
        "Call Trace:",
        " tlan_handle_tx_eof+0x1/0x2 [tlan]",
        "---[ end trace 0000000000000000 ]---",
    ]
    text = "".join(f"<4>[    2.0] {line}\n" for line in lines)
    assert alarm(text, "tlan") == ""
    assert alarm(text, "natsemi").startswith("warning: WARNING")
    assert alarm(text.replace("add_timer", "del_timer"), "tlan").startswith("warning: WARNING")
    assert alarm(text + "<3>[    2.0] tlan: broken\n", "tlan") == "warning: tlan: broken"
