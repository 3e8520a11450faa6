# SPDX-License-Identifier: BSD-2-Clause
"""factory/flash.yaml: that it fits the matrix and flashrom, and what the catalogue makes of it."""

from __future__ import annotations

import re
import subprocess
from itertools import chain
from typing import Any

import pytest

from ci.tree import ROOT, need_tool
from factory.document import load_document
from factory.flash import KIB, chips, flash, programmers
from factory.spec import PciId, load_spec

DATA = load_document(ROOT / "factory/flash.yaml").data
SPEC = load_spec(ROOT / "targets.yaml")
RTL8139, I210, I211 = (PciId.parse(it) for it in ("10ec:8139", "8086:1533", "8086:1539"))


def listed() -> dict[str, dict[str, str]]:
    """flashrom's PCI programmers, as `flashrom -L` prints them: status by ID."""
    done = subprocess.run(
        [need_tool("flashrom"), "-L"], capture_output=True, text=True, check=True, errors="replace"
    )
    sections = re.split(r"Supported PCI devices for the (\w+) programmer:\n", done.stdout)
    table = re.compile(r"([0-9a-f]{4}:[0-9a-f]{4})\s+(OK|Untested)\s*$", re.MULTILINE)
    pairs = zip(sections[1::2], (text.split("\n\n")[0] for text in sections[2::2]))
    return {name: dict(table.findall(text)) for name, text in pairs}


def test_programmers_are_flashroms() -> None:
    """The same cards, and the same word on whether they were tried. No programmer for network cards is missing."""
    known = {name: cards for name, cards in listed().items() if name.startswith("nic")}
    assert len(known) >= 5, known.keys()
    for name, cards in known.items():  # some may have been left out when flashrom was built
        item = DATA["programmers"][name]
        ours = {card: "OK" for card in item.get("tested", ())}
        ours.update({card: "Untested" for card in item.get("untested", ())})
        assert ours == cards, name


def test_groups_are_of_the_matrix() -> None:
    """Cards that their family has, none of them twice; the last group is for all others. A new family may have none."""
    families = {family.name: {str(entry.id) for entry in family.ids} for family in SPEC.families}
    assert set(DATA["families"]) <= set(families)
    for name, groups in DATA["families"].items():
        ids = list(chain.from_iterable(group.get("ids", ()) for group in groups))
        assert set(ids) <= families[name] and len(set(ids)) == len(ids), name
        assert ["ids" in group for group in groups] == [True] * (len(groups) - 1) + [False], name


def test_every_card_has_facts() -> None:
    """Texts that a page can show, and chips that grow."""
    for family in (it for it in SPEC.families if it.name in DATA["families"]):
        for entry in family.ids:
            known = chips(family.name, entry.id)
            assert known is not None and list(known.sizes) == sorted(set(known.sizes))
            found = flash(family.name, entry.id, 24 * KIB)
            assert len(found["note"]) <= 400 and found["note"].endswith("."), entry.id
            assert (found["chip"] is None) == (not known.sizes)
            if found["flashrom"] is not None:
                assert found["chip"] is not None, "a programmer, but nothing to program"


@pytest.mark.parametrize(
    ("size", "chip"), [(512, 32), (32 * KIB, 32), (32 * KIB + 512, 64), (128 * KIB, 128)]
)
def test_smallest_chip(size: int, chip: int) -> None:
    found = flash("rtl8139", RTL8139, size)
    assert (found["chip"], found["flashrom"]) == (chip * KIB, "nicrealtek")


def test_rom_larger_than_chips() -> None:
    found = flash("rtl8139", RTL8139, 129 * KIB)
    assert found["chip"] is None
    assert found["note"].startswith(
        "The ROM is larger than 128 KiB, and than usual chips. A 28-pin"
    )


@pytest.mark.parametrize(
    ("family", "card", "chip", "flashrom", "note"),
    [
        ("virtio_net", "1af4:1000", None, None, "A virtual card has no chip"),
        ("rtl8139", "10ec:8129", 32, None, "This chip cannot write flash"),
        ("eepro100", "8086:1209", 32, "nicintel", "have not tried this card."),
        ("eepro100", "8086:2449", None, None, "part of the mainboard's BIOS"),
        ("e1000", "8086:107c", 64, "nicintel_spi", "An SPI flash chip"),
        ("e1000", "8086:100e", 64, None, "Which chip these cards have is not known"),
        ("e1000", "8086:100f", 64, None, "A parallel flash chip"),
        ("igb", "8086:150e", 64, None, "settings only, not its boot ROM"),
        ("igb", "8086:1533", 64, None, "refuses raw writes"),
        ("e1000e", "8086:10d3", 64, None, "would destroy them"),  # although flashrom lists it, too
        ("igb", "8086:1539", None, None, "no flash chip"),  # although flashrom lists it
        ("of_mine", "10b7:9200", 32, "nic3com", "Which chips these cards have is not known."),
        ("of_mine", "abcd:0001", 32, None, "not known"),
    ],
)
def test_cards(family: str, card: str, chip: int | None, flashrom: Any, note: str) -> None:
    found = flash(family, PciId.parse(card), 22 * KIB)
    assert (found["chip"], found["flashrom"]) == (chip and chip * KIB, flashrom)
    assert note in found["note"]


def test_boot_rom_programmer_comes_first() -> None:
    """The I210 is a card of two programmers; only one of them writes boot ROMs."""
    assert [it.name for it in programmers(I210)] == ["nicintel_spi", "nicintel_eeprom"]
    assert [it.boot_rom for it in programmers(I210)] == [True, False]
    assert programmers(PciId(0xABCD, 1)) == []
    assert flash("igb", I211, 1024)["flashrom"] is None
