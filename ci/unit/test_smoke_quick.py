# SPDX-License-Identifier: BSD-2-Clause
"""A few smoke boots in every `make check`: a card per family, and the controls that must not boot."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ci.tree import need_tool, run_suite


def test_quick_smoke_boots(own_out: Path, record_property: Callable[[str, object], None]) -> None:
    """python3 -m ci.smoke --quick; its table is the message when a boot fails."""
    need_tool("qemu-system-i386")
    command = ["-m", "ci.smoke", "--quick", "--out"]
    run_suite(record_property, sys.executable, *command, own_out)
