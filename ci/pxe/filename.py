# SPDX-License-Identifier: BSD-2-Clause
"""The boot file name rule: with one fixed name from the server, the first stage gets `x.zpxe`, the second `x`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.lab.card import Build, Card, CardPlan
from ci.lab.case import Boot, Case
from ci.lab.machine import WARP
from ci.lab.network import Wired
from ci.net.scenario import PLACES, PROXIES, SERVER_IP
from ci.pxe.loaders import configured, entry
from ci.pxe.programs import payload
from ci.pxe.second_stage import BY_KIND, UNDI
from ci.pxe.start import banners, boots, driver_line, goes_on, named, ours, theirs

GROUP = "name"
NOTHING_LEFT, OWN_NAME, NOT_THERE = r"E10\b", r"leads back to this loader \(E11\)", r"E14\b"
# The stock ROMs of 2019 take no notice of option 52.
UNKNOWN_TO_STOCK = ("overload-file", "overload-sname", "overload-both")
KEPT = "as configured by the PXE stack"
NAME, SUFFIX = "boot.nbi", ".zpxe"
LOADS_NAME = r"tftp://[\d.]+/boot\.nbi "


def _stages(start: Case, network: Wired, kind: str, card: Card, *texts: str) -> Case:
    """A ROM loads `x.zpxe`, which loads `x`."""
    program, stage, name = payload("nbi"), BY_KIND[kind], network.boot_file
    files = {name[: -len(SUFFIX)]: program.data, name: stage.data(card)}
    return boots(start, network, files, program.expected, stage.driver(card), *texts)


def _two_stages(place: str, kind: str, start: Build, card: Card) -> Case:
    """Our own ROM would load `boot.nbi` itself, if that were there when it asks."""
    network = named(NAME + SUFFIX, place=place, hidden=start is ours)
    return _stages(start(card), network, kind, card, LOADS_NAME)


def _direct(place: str, card: Card) -> Case:
    """Our ROM needs no second stage: it loads `boot.nbi` at once."""
    program = payload("nbi")
    files = {NAME: program.data, NAME + SUFFIX: card.special(UNDI)}
    network = named(NAME + SUFFIX, place=place)
    return banners(boots(ours(card), network, files, program.expected, LOADS_NAME), 1)


def _upper_case(name: str, kind: str, card: Card) -> Case:
    """The suffix counts in any case; what is left of the name is not changed."""
    return _stages(theirs(card), named(name), kind, card)


def _leads_nowhere(name: str, text: str, kind: str, card: Card) -> Case:
    """The stock ROM loads us under a name that leads nowhere: a clear message, then the next boot device."""
    stage = BY_KIND[kind]
    files = {name: stage.data(card)}
    return banners(goes_on(theirs(card), named(name), files, stage.driver(card), text), 1)


def _whole_name(card: Card) -> Case:
    """Our ROM finds no `x`, so it boots `x.zpxe`: a boot that ends well shows no error."""
    program, network, text = payload("nbi"), named(NAME + SUFFIX), r"boot\.nbi not found, trying "
    files, text = {NAME + SUFFIX: program.data}, rf"{text}boot\.nbi\.zpxe\n"
    case = boots(ours(card), network, files, program.expected, text)
    return replace(case, expected=case.expected.hiding(r"\(E\d\d\)"))


def _by_uri(card: Card) -> Case:
    """DHCP may name a URI; the suffix is taken off its path."""
    program, server = payload("nbi"), ".".join(map(str, SERVER_IP))
    network = named(f"TFTP://{server}:69/dir/boot.nbi.zpxe")
    files, text = {"dir/boot.nbi": program.data}, rf"tftp://{server}:69/dir/boot\.nbi "
    return boots(ours(card), network, files, program.expected, text)


def _by_way_of_pxelinux(card: Card) -> Case:
    """The stock ROM loads pxelinux, that one us, and DHCP names pxelinux again: that is not ourselves."""
    files = configured("pxelinux.0", *entry("undi.0")) | {"undi.0": card.special(UNDI)}
    texts = driver_line(card, UNDI), r"pxelinux\.0: .*" + OWN_NAME
    return banners(goes_on(theirs(card), named("pxelinux.0"), files, *texts), 1)


def _literal(card: Card) -> Case:
    """Our ROM finds no `x`, so it loads `x.zpxe`; that one finds no `x` either."""
    files = {NAME + SUFFIX: card.special(UNDI)}
    texts = driver_line(card, UNDI), NOT_THERE
    return banners(goes_on(ours(card), named(NAME + SUFFIX), files, *texts), 2)


def _again(names: tuple[str, ...], network: Wired, start: Build, card: Card) -> Case:
    """Names that lead from us to us: it must end, and say why."""
    files = dict.fromkeys(names, card.special(UNDI))
    return replace(goes_on(start(card), network, files, OWN_NAME), check=_count)


def _count(boot: Boot) -> str:
    return f"{boot.outcome.console.count('Etherforge ')} banners"


def _silent_then(kind: str, start: Build, card: Card) -> Case:
    """The DHCP server says no more once the second stage is loaded: what the first stage learned is kept."""
    case = replace(start(card).on(warp=WARP), timeout=60.0)
    network = named(NAME + SUFFIX, once=True, hidden=True)
    return _stages(case, network, kind, card, r"E08\b", KEPT)


def _proxy_once(kind: str, start: Build, card: Card) -> Case:
    """The second stage gets an address again, but no proxy names a file: what the first stage learned is kept."""
    network = named(NAME + SUFFIX, place="proxy67", proxy_once=True, hidden=start is ours)
    return _stages(start(card), network, kind, card, KEPT)


def _one_stage(network: Wired, text: str, card: Card) -> Case:
    program = payload("nbi")
    files = {network.boot_file: program.data}
    return boots(ours(card), network, files, program.expected, *[text] * bool(text))


def _too_late(card: Card) -> Case:
    """A proxy's offer that comes late is used within the bounded wait, not after it."""
    network = named(NAME, place="proxy67", late=12.0)
    return goes_on(ours(card), network, {NAME: payload("nbi").data}, r"E10\b")


