"""A network of one guest and one server that needs no privileges.

QEMU hands its frames to a socket, and a thread here answers. The server speaks ARP, DHCP and TFTP
well, unless its scenario says how to misbehave.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from ci.net import packets
from ci.net.tftp import TftpServer

SERVER_MAC = bytes.fromhex("020000000001")
SERVER_IP, CLIENT_IP = bytes([10, 77, 0, 1]), bytes([10, 77, 0, 15])
NETMASK = bytes([255, 255, 255, 0])
DHCP_SERVER_PORT, DHCP_CLIENT_PORT, TFTP_PORT = 67, 68, 69
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6


@dataclass(frozen=True)
class Scenario:
    """What the server does. The default serves every file."""

    name: str = "good"
    dhcp: bool = True  # answer DHCP
    deaf_for: int = 0  # DISCOVERs that are not answered
    nak: bool = False  # answer DHCPREQUEST with DHCPNAK
    names_file: bool = True  # put a boot file into the DHCP answer
    then_names: str = ""  # the boot file that DHCP names once the first one was fetched
    options: tuple[str, ...] = ("blksize", "tsize", "windowsize")  # TFTP options that are granted
    refuse_options: bool = False  # answer TFTP options with error 8
    error: int | None = None  # answer every TFTP request with this error code
    stop_after: int | None = None  # fall silent after this many data blocks
    error_after: int | None = None  # send a TFTP error after this many data blocks
    lose_every: int | None = None  # do not send each n-th data block (the first time)
    announces: int = 0  # so many bytes more, or less, than the file has are announced as tsize
    padding: int = 0  # NULs behind the options granted
    hasty: bool = False  # data follows the options granted at once
    closed: bool = False  # nobody listens on the TFTP port, and ICMP says so
    boot_server: bytes = SERVER_IP  # named by DHCP; only SERVER_IP is there
    gateway: bool = True  # named by DHCP
    mask: bytes = NETMASK
    routes: bytes = b""  # as option 121 has them (RFC 3442)
    server_name: str = ""  # option 66, in place of boot_server
    asleep: float = 0.0  # seconds from the first DHCP message on in which none is answered


class Wire:
    """The server, and the guest's end of the wire. Use as a context manager."""

    def __init__(
        self,
        scenario: Scenario,
        boot_file: str,
        files: Mapping[str, bytes],
        mac: bytes | None = None,
    ) -> None:
        """`mac`: the server's, which does not hear what is sent to another. None: SERVER_MAC, and it hears all."""
        self.scenario = scenario
        self._mac = mac or SERVER_MAC
        self._hears = (mac, packets.BROADCAST) if mac else ()
        self.boot_file = boot_file if scenario.names_file else ""
        self.events: list[str] = []
        self._tftp = TftpServer(scenario, files, self.events)
        self._woken: float | None = None  # when it was first called

    def __enter__(self) -> Wire:
        self._own_end, self.guest_end = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._own_end.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._own_end.close()
        self.guest_end.close()

    def _serve(self) -> None:
        while frame := self._receive():
            for answer in self._answers(frame):
                if not self._deliver(answer):
                    return

    def _deliver(self, frame: bytes) -> bool:
        """Hand a frame to the guest; False when it has gone."""
        try:
            self._own_end.sendall(struct.pack("!I", len(frame)) + frame)
        except OSError:
            return False
        return True

    def _receive(self) -> bytes:
        head = self._exactly(4)
        return self._exactly(struct.unpack("!I", head)[0]) if head else b""

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                part = self._own_end.recv(count - len(data))
            except OSError:
                return b""
            if not part:
                return b""
            data += part
        return data

    def _answers(self, frame: bytes) -> list[bytes]:
        if self._hears and frame[:6] not in self._hears:
            return []
        arp = packets.arp_reply(frame, self._mac, SERVER_IP)
        if arp:
            return [arp]
        datagram = packets.parse_udp(frame)
        if datagram is None:
            return []
        if datagram.port == DHCP_SERVER_PORT:
            return self._dhcp(datagram)
        if datagram.port == TFTP_PORT and self.scenario.closed:
            return [packets.port_unreachable(frame, SERVER_MAC, SERVER_IP)]
        return [
            packets.udp_frame(
                (self._mac, datagram.source_mac),
                (frame[30:34], datagram.source_ip),  # it has every address that is sent to it
                (port, datagram.source_port),
                data,
            )
            for port, data in self._tftp.answers(datagram)
        ]

    def _dhcp(self, datagram: packets.Datagram) -> list[bytes]:
        kind = packets.dhcp_options(datagram.data).get(53, b"\0")[0]
        self.events.append({DISCOVER: "discover", REQUEST: "request"}.get(kind, f"dhcp {kind}"))
        if not self.scenario.dhcp or kind not in (DISCOVER, REQUEST) or self._sleeps():
            return []
        if kind == DISCOVER and self.events.count("discover") <= self.scenario.deaf_for:
            return []
        refused = kind == REQUEST and self.scenario.nak
        answer = NAK if refused else OFFER if kind == DISCOVER else ACK
        options = {53: bytes([answer]), 54: SERVER_IP}
        if not refused:
            options |= {51: struct.pack("!I", 3600), 1: self.scenario.mask}
            options |= {3: SERVER_IP} if self.scenario.gateway else {}
            options |= {121: self.scenario.routes} if self.scenario.routes else {}
            options |= {66: named.encode()} if (named := self.scenario.server_name) else {}
        client = bytes(4) if refused else CLIENT_IP
        server = bytes(4) if self.scenario.server_name else self.scenario.boot_server
        reply = packets.dhcp_reply(datagram.data, client, server, self._named_file(), options)
        frame = packets.udp_frame(
            (self._mac, packets.BROADCAST),
            (SERVER_IP, b"\xff" * 4),
            (DHCP_SERVER_PORT, DHCP_CLIENT_PORT),
            reply,
        )
        return [frame]

    def _sleeps(self) -> bool:
        """Whether it has not been called for long enough."""
        now = time.monotonic()
        self._woken = self._woken or now
        return now - self._woken < self.scenario.asleep

    def _named_file(self) -> str:
        fetched = any(event.startswith(f"rrq {self.boot_file} ") for event in self.events)
        return self.scenario.then_names if fetched and self.scenario.then_names else self.boot_file
