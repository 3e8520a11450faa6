# SPDX-License-Identifier: BSD-2-Clause
"""How boots of the PXE suite begin, and how they have to end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ci.lab.card import Card
from ci.lab.case import NEXT_DEVICE, Case, Label
from ci.lab.judge import ANY, NEXT_DEVICE_EXIT, Expected
from ci.lab.machine import WARP, Drive, Machine
from ci.lab.network import Network, User, Wired
from ci.net.scenario import LOCK_STEP, Scenario

MEMORY = 64
COMPLAINT = "Failed to free base memory"  # of pxelinux
SECOND_STAGE = r"Etherforge \S+ {driver} {id}\b"
ANYBODY = Expected("", "", report=ANY)


def ours(card: Card, floppy: bytes = b"") -> Case:
    """The card with our ROM, in real time: a sped-up guest may be done waiting before a server answers."""
    drives = ((Drive("floppy", floppy),) if floppy else ()) + (Drive("disk", NEXT_DEVICE),)
    machine = Machine(card.device, card.image("rom"), drives=drives, memory=MEMORY)
    return Case("", Label(""), machine, User(""), {}, ANYBODY, timeout=40.0)


def full(card: Card) -> Case:
    """The card with the image of all cards, which has all parts of the firmware, on a disk."""
    return ours(card, card.special("all", "dsk")).on(rom=b"")


def ours_on_floppy(card: Card) -> Case:
    """Our disk image in the floppy drive, and no option ROM."""
    return ours(card, card.image("dsk")).on(rom=b"")


def theirs(card: Card) -> Case:
    """The card with its stock ROM. Raises Unavailable when there is none."""
    return replace(ours(card).on(rom=card.stock_rom(), warp=WARP), timeout=60.0)


def theirs_in_real_time(card: Card) -> Case:
    """The stock ROM where real servers answer, whose time no clock is sped up for (ci.lab.machine)."""
    return replace(theirs(card).on(warp=None), timeout=90.0)


def named(file: str, **scenario: object) -> Wired:
    """A server that knows no conditions: one boot file for everybody. Without TFTP windows, unless told."""
    told = {"options": LOCK_STEP} | scenario
    return Wired(file, Scenario(**told), mac=None)  # type: ignore[arg-type]


def shows(start: Case, network: Network, files: Mapping[str, bytes], *texts: str) -> Case:
    """The boot, whose console must show every pattern."""
    return replace(start, network=network, files=files, expected=ANYBODY.showing(*texts))


def boots(
    start: Case, network: Network, files: Mapping[str, bytes], expected: Expected, *texts: str
) -> Case:
    """It must run what reports its nonce and checksum."""
    expected = expected.showing(*texts).hiding(COMPLAINT)
    return replace(start, network=network, files=files, expected=expected)


def goes_on(start: Case, network: Network, files: Mapping[str, bytes], *texts: str) -> Case:
    """Nothing is booted, each pattern is shown, and the next boot device starts."""
    expected = replace(ANYBODY, exit=NEXT_DEVICE_EXIT).showing(*texts)
    return replace(start, network=network, files=files, expected=expected)


def banners(case: Case, count: int) -> Case:
    """Our banner must be shown exactly so often: more is a loop."""
    expected = case.expected.showing(_times(count)).hiding(_times(count + 1))
    return replace(case, expected=expected)


def _times(count: int) -> str:
    return "(?s)" + ".*".join(["Etherforge "] * count)


def driver_line(card: Card, driver: str) -> str:
    """Pattern: the firmware says it drives this card with that driver."""
    return SECOND_STAGE.format(driver=re.escape(driver), id=re.escape(str(card.model.id)))
