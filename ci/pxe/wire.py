"""A server that names the boot file in any of the ways there are, and knows no conditions: one name for everybody.

It also plays the proxyDHCP server (PXE 2.1 section 2.2.2) at an address of its own.
"""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ci.machine import Network, WireNetwork
from ci.net import packets
from ci.net.packets import Datagram
from ci.net.wire import (
    ACK,
    CLIENT_IP,
    DHCP_CLIENT_PORT,
    DHCP_SERVER_PORT,
    DISCOVER,
    NETMASK,
    OFFER,
    REQUEST,
    SERVER_IP,
    SERVER_MAC,
    Scenario,
    Wire,
)
from ci.pxe.boot import TFTP

PROXY_MAC, PROXY_IP = bytes.fromhex("020000000002"), bytes([10, 77, 0, 2])
PXE_PORT, ECHO_PORT = 4011, 7
MANIFOLD, TIMES, MTU = b"manifold ", 20, 1500
GROUP_BITS = 0xE  # the first four of a multicast address
SNAME, FILE, COOKIE = 44, 108, 236  # offsets in a BOOTP message
TYPE, SERVER_ID, LEASE_TIME, MASK, ROUTER = 53, 54, 51, 1, 3
OVERLOAD, VENDOR, CLASS, BOOT_FILE = 52, 43, 60, 67
PXE_CLASS = b"PXEClient"
SUFFIX = ".zpxe"
DISCOVERY_CONTROL = bytes([6, 1, 8, 255])  # just use the file that was named

# Where the name may be put; the last ones need a second server, or a second question.
PLACES = ("field", "option67", "overload-file", "overload-sname", "overload-both")
PROXIES = ("proxy67", "proxy4011", "same4011")


@dataclass(frozen=True)
class Naming:
    """The name, and where the server puts it."""

    file: str
    place: str = PLACES[0]
    late: float = 0.0  # seconds until the proxy's offer
    twice: bool = False  # the proxy's offer comes again, naming another file
    hidden: bool = (
        False  # the file without the suffix is only there once the one with it was asked for
    )
    once: bool = False  # DHCP is answered until the first file was asked for, then never again
    proxy_once: bool = False  # the proxy answers until then, the DHCP server always
    windows: bool = False  # grant TFTP windows; all of their frames arrive in one instant


def _options(options: Mapping[int, bytes]) -> bytes:
    return b"".join(bytes([code, len(value)]) + value for code, value in options.items()) + b"\xff"


def reply(request: bytes, client: bytes, options: dict[int, bytes], naming: Naming | None) -> bytes:
    """A DHCP reply that names the file where `naming` says, or nowhere."""
    if naming is None:
        return packets.dhcp_reply(request, client, SERVER_IP, "", options)
    name = naming.file.encode()
    sname, file = b"", b""
    if naming.place == "option67":
        options = options | {BOOT_FILE: name}
    elif naming.place == "overload-file":
        options = options | {OVERLOAD: b"\1"}
        file = _options({BOOT_FILE: name})
    elif naming.place == "overload-sname":
        options = options | {OVERLOAD: b"\2"}
        sname = _options({BOOT_FILE: name})
    elif naming.place == "overload-both":
        options = options | {OVERLOAD: b"\3"}
        options.pop(ROUTER, None)
        sname, file = _options({ROUTER: SERVER_IP}), _options({BOOT_FILE: name})
    else:
        file = name
    message = packets.dhcp_reply(request, client, SERVER_IP, "", options)
    fields = sname.ljust(FILE - SNAME, b"\0") + file.ljust(COOKIE - FILE, b"\0")
    return message[:SNAME] + fields + message[COOKIE:]


