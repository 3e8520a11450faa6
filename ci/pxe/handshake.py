"""Captures of each distinct handshake, compared with what the standards ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.machine import Network, WireNetwork
from ci.net.wire import CLIENT_IP, SERVER_IP, SERVER_MAC, Scenario, Wire
from ci.pxe import handshake_rules as rules
from ci.pxe.boot import TFTP, Start, boot, must_boot, must_go_on, ours
from ci.pxe.capture import Sent, datagrams, dhcp_messages, must_be_well_formed
from ci.pxe.case import Card, Case, Failed, Go, Keeper
from ci.pxe.programs import Program, payload
from ci.pxe.servers import FIRST_STAGE, SECOND_STAGE
from ci.pxe.wire import PROXIES, PROXY_IP, PROXY_MAC, Naming, serving

GROUP = "packets"
MAC = bytes.fromhex("525400123456")  # QEMU's default
NAME = "boot.nbi"
DISCOVERS, FIRST_WAIT, LONGEST_WAIT = 10, 1.0, 8.0  # docs/boot-flow.md
ASK_TRIES, ASK_FIRST, ASK_LONGEST, ASK_JITTER = 10, 0.5, 2.0, 0.5
SERVICE = {"proxy4011": (PROXY_IP, PROXY_MAC), "same4011": (SERVER_IP, SERVER_MAC)}


def captured(keeper: Keeper) -> tuple[list[Sent], str]:
    """The datagrams of the case's (last) boot, and a remark; tshark has to like those of our card."""
    capture = keeper.last_capture()
    remark = must_be_well_formed(capture, MAC)
    return datagrams(capture), remark


def must_hold(faults: list[str]) -> None:
    """Raise Failed with the faults there are."""
    if faults:
        raise Failed("; ".join(dict.fromkeys(faults)))


def _boot_named(
    naming: Naming, start: Start, files: Mapping[str, bytes], program: Program, keeper: Keeper
) -> None:
    outcome = boot(start, files, partial(serving, naming), keeper)
    must_boot(program.expected, outcome)


def _dhcp(place: str, card: Card, keeper: Keeper) -> str:
    """From DISCOVER to ACK, with a proxy's offer or a question to the PXE service where there is one."""
    program = payload("nbi")
    naming = Naming(NAME, place)
    _boot_named(naming, ours(card), {NAME: program.data}, program, keeper)
    sent, remark = captured(keeper)
    messages = dhcp_messages(sent)
    faults = rules.exchange_faults(messages)
    for message in messages:
        if message.source_mac != MAC:
            continue
        faults += rules.common_faults(message, MAC, FIRST_STAGE.encode())
        faults += [] if message.port == 4011 else rules.broadcast_faults(message)
    asked = [message for message in messages if message.port == 4011]
    if (place in SERVICE) != bool(asked):
        faults.append(f"{len(asked)} questions on port 4011")
    for message in asked:
        faults += rules.service_faults(message, CLIENT_IP, *SERVICE[place])
    must_hold(faults)
    return remark


def _second_stage(card: Card, keeper: Keeper) -> str:
    """Both stages ask by themselves: each with its user class, the second one with another xid."""
    program = payload("nbi")
    files = {NAME: program.data, f"{NAME}.zpxe": card.special("undi")}
    naming = Naming(f"{NAME}.zpxe", hidden=True)
    _boot_named(naming, ours(card), files, program, keeper)
    sent, remark = captured(keeper)
    own = [message for message in dhcp_messages(sent) if message.source_mac == MAC]
    if [message.kind for message in own] != [1, 3, 1, 3]:
        raise Failed(f"messages of two stages: {[message.kind for message in own]}")
    faults = []
    for message, user_class in zip(own, (FIRST_STAGE, FIRST_STAGE, SECOND_STAGE, SECOND_STAGE)):
        faults += rules.common_faults(message, MAC, user_class.encode())
        faults += rules.broadcast_faults(message)
    if own[0].xid == own[2].xid:
        faults.append("the second stage uses the first one's xid")
    must_hold(faults)
    return remark


