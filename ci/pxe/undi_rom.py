# SPDX-License-Identifier: BSD-2-Clause
"""Our ROM's UNDI loader, called by a program from a floppy, after the BIOS has tried to boot from the ROM in vain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.lab.judge import last_line
from ci.lab.network import User
from ci.pxe.probe import DONE_EXIT
from ci.pxe.programs import assemble
from ci.pxe.start import ours, shows

GROUP = "undi-rom"
ROM_SEGMENT = 0xC000
# START_UNDI, STARTUP, INITIALIZE, GET_INFORMATION, OPEN, TRANSMIT, CLOSE, SHUTDOWN, STOP_UNDI
CALLS = [0x00, 0x01, 0x03, 0x0C, 0x06, 0x08, 0x07, 0x05, 0x15]
ARP_REPLY = 0x0200  # as a word in memory


def _load(lowers: bool, card: Card) -> Case:
    """ci/payloads/pxe_loads.asm; it lowers 40:13 before the call, or only afterwards."""
    start = ours(card, floppy=assemble("pxe_loads", LOWERS=int(lowers)))
    return replace(shows(start, User("unused"), {"unused": b""}), check=_loaded)


def _loaded(boot: Boot) -> str:
    outcome = boot.outcome
    found: dict[str, list[int]] = {}
    for name, value in re.findall(r"^([A-Z]+) (\w{4})$", outcome.debug, re.M):
        found.setdefault(name, []).append(int(value, 16))
    if outcome.exit_code != DONE_EXIT or "HOOK" not in found:
        raise Failed(f"did not end well: {found}; last line: {last_line(outcome.console)}")
    kb = found["KB"]
    rules = {
        "checksum of the UNDI ROM ID": found["SUM"] == [0],
        "bus type": found["BUS"] == [int.from_bytes(b"PC", "little")],
        "the loader fails": found["LOADER"] + found["STATUS"] == [0, 0],
        "!PXE describes memory that was not set aside": found["OUTSIDE"] == [0],
        "no PXENV+": found["PXENV"] == [int.from_bytes(b"PX", "little")],
        f"calls and statuses {found['CALL']}": found["CALL"] == CALLS,
        "no ARP reply": found["ARP"] == [ARP_REPLY],
        f"40:13 went from {kb[0]} to {kb[-1]}": kb[0] == kb[-1],
        "INT 15h is still hooked": found["HOOK"][0] >= ROM_SEGMENT,
    }
    faults = [what for what, holds in rules.items() if not holds]
    if faults:
        raise Failed("; ".join(faults))
    return f"{kb[0]} KiB left by the caller"


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """On every card."""
    for index, card in enumerate(all_cards):
        yield CardPlan(GROUP, "lowers-first", card, partial(_load, True), quick=index == 0)
        yield CardPlan(GROUP, "lowers-later", card, partial(_load, False))
