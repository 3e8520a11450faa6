# SPDX-License-Identifier: BSD-2-Clause
"""Programs that leave our PXE services, or do not; what base memory they and the next boot device find then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci.lab.card import Build, Card, CardPlan
from ci.lab.case import FLOPPY_SIZE, Boot, Case, Failed
from ci.lab.emulator import Outcome
from ci.lab.judge import NEXT_DEVICE_EXIT, last_line
from ci.lab.network import User
from ci.pxe.loaders import BIOS_BASE_KILOBYTES
from ci.pxe.programs import assemble
from ci.pxe.start import driver_line, named, ours, ours_on_floppy, shows

GROUP = "leave"
HOOKED, NO_PXE = 4, 0x564E
STOPS = 3  # UNLOAD_STACK, STOP_UNDI, UNDI_CLEANUP
ROM_SEGMENT = 0xC000


@dataclass(frozen=True)
class Way:
    """What a program does (ci/payloads/pxe_leaves.asm), and whether all base memory is free at the end."""

    calls: int = STOPS
    frees: bool = False
    by_int18: bool = False
    hooks: int = 0
    all_free: bool = True

    def program(self) -> bytes:
        """As a boot file."""
        return assemble(
            "pxe_leaves",
            CALLS=self.calls,
            FREES=int(self.frees),
            BY_INT18=int(self.by_int18),
            HOOKS=self.hooks,
        )


WAYS = {
    "frees": Way(frees=True),
    "stops": Way(),
    "stops+int18": Way(by_int18=True),
    "does-nothing": Way(calls=0),
    "does-nothing+int18": Way(calls=0, by_int18=True),
    "hooks-15+int18": Way(hooks=0x15, by_int18=True, all_free=False),
    "hooks-18+int18": Way(calls=0, hooks=0x18, by_int18=True, all_free=False),
}
QUICK = ("frees", "stops+int18", "does-nothing+int18")


@dataclass(frozen=True)
class Report:
    """What the program and the next device said."""

    before: int
    stopped: int
    top: int
    statuses: tuple[int, ...]
    freed: bool
    next_kb: int
    segments: tuple[int, ...]  # of INT 15h, 18h and 1Ah
    check: int  # AX after INT 1Ah/5650h


def read_report(outcome: Outcome) -> Report:
    """Raises Failed when something is missing."""
    found = {
        name: [int(value, 16) for value in re.findall(rf"^{name} (\w+)$", outcome.debug, re.M)]
        for name in ("BEFORE", "STOPPED", "TOP", "STATUS", "FREED", "NOTHING")
    }
    after = re.search(r"NEXT ((?:\w{4} ){5})", outcome.debug)
    if found["NOTHING"]:
        raise Failed("STOP_UNDI has raised 40:13 itself: the program has nothing to free")
    if not after or not found["BEFORE"]:
        raise Failed(f"the next device did not start; last line: {last_line(outcome.console)}")
    kb, *rest = (int(word, 16) for word in after[1].split())
    return Report(
        found["BEFORE"][0],
        found["STOPPED"][0],
        found["TOP"][0],
        tuple(found["STATUS"]),
        bool(found["FREED"]),
        kb,
        tuple(rest[:3]),
        rest[3],
    )


def report_faults(way: Way, report: Report) -> list[str]:
    """What is wrong with it."""
    good = (0, HOOKED if way.hooks else 0, 0)[: way.calls]
    rules = {
        f"statuses {report.statuses}": report.statuses == good,
        f"40:13 went from {report.before} to {report.stopped} by STOP_UNDI": report.stopped
        == report.before,
        f"!PXE ends at {report.top} KiB": report.top == BIOS_BASE_KILOBYTES,
        f"{report.next_kb} KiB for the next device": report.next_kb
        == (BIOS_BASE_KILOBYTES if way.all_free else report.before),
        "PXE answers the next device": not way.all_free or report.check != NO_PXE,
        "an interrupt is still hooked": not way.all_free
        or all(segment >= ROM_SEGMENT or not segment for segment in report.segments),
    }
    return [what for what, holds in rules.items() if not holds]


def _leave(name: str, start: Build, card: Card) -> Case:
    """By our ROM or disk image."""
    files, check = {"leaves": WAYS[name].program()}, partial(_all_of_it, WAYS[name])
    return replace(shows(_probed(start(card)), User("leaves"), files), check=check)


def _probed(case: Case) -> Case:
    """With a next boot device that looks at what was left."""
    *drives, last = case.machine.drives
    probe = replace(last, data=assemble("next_device").ljust(FLOPPY_SIZE, b"\0"))
    return case.on(drives=(*drives, probe))


def _all_of_it(way: Way, boot: Boot) -> str:
    report = read_report(boot.outcome)
    faults = report_faults(way, report)
    if boot.outcome.exit_code != NEXT_DEVICE_EXIT:
        faults.append(f"status {boot.outcome.exit_code}")
    if faults:
        raise Failed("; ".join(faults))
    return f"{report.before} KiB while loaded"


def _second_stage(name: str, card: Card) -> Case:
    """By our undi.zpxe on our ROM."""
    files = {"leaves": WAYS[name].program(), "leaves.zpxe": card.special("undi")}
    network = named("leaves.zpxe", hidden=True)
    case = shows(_probed(ours(card)), network, files, driver_line(card, "undi"))
    return replace(case, check=partial(_its_share, WAYS[name]))


def _its_share(way: Way, boot: Boot) -> str:
    """The memory of both is free at the end, or the program's own share is."""
    report = read_report(boot.outcome)
    wanted = report.top if way.frees else BIOS_BASE_KILOBYTES
    if report.stopped != report.before or report.next_kb != wanted or any(report.statuses):
        raise Failed(f"{report}")
    return f"{report.next_kb} KiB for the next device"


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """Every way from the ROM of every card; from other media on the first."""
    for index, card in enumerate(all_cards):
        for name in WAYS:
            quick = index == 0 and name in QUICK
            yield CardPlan(GROUP, f"{name}+rom", card, partial(_leave, name, ours), quick=quick)
    for card in all_cards[:1]:
        for name in ("frees", "stops+int18", "does-nothing"):
            yield CardPlan(GROUP, f"{name}+floppy", card, partial(_leave, name, ours_on_floppy))
            yield CardPlan(GROUP, f"{name}+undi", card, partial(_second_stage, name))
