# SPDX-License-Identifier: BSD-2-Clause
"""Reading a capture: by our own few lines for what is compared, by tshark for whether it is well-formed at all."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci.lab.case import Failed
from ci.net.packets import DHCP_MAGIC, dhcp_options, frames, parse_udp

DHCP_PORTS = (67, 4011)
CLIENT_PORT = 68
ARP_TYPE, ARP_KIND = b"\x08\x06", bytes([0, 1, 8, 0, 6, 4])  # Ethernet, IPv4


@dataclass(frozen=True)
class Sent:
    """A UDP datagram with what was around it."""

    when: float  # seconds, of the guest's clock
    source_mac: bytes
    target_mac: bytes
    source: bytes
    target: bytes
    source_port: int
    port: int
    data: bytes

    @property
    def xid(self) -> int:
        """Of a DHCP message."""
        return int(struct.unpack_from("!I", self.data, 4)[0])

    @property
    def secs(self) -> int:
        """Of a DHCP message."""
        return int(struct.unpack_from("!H", self.data, 8)[0])

    @property
    def flags(self) -> int:
        """Of a DHCP message."""
        return int(struct.unpack_from("!H", self.data, 10)[0])

    @property
    def options(self) -> dict[int, bytes]:
        """Of a DHCP message."""
        return dhcp_options(self.data)

    @property
    def kind(self) -> int:
        """DHCPDISCOVER and so on; 0 for no DHCP message."""
        return self.options.get(53, b"\0")[0]

    def address(self, at: int) -> bytes:
        """One of the four addresses of a DHCP message: 12 ciaddr, 16 yiaddr, 20 siaddr, 24 giaddr."""
        return self.data[at : at + 4]


@dataclass(frozen=True)
class Arp:
    """An ARP packet (RFC 826) with the addresses of its frame."""

    when: float
    source_mac: bytes
    target_mac: bytes
    data: bytes

    @property
    def asks(self) -> bool:
        """A request; else a reply."""
        return self.data[:8] == ARP_KIND + b"\0\1"

    @property
    def sender(self) -> tuple[bytes, bytes]:
        """MAC and IP address."""
        return self.data[8:14], self.data[14:18]

    @property
    def target(self) -> tuple[bytes, bytes]:
        """MAC and IP address."""
        return self.data[18:24], self.data[24:28]


def arps(capture: Path) -> list[Arp]:
    """Every ARP packet of a pcap file."""
    return [
        Arp(when, frame[6:12], frame[:6], frame[14:42])
        for when, frame in frames(capture.read_bytes())
        if frame[12:14] == ARP_TYPE and len(frame) >= 42
    ]


def datagrams(capture: Path) -> list[Sent]:
    """Every UDP datagram of a pcap file."""
    return list(_datagrams(capture.read_bytes()))


def _datagrams(data: bytes) -> Iterator[Sent]:
    for when, frame in frames(data):
        parsed = parse_udp(frame)
        if parsed:
            macs, addresses = (frame[6:12], frame[0:6]), (frame[26:30], frame[30:34])
            yield Sent(when, *macs, *addresses, parsed.source_port, parsed.port, parsed.data)


def dhcp_messages(sent: list[Sent]) -> list[Sent]:
    """What DHCP clients and servers said."""
    ports = (*DHCP_PORTS, CLIENT_PORT)
    return [s for s in sent if s.port in ports and s.data[236:240] == DHCP_MAGIC]


def must_be_well_formed(capture: Path, mac: bytes) -> str:
    """Raise Failed where tshark finds a packet of that card malformed, or a checksum wrong. Returns a remark."""
    program = shutil.which("tshark")
    if program is None:
        return "tshark is not installed, so nobody else has decoded the packets"
    address = ":".join(f"{byte:02x}" for byte in mac)
    bad = "_ws.malformed or _ws.expert.severity == error or ip.checksum.status == Bad"
    bad += " or udp.checksum.status == Bad or eth.padding_bad"
    words = [program, "-r", str(capture), "-o", "ip.check_checksum:TRUE"]
    words += ["-o", "udp.check_checksum:TRUE", "-Y", f"eth.src == {address} and ({bad})"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"tshark: {done.stderr.strip().splitlines()[-1]}")
    if done.stdout.strip():
        raise Failed(f"tshark finds fault with: {done.stdout.strip().splitlines()[0].strip()}")
    return ""
