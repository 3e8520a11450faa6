"""Servers that make a client ask again, ask somebody else, or start anew."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci.machine import Network, WireNetwork
from ci.net import packets
from ci.net.packets import BROADCAST, Datagram
from ci.net.wire import CLIENT_IP, DHCP_SERVER_PORT, NAK, REQUEST, SERVER_IP, SERVER_MAC, TFTP_PORT
from ci.pxe.boot import TFTP
from ci.pxe.wire import (
    CLASS,
    PROXY_IP,
    PROXY_MAC,
    PXE_CLASS,
    PXE_PORT,
    SERVER_ID,
    TYPE,
    VENDOR,
    Naming,
    PxeWire,
)

BOOT_ITEM = 71  # inside option 43
SERVER_TYPE = 0x8005  # of the boot server that the menu's first item stands for; a vendor's own
GROUP_IP = bytes([224, 0, 1, 2])
BOOT_SERVER_AT = 20  # siaddr in a BOOTP message


@dataclass(frozen=True)
class Trouble:
    """What a client has to cope with. Counts are of the first answers."""

    lost_acks: int = 0  # of the DHCP server
    lost_service: int = 0  # rounds of questions to boot servers, or on port 4011, without an answer
    naks: int = 0  # DHCPNAKs in place of DHCPACKs
    menu: tuple[
        bytes, ...
    ] | None = None  # a PXE menu of one item, and the boot servers listed for it
    control: int = 0  # PXE discovery control of the menu
    group: bytes = b""  # multicast address of the boot servers
    elsewhere: bool = (
        False  # the file is on another host, which asks for the client's MAC address first
    )
    absent: bool = False  # that host is not there


class TroubledWire(PxeWire):
    """A PxeWire with such troubles."""

    def __init__(self, trouble: Trouble, naming: Naming, files: Mapping[str, bytes]) -> None:
        super().__init__(naming, files)
        self.trouble = trouble
        self._requests = self._rounds = 0
        self._held: list[bytes] | None = None  # frames for a client whose MAC address is asked for

    def _answers_to(self, frame: bytes) -> list[bytes]:
        arp = packets.arp_reply(frame, PROXY_MAC, PROXY_IP)
        if arp:
            return [] if self.trouble.absent else [arp]
        if self._held and frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2":
            held, self._held = self._held, []
            return held
        datagram = packets.parse_udp(frame)
        if datagram and datagram.port == PXE_PORT and self._is_lost(frame[30:34]):
            return []
        answers = super()._answers_to(frame)
        if not (datagram and self.trouble.elsewhere and frame[30:34] == PROXY_IP):
            return answers
        answers = [self._from_elsewhere(answer) for answer in answers]
        if self._held is None and datagram.port == TFTP_PORT:
            self._held = answers
            return [_question()]
        return answers

    def _is_lost(self, asked: bytes) -> bool:
        """Whether nobody answers that question; of a round of questions only the last address listed answers."""
        listed = self.trouble.menu
        if listed and asked != listed[-1]:
            return True
        self._rounds += 1
        return self._rounds <= self.trouble.lost_service

    def _from_elsewhere(self, frame: bytes) -> bytes:
        """The same datagram from the other host."""
        datagram = packets.parse_udp(frame)
        if datagram is None:
            return frame
        macs, ips = (PROXY_MAC, frame[:6]), (PROXY_IP, frame[30:34])
        return packets.udp_frame(macs, ips, (datagram.source_port, datagram.port), datagram.data)

    def _dhcp(self, datagram: Datagram) -> list[bytes]:
        options = packets.dhcp_options(datagram.data)
        if options.get(VENDOR, b"")[:1] == bytes([BOOT_ITEM]):
            return [] if self._is_lost(b"\xff" * 4) else self._boot_service(datagram, SERVER_IP)
        if options.get(TYPE) != bytes([REQUEST]):
            return self._named_elsewhere(super()._dhcp(datagram))
        self._requests += 1
        if self._requests <= self.trouble.naks:
            refused = {TYPE: bytes([NAK]), SERVER_ID: SERVER_IP}
            return [
                self._broadcast(packets.dhcp_reply(datagram.data, bytes(4), bytes(4), "", refused))
            ]
        lost = self._requests <= self.trouble.lost_acks
        return [] if lost else self._named_elsewhere(super()._dhcp(datagram))

    def _named_elsewhere(self, answers: list[bytes]) -> list[bytes]:
        """The same answers, naming the other host as the boot server."""
        if not self.trouble.elsewhere:
            return answers
        messages = [d.data for d in map(packets.parse_udp, answers) if d]
        before, after = BOOT_SERVER_AT, BOOT_SERVER_AT + 4
        return [self._broadcast(m[:before] + PROXY_IP + m[after:]) for m in messages]

    def _boot_rules(self) -> dict[int, bytes]:
        trouble = self.trouble
        if trouble.menu is None:
            return super()._boot_rules()
        group = bytes([7, 4]) + trouble.group if trouble.group else b""
        servers = struct.pack("!HB", SERVER_TYPE, len(trouble.menu)) + b"".join(trouble.menu)
        item = struct.pack("!HB", SERVER_TYPE, 3) + b"One"
        rules = bytes([6, 1, trouble.control]) + group + bytes([8, len(servers)]) + servers
        rules += bytes([9, len(item)]) + item + bytes([10, 2, 0]) + b"!" + b"\xff"
        return {CLASS: PXE_CLASS, VENDOR: rules}

    def _boot_service(self, datagram: Datagram, asked: bytes) -> list[bytes]:
        if self.trouble.menu is None:
            return super()._boot_service(datagram, asked)
        item = packets.dhcp_options(datagram.data)[VENDOR]
        options = {TYPE: b"\5", SERVER_ID: asked, CLASS: PXE_CLASS, VENDOR: item}
        message = packets.dhcp_reply(datagram.data, bytes(4), SERVER_IP, self.naming.file, options)
        macs = (PROXY_MAC if asked == PROXY_IP else SERVER_MAC, datagram.source_mac)
        ports = (DHCP_SERVER_PORT if asked == SERVER_IP else PXE_PORT, datagram.source_port)
        return [packets.udp_frame(macs, (asked, datagram.source_ip), ports, message)]


def _question() -> bytes:
    """The other host's ARP request for the client."""
    body = bytes([0, 1, 8, 0, 6, 4, 0, 1]) + PROXY_MAC + PROXY_IP + bytes(6) + CLIENT_IP
    return (BROADCAST + PROXY_MAC + b"\x08\x06" + body).ljust(60, b"\0")


@contextlib.contextmanager
def troubled(trouble: Trouble, naming: Naming, folder: Path) -> Iterator[Network]:
    """A network with that server for the files in a folder; for use as a Serving (ci.pxe.boot)."""
    files = {path.name: path.read_bytes() for path in (folder / TFTP).iterdir()}
    with TroubledWire(trouble, naming, files) as wire:
        yield WireNetwork(wire.guest_end)
