# SPDX-License-Identifier: BSD-2-Clause
"""Ethernet, ARP, IPv4, UDP, DHCP and TFTP packets: the few fields a test server needs. Addresses are bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ETHERTYPE_IPV4, ETHERTYPE_ARP = 0x0800, 0x0806
BROADCAST = b"\xff" * 6
ICMP, UDP = 1, 17
DHCP_MAGIC = b"\x63\x82\x53\x63"  # RFC 2131 section 3
BOOTP_REPLY = 2
PCAP_HEADER, PCAP_RECORD = 24, 16


@dataclass(frozen=True)
class Datagram:
    """A UDP datagram with the addresses of the frame it came in."""

    source_mac: bytes
    source_ip: bytes
    source_port: int
    port: int
    data: bytes


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def arp_reply(request: bytes, own_mac: bytes, own_ip: bytes) -> bytes | None:
    """The answer to an ARP request frame for own_ip (RFC 826); None for any other frame."""
    if len(request) < 42 or request[12:14] != struct.pack("!H", ETHERTYPE_ARP):
        return None
    body = request[14:42]
    if body[6:8] != b"\0\1" or body[24:28] != own_ip:
        return None
    sender = body[8:18]
    answer = body[:6] + b"\0\2" + own_mac + own_ip + sender
    return sender[:6] + own_mac + request[12:14] + answer


def parse_udp(frame: bytes) -> Datagram | None:
    """The UDP datagram in a frame; None when there is none (fragments count as none)."""
    if len(frame) < 42 or frame[12:14] != struct.pack("!H", ETHERTYPE_IPV4):
        return None
    header = (frame[14] & 15) * 4
    fragment = struct.unpack_from("!H", frame, 20)[0] & 0x3FFF
    if frame[23] != UDP or fragment:
        return None
    start = 14 + header
    source_port, port, length = struct.unpack_from("!HHH", frame, start)
    data = frame[start + 8 : start + length]
    return Datagram(frame[6:12], frame[26:30], source_port, port, data)


def udp_frame(
    macs: tuple[bytes, bytes], ips: tuple[bytes, bytes], ports: tuple[int, int], data: bytes
) -> bytes:
    """A frame with one UDP datagram; each pair is (source, destination). No UDP checksum (RFC 768 allows that)."""
    udp = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
    ethernet = macs[1] + macs[0] + struct.pack("!H", ETHERTYPE_IPV4)
    return (ethernet + _header(UDP, 0x4000, len(udp), ips) + udp).ljust(60, b"\0")


def _header(protocol: int, flags: int, length: int, ips: tuple[bytes, bytes]) -> bytes:
    fields = (0x45, 0, 20 + length, 0, flags, 64, protocol, 0)
    return _summed(struct.pack("!BBHHHBBH", *fields) + ips[0] + ips[1])


def _summed(header: bytes) -> bytes:
    """An IPv4 header whose checksum was zero, with it."""
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def fragments(frame: bytes, mtu: int, identification: int) -> list[bytes]:
    """The frames in which such a one arrives behind a path with a smaller MTU; the last part comes first."""
    ethernet, header = frame[:14], frame[14:34]
    payload = frame[34 : 14 + struct.unpack_from("!H", header, 2)[0]]
    size = (mtu - len(header)) // 8 * 8
    if len(payload) <= size or frame[12:14] != struct.pack("!H", ETHERTYPE_IPV4):
        return [frame]
    parts = []
    for start in range(0, len(payload), size):
        part = payload[start : start + size]
        field = start // 8 | (0x2000 if start + size < len(payload) else 0)
        lengths = struct.pack("!HHH", len(header) + len(part), identification, field)
        fields = header[:2] + lengths + header[8:10] + b"\0\0" + header[12:]
        parts.append((ethernet + _summed(fields) + part).ljust(60, b"\0"))
    return parts[::-1]


def port_unreachable(frame: bytes, own_mac: bytes, own_ip: bytes) -> bytes:
    """A frame with the ICMP message (RFC 792) that nobody listens where that UDP datagram went."""
    icmp = struct.pack("!BBHI", 3, 3, 0, 0) + frame[14:42]
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    header = _header(ICMP, 0, len(icmp), (own_ip, frame[26:30]))
    return frame[6:12] + own_mac + struct.pack("!H", ETHERTYPE_IPV4) + header + icmp


def dhcp_options(message: bytes) -> dict[int, bytes]:
    """Options of a DHCP message by code (the options field only, no overload)."""
    options: dict[int, bytes] = {}
    if message[236:240] != DHCP_MAGIC:
        return options
    at = 240
    while at < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        if at + 1 >= len(message):
            break
        length = message[at + 1]
        options[message[at]] = options.get(message[at], b"") + message[at + 2 : at + 2 + length]
        at += 2 + length
    return options


def dhcp_reply(
    request: bytes, client: bytes, server: bytes, boot_file: str, options: dict[int, bytes]
) -> bytes:
    """A reply to a DHCP message: yiaddr, siaddr and file set, `options` as given."""
    name = boot_file.encode()
    head = bytes([BOOTP_REPLY]) + request[1:4] + request[4:8] + b"\0\0" + request[10:12]
    fixed = head + request[12:16] + client + server + request[24:28] + request[28:44]
    packed = b"".join(bytes([code, len(value)]) + value for code, value in options.items())
    body = fixed + b"\0" * 64 + name.ljust(128, b"\0") + DHCP_MAGIC + packed + b"\xff"
    return body.ljust(300, b"\0")


def tftp_strings(data: bytes) -> list[str]:
    """The NUL-terminated strings of a TFTP request, after its opcode."""
    return [part.decode("latin-1") for part in data[2:].split(b"\0")[:-1]]


def frames(pcap: bytes) -> Iterator[tuple[float, bytes]]:
    """Time and bytes of each frame of a pcap file in this machine's byte order."""
    at = PCAP_HEADER
    while at + PCAP_RECORD <= len(pcap):
        seconds, fraction, length, _ = struct.unpack_from("=IIII", pcap, at)
        yield seconds + fraction / 1e6, pcap[at + PCAP_RECORD : at + PCAP_RECORD + length]
        at += PCAP_RECORD + length
