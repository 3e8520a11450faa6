# SPDX-License-Identifier: BSD-2-Clause
"""How a server tells a card what to boot: a file with arguments, or a script."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from ci.lab.card import Card
from ci.lab.case import Boot, Case, Failed
from ci.lab.network import Served, Wired
from ci.net.http import NGINX
from ci.net.scenario import Scenario
from ci.net.servers import ALIAS, DNSMASQ_DNS, HTTP, Server

ARGUMENTS = 129  # DHCP option: the kernel command line
SCRIPT = "boot.ipxe"
WEB_SERVERS = {"virtio_net": HTTP}  # of the cards of a family; for all others nginx


def named(file: str, arguments: str = "") -> Wired:
    """A server that names a boot file, and its arguments."""
    further = ((ARGUMENTS, arguments.encode()),) if arguments else ()
    return Wired(file, Scenario("arguments", further=further))


def by_name(card: Card, file: str, arguments: str = "", web: Server | None = None) -> Served:
    """A web server that is named, as is the file, and DNS that knows it; TFTP is there as well."""
    option = f"--dhcp-option-force={ARGUMENTS},{arguments}"
    names = DNSMASQ_DNS.told(option) if arguments else DNSMASQ_DNS
    if web is None:
        web = WEB_SERVERS.get(card.family, NGINX)
    return Served((names, web), f"http://{ALIAS}/{file}")


def script(*lines: str) -> bytes:
    """A script of these commands."""
    return "\n".join(("#!ipxe", *lines, "")).encode()


def told(case: Case, words: str) -> Case:
    """The same, and the kernel's command line has to be these words (a pattern). Port E9h has it as it is."""
    return replace(case, check=partial(_told, f'cmdline="{words}"'))


def _told(pattern: str, boot: Boot) -> str:
    if not re.search(pattern, boot.outcome.debug):
        raise Failed(f"the kernel was not told /{pattern}/")
    return ""
