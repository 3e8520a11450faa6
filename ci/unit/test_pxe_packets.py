# SPDX-License-Identifier: BSD-2-Clause
"""What the PXE suite asks of captured packets: good ones pass, each damage is named."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from ci.lab.case import Failed
from ci.net.dhcp import SERVER_MAC
from ci.net.packets import BROADCAST, udp_frame
from ci.net.scenario import CLIENT_IP, SERVER_IP
from ci.pxe import handshake_rules as rules
from ci.pxe.capture import Sent, datagrams, dhcp_messages, must_be_well_formed
from ci.tree import need_tool

MAC = bytes.fromhex("525400123456")
CLASS = b"Etherforge"
OPTIONS = {
    57: b"\x04\xec",
    93: b"\0\0",
    94: b"\1\2\1",
    60: rules.CLASS,
    55: bytes(rules.ASKED),
    77: CLASS,
    97: bytes(17),
}


def _bytes(kind: int, more: dict[int, bytes], **words: int) -> bytes:
    options = {53: bytes([kind]), **OPTIONS, **more}
    packed = b"".join(bytes([code, len(value)]) + value for code, value in options.items())
    fixed = bytes([1, 1, 6, 0]) + struct.pack("!IHH", 7, words.get("secs", 0), 0x8000)
    fixed += bytes(16) + MAC.ljust(16, b"\0") + bytes(192) + b"\x63\x82\x53\x63"
    return (fixed + packed + b"\xff").ljust(300, b"\0")


def _client(kind: int, when: float = 0.0, **more: bytes) -> Sent:
    options = {int(code[1:]): value for code, value in more.items()}
    message = _bytes(kind, options)
    return Sent(when, MAC, BROADCAST, bytes(4), b"\xff" * 4, 68, 67, message)


def _server(kind: int, when: float) -> Sent:
    data = bytearray(_bytes(kind, {54: SERVER_IP}))
    data[0], data[16:20] = 2, CLIENT_IP
    return Sent(when, SERVER_MAC, BROADCAST, SERVER_IP, b"\xff" * 4, 67, 68, bytes(data))


def test_common_faults() -> None:
    good = _client(1)
    assert rules.common_faults(good, MAC, CLASS) == []
    assert rules.broadcast_faults(good) == []
    assert "77: user class" in rules.common_faults(good, MAC, b"other")
    assert "chaddr" in rules.common_faults(good, bytes(6), CLASS)
    short = replace(good, data=good.data[:280])
    assert {"length of 300"} <= set(rules.common_faults(short, MAC, CLASS))
    wrong = rules.common_faults(_client(1, o93=b"\0", o55=b"\1"), MAC, CLASS)
    assert {"length of option 93 is 1, not 2", "55: parameter list"} <= set(wrong)
    late = rules.common_faults(_client(1, o55=bytes(sorted(rules.ASKED))), MAC, CLASS)
    assert late == ["55: routes ahead of the router"]
    endless = replace(good, data=good.data.replace(b"\xff", b"\0"))
    assert "an end option" in rules.common_faults(endless, MAC, CLASS)


def test_exchange_faults() -> None:
    request = _client(3, 0.2, o50=CLIENT_IP, o54=SERVER_IP)
    exchange = [_client(1), _server(2, 0.1), request, _server(5, 0.3)]
    assert rules.exchange_faults(exchange) == []
    assert rules.exchange_faults(exchange[:2]) == ["messages: [1, 2]"]
    other = replace(request, data=request.data[:4] + b"\0\0\0\x09" + request.data[8:])
    assert rules.exchange_faults([*exchange[:2], other, exchange[3]]) == ["one xid"]
    wrong = [*exchange[:2], _client(3, 0.2, o50=SERVER_IP, o54=CLIENT_IP), exchange[3]]
    assert rules.exchange_faults(wrong) == ["50: requested address", "54: server"]


def test_service_faults() -> None:
    data = bytearray(_bytes(3, {}))
    data[12:16] = CLIENT_IP
    asked = Sent(0, MAC, SERVER_MAC, CLIENT_IP, SERVER_IP, 68, 4011, bytes(data))
    assert rules.service_faults(asked, CLIENT_IP, SERVER_IP, SERVER_MAC) == []
    assert rules.service_faults(_client(3), CLIENT_IP, SERVER_IP, SERVER_MAC) == [
        "to the server",
        "to port 4011",
        "from our address",
    ]


def test_backoff() -> None:
    assert rules.backoff_faults([0, 1.1, 3.0, 7.2, 11.1], 1, 4) == []
    assert rules.backoff_faults([0, 1, 2], 1, 4) == ["wait 2 is 1.00 s, not about 2.00 s"]
    assert rules.randomness_faults([0, 1.1, 3.0]) == []
    assert rules.randomness_faults([0, 1, 3]) == ["the waits are not randomised"]


def test_secs() -> None:
    first = _client(1)
    later = replace(first, when=3.0, data=_bytes(1, {}, secs=3))
    assert rules.secs_faults([first, later]) == []
    assert rules.secs_faults([first, replace(first, when=3.0)]) == [
        "secs of DISCOVER 2 is 0 after 3.0 s"
    ]


def _tftp(port: int, own: int, *packets: bytes, ours: bool) -> list[Sent]:
    ends = (CLIENT_IP, SERVER_IP, own, port) if ours else (SERVER_IP, CLIENT_IP, port, own)
    return [Sent(0, b"", b"", ends[0], ends[1], ends[2], ends[3], packet) for packet in packets]


def test_tftp_faults() -> None:
    request = b"\0\1boot.nbi\0octet\0tsize\x000\0blksize\x001468\0"
    sent = _tftp(69, 2000, request, ours=True) + _tftp(3000, 2000, b"\0\6tsize\x009\0", ours=False)
    sent += _tftp(3000, 2000, b"\0\4\0\0", ours=True)
    sent += _tftp(3000, 2000, b"\0\3\0\1x", ours=False)
    last = _tftp(3000, 2000, b"\0\4\0\1", ours=True)
    assert rules.tftp_faults(sent + last, CLIENT_IP, "boot.nbi") == []
    assert rules.tftp_faults(sent, CLIENT_IP, "boot.nbi") == ["the last block is acknowledged"]
    assert rules.tftp_faults(sent + last, CLIENT_IP, "other") == ["name and mode"]
    assert rules.tftp_faults([], CLIENT_IP, "boot.nbi") == ["no request"]
    early = [sent[0], sent[1], *sent[3:], *last]
    assert rules.tftp_faults(early, CLIENT_IP, "boot.nbi") == ["ACK 0 after options"]


def _pcap(*frames: bytes) -> bytes:
    """In this machine's byte order, as QEMU writes it."""
    head = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65536, 1)
    return head + b"".join(struct.pack("=IIII", 1, 0, len(f), len(f)) + f for f in frames)


