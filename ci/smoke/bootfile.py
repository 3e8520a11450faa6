# SPDX-License-Identifier: BSD-2-Clause
"""How a server tells a card what to boot: a file with arguments, or a script."""

from __future__ import annotations

from ci.lab.network import Wired
from ci.net.scenario import Scenario

ARGUMENTS = 129  # DHCP option: the kernel command line
SCRIPT = "boot.ipxe"


def named(file: str, arguments: str = "") -> Wired:
    """A server that names a boot file, and its arguments."""
    further = ((ARGUMENTS, arguments.encode()),) if arguments else ()
    return Wired(file, Scenario("arguments", further=further))


def script(*lines: str) -> bytes:
    """A script of these commands."""
    return "\n".join(("#!ipxe", *lines, "")).encode()
