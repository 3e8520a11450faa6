# SPDX-License-Identifier: BSD-2-Clause
"""The boot file of a machine that is reset again and again: another one in each boot."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable

from ci.net.dhcp import DISCOVER, EVENTS
from ci.net.scenario import Resets
from ci.payloads.payload import RESETS, make_payload, payload_sum

KINDS = ("nbi", "nbp", "nbi32")
SMALL, CUT_SIZE = 24 << 10, 256 << 10
CUT_EVERY = 4  # that many boots, one is reset in the middle of its transfer, and begins again
DATA_FRAME = 1000  # bytes that a frame with a block of a boot file has at least
CUT_LATEST, IN_FLIGHT = 120, 60  # data frames before the reset and behind it; the file has more


class Boots(dict[str, bytes]):
    """Most reset the machine after their report, in one of the ways there are; the last one ends it.

    Every CUT_EVERY-th is long, and the machine is reset while it arrives.
    """

    def __init__(
        self, resets: Resets, boot_file: str, events: list[str], reset: Callable[[], None]
    ) -> None:
        """The boots that are to report: one, and `count` after resets. `events`: what the server was asked."""
        super().__init__({boot_file: b""})
        self.reports: list[tuple[str, str]] = []  # nonces and sums of what must report, in order
        self.cuts = 0
        self._events, self._reset = events, reset
        self._count = resets.count
        self._random = random.Random(resets.seed)
        self._file = b""
        self._cut_after = 0  # data frames; 0: this one is not cut
        self._frames = 0

    def __getitem__(self, name: str) -> bytes:
        if EVENTS[DISCOVER] in self._events:  # else the machine only asks again
            self._events.clear()
            self._file = self._next()
        return self._file

    def _next(self) -> bytes:
        nonce, turn = secrets.token_hex(16), len(self.reports)
        self._frames = self._cut_after = 0
        if turn and self.cuts < turn // CUT_EVERY:
            self.cuts += 1
            self._cut_after = self._random.randint(1, CUT_LATEST)
            return make_payload("nbi", nonce, CUT_SIZE)
        resets = RESETS[turn % len(RESETS)] if turn < self._count else ""
        payload = make_payload(KINDS[turn % len(KINDS)], nonce, SMALL, resets=resets)
        self.reports.append((nonce, payload_sum(payload)))
        return payload

    def passes(self, frame: bytes) -> bool:
        """Whether a frame of the server goes on. What is cut goes on arriving for a while, but not to its end."""
        if not self._cut_after or len(frame) < DATA_FRAME:
            return True
        self._frames += 1
        if self._frames == self._cut_after:
            self._reset()
        return self._frames <= self._cut_after + IN_FLIGHT