def _frame() -> bytes:
    return udp_frame((MAC, BROADCAST), (bytes(4), b"\xff" * 4), (68, 67), _bytes(1, {}))


def test_datagrams(tmp_path: Path) -> None:
    """Captured frames come back as what they are."""
    capture = tmp_path / "cap.pcap"
    capture.write_bytes(_pcap(_frame(), b"\0" * 60))
    (message,) = dhcp_messages(datagrams(capture))
    assert (message.source_mac, message.port, message.kind, message.xid) == (MAC, 67, 1, 7)
    assert rules.common_faults(message, MAC, CLASS) == []


def test_tshark_finds_damage(tmp_path: Path) -> None:
    """What the rules do not look at: checksums, lengths inside."""
    need_tool("tshark")
    capture = tmp_path / "cap.pcap"
    capture.write_bytes(_pcap(_frame()))
    assert must_be_well_formed(capture, MAC) == ""
    for at in (24, 14 + 20 + 4):  # IP checksum; UDP length
        frame = bytearray(_frame())
        frame[at] ^= 0x55
        capture.write_bytes(_pcap(bytes(frame)))
        with pytest.raises(Failed, match="tshark finds fault with"):
            must_be_well_formed(capture, MAC)
        assert must_be_well_formed(capture, SERVER_MAC) == ""