def _no_server(card: Card, keeper: Keeper) -> str:
    """Nobody answers: so often, so far apart, with secs that count. A sped-up clock would be too coarse for that."""
    start = replace(ours(card), timeout=120.0)
    outcome = boot(start, {NAME: b""}, partial(_misbehaving, Scenario(dhcp=False)), keeper)
    must_go_on(outcome, r"E08\b")
    sent, remark = captured(keeper)
    discovers = [message for message in dhcp_messages(sent) if message.source_mac == MAC]
    faults = rules.backoff_faults([m.when for m in discovers], FIRST_WAIT, LONGEST_WAIT)
    faults += rules.secs_faults(discovers)
    faults += rules.randomness_faults([m.when for m in discovers])
    if len(discovers) != DISCOVERS:
        faults.append(f"{len(discovers)} DISCOVERs, not {DISCOVERS}")
    must_hold(faults)
    waits = [f"{b.when - a.when:.2f}" for a, b in zip(discovers, discovers[1:])]
    return "; ".join(part for part in (f"waits {' '.join(waits)} s", remark) if part)


def _late_server(card: Card, keeper: Keeper) -> str:
    """A server, or a switch port, that wakes up after 17 s is still asked."""
    program = payload("nbi")
    serving = partial(_misbehaving, Scenario(asleep=17.0))
    outcome = boot(replace(ours(card), timeout=60.0), {NAME: program.data}, serving, keeper)
    must_boot(program.expected, outcome)
    return captured(keeper)[1]


@contextmanager
def _misbehaving(scenario: Scenario, folder: Path) -> Iterator[Network]:
    files = {path.name: path.read_bytes() for path in (folder / TFTP).iterdir()}
    with Wire(scenario, NAME, files) as wire:
        yield WireNetwork(wire.guest_end)


def _tftp(scenario: Scenario, card: Card, keeper: Keeper) -> str:
    """One transfer, from a server with options or an old one."""
    program = payload("nbi")
    start = ours(card)
    outcome = boot(start, {NAME: program.data}, partial(_misbehaving, scenario), keeper)
    must_boot(program.expected, outcome)
    sent, remark = captured(keeper)
    requests = [s for s in sent if s.port == 69]
    faults = []
    if scenario.refuse_options:  # RFC 2347: ask again without, as a new transfer
        refused, requests = requests[0], requests[1:]
        if not requests or requests[0].source_port == refused.source_port:
            faults.append("no new request after the refusal")
        faults += [] if b"blksize" not in requests[0].data else ["options asked for again"]
    else:
        faults += rules.tftp_faults(sent, CLIENT_IP, NAME)
    must_hold(faults + ([f"{len(requests)} requests"] if len(requests) != 1 else []))
    return remark


def _tftp_silent(card: Card, keeper: Keeper) -> str:
    """A server that takes the request and says nothing: so often, so far apart."""
    start = replace(ours(card), timeout=90.0)
    scenario = Scenario(stop_after=0, options=())
    outcome = boot(start, {NAME: b"x" * 4096}, partial(_misbehaving, scenario), keeper)
    must_go_on(outcome, r"E(05|17)\b")
    sent, remark = captured(keeper)
    times = [s.when for s in sent if s.port == 69]
    faults = rules.backoff_faults(times, ASK_FIRST, ASK_LONGEST, ASK_JITTER)
    if len(times) != ASK_TRIES:
        faults.append(f"{len(times)} requests, not {ASK_TRIES}")
    must_hold(faults)
    return remark


SCENARIOS = {
    "tftp-options": Scenario(),
    "tftp-lock-step": Scenario(options=("blksize", "tsize")),
    "tftp-old": Scenario(options=()),
    "tftp-refuses": Scenario(refuse_options=True),
}


def _all() -> Iterator[tuple[str, Go]]:
    yield "dhcp", partial(_dhcp, "field")
    for place in PROXIES:
        yield f"dhcp-{place}", partial(_dhcp, place)
    yield "dhcp-second-stage", _second_stage
    yield "dhcp-nobody", _no_server
    yield "dhcp-late", _late_server
    for name, scenario in SCENARIOS.items():
        yield name, partial(_tftp, scenario)
    yield "tftp-silent", _tftp_silent


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """The protocols do not know the card, so one is enough."""
    for card in all_cards[:1]:
        for name, go in _all():
            quick = name in ("dhcp", "dhcp-proxy4011", "tftp-options")
            yield Case(GROUP, name, card, go, quick=quick)
