# SPDX-License-Identifier: BSD-2-Clause
"""What the PXE suite asks of a client that must ask again, ask somebody else, or start anew: each damage is named."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from ci.net.dhcp import SERVER_MAC
from ci.net.packets import BROADCAST, arp_reply
from ci.net.scenario import CLIENT_IP, SERVER_IP
from ci.pxe import handshake_rules as rules
from ci.pxe.capture import Arp, Sent

MAC = bytes.fromhex("525400123456")
NOBODY, EVERYBODY = bytes(4), b"\xff" * 4
GROUP, GROUP_MAC = bytes([224, 0, 1, 2]), bytes.fromhex("01005e000102")
TYPE = 0x8005
ITEM = bytes([71, 4, 0x80, 5, 0, 0, 255])


def _message(kind: int, xid: int, client: bytes, more: dict[int, bytes]) -> bytes:
    options = {53: bytes([kind]), **more}
    packed = b"".join(bytes([code, len(value)]) + value for code, value in options.items())
    fixed = bytes([1, 1, 6, 0]) + struct.pack("!IHH", xid, 0, 0x8000) + client + bytes(212)
    return fixed[:236].ljust(236, b"\0") + b"\x63\x82\x53\x63" + packed + b"\xff"


def _ours(kind: int, when: float, xid: int = 7, source: bytes = NOBODY, **more: bytes) -> Sent:
    data = _message(kind, xid, source, {int(code[1:]): value for code, value in more.items()})
    return Sent(when, MAC, BROADCAST, source, EVERYBODY, 68, 67, data)


def _theirs(kind: int, when: float, xid: int = 7) -> Sent:
    data = bytearray(_message(kind, xid, NOBODY, {54: SERVER_IP}))
    data[16:20] = CLIENT_IP if kind != rules.NAK else NOBODY
    return Sent(when, SERVER_MAC, BROADCAST, SERVER_IP, EVERYBODY, 67, 68, bytes(data))


def test_repetition_faults() -> None:
    first = _ours(3, 0, o50=CLIENT_IP)
    again = replace(first, when=1.0)
    assert rules.repetition_faults([first, again], 2) == []
    assert rules.repetition_faults([first], 2) == ["sent 1 times, not 2"]
    assert rules.repetition_faults([], 1) == ["sent 0 times, not 1"]
    other = _ours(3, 1.0, xid=8, o50=CLIENT_IP)
    elsewhere = replace(again, target=SERVER_IP)
    wanted = ["repetition 1 differs", "repetition 2 differs"]
    assert rules.repetition_faults([first, other, elsewhere], 3) == wanted


def _exchange(when: float, xid: int, *answers: int) -> list[Sent]:
    request = _ours(3, when + 0.2, xid, o50=CLIENT_IP, o54=SERVER_IP)
    ends = [_theirs(kind, when + 0.3, xid) for kind in answers]
    return [_ours(1, when, xid), _theirs(2, when + 0.1, xid), request, *ends]


def test_refusal_faults() -> None:
    refused, granted = _exchange(0, 7, rules.NAK), _exchange(1, 8, rules.ACK)
    assert rules.refusal_faults(refused + granted, MAC) == []
    assert rules.refusal_faults(granted, MAC) == ["no DHCPNAK"]
    assert rules.refusal_faults(refused, MAC) == ["nothing after the DHCPNAK"]
    faults = rules.refusal_faults(refused + _exchange(1, 7, rules.ACK), MAC)
    assert faults == ["another xid"]
    keeps = replace(granted[0], data=_ours(1, 1, 8, o50=CLIENT_IP).data)
    faults = rules.refusal_faults([*refused, keeps, *granted[1:]], MAC)
    assert "the refused address or server is not asked for" in faults
    uses = replace(_ours(3, 0.5, source=CLIENT_IP), port=69)
    faults = rules.refusal_faults([*refused, uses, *granted], MAC)
    assert faults == ["the refused address is not used"]
    assert "a DISCOVER after the DHCPNAK" in rules.refusal_faults(refused + granted[2:], MAC)


def _asked(target: bytes, mac: bytes, port: int, item: bytes = ITEM, **more: bytes) -> Sent:
    message = _ours(3, 0, 7, CLIENT_IP, o43=item, **more)
    return replace(message, target=target, target_mac=mac, port=port)


def test_discovery_faults() -> None:
    targets = ((EVERYBODY, 67), (GROUP, 4011), (SERVER_IP, 4011))
    asked = [
        _asked(EVERYBODY, BROADCAST, 67),
        _asked(GROUP, GROUP_MAC, 4011),
        _asked(SERVER_IP, SERVER_MAC, 4011),
    ]

    def faults(messages: list[Sent], allowed: tuple[tuple[bytes, int], ...] = targets) -> list[str]:
        return rules.discovery_faults(messages, CLIENT_IP, TYPE, allowed)

    assert faults(asked) == []
    assert faults(asked[:2]) == ["did not ask 10.77.0.1:4011"]
    assert faults(asked, targets[:2]) == ["asked 10.77.0.1:4011"]
    assert faults([replace(asked[0], port=4011), *asked[1:]]) == [
        "asked 255.255.255.255:4011",
        "did not ask 255.255.255.255:67",
    ]
    for at, mac in ((0, SERVER_MAC), (1, BROADCAST), (2, GROUP_MAC)):
        wrong = [*asked[:at], replace(asked[at], target_mac=mac), *asked[at + 1 :]]
        assert faults(wrong) == ["the MAC address of the target"]
    for item in (ITEM[:2] + b"\0\5" + ITEM[4:], ITEM[:5] + b"\1\xff", ITEM[:6]):
        one = [_asked(EVERYBODY, BROADCAST, 67, item)]
        assert faults(one, targets[:1]) == ["43: the boot item"]
    with_address = _asked(EVERYBODY, BROADCAST, 67, o50=CLIENT_IP)
    assert faults([with_address, *asked[1:]]) == [
        "no requested address or server",
        "the messages differ",
    ]


def _arp(when: float, source: bytes, to: bytes, **fields: bytes) -> Arp:
    ends = fields.get("sender", MAC + CLIENT_IP) + fields.get("target", bytes(6) + SERVER_IP)
    return Arp(when, source, to, bytes([0, 1, 8, 0, 6, 4, 0, 1]) + ends)


@pytest.mark.parametrize(
    "packets, fault",
    [
        ([_arp(1, MAC, BROADCAST)], ""),
        ([], "asked 0 times for 10.77.0.1, not 1"),
        ([_arp(1, MAC, BROADCAST)] * 2, "asked 2 times for 10.77.0.1, not 1"),
        ([_arp(1, MAC, SERVER_MAC)], "to everybody"),
        ([_arp(1, MAC, BROADCAST, sender=MAC + NOBODY)], "from our addresses"),
        ([_arp(1, MAC, BROADCAST, target=BROADCAST + SERVER_IP)], "the unknown address is zeros"),
        ([_arp(3, MAC, BROADCAST)], "asked in time"),
    ],
)
def test_question_faults(packets: list[Arp], fault: str) -> None:
    faults = rules.question_faults(packets, (MAC, CLIENT_IP), SERVER_IP, 1, 2.0)
    assert faults == ([fault] if fault else [])


def test_answer_faults() -> None:
    own = (MAC, CLIENT_IP)
    ends = {"sender": SERVER_MAC + SERVER_IP, "target": bytes(6) + CLIENT_IP}
    asked = _arp(1, SERVER_MAC, BROADCAST, **ends)
    frame = arp_reply(BROADCAST + SERVER_MAC + b"\x08\x06" + asked.data, MAC, CLIENT_IP)
    assert frame is not None
    given = Arp(2, frame[6:12], frame[:6], frame[14:42])
    assert rules.answer_faults([asked, given], own) == []
    assert "who asks gets an answer" in rules.answer_faults([asked], own)
    assert "who asks gets an answer" in rules.answer_faults([], own)
    everybody = replace(given, target_mac=BROADCAST)
    assert rules.answer_faults([asked, everybody], own) == ["to who asked"]
    lie = replace(given, data=given.data[:8] + SERVER_MAC + given.data[14:])
    assert rules.answer_faults([asked, lie], own) == ["our addresses in the answer"]
