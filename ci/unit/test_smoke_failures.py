# SPDX-License-Identifier: BSD-2-Clause
"""A few boots into failures and from real servers in every `make check`; `make smoke` has the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ci.net import namespace
from ci.tree import need_tool, run_suite, unavailable

Record = Callable[[str, object], None]


def test_failures_are_readable(own_out: Path, record_property: Record) -> None:
    """Bad servers and bad boot files: a message, then the next boot device."""
    need_tool("qemu-system-i386")
    command = ["-m", "ci.smoke", "--bad-input", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)


def test_real_servers(own_out: Path, record_property: Record) -> None:
    """dnsmasq, ISC dhcpd with tftpd-hpa, Kea with atftpd."""
    need_tool("qemu-system-i386")
    if reason := namespace.unavailable():
        unavailable(reason)
    command = ["-m", "ci.smoke", "--servers", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)
