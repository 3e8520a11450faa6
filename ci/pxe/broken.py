# SPDX-License-Identifier: BSD-2-Clause
"""PXE stacks with faults (ci/payloads/pxe_broken.asm) under our .zpxe: it boots, or says why not and ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.lab.machine import WARP
from ci.net.packets import tftp_strings
from ci.pxe.capture import datagrams
from ci.pxe.programs import assemble, payload
from ci.pxe.second_stage import BY_KIND, SecondStage
from ci.pxe.start import banners, boots, driver_line, goes_on, named, ours, shows
from ci.pxe.talk import Talk
from ci.pxe.talk_network import GROUPS, WAYS_TO_JOIN, joins

GROUP = "broken"
MODES = (
    "FORWARD FAIL FORWARD_AX FORWARD_STATUS SUCCEED DEAF NO_OPEN NO_TRANSMIT ENDLESS GARBAGE TRASH "
    "NO_CACHE NULL_CACHE NO_FIELD NOT_OURS SMALL_MTU NO_BROADCAST"
).split()
BAD_PXE, BAD_PXENV, ONLY_PXENV, NOWHERE, NO_INT1A = 1, 2, 4, 8, 16
NO_STACK, NO_CARD, SILENT, NO_SEND = r"E25\b", r"E02\b", r"E08\b", r"E07\b"
NAME = "boot.nbi.zpxe"


@dataclass(frozen=True)
class Fault:
    """A broken stack. `says`: what we must show before the next boot device starts; "" when we must boot."""

    mode: str = "FORWARD"
    flags: int = 0
    says: str = ""
    returns: bool = False  # to the stack, which is still whole
    largest: int = 1500  # IP packet, bytes


FAULTS = {
    "whole": Fault(),
    "bad-pxe": Fault(flags=BAD_PXE),
    "bad-pxe-no-int1a": Fault(flags=BAD_PXE | NO_INT1A),
    "only-pxenv": Fault(flags=ONLY_PXENV),
    "only-int1a": Fault(flags=NOWHERE),
    "bad-pxe-bad-pxenv": Fault(flags=BAD_PXE | BAD_PXENV, says=NO_STACK),
    "nothing": Fault(flags=NOWHERE | NO_INT1A, says=NO_STACK),
    "fails": Fault("FAIL", says=r"E2[56]\b", returns=True),
    "fails-only-pxenv": Fault("FAIL", ONLY_PXENV, says=r"E2[56]\b", returns=True),
    "succeeds-empty": Fault("SUCCEED", says=r"E2[56]\b", returns=True),
    "deaf": Fault("DEAF", says=SILENT),
    "no-open": Fault("NO_OPEN", says=NO_CARD),
    "no-transmit": Fault("NO_TRANSMIT", says=NO_SEND),
    "endless-frame": Fault("ENDLESS", says=SILENT),
    "garbage-frames": Fault("GARBAGE", says=SILENT),
    "exit-code-lies": Fault("FORWARD_AX"),
    "status-lies": Fault("FORWARD_STATUS"),
    "trashes-registers": Fault("TRASH"),
    "no-cached-packet": Fault("NO_CACHE"),
    "null-cached-packet": Fault("NULL_CACHE"),
    "no-file-field": Fault("NO_FIELD"),
    "interrupts-denied": Fault("NOT_OURS"),
    "small-mtu": Fault("SMALL_MTU", largest=1000),
    "no-broadcast-filter": Fault("NO_BROADCAST"),
}
# Our own ROM puts the name into the file field for programs' sake, where that is empty; other stacks do not.
RAW_PACKETS = {
    "option67": "no-file-field",
    "overload-sname": "no-file-field",
    "overload-file": "whole",
}
QUICK = ("bad-pxe", "only-pxenv", "nothing", "fails", "trashes-registers")


def broken(fault: Fault, second_stage: bytes) -> bytes:
    """The boot file: the stack, and the second stage that it starts."""
    stub = assemble(
        "pxe_broken",
        MODE=MODES.index(fault.mode),
        FLAGS=fault.flags,
        BODY_SIZE=len(second_stage),
    )
    return stub + second_stage


def _boots(fault: Fault, stage: SecondStage, card: Card) -> Case:
    """Our ROM loads the broken stack, which starts our second stage."""
    program, network = payload("nbi"), named(NAME, hidden=True)
    files = {"boot.nbi": program.data, NAME: broken(fault, stage.data(card))}
    start = replace(ours(card), timeout=60.0)
    case = boots(start, network, files, program.expected, stage.driver(card))
    return replace(case, expected=replace(case.expected, notes=True))


def _broken(fault: Fault, card: Card) -> Case:
    """With our undi.zpxe."""
    case = _boots(fault, BY_KIND["undi"], card)
    if not fault.says:
        return replace(case, check=partial(_must_fit, fault.largest))
    case = goes_on(case.on(warp=WARP), case.network, case.files, fault.says)
    return replace(case, check=_must_return) if fault.returns else case


def _must_fit(largest: int, boot: Boot) -> str:
    """The blocks asked for fill the card's packets: 20 bytes of IP, 8 of UDP, 4 of TFTP, and the block."""
    request = [s for s in datagrams(boot.capture) if s.port == 69][-1]
    strings = tftp_strings(request.data)
    asked = int(dict(zip(strings[2::2], strings[3::2]))["blksize"])
    if asked + 32 != largest:
        raise Failed(f"blocks of {asked} bytes asked for, packets of {largest} are possible")
    return ""


