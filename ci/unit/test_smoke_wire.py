"""The test server behaves as its scenario says, packet by packet."""

from __future__ import annotations

import socket
import struct

import pytest

from ci.net import packets
from ci.net.dhcp import ACK, DISCOVER, NAK, OFFER, REQUEST, SERVER_MAC
from ci.net.scenario import ALWAYS, CLIENT_IP, SERVER_IP, Scenario
from ci.net.tftp import TftpServer
from ci.net.wire import Wire

GUEST_MAC = bytes.fromhex("525400123456")
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
        datagram = packets.Datagram(GUEST_MAC, CLIENT_IP, 2000, self.port, data)
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


def dhcp_request(kind: int) -> bytes:
    """A frame as a PXE client sends it."""
    fixed = bytes([1, 1, 6, 0]) + b"xid!" + bytes(4 + 16) + GUEST_MAC + bytes(10 + 64 + 128)
    message = fixed + packets.DHCP_MAGIC + bytes([53, 1, kind, 255])
    zero = bytes(4)
    macs, ips = (GUEST_MAC, packets.BROADCAST), (zero, b"\xff" * 4)
    return packets.udp_frame(macs, ips, (68, 67), message)


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
        reply = packets.parse_udp(exchange(wire, dhcp_request(kind)))
    assert reply is not None
    assert reply.source_ip == SERVER_IP
    assert reply.data[4:8] == b"xid!"
    assert reply.data[28:34] == GUEST_MAC
    assert packets.dhcp_options(reply.data)[53] == bytes([answer])
    assert reply.data[108:].startswith(b"boot.nbi\0")


def test_dhcp_can_be_silent() -> None:
    """The request is noted, and nothing comes back."""
    with Wire(Scenario(dhcp=False), "boot.nbi", FILES) as wire:
        assert exchange(wire, dhcp_request(DISCOVER)) == b""
        assert wire.events == ["discover"]


def test_arp_is_answered_for_the_server_only() -> None:
    """The answer names the server's hardware address."""
    head = packets.BROADCAST + GUEST_MAC + b"\x08\x06\0\1\x08\0\6\4\0\1"
    ask = head + GUEST_MAC + CLIENT_IP + bytes(6) + SERVER_IP
    reply = packets.arp_reply(ask, SERVER_MAC, SERVER_IP)
    assert reply is not None
    assert reply[:12] == GUEST_MAC + SERVER_MAC
    assert reply[20:32] == b"\0\2" + SERVER_MAC + SERVER_IP
    assert packets.arp_reply(ask, SERVER_MAC, b"\x0a\x4d\0\x63") is None


def test_internet_checksum() -> None:
    """The example of RFC 1071 section 3, and that a header sums to zero."""
    assert packets.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    frame = packets.udp_frame((SERVER_MAC, GUEST_MAC), (SERVER_IP, CLIENT_IP), (1, 2), b"x")
    assert packets.checksum(frame[14:34]) == 0
