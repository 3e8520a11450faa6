# SPDX-License-Identifier: BSD-2-Clause
"""The PXE boot menu (option 43) of dnsmasq, with a user at the serial console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Case, Key
from ci.lab.judge import Expected
from ci.pxe.loaders import BANNER, configured, entry
from ci.pxe.programs import payload, small_system
from ci.pxe.second_stage import BY_KIND
from ci.pxe.servers import with_menu
from ci.pxe.start import boots, goes_on, ours, theirs_in_real_time

GROUP = "menu"
ESCAPE, ENTER, DOWN, F8 = b"\x1b", b"\r", b"\x1b[B", b"\x1b[19~"  # as a serial terminal sends them
FIRST, SECOND = "one.nbi", "two.nbi"
ASKED = "(Enter; Esc: leave)"  # what we show once the menu is there
NO_ANSWER = r"Boot server: no answer \(E05\)"


def service(text: str, file: str) -> str:
    """One line of the menu. File "0" is the local disk, a number a type that no server here serves."""
    return f"--pxe-service=x86PC,{text},{file}"


TWO = (service("The first", FIRST), service("The second", SECOND))


@dataclass(frozen=True)
class Session:
    """What the server offers, and what the user does."""

    services: tuple[str, ...]
    keys: tuple[Key, ...] = ()
    proxy: bool = False  # the menu comes from a proxyDHCP server beside the DHCP server

    def boots(
        self, start: Case, files: Mapping[str, bytes], expected: Expected, *texts: str
    ) -> Case:
        """With these files on the server."""
        network = with_menu(self.services, self.proxy)
        return replace(boots(start, network, files, expected, *texts), keys=self.keys)


def _boots(name: str, session: Session, texts: tuple[str, ...], card: Card) -> Case:
    """Two files are offered; the right one of them runs."""
    program, other = payload("nbi"), payload("nbi").data
    files = {FIRST: other, SECOND: other} | {name: program.data}
    return session.boots(ours(card), files, program.expected, *texts)


def _goes_on(session: Session, texts: tuple[str, ...], card: Card) -> Case:
    """Nothing is fetched; the BIOS tries the next boot device."""
    network = with_menu(session.services, session.proxy)
    case = goes_on(ours(card), network, {FIRST: b"", SECOND: b""}, *texts)
    return replace(case, keys=session.keys, expected=case.expected.hiding("tftp:"))


def _unasked(session: Session, card: Card) -> Case:
    """One item and no prompt: it is taken without a word."""
    program = payload("nbi")
    case = session.boots(ours(card), {FIRST: program.data}, program.expected)
    return replace(case, expected=case.expected.hiding("Item"))


def _pxelinux(proxy: bool, card: Card) -> Case:
    """pxelinux is chosen, and finds server and file in the cached reply of the boot server."""
    system = small_system()
    files = configured("pxelinux.0", *entry("kern", "INITRD ird")) | {**system.files, FIRST: b""}
    session = Session((TWO[0], service("pxelinux", "pxelinux.0")), ((ASKED, b"2"),), proxy)
    return session.boots(ours(card), files, system.expected, BANNER)


def _stock(kind: str, card: Card) -> Case:
    """A stock ROM shows the menu; the second stage, named `two.nbi.zpxe`, does not show it again."""
    program, stage, name = payload("nbi"), BY_KIND[kind], f"{SECOND}.zpxe"
    files = {SECOND: program.data, name: stage.data(card), FIRST: b""}
    session = Session((TWO[0], service("The second", name)), (("B. The second", b"B"),))
    case = session.boots(theirs_in_real_time(card), files, program.expected, stage.driver(card))
    return replace(case, expected=case.expected.hiding(r"Item 1 of"))


PROMPT = "--pxe-prompt=Press F8"
DISK, LOCAL = service("Disk", "0"), r"Local boot: next boot device\n"
RIS = service("RIS", "1")  # a type that is to be asked for by broadcast, and nobody has
MANY = tuple(service(f"Service {number:04}", f"{number}.nbi") for number in range(11))
ITEMS = (r"1  The first", r"2  The second")
# What is chosen, then what the console has to show.
BOOTS: dict[str, tuple[str, Session, tuple[str, ...]]] = {
    "digit": (SECOND, Session(TWO, ((ASKED, b"2"),)), ITEMS),
    "digit-proxy": (SECOND, Session(TWO, ((ASKED, b"2"),), proxy=True), ITEMS),
    "enter": (FIRST, Session(TWO, ((ASKED, ENTER),)), ITEMS),
    "arrow": (SECOND, Session(TWO, ((ASKED, DOWN), ("Item 2", ENTER))), ITEMS),
    "prompt-expires": (FIRST, Session((*TWO, f"{PROMPT},2")), (r"Press F8   2 .*Press F8   1",)),
    "prompt-f8": (SECOND, Session((*TWO, f"{PROMPT},9"), (("F8   9", F8), (ASKED, b"2"))), ITEMS),
    "prompt-f8-proxy": (
        SECOND,
        Session((*TWO, f"{PROMPT},9"), (("F8   9", F8), (ASKED, b"2")), proxy=True),
        ITEMS,
    ),
    "prompt-for-ever": (
        SECOND,
        Session((*TWO, "--pxe-prompt=Choose"), ((ASKED, b"2"),)),
        (r"Choose\n> 1  The first",),
    ),
    # Menu and list of servers are longer than an option: dnsmasq sends two.
    "twelve": (SECOND, Session((*MANY, TWO[1]), ((ASKED, b"c"),)), (r"b  Service 0010\n  c  The",)),
    "file-beside-menu": (
        SECOND,
        Session((*TWO, f"--dhcp-boot={FIRST}"), ((ASKED, b"2"),)),
        ITEMS,
    ),
}
GOES_ON: dict[str, tuple[Session, tuple[str, ...]]] = {
    "escape": (Session(TWO, ((ASKED, ESCAPE),)), ITEMS),
    "prompt-escape": (Session((*TWO, f"{PROMPT},9"), (("F8   9", ESCAPE),)), ()),
    "local": (Session((*TWO, DISK), ((ASKED, b"3"),)), (r"3  Disk", LOCAL)),
    "local-first": (Session((DISK, *TWO), ((ASKED, ENTER),)), (LOCAL,)),
    "local-alone": (Session((DISK,)), (LOCAL,)),
    "local-expires": (Session((DISK, *TWO, f"{PROMPT},1")), (LOCAL,)),
    "local-proxy": (Session((*TWO, DISK), ((ASKED, b"3"),), proxy=True), (LOCAL,)),
    "nobody": (Session((RIS, *TWO), ((ASKED, b"1"),)), (NO_ANSWER,)),
}
QUICK = ("digit-proxy", "local")


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """A choice on every card, everything on the first."""
    for index, card in enumerate(all_cards):
        for name, booted in BOOTS.items():
            if index == 0 or name == "digit":
                yield CardPlan(GROUP, name, card, partial(_boots, *booted), quick=name in QUICK)
    for card in all_cards[:1]:
        for name, left in GOES_ON.items():
            yield CardPlan(GROUP, name, card, partial(_goes_on, *left), quick=name in QUICK)
        for proxy, where in ((False, ""), (True, "-proxy")):
            one = Session(TWO[:1], proxy=proxy)
            yield CardPlan(GROUP, f"one-item{where}", card, partial(_unasked, one))
            yield CardPlan(GROUP, f"pxelinux{where}", card, partial(_pxelinux, proxy))
        for kind in BY_KIND:
            yield CardPlan(GROUP, f"stock+{kind}", card, partial(_stock, kind))