class PxeWire(Wire):
    """Answers DHCP as its Naming says, and TFTP well."""

    def __init__(self, naming: Naming, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)
        self._hidden = {
            n: self._files.pop(n) for n in files if naming.hidden and n + SUFFIX in files
        }
        options = ("blksize", "tsize", "windowsize") if naming.windows else ("blksize", "tsize")
        super().__init__(Scenario(options=options), naming.file, self._files)
        self.naming = naming

    def _answers(self, frame: bytes) -> list[bytes]:
        answers = self._answers_to(frame)
        if self._hidden and any(e.split()[:2] == ["rrq", self.naming.file] for e in self.events):
            self._files |= self._hidden
        return answers

    def _answers_to(self, frame: bytes) -> list[bytes]:
        arp = packets.arp_reply(frame, PROXY_MAC, PROXY_IP)
        datagram = packets.parse_udp(frame)
        if arp:
            return [arp]
        asked = any(e.startswith("rrq") for e in self.events)
        if datagram and datagram.port == DHCP_SERVER_PORT and self.naming.once and asked:
            return []
        if datagram and datagram.port == PXE_PORT:
            return self._boot_service(datagram, frame[30:34])
        if datagram and datagram.port == ECHO_PORT:
            return self._echo(datagram, frame[:6], frame[30:34])
        return super()._answers(frame)

    def _dhcp(self, datagram: Datagram) -> list[bytes]:
        kind = packets.dhcp_options(datagram.data).get(TYPE, b"\0")[0]
        self.events.append(f"dhcp {kind}")
        if kind not in (DISCOVER, REQUEST):
            return []
        options = {TYPE: bytes([OFFER if kind == DISCOVER else ACK]), SERVER_ID: SERVER_IP}
        options |= {LEASE_TIME: struct.pack("!I", 3600), MASK: NETMASK, ROUTER: SERVER_IP}
        options |= self._boot_rules()
        naming = self.naming if self.naming.place in PLACES else None
        answers = [self._broadcast(reply(datagram.data, CLIENT_IP, options, naming))]
        silent = self.naming.proxy_once and any(e.startswith("rrq") for e in self.events)
        if kind == DISCOVER and self.naming.place in ("proxy67", "proxy4011") and not silent:
            answers += self._proxy_offers(datagram.data)
        return answers

    def _boot_rules(self) -> dict[int, bytes]:
        """What the DHCP server itself says of PXE."""
        if self.naming.place == "same4011":
            return {CLASS: PXE_CLASS, VENDOR: DISCOVERY_CONTROL}
        return {}

    def _proxy_offers(self, request: bytes) -> list[bytes]:
        """Offers without an address; with a file, or as an invitation to ask on port 4011."""
        names = [self.naming.file] + (["a-later-name"] if self.naming.twice else [])
        offers = [self._proxy_offer(request, name) for name in names]
        if not self.naming.late:
            return offers
        threading.Timer(self.naming.late, self._send, args=(offers,)).start()
        return []

    def _proxy_offer(self, request: bytes, name: str) -> bytes:
        options = {TYPE: bytes([OFFER]), SERVER_ID: PROXY_IP, CLASS: PXE_CLASS}
        options |= {VENDOR: DISCOVERY_CONTROL}
        naming = Naming(name) if self.naming.place == "proxy67" else None
        return self._broadcast(reply(request, bytes(4), options, naming), PROXY_MAC, PROXY_IP)

    def _send(self, frames: list[bytes]) -> None:
        for frame in frames:
            with contextlib.suppress(OSError):
                self._own_end.sendall(struct.pack("!I", len(frame)) + frame)

    def _broadcast(self, message: bytes, mac: bytes = SERVER_MAC, ip: bytes = SERVER_IP) -> bytes:
        return packets.udp_frame(
            (mac, packets.BROADCAST),
            (ip, b"\xff" * 4),
            (DHCP_SERVER_PORT, DHCP_CLIENT_PORT),
            message,
        )

    def _echo(self, datagram: Datagram, mac: bytes, asked: bytes) -> list[bytes]:
        """The datagram back to where it came from, from the address it went to; a broadcast by the server's own.

        One to a group comes back to the group; a manifold one comes back many times over, in fragments.
        """
        self.events.append(f"echo {len(datagram.data)}")
        if datagram.data.startswith(MANIFOLD):
            macs, ips = (SERVER_MAC, datagram.source_mac), (asked, datagram.source_ip)
            ports, many = (ECHO_PORT, datagram.source_port), datagram.data * TIMES
            return packets.fragments(packets.udp_frame(macs, ips, ports, many), MTU, 1)
        ports = (ECHO_PORT, datagram.source_port)
        if asked[0] >> 4 == GROUP_BITS:
            return [packets.udp_frame((SERVER_MAC, mac), (SERVER_IP, asked), ports, datagram.data)]
        macs = (SERVER_MAC, datagram.source_mac)
        ips = (SERVER_IP if asked == b"\xff" * 4 else asked, datagram.source_ip)
        return [packets.udp_frame(macs, ips, ports, datagram.data)]

    def _boot_service(self, datagram: Datagram, asked: bytes) -> list[bytes]:
        """The answer on port 4011, to the address and port that asked."""
        self.events.append("request on 4011")
        own_mac = PROXY_MAC if asked == PROXY_IP else SERVER_MAC
        options = {TYPE: bytes([ACK]), SERVER_ID: asked, CLASS: PXE_CLASS}
        options |= {VENDOR: DISCOVERY_CONTROL}
        message = reply(datagram.data, bytes(4), options, Naming(self.naming.file))
        return [
            packets.udp_frame(
                (own_mac, datagram.source_mac),
                (asked, datagram.source_ip),
                (PXE_PORT, datagram.source_port),
                message,
            )
        ]


def serving(naming: Naming, folder: Path) -> AbstractContextManager[Network]:
    """A network with that server for the files in a folder; for use as a Serving (ci.pxe.boot)."""
    root = folder / TFTP
    paths = [path for path in root.rglob("*") if path.is_file()]
    return _named(naming, {str(path.relative_to(root)): path.read_bytes() for path in paths})


@contextlib.contextmanager
def _named(naming: Naming, files: Mapping[str, bytes]) -> Iterator[Network]:
    with PxeWire(naming, files) as wire:
        yield WireNetwork(wire.guest_end)
