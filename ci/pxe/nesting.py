# SPDX-License-Identifier: BSD-2-Clause
"""Programs that ask for others, or for themselves, again and again; and what that does to the firmware's stack."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.lab.card import Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.lab.emulator import Outcome
from ci.lab.judge import last_line
from ci.lab.network import User
from ci.pxe.probe import DONE_EXIT
from ci.pxe.programs import assemble
from ci.pxe.start import driver_line, named, ours, shows

GROUP = "nest"
NAME = "again"
TIMES = 200
CALLS = {"restart": 0x73, "exec": 0xE5}


def symbols(elf: Path) -> dict[str, int]:
    """Addresses of an image as it was linked."""
    done = subprocess.run(["nm", str(elf)], capture_output=True, text=True, check=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}


def program(opcode: int, elf: Path) -> bytes:
    """ci/payloads/pxe_again.asm for the firmware of this image."""
    found = symbols(elf)
    return assemble(
        "pxe_again",
        OPCODE=opcode,
        TIMES=TIMES,
        STACK=found["stack_guard"] - found["nic_poll"],
        GUARD=found["stack_bottom"] - found["stack_guard"],
        SIZE=found["stack_top"] - found["stack_bottom"],
    )


def stack_used(outcome: Outcome, times: int) -> int:
    """Bytes of the stack. Raises Failed when the program did not ask so often, or something lies below it."""
    numbers = {
        name: int(value, 16)
        for name, value in re.findall(
            r"^(STATUS|COUNT|COPY|GUARD|USED) (\w+)$", outcome.debug, re.M
        )
    }
    if outcome.exit_code != DONE_EXIT or "USED" not in numbers:
        last = last_line(outcome.console)
        raise Failed(f"did not end (status {outcome.exit_code}): {last}")
    if "STATUS" in numbers:
        raise Failed(f"status {numbers['STATUS']:#x} after {numbers['COUNT']} times")
    if numbers["COUNT"] != times + 1 or numbers["COPY"]:
        raise Failed(f"{numbers}")
    if numbers["GUARD"]:
        raise Failed("the stack ran into what lies below it")
    return numbers["USED"]


def _again(opcode: int, second: bool, card: Card) -> Case:
    """The last program of the row finds the firmware as the first one did."""
    family = "undi" if second else card.family
    files = {NAME: program(opcode, card.shop.out / "elf" / f"{family}.elf")}
    case = shows(ours(card), User(NAME), files)
    if second:
        files[f"{NAME}.zpxe"] = card.special("undi")
        network = named(f"{NAME}.zpxe", hidden=True)
        case = shows(ours(card), network, files, driver_line(card, "undi"))
    return replace(case, check=_used)


def _used(boot: Boot) -> str:
    return f"{stack_used(boot.outcome, TIMES)} bytes of the stack used"


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """Both calls on every card."""
    for index, card in enumerate(all_cards):
        for name, opcode in CALLS.items():
            yield CardPlan(GROUP, name, card, partial(_again, opcode, False), quick=index == 0)
            if index == 0:
                yield CardPlan(GROUP, f"{name}+undi", card, partial(_again, opcode, True))
