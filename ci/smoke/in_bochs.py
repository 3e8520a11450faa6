# SPDX-License-Identifier: BSD-2-Clause
"""Boots in Bochs: every card that it and the matrix share, with every BIOS, from a ROM and from a floppy."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import replace

from ci.images import STRANGER, Shop
from ci.lab.bochs import BIOSES, CARDS, DRIVES, ROM_IN
from ci.lab.case import FLOPPY_SIZE, Case
from ci.lab.machine import Drive
from ci.payloads.assembly import assemble
from ci.smoke.plans import Change, Plan, Selection, named, samples
from factory.spec import Spec

TIMEOUT = 60.0
OF_NO_CARD = r"Etherforge \S+ .*E01\b"

# payloads/old_bios.asm: AX, ES and DI as the ROM's init gets them, and whether it can write to itself.
OLD_BIOS_MAGIC = b"EFOLDBIO"
OLD_BIOSES = {
    "old-garbage": (0xFFFF, 0xFFFF, 0xFFFF, 0),
    "old-zeros": (0, 0, 0, 0),
    "old-read-only": (0x5A5A, 0xF000, 0xFFFD, 1),
}


def bochs_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """In a quick run only the ROMs, on a card, with Bochs's BIOS and SeaBIOS; and the first one with an old BIOS."""
    first = ""
    for plan in samples(spec, shop, replace(selection, id="", quick=False), "bochs"):
        if (
            plan.card not in CARDS
            or plan.card_id is None
            or plan.card_id.hex not in plan.image.path
        ):
            continue
        first = first or plan.card
        if plan.image.medium == "rom":
            yield from _rom_plans(plan, selection.quick)
            if plan.card == first:
                yield from _old_bios_plans(plan, selection.quick)
        elif plan.image.medium == "dsk" and not selection.quick:
            for bios in BIOSES:
                for kind in DRIVES:
                    yield named(plan, f"{bios}+{kind}", _in_bochs(bios), boot=kind)


def _in_bochs(bios: str, rom_in: str = "card") -> Change:
    def change(case: Case) -> Case:
        return replace(case.on(bios=bios, rom_by=rom_in), timeout=TIMEOUT)

    return change


def _fails(text: str) -> Change:
    def change(case: Case) -> Case:
        return replace(case, expected=replace(case.expected, boots=False, texts=(text,)))

    return change


def _rom_plans(plan: Plan, quick: bool) -> Iterator[Plan]:
    for bios, places in ROM_IN.items():
        for place in places:
            if place == "card" or not quick:
                yield named(plan, f"{bios}+{place}", _in_bochs(bios, place))
    # Bochs's BIOS runs a ROM for another card, too; that one must leave this card alone.
    name = "bochs+card+stranger"
    yield named(plan, name, _in_bochs("bochs"), _fails(OF_NO_CARD), restamp=STRANGER)


def _old_bios_plans(plan: Plan, quick: bool) -> Iterator[Plan]:
    """The ROM hooks INT 19h, and goes on there, or by INT 18h where it could not keep what that was."""
    for name, fields in list(OLD_BIOSES.items())[: 1 if quick else None]:
        yield named(plan, f"bochs+disk+{name}", _behind_old_bios(*fields))
    for read_only, text in ((1, "INT 18h"), (0, "INT 19h"))[: 1 if quick else None]:
        behind, fails = _behind_old_bios(0, 0, 0, read_only), _fails(rf"(?s){OF_NO_CARD}.*{text}")
        yield named(plan, f"bochs+disk+old-{read_only}", behind, fails, restamp=STRANGER)


def _behind_old_bios(*fields: int) -> Change:
    """On a disk that plays the BIOS, and has the ROM behind it."""

    def change(case: Case) -> Case:
        sector = bytearray(assemble("old_bios"))
        at = sector.index(OLD_BIOS_MAGIC) + len(OLD_BIOS_MAGIC)
        struct.pack_into("<4H", sector, at, *fields)
        data = (bytes(sector) + case.machine.rom).ljust(FLOPPY_SIZE, b"\0")
        digest = hashlib.sha256(data).hexdigest()
        label = replace(case.label, boot="disk", booted_sha256=digest)
        case = case.on(rom=b"", drives=(Drive("disk", data),))
        return replace(_in_bochs("bochs")(case), label=label)

    return change