def _per_card() -> Iterator[tuple[str, Build]]:
    for kind in BY_KIND:
        for place in PLACES + PROXIES:
            if place not in UNKNOWN_TO_STOCK:
                yield f"{place}+stock+{kind}", partial(_two_stages, place, kind, theirs)
            yield f"{place}+own+{kind}", partial(_two_stages, place, kind, ours)
        for name in ("BOOT.NBI.ZPXE", "boot.nbi.Zpxe"):
            yield f"{name}+{kind}", partial(_upper_case, name, kind)
        yield f"suffix-alone+{kind}", partial(_leads_nowhere, SUFFIX, NOTHING_LEFT, kind)
        yield f"own-name+{kind}", partial(_leads_nowhere, "loader.0", OWN_NAME, kind)
        yield f"nothing-there+{kind}", partial(_leads_nowhere, NAME + SUFFIX, NOT_THERE, kind)
    for place in PLACES + PROXIES:
        yield f"{place}+rom", partial(_direct, place)
    yield "literal+rom", _literal
    yield "whole-name+rom", _whole_name
    yield "uri+rom", _by_uri
    single, double = "x.zpxe", named("x.zpxe.zpxe")
    yield "double-suffix+rom", partial(_again, (single,), double, ours)
    yield "double-suffix+stock", partial(_again, (double.boot_file, single), double, theirs)
    yield "both-names+stock", partial(_again, (single, "x"), named(single), theirs)
    # Here no field of the cached reply can name what was loaded: the loader has to know itself.
    overload = named(double.boot_file, place="overload-file")
    yield "double-suffix+overload+rom", partial(_again, (single,), overload, ours)


QUICK = (
    "option67+stock+undi",
    "proxy4011+own+undi",
    "field+stock+native",
    "own-name+undi",
    "suffix-alone+undi",
    "whole-name+rom",
    "uri+rom",
)
# Control characters in the name: the server is asked for it as it is, the console shows none of them.
FORGING = "boot\r\nEtherforge\x08\x1b[2J\x07", r"boot file boot\?\?Etherforge\?\?\s"


def _once() -> Iterator[tuple[str, Build]]:
    """What depends on time."""
    yield "pxelinux-then-us", _by_way_of_pxelinux
    yield "proxy-late", partial(_one_stage, named(NAME, place="proxy67", late=3.0), "")
    yield "proxy-too-late", _too_late
    # The first of two offers counts.
    twice = named(NAME, place="proxy67", twice=True)
    yield "proxy-twice", partial(_one_stage, twice, r"boot file boot\.nbi")
    yield "forging", partial(_one_stage, named(FORGING[0]), FORGING[1])
    for kind in BY_KIND:
        yield f"silent-then+own+{kind}", partial(_silent_then, kind, ours)
        yield f"proxy-once+own+{kind}", partial(_proxy_once, kind, ours)
    yield "proxy-once+stock+undi", partial(_proxy_once, UNDI, theirs)
    yield "silent-then+stock+undi", partial(_silent_then, UNDI, theirs)


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """Everything on every card; what depends on time on the first."""
    for index, card in enumerate(all_cards):
        for name, build in _per_card():
            yield CardPlan(GROUP, name, card, build, quick=index == 0 and name in QUICK)
    for card in all_cards[:1]:
        for name, build in _once():
            yield CardPlan(GROUP, name, card, build)
