"""A few smoke boots in every `make check`: a card per family, and the controls that must not boot."""

from __future__ import annotations

import sys
from pathlib import Path

from ci.tree import need_tool, run_tool


def test_quick_smoke_boots(built: Path) -> None:
    """python3 -m ci.smoke --quick; its table is the message when a boot fails."""
    need_tool("qemu-system-i386")
    run_tool(sys.executable, "-m", "ci.smoke", "--quick", cwd=built)
