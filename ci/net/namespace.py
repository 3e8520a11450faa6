# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace with one tap interface for a guest, and addresses for servers. Needs root."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import subprocess
from pathlib import Path

SERVER_IP, SERVER_IPV6 = "10.77.0.1", "fd77::1"
NAMESPACES = Path("/run/netns")
PREFIX = "etherforge-"
_numbers = itertools.count()


def unavailable() -> str:
    """Why there can be none here; "" when one can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "ip is not installed (package iproute2)"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    return _refusal()


@functools.cache
def _refusal() -> str:
    """Why the system does not let root make one, as in many containers; "" when it does."""
    command = ["unshare", "--mount", "--net", "ip", "tuntap", "add", "tap0", "mode", "tap"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"network namespaces are refused: {done.stderr.strip()}" if done.returncode else ""


class Namespace:
    """Use as a context manager; leaving it removes everything in it.

    With `bridge`, servers sit on a bridge that is up even while no guest is plugged in, because some servers do not
    listen on an interface without carrier; without, they sit on the tap itself, which is the shortest
    way to the guest. With `ipv6` there is a router for it, which some loaders would wait long for.
    """

    tap = "tap0"

    def __init__(self, bridge: bool = False, ipv6: bool = False) -> None:
        self.name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        self.interface = "br0" if bridge else self.tap
        self._bridge = bridge
        self.ipv6 = ipv6

    def __enter__(self) -> Namespace:
        remove_stale()
        _ip("netns", "add", self.name)
        try:
            self._fill()
        except BaseException:
            _ip("netns", "delete", self.name)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        _ip("netns", "delete", self.name)

    def _fill(self) -> None:
        self.ip("link", "set", "lo", "up")
        self.ip("tuntap", "add", self.tap, "mode", "tap")
        self.ip("link", "set", self.tap, "up")
        if self._bridge:
            self.ip("link", "add", self.interface, "type", "bridge", "forward_delay", "0")
            self.ip("link", "add", "anchor", "type", "veth", "peer", "name", "anchored")
            for port in (self.tap, "anchor"):
                self.ip("link", "set", port, "master", self.interface)
            for port in ("anchor", "anchored", self.interface):
                self.ip("link", "set", port, "up")
        self.ip("address", "add", f"{SERVER_IP}/24", "dev", self.interface)
        if self.ipv6:
            self.ip("address", "add", f"{SERVER_IPV6}/64", "dev", self.interface, "nodad")

    @property
    def path(self) -> Path:
        """The file that stands for the namespace."""
        return NAMESPACES / self.name

    def ip(self, *words: str) -> None:
        """Run `ip` inside the namespace."""
        _ip("-netns", self.name, *words)

    def inside(self, *command: str) -> tuple[str, ...]:
        """The command line that runs a command inside the namespace."""
        return ("ip", "netns", "exec", self.name, *command)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def remove_stale() -> None:
    """Remove namespaces whose process was killed before it could."""
    for path in NAMESPACES.glob(f"{PREFIX}*") if NAMESPACES.exists() else ():
        owner = path.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", owner).exists():
            _ip("netns", "delete", path.name)


@functools.cache
def die_with_parent() -> tuple[str, ...]:
    """Prefix of a command that is to be killed when the thread that started it ends."""
    return ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
