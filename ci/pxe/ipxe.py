# SPDX-License-Identifier: BSD-2-Clause
"""Debian's iPXE as the program that our ROM starts: over our UNDI, and with its own drivers once our stack is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Case
from ci.packages import unpacked
from ci.pxe.programs import payload
from ci.pxe.servers import Stages, staged
from ci.pxe.start import boots, driver_line, ours

GROUP = "ipxe"
KEEPS_UNDI, KEEPS_ALL, UNLOADS = "undionly.kpxe", "undionly.kkpxe", "ipxe.pxe"
UNKNOWN_TO_IPXE = ("igb",)  # that of 2019 finds no network device in QEMU's
BANNER = "iPXE 1."


def _chain(program: str, card: Card) -> Case:
    """Our ROM loads iPXE, which loads a kernel: what is left of us must not be in its way."""
    kernel = payload("bzimage", 200_000)
    loader = (unpacked("ipxe", card.shop.cache) / "usr/lib/ipxe" / program).read_bytes()
    files = {program: loader, "payload": kernel.data}
    start, network = replace(ours(card), timeout=60.0), staged(Stages(program, "", "payload"))
    return boots(start, network, files, kernel.expected, driver_line(card, card.family), BANNER)


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """On every card. What keeps all of our stack and what keeps its UNDI differs too little for that.

    iPXE's own drivers are tried on QEMU's cards: those of Debian's iPXE break rules of some chip models
    (`make chips CHIPS=--ipxe`).
    """
    for card in all_cards:
        yield CardPlan(GROUP, KEEPS_UNDI, card, partial(_chain, KEEPS_UNDI))
        if card.family not in UNKNOWN_TO_IPXE and not card.model.is_chip:
            yield CardPlan(GROUP, UNLOADS, card, partial(_chain, UNLOADS))
    for card in all_cards[:1]:
        yield CardPlan(GROUP, KEEPS_ALL, card, partial(_chain, KEEPS_ALL))
