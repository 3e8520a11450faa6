# SPDX-License-Identifier: BSD-2-Clause
"""A network of one guest and one server that needs no privileges: QEMU hands its frames to a socket, a thread answers.

The server speaks ARP, DHCP, PXE, TFTP and echo; it, and the way to it, are as the scenario says.
"""

from __future__ import annotations

import heapq
import itertools
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping

from ci.net import packets
from ci.net.boots import DATA_FRAME, Boots
from ci.net.dhcp import PROXY_MAC, PXE_PORT, SERVER_MAC, SERVER_PORT, BootServers
from ci.net.packets import BROADCAST, Datagram
from ci.net.scenario import CLIENT_IP, PROXY_IP, SERVER_IP, Scenario
from ci.net.tftp import REQUEST_PORT, SECOND_STAGE, TftpServer

OTHER_MAC = bytes.fromhex("020100000001")
ECHO_PORT = 7
MANIFOLD, TIMES, MTU = b"manifold ", 20, 1500  # such a datagram comes back so many times over
GROUP_BITS = 0xE  # the first four of a multicast address
ARP, ARP_SENDER = b"\x08\x06", slice(22, 28)
ARP_REPLY, ANNOUNCEMENT = 2, 1
ENOUGH = 20  # datagrams after which the server has moved
HELD_BACK = 0.005  # seconds that a frame is late whose followers overtake it
MIDDLE = 1468  # data frames: half of the boot file whose transfer a flap interrupts


def _arp(operation: int, mac: bytes, target: tuple[bytes, bytes], ip: bytes) -> bytes:
    """An ARP packet of `mac` and `ip` to everybody."""
    body = bytes([0, 1, 8, 0, 6, 4, 0, operation]) + mac + ip + target[0] + target[1]
    return (BROADCAST + mac + ARP + body).ljust(60, b"\0")


