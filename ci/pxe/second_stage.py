# SPDX-License-Identifier: BSD-2-Clause
"""Our .zpxe on other PXE stacks: those of Debian's ipxe-qemu ROMs, and our own .rom's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci.lab.card import Build, Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.lab.network import User
from ci.net.scenario import Scenario
from ci.pxe.capture import datagrams
from ci.pxe.loaders import BANNER, LOADERS, configured, entry
from ci.pxe.programs import payload, small_system
from ci.pxe.servers import Stages, staged
from ci.pxe.start import boots, driver_line, goes_on, named, ours, theirs
from ci.pxe.start import theirs_in_real_time

GROUP = "stage"
UNDI = "undi"
BURSTS_SIZE, BURSTS_SECONDS = 200_000, 5.0
LOADED = "loader.0"  # name of the second stage where a server can tell stages apart


@dataclass(frozen=True)
class SecondStage:
    """An image of ours, and which driver it must choose."""

    name: str
    data: Callable[[Card], bytes]
    native: bool

    def driver(self, card: Card) -> str:
        """Pattern of the line in which it says so."""
        return driver_line(card, card.family if self.native else UNDI)


OURS_NATIVE = SecondStage("native", lambda card: card.image("zpxe"), True)
OURS_UNDI = SecondStage("undi", lambda card: card.special("undi"), False)
BY_KIND = {stage.name: stage for stage in (OURS_UNDI, OURS_NATIVE)}


def second_stages(stranger: Card) -> tuple[SecondStage, ...]:
    """The image of the card, of another card, of none and of all."""
    return (
        OURS_NATIVE,
        SecondStage("other-card", lambda card: stranger.image("zpxe"), False),
        OURS_UNDI,
        SecondStage("all", lambda card: card.special("all"), True),
    )


def _on_stock(stage: SecondStage, kind: str, card: Card) -> Case:
    """Loaded by the stock ROM, from a server that knows one file name."""
    program, network = payload(kind), User("payload.zpxe")
    files = {"payload": program.data, "payload.zpxe": stage.data(card)}
    return boots(theirs(card), network, files, program.expected, stage.driver(card))


def _on_own(stage: SecondStage, kind: str, card: Card) -> Case:
    """Loaded by our own ROM, from dnsmasq that tells the stages apart by their user class."""
    program, network = payload(kind), staged(Stages(LOADED, "payload", ""))
    files = {"payload": program.data, LOADED: stage.data(card)}
    texts = driver_line(card, card.family), stage.driver(card)
    return boots(ours(card), network, files, program.expected, *texts)


def _initrd(card: Card) -> Case:
    """Option 129 names an initrd for everybody: the ROM, whose boot file takes none, leaves it to the second stage."""
    system, network = small_system(), staged(Stages(LOADED, "kern", "", "initrd=ird"))
    files = {LOADED: card.special(UNDI), **system.files}
    texts = driver_line(card, UNDI), "bytes loaded: ird"
    case = boots(ours(card), network, files, system.expected, *texts)
    return replace(case, expected=case.expected.hiding("(?s)bytes loaded: ird.*bytes loaded: ird"))


def chain(stage: SecondStage, loader: str, start: Build, card: Card) -> Case:
    """A ROM, our second stage, pxelinux, a kernel with its initrd."""
    system, network = small_system(), staged(Stages(LOADED, loader, LOADED))
    lines = entry("kern", "INITRD ird", f"APPEND nonce={system.expected.nonce}")
    files = configured(loader, *lines) | dict(system.files) | {LOADED: stage.data(card)}
    return boots(start(card), network, files, system.expected, stage.driver(card), BANNER)


def _bursts(card: Card) -> Case:
    """A server whose TFTP windows arrive in one instant, and a stock stack with room for a few frames only."""
    program = payload("bzimage", BURSTS_SIZE)
    files = {"payload": program.data, "payload.zpxe": card.special(UNDI)}
    network = named("payload.zpxe", options=Scenario().options)
    start = replace(theirs(card), timeout=120.0)
    case = boots(start, network, files, program.expected, driver_line(card, UNDI))
    return replace(case, check=_in_time)


def _in_time(boot: Boot) -> str:
    sent = datagrams(boot.capture)
    asked = next(s.when for s in sent if s.port == 69 and b"payload\0" in s.data)
    seconds = max(s.when for s in sent) - asked
    told = f"{BURSTS_SIZE} bytes in {seconds:.1f} s of the guest's time"
    if seconds > BURSTS_SECONDS:
        raise Failed(told)
    return told


def _returns(card: Card) -> Case:
    """A program that our undi.zpxe started comes back: the next boot device must start."""
    program, network = payload("nbp", returns=True), staged(Stages(LOADED, "payload", LOADED))
    files = {"payload": program.data, LOADED: card.special(UNDI)}
    return goes_on(ours(card), network, files, program.expected.nonce, r"E24\b")


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """Every image on both stacks of every card."""
    for index, card in enumerate(all_cards):
        first = index == 0
        stranger = all_cards[index - 1] if len(all_cards) > 1 else card
        for stage in second_stages(stranger):
            if stage.name == "other-card" and stranger is card:
                continue
            kind = "nbi" if stage.native else "bzimage"
            build, quick = partial(_on_stock, stage, kind), first and stage is OURS_UNDI
            yield CardPlan(GROUP, f"stock+{stage.name}", card, build, quick=quick)
            yield CardPlan(GROUP, f"own+{stage.name}", card, partial(_on_own, stage, kind))
        for loader in LOADERS:
            for name, start in (("stock", theirs_in_real_time), ("own", ours)):
                for stage in (OURS_UNDI, OURS_NATIVE):
                    key = f"{name}+{stage.name}+{loader}"
                    quick = first and key == "own+undi+pxelinux.0"
                    build = partial(chain, stage, loader, start)
                    yield CardPlan(GROUP, key, card, build, quick=quick)
        yield CardPlan(GROUP, "own+undi+initrd", card, _initrd, quick=first)
        yield CardPlan(GROUP, "stock+undi+bursts", card, _bursts)
        yield CardPlan(GROUP, "own+undi+returns", card, _returns, quick=first)
