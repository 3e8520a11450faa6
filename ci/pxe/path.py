# SPDX-License-Identifier: BSD-2-Clause
"""Boots over ways that are not plain: fragments, balancers, servers that move, hosts that claim to be the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Case
from ci.pxe.loaders import BANNER, configured, entry
from ci.pxe.programs import payload, small_system
from ci.pxe.start import boots, named, ours

GROUP = "path"
NAME = "boot.nbi"
LOADER = "pxelinux.0"
AT_ONCE = 12.0  # seconds: less than a transfer without any options, after one that came to nothing
TUNNEL = 1420  # MTU of many tunnels; pxelinux asks for blocks that make datagrams of 1440
WAYS: Mapping[str, Mapping[str, object]] = {
    "fragments": {"mtu": TUNNEL},
    "small-fragments": {"mtu": 576},
    "masked": {"masked": True},
    "moved": {"moves": True},
    "moved-and-announced": {"moves": True, "announced": True},
    "claimed": {"claimed": True},
}


def _own(way: str, card: Card) -> Case:
    """Our own TFTP client."""
    program, start = payload("nbi"), replace(ours(card), timeout=AT_ONCE)
    return boots(start, named(NAME, **WAYS[way]), {NAME: program.data}, program.expected)


def _pxelinux(way: str, card: Card) -> Case:
    """A loader with a TFTP client of its own over UDP_READ and UDP_WRITE."""
    system = small_system()
    files = configured(LOADER, *entry("kern", "INITRD ird")) | dict(system.files)
    return boots(ours(card), named(LOADER, **WAYS[way]), files, system.expected, BANNER)


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """The protocols do not know the card, so one is enough."""
    for card in all_cards[:1]:
        for way in WAYS:
            yield CardPlan(GROUP, way, card, partial(_own, way))
            build = partial(_pxelinux, way)
            yield CardPlan(GROUP, f"{way}+{LOADER}", card, build, quick=way == "fragments")
