# SPDX-License-Identifier: BSD-2-Clause
"""The test server behaves as its scenario says, packet by packet: TFTP, DHCP, PXE, echo."""

from __future__ import annotations

import socket
import struct

import pytest

from ci.net import packets
from ci.net.dhcp import (
    ACK,
    BOOT_FILE,
    DISCOVER,
    NAK,
    OFFER,
    OVERLOAD,
    PXE_PORT,
    REQUEST,
    SERVER_MAC,
)
from ci.net.dhcp import reply
from ci.net.packets import dhcp_options, parse_udp, udp_frame
from ci.net.scenario import ALWAYS, CLIENT_IP, NOWHERE, PLACES, PROXY_IP, SERVER_IP, Scenario
from ci.net.tftp import TftpServer
from ci.net.wire import ECHO_PORT, Wire

MAC = bytes.fromhex("525400123456")
NAME = "dir/boot.nbi.zpxe"
FILE, SNAME = slice(108, 236), slice(44, 108)
FILES = {"boot.nbi": bytes(range(256)) * 20, "boot.nbi.zpxe": b"second stage"}


def request(name: str, **options: int) -> bytes:
    """A TFTP read request."""
    words = [name, "octet", *(str(word) for pair in options.items() for word in pair)]
    return b"\0\1" + b"".join(word.encode() + b"\0" for word in words)


class Client:
    """Talks to a TftpServer without a network between."""

    def __init__(self, scenario: Scenario) -> None:
        self.events: list[str] = []
        self.server = TftpServer(scenario, FILES, self.events)
        self.port = 69

    def send(self, data: bytes) -> list[bytes]:
        """The server's answers to one packet."""
        datagram = packets.Datagram(MAC, CLIENT_IP, 2000, self.port, data)
        answers = self.server.answers(datagram)
        if answers:
            self.port = answers[0][0]
        return [data for _, data in answers]

    def acknowledge(self, block: int) -> list[bytes]:
        """The server's answers to an acknowledgement."""
        return self.send(struct.pack("!HH", 4, block))


def numbers(answers: list[bytes]) -> list[tuple[int, int]]:
    """Opcode and block number of each packet."""
    return [struct.unpack_from("!HH", packet) for packet in answers]  # type: ignore[misc]


def test_transfer_in_lock_step() -> None:
    """Without options: blocks of 512, one at a time, the last one short."""
    client = Client(Scenario())
    received = b""
    answers = client.send(request("boot.nbi"))
    while answers:
        (packet,) = answers
        received += packet[4:]
        answers = client.acknowledge(struct.unpack_from("!H", packet, 2)[0])
    assert received == FILES["boot.nbi"]


def test_options_are_granted() -> None:
    """As far as the scenario lists them and the limits allow."""
    client = Client(Scenario(options=("blksize", "windowsize")))
    (answer,) = client.send(request("boot.nbi", blksize=9000, tsize=0, windowsize=3))
    assert answer == b"\0\6blksize\x001428\0windowsize\x003\0"
    assert numbers(client.acknowledge(0)) == [(3, 1), (3, 2), (3, 3)]
    assert numbers(client.acknowledge(3)) == [(3, 4)]


def test_lost_block_is_lost_once() -> None:
    """The client asks for it again by acknowledging what came before."""
    client = Client(Scenario(options=("windowsize",), lose_every=2))
    client.send(request("boot.nbi", windowsize=3))
    assert numbers(client.acknowledge(0)) == [(3, 1), (3, 3)]
    assert numbers(client.acknowledge(1)) == [(3, 2), (3, 3)]


@pytest.mark.parametrize(
    ("scenario", "name", "code"),
    [
        (Scenario(error=2), "boot.nbi", 2),
        (Scenario(), "other", 1),
        (Scenario(refuse_options=True), "boot.nbi", 8),
    ],
)
def test_errors(scenario: Scenario, name: str, code: int) -> None:
    """A refusal carries its code."""
    (answer,) = Client(scenario).send(request(name, tsize=0))
    assert answer.startswith(struct.pack("!HH", 5, code))


def test_server_that_stops() -> None:
    """After so many blocks nothing comes any more."""
    client = Client(Scenario(stop_after=2))
    assert numbers(client.send(request("boot.nbi"))) == [(3, 1)]
    assert numbers(client.acknowledge(1)) == [(3, 2)]
    assert client.acknowledge(2) == []
    assert client.acknowledge(2) == []


