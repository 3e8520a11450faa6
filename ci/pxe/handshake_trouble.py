# SPDX-License-Identifier: BSD-2-Clause
"""Captures of handshakes in which something is lost, refused or elsewhere, compared with what the standards ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci.lab.card import Build, Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.net.dhcp import SERVER_TYPE
from ci.net.scenario import CLIENT_IP, NOWHERE, PROXY_IP, SERVER_IP
from ci.pxe import handshake_rules as rules
from ci.pxe.capture import Sent, arps, dhcp_messages
from ci.pxe.handshake import (
    FIRST_WAIT,
    GROUP,
    LONGEST_WAIT,
    MAC,
    NAME,
    SERVICE,
    booted,
    captured,
    given_up,
    must_hold,
    own_messages,
)
from ci.pxe.servers import FIRST_STAGE
from ci.pxe.start import named

LOST = 2
GROUP_IP = bytes([224, 0, 1, 2])
SERVICE_FIRST, SERVICE_LONGEST = 0.5, 4.0  # docs/boot-flow.md
ARP_TRIES, ARP_FIRST, ARP_LONGEST = 4, 0.25, 2.0
EVERYBODY, LISTED_ONLY, NO_GROUP = rules.EVERYBODY, 4, 2
OWN = (MAC, CLIENT_IP)


def _asks_as_pxe_does(sent: list[Sent]) -> list[Sent]:
    """Our messages, each of which has what PXE asks for."""
    for message in own_messages(sent):
        must_hold(rules.common_faults(message, MAC, FIRST_STAGE.encode()))
    return own_messages(sent)


def _lost_ack(sent: list[Sent]) -> str:
    """A REQUEST whose ACK is lost is sent again as it was, ever more slowly."""
    own = _asks_as_pxe_does(sent)
    requests = [m for m in own if m.kind == rules.REQUEST]
    faults = rules.exchange_faults(dhcp_messages(sent))
    faults += rules.repetition_faults(requests, LOST + 1)
    faults += rules.backoff_faults([m.when for m in requests], FIRST_WAIT, LONGEST_WAIT)
    for message in own:
        faults += rules.broadcast_faults(message)
    must_hold(faults + rules.randomness_faults([m.when for m in requests]))
    return ""


def _lost_service(place: str, sent: list[Sent]) -> str:
    """A question on port 4011 whose answer is lost is asked again, of the same server."""
    asked = [m for m in _asks_as_pxe_does(sent) if m.port == 4011]
    faults = rules.repetition_faults(asked, LOST + 1)
    for message in asked:
        faults += rules.service_faults(message, CLIENT_IP, *SERVICE[place])
    times = [m.when for m in asked]
    must_hold(faults + rules.backoff_faults(times, SERVICE_FIRST, SERVICE_LONGEST))
    return ""


def _refused(sent: list[Sent]) -> str:
    """A DHCPNAK: everything anew."""
    faults = rules.refusal_faults(sent, MAC)
    for message in _asks_as_pxe_does(sent):
        faults += rules.broadcast_faults(message)
    must_hold(faults)
    return ""


def _refused_for_ever(sent: list[Sent]) -> str:
    """A server that always refuses: it must end, and the address is never used."""
    used = [s for s in sent if s.source_mac == MAC and s.source != rules.NOBODY]
    must_hold(["a refused address was used"] if used else [])
    return ""


@dataclass(frozen=True)
class Discovery:
    """Boot rules of the menu, and whom they let a client ask (address, port)."""

    targets: tuple[tuple[bytes, int], ...]
    menu: tuple[bytes, ...] = (SERVER_IP, PROXY_IP)
    group: bytes = GROUP_IP
    control: int = 0
    lost_service: int = 0


LISTED = ((SERVER_IP, 4011), (PROXY_IP, 4011))
DISCOVERIES = {
    "all": Discovery(((EVERYBODY, 67), (GROUP_IP, 4011), *LISTED), lost_service=1),
    "no-group": Discovery(((EVERYBODY, 67), *LISTED), control=NO_GROUP),
    "listed": Discovery(LISTED, control=LISTED_ONLY),
    "broadcast": Discovery(((EVERYBODY, 67),), menu=(), group=b""),
}


def _discovery(name: str, card: Card) -> Case:
    """The boot server of the menu's item is asked for as the boot rules say, in as many rounds as it takes."""
    scenario = {"place": NOWHERE, **vars(DISCOVERIES[name])}
    del scenario["targets"]
    return booted(named(NAME, **scenario), partial(_discovered, DISCOVERIES[name]), card)


