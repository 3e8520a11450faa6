# SPDX-License-Identifier: BSD-2-Clause
"""Boots in which all parts have their turn: names, scripts in folders over HTTP, compressed kernels, programs."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Case
from ci.lab.judge import PAYLOAD_EXIT
from ci.lab.network import Served
from ci.net.http import NGINX
from ci.net.servers import ALIAS, DNSMASQ_DNS
from ci.pxe.programs import payload, small_system
from ci.pxe.start import ANYBODY, boots, ours, ours_on_floppy

GROUP = "whole"
START = "menu/start.ipxe"
FIRST = """#!ipxe
chain ../absent.ipxe || echo not there
chain next/second.ipxe
"""
SECOND = """#!ipxe
set where ../../files
kernel ${where}/kern quiet || exit
initrd ${where}/ird || exit
boot
"""


def _web(boot_file: str) -> Served:
    """Everything by HTTP, from a server that DNS knows."""
    return Served((DNSMASQ_DNS, NGINX), f"http://{ALIAS}/{boot_file}")


def _slow(case: Case) -> Case:
    return replace(case, timeout=60.0)


def _scripts(card: Card) -> Case:
    """Names are relative to the script that has them."""
    system = small_system()
    files = {
        START: FIRST.encode(),
        "menu/next/second.ipxe": SECOND.encode(),
        "files/kern": system.kernel,
        "files/ird": system.initrd,
    }
    shown = rf"(?s)http://{ALIAS}/absent\.ipxe.*E14\b.*not there.*http://{ALIAS}/files/ird"
    return _slow(boots(ours(card), _web(START), files, system.expected, shown))


def _compressed(pack: str, card: Card) -> Case:
    """A kernel that is compressed once more, and initrds that are left as they are."""
    system = small_system()
    packed = gzip.compress(system.kernel) if pack == "gzip" else lzma.compress(system.kernel)
    script = "#!ipxe\nkernel kern\ninitrd ird\nboot\n"
    files = {"script": script.encode(), "kern": packed, "ird": system.initrd}
    case = boots(ours_on_floppy(card), _web("script"), files, system.expected)
    ours_of_all, *others = case.machine.drives
    drives = (replace(ours_of_all, data=card.special("all", "dsk")), *others)
    return _slow(case.on(drives=drives))


def _program(card: Card) -> Case:
    """A network bootstrap program by HTTP, behind one that comes back."""
    returns, stays = payload("nbp", returns=True), payload("nbp")
    script = "#!ipxe\nchain returns ||\nchain stays\n"
    files = {"script": script.encode(), "returns": returns.data, "stays": stays.data}
    shown = rf"(?s){returns.expected.nonce}.*E24\b.*{stays.expected.nonce} sum={stays.expected.sum}"
    expected = replace(ANYBODY, exit=PAYLOAD_EXIT)
    return _slow(boots(ours(card), _web("script"), files, expected, shown))


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """On two cards; compressed files where an image unpacks them."""
    for index, card in enumerate(all_cards[:2]):
        yield CardPlan(GROUP, "scripts", card, _scripts, quick=index == 0)
        yield CardPlan(GROUP, "program", card, _program)
        for pack in ("gzip", "xz"):
            yield CardPlan(GROUP, pack, card, partial(_compressed, pack))
