# SPDX-License-Identifier: BSD-2-Clause
"""`make smoke SMOKE=--samples`: boots through the sample configurations (factory.samples), as they are rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.images import Shop
from ci.lab.card import Build, Card, CardPlan, cards
from ci.lab.case import Case
from ci.lab.network import Network, Served, Wired
from ci.net.samples import Sent, beside_phones, configured, mikrotik, opnsense, windows
from ci.net.samples import windows_chain
from ci.net.scenario import SERVER_IP
from ci.net.servers import ATFTPD, DNSMASQ_DHCP, Server
from ci.pxe.loaders import BANNER, distribution
from ci.pxe.programs import payload, small_system
from ci.pxe.start import banners, boots, driver_line, goes_on, ours, theirs, theirs_in_real_time
from ci.smoke.diskless import diskless
from ci.smoke.machines import MACHINES
from ci.smoke.plans import Selection
from factory.samples import Values, rendered
from factory.spec import Spec

GROUP = "samples"
QUICK_FAMILY = "rtl8139"
DISKLESS_CARD = "virtio-net-pci"  # the cloud kernel has a driver for it
NAME, SUFFIX, UNDI = "vmlinuz", ".zpxe", "undi"
OWN_NAME = r"leads back to this loader \(E11\)"
OTHER_IP = bytes([10, 77, 0, 99])  # where nobody is
MENU_TITLE = "Network boot"

WITH_TFTP = ("dnsmasq", "dnsmasq-proxy", "dnsmasq-chain")
SERVERS = ("dnsmasq", "dnsmasq-proxy", "kea", "dhcpd", "networkd")
WINDOWS_CHAIN = "windows-chain"
CHAINS = ("dnsmasq-chain", "kea-chain", "dhcpd-chain", WINDOWS_CHAIN)
# Servers that cannot run here, and which of its options each of them sends.
WIRED: dict[str, Callable[[str], Sent]] = {
    "windows": partial(windows, siaddr=SERVER_IP, remarks=False),
    "windows+option60": partial(windows, siaddr=SERVER_IP, remarks=True),
    "windows+no-next-server": partial(windows, siaddr=bytes(4), remarks=False),
    "windows+wrong-next-server": partial(windows, siaddr=OTHER_IP, remarks=True),
    "mikrotik": partial(mikrotik, options=()),
    "mikrotik+options": partial(mikrotik, options=(66, 67, 150)),
    "mikrotik+option150": partial(mikrotik, options=(67, 150)),
    "mikrotik+option150-list": partial(mikrotik, options=(67, 150), second=OTHER_IP),
    "mikrotik+phones": partial(beside_phones, theirs=OTHER_IP),
    "opnsense": partial(opnsense, options=()),
    "opnsense+options": partial(opnsense, options=(66, 67, 150)),
    "opnsense+option150": partial(opnsense, options=(67, 150)),
}
# The stock ROMs of 2019 take the boot server from `siaddr` alone.
UNKNOWN_TO_STOCK = (
    "windows+no-next-server",
    "windows+wrong-next-server",
    "mikrotik+options",
    "mikrotik+option150",
    "mikrotik+option150-list",
    "opnsense+options",
    "opnsense+option150",
)


def served(name: str, boot_file: str, **more: str) -> Served:
    """A real server with its sample; and what it needs beside it."""
    servers: tuple[Server, ...] = (configured(name, **more),)
    if name == "dnsmasq-proxy":
        servers = (DNSMASQ_DHCP.told(without=("--dhcp-boot",)), *servers)
    return Served(servers if name in WITH_TFTP else (*servers, ATFTPD), boot_file)


def network(name: str, boot_file: str) -> Network:
    """Of a sample that names one boot file."""
    if name not in WIRED:
        return served(name, boot_file)
    return Wired(*WIRED[name](boot_file), mac=None)


def chained(name: str, second_stage: str) -> Network:
    """Of a sample that names two boot files."""
    if name == WINDOWS_CHAIN:
        return Wired(*windows_chain(NAME, second_stage), mac=None)
    return served(name, NAME, second_stage=second_stage)


def _first_stage(name: str, card: Card) -> Case:
    """Our ROM gets the boot file directly."""
    program = payload("bzimage")
    case = boots(ours(card), network(name, NAME), {NAME: program.data}, program.expected)
    return banners(case, 1)


def _second_stage(name: str, card: Card) -> Case:
    """A stock ROM loads `vmlinuz.zpxe`; the same name leads that one to `vmlinuz`."""
    program = payload("nbi")
    files = {NAME: program.data, NAME + SUFFIX: card.image("zpxe")}
    start = theirs(card) if name in WIRED else theirs_in_real_time(card)
    where = network(name, NAME + SUFFIX)
    return boots(start, where, files, program.expected, driver_line(card, card.family))


def _loop(name: str, card: Card) -> Case:
    """A server that gives everybody the second stage, under a name that says no more: it ends, and says why."""
    start = theirs(card) if name in WIRED else theirs_in_real_time(card)
    files = {"loader.0": card.special(UNDI)}
    return banners(goes_on(start, network(name, "loader.0"), files, OWN_NAME), 1)


def _chain(name: str, stock: bool, card: Card) -> Case:
    """Two boot files, by user class: our ROM gets the second one at once, a stock ROM by way of our second stage."""
    program, stage = payload("nbi"), "stage.0"
    files = {NAME: program.data, stage: card.special(UNDI)}
    first = theirs if name == WINDOWS_CHAIN else theirs_in_real_time
    start = first(card) if stock else ours(card)
    text = driver_line(card, UNDI if stock else card.family)
    return banners(boots(start, chained(name, stage), files, program.expected, text), 1)


def _menu(card: Card) -> Case:
    """pxelinux with the sample menu, whose first entry a key starts."""
    system = small_system()
    menu = rendered("pxelinux", Values(kernel="/x/kern", initrd="/x/ird", arguments="quiet a=b"))
    modules = distribution("pxelinux.0", "menu", "libutil", "libcom32")
    files = {**modules, "pxelinux.cfg/default": menu.encode(), **system.files}
    where = served("dnsmasq", "pxelinux.0")
    case = boots(ours(card), where, files, system.expected, BANNER, MENU_TITLE)
    case = case.showing(r'cmdline="BOOT_IMAGE=kern quiet a=b initrd=ird')
    return replace(case, keys=((MENU_TITLE, b"\r"),))


def _per_card() -> Iterator[tuple[str, Build, bool]]:
    """Name, boot, whether it is one of a quick run."""
    for name in (*SERVERS, *WIRED):
        yield f"{name}+rom", partial(_first_stage, name), True
        if name not in UNKNOWN_TO_STOCK:
            quick = name in ("windows", "windows+option60")
            yield f"{name}+stock+zpxe", partial(_second_stage, name), quick
    for name in ("windows", "dnsmasq"):
        yield f"{name}+stock+loop", partial(_loop, name), name in WIRED
    for name in CHAINS:
        yield f"{name}+rom", partial(_chain, name, False), True
        yield f"{name}+stock", partial(_chain, name, True), name in (CHAINS[0], WINDOWS_CHAIN)
    yield "pxelinux", _menu, True


def sample_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[CardPlan]:
    """Every server with every card; virtual machines, and Linux with its root on NFS, with one each."""
    for card in cards(spec, shop, selection.family):
        if selection.id not in ("", str(card.model.id)):
            continue
        first = card.family == QUICK_FAMILY
        for name, build, quick in _per_card() if first or not selection.quick else ():
            if quick or not selection.quick:
                yield CardPlan(GROUP, name, card, build, captured=False)
        for name, build in MACHINES.items() if first else ():
            yield CardPlan(GROUP, name, card, build, captured=False)
        if card.device == DISKLESS_CARD:
            yield CardPlan(GROUP, "ltsp", card, partial(diskless, shop), captured=False)
