# SPDX-License-Identifier: BSD-2-Clause
"""Real servers as PXE clients meet them: dnsmasq that tells stages apart, with DNS; with a menu; as proxyDHCP."""

from __future__ import annotations

from dataclasses import dataclass

from ci.lab.network import Served
from ci.net.namespace import SERVER_IP
from ci.net.servers import DNSMASQ, DNSMASQ_DHCP, HTTP

FIRST_STAGE, SECOND_STAGE = "Etherforge", "Etherforge.zpxe"  # user classes (option 77) we send
HOST = "boot.pxe.test"  # the name that DNS knows


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


def staged(stages: Stages, http: bool = False) -> Served:
    """One dnsmasq for everything, which gives every stage its own boot file and knows HOST; perhaps an HTTP server."""
    dns = ("--no-resolv", "--no-hosts", f"--address=/{HOST}/{SERVER_IP}")
    server = DNSMASQ.told(*dns, *stages.arguments(), without=("--dhcp-boot", "--port"))
    return Served((server, HTTP) if http else (server,))


def with_menu(services: tuple[str, ...], proxy: bool = False) -> Served:
    """One dnsmasq with these lines for PXE; or one that gives addresses, and another as the proxyDHCP server."""
    if not proxy:
        return Served((DNSMASQ.told(*services, without=("--dhcp-boot",)),))
    mode = f"--dhcp-range={SERVER_IP},proxy"
    second = DNSMASQ.told(mode, *services, without=("--dhcp-range", "--dhcp-boot"))
    return Served((DNSMASQ_DHCP.told(without=("--dhcp-boot",)), second))
