"""A server behind a path with a smaller MTU, a balancer, or other hardware than a moment ago."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci.machine import Network, WireNetwork
from ci.net import packets
from ci.net.packets import BROADCAST
from ci.net.wire import CLIENT_IP, SERVER_IP, SERVER_MAC
from ci.pxe.boot import TFTP
from ci.pxe.wire import Naming, PxeWire

OTHER_MAC = bytes.fromhex("020100000001")
ARP = b"\x08\x06"
ARP_SENDER = slice(22, 28)
ENOUGH = 20  # datagrams after which the server has moved
REPLY, ANNOUNCEMENT = 2, 1


@dataclass(frozen=True)
class Way:
    """What lies between the client and the server."""

    mtu: int = 0  # longer datagrams arrive in fragments
    masked: bool = False  # frames come from another hardware address than ARP says
    moves: bool = False  # in the middle, the server is at the other address
    announced: bool = False  # and says so
    claimed: bool = False  # another host says all the time that it has the server's address


class PathWire(PxeWire):
    """A PxeWire at the other end of such a way."""

    def __init__(self, way: Way, naming: Naming, files: Mapping[str, bytes]) -> None:
        super().__init__(naming, files)
        self.way = way
        self._mac = SERVER_MAC
        self._heard = 0
        self._ids = itertools.count(1)

    def _answers(self, frame: bytes) -> list[bytes]:
        if frame[:6] not in (BROADCAST, self._mac):
            self.events.append(f"frame for {frame[:6].hex()}")
            return []
        answers = super()._answers(frame)
        before: list[bytes] = []
        self._heard += packets.parse_udp(frame) is not None
        if self.way.moves and self._heard == ENOUGH and self._mac != OTHER_MAC:
            self._mac, answers = OTHER_MAC, []
            before = [_claim(ANNOUNCEMENT)] if self.way.announced else []
        if self.way.claimed and frame[:6] != BROADCAST:  # to win that race needs no claim
            before = [_claim(REPLY), _claim(ANNOUNCEMENT)]
        return before + [sent for answer in answers for sent in self._on_the_way(answer)]

    def _on_the_way(self, answer: bytes) -> list[bytes]:
        if answer[12:14] == ARP:
            at = ARP_SENDER
            return [answer[:6] + self._mac + answer[12 : at.start] + self._mac + answer[at.stop :]]
        answer = answer[:6] + (OTHER_MAC if self.way.masked else self._mac) + answer[12:]
        mtu = self.way.mtu
        return packets.fragments(answer, mtu, next(self._ids) & 0xFFFF) if mtu else [answer]


def _claim(operation: int) -> bytes:
    """An ARP packet that nobody asked for: the server's address is at the other hardware address."""
    target = SERVER_IP if operation == ANNOUNCEMENT else CLIENT_IP
    body = bytes([0, 1, 8, 0, 6, 4, 0, operation]) + OTHER_MAC + SERVER_IP + BROADCAST + target
    return (BROADCAST + OTHER_MAC + ARP + body).ljust(60, b"\0")


@contextlib.contextmanager
def behind(way: Way, naming: Naming, folder: Path) -> Iterator[Network]:
    """A network with that server for the files in a folder; for use as a Serving (ci.pxe.boot)."""
    root = folder / TFTP
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    with PathWire(way, naming, files) as wire:
        yield WireNetwork(wire.guest_end)
