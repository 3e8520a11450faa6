# SPDX-License-Identifier: BSD-2-Clause
"""Boot files of every format on two cards, in every `make check`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ci.tree import need_tool, run_suite


def test_formats(own_out: Path, record_property: Callable[[str, object], None]) -> None:
    """python3 -m ci.smoke --formats --quick; its table is the message when a boot fails."""
    need_tool("qemu-system-i386")
    command = ["-m", "ci.smoke", "--formats", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)
