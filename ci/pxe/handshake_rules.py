# SPDX-License-Identifier: BSD-2-Clause
"""What PXE 2.1 and the RFCs ask of a client's messages. Pure: functions from captured datagrams to a list of faults."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

from ci.net.packets import BROADCAST, tftp_strings
from ci.pxe.capture import Arp, Sent

NOBODY, EVERYBODY = bytes(4), b"\xff" * 4
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
BOOTP_MIN = 300  # RFC 1542 section 2.1
CLASS = b"PXEClient:Arch:00000:UNDI:002001"
SIZE_MIN = 1260  # PXE 2.1 section 2.4.1: what a client must be able to receive, without headers
ASKED = (
    1,
    121,  # RFC 3442: ahead of option 3
    3,
    6,
    15,
    43,
    54,
    60,
    66,
    67,
    *range(128, 136),
)  # PXE 2.1 table 2-1 asks for 128 to 135, too
ROUTES, ROUTER = 121, 3
LENGTHS = {53: 1, 57: 2, 93: 2, 94: 3, 97: 17}  # RFC 2132 section 9, RFC 4578 section 2
JITTER = 0.3  # seconds; RFC 2131 section 4.1 wants waits that vary, though by more
RRQ, DATA, TFTP_ACK, ERROR, OACK = 1, 3, 4, 5, 6


def common_faults(message: Sent, mac: bytes, user_class: bytes) -> list[str]:
    """Of every message of a PXE client: the fixed part, and the options of PXE 2.1 table 2-1."""
    options, data = message.options, message.data
    rules: Mapping[str, bool] = {
        "op, htype, hlen, hops": data[:4] == bytes([1, 1, 6, 0]),
        "xid": message.xid != 0,
        "chaddr": data[28:44] == mac + bytes(10),
        "yiaddr, siaddr, giaddr": data[16:28] == bytes(12),
        "sname and file": not any(data[44:236]),
        "length of 300": len(data) >= BOOTP_MIN,
        "an end option": _ends(data),
        "57: maximum size": int.from_bytes(options.get(57, b""), "big") >= SIZE_MIN,
        "60: class": options.get(60) == CLASS,
        "93: architecture": options.get(93) == bytes(2),
        "94: UNDI 2.1": options.get(94) == bytes([1, 2, 1]),
        "97: UUID": options.get(97, b"\1")[0] == 0,
        "77: user class": options.get(77) == user_class,
        "55: parameter list": set(ASKED) <= set(options.get(55, b"")),
        "55: routes ahead of the router": _in_order(options.get(55, b""), ROUTES, ROUTER),
        "from our card": message.source_mac == mac,
        "from port 68": message.source_port == 68,
    }
    faults = [what for what, holds in rules.items() if not holds]
    faults += [
        f"length of option {code} is {len(options.get(code, b''))}, not {length}"
        for code, length in LENGTHS.items()
        if len(options.get(code, b"")) != length
    ]
    return faults


def _in_order(codes: bytes, first: int, second: int) -> bool:
    return -1 < codes.find(first) < codes.find(second)


def _ends(message: bytes) -> bool:
    """Options end with 255, and nothing but padding follows."""
    at = 240
    while at < len(message) and message[at] != 255:
        at += 1 if message[at] == 0 else 2 + message[at + 1]
    return at < len(message) and not any(message[at + 1 :])


def broadcast_faults(message: Sent) -> list[str]:
    """Of a message of a client without an address (RFC 2131 section 4.1 and 4.4.1)."""
    rules = {
        "to everybody": (message.target, message.target_mac) == (EVERYBODY, BROADCAST),
        "from 0.0.0.0": message.source == NOBODY,
        "ciaddr": message.address(12) == NOBODY,
        "the broadcast flag": message.flags == 0x8000,
        "to port 67": message.port == 67,
    }
    return [what for what, holds in rules.items() if not holds]


def exchange_faults(messages: Sequence[Sent]) -> list[str]:
    """Of DISCOVER, OFFER, REQUEST, ACK: one xid, the offered address, the server (RFC 2131 sections 4.3.2, 4.4.1)."""
    discover = next((m for m in messages if m.kind == DISCOVER), None)
    offer = next((m for m in messages if m.kind == OFFER and any(m.address(16))), None)
    request = next((m for m in messages if m.kind == REQUEST and m.port == 67), None)
    ack = next((m for m in messages if m.kind == ACK and m.source_port == 67), None)
    if not (discover and offer and request and ack):
        return [f"messages: {[m.kind for m in messages]}"]
    rules = {
        "one xid": len({m.xid for m in (discover, offer, request, ack)}) == 1,
        "secs of the REQUEST": request.secs == discover.secs,
        "50: requested address": request.options.get(50) == offer.address(16),
        "54: server": request.options.get(54) == offer.options.get(54),
        "no 50 or 54 in the DISCOVER": not {50, 54} & set(discover.options),
        "the same parameter list": request.options.get(55) == discover.options.get(55),
        "order": discover.when <= offer.when <= request.when <= ack.when,
    }
    return [what for what, holds in rules.items() if not holds]


def service_faults(message: Sent, client: bytes, server: bytes, server_mac: bytes) -> list[str]:
    """Of a REQUEST to the PXE service on port 4011 (PXE 2.1 section 2.2.3): from our address, to that server only."""
    rules = {
        "a DHCPREQUEST": message.kind == REQUEST,
        "to the server": (message.target, message.target_mac) == (server, server_mac),
        "to port 4011": message.port == 4011,
        "from our address": message.source == client and message.address(12) == client,
        "no requested address": 50 not in message.options,
    }
    return [what for what, holds in rules.items() if not holds]


def repetition_faults(messages: Sequence[Sent], count: int) -> list[str]:
    """Of a message that is sent again: so often, and the same bytes.

    A REQUEST's `secs` stay its DISCOVER's (RFC 2131 section 4.4.1).
    """
    faults = [] if len(messages) == count else [f"sent {len(messages)} times, not {count}"]
    first = messages[0] if messages else None
    return faults + [
        f"repetition {number} differs"
        for number, m in enumerate(messages)
        if first and (m.data, m.target, m.port) != (first.data, first.target, first.port)
    ]


def refusal_faults(sent: Sequence[Sent], mac: bytes) -> list[str]:
    """After a DHCPNAK the client starts anew, and does not use the address (RFC 2131 sections 3.1 and 3.2)."""
    messages = [s for s in sent if s.port in (67, 68)]
    refused = next((at for at, m in enumerate(messages) if m.kind == NAK), None)
    if refused is None:
        return ["no DHCPNAK"]
    nak, later = messages[refused], messages[refused + 1 :]
    again = next((m for m in later if m.source_mac == mac), None)
    granted = next((m.when for m in later if m.kind == ACK), float("inf"))
    if again is None:
        return ["nothing after the DHCPNAK"]
    own = [s for s in sent if s.source_mac == mac and s.when < granted]
    rules = {
        "a DISCOVER after the DHCPNAK": again.kind == DISCOVER,
        "another xid": again.xid != nak.xid,
        "the refused address or server is not asked for": not {50, 54} & set(again.options),
        "the refused address is not used": all(s.source == NOBODY for s in own),
    }
    return [what for what, holds in rules.items() if not holds] + exchange_faults(later)


def discovery_faults(
    messages: Sequence[Sent],
    client: bytes,
    server_type: int,
    targets: Collection[tuple[bytes, int]],
) -> list[str]:
    """Of the messages to boot servers of a type (PXE 2.1 section 2.4 and table 2-1).

    Option 43 has the boot item (71) alone, layer 0. They go to all targets (address, port) that the boot rules
    allow, and to no others.
    """
    item = bytes([71, 4]) + server_type.to_bytes(2, "big") + bytes(2) + b"\xff"
    faults = []
    for message in messages:
        rules = {
            "a DHCPREQUEST": message.kind == REQUEST,
            "43: the boot item": message.options.get(43) == item,
            "from our address": message.source == client and message.address(12) == client,
            "no requested address or server": not {50, 54} & set(message.options),
            "the MAC address of the target": _suits(message.target_mac, message.target),
        }
        faults += [what for what, holds in rules.items() if not holds]
    asked = {(m.target, m.port) for m in messages}
    faults += [f"asked {_endpoint(target)}" for target in sorted(asked - set(targets))]
    faults += [f"did not ask {_endpoint(target)}" for target in sorted(set(targets) - asked)]
    return faults + ([] if len({m.data for m in messages}) == 1 else ["the messages differ"])


def _suits(mac: bytes, address: bytes) -> bool:
    """Whether an address is sent to by that MAC address: everybody's, a group's (RFC 1112 section 6.4) or a host's."""
    if address == EVERYBODY:
        return mac == BROADCAST
    if address[0] >> 4 == 14:
        return mac == b"\x01\0\x5e" + bytes([address[1] & 127]) + address[2:]
    return not mac[0] & 1


