"""What PXE 2.1 and the RFCs ask of a client's messages. Pure: functions from captured datagrams to a list of faults."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from ci.net.packets import BROADCAST, tftp_strings
from ci.pxe.capture import Sent

NOBODY, EVERYBODY = bytes(4), b"\xff" * 4
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
BOOTP_MIN = 300  # RFC 1542 section 2.1
CLASS = b"PXEClient:Arch:00000:UNDI:002001"
SIZE_MIN = 1260  # PXE 2.1 section 2.4.1: what a client must be able to receive, without headers
ASKED = (
    1,
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
