# SPDX-License-Identifier: BSD-2-Clause
"""The DHCP, proxyDHCP and boot servers of a scenario, as a state machine: datagrams in, frames out."""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping

from ci.net import packets
from ci.net.packets import BROADCAST, Datagram
from ci.net.scenario import CLIENT_IP, PLACES, PROXY_IP, SERVER_IP, Scenario

SERVER_MAC, PROXY_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
SERVER_PORT, CLIENT_PORT, PXE_PORT = 67, 68, 4011
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
EVENTS = {DISCOVER: "discover", REQUEST: "request"}
SNAME, FILE, COOKIE = 44, 108, 236  # offsets in a BOOTP message
MASK, ROUTER, VENDOR, LEASE_TIME, OVERLOAD, TYPE, SERVER_ID = 1, 3, 43, 51, 52, 53, 54
CLASS, SERVER_NAME, BOOT_FILE, USER_CLASS, ROUTES = 60, 66, 67, 77, 121
PXE_CLASS = {CLASS: b"PXEClient"}
USE_NAMED_FILE = {VENDOR: bytes([6, 1, 8, 255])}  # discovery control
BOOT_ITEM = 71  # inside option 43
SERVER_TYPE = 0x8005  # of the boot server that the menu's first item stands for; a vendor's own


def _packed(options: Mapping[int, bytes]) -> bytes:
    return b"".join(bytes([code, len(value)]) + value for code, value in options.items()) + b"\xff"


def reply(
    request: bytes,
    client: bytes,
    options: dict[int, bytes],
    file: str,
    place: str = PLACES[0],
    server: bytes = SERVER_IP,
) -> bytes:
    """A DHCP reply that names the file in one of PLACES, or nowhere."""
    name = file.encode()
    fields = {SNAME: b"", FILE: b""}
    if place == "field":
        fields[FILE] = name
    elif place == "option67":
        options = options | {BOOT_FILE: name}
    elif place == "overload-file":
        options = options | {OVERLOAD: b"\1"}
        fields[FILE] = _packed({BOOT_FILE: name})
    elif place == "overload-sname":
        options = options | {OVERLOAD: b"\2"}
        fields[SNAME] = _packed({BOOT_FILE: name})
    elif place == "overload-both":
        options = {code: value for code, value in options.items() if code != ROUTER}
        options |= {OVERLOAD: b"\3"}
        fields = {SNAME: _packed({ROUTER: SERVER_IP}), FILE: _packed({BOOT_FILE: name})}
    message = packets.dhcp_reply(request, client, server, "", options)
    both = fields[SNAME].ljust(FILE - SNAME, b"\0") + fields[FILE].ljust(COOKIE - FILE, b"\0")
    return message[:SNAME] + both + message[COOKIE:]


