"""The boot file name rule: with one fixed name from the server, the first stage gets `x.zpxe`, the second `x`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.net.wire import SERVER_IP
from ci.pxe.boot import Start, boot, driver_line, must_boot, must_go_on, must_show, ours, theirs
from ci.pxe.case import Card, Case, Failed, Keeper
from ci.pxe.loaders import configured, entry
from ci.pxe.programs import payload
from ci.pxe.wire import PLACES, PROXIES, Naming, serving
from ci.qemu import Outcome

GROUP = "name"
Stage = Callable[[Card], Start]
NOTHING_LEFT, OWN_NAME, NOT_THERE = r"E10\b", r"leads back to this loader \(E11\)", r"E14\b"
# The stock ROMs of 2019 take no notice of option 52.
UNKNOWN_TO_STOCK = ("overload-file", "overload-sname", "overload-both")


def _second(kind: str, card: Card) -> bytes:
    return card.special("undi") if kind == "undi" else card.image("zpxe")


def _driver(kind: str, card: Card) -> str:
    return driver_line(card, "undi" if kind == "undi" else card.family)


def _once(outcome: Outcome, pattern: str, times: int) -> None:
    """Raise Failed unless our banner was shown exactly so often: more is a loop."""
    shown = outcome.console.count("Etherforge ")
    if shown != times:
        raise Failed(f"{shown} banners of ours, not {times}; wanted {pattern}")


def _two_stages(place: str, kind: str, start: Stage, card: Card, keeper: Keeper) -> str:
    """A ROM loads `boot.nbi.zpxe`, which loads `boot.nbi`.

    Our own would load `boot.nbi` itself, if that were there when it asks.
    """
    program = payload("nbi")
    files = {"boot.nbi": program.data, "boot.nbi.zpxe": _second(kind, card)}
    naming = Naming("boot.nbi.zpxe", place, hidden=start is ours)
    outcome = boot(start(card), files, partial(serving, naming), keeper)
    must_boot(program.expected, outcome, _driver(kind, card), r"tftp://[\d.]+/boot\.nbi ")
    return ""


def _direct(place: str, card: Card, keeper: Keeper) -> str:
    """Our ROM needs no second stage: it loads `boot.nbi` at once."""
    program = payload("nbi")
    files = {"boot.nbi": program.data, "boot.nbi.zpxe": card.special("undi")}
    outcome = boot(ours(card), files, partial(serving, Naming("boot.nbi.zpxe", place)), keeper)
    must_boot(program.expected, outcome, r"tftp://[\d.]+/boot\.nbi ")
    _once(outcome, "no second stage", 1)
    return ""


def _upper_case(name: str, kind: str, card: Card, keeper: Keeper) -> str:
    """The suffix counts in any case; what is left of the name is not changed."""
    program = payload("nbi")
    files = {name[: -len(".zpxe")]: program.data, name: _second(kind, card)}
    outcome = boot(theirs(card), files, partial(serving, Naming(name)), keeper)
    must_boot(program.expected, outcome, _driver(kind, card))
    return ""


def _goes_on(name: str, text: str, kind: str, card: Card, keeper: Keeper) -> str:
    """The stock ROM loads us under a name that leads nowhere: a clear message, then the next boot device."""
    files = {name: _second(kind, card)}
    outcome = boot(theirs(card), files, partial(serving, Naming(name)), keeper)
    must_go_on(outcome, _driver(kind, card), text)
    _once(outcome, text, 1)
    return ""


def _whole_name(card: Card, keeper: Keeper) -> str:
    """Our ROM finds no `x`, so it boots `x.zpxe`: a boot that ends well shows no error."""
    program = payload("nbi")
    files = {"boot.nbi.zpxe": program.data}
    outcome = boot(ours(card), files, partial(serving, Naming("boot.nbi.zpxe")), keeper)
    must_boot(program.expected, outcome, r"boot\.nbi not found, trying boot\.nbi\.zpxe\n")
    if re.search(r"\(E\d\d\)", outcome.console):
        raise Failed("an error is shown in a boot that ends well")
    return ""


def _by_uri(card: Card, keeper: Keeper) -> str:
    """DHCP may name a URI; the suffix is taken off its path."""
    program = payload("nbi")
    server = ".".join(map(str, SERVER_IP))
    naming = Naming(f"TFTP://{server}:69/dir/boot.nbi.zpxe")
    outcome = boot(ours(card), {"dir/boot.nbi": program.data}, partial(serving, naming), keeper)
    must_boot(program.expected, outcome, rf"tftp://{server}/dir/boot\.nbi ")
    return ""


def _by_way_of_pxelinux(card: Card, keeper: Keeper) -> str:
    """The stock ROM loads pxelinux, that one us, and DHCP names pxelinux again: that is not ourselves."""
    files = configured("pxelinux.0", *entry("undi.0")) | {"undi.0": card.special("undi")}
    outcome = boot(theirs(card), files, partial(serving, Naming("pxelinux.0")), keeper)
    must_go_on(outcome, driver_line(card, "undi"), r"pxelinux\.0: .*" + OWN_NAME)
    _once(outcome, OWN_NAME, 1)
    return ""


def _literal(card: Card, keeper: Keeper) -> str:
    """Our ROM finds no `x`, so it loads `x.zpxe`; that one finds no `x` either."""
    outcome = boot(
        ours(card),
        {"boot.nbi.zpxe": card.special("undi")},
        partial(serving, Naming("boot.nbi.zpxe")),
        keeper,
    )
    must_go_on(outcome, driver_line(card, "undi"), NOT_THERE)
    _once(outcome, "ROM and second stage", 2)
    return ""


def _again(files: tuple[str, ...], name: Naming, start: Stage, card: Card, keeper: Keeper) -> str:
    """Names that lead from us to us: it must end, and say why."""
    loader = card.special("undi")
    outcome = boot(start(card), {file: loader for file in files}, partial(serving, name), keeper)
    must_go_on(outcome, OWN_NAME)
    return f"{outcome.console.count('Etherforge ')} banners"


def _silent_then(kind: str, start: Stage, card: Card, keeper: Keeper) -> str:
    """The DHCP server says no more once the second stage is loaded: what the first stage learned is kept."""
    program = payload("nbi")
    files = {"boot.nbi": program.data, "boot.nbi.zpxe": _second(kind, card)}
    naming = Naming("boot.nbi.zpxe", once=True, hidden=True)
    outcome = boot(
        replace(start(card), warp=True, timeout=60.0), files, partial(serving, naming), keeper
    )
    must_boot(
        program.expected, outcome, _driver(kind, card), r"E08\b", "as configured by the PXE stack"
    )
    return ""


def _proxy_once(kind: str, start: Stage, card: Card, keeper: Keeper) -> str:
    """The second stage gets an address again, but no proxy names a file: what the first stage learned is kept."""
    program = payload("nbi")
    files = {"boot.nbi": program.data, "boot.nbi.zpxe": _second(kind, card)}
    naming = Naming("boot.nbi.zpxe", "proxy67", proxy_once=True, hidden=start is ours)
    outcome = boot(start(card), files, partial(serving, naming), keeper)
    must_boot(program.expected, outcome, _driver(kind, card), "as configured by the PXE stack")
    return ""


def _late(seconds: float, boots: bool, card: Card, keeper: Keeper) -> str:
    """A proxy's offer that comes late: used within the bounded wait, not after it."""
    program = payload("nbi")
    naming = Naming("boot.nbi", "proxy67", late=seconds)
    outcome = boot(ours(card), {"boot.nbi": program.data}, partial(serving, naming), keeper)
    if boots:
        must_boot(program.expected, outcome)
    else:
        must_go_on(outcome, r"E10\b")
    return ""