def _endpoint(target: tuple[bytes, int]) -> str:
    return ".".join(str(byte) for byte in target[0]) + f":{target[1]}"


def question_faults(
    packets: Sequence[Arp], own: tuple[bytes, bytes], server: bytes, count: int, before: float
) -> list[str]:
    """Of ARP requests for a server (RFC 826): so many, to everybody, from our addresses, ahead of what needs them."""
    asked = [p for p in packets if p.source_mac == own[0] and p.asks and p.target[1] == server]
    rules = {
        f"asked {len(asked)} times for {'.'.join(map(str, server))}, not {count}": len(asked)
        == count,
        "to everybody": all(p.target_mac == BROADCAST for p in asked),
        "from our addresses": all(p.sender == own for p in asked),
        "the unknown address is zeros": all(p.target[0] == bytes(6) for p in asked),
        "asked in time": all(p.when < before for p in asked),
    }
    return [what for what, holds in rules.items() if not holds]


def answer_faults(packets: Sequence[Arp], own: tuple[bytes, bytes]) -> list[str]:
    """Of our answers to ARP requests: one for each request for our address, to who asked (RFC 826)."""
    asked = [p for p in packets if p.asks and p.source_mac != own[0] and p.target[1] == own[1]]
    given = [p for p in packets if not p.asks and p.source_mac == own[0]]
    rules = {
        "who asks gets an answer": bool(asked) and len(given) == len(asked),
        "to who asked": [(p.target_mac, p.target) for p in given]
        == [(p.source_mac, p.sender) for p in asked],
        "our addresses in the answer": all(p.sender == own for p in given),
    }
    return [what for what, holds in rules.items() if not holds]


