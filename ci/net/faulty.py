"""The network of ci.net.wire with faults in both directions: frames get lost, come twice, late, or in another order."""

from __future__ import annotations

import heapq
import itertools
import random
import select
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ci.net.wire import Scenario, Wire

HELD_BACK = 0.005  # seconds that a frame is late whose followers overtake it


@dataclass(frozen=True)
class Faults:
    """What happens to frames in each direction: parts of one, and seconds."""

    name: str = "none"
    loss: float = 0.0
    duplicates: float = 0.0
    reordering: float = 0.0
    delay: float = 0.0  # of every frame


class Channel:
    """One direction. The same seed gives the same fate to the n-th frame."""

    def __init__(self, faults: Faults, seed: str) -> None:
        self._faults = faults
        self._random = random.Random(seed)

    def delays(self) -> list[float]:
        """Seconds after which the next frame arrives, for each of its copies; none when it is lost."""
        lost, doubled, late = (self._random.random() for _ in range(3))
        if lost < self._faults.loss:
            return []
        delay = self._faults.delay + HELD_BACK * (late < self._faults.reordering)
        return [delay] * (2 if doubled < self._faults.duplicates else 1)


class FaultyWire(Wire):
    """Use as a context manager, like any Wire."""

    def __init__(
        self,
        faults: Faults,
        seed: str,
        boot_file: str,
        files: Mapping[str, bytes],
        passes: Callable[[bytes], bool] = lambda frame: True,
    ) -> None:
        """`passes` sees every answer of the server before the faults do, and may keep it."""
        super().__init__(Scenario(), boot_file, files)
        self._passes = passes
        self._to_server, self._to_guest = (Channel(faults, seed + end) for end in ("<", ">"))
        self._numbers = itertools.count()
        self._queue: list[
            tuple[float, int, bool, bytes]
        ] = []  # when, number, to the server?, frame

    def _serve(self) -> None:
        while True:
            wait = max(self._queue[0][0] - time.monotonic(), 0) if self._queue else None
            if select.select([self._own_end], [], [], wait)[0]:
                frame = self._receive()
                if not frame:
                    return
                self._put(self._to_server, frame)
            while self._queue and self._queue[0][0] <= time.monotonic():
                _, _, inwards, frame = heapq.heappop(self._queue)
                if not inwards and not self._deliver(frame):
                    return
                for answer in filter(self._passes, self._answers(frame) if inwards else ()):
                    self._put(self._to_guest, answer)

    def _put(self, channel: Channel, frame: bytes) -> None:
        for delay in channel.delays():
            entry = (
                time.monotonic() + delay,
                next(self._numbers),
                channel is self._to_server,
                frame,
            )
            heapq.heappush(self._queue, entry)