def _must_return(boot: Boot) -> str:
    if "BACK 0001" not in boot.outcome.debug:
        raise Failed("went to the next boot device itself, though the stack could go on")
    return ""


def _native(fault: Fault, card: Card) -> Case:
    """The same with the card's own image, which may take over the card when it is told which one it is."""
    return _boots(fault, BY_KIND["native"], card)


def _own_name(place: str, fault: Fault, card: Card) -> Case:
    """The guard against loading ourselves, on a stack that keeps the packet as it came."""
    name, start = "loader.0", replace(ours(card), timeout=60.0)
    files = {name: broken(fault, card.special("undi"))}
    return banners(goes_on(start, named(name, place=place), files, r"E11\b"), 2)


def _groups(way: str, card: Card) -> Case:
    """A program on our undi.zpxe joins a group, and the stack beneath, which may filter, is told of it."""
    talk, network = Talk(), named(NAME, hidden=True)
    joins(way, GROUPS[0], talk)
    stack = broken(FAULTS["whole"], card.special("undi"))
    files = {"boot.nbi": talk.script.program(), NAME: stack}
    case = shows(ours(card), network, files, driver_line(card, "undi"))
    return replace(case, check=partial(_told, talk))


def _told(talk: Talk, boot: Boot) -> str:
    talk.judge(boot.outcome.debug)
    if "GROUPS 0001" not in boot.outcome.debug:
        raise Failed("the stack was not told of the group")
    return ""


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """Every fault on the first card; what boots on every card."""
    for index, card in enumerate(all_cards):
        for name, fault in FAULTS.items():
            if index == 0 or not fault.says:
                quick = index == 0 and name in QUICK
                yield CardPlan(GROUP, name, card, partial(_broken, fault), quick=quick)
        for way in WAYS_TO_JOIN:
            yield CardPlan(GROUP, f"group-by-{way.lower()}", card, partial(_groups, way))
        for name in ("exit-code-lies", "trashes-registers", "only-pxenv"):
            yield CardPlan(GROUP, f"{name}+native", card, partial(_native, FAULTS[name]))
    for card in all_cards[:1]:
        for place, stack in RAW_PACKETS.items():
            build = partial(_own_name, place, FAULTS[stack])
            yield CardPlan(GROUP, f"own-name+{place}", card, build)
