# SPDX-License-Identifier: BSD-2-Clause
"""Boot files that run and come back: the script, the next card or the next boot device has its turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Case
from ci.lab.judge import PAYLOAD_EXIT, Expected
from ci.lab.machine import Nic
from ci.lab.network import Network, User, Wired
from ci.net.scenario import Scenario
from ci.pxe.programs import Program, payload
from ci.pxe.start import ANYBODY, goes_on, ours, ours_on_floppy
from ci.payloads.payload import RETURNING_KINDS

GROUP = "return"
RETURNED = r"E24\b"
BACK = "back in the script"


def _report(program: Program) -> str:
    """What it shows."""
    return f"EFPAYLOAD nonce={program.expected.nonce} sum={program.expected.sum}"


def _then(programs: Mapping[str, Program], *texts: str) -> Expected:
    """All of them report, with these texts between them, and the last one ends the machine."""
    first, last = programs.values()
    shown = "(?s)" + ".*".join((_report(first), RETURNED, *texts, _report(last)))
    return replace(ANYBODY, exit=PAYLOAD_EXIT).showing(shown)


def _booted(case: Case, network: Network, programs: Mapping[str, Program], *texts: str) -> Case:
    files = {name: program.data for name, program in programs.items()}
    return replace(case, network=network, files=files, expected=_then(programs, *texts))


def _next_device(kind: str, card: Card) -> Case:
    """There is one card, and nothing else to boot."""
    program = payload(kind, returns=True)
    return goes_on(ours(card), User("comes"), {"comes": program.data}, _report(program), RETURNED)


def _next_card(kind: str, card: Card) -> Case:
    """Each card's server has another file; the one in the lower slot begins."""
    programs = {"comes": payload(kind, returns=True), "stays": payload("nbi")}
    mac = bytes.fromhex("020000000200")
    beside = Nic(card.device, Wired("comes", Scenario("beside"), mac))
    case = ours_on_floppy(card).on(others=(beside,))
    return _booted(case, Wired("stays"), programs, "Trying the next card")


def _script(kind: str, last: str, card: Card) -> Case:
    """The script sees the error, and fetches and boots another file."""
    programs = {"comes": payload(kind, returns=True), "stays": payload(last)}
    script = f"#!ipxe\nchain comes || echo {BACK}\nchain stays\n"
    case = _booted(ours(card), User("script"), programs, BACK)
    return replace(case, files={**case.files, "script": script.encode()})


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """Every kind of file that can come back, on every card."""
    for index, card in enumerate(all_cards):
        first = index == 0
        for kind in RETURNING_KINDS:
            build = partial(_next_device, kind)
            yield CardPlan(GROUP, f"{kind}+device", card, build)
            if card.family != "igb":  # in neighbouring slots: their virtual functions collide
                yield CardPlan(GROUP, f"{kind}+card", card, partial(_next_card, kind), quick=first)
            for last in RETURNING_KINDS:
                build = partial(_script, kind, last)
                yield CardPlan(GROUP, f"{kind}+{last}", card, build, quick=first)