def _twice(card: Card, keeper: Keeper) -> str:
    """A proxy that offers twice: the first offer counts."""
    program = payload("nbi")
    naming = Naming("boot.nbi", "proxy67", twice=True)
    outcome = boot(ours(card), {"boot.nbi": program.data}, partial(serving, naming), keeper)
    must_boot(program.expected, outcome)
    must_show(outcome, r"boot file boot\.nbi")
    return ""


def _forging(card: Card, keeper: Keeper) -> str:
    """Control characters in the name: the server is asked for it as it is, the console shows none of them."""
    program = payload("nbi")
    name = "boot\r\nEtherforge\x08\x1b[2J\x07"
    outcome = boot(ours(card), {name: program.data}, partial(serving, Naming(name)), keeper)
    must_boot(program.expected, outcome, r"boot file boot\?\?Etherforge\?\?\[2J\?")
    return ""


def _per_card(card: Card) -> Iterator[tuple[str, Callable[[Card, Keeper], str]]]:
    for kind in ("undi", "native"):
        for place in PLACES + PROXIES:
            if place not in UNKNOWN_TO_STOCK:
                yield f"{place}+stock+{kind}", partial(_two_stages, place, kind, theirs)
            yield f"{place}+own+{kind}", partial(_two_stages, place, kind, ours)
        for name in ("BOOT.NBI.ZPXE", "boot.nbi.Zpxe"):
            yield f"{name}+{kind}", partial(_upper_case, name, kind)
        yield f"suffix-alone+{kind}", partial(_goes_on, ".zpxe", NOTHING_LEFT, kind)
        yield f"own-name+{kind}", partial(_goes_on, "loader.0", OWN_NAME, kind)
        yield f"nothing-there+{kind}", partial(_goes_on, "boot.nbi.zpxe", NOT_THERE, kind)
    for place in PLACES + PROXIES:
        yield f"{place}+rom", partial(_direct, place)
    yield "literal+rom", _literal
    yield "whole-name+rom", _whole_name
    yield "uri+rom", _by_uri
    double, single = Naming("x.zpxe.zpxe"), "x.zpxe"
    yield "double-suffix+rom", partial(_again, (single,), double, ours)
    yield "double-suffix+stock", partial(_again, (double.file, single), double, theirs)
    yield "both-names+stock", partial(_again, (single, "x"), Naming(single), theirs)
    # Here no field of the cached reply can name what was loaded: the loader has to know itself.
    hidden = replace(double, place="overload-file")
    yield "double-suffix+overload+rom", partial(_again, (single,), hidden, ours)


