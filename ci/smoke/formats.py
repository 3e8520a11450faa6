# SPDX-License-Identifier: BSD-2-Clause
"""Boot files of every format, of ours and from Debian's packages, on a .rom."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from ci.images import Shop
from ci.lab.card import Card, CardPlan, cards
from ci.lab.case import Case
from ci.lab.judge import Expected
from ci.lab.network import Wired
from ci.net.scenario import Scenario
from ci.payloads.payload import KERNELS, make_payload, payload_sum
from ci.pxe.programs import nonce
from ci.pxe.start import boots, ours
from ci.smoke.plans import PAYLOAD_SIZE, Selection
from factory.spec import Spec

GROUP = "format"
QUICK = ("rtl8139", "virtio_net")  # families
ARGUMENTS = 129  # DHCP option: the kernel command line
MEMORY = 64  # MiB


def named(file: str, arguments: str) -> Wired:
    """A server that names a boot file, and its arguments."""
    further = ((ARGUMENTS, arguments.encode()),) if arguments else ()
    return Wired(file, Scenario("arguments", further=further))


def format_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[CardPlan]:
    """Each on a card of each family; in a quick run, on two."""
    for card in cards(spec, shop, selection.family):
        quick = card.family in QUICK
        if quick or not selection.quick:
            for kind in KERNELS:
                yield CardPlan(GROUP, kind, card, partial(_kernel, kind), captured=False)


def _kernel(kind: str, card: Card) -> Case:
    """A kernel of ours that is entered in 32-bit mode, and looks at what it is told."""
    fresh = nonce()
    image = make_payload(kind, fresh, PAYLOAD_SIZE)
    modules = {f"module{n}": random.Random(f"{fresh} {n}").randbytes(n * 5001) for n in (1, 2)}
    arguments = "a b=c initrd=module1,module2"
    if kind == "elf":
        modules, arguments = {}, ""
    files = {"kern": image, **modules}
    expected = Expected(fresh, payload_sum(image, b"".join(modules.values())))
    return boots(ours(card), named("kern", arguments), files, expected, *_told(kind, arguments))


def _told(kind: str, arguments: str) -> Iterator[str]:
    """Patterns of what it prints: 639 KiB of base memory; and as much above 1 MiB as SeaBIOS leaves."""
    yield r"EFENTRY magic=[0-9a-f]{8}.* lower=0000027f upper=0000fb80"
    yield r"ram=0000fdff"
    if kind == "elf":
        yield r"ip=10\.77\.0\.15\.\n"
        return
    yield r' loader="Etherforge"'
    yield rf' cmdline="kern {arguments}"'
    yield r' module="module1" module="module2"'
