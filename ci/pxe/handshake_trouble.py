"""Captures of handshakes in which something is lost, refused or elsewhere, compared with what the standards ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci.net.wire import CLIENT_IP, SERVER_IP
from ci.pxe import handshake_rules as rules
from ci.pxe.boot import boot, must_boot, must_go_on, ours
from ci.pxe.capture import Sent, arps, dhcp_messages
from ci.pxe.case import Card, Case, Failed, Go, Keeper
from ci.pxe.handshake import (
    FIRST_WAIT,
    GROUP,
    LONGEST_WAIT,
    MAC,
    NAME,
    SERVICE,
    captured,
    must_hold,
)
from ci.pxe.programs import payload
from ci.pxe.servers import FIRST_STAGE
from ci.pxe.wire import PROXY_IP, Naming
from ci.pxe.wire_trouble import GROUP_IP, SERVER_TYPE, Trouble, troubled

LOST = 2
SERVICE_FIRST, SERVICE_LONGEST = 0.5, 4.0  # docs/boot-flow.md
ARP_TRIES, ARP_FIRST, ARP_LONGEST = 4, 0.25, 2.0
EVERYBODY, LISTED_ONLY, NO_GROUP = rules.EVERYBODY, 4, 2


def _booted(trouble: Trouble, naming: Naming, card: Card, keeper: Keeper) -> tuple[list[Sent], str]:
    """What was sent in a boot from that server, and a remark; every message of ours has what PXE asks for."""
    program = payload("nbi")
    serving = partial(troubled, trouble, naming)
    outcome = boot(ours(card), {NAME: program.data}, serving, keeper)
    must_boot(program.expected, outcome)
    sent, remark = captured(keeper)
    for message in _own(sent):
        must_hold(rules.common_faults(message, MAC, FIRST_STAGE.encode()))
    return sent, remark


def _own(sent: list[Sent]) -> list[Sent]:
    return [message for message in dhcp_messages(sent) if message.source_mac == MAC]


def _lost_ack(card: Card, keeper: Keeper) -> str:
    """A REQUEST whose ACK is lost is sent again as it was, ever more slowly."""
    sent, remark = _booted(Trouble(lost_acks=LOST), Naming(NAME), card, keeper)
    messages = dhcp_messages(sent)
    requests = [m for m in _own(sent) if m.kind == rules.REQUEST]
    faults = rules.exchange_faults(messages) + rules.repetition_faults(requests, LOST + 1)
    faults += rules.backoff_faults([m.when for m in requests], FIRST_WAIT, LONGEST_WAIT)
    for message in _own(sent):
        faults += rules.broadcast_faults(message)
    must_hold(faults + rules.randomness_faults([m.when for m in requests]))
    return remark


def _lost_service(place: str, card: Card, keeper: Keeper) -> str:
    """A question on port 4011 whose answer is lost is asked again, of the same server."""
    sent, remark = _booted(Trouble(lost_service=LOST), Naming(NAME, place), card, keeper)
    asked = [m for m in _own(sent) if m.port == 4011]
    faults = rules.repetition_faults(asked, LOST + 1)
    for message in asked:
        faults += rules.service_faults(message, CLIENT_IP, *SERVICE[place])
    times = [m.when for m in asked]
    must_hold(faults + rules.backoff_faults(times, SERVICE_FIRST, SERVICE_LONGEST))
    return remark


def _refused(card: Card, keeper: Keeper) -> str:
    """A DHCPNAK: everything anew."""
    sent, remark = _booted(Trouble(naks=1), Naming(NAME), card, keeper)
    faults = rules.refusal_faults(sent, MAC)
    for message in _own(sent):
        faults += rules.broadcast_faults(message)
    must_hold(faults)
    return remark


def _refused_for_ever(card: Card, keeper: Keeper) -> str:
    """A server that always refuses: it must end, and the address is never used."""
    serving = partial(troubled, Trouble(naks=99), Naming(NAME))
    outcome = boot(replace(ours(card), timeout=90.0), {NAME: b""}, serving, keeper)
    must_go_on(outcome, r"E09\b")
    sent, remark = captured(keeper)
    used = [s for s in sent if s.source_mac == MAC and s.source != rules.NOBODY]
    must_hold(["a refused address was used"] if used else [])
    return remark


@dataclass(frozen=True)
class Discovery:
    """Boot rules of the menu, and whom they let a client ask (address, port)."""

    trouble: Trouble
    targets: tuple[tuple[bytes, int], ...]


LISTED = ((SERVER_IP, 4011), (PROXY_IP, 4011))
BOTH = (SERVER_IP, PROXY_IP)
DISCOVERIES = {
    "all": Discovery(
        Trouble(lost_service=1, menu=BOTH, group=GROUP_IP),
        ((EVERYBODY, 67), (GROUP_IP, 4011), *LISTED),
    ),
    "no-group": Discovery(
        Trouble(menu=BOTH, group=GROUP_IP, control=NO_GROUP), ((EVERYBODY, 67), *LISTED)
    ),
    "listed": Discovery(Trouble(menu=BOTH, group=GROUP_IP, control=LISTED_ONLY), LISTED),
    "broadcast": Discovery(Trouble(menu=()), ((EVERYBODY, 67),)),
}


def _discovery(discovery: Discovery, card: Card, keeper: Keeper) -> str:
    """The boot server of the menu's item is asked for as the boot rules say, in as many rounds as it takes."""
    sent, remark = _booted(discovery.trouble, Naming(NAME, "nowhere"), card, keeper)
    own = _own(sent)
    asked = [m for m in own if 43 in m.options]
    first = own[0]
    if not asked:
        raise Failed("no boot server was asked for")
    faults = rules.discovery_faults(asked, CLIENT_IP, SERVER_TYPE, discovery.targets)
    faults += ["the xid of the DHCP exchange"] if asked[0].xid == first.xid else []
    rounds = discovery.trouble.lost_service + 1
    for target in discovery.targets:
        times = [m.when for m in asked if (m.target, m.port) == target]
        faults += [] if len(times) == rounds else [f"{len(times)} questions, not {rounds}"]
        faults += rules.backoff_faults(times, SERVICE_FIRST, SERVICE_LONGEST)
    must_hold(faults)
    return remark


