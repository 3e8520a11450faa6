# SPDX-License-Identifier: BSD-2-Clause
"""The network of one boot, as data: QEMU's own servers, a server of ours that may misbehave, or real servers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ci.net import namespace
from ci.net.dhcp import SERVER_MAC
from ci.net.namespace import Namespace
from ci.net.path import Path as Way
from ci.net.scenario import Scenario
from ci.net.servers import COMBINATIONS, Server, Setup
from ci.net.wire import Wire
from ci.packages import Unavailable

TFTP = "tftp"  # the folder that is served, below the boot's own


@dataclass(frozen=True)
class Plug:
    """A network that is there, as the emulator plugs a card into it."""

    netdev: str  # value of -netdev, without its id
    descriptors: tuple[int, ...] = ()  # that the emulator inherits
    boot_file: str = ""  # that the emulator's own DHCP server names
    namespace: Namespace | None = None  # to start the emulator in
    wire: Wire | None = None
    # Who reads the boot file; None: the emulator, or we.
    server: subprocess.Popen[bytes] | None = None


class Network(Protocol):
    """A description of one; the DHCP server in it names the boot file."""

    @property
    def boot_file(self) -> str:
        """As it is named."""

    def plugged(self, folder: Path) -> AbstractContextManager[Plug]:
        """Serve the files in TFTP below the folder. Raises Unavailable."""


@dataclass(frozen=True)
class User:
    """QEMU's own DHCP and TFTP server (10.0.2.2)."""

    boot_file: str

    @contextmanager
    def plugged(self, folder: Path) -> Iterator[Plug]:
        """See Network."""
        file = f",bootfile={self.boot_file}" if self.boot_file else ""
        yield Plug(f"user,tftp={TFTP}{file}", boot_file=self.boot_file)


@dataclass(frozen=True)
class Wired:
    """A server of ours at the other end of a wire."""

    boot_file: str
    scenario: Scenario = Scenario()
    mac: bytes | None = SERVER_MAC  # the server's; see Wire

    @contextmanager
    def plugged(self, folder: Path) -> Iterator[Plug]:
        """See Network."""
        root = folder / TFTP
        files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        with Wire(self.scenario, self.boot_file, files, self.mac) as wire:
            descriptor = wire.guest_end.fileno()
            yield Plug(f"socket,fd={descriptor}", (descriptor,), wire=wire)


@dataclass(frozen=True)
class Served:
    """Real servers in a network namespace."""

    servers: tuple[Server, ...]
    boot_file: str = ""
    ipv6: bool = False
    bridge: bool = False  # also where no server asks for one
    way: Way | None = None  # to the guest, when it is a long one

    def missing(self) -> str:
        """Why they cannot run here, as far as can be told before they are started; "" when they can."""
        reasons = [namespace.unavailable(), *(server.missing() for server in self.servers)]
        return next((reason for reason in reasons if reason), "")

    @contextmanager
    def plugged(self, folder: Path) -> Iterator[Plug]:
        """See Network."""
        if reason := self.missing():
            raise Unavailable(reason)
        with ExitStack() as stack:
            bridge = self.bridge or any(server.bridge for server in self.servers)
            place = stack.enter_context(Namespace(bridge, self.ipv6))
            for number, server in enumerate(self.servers):
                own = folder / f"server{number}"
                own.mkdir()
                setup = Setup(place, own, folder / TFTP, self.boot_file)
                process = stack.enter_context(server.running(setup))
            if self.way:
                guest = stack.enter_context(self.way.between(place)).fileno()
                yield Plug(f"socket,fd={guest}", (guest,), namespace=place, server=process)
                return
            tap = f"tap,ifname={place.tap},script=no,downscript=no"
            yield Plug(tap, namespace=place, server=process)


def combination(name: str, boot_file: str) -> Served:
    """One of ci.net.servers.COMBINATIONS."""
    return Served(COMBINATIONS[name], boot_file)
