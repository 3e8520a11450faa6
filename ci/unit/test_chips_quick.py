# SPDX-License-Identifier: BSD-2-Clause
"""Linux on one chip model in every `make check`, and boots on all, with the shortest and with seeded latencies."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ci.chips.process import PROGRAM
from ci.tree import make_or_fail, need_tool, run_suite


def test_quick_chips(own_out: Path, record_property: Callable[[str, object], None]) -> None:
    """python3 -m ci.chips.run --quick; its lines are the message when one fails."""
    need_tool("qemu-system-x86_64")
    need_tool("busybox")
    make_or_fail(str(PROGRAM))
    command = ["-m", "ci.chips.run", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)
