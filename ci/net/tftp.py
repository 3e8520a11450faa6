# SPDX-License-Identifier: BSD-2-Clause
"""A TFTP server as a state machine (RFC 1350, 2347, 2348, 2349, 7440).

It answers datagrams, and misbehaves as its scenario says.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from ci.net import packets
from ci.net.scenario import Scenario

RRQ, DATA, ACKNOWLEDGE, ERROR, OACK = 1, 3, 4, 5, 6
SECOND_STAGE = ".zpxe"  # such a file is always served well, so that what it does next can be seen
FILE_NOT_FOUND, OPTIONS_REFUSED = 1, 8
ERROR_TEXTS = {0: "disk on fire", 1: "File not found", 2: "Access violation", 8: "options refused"}
REQUEST_PORT = 69
FIRST_PORT = 30000
BLOCK_MAX, WINDOW_MAX = 1428, 64


@dataclass
class Transfer:
    """One file on its way to one client port."""

    data: bytes
    spoilt: bool = True  # whether the scenario's misbehaviour applies
    block: int = 512
    window: int = 1
    sent: int = 0  # data packets sent so far, repeats included
    acknowledged: int = 0

    @property
    def blocks(self) -> int:
        """Number of data blocks; the last one is short, perhaps empty."""
        return len(self.data) // self.block + 1


class TftpServer:
    """Answers datagrams of one client."""

    def __init__(self, scenario: Scenario, files: Mapping[str, bytes], events: list[str]) -> None:
        self.scenario = scenario
        self.files = files
        self.events = events
        self._transfers: dict[int, Transfer] = {}  # by our port
        self._next_port = FIRST_PORT
        self._lost: set[int] = set()

    def answers(self, datagram: packets.Datagram) -> list[tuple[int, bytes]]:
        """Pairs of our port and a packet to send back."""
        if len(datagram.data) < 4:
            return []
        opcode, number = struct.unpack_from("!HH", datagram.data)
        if datagram.port == REQUEST_PORT and opcode == RRQ:
            return self._request(datagram.data)
        transfer = self._transfers.get(datagram.port)
        if transfer is None or opcode != ACKNOWLEDGE:
            self.events.append(f"tftp opcode {opcode} {number}")
            return []
        return [(datagram.port, packet) for packet in self._continue(transfer, number)]

    def _request(self, data: bytes) -> list[tuple[int, bytes]]:
        strings = packets.tftp_strings(data)
        name = strings[0] if strings else ""
        asked = {k.lower(): v for k, v in zip(strings[2::2], strings[3::2])}
        self.events.append(f"rrq {name} {sorted(asked)}")
        port = self._next_port
        self._next_port += 1
        code = self._refusal(name, asked)
        if code is not None:
            return [(port, _error(code))]
        transfer = self._transfers[port] = Transfer(
            self.files[name], not name.endswith(SECOND_STAGE)
        )
        answers: list[tuple[int, bytes]] = []
        granted = self._grant(transfer, asked)
        if granted:
            text = "".join(f"{key}\0{value}\0" for key, value in granted.items())
            text += self.scenario.padding * "\0"
            answers = [(port, struct.pack("!H", OACK) + text.encode())]
            if not self.scenario.hasty:
                return answers
        return answers + [(port, packet) for packet in self._continue(transfer, 0)]

    def _refusal(self, name: str, asked: Mapping[str, str]) -> int | None:
        spoilt = not name.endswith(SECOND_STAGE)
        if spoilt and self.scenario.error is not None:
            return self.scenario.error
        if name not in self.files:
            return FILE_NOT_FOUND
        return OPTIONS_REFUSED if spoilt and self.scenario.refuse_options and asked else None

    def _grant(self, transfer: Transfer, asked: Mapping[str, str]) -> dict[str, int]:
        granted: dict[str, int] = {}
        for key in self.scenario.options:
            if key not in asked:
                continue
            if key == "tsize":
                wrong = self.scenario.announces if transfer.spoilt else 0
                granted[key] = len(transfer.data) + wrong
            elif key == "blksize":
                granted[key] = transfer.block = min(int(asked[key]), BLOCK_MAX)
            elif key == "windowsize":
                granted[key] = transfer.window = min(int(asked[key]), WINDOW_MAX)
        return granted

    def _continue(self, transfer: Transfer, number: int) -> list[bytes]:
        """The next window after an acknowledgement (block numbers wrap at 65536)."""
        behind = (number - transfer.acknowledged) & 0xFFFF
        if behind < 0x8000:
            transfer.acknowledged += behind
        out: list[bytes] = []
        for block in range(transfer.acknowledged + 1, transfer.acknowledged + 1 + transfer.window):
            if block > transfer.blocks:
                break
            packet = self._block(transfer, block)
            if packet:
                out.append(packet)
        return out

    def _block(self, transfer: Transfer, block: int) -> bytes:
        """A packet with the block; an error in its place, or nothing, where the scenario says so."""
        scenario = self.scenario
        if transfer.spoilt:
            if scenario.stop_after is not None and transfer.sent >= scenario.stop_after:
                return b""
            if scenario.error_after is not None and transfer.sent >= scenario.error_after:
                return _error(0)
            every = scenario.lose_every
            if every and block % every == 0 and block not in self._lost:
                self._lost.add(block)
                return b""
        transfer.sent += 1
        start = (block - 1) * transfer.block
        data = transfer.data[start : start + transfer.block]
        return struct.pack("!HH", DATA, block & 0xFFFF) + data


def _error(code: int) -> bytes:
    return struct.pack("!HH", ERROR, code) + ERROR_TEXTS[code].encode() + b"\0"
