# SPDX-License-Identifier: BSD-2-Clause
"""Boots in which the image has to find its card: the BIOS does not say which, or there are several.

A ROM that SeaBIOS got from the emulator is called with AX = 0. Of several cards the one in the highest slot has the
server; what the others are plugged into goes wrong in some way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci.images import STRANGER, Shop
from ci.lab.card import Card, cards
from ci.lab.case import Case
from ci.lab.machine import ROM_BY, WARP, Nic
from ci.lab.network import User, Wired
from ci.net.scenario import ALWAYS, NOWHERE, Scenario
from ci.smoke.failures import ABSENT
from ci.smoke.plans import OWN, Change, Plan, Selection, named, payload_name, samples, wired
from factory.spec import Spec

TIMEOUT = 60.0
FIRST, SECOND, THIRD = (rf"at 00:0{slot}\.0" for slot in (2, 3, 4))
BRIDGED = r"at 01:[0-9a-f]{2}\.0"
NEXT_CARD = "Trying the next card: "
OTHER_SERVER = bytes.fromhex("0200000002")  # and a byte: hardware address at the same IP address

NAMELESS = Scenario("no-name", place=NOWHERE)
# DISCOVERs that come while other cards wait for their turn are not enough for this one.
LATE = Scenario("late", deaf_for=4)

# What the first of two cards is plugged into (None: no cable), by the code with which it is given up.
TROUBLES = {
    "E08": Scenario("no-dhcp", dhcp=False),
    "E09": Scenario("nak", naks=ALWAYS),
    "E10": NAMELESS,
    "E13": Scenario("no-arp", boot_server=ABSENT),
    "E14": Scenario("missing", error=1),
    "E17": Scenario("stops", stop_after=5),
    "E03": None,
}
NO_TWO = ("igb",)  # in neighbouring slots: their virtual functions collide
QUICK_TROUBLES = ("E08", "E14")


def card_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """ROMs of every family that QEMU has; disks of the first one, and `all` on two different cards.

    In a quick run, the first family only.
    """
    first = ""
    for plan in samples(spec, shop, replace(selection, id=""), "cards"):
        first, family = first or plan.card, plan.image.family
        plan = replace(plan, key=f"{plan.key}+{family}")
        if plan.image.medium == "rom":
            yield from _rom_plans(plan, family in NO_TWO)
        elif plan.image.medium == "dsk" and family not in NO_TWO:
            yield from _disk_plans(plan, plan.card == first, selection.quick)
    if not selection.family:
        yield from _plans_of_all(spec, cards(spec, shop)[:2], shop)


def _on(**changes: object) -> Change:
    return lambda case: case.on(**changes)


def _shows(*texts: str) -> Change:
    return lambda case: case.showing(*texts)


def _fails(*texts: str) -> Change:
    return lambda case: case.failing(*texts)


def _beside(*scenarios: Scenario | None, card: str = "") -> Change:
    """Other cards, of the same kind unless told. The guest's clock is sped up: most of these boots wait."""

    def change(case: Case) -> Case:
        others = tuple(
            Nic(
                card or case.machine.card,
                Wired(payload_name(case), scenario or Scenario(), OTHER_SERVER + bytes([number])),
                link=scenario is not None,
            )
            for number, scenario in enumerate(scenarios)
        )
        if isinstance(case.network, User):
            case = wired(Scenario())(case)
        return replace(case.on(others=others, warp=WARP), timeout=TIMEOUT)

    return change


def _rom_plans(plan: Plan, alone: bool) -> Iterator[Plan]:
    blind, bridged = _on(rom_by="option-rom"), _on(bridged=True)
    for way in ROM_BY[1:]:
        yield named(plan, way, _on(rom_by=way), _shows(FIRST))
    yield named(plan, "bridge", bridged, _shows(BRIDGED))
    yield named(plan, "bridge-blind", blind, bridged, _shows(BRIDGED))
    yield named(plan, "blind-stranger", blind, _fails(r"E01\b"), restamp=STRANGER)
    if alone:
        return
    yield named(plan, "second", _beside(NAMELESS), _shows(rf"Etherforge .* {SECOND}"))
    shown = rf"(?s)Etherforge [^\n]* {FIRST}.*E14.*{NEXT_CARD}"
    yield named(plan, "blind-second", blind, _beside(TROUBLES["E14"]), _shows(shown))


def _disk_plans(plan: Plan, whole: bool, quick: bool) -> Iterator[Plan]:
    for code in TROUBLES if whole and not quick else QUICK_TROUBLES:
        shown = rf"(?s){FIRST}.*\({code}\).*{NEXT_CARD}[^\n]*{SECOND}"
        yield named(plan, code, _beside(TROUBLES[code]), _shows(shown))
    if not whole:
        return
    missing = TROUBLES["E14"]
    shown = rf"(?s){FIRST}.*E14.*{SECOND}.*E10.*{THIRD}"
    yield named(plan, "three", _beside(missing, NAMELESS), _shows(shown))
    # Both once, then the next device.
    once = rf"(?s){FIRST}.*E14\b(?!.*{FIRST}).*{SECOND}.*E10\b(?!.*{NEXT_CARD})"
    yield named(plan, "none", wired(NAMELESS), _beside(missing), _fails(once))
    # A card whose network is slow gets its time once the others have had their turn.
    again = rf"(?s){SECOND}.*E08\b.*{FIRST}.*E14\b.*{SECOND}"
    yield named(plan, "late", wired(LATE), _beside(missing), _shows(again))


def _plans_of_all(spec: Spec, two: list[Card], shop: Shop) -> Iterator[Plan]:
    """Two different cards. A second stage is loaded over one, which then has nothing more for it."""
    if len(two) < 2:
        return
    card, other = two
    for image in (image for image in spec.images() if image.family == "all"):
        plan = Plan(
            f"cards+{image.path}+{card.family}",
            image,
            shop,
            "cards",
            card.device,
            card.model.id,
            home=card.family,
            first_stage=OWN,
        )
        if image.medium == "dsk":
            shown = rf"(?s){other.family} .*E08.*{NEXT_CARD}{card.family} "
            beside = _beside(TROUBLES["E08"], card=other.device)
            yield named(plan, "two", beside, _shows(shown), boot="disk")
        else:
            stages = rf"(?s)Etherforge .*Etherforge \S+ {card.family} "
            shown = rf"{stages}.*E14.*{NEXT_CARD}{other.family} "
            chain = wired(Scenario("chain", then_names="absent"))
            beside = _beside(Scenario(), card=other.device)
            yield named(plan, "two", chain, beside, _shows(shown), boot="nbp")
