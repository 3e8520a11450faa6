"""Boots in Bochs: every card that it and the matrix share, with every BIOS, from a ROM and from a floppy."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.bochs import BIOSES, CARDS, DRIVES, ROM_IN
from ci.cases import FLOPPY_SIZE, Plan, Selection
from ci.images import STRANGER, Shop, stamped
from ci.payloads.assembly import assemble
from ci.runner import Case
from factory.spec import Family, Image, Spec

TIER = "bochs"
TIMEOUT = 60.0
OF_NO_CARD = r"Etherforge \S+ .*E01\b"

# payloads/old_bios.asm: AX, ES and DI as the ROM's init gets them, and whether it can write to itself.
OLD_BIOS_MAGIC = b"EFOLDBIO"
NOTHING = (0, 0, 0)
OLD_BIOSES = {
    "old-garbage": (0xFFFF, 0xFFFF, 0xFFFF, 0),
    "old-zeros": (*NOTHING, 0),
    "old-read-only": (0x5A5A, 0xF000, 0xFFFD, 1),
}

Adjust = Callable[[Case], Case]


def bochs_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """In a quick run only the ROMs, on a card, with Bochs's BIOS and SeaBIOS; and the first one with an old BIOS."""
    families = [f for f in spec.families if f.models and f.models[0].device in CARDS]
    families = [f for f in families if selection.family in ("", f.name)]
    for family in families:
        for image in spec.images():
            if image.family != family.name or image.path != _image_of(family, image.medium):
                continue
            if image.medium == "rom":
                yield from _rom_plans(family, image, shop, selection.quick)
                if family is families[0]:
                    yield from _old_bios_plans(family, image, shop, selection.quick)
            elif image.medium == "dsk" and not selection.quick:
                yield from _disk_plans(family, image, shop)


def _image_of(family: Family, medium: str) -> str:
    return f"{family.name}/{family.models[0].id.hex}.{medium}"


def _plan(
    family: Family, image: Image, shop: Shop, boot: tuple[str, str], adjust: Adjust, name: str = ""
) -> Plan:
    """`boot`: BIOS, and what from."""
    model, path = family.models[0], shop.image(image)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    key = "+".join((TIER, image.path, *boot, name)).rstrip("+")
    kind = "rom" if boot[1] in ("card", "memory") else boot[1]
    plan = Plan(key, image, sha256, TIER, model.device, model.id, boot=kind)
    return replace(plan, adjust=partial(_in_bochs, boot, adjust))


def _in_bochs(boot: tuple[str, str], adjust: Adjust, case: Case) -> Case:
    return adjust(replace(case, bochs=boot[0], rom_by=boot[1], timeout=TIMEOUT))


def _fails(text: str, case: Case) -> Case:
    return replace(case, expected=replace(case.expected, boots=False, texts=(text,)))


def _rom_plans(family: Family, image: Image, shop: Shop, quick: bool) -> Iterator[Plan]:
    for bios, places in ROM_IN.items():
        for place in places:
            if place == "card" or not quick:
                yield _plan(family, image, shop, (bios, place), lambda case: case)
    # Bochs's BIOS runs a ROM for another card, too; that one must leave this card alone.
    strange = partial(_strange, stamped(shop.image(image), STRANGER, shop))
    yield _plan(family, image, shop, ("bochs", "card"), strange, "stranger")


def _strange(data: bytes, case: Case) -> Case:
    return _fails(OF_NO_CARD, replace(case, data=data))


def _disk_plans(family: Family, image: Image, shop: Shop) -> Iterator[Plan]:
    for bios in BIOSES:
        for kind in DRIVES:
            yield _plan(family, image, shop, (bios, kind), _padded)


def _padded(case: Case) -> Case:
    return replace(case, data=case.data.ljust(FLOPPY_SIZE, b"\0"))


def _old_bios_plans(family: Family, image: Image, shop: Shop, quick: bool) -> Iterator[Plan]:
    """The ROM hooks INT 19h, and goes on there, or by INT 18h where it could not keep what that was."""
    for name, fields in list(OLD_BIOSES.items())[: 1 if quick else None]:
        adjust = partial(_behind_old_bios, fields, b"")
        yield _plan(family, image, shop, ("bochs", "disk"), adjust, name)
    strange = stamped(shop.image(image), STRANGER, shop)
    for read_only, text in ((1, "INT 18h"), (0, "INT 19h"))[: 1 if quick else None]:
        adjust = partial(_behind_old_bios, (*NOTHING, read_only), strange)
        failing = partial(_fails, rf"(?s){OF_NO_CARD}.*{text}")
        both = partial(_both, adjust, failing)
        yield _plan(family, image, shop, ("bochs", "disk"), both, f"old-{read_only}")


def _both(first: Adjust, second: Adjust, case: Case) -> Case:
    return second(first(case))


def _behind_old_bios(fields: tuple[int, ...], rom: bytes, case: Case) -> Case:
    """`rom`: in place of the case's, when it is not empty."""
    sector = bytearray(assemble("old_bios"))
    at = sector.index(OLD_BIOS_MAGIC) + len(OLD_BIOS_MAGIC)
    struct.pack_into("<4H", sector, at, *fields)
    return _padded(replace(case, data=bytes(sector) + (rom or case.data)))
