# SPDX-License-Identifier: BSD-2-Clause
"""A few cases of the PXE suite in every `make check`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ci.tree import need_tool, run_suite


def test_quick_pxe_cases(own_out: Path, record_property: Callable[[str, object], None]) -> None:
    """python3 -m ci.pxe --quick; its lines are the message when a case fails."""
    need_tool("qemu-system-i386")
    command = ["-m", "ci.pxe", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)
