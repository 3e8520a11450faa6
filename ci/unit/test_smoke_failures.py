"""A few boots into failures and from real servers in every `make check`; `make smoke` has the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ci.net import lab
from ci.tree import need_tool, run_tool


def test_failures_are_readable(built: Path) -> None:
    """Bad servers and bad boot files: a message, then the next boot device."""
    need_tool("qemu-system-i386")
    run_tool(sys.executable, "-m", "ci.smoke", "--bad-input", "--quick", cwd=built)


def test_real_servers(built: Path) -> None:
    """dnsmasq, ISC dhcpd with tftpd-hpa, Kea with atftpd."""
    need_tool("qemu-system-i386")
    reason = lab.unavailable()
    if reason:
        pytest.skip(reason)
    need_tool("dnsmasq")
    run_tool(sys.executable, "-m", "ci.smoke", "--servers", "--quick", cwd=built)
