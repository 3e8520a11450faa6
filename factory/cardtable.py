# SPDX-License-Identifier: BSD-2-Clause
"""The table of an image for every card: which driver drives which (platform/target.c reads it)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from factory.spec import TableEntry

STEP_LIMIT = 127  # larger steps would save nothing, packed


def card_table(entries: Iterable[TableEntry]) -> bytes:
    """Cards by driver and ID, each as small as its distance to the one before.

    A byte 1 to 127 is the step to the next device ID of the same vendor and driver. A byte 0 stands before a card in
    full: driver index (8 bits), device and vendor ID (little-endian words). A card 0000:0000 ends the table.
    """
    table = bytearray()
    before: tuple[int, int, int] | None = None
    for driver, vendor, device in sorted(
        (entry.driver_index, entry.id.vendor, entry.id.device) for entry in entries
    ):
        step = device - before[2] if before and before[:2] == (driver, vendor) else 0
        if 0 < step <= STEP_LIMIT:
            table.append(step)
        else:
            table += struct.pack("<BBHH", 0, driver, device, vendor)
        before = driver, vendor, device
    return bytes(table + bytes(6))