class Channel:
    """One direction. The same seed gives the same fate to the n-th frame."""

    def __init__(self, scenario: Scenario, end: str) -> None:
        self._scenario = scenario
        self._random = random.Random(scenario.seed + end)

    def delays(self) -> list[float]:
        """Seconds after which the next frame arrives, for each of its copies; none when it is lost."""
        lost, doubled, late = (self._random.random() for _ in range(3))
        if lost < self._scenario.loss:
            return []
        delay = self._scenario.delay + HELD_BACK * (late < self._scenario.reordering)
        return [delay] * (2 if doubled < self._scenario.duplicates else 1)


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
        self.boot_file = boot_file
        self.events: list[str] = []
        self._mac = mac or SERVER_MAC
        self._hears = bool(mac) or scenario.own_way
        self._tell: Callable[[str], None] = lambda command: None
        self.boots = (
            Boots(scenario.resets, boot_file, self.events, lambda: self._tell("system_reset\n"))
            if scenario.resets
            else None
        )
        self._files = dict(files) if self.boots is None else self.boots
        hidden = [name for name in files if scenario.hidden and name + SECOND_STAGE in files]
        self._hidden = {name: self._files.pop(name) for name in hidden}
        self._tftp = TftpServer(scenario, self._files, self.events)
        self._servers = BootServers(scenario, boot_file, self._mac, self.events)
        self.user_classes = self._servers.user_classes
        self._held: list[bytes] | None = None  # frames for a client whose MAC address is asked for
        self._heard = self._data = 0  # datagrams; frames with data
        self.pulled = False  # the cable was
        self._ids, self._numbers = itertools.count(1), itertools.count()
        self._to_server, self._to_guest = (Channel(scenario, end) for end in "<>")
        # When, number, to the server?, frame.
        self._queue: list[tuple[float, int, bool, bytes]] = []

    def __enter__(self) -> Wire:
        self._own_end, self.guest_end = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._own_end.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._own_end.close()
        self.guest_end.close()

    def attach(self, tell: Callable[[str], None]) -> None:
        """The machine runs; `tell` gives its monitor a command."""
        self._tell = tell
        if self.scenario.flap and self.scenario.flap.when == "start":
            self._pull()

    def _serve(self) -> None:
        while True:
            wait = max(self._queue[0][0] - time.monotonic(), 0) if self._queue else None
            if select.select([self._own_end], [], [], wait)[0]:
                frame = self._receive()
                if not frame:
                    return
                self._put(frame, inwards=True)
            while self._queue and self._queue[0][0] <= time.monotonic():
                _, _, inwards, frame = heapq.heappop(self._queue)
                if not inwards and not self._deliver(frame):
                    return
                for answer in self._answers(frame) if inwards else ():
                    if self._passes(answer):
                        self._put(answer, inwards=False)

    def _put(self, frame: bytes, inwards: bool, late: float = 0.0) -> None:
        now = time.monotonic() + late
        for delay in (self._to_server if inwards else self._to_guest).delays():
            heapq.heappush(self._queue, (now + delay, next(self._numbers), inwards, frame))

    def _passes(self, frame: bytes) -> bool:
        """Whether an answer goes on its way; with some of them, something happens to the machine."""
        if self.boots is not None:
            return self.boots.passes(frame)
        if self.scenario.flap and not self.pulled:
            self._data += len(frame) >= DATA_FRAME
            if self.scenario.flap.when == "dhcp" or self._data > MIDDLE:
                self._pull()
        return True

    def _pull(self) -> None:
        assert self.scenario.flap
        self.pulled = True
        self._tell("set_link net off\n")
        threading.Timer(self.scenario.flap.seconds, self._tell, ("set_link net on\n",)).start()

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
        """The frames that a frame is answered with."""
        if self._hears and frame[:6] not in (BROADCAST, self._mac):
            self.events.append(f"frame for {frame[:6].hex()}")
            return []
        answers = self._answers_of_hosts(frame)
        if self._hidden and self._servers.fetched(self.boot_file):
            self._files.update(self._hidden)
        return self._on_the_way(frame, answers) if self.scenario.own_way else answers

    def _answers_of_hosts(self, frame: bytes) -> list[bytes]:
        for mac, ip in ((PROXY_MAC, PROXY_IP), (self._mac, SERVER_IP)):
            if arp := packets.arp_reply(frame, mac, ip):
                return [] if ip == PROXY_IP and self.scenario.absent else [arp]
        if self._held and frame[12:14] == ARP and frame[20:22] == b"\0\2":
            held, self._held = self._held, []
            return held
        datagram = packets.parse_udp(frame)
        if datagram is None:
            return []
        if datagram.port == SERVER_PORT:
            return self._dhcp(datagram)
        asked = frame[30:34]
        if datagram.port == PXE_PORT:
            return self._servers.service(datagram, asked, asked)
        if datagram.port == ECHO_PORT:
            return self._echo(datagram, frame[:6], asked)
        if datagram.port == REQUEST_PORT and self.scenario.closed:
            return [packets.port_unreachable(frame, SERVER_MAC, SERVER_IP)]
        return self._tftp_answers(datagram, asked)

    def _dhcp(self, datagram: Datagram) -> list[bytes]:
        answers, offers = self._servers.dhcp(datagram), self._servers.offers(datagram)
        if not self.scenario.late:
            return answers + offers
        for offer in offers:
            self._put(offer, inwards=False, late=self.scenario.late)
        return answers

    def _tftp_answers(self, datagram: Datagram, asked: bytes) -> list[bytes]:
        """From the address that was asked: the server has every one. The host elsewhere asks for the client first."""
        elsewhere = self.scenario.elsewhere and asked == PROXY_IP
        macs = (PROXY_MAC if elsewhere else self._mac, datagram.source_mac)
        ips = (asked, datagram.source_ip)
        answers = [
            packets.udp_frame(macs, ips, (port, datagram.source_port), data)
            for port, data in self._tftp.answers(datagram)
        ]
        if elsewhere and self._held is None and datagram.port == REQUEST_PORT:
            self._held = answers
            return [_arp(1, PROXY_MAC, (bytes(6), CLIENT_IP), PROXY_IP)]
        return answers

    def _echo(self, datagram: Datagram, mac: bytes, asked: bytes) -> list[bytes]:
        """The datagram back to where it came from, from the address it went to; a broadcast by the server's own.

        One to a group comes back to the group; a manifold one comes back many times over, in fragments.
        """
        self.events.append(f"echo {len(datagram.data)}")
        macs, ips = (SERVER_MAC, datagram.source_mac), (asked, datagram.source_ip)
        ports = (ECHO_PORT, datagram.source_port)
        if datagram.data.startswith(MANIFOLD):
            many = packets.udp_frame(macs, ips, ports, datagram.data * TIMES)
            return packets.fragments(many, MTU, 1)
        if asked[0] >> 4 == GROUP_BITS:
            macs, ips = (SERVER_MAC, mac), (SERVER_IP, asked)
        elif asked == b"\xff" * 4:
            ips = (SERVER_IP, datagram.source_ip)
        return [packets.udp_frame(macs, ips, ports, datagram.data)]

    def _on_the_way(self, frame: bytes, answers: list[bytes]) -> list[bytes]:
        """What arrives of the answers to a frame, and what others say meanwhile."""
        way, before = self.scenario, list[bytes]()
        target = (BROADCAST, CLIENT_IP)
        self._heard += packets.parse_udp(frame) is not None
        if way.moves and self._heard == ENOUGH and self._mac != OTHER_MAC:
            self._mac, answers = OTHER_MAC, []
            if way.announced:
                before = [_arp(ANNOUNCEMENT, OTHER_MAC, (BROADCAST, SERVER_IP), SERVER_IP)]
        if way.claimed and frame[:6] != BROADCAST:  # to win that race needs no claim
            before = [
                _arp(ARP_REPLY, OTHER_MAC, target, SERVER_IP),
                _arp(ANNOUNCEMENT, OTHER_MAC, (BROADCAST, SERVER_IP), SERVER_IP),
            ]
        return before + [sent for answer in answers for sent in self._sent(answer)]

    def _sent(self, answer: bytes) -> list[bytes]:
        if answer[12:14] == ARP:
            at = ARP_SENDER
            return [answer[:6] + self._mac + answer[12 : at.start] + self._mac + answer[at.stop :]]
        answer = answer[:6] + (OTHER_MAC if self.scenario.masked else self._mac) + answer[12:]
        mtu = self.scenario.mtu
        return packets.fragments(answer, mtu, next(self._ids) & 0xFFFF) if mtu else [answer]
