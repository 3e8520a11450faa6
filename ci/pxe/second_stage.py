"""Our .zpxe on other PXE stacks: those of Debian's ipxe-qemu ROMs, and our own .rom's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci.pxe.boot import Start, boot, driver_line, must_boot, must_go_on, ours, theirs, user_network
from ci.pxe.case import Card, Case, Keeper
from ci.pxe.loaders import BANNER, LOADERS, configured, entry
from ci.pxe.programs import payload, small_system
from ci.pxe.servers import Stages, staged

GROUP = "stage"
UNDI = "undi"
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


def second_stages(stranger: Card) -> tuple[SecondStage, ...]:
    """The image of the card, of another card, of none and of all."""
    return (
        SecondStage("native", lambda card: card.image("zpxe"), True),
        SecondStage("other-card", lambda card: stranger.image("zpxe"), False),
        SecondStage("undi", lambda card: card.special("undi"), False),
        SecondStage("all", lambda card: card.special("all"), True),
    )


def _on_stock(stage: SecondStage, kind: str, card: Card, keeper: Keeper) -> str:
    """Loaded by the stock ROM, from a server that knows one file name."""
    program = payload(kind)
    files = {"payload": program.data, "payload.zpxe": stage.data(card)}
    outcome = boot(theirs(card), files, user_network("payload.zpxe"), keeper)
    must_boot(program.expected, outcome, stage.driver(card))
    return ""


def _on_own(stage: SecondStage, kind: str, card: Card, keeper: Keeper) -> str:
    """Loaded by our own ROM, from dnsmasq that tells the stages apart by their user class."""
    program = payload(kind)
    files = {"payload": program.data, LOADED: stage.data(card)}
    serving = partial(staged, stages=Stages(LOADED, "payload", ""))
    outcome = boot(ours(card), files, serving, keeper)
    must_boot(program.expected, outcome, driver_line(card, card.family), stage.driver(card))
    return ""


def theirs_in_real_time(card: Card) -> Start:
    """The stock ROM where real servers answer, which a sped-up clock would outrun."""
    return replace(theirs(card), warp=False, timeout=90.0)


def _three(loader: str, start: Callable[[Card], Start], card: Card, keeper: Keeper) -> str:
    """A ROM, our undi.zpxe, pxelinux, a kernel with its initrd."""
    system = small_system()
    files = configured(loader, *entry("kern", "INITRD ird"))
    files |= {"kern": system.kernel, "ird": system.initrd, LOADED: card.special("undi")}
    serving = partial(staged, stages=Stages(LOADED, loader, LOADED))
    outcome = boot(start(card), files, serving, keeper)
    must_boot(system.expected, outcome, driver_line(card, UNDI), BANNER)
    return ""


def _returns(start: Callable[[Card], Start], card: Card, keeper: Keeper) -> str:
    """A program that our undi.zpxe started comes back: the next boot device must start."""
    program = payload("nbp", returns=True)
    files = {"payload": program.data, LOADED: card.special("undi")}
    serving = partial(staged, stages=Stages(LOADED, "payload", LOADED))
    outcome = boot(start(card), files, serving, keeper)
    must_go_on(outcome, program.expected.nonce, r"E24\b")
    return ""


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """Every image on both stacks of every card."""
    for index, card in enumerate(all_cards):
        first = index == 0
        stranger = all_cards[index - 1] if len(all_cards) > 1 else card
        for stage in second_stages(stranger):
            if stage.name == "other-card" and stranger is card:
                continue
            kind = "nbi" if stage.native else "bzimage"
            go = partial(_on_stock, stage, kind)
            yield Case(GROUP, f"stock+{stage.name}", card, go, quick=first and stage.name == "undi")
            yield Case(GROUP, f"own+{stage.name}", card, partial(_on_own, stage, kind))
        for loader in LOADERS:
            for name, start in (("stock", theirs_in_real_time), ("own", ours)):
                go = partial(_three, loader, start)
                quick = first and name == "own" and loader == LOADERS[0]
                yield Case(GROUP, f"{name}+undi+{loader}", card, go, quick=quick)
        yield Case(GROUP, "own+undi+returns", card, partial(_returns, ours), quick=first)