def backoff_faults(
    times: Sequence[float], first: float, most: float, jitter: float = JITTER
) -> list[str]:
    """Of retransmissions: each wait about twice the one before it, up to `most`."""
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    faults = []
    expected = first
    for number, wait in enumerate(waits, 1):
        if abs(wait - expected) > jitter:
            faults.append(f"wait {number} is {wait:.2f} s, not about {expected:.2f} s")
        expected = min(expected * 2, most)
    return faults


def randomness_faults(times: Sequence[float]) -> list[str]:
    """A client's waits vary, so that not all of a rack ask at once (RFC 2131 section 4.1)."""
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    regular = all(abs(wait - round(wait)) < 0.004 for wait in waits)
    return ["the waits are not randomised"] if regular else []


def secs_faults(discovers: Sequence[Sent]) -> list[str]:
    """`secs` counts the seconds since the client began (RFC 2131 section 2)."""
    start = discovers[0].when
    return [
        f"secs of DISCOVER {number} is {m.secs} after {m.when - start:.1f} s"
        for number, m in enumerate(discovers, 1)
        if abs(m.secs - (m.when - start)) > 1.1
    ]


def tftp_faults(sent: Sequence[Sent], client: bytes, name: str) -> list[str]:
    """Of one transfer (RFC 1350, 2347, 2348, 2349, 7440): the request, ACK 0, ACKs in order, the last one."""
    request = next((s for s in sent if s.port == 69), None)
    if request is None:
        return ["no request"]
    strings = tftp_strings(request.data)
    asked = dict(zip(strings[2::2], strings[3::2]))
    own = request.source_port
    acks = [_number(s) for s in sent if s.source_port == own and _opcode(s) == TFTP_ACK]
    answers = [s for s in sent if s.port == own and s.target == client]
    granted = any(_opcode(s) == OACK for s in answers)
    blocks = [_number(s) for s in answers if _opcode(s) == DATA]
    rules = {
        "name and mode": [strings[0], strings[1].lower()] == [name, "octet"],
        "tsize 0": asked.get("tsize") == "0",
        "a block size that fits a frame": 512 <= int(asked.get("blksize", "0")) <= 1468,
        "a port of its own": own >= 1024,
        "ACK 0 after options": not granted or acks[:1] == [0],
        "ACKs in order": acks == sorted(acks),
        "the last block is acknowledged": bool(blocks) and acks[-1:] == [max(blocks)],
        "no error": all(_opcode(s) != ERROR for s in sent if s.source_port == own),
    }
    return [what for what, holds in rules.items() if not holds]


def _opcode(sent: Sent) -> int:
    return int.from_bytes(sent.data[:2], "big")


def _number(sent: Sent) -> int:
    return int.from_bytes(sent.data[2:4], "big")