QUICK = (
    "option67+stock+undi",
    "proxy4011+own+undi",
    "field+stock+native",
    "own-name+undi",
    "suffix-alone+undi",
    "whole-name+rom",
    "uri+rom",
)


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """Everything on every card; what depends on time on the first."""
    for index, card in enumerate(all_cards):
        for name, go in _per_card(card):
            yield Case(GROUP, name, card, go, quick=index == 0 and name in QUICK)
    for card in all_cards[:1]:
        yield Case(GROUP, "pxelinux-then-us", card, _by_way_of_pxelinux)
        yield Case(GROUP, "proxy-late", card, partial(_late, 3.0, True))
        yield Case(GROUP, "proxy-too-late", card, partial(_late, 12.0, False))
        yield Case(GROUP, "proxy-twice", card, _twice)
        yield Case(GROUP, "forging", card, _forging)
        for kind in ("undi", "native"):
            yield Case(GROUP, f"silent-then+own+{kind}", card, partial(_silent_then, kind, ours))
            yield Case(GROUP, f"proxy-once+own+{kind}", card, partial(_proxy_once, kind, ours))
        yield Case(GROUP, "proxy-once+stock+undi", card, partial(_proxy_once, "undi", theirs))
        yield Case(GROUP, "silent-then+stock+undi", card, partial(_silent_then, "undi", theirs))
