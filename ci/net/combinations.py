"""Sets of real servers to boot from, by name."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ci.machine import TapNetwork
from ci.net import lab
from ci.net.lab import Lab
from ci.net.servers import Atftpd, Dnsmasq, DnsmasqDhcp, IscDhcpd, Kea, Server, Setup, TftpdHpa
from ci.packages import CACHE, Unavailable, unpacked

COMBINATIONS: Mapping[str, tuple[type[Server], ...]] = {
    "dnsmasq": (Dnsmasq,),
    "isc-dhcpd+tftpd-hpa": (IscDhcpd, TftpdHpa),
    "kea+atftpd": (Kea, Atftpd),
    "dnsmasq+atftpd": (DnsmasqDhcp, Atftpd),
}
_fetching = threading.Lock()


def unavailable(name: str) -> str:
    """Why a combination cannot run here; "" when it can, as far as can be told before it is started."""
    reasons = [lab.unavailable()]
    reasons += [kind.missing() for kind in COMBINATIONS[name] if kind is not TftpdHpa]
    return next((reason for reason in reasons if reason), "")


@contextmanager
def served(name: str, folder: Path, tftp_root: Path, boot_file: str) -> Iterator[TapNetwork]:
    """A network on which the combination serves the files below tftp_root.

    Raises Unavailable when that cannot be had on this machine.
    """
    reason = unavailable(name)
    if reason:
        raise Unavailable(reason)
    kinds = COMBINATIONS[name]
    with ExitStack() as stack:
        place = stack.enter_context(Lab(bridge=Kea in kinds))
        setup = Setup(place, folder, tftp_root, boot_file)
        for kind in kinds:
            stack.enter_context(server(kind, setup))
        yield TapNetwork(place.tap, place.name)


def server(kind: type[Server], setup: Setup) -> Server:
    """A server, not started yet; fetched first where it has to be. Raises Unavailable."""
    if kind is not TftpdHpa:
        return kind(setup)
    with _fetching:
        files = unpacked(TftpdHpa.package, CACHE)
    return TftpdHpa(setup, binary=(files / "usr/sbin/in.tftpd").resolve())
