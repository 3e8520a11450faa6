"""Boots in which the image has to find its card: the BIOS does not say which, or there are several.

A ROM that SeaBIOS got from the emulator is called with AX = 0. Of several cards the one in the highest slot has the
server; what the others are plugged into goes wrong in some way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.bad_input import ABSENT
from ci.cases import OWN, WARP, Plan, Selection, must_not_boot
from ci.images import STRANGER, Shop, stamped
from ci.machine import ROM_BY
from ci.media import MEDIA
from ci.net.wire import Scenario
from ci.runner import Case, Other
from factory.spec import Family, Image, Spec

TIER = "cards"
TIMEOUT = 60.0
FIRST, SECOND, THIRD = (rf"at 00:0{slot}\.0" for slot in (2, 3, 4))
BRIDGED = r"at 01:[0-9a-f]{2}\.0"
NEXT_CARD = "Trying the next card: "

SILENT, NAMELESS = Scenario("no-dhcp", dhcp=False), Scenario("no-name", names_file=False)
FILELESS = Scenario("missing", error=1)
# DISCOVERs that come while other cards wait for their turn are not enough for this one.
LATE = Scenario("late", deaf_for=4)

# What the first of two cards is plugged into, and the code with which it is given up.
TROUBLES = {
    "E08": Other("", SILENT),
    "E09": Other("", Scenario("nak", nak=True)),
    "E10": Other("", NAMELESS),
    "E13": Other("", Scenario("no-arp", boot_server=ABSENT)),
    "E14": Other("", FILELESS),
    "E17": Other("", Scenario("stops", stop_after=5)),
    "E03": Other("", link=False),
}
NO_TWO = ("igb",)  # in neighbouring slots: their virtual functions collide
QUICK_TROUBLES = ("E08", "E14")

Adjust = Callable[[Case], Case]


def card_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """ROMs of every family that QEMU has; disks of the first one, and `all` on two different cards.

    In a quick run, the first family only.
    """
    families = [f for f in spec.families if f.models and selection.family in ("", f.name)]
    for index, family in enumerate(families[:1] if selection.quick else families):
        for image in spec.images():
            if image.family != family.name or image.ids != (family.models[0].id,):
                continue
            if image.medium == "rom":
                yield from _rom_plans(family, image, shop)
            elif image.medium == "dsk" and family.name not in NO_TWO:
                yield from _disk_plans(family, image, shop, index == 0, selection.quick)
    if not selection.family:
        for image in spec.images():
            if image.family == "all":
                yield from _plans_of_all(families[:2], image, shop)


def _plan(family: Family, image: Image, shop: Shop, name: str, *adjust: Adjust) -> Plan:
    model = family.models[0]
    sha256 = hashlib.sha256(shop.image(image).read_bytes()).hexdigest()
    key = f"{TIER}+{image.path}+{family.name}+{name}"
    boot = MEDIA[image.medium].sample
    plan = Plan(key, image, sha256, TIER, model.device, model.id, home=family.name, boot=boot)
    return replace(plan, adjust=partial(_in_turn, adjust))


def _in_turn(adjust: tuple[Adjust, ...], case: Case) -> Case:
    for change in adjust:
        case = change(case)
    return case


def _change(**changes: object) -> Adjust:
    return lambda case: replace(case, **changes)


def _shows(*texts: str) -> Adjust:
    return lambda case: replace(
        case, expected=replace(case.expected, texts=case.expected.texts + texts)
    )


def _fails(*texts: str) -> Adjust:
    return lambda case: must_not_boot(case, *texts)


def _beside(*others: Other) -> Adjust:
    """Other cards, of the same kind unless they say which. The guest's clock is sped up: most of these boots wait."""

    def beside(case: Case) -> Case:
        same = tuple(replace(other, card=other.card or case.card) for other in others)
        network = case.network or Scenario()
        return replace(case, others=same, network=network, warp=WARP, timeout=TIMEOUT)

    return beside


def _rom_plans(family: Family, image: Image, shop: Shop) -> Iterator[Plan]:
    plan = partial(_plan, family, image, shop)
    blind = _change(rom_by="option-rom")
    for way in ROM_BY[1:]:
        yield plan(way, _change(rom_by=way), _shows(FIRST))
    yield plan("bridge", _change(bridged=True), _shows(BRIDGED))
    yield plan("bridge-blind", blind, _change(bridged=True), _shows(BRIDGED))
    stranger = _change(data=stamped(shop.image(image), STRANGER, shop))
    yield plan("blind-stranger", blind, stranger, _fails(r"E01\b"))
    if family.name in NO_TWO:
        return
    yield plan("second", _beside(Other("", NAMELESS)), _shows(rf"Etherforge .* {SECOND}"))
    shown = rf"(?s)Etherforge [^\n]* {FIRST}.*E14.*{NEXT_CARD}"
    yield plan("blind-second", blind, _beside(TROUBLES["E14"]), _shows(shown))


def _disk_plans(
    family: Family, image: Image, shop: Shop, whole: bool, quick: bool
) -> Iterator[Plan]:
    plan = partial(_plan, family, image, shop)
    for code in TROUBLES if whole and not quick else QUICK_TROUBLES:
        shown = rf"(?s){FIRST}.*\({code}\).*{NEXT_CARD}[^\n]*{SECOND}"
        yield plan(code, _beside(TROUBLES[code]), _shows(shown))
    if not whole:
        return
    shown = rf"(?s){FIRST}.*E14.*{SECOND}.*E10.*{THIRD}"
    yield plan("three", _beside(TROUBLES["E14"], TROUBLES["E10"]), _shows(shown))
    # Both once, then the next device.
    once = rf"(?s){FIRST}.*E14\b(?!.*{FIRST}).*{SECOND}.*E10\b(?!.*{NEXT_CARD})"
    yield plan("none", _change(network=NAMELESS), _beside(TROUBLES["E14"]), _fails(once))
    # A card whose network is slow gets its time once the others have had their turn.
    again = rf"(?s){SECOND}.*E08\b.*{FIRST}.*E14\b.*{SECOND}"
    yield plan("late", _change(network=LATE), _beside(TROUBLES["E14"]), _shows(again))


def _plans_of_all(families: list[Family], image: Image, shop: Shop) -> Iterator[Plan]:
    """Two different cards. A second stage is loaded over one, which then has nothing more for it."""
    if len(families) < 2:
        return
    family, other = families
    plan = partial(_plan, family, image, shop)
    card = other.models[0].device
    if image.medium == "dsk":
        shown = rf"(?s){other.name} .*E08.*{NEXT_CARD}{family.name} "
        yield plan("two", _beside(Other(card, SILENT)), _shows(shown))
        return
    rom = (shop.out / "images" / family.name / f"{family.models[0].id.hex}.rom").read_bytes()
    first_stage = _change(first_stage=rom, first_stage_name=OWN, nbp_suffix=".nbp")
    network = _change(network=Scenario("chain", then_names="absent"))
    shown = rf"(?s)Etherforge .*Etherforge \S+ {family.name} .*E14.*{NEXT_CARD}{other.name} "
    yield plan("two", first_stage, network, _beside(Other(card)), _shows(shown))
