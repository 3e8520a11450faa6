# SPDX-License-Identifier: BSD-2-Clause
"""Captures of each distinct handshake, compared with what the standards ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.lab.card import Build, Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.lab.network import Wired
from ci.net.dhcp import PROXY_MAC, SERVER_MAC
from ci.net.scenario import CLIENT_IP, LOCK_STEP, PROXIES, PROXY_IP, SERVER_IP, Scenario
from ci.pxe import handshake_rules as rules
from ci.pxe.capture import Sent, datagrams, dhcp_messages, must_be_well_formed
from ci.pxe.programs import payload
from ci.pxe.servers import FIRST_STAGE, SECOND_STAGE
from ci.pxe.start import boots, goes_on, named, ours

GROUP = "packets"
MAC = bytes.fromhex("525400123456")  # QEMU's default
NAME = "boot.nbi"
DISCOVERS, FIRST_WAIT, LONGEST_WAIT = 10, 1.0, 8.0  # docs/boot-flow.md
ASK_TRIES, ASK_FIRST, ASK_LONGEST, ASK_JITTER = 10, 0.5, 2.0, 0.5
SERVICE = {"proxy4011": (PROXY_IP, PROXY_MAC), "same4011": (SERVER_IP, SERVER_MAC)}


Judge = Callable[[list[Sent]], str]  # of what was sent; must_hold(), or a remark


def captured(judge: Judge, boot: Boot) -> str:
    """The check of a case by the datagrams of its capture; tshark has to like those of our card."""
    remark = must_be_well_formed(boot.capture, MAC)
    return "; ".join(filter(None, (judge(datagrams(boot.capture)), remark)))


def must_hold(faults: list[str]) -> None:
    """Raise Failed with the faults there are."""
    if faults:
        raise Failed("; ".join(dict.fromkeys(faults)))


def booted(network: Wired, judge: Judge, card: Card) -> Case:
    """A boot from that server, whose capture is judged."""
    program = payload("nbi")
    case = boots(ours(card), network, {NAME: program.data}, program.expected)
    return replace(case, check=partial(captured, judge))


def given_up(network: Wired, judge: Judge, text: str, timeout: float, card: Card) -> Case:
    """The same where nothing can be booted."""
    start = replace(ours(card), timeout=timeout)
    return replace(goes_on(start, network, {NAME: b""}, text), check=partial(captured, judge))


def own_messages(sent: list[Sent]) -> list[Sent]:
    """Our card's DHCP messages."""
    return [message for message in dhcp_messages(sent) if message.source_mac == MAC]


def _dhcp(place: str, sent: list[Sent]) -> str:
    """From DISCOVER to ACK, with a proxy's offer or a question to the PXE service where there is one."""
    faults = rules.exchange_faults(dhcp_messages(sent))
    for message in own_messages(sent):
        faults += rules.common_faults(message, MAC, FIRST_STAGE.encode())
        faults += [] if message.port == 4011 else rules.broadcast_faults(message)
    asked = [message for message in dhcp_messages(sent) if message.port == 4011]
    if (place in SERVICE) != bool(asked):
        faults.append(f"{len(asked)} questions on port 4011")
    for message in asked:
        faults += rules.service_faults(message, CLIENT_IP, *SERVICE[place])
    must_hold(faults)
    return ""


def _second_stage(card: Card) -> Case:
    """Both stages ask by themselves."""
    program, network = payload("nbi"), named(f"{NAME}.zpxe", hidden=True)
    files = {NAME: program.data, f"{NAME}.zpxe": card.special("undi")}
    case = boots(ours(card), network, files, program.expected)
    return replace(case, check=partial(captured, _two_stages))


