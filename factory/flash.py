# SPDX-License-Identifier: BSD-2-Clause
"""How an option ROM gets into a card (flash.yaml): into which chip, and whether flashrom can write it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from factory.document import load_document
from factory.spec import PciId

KIB = 1024
_LIST = Path(__file__).with_name("flash.yaml")
_UNKNOWN = "Which chips these cards have is not known."


@dataclass(frozen=True)
class Programmer:
    """A programmer of flashrom, for one card."""

    name: str
    boot_rom: bool  # False: it writes something else
    tested: bool  # by flashrom's authors
    note: str | None


@dataclass(frozen=True)
class Chips:
    """The flash chips that some cards of a family usually have."""

    sizes: tuple[int, ...]  # bytes, smallest first; empty: there is none
    note: str
    shared: bool  # holds what the card needs, too: flashrom, which writes all of it, would destroy that


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = load_document(_LIST).data
    return data


def programmers(card: PciId) -> list[Programmer]:
    """flashrom's programmers for the card; those for its boot ROM come first."""
    found = [
        Programmer(name, item.get("boot_rom", True), status == "tested", item.get("note"))
        for name, item in _data()["programmers"].items()
        for status in ("tested", "untested")
        if str(card) in item.get(status, ())
    ]
    return sorted(found, key=lambda programmer: not programmer.boot_rom)


def chips(family: str, card: PciId) -> Chips | None:
    """What is known of the chips of such cards; None when nothing is."""
    for group in _data()["families"].get(family, ()):
        if str(card) in group.get("ids", (str(card),)):
            sizes = tuple(size * KIB for size in group["chips"])
            return Chips(sizes, group["note"], group.get("shared", False))
    return None


def flash(family: str, card: PciId, size: int) -> dict[str, Any]:
    """The catalogue's `flash` of a ROM of `size` bytes for one card (docs/catalogue.md)."""
    known = chips(family, card)
    if known is not None and not known.sizes:
        return {"chip": None, "flashrom": None, "note": known.note}
    sizes = known.sizes if known is not None else tuple(32 * KIB << n for n in range(6))
    chip = next((each for each in sizes if each >= size), None)
    notes = [known.note if known is not None else _UNKNOWN]
    if chip is None:
        notes.insert(0, f"The ROM is larger than {sizes[-1] // KIB} KiB, and than usual chips.")
    found = [] if known is not None and known.shared else programmers(card)
    notes += [programmer.note for programmer in found[:1] if programmer.note]
    usable = next((programmer for programmer in found if programmer.boot_rom), None)
    if usable is not None and not usable.tested:
        notes.append("flashrom's authors have not tried this card.")
    return {
        "chip": chip,
        "flashrom": usable.name if usable is not None else None,
        "note": " ".join(notes),
    }
