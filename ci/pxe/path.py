"""Boots over ways that are not plain: fragments, balancers, servers that move, hosts that claim to be the server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.pxe.boot import boot, must_boot, ours
from ci.pxe.case import Card, Case, Keeper
from ci.pxe.loaders import BANNER, configured, entry
from ci.pxe.programs import payload, small_system
from ci.pxe.wire import Naming
from ci.pxe.wire_path import Way, behind

GROUP = "path"
NAME = "boot.nbi"
LOADER = "pxelinux.0"
AT_ONCE = 12.0  # seconds: less than a transfer without any options, after one that came to nothing
TUNNEL = 1420  # MTU of many tunnels; pxelinux asks for blocks that make datagrams of 1440
WAYS = {
    "fragments": Way(mtu=TUNNEL),
    "small-fragments": Way(mtu=576),
    "masked": Way(masked=True),
    "moved": Way(moves=True),
    "moved-and-announced": Way(moves=True, announced=True),
    "claimed": Way(claimed=True),
}


def _own(way: Way, card: Card, keeper: Keeper) -> str:
    """Our own TFTP client."""
    program = payload("nbi")
    start = replace(ours(card), timeout=AT_ONCE)
    outcome = boot(start, {NAME: program.data}, partial(behind, way, Naming(NAME)), keeper)
    must_boot(program.expected, outcome)
    return ""


def _pxelinux(way: Way, card: Card, keeper: Keeper) -> str:
    """A loader with a TFTP client of its own over UDP_READ and UDP_WRITE."""
    system = small_system()
    files = configured(LOADER, *entry("kern", "INITRD ird"))
    files |= {"kern": system.kernel, "ird": system.initrd}
    outcome = boot(ours(card), files, partial(behind, way, Naming(LOADER)), keeper)
    must_boot(system.expected, outcome, BANNER)
    return ""


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """The protocols do not know the card, so one is enough."""
    for card in all_cards[:1]:
        for name, way in WAYS.items():
            yield Case(GROUP, name, card, partial(_own, way))
            go = partial(_pxelinux, way)
            yield Case(GROUP, f"{name}+{LOADER}", card, go, quick=name == "fragments")
