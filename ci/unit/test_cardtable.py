# SPDX-License-Identifier: BSD-2-Clause
"""The table of cards in an image for every card."""

from __future__ import annotations

import random
import struct

from factory.cardtable import card_table
from factory.spec import PciId, TableEntry

END = bytes(6)


def entries(*cards: tuple[int, int, int]) -> list[TableEntry]:
    """Table entries of (vendor, device, driver)."""
    return [TableEntry(PciId(vendor, device), driver) for vendor, device, driver in cards]


def read(table: bytes) -> set[tuple[int, int, int]]:
    """What platform/target.c finds in it."""
    found, at, driver, card = set[tuple[int, int, int]](), 0, 0, 0
    while True:
        if table[at]:
            card, at = card + table[at], at + 1
        else:
            driver, card = struct.unpack_from("<BI", table, at + 1)
            at += 6
        if not card:
            assert at == len(table)
            return found
        found.add((card >> 16, card & 0xFFFF, driver))


def test_bytes() -> None:
    """Steps within a vendor and driver; everything else in full."""
    cards = ((0x8086, 0x100F, 1), (0x8086, 0x100E, 1), (0x8086, 0x1010, 2), (0x10EC, 0x100F, 1))
    assert card_table(entries(*cards)) == (
        b"\0\1\x0f\x10\xec\x10" + b"\0\1\x0e\x10\x86\x80" + b"\1" + b"\0\2\x10\x10\x86\x80" + END
    )


def test_no_card() -> None:
    assert card_table([]) == END


def test_every_card_is_found() -> None:
    """Whatever the distances; the largest IDs, too."""
    numbers = random.Random(4)
    cards = {(numbers.choice((1, 0x8086, 0xFFFE)), numbers.randrange(1, 900)) for _ in range(500)}
    cards |= {(0xFFFE, 0xFFFF), (0x8086, 0xFFFF - 127), (0x8086, 0xFFFF), (1, 0)}
    chosen = {(vendor, device, numbers.randrange(3)) for vendor, device in cards}
    assert read(card_table(entries(*chosen))) == chosen