def test_server_that_breaks() -> None:
    """An error in the middle."""
    client = Client(Scenario(error_after=1))
    assert numbers(client.send(request("boot.nbi"))) == [(3, 1)]
    assert numbers(client.acknowledge(1)) == [(5, 0)]


def test_second_stage_is_served_well() -> None:
    """A misbehaving server must not keep the loader itself from being loaded."""
    client = Client(Scenario(error=1, stop_after=0, refuse_options=True))
    assert numbers(client.send(request("boot.nbi.zpxe"))) == [(3, 1)]


def dhcp_message(kind: int) -> bytes:
    """As a PXE client sends it."""
    fixed = bytes([1, 1, 6, 0]) + b"xid!" + bytes(4 + 16) + MAC + bytes(10 + 64 + 128)
    return fixed + packets.DHCP_MAGIC + bytes([53, 1, kind, 255])


def dhcp_request(kind: int, port: int = 67, to: bytes = b"\xff" * 4) -> bytes:
    """The frame with that message."""
    macs, ips = (MAC, packets.BROADCAST), (bytes(4), to)
    return udp_frame(macs, ips, (68, port), dhcp_message(kind))


def exchange(wire: Wire, frame: bytes) -> bytes:
    """Send a frame into the wire; the frame that comes back, b"" when none does."""
    wire.guest_end.settimeout(0.3)
    wire.guest_end.sendall(struct.pack("!I", len(frame)) + frame)
    try:
        length = struct.unpack("!I", wire.guest_end.recv(4))[0]
    except socket.timeout:
        return b""
    return wire.guest_end.recv(length)


@pytest.mark.parametrize(
    ("scenario", "kind", "answer"),
    [
        (Scenario(), DISCOVER, OFFER),
        (Scenario(), REQUEST, ACK),
        (Scenario(naks=ALWAYS), DISCOVER, OFFER),
        (Scenario(naks=ALWAYS), REQUEST, NAK),
    ],
)
def test_dhcp_answers(scenario: Scenario, kind: int, answer: int) -> None:
    """Over the wire, as QEMU would: the answer's kind, transaction, file and addresses."""
    with Wire(scenario, "boot.nbi", FILES) as wire:
        answered = packets.parse_udp(exchange(wire, dhcp_request(kind)))
    assert answered is not None
    assert answered.source_ip == SERVER_IP
    assert answered.data[4:8] == b"xid!"
    assert answered.data[28:34] == MAC
    assert packets.dhcp_options(answered.data)[53] == bytes([answer])
    assert answered.data[108:].startswith(b"boot.nbi\0")


def test_dhcp_can_be_silent() -> None:
    """The request is noted, and nothing comes back."""
    with Wire(Scenario(dhcp=False), "boot.nbi", FILES) as wire:
        assert exchange(wire, dhcp_request(DISCOVER)) == b""
        assert wire.events == ["discover"]


def test_arp_is_answered_for_the_server_only() -> None:
    """The answer names the server's hardware address."""
    head = packets.BROADCAST + MAC + b"\x08\x06\0\1\x08\0\6\4\0\1"
    ask = head + MAC + CLIENT_IP + bytes(6) + SERVER_IP
    answer = packets.arp_reply(ask, SERVER_MAC, SERVER_IP)
    assert answer is not None
    assert answer[:12] == MAC + SERVER_MAC
    assert answer[20:32] == b"\0\2" + SERVER_MAC + SERVER_IP
    assert packets.arp_reply(ask, SERVER_MAC, b"\x0a\x4d\0\x63") is None


def test_internet_checksum() -> None:
    """The example of RFC 1071 section 3, and that a header sums to zero."""
    assert packets.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    frame = packets.udp_frame((SERVER_MAC, MAC), (SERVER_IP, CLIENT_IP), (1, 2), b"x")
    assert packets.checksum(frame[14:34]) == 0


def _in_options(field: bytes) -> dict[int, bytes]:
    return dhcp_options(bytes(236) + b"\x63\x82\x53\x63" + field)


