# SPDX-License-Identifier: BSD-2-Clause
"""Debian's installer from its netboot tree, as the package has it: through its pxelinux.cfg, and by its files alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.images import Shop
from ci.lab.card import Build, Card, CardPlan, cards
from ci.lab.case import Case, Key
from ci.lab.machine import Drive
from ci.lab.network import Network, User
from ci.net.http import APACHE, NGINX
from ci.net.servers import HTTP, Server
from ci.packages import unpacked
from ci.pxe.programs import nonce
from ci.pxe.start import ANYBODY, ours
from ci.smoke.bootfile import by_name, named
from ci.smoke.plans import Selection
from factory.spec import Spec

PACKAGE = "debian-installer-12-netboot-amd64"
TREE = "usr/lib/debian-installer/images/12/amd64/text"
KERNEL, INITRD = "debian-installer/amd64/linux", "debian-installer/amd64/initrd.gz"
CONSOLE = "console=ttyS0 no_timer_check"
# Its first question, in the second line of the box that newt draws.
FIRST_SCREEN = r"Select a language"
WEB_SERVERS = {"nginx": NGINX, "apache": APACHE, "python": HTTP}
FAMILIES = ("rtl8139", "virtio_net")
MEMORY = 1024
TIMEOUT = 300.0


def tree(cache: Path) -> dict[str, bytes]:
    """What a server needs of it; pxelinux itself is left out. Raises Unavailable."""
    root = unpacked(PACKAGE, cache) / TREE
    found = {KERNEL: root / KERNEL, INITRD: root / INITRD}
    found |= {f"pxelinux.cfg/{p.name}": p for p in (root / "pxelinux.cfg").iterdir()}
    folder = "debian-installer/amd64/boot-screens"
    found |= {f"{folder}/{p.name}": p for p in (root / folder).glob("*.cfg")}
    return {name: path.read_bytes() for name, path in found.items()}


def typed(words: str) -> tuple[Key, ...]:
    """Keys that lead from the tree's menu over its help to its prompt, and boot its label `install` with more words."""
    return (("Item 1 of ", b"h"), ("boot:", f"install {words}\r".encode()))


def installer_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[CardPlan]:
    """To its first screen, in each way that it can be asked for; in a quick run, on one card."""
    wanted = [card for card in cards(spec, shop, selection.family) if card.family in FAMILIES]
    for card in wanted[:1] if selection.quick else wanted:
        ways: dict[str, Build] = {"pxelinux": by_pxelinux, "plain": _plain, "script": _script}
        ways |= {name: partial(by_http, server=server) for name, server in WEB_SERVERS.items()}
        for name, build in ways.items():
            yield CardPlan("installer", name, card, build, captured=False)


def _installer(case: Case, network: Network, files: Mapping[str, bytes]) -> Case:
    return replace(
        case.on(memory=MEMORY, binary="qemu-system-x86_64"),
        network=network,
        files=files,
        expected=ANYBODY.showing(FIRST_SCREEN),
        until=FIRST_SCREEN,
        timeout=TIMEOUT,
    )


def _from_disk(card: Card) -> Case:
    """The card with the image of all cards, which has all parts of the firmware, on a disk."""
    return ours(card).on(rom=b"", drives=(Drive("disk", card.special("all", "dsk")),))


def by_pxelinux(card: Card) -> Case:
    """The tree as it is; the DHCP server names pxelinux.0, which is not there."""
    case = _installer(_from_disk(card), User("pxelinux.0"), tree(card.shop.cache))
    return replace(case, keys=typed(CONSOLE))


def _plain(card: Card) -> Case:
    """Kernel and initrd are what a DHCP server names."""
    network = named(KERNEL, f"initrd=initrd.gz {CONSOLE}")
    return _installer(ours(card), network, tree(card.shop.cache))


def _script(card: Card) -> Case:
    script = f"#!ipxe\nkernel {KERNEL} {CONSOLE}\ninitrd {INITRD}\nboot\n".encode()
    files = {**tree(card.shop.cache), "boot.ipxe": script}
    return _installer(ours(card), User("boot.ipxe"), files)


def by_http(card: Card, server: Server | None = None) -> Case:
    """The tree as it is, below a folder of a web server that is named; the kernel shows what it is told.

    Three times, since the kernel's early console drops characters where the host is slow to take them.
    """
    fresh = nonce()
    files = {f"tree/{name}": data for name, data in tree(card.shop.cache).items()}
    network = by_name(card, "tree/pxelinux.0", web=server)
    case = _installer(_from_disk(card), network, files)
    case = case.showing(rf"ernel command line.* nonce={fresh}\b")
    told = f"nonce={fresh} " * 3
    return replace(case, keys=typed(f"{CONSOLE} loglevel=6 {told.strip()}"))
