# SPDX-License-Identifier: BSD-2-Clause
"""Programs that call our PXE services in every way, and stacks that are broken on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.lab.card import Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.lab.judge import PAYLOAD_EXIT
from ci.pxe import talk_blocks, talk_files, talk_network, talk_preboot
from ci.pxe.probe import DONE_EXIT
from ci.pxe.programs import payload
from ci.pxe.start import MEMORY, boots, driver_line, goes_on, named, ours, shows
from ci.pxe.talk import Talk

GROUP = "probe"
Conversation = Callable[[Talk], None]
TOO_LARGE = 620_000
SMALL_MEMORY = 16  # MiB; E801h tells of less than 16 MiB in KiB
ONE_WAY = ("unload", "hooked")  # names of what cannot be held twice begin so
HOOKED = (0x15, 0x1A)


def conversations(card: Card, layers: int) -> dict[str, tuple[Conversation, ...]]:
    """What is talked about, by name; each is one boot. With two layers our undi.zpxe offers the services."""
    over_undi = layers == 2
    information = partial(talk_network.information, card)
    return {
        "preboot": (partial(talk_preboot.structures, not over_undi), talk_preboot.cached),
        "nonsense": (talk_preboot.nonsense,),
        "zeros": (talk_preboot.zeros,),
        "blocks": (talk_blocks.blocks,),
        "null": (talk_preboot.null_pointers,),
        "tftp": (talk_files.closed, talk_files.reading, talk_files.refused, talk_files.at_once),
        "tftp-again": (talk_files.opening_again,),
        "tftp-memory": (talk_files.into_our_memory,),
        "files": (talk_files.extensions, talk_files.not_offered),
        "udp": (talk_network.udp_closed, talk_network.udp, talk_network.udp_closed),
        "udp-after-shutdown": (talk_network.udp_after_shutdown,),
        "undi": (information, talk_network.frames, talk_network.bad_frames),
        "multicast": (
            talk_network.multicast,
            *(
                partial(talk_network.joins, way, group)
                for way in talk_network.WAYS_TO_JOIN
                for group in talk_network.GROUPS
            ),
        ),
        "interrupts": (partial(talk_network.interrupts, card, over_undi),),
        "transmit": (talk_network.frames_unopened, talk_network.transmitted),
        "a20": (talk_preboot.a20,),
        "unload": (talk_preboot.unload,),
        **{f"hooked-{it:02x}": (partial(talk_preboot.hooked, it),) for it in HOOKED},
    }


def _probe(name: str, layers: int, memory: int, card: Card) -> Case:
    """Hold a conversation by both entries; with two layers our undi.zpxe is what offers the services."""
    talk = Talk()
    for conversation in conversations(card, layers)[name]:
        for pxenv in (False,) if name.startswith(ONE_WAY) else (False, True):
            talk.pxenv = pxenv
            conversation(talk)
    files = {"probe": talk.script.program(), talk_files.NAME: talk_files.file_content()}
    case = shows(ours(card).on(memory=memory), named("probe"), files)
    if layers == 2:
        files["probe.zpxe"] = card.special("undi")
        network = named("probe.zpxe", hidden=True)
        case = shows(case, network, files, driver_line(card, "undi"))
    return replace(case, check=partial(_talked, talk, DONE_EXIT))


def _talked(talk: Talk, status: int, boot: Boot) -> str:
    talk.judge(boot.outcome.debug)
    if boot.outcome.exit_code != status:
        raise Failed(f"the probe did not end (status {boot.outcome.exit_code})")
    return f"{talk.script.count} steps"


def _restart(card: Card) -> Case:
    """RESTART_TFTP: a file that is not there, then a program in place of the one that calls."""
    program, talk = payload("nbp"), Talk()
    talk_preboot.restart_of_nothing(talk)
    talk.script.call(talk_preboot.RESTART, talk_preboot.restart_block("other"))
    files = {"probe": talk.script.program(), "other": program.data}
    case = boots(ours(card), named("probe"), files, program.expected)
    check = partial(_talked, talk, PAYLOAD_EXIT)
    return replace(case, check=check, expected=replace(case.expected, notes=True))


def _too_large(card: Card) -> Case:
    """A program that base memory has no room for."""
    files = {"large.0": b"\xeb\xfe" + bytes(TOO_LARGE)}
    text = r"large\.0: file does not fit \(E19\): \d+ bytes, base memory has room for \d+"
    return goes_on(ours(card), named("large.0"), files, text)


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """Every conversation with our services on every card, over its driver and over UNDI."""
    for index, card in enumerate(all_cards):
        quick = index == 0
        for name in conversations(card, layers=1):
            yield CardPlan(
                GROUP, f"{name}+rom", card, partial(_probe, name, 1, MEMORY), quick=quick
            )
            yield CardPlan(GROUP, f"{name}+undi", card, partial(_probe, name, 2, MEMORY))
        yield CardPlan(GROUP, "too-large+rom", card, _too_large, quick=quick)
        yield CardPlan(GROUP, "restart+rom", card, _restart, quick=quick)
    for card in all_cards[:1]:
        build = partial(_probe, "unload", 1, SMALL_MEMORY)
        yield CardPlan(GROUP, f"unload-{SMALL_MEMORY}-MiB+rom", card, build)