@pytest.mark.parametrize("place", PLACES)
def test_reply_names_the_file_once(place: str) -> None:
    """In the place asked for."""
    message = reply(dhcp_message(1), CLIENT_IP, {53: b"\2", 3: SERVER_IP}, NAME, place)
    options = dhcp_options(message)
    file, sname, name = message[FILE], message[SNAME], NAME.encode()
    found = {
        "field": file.rstrip(b"\0") == name,
        "option67": options.get(BOOT_FILE) == name,
        "overload-file": options.get(OVERLOAD) == b"\1"
        and _in_options(file).get(BOOT_FILE) == name,
        "overload-sname": options.get(OVERLOAD) == b"\2"
        and _in_options(sname).get(BOOT_FILE) == name,
        "overload-both": options.get(OVERLOAD) == b"\3" and _in_options(sname).get(3) == SERVER_IP,
    }
    assert [where for where, holds in found.items() if holds] == [place]
    assert message.count(name) == 1
    assert message[16:20] == CLIENT_IP


def test_reply_may_name_nothing() -> None:
    """An answer that only gives an address."""
    message = reply(dhcp_message(1), CLIENT_IP, {53: b"\2"}, NAME, NOWHERE)
    assert not any(message[SNAME]) and not any(message[FILE])
    assert BOOT_FILE not in dhcp_options(message)


def test_proxy_offers_no_address() -> None:
    """Two offers: an address without a file, a file without an address."""
    wire = Wire(Scenario(place="proxy67"), NAME, {})
    offers = [parse_udp(frame) for frame in wire._answers(dhcp_request(1))]
    assert [offer.source_ip for offer in offers if offer] == [SERVER_IP, PROXY_IP]
    addresses = [offer.data[16:20] for offer in offers if offer]
    files = [offer.data[FILE].rstrip(b"\0") for offer in offers if offer]
    assert addresses == [CLIENT_IP, bytes(4)]
    assert files == [b"", NAME.encode()]


def test_proxy_names_the_file_when_asked() -> None:
    """On port 4011, from the address that was asked."""
    wire = Wire(Scenario(place="proxy4011"), NAME, {})
    offers = [parse_udp(frame) for frame in wire._answers(dhcp_request(1))]
    assert all(offer and not any(offer.data[FILE]) for offer in offers)
    (frame,) = wire._answers(dhcp_request(3, PXE_PORT, PROXY_IP))
    answer = parse_udp(frame)
    assert answer and answer.source_ip == PROXY_IP and answer.source_port == PXE_PORT
    assert answer.data[FILE].rstrip(b"\0") == NAME.encode()


def test_echo() -> None:
    """A datagram comes back from where it was sent to; a broadcast from the server."""
    wire = Wire(Scenario(), NAME, {})
    for to, answered_by in ((bytes([10, 99, 0, 7]),) * 2, (b"\xff" * 4, SERVER_IP)):
        frame = udp_frame((MAC, SERVER_MAC), (CLIENT_IP, to), (1234, ECHO_PORT), b"hello")
        (answer,) = wire._answers(frame)
        parsed = parse_udp(answer)
        assert parsed and (parsed.source_ip, parsed.port) == (answered_by, 1234)
        assert parsed.data == b"hello"


def test_echo_to_a_group() -> None:
    """One to a group comes back to the group."""
    wire = Wire(Scenario(), NAME, {})
    ip, mac = bytes([239, 255, 255, 250]), bytes.fromhex("01005e7ffffa")
    frame = udp_frame((MAC, mac), (CLIENT_IP, ip), (1234, ECHO_PORT), b"hello")
    wanted = udp_frame((SERVER_MAC, mac), (SERVER_IP, ip), (ECHO_PORT, 1234), b"hello")
    assert wire._answers(frame) == [wanted]


def test_hidden_file_appears() -> None:
    """Once the name with the suffix was asked for, and not before."""
    wire = Wire(Scenario(hidden=True), "x.zpxe", {"x": b"payload", "x.zpxe": b"loader"})

    def ask(name: str) -> int:
        request = b"\0\1" + name.encode() + b"\0octet\0"
        frame = udp_frame((MAC, SERVER_MAC), (CLIENT_IP, SERVER_IP), (2000, 69), request)
        answer = parse_udp(wire._answers(frame)[0])
        return answer.data[1] if answer else 0

    assert [ask("x"), ask("x.zpxe"), ask("x")] == [5, 3, 3]
