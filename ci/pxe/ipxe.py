"""Debian's iPXE as the program that our ROM starts: over our UNDI, and with its own drivers once our stack is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.packages import unpacked
from ci.pxe.boot import boot, driver_line, must_boot, ours
from ci.pxe.case import Card, Case, Keeper
from ci.pxe.programs import payload
from ci.pxe.servers import Stages, staged

GROUP = "ipxe"
KEEPS_UNDI, KEEPS_ALL, UNLOADS = "undionly.kpxe", "undionly.kkpxe", "ipxe.pxe"
UNKNOWN_TO_IPXE = ("igb",)  # that of 2019 finds no network device in QEMU's
BANNER = "iPXE 1."


_fetching = threading.Lock()


def _program(name: str, card: Card) -> bytes:
    with _fetching:
        folder = unpacked("ipxe", card.shop.cache)
    return (folder / "usr/lib/ipxe" / name).read_bytes()


def _chain(program: str, card: Card, keeper: Keeper) -> str:
    """Our ROM loads iPXE, which loads a kernel: what is left of us must not be in its way."""
    kernel = payload("bzimage", 200_000)
    files = {program: _program(program, card), "payload": kernel.data}
    serving = partial(staged, stages=Stages(program, "", "payload"))
    outcome = boot(replace(ours(card), timeout=60.0), files, serving, keeper)
    must_boot(kernel.expected, outcome, driver_line(card, card.family), BANNER)
    return ""


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """On every card. What keeps all of our stack and what keeps its UNDI differs too little for that."""
    for card in all_cards:
        yield Case(GROUP, KEEPS_UNDI, card, partial(_chain, KEEPS_UNDI))
        if card.family not in UNKNOWN_TO_IPXE:
            yield Case(GROUP, UNLOADS, card, partial(_chain, UNLOADS))
    for card in all_cards[:1]:
        yield Case(GROUP, KEEPS_ALL, card, partial(_chain, KEEPS_ALL))
