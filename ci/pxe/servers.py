"""Real servers as PXE clients meet them: dnsmasq that tells stages apart, as proxyDHCP, with DNS; an HTTP server."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ci.machine import TapNetwork
from ci.net import lab
from ci.net.lab import SERVER_IP, Lab
from ci.net.servers import Dnsmasq, DnsmasqDhcp, Server, Setup
from ci.packages import Unavailable
from ci.pxe.boot import TFTP

FIRST_STAGE, SECOND_STAGE = "Etherforge", "Etherforge.zpxe"  # user classes (option 77) we send
HOST = "boot.pxe.test"  # the name that DNS knows
HTTP_PORT = 80


@dataclass(frozen=True)
class Stages:
    """Which boot file each stage is given, by the user class it sends; `other` for anybody else."""

    first: str
    second: str
    other: str
    kernel_arguments: str = ""  # option 129, for all

    def arguments(self) -> list[str]:
        """For dnsmasq. A user class is matched as a substring there, so the longer one goes first."""
        option = f"--dhcp-option-force=129,{self.kernel_arguments}"
        return [
            *([option] if self.kernel_arguments else []),
            f"--dhcp-userclass=set:second,{SECOND_STAGE}",
            f"--dhcp-userclass=set:first,{FIRST_STAGE}",
            f"--dhcp-boot=tag:second,{self.second}",
            f"--dhcp-boot=tag:!second,tag:first,{self.first}",
            f"--dhcp-boot=tag:!second,tag:!first,{self.other}",
        ]


@dataclass
class StagedDnsmasq(Dnsmasq):
    """Gives every stage its own boot file, and answers DNS for HOST."""

    stages: Stages = field(default_factory=lambda: Stages("", "", ""))

    def arguments(self) -> list[str]:
        words = [w for w in super().arguments() if not w.startswith(("--dhcp-boot", "--port"))]
        dns = ["--no-resolv", "--no-hosts", f"--address=/{HOST}/{SERVER_IP}"]
        return [*words, *dns, *self.stages.arguments()]


class BareDnsmasq(DnsmasqDhcp):
    """Only addresses: the boot file is somebody else's business."""

    def arguments(self) -> list[str]:
        return [word for word in super().arguments() if "dhcp-boot" not in word]


@dataclass
class ProxyDnsmasq(Dnsmasq):
    """dnsmasq in its proxyDHCP mode, beside another DHCP server; `service` lines are its own for PXE."""

    service: Sequence[str] = ()

    def arguments(self) -> list[str]:
        words = [
            w for w in super().arguments() if not w.startswith(("--dhcp-range", "--dhcp-boot"))
        ]
        return [*words, f"--dhcp-range={SERVER_IP},proxy", *self.service]


class HttpServer(Server):
    """Python's HTTP server over the TFTP server's files."""

    program, package, ports = "python3", "python3", (HTTP_PORT,)

    def arguments(self) -> list[str]:
        words = [sys.executable, "-m", "http.server", "--bind", SERVER_IP]
        return [*words, "--directory", str(self.setup.tftp_root), str(HTTP_PORT)]

    def ready(self) -> bool:
        process = Path("/proc", str(self.process.pid))
        try:
            if not (process / "ns/net").samefile(self.setup.lab.path):
                return False
            table = (process / "net/tcp").read_text()
        except OSError:
            return False
        return f":{HTTP_PORT:04X} 00000000:0000 0A" in table


def need_lab() -> None:
    """Raise Unavailable where no dnsmasq can run in a namespace."""
    reason = lab.unavailable() or Dnsmasq.missing()
    if reason:
        raise Unavailable(reason)


@contextmanager
def staged(folder: Path, stages: Stages, http: bool = False) -> Iterator[TapNetwork]:
    """A lab with one dnsmasq for everything, and perhaps an HTTP server."""
    with staged_by(folder, stages) as (network, server), ExitStack() as stack:
        if http:
            stack.enter_context(HttpServer(server.setup))
        yield network


@contextmanager
def staged_by(folder: Path, stages: Stages) -> Iterator[tuple[TapNetwork, Server]]:
    """A lab with one dnsmasq for everything, and that server."""
    need_lab()
    with Lab() as place:
        setup = Setup(place, folder, folder / TFTP, "")
        with StagedDnsmasq(setup, stages=stages) as server:
            yield TapNetwork(place.tap, place.name), server


@contextmanager
def proxied(folder: Path, service: Sequence[str]) -> Iterator[TapNetwork]:
    """A lab where one dnsmasq gives addresses and another is the proxyDHCP server."""
    need_lab()
    with ExitStack() as stack:
        place = stack.enter_context(Lab())
        setup = Setup(place, folder, folder / TFTP, "")
        stack.enter_context(BareDnsmasq(setup))
        proxy = folder / "proxy"
        proxy.mkdir()
        stack.enter_context(ProxyDnsmasq(replace(setup, folder=proxy), service=service))
        yield TapNetwork(place.tap, place.name)