class BootServers:
    """All of them; `mac` is the DHCP server's. `events` tells what was asked of whom so far, TFTP requests too."""

    def __init__(self, scenario: Scenario, boot_file: str, mac: bytes, events: list[str]) -> None:
        self.scenario, self.boot_file, self.events = scenario, boot_file, events
        self.user_classes: list[bytes] = []  # of the messages to port 67
        self._mac = mac
        self._requests = self._rounds = 0
        self._woken: float | None = None  # when the DHCP server was first called

    def dhcp(self, datagram: Datagram) -> list[bytes]:
        """What a message to port 67 is answered with."""
        asked = packets.dhcp_options(datagram.data)
        kind = asked.get(TYPE, b"\0")[0]
        self.user_classes.append(asked.get(USER_CLASS, b""))
        self.events.append(EVENTS.get(kind, f"dhcp {kind}"))
        if kind not in EVENTS or self._is_deaf(kind):
            return []
        if asked.get(VENDOR, b"")[:1] == bytes([BOOT_ITEM]):
            return self.service(datagram, SERVER_IP, b"\xff" * 4)
        if kind == DISCOVER:
            return [self._answer(datagram.data, OFFER)]
        self._requests += 1
        if self._requests <= self.scenario.naks:
            return [self._answer(datagram.data, NAK)]
        return (
            [] if self._requests <= self.scenario.lost_acks else [self._answer(datagram.data, ACK)]
        )

    def _is_deaf(self, kind: int) -> bool:
        now = time.monotonic()
        self._woken = self._woken or now
        scenario = self.scenario
        return (
            not scenario.dhcp
            or scenario.once
            and self.fetched("")
            or now - self._woken < scenario.asleep
            or kind == DISCOVER
            and self.events.count(EVENTS[DISCOVER]) <= scenario.deaf_for
        )

    def fetched(self, name: str) -> bool:
        """Whether a file, "" is any, was asked for."""
        start = f"rrq {name} " if name else "rrq"
        return any(event.startswith(start) for event in self.events)

    def _answer(self, request: bytes, kind: int) -> bytes:
        scenario = self.scenario
        options = {TYPE: bytes([kind]), SERVER_ID: SERVER_IP}
        if kind != NAK:
            options |= {LEASE_TIME: struct.pack("!I", 3600), MASK: scenario.mask}
            options |= {ROUTER: SERVER_IP} if scenario.gateway else {}
            options |= {ROUTES: scenario.routes} if scenario.routes else {}
            options |= {SERVER_NAME: name.encode()} if (name := scenario.server_name) else {}
            options |= self._boot_rules() | dict(scenario.further)
            user = packets.dhcp_options(request).get(USER_CLASS)
            options |= {code: value for name, code, value in scenario.of_class if name == user}
        client = CLIENT_IP if kind != NAK else bytes(4)
        server = bytes(4) if scenario.server_name else scenario.boot_server
        server = PROXY_IP if scenario.elsewhere else server
        next_one = scenario.then_names and self.fetched(self.boot_file)
        name = scenario.then_names if next_one else self.boot_file
        return self._broadcast(reply(request, client, options, name, scenario.place, server))

    def _boot_rules(self) -> dict[int, bytes]:
        """What the DHCP server itself says of PXE."""
        scenario = self.scenario
        if scenario.menu is None:
            return PXE_CLASS | USE_NAMED_FILE if scenario.place == "same4011" else {}
        group = bytes([7, 4]) + scenario.group if scenario.group else b""
        servers = struct.pack("!HB", SERVER_TYPE, len(scenario.menu)) + b"".join(scenario.menu)
        item = struct.pack("!HB", SERVER_TYPE, 3) + b"One"
        rules = bytes([6, 1, scenario.control]) + group + bytes([8, len(servers)]) + servers
        rules += bytes([9, len(item)]) + item + bytes([10, 2, scenario.prompt]) + b"!" + b"\xff"
        return PXE_CLASS | {VENDOR: rules}

    def offers(self, datagram: Datagram) -> list[bytes]:
        """The proxy's, without an address; with a file, or as an invitation to ask on port 4011."""
        scenario, request = self.scenario, datagram.data
        if packets.dhcp_options(request).get(TYPE) != bytes([DISCOVER]):
            return []
        if scenario.place not in ("proxy67", "proxy4011"):
            return []
        if scenario.proxy_once and self.fetched(""):
            return []
        options = {TYPE: bytes([OFFER]), SERVER_ID: PROXY_IP} | PXE_CLASS | USE_NAMED_FILE
        place = PLACES[0] if scenario.place == "proxy67" else ""
        names = [self.boot_file, "a-later-name"][: 1 + scenario.twice]
        messages = (reply(request, bytes(4), options, name, place) for name in names)
        return [self._broadcast(message, PROXY_MAC, PROXY_IP) for message in messages]

    def _broadcast(self, message: bytes, mac: bytes = b"", ip: bytes = SERVER_IP) -> bytes:
        macs, ports = (mac or self._mac, BROADCAST), (SERVER_PORT, CLIENT_PORT)
        return packets.udp_frame(macs, (ip, b"\xff" * 4), ports, message)

    def service(self, datagram: Datagram, own: bytes, asked: bytes) -> list[bytes]:
        """A boot server's answer, from the address `own`, to what went to the address `asked`."""
        if self._is_lost(asked):
            return []
        self.events.append("request to a boot server")
        menu = self.scenario.menu is not None
        vendor = packets.dhcp_options(datagram.data)[VENDOR] if menu else b""
        options = {TYPE: bytes([ACK]), SERVER_ID: own} | PXE_CLASS | USE_NAMED_FILE
        options |= {VENDOR: vendor} if menu else {}
        message = reply(datagram.data, bytes(4), options, self.boot_file)
        macs = (PROXY_MAC if own == PROXY_IP else self._mac, datagram.source_mac)
        ports = (SERVER_PORT if menu and own == SERVER_IP else PXE_PORT, datagram.source_port)
        return [packets.udp_frame(macs, (own, datagram.source_ip), ports, message)]

    def _is_lost(self, asked: bytes) -> bool:
        """Whether nobody answers that question; of a round of questions only the last address listed answers."""
        listed = self.scenario.menu
        if listed and asked != listed[-1]:
            return True
        self._rounds += 1
        return self._rounds <= self.scenario.lost_service
