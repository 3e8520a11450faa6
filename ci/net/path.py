# SPDX-License-Identifier: BSD-2-Clause
"""A long way between a namespace's tap and a guest: what the servers send comes late, and some of it never.

Kernels without netem can measure with it too, and it loses single frames, where netem loses what the kernel has not
cut into frames yet. Run in the namespace as

    python3 -m ci.net.path TAP DESCRIPTOR DELAY LOSS SEED

where the guest's emulator has the other end of the descriptor's socket.
"""

from __future__ import annotations

import collections
import fcntl
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ci.net.namespace import Namespace, die_with_parent

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
FRAME = 65536
BUFFER = 4 << 20  # of the socket, which holds what the guest has not taken yet


@dataclass(frozen=True)
class Path:
    """How long the way to the guest is; the way back takes no time."""

    delay: float  # seconds
    loss: float  # share of the frames

    @contextmanager
    def between(self, namespace: Namespace) -> Iterator[socket.socket]:
        """The guest's end of it."""
        guest, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (guest, ours):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        words = [namespace.tap, str(ours.fileno()), str(self.delay), str(self.loss), "1"]
        command = (*die_with_parent(), sys.executable, "-m", "ci.net.path", *words)
        with guest, subprocess.Popen(
            namespace.inside(*command), pass_fds=(ours.fileno(),), stdout=subprocess.PIPE
        ) as process:
            ours.close()
            try:
                assert process.stdout is not None
                if not process.stdout.readline():
                    raise OSError("ci.net.path does not start")
                yield guest
            finally:
                process.kill()


def _open_tap(name: str) -> int:
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI)
    fcntl.ioctl(tap, TUNSETIFF, request)
    return tap


def carry(tap: int, guest: socket.socket, path: Path, seed: str) -> None:
    """Without end."""
    chance = random.Random(seed)
    late: collections.deque[tuple[float, bytes]] = collections.deque()
    events = select.poll()
    events.register(tap, select.POLLIN)
    events.register(guest, select.POLLIN)
    full = False  # the guest's end, which the kernel lets hold few frames
    while True:
        soon = late and not full
        events.modify(guest, select.POLLIN | (select.POLLOUT if full else 0))
        events.poll(max(0.0, late[0][0] - time.monotonic()) * 1000 if soon else None)
        try:
            while frame := os.read(tap, FRAME):
                if chance.random() >= path.loss:
                    late.append((time.monotonic() + path.delay, frame))
        except BlockingIOError:
            pass
        try:
            while frame := guest.recv(FRAME):
                os.write(tap, frame)
        except OSError:  # nothing there, or no guest
            pass
        full = False
        while late and late[0][0] <= time.monotonic():
            try:
                guest.send(late[0][1])
            except BlockingIOError:
                full = True
                break
            except OSError:  # no guest
                pass
            late.popleft()


if __name__ == "__main__":
    interface, descriptor, seconds, share, start = sys.argv[1:]
    with socket.socket(fileno=int(descriptor)) as other:
        other.setblocking(False)
        opened = _open_tap(interface)
        print("ready", flush=True)
        carry(opened, other, Path(float(seconds), float(share)), start)