def _discovered(discovery: Discovery, sent: list[Sent]) -> str:
    own = _asks_as_pxe_does(sent)
    asked = [m for m in own if 43 in m.options]
    if not asked:
        raise Failed("no boot server was asked for")
    faults = rules.discovery_faults(asked, CLIENT_IP, SERVER_TYPE, discovery.targets)
    faults += ["the xid of the DHCP exchange"] if asked[0].xid == own[0].xid else []
    rounds = discovery.lost_service + 1
    for target in discovery.targets:
        times = [m.when for m in asked if (m.target, m.port) == target]
        faults += [] if len(times) == rounds else [f"{len(times)} questions, not {rounds}"]
        faults += rules.backoff_faults(times, SERVICE_FIRST, SERVICE_LONGEST)
    must_hold(faults)
    return ""


def _arp(boot: Boot) -> str:
    """The file is on a host that nobody has heard of: one question, before TFTP; and that host asks for us."""
    packets = arps(boot.capture)

    def judge(sent: list[Sent]) -> str:
        _asks_as_pxe_does(sent)
        request = next(s for s in sent if s.port == 69)
        faults = rules.question_faults(packets, OWN, PROXY_IP, 1, request.when)
        faults += rules.question_faults(packets, OWN, SERVER_IP, 0, request.when)
        faults += rules.answer_faults(packets, OWN)
        given = [p.sender[0] for p in packets if not p.asks and p.sender[1] == PROXY_IP]
        must_hold(faults + ([] if given == [request.target_mac] else ["TFTP goes to another MAC"]))
        return ""

    return captured(judge, boot)


def _arp_unanswered(boot: Boot) -> str:
    """A boot server that does not answer: so many questions, so far apart, and nothing is sent to it."""
    packets = [p for p in arps(boot.capture) if p.source_mac == MAC]
    faults = rules.question_faults(packets, OWN, PROXY_IP, ARP_TRIES, float("inf"))
    faults += rules.backoff_faults([p.when for p in packets], ARP_FIRST, ARP_LONGEST, ARP_FIRST / 2)

    def judge(sent: list[Sent]) -> str:
        to_nobody = any(s.target == PROXY_IP for s in sent)
        must_hold(faults + ["sent to nobody's address"] * to_nobody)
        return ""

    return captured(judge, boot)


def _elsewhere(card: Card) -> Case:
    return replace(booted(named(NAME, elsewhere=True), lambda sent: "", card), check=_arp)


def _absent(card: Card) -> Case:
    network = named(NAME, elsewhere=True, absent=True)
    case = given_up(network, lambda sent: "", r"E13\b", 60.0, card)
    return replace(case, check=_arp_unanswered)


def _all() -> Iterator[tuple[str, Build]]:
    yield "dhcp-lost-ack", partial(booted, named(NAME, lost_acks=LOST), _lost_ack)
    for place in SERVICE:
        network = named(NAME, place=place, lost_service=LOST)
        yield f"dhcp-{place}-lost", partial(booted, network, partial(_lost_service, place))
    yield "dhcp-nak", partial(booted, named(NAME, naks=1), _refused)
    for_ever = named(NAME, naks=99)
    yield "dhcp-naks", partial(given_up, for_ever, _refused_for_ever, r"E09\b", 90.0)
    for name in DISCOVERIES:
        yield f"discovery-{name}", partial(_discovery, name)
    yield "arp", _elsewhere
    yield "arp-nobody", _absent


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """The protocols do not know the card, so one is enough."""
    for card in all_cards[:1]:
        for name, build in _all():
            yield CardPlan(GROUP, name, card, build, quick=name in ("discovery-all", "arp"))
