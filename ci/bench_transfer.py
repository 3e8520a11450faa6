# SPDX-License-Identifier: BSD-2-Clause
"""How fast a boot file travels: read off the server's file position, or the interface's counters, so that neither guest
nor server is disturbed."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci.net.namespace import Namespace
from ci.net.packets import frames, parse_udp
from ci.net.tftp import ACKNOWLEDGE, DATA

INTERVAL = 0.004  # seconds between two looks
FIRST_BYTES, FULL_FRAME = (
    65536,
    1400,
)  # more than what comes before the file; and than what comes behind it
MIB = 1 << 20
SNAP = 64  # bytes of a frame that are captured: as far as the TFTP block number
CAPTURE_BUFFER_KIB = 65536


@dataclass(frozen=True)
class Sample:
    """Where the server's reading position was, and when."""

    seconds: float
    position: int


class Watch:
    """Looks again and again, in a thread of its own. Use as a context manager around the transfer."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        raise NotImplementedError

    @property
    def seen(self) -> int:
        """Bytes that have passed, as far as was seen."""
        return self.samples[-1].position if self.samples else 0

    @property
    def rate(self) -> float | None:
        """MB per second; None when too little was seen."""
        raise NotImplementedError


class WireWatch(Watch):
    """Watches how many bytes a tap has carried to the guest. What HTTP servers have read says little: the kernel keeps
    megabytes that it has not sent."""

    def __init__(self, process: int, tap: str, size: int) -> None:
        """`process`: one in the namespace of the tap. `size`: the file's."""
        super().__init__()
        self.counters, self.tap, self.size = Path(f"/proc/{process}/net/dev"), tap, size

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL):
            try:
                rows = self.counters.read_text().splitlines()
            except OSError:
                return
            row = next(row for row in rows if row.lstrip().startswith(f"{self.tap}:"))
            sent = int(row.split(":")[1].split()[8])
            if not self.samples or sent > self.samples[-1].position:
                self.samples.append(Sample(time.monotonic(), sent))

    @property
    def rate(self) -> float | None:
        """See Watch: the file's size, in the time from the first frames of it to the last full one."""
        seen = [s for s in self.samples if s.position > self.samples[0].position + FIRST_BYTES]
        full = [b for a, b in zip(seen, seen[1:]) if b.position - a.position >= FULL_FRAME]
        if len(full) < 3 or full[-1].position - seen[0].position < self.size * 0.9:
            return None
        return self.size / (full[-1].seconds - seen[0].seconds) / 1e6


class FileWatch(Watch):
    """Watches how far a process has read a file. Use as a context manager around the transfer."""

    def __init__(self, process: int, file: Path) -> None:
        super().__init__()
        self.process = process
        self.file = str(file.resolve())

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL):
            descriptor = self._descriptor()
            while descriptor and not self._stop.is_set():
                position = self._position(descriptor)
                if position is None:
                    break
                if position and (not self.samples or position > self.samples[-1].position):
                    self.samples.append(Sample(time.monotonic(), position))
                time.sleep(INTERVAL)

    def _descriptor(self) -> str:
        folder = f"/proc/{self.process}/fd"
        try:
            for name in os.listdir(folder):
                if os.readlink(f"{folder}/{name}") == self.file:
                    return name
        except OSError:
            pass
        return ""

    def _position(self, descriptor: str) -> int | None:
        """The position, or None when the descriptor is closed or another file's by now."""
        try:
            if os.readlink(f"/proc/{self.process}/fd/{descriptor}") != self.file:
                return None
            text = Path(f"/proc/{self.process}/fdinfo/{descriptor}").read_text()
            return int(text.split("\n", 1)[0].split()[1])
        except (OSError, ValueError, IndexError):
            return None

    @property
    def rate(self) -> float | None:
        """MB per second between the first and the last sample; None when too little was seen."""
        if len(self.samples) < 3:
            return None
        first, last = self.samples[0], self.samples[-1]
        return (last.position - first.position) / (last.seconds - first.seconds) / 1e6


@contextmanager
def capture(namespace: Namespace, file: Path) -> Iterator[None]:
    """The beginnings of all frames on the namespace's tap, as a pcap file."""
    command = ["tcpdump", "-i", namespace.tap, "-s", str(SNAP), "-B", str(CAPTURE_BUFFER_KIB)]
    command += ["-U", "-Z", "root", "-w", str(file), "udp"]
    process = subprocess.Popen(
        namespace.inside(*command), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    process.stderr.readline()  # "listening on …"
    try:
        yield
    finally:
        time.sleep(0.2)  # for what is still in the kernel's buffer
        process.terminate()
        process.communicate()


def capture_missing() -> str:
    """Why nothing can be captured here; "" when it can."""
    return "" if shutil.which("tcpdump") else "tcpdump is not installed"


def share_waiting(pcap: bytes) -> float | None:
    """Part of a lock-step transfer in which an acknowledgement was on the wire and the server had not answered it.

    None when the capture holds no transfer.
    """
    acknowledged: float | None = None
    first: float | None = None
    last, waiting = 0.0, 0.0
    for when, frame in frames(pcap):
        datagram = parse_udp(frame)
        if datagram is None or len(datagram.data) < 4:
            continue
        opcode = int.from_bytes(datagram.data[:2], "big")
        if opcode == ACKNOWLEDGE:
            acknowledged = when
        elif opcode == DATA:
            if first is None:
                first = when
            elif acknowledged is not None:
                waiting += when - acknowledged
            acknowledged, last = None, when
    return waiting / (last - first) if first is not None and last > first else None
