"""The PXE boot menu (option 43) of dnsmasq, with a user at the serial console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ci.machine import TapNetwork
from ci.net.lab import Lab
from ci.net.servers import Dnsmasq, Setup
from ci.pxe.boot import (
    TFTP,
    Start,
    boot,
    driver_line,
    must_boot,
    must_go_on,
    ours,
    theirs_in_real_time,
)
from ci.pxe.case import Card, Case, Failed, Keeper
from ci.pxe.loaders import BANNER, configured, entry
from ci.pxe.programs import payload, small_system
from ci.pxe.servers import need_lab, proxied
from ci.qemu import Emulator, Outcome

GROUP = "menu"
ESCAPE, ENTER, DOWN, F8 = b"\x1b", b"\r", b"\x1b[B", b"\x1b[19~"  # as a serial terminal sends them
FIRST, SECOND = "one.nbi", "two.nbi"
ASKED = "Item 1 (Enter"  # what we show once the menu is there
NO_ANSWER = r"Boot server: no answer \(E05\)"
Key = tuple[str, bytes]  # once the console shows this text: press that


def service(text: str, file: str) -> str:
    """One line of the menu. File "0" is the local disk, a number a type that no server here serves."""
    return f"--pxe-service=x86PC,{text},{file}"


TWO = (service("The first", FIRST), service("The second", SECOND))


@dataclass
class MenuDnsmasq(Dnsmasq):
    """Addresses, menu and files from one server."""

    services: Sequence[str] = ()

    def arguments(self) -> list[str]:
        words = [word for word in super().arguments() if not word.startswith("--dhcp-boot")]
        return [*words, *self.services]


@contextmanager
def _served(services: Sequence[str], proxy: bool, folder: Path) -> Iterator[TapNetwork]:
    need_lab()
    if proxy:
        with proxied(folder, services) as network:
            yield network
        return
    with Lab() as place:
        with MenuDnsmasq(Setup(place, folder, folder / TFTP, ""), services=services):
            yield TapNetwork(place.tap, place.name)


class User:
    """Waits for a text, presses a key, waits for the next; to be asked whenever the console shows more."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = list(keys)
        self._seen = 0

    def __call__(self, emulator: Emulator) -> bool:
        while self._keys:
            text, key = self._keys[0]
            found = emulator.console().find(text, self._seen)
            if found < 0:
                break
            self._seen = found + len(text)
            emulator.press(key)
            self._keys.pop(0)
        return False

    def must_have_pressed(self) -> None:
        """Raise Failed unless every key had its turn."""
        if self._keys:
            raise Failed(f"the console never showed '{self._keys[0][0]}'")


@dataclass(frozen=True)
class Session:
    """What the server offers, and what the user does."""

    services: Sequence[str]
    keys: Sequence[Key] = ()
    proxy: bool = False  # the menu comes from a proxyDHCP server beside the DHCP server

    def run(self, start: Start, files: dict[str, bytes], keeper: Keeper) -> Outcome:
        """Boot with these files on the server."""
        user = User(self.keys)
        outcome = boot(start, files, partial(_served, self.services, self.proxy), keeper, user)
        user.must_have_pressed()
        return outcome


def _boots(name: str, session: Session, texts: tuple[str, ...], card: Card, keeper: Keeper) -> str:
    """Two files are offered; the right one of them runs."""
    program = payload("nbi")
    other = payload("nbi").data
    files = {FIRST: other, SECOND: other} | {name: program.data}
    outcome = session.run(ours(card), files, keeper)
    must_boot(program.expected, outcome, *texts)
    return ""


def _goes_on(session: Session, texts: tuple[str, ...], card: Card, keeper: Keeper) -> str:
    """Nothing is fetched; the BIOS tries the next boot device."""
    outcome = session.run(ours(card), {FIRST: b"", SECOND: b""}, keeper)
    must_go_on(outcome, *texts)
    if "tftp:" in outcome.console:
        raise Failed("a file was asked for")
    return ""


def _unasked(session: Session, card: Card, keeper: Keeper) -> str:
    """One item and no prompt: it is taken without a word."""
    program = payload("nbi")
    outcome = session.run(ours(card), {FIRST: program.data}, keeper)
    must_boot(program.expected, outcome)
    if "Item" in outcome.console:
        raise Failed("a menu of one item was shown")
    return ""


def _pxelinux(proxy: bool, card: Card, keeper: Keeper) -> str:
    """pxelinux is chosen, and finds server and file in the cached reply of the boot server."""
    system = small_system()
    files = configured("pxelinux.0", *entry("kern", "INITRD ird"))
    files |= {"kern": system.kernel, "ird": system.initrd, FIRST: b""}
    services = (TWO[0], service("pxelinux", "pxelinux.0"))
    outcome = Session(services, ((ASKED, b"2"),), proxy).run(ours(card), files, keeper)
    must_boot(system.expected, outcome, BANNER)
    return ""


def _stock(kind: str, card: Card, keeper: Keeper) -> str:
    """A stock ROM shows the menu; the second stage, named `two.nbi.zpxe`, does not show it again."""
    program = payload("nbi")
    loader = card.special(kind) if kind == "undi" else card.image("zpxe")
    files = {SECOND: program.data, f"{SECOND}.zpxe": loader, FIRST: b""}
    services = (TWO[0], service("The second", f"{SECOND}.zpxe"))
    start = theirs_in_real_time(card)
    outcome = Session(services, (("B. The second", b"B"),)).run(start, files, keeper)
    must_boot(program.expected, outcome, driver_line(card, kind if kind == "undi" else card.family))
    if ASKED in outcome.console:
        raise Failed("the second stage asked again")
    return ""


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
        (r"Choose\n1  The first",),
    ),
    # Menu and list of servers are longer than an option: dnsmasq sends two.
    "twelve": (SECOND, Session((*MANY, TWO[1]), ((ASKED, b"c"),)), (r"b  Service 0010\nc  The",)),
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


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """A choice on every card, everything on the first."""
    for index, card in enumerate(all_cards):
        for name, booted in BOOTS.items():
            if index == 0 or name == "digit":
                yield Case(GROUP, name, card, partial(_boots, *booted), quick=name in QUICK)
    for card in all_cards[:1]:
        for name, left in GOES_ON.items():
            yield Case(GROUP, name, card, partial(_goes_on, *left), quick=name in QUICK)
        for proxy, where in ((False, ""), (True, "-proxy")):
            one = Session(TWO[:1], proxy=proxy)
            yield Case(GROUP, f"one-item{where}", card, partial(_unasked, one))
            yield Case(GROUP, f"pxelinux{where}", card, partial(_pxelinux, proxy))
        for kind in ("undi", "native"):
            yield Case(GROUP, f"stock+{kind}", card, partial(_stock, kind))