def _arp(card: Card, keeper: Keeper) -> str:
    """The file is on a host that nobody has heard of: one question, before TFTP; and that host asks for us."""
    sent, remark = _booted(Trouble(elsewhere=True), Naming(NAME), card, keeper)
    packets = arps(keeper.last_capture())
    own = (MAC, CLIENT_IP)
    request = next(s for s in sent if s.port == 69)
    faults = rules.question_faults(packets, own, PROXY_IP, 1, request.when)
    faults += rules.question_faults(packets, own, SERVER_IP, 0, request.when)
    faults += rules.answer_faults(packets, own)
    given = [p.sender[0] for p in packets if not p.asks and p.sender[1] == PROXY_IP]
    must_hold(faults + ([] if given == [request.target_mac] else ["TFTP goes to another MAC"]))
    return remark


def _arp_unanswered(card: Card, keeper: Keeper) -> str:
    """A boot server that does not answer: so many questions, so far apart, and nothing is sent to it."""
    serving = partial(troubled, Trouble(elsewhere=True, absent=True), Naming(NAME))
    outcome = boot(replace(ours(card), timeout=60.0), {NAME: b""}, serving, keeper)
    must_go_on(outcome, r"E13\b")
    sent, remark = captured(keeper)
    packets = [p for p in arps(keeper.last_capture()) if p.source_mac == MAC]
    faults = rules.question_faults(packets, (MAC, CLIENT_IP), PROXY_IP, ARP_TRIES, float("inf"))
    faults += rules.backoff_faults([p.when for p in packets], ARP_FIRST, ARP_LONGEST, ARP_FIRST / 2)
    faults += ["sent to nobody's address"] if any(s.target == PROXY_IP for s in sent) else []
    must_hold(faults)
    return remark


def _all() -> Iterator[tuple[str, Go]]:
    yield "dhcp-lost-ack", _lost_ack
    for place in SERVICE:
        yield f"dhcp-{place}-lost", partial(_lost_service, place)
    yield "dhcp-nak", _refused
    yield "dhcp-naks", _refused_for_ever
    for name, discovery in DISCOVERIES.items():
        yield f"discovery-{name}", partial(_discovery, discovery)
    yield "arp", _arp
    yield "arp-nobody", _arp_unanswered


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """The protocols do not know the card, so one is enough."""
    for card in all_cards[:1]:
        for name, go in _all():
            yield Case(GROUP, name, card, go, quick=name in ("discovery-all", "arp"))