def _two_stages(sent: list[Sent]) -> str:
    """Each with its user class, the second one with another xid."""
    own = own_messages(sent)
    if [message.kind for message in own] != [1, 3, 1, 3]:
        raise Failed(f"messages of two stages: {[message.kind for message in own]}")
    faults = []
    for message, user_class in zip(own, (FIRST_STAGE, FIRST_STAGE, SECOND_STAGE, SECOND_STAGE)):
        faults += rules.common_faults(message, MAC, user_class.encode())
        faults += rules.broadcast_faults(message)
    if own[0].xid == own[2].xid:
        faults.append("the second stage uses the first one's xid")
    must_hold(faults)
    return ""


def _nobody(sent: list[Sent]) -> str:
    """Nobody answers: so often, so far apart, with secs that count. A sped-up clock would be too coarse for that."""
    discovers = own_messages(sent)
    faults = rules.backoff_faults([m.when for m in discovers], FIRST_WAIT, LONGEST_WAIT)
    faults += rules.secs_faults(discovers)
    faults += rules.randomness_faults([m.when for m in discovers])
    if len(discovers) != DISCOVERS:
        faults.append(f"{len(discovers)} DISCOVERs, not {DISCOVERS}")
    must_hold(faults)
    waits = [f"{b.when - a.when:.2f}" for a, b in zip(discovers, discovers[1:])]
    return f"waits {' '.join(waits)} s"


def _late(card: Card) -> Case:
    """A server, or a switch port, that wakes up after 17 s is still asked."""
    case = booted(Wired(NAME, Scenario(asleep=17.0), None), lambda sent: "", card)
    return replace(case, timeout=60.0)


def _tftp(refuses: bool, sent: list[Sent]) -> str:
    """One transfer, from a server with options or an old one."""
    requests, faults = [s for s in sent if s.port == 69], []
    if refuses:  # RFC 2347: ask again without, as a new transfer
        refused, requests = requests[0], requests[1:]
        if not requests or requests[0].source_port == refused.source_port:
            faults.append("no new request after the refusal")
        faults += [] if b"blksize" not in requests[0].data else ["options asked for again"]
    else:
        faults += rules.tftp_faults(sent, CLIENT_IP, NAME)
    must_hold(faults + ([f"{len(requests)} requests"] if len(requests) != 1 else []))
    return ""


def _silent(sent: list[Sent]) -> str:
    """A server that takes the request and says nothing: so often, so far apart."""
    times = [s.when for s in sent if s.port == 69]
    faults = rules.backoff_faults(times, ASK_FIRST, ASK_LONGEST, ASK_JITTER)
    if len(times) != ASK_TRIES:
        faults.append(f"{len(times)} requests, not {ASK_TRIES}")
    must_hold(faults)
    return ""


SCENARIOS = {
    "tftp-options": Scenario(),
    "tftp-lock-step": Scenario(options=LOCK_STEP),
    "tftp-old": Scenario(options=()),
    "tftp-refuses": Scenario(refuse_options=True),
}


def _all() -> Iterator[tuple[str, Build]]:
    yield "dhcp", partial(booted, named(NAME), partial(_dhcp, "field"))
    for place in PROXIES:
        yield f"dhcp-{place}", partial(booted, named(NAME, place=place), partial(_dhcp, place))
    yield "dhcp-second-stage", _second_stage
    nobody = Wired(NAME, Scenario(dhcp=False), None)
    yield "dhcp-nobody", partial(given_up, nobody, _nobody, r"E08\b", 120.0)
    yield "dhcp-late", _late
    for name, it in SCENARIOS.items():
        judge = partial(_tftp, it.refuse_options)
        yield name, partial(booted, Wired(NAME, it, None), judge)
    silent = Wired(NAME, Scenario(stop_after=0, options=()), None)
    yield "tftp-silent", partial(given_up, silent, _silent, r"E(05|17)\b", 90.0)


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """The protocols do not know the card, so one is enough."""
    for card in all_cards[:1]:
        for name, build in _all():
            quick = name in ("dhcp", "dhcp-proxy4011", "tftp-options")
            yield CardPlan(GROUP, name, card, build, quick=quick)
