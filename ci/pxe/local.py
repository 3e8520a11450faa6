# SPDX-License-Identifier: BSD-2-Clause
"""Local boot: a script or the prompt starts a drive of the machine, or leaves that to the BIOS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import NEXT_DEVICE, Case
from ci.lab.machine import Drive
from ci.lab.network import User
from ci.pxe.programs import disk, floppy
from ci.pxe.start import boots, goes_on, ours

GROUP = "local"
SCRIPT = "script"
# A boot sector that gives up: int 18h.
GIVES_UP = b"\xcd\x18".ljust(510, b"\0") + b"\x55\xaa"
NO_BOOT_SECTOR = bytes(1 << 20)
PROMPT_OPENS = "SeaBIOS"  # a key that was pressed by then


def _script(*lines: str) -> dict[str, bytes]:
    return {SCRIPT: "\n".join(("#!ipxe", *lines, "")).encode()}


def _with(card: Card, *drives: Drive) -> Case:
    return ours(card).on(drives=drives)


def _first_disk(card: Card) -> Case:
    program = disk()
    files = _script("sanboot --no-describe --drive 0x80")
    return boots(_with(card, Drive("disk", program.data)), User(SCRIPT), files, program.expected)


def _second_disk(card: Card) -> Case:
    program = disk()
    drives = Drive("disk", NEXT_DEVICE), Drive("disk", program.data)
    files = _script("sanboot -d 129")
    return boots(_with(card, *drives), User(SCRIPT), files, program.expected)


def _floppy(card: Card) -> Case:
    program = floppy()
    files = _script("sanboot --drive 0x00")
    return boots(_with(card, Drive("floppy", program.data)), User(SCRIPT), files, program.expected)


def _prompt(card: Card) -> Case:
    """No server is asked for anything."""
    program = disk()
    case = boots(_with(card, Drive("disk", program.data)), User("none"), {}, program.expected)
    expected = case.expected.hiding("DHCP:")
    return replace(
        case, expected=expected, keys=((PROMPT_OPENS, b" "), ("etherforge>", b"sanboot\r"))
    )


def _none(card: Card) -> Case:
    """Drives that are not there, or do not boot, and what is no drive."""
    files = _script(
        "sanboot --drive 0x85 || echo none such",
        "sanboot --drive 0x80 || echo no boot sector",
        "sanboot iscsi:10.0.2.2::::iqn.x || echo no such kind",
    )
    texts = r"(?s)E41\b.*none such.*E41\b.*no boot sector.*E42\b.*no such kind"
    drives = Drive("disk", NO_BOOT_SECTOR), Drive("floppy", NEXT_DEVICE)
    return goes_on(_with(card, *drives), User(SCRIPT), files, texts)


def _gives_up(card: Card) -> Case:
    """The BIOS goes on behind a boot sector that we have started, as behind one of its own."""
    drives = Drive("disk", GIVES_UP.ljust(1 << 20, b"\0")), Drive("floppy", NEXT_DEVICE)
    return goes_on(_with(card, *drives), User(SCRIPT), _script("sanboot"))


def _exit(card: Card) -> Case:
    """Nothing behind it is carried out, and no other card is tried."""
    files = _script("echo begins", "exit", "echo goes on")
    case = goes_on(ours(card), User(SCRIPT), files, "begins")
    return replace(case, expected=case.expected.hiding("goes on", "next card", r"\bE\d\d\b"))


CASES = {
    "disk": _first_disk,
    "second-disk": _second_disk,
    "floppy": _floppy,
    "prompt": _prompt,
    "none": _none,
    "gives-up": _gives_up,
    "exit": _exit,
}


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """All on the first card, the disk and the end of a script on every other; in a quick run, on two."""
    for index, card in enumerate(all_cards):
        for name, build in CASES.items():
            if index == 0 or name in ("disk", "exit"):
                yield CardPlan(GROUP, name, card, partial(build), quick=index < 2)
