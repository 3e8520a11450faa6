"""Programs that call our PXE services in every way, and stacks that are broken on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.pxe import talk_blocks, talk_files, talk_network, talk_preboot
from ci.pxe.boot import (
    MEMORY,
    boot,
    driver_line,
    from_payload,
    must_boot,
    must_go_on,
    must_show,
    ours,
)
from ci.pxe.case import Card, Case, Failed, Keeper
from ci.pxe.probe import DONE_EXIT
from ci.pxe.programs import payload
from ci.pxe.talk import Talk
from ci.pxe.wire import Naming, serving

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


def _probe(name: str, layers: int, memory: int, card: Card, keeper: Keeper) -> str:
    """Hold a conversation by both entries; with two layers our undi.zpxe is what offers the services."""
    talk = Talk()
    for conversation in conversations(card, layers)[name]:
        for pxenv in (False,) if name.startswith(ONE_WAY) else (False, True):
            talk.pxenv = pxenv
            conversation(talk)
    files = {"probe": talk.script.program(), talk_files.NAME: talk_files.file_content()}
    if layers == 2:
        files["probe.zpxe"] = card.special("undi")
    naming = Naming("probe.zpxe" if layers == 2 else "probe", hidden=layers == 2)
    start = replace(ours(card), memory=memory)
    outcome = boot(start, files, partial(serving, naming), keeper)
    if layers == 2:
        must_show(outcome, driver_line(card, "undi"))
    talk.judge(outcome.debug)
    if outcome.exit_code != DONE_EXIT:
        raise Failed(f"the probe did not end (status {outcome.exit_code})")
    return f"{talk.script.count} steps"


def _restart(card: Card, keeper: Keeper) -> str:
    """RESTART_TFTP: a file that is not there, then a program in place of the one that calls."""
    program, talk = payload("nbp"), Talk()
    talk_preboot.restart_of_nothing(talk)
    talk.script.call(talk_preboot.RESTART, talk_preboot.restart_block("other"))
    files = {"probe": talk.script.program(), "other": program.data}
    outcome = boot(ours(card), files, partial(serving, Naming("probe")), keeper)
    talk.judge(outcome.debug)
    must_boot(program.expected, replace(outcome, debug=from_payload(outcome.debug)))
    return ""


def _too_large(card: Card, keeper: Keeper) -> str:
    """A program that base memory has no room for."""
    files = {"large.0": b"\xeb\xfe" + bytes(TOO_LARGE)}
    outcome = boot(ours(card), files, partial(serving, Naming("large.0")), keeper)
    must_go_on(
        outcome, r"large\.0: file does not fit \(E19\): \d+ bytes, base memory has room for \d+"
    )
    return ""


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """Every conversation with our services on every card, over its driver and over UNDI."""
    for index, card in enumerate(all_cards):
        for name in conversations(card, layers=1):
            quick = index == 0
            yield Case(GROUP, f"{name}+rom", card, partial(_probe, name, 1, MEMORY), quick=quick)
            yield Case(GROUP, f"{name}+undi", card, partial(_probe, name, 2, MEMORY))
        yield Case(GROUP, "too-large+rom", card, _too_large, quick=index == 0)
        yield Case(GROUP, "restart+rom", card, _restart, quick=index == 0)
    for card in all_cards[:1]:
        go = partial(_probe, "unload", 1, SMALL_MEMORY)
        yield Case(GROUP, f"unload-{SMALL_MEMORY}-MiB+rom", card, go)
