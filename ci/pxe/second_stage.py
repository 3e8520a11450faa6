"""Our .zpxe on other PXE stacks: those of Debian's ipxe-qemu ROMs, and our own .rom's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci.pxe.boot import (
    Start,
    boot,
    driver_line,
    must_boot,
    must_go_on,
    ours,
    theirs,
    theirs_in_real_time,
    user_network,
)
from ci.pxe.capture import datagrams
from ci.pxe.case import Card, Case, Failed, Go, Keeper
from ci.pxe.loaders import BANNER, LOADERS, configured, entry
from ci.pxe.programs import payload, small_system
from ci.pxe.servers import Stages, staged
from ci.pxe.wire import Naming, serving

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


def second_stages(stranger: Card) -> tuple[SecondStage, ...]:
    """The image of the card, of another card, of none and of all."""
    return (
        OURS_NATIVE,
        SecondStage("other-card", lambda card: stranger.image("zpxe"), False),
        OURS_UNDI,
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


def _initrd(card: Card, keeper: Keeper) -> str:
    """Option 129 names an initrd for everybody: the ROM, whose boot file takes none, leaves it to the second stage."""
    system = small_system()
    files = {LOADED: card.special(UNDI), "kern": system.kernel, "ird": system.initrd}
    serving = partial(staged, stages=Stages(LOADED, "kern", "", "initrd=ird"))
    outcome = boot(ours(card), files, serving, keeper)
    must_boot(system.expected, outcome, driver_line(card, UNDI))
    fetched = outcome.console.count("bytes loaded: ird")
    if fetched != 1:
        raise Failed(f"the initrd was fetched {fetched} times")
    return ""


def _three(
    stage: SecondStage,
    loader: str,
    start: Callable[[Card], Start],
    card: Card,
    keeper: Keeper,
) -> str:
    """A ROM, our second stage, pxelinux, a kernel with its initrd."""
    system = small_system()
    files = configured(loader, *entry("kern", "INITRD ird"))
    files |= {"kern": system.kernel, "ird": system.initrd, LOADED: stage.data(card)}
    serving = partial(staged, stages=Stages(LOADED, loader, LOADED))
    outcome = boot(start(card), files, serving, keeper)
    must_boot(system.expected, outcome, stage.driver(card), BANNER)
    return ""


def _bursts(card: Card, keeper: Keeper) -> str:
    """A server whose TFTP windows arrive in one instant, and a stock stack with room for a few frames only."""
    program = payload("bzimage", BURSTS_SIZE)
    files = {"payload": program.data, "payload.zpxe": card.special("undi")}
    naming = Naming("payload.zpxe", windows=True)
    outcome = boot(replace(theirs(card), timeout=120.0), files, partial(serving, naming), keeper)
    must_boot(program.expected, outcome, driver_line(card, UNDI))
    sent = datagrams(keeper.last_capture())
    asked = next(s.when for s in sent if s.port == 69 and b"payload\0" in s.data)
    seconds = max(s.when for s in sent) - asked
    told = f"{BURSTS_SIZE} bytes in {seconds:.1f} s of the guest's time"
    if seconds > BURSTS_SECONDS:
        raise Failed(told)
    return told


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
        for name, chain in _chains():
            quick = first and name == "own+undi+pxelinux.0"
            yield Case(GROUP, name, card, chain, quick=quick)
        yield Case(GROUP, "own+undi+initrd", card, _initrd, quick=first)
        yield Case(GROUP, "stock+undi+bursts", card, _bursts)
        yield Case(GROUP, "own+undi+returns", card, partial(_returns, ours), quick=first)


def _chains() -> Iterator[tuple[str, Go]]:
    """With a loader as the last stage."""
    for loader in LOADERS:
        for name, start in (("stock", theirs_in_real_time), ("own", ours)):
            for stage in (OURS_UNDI, OURS_NATIVE):
                yield f"{name}+{stage.name}+{loader}", partial(_three, stage, loader, start)
