"""A few cases of the PXE suite in every `make check`."""

from __future__ import annotations

import sys
from pathlib import Path

from ci.tree import need_tool, run_tool


def test_quick_pxe_cases(built: Path) -> None:
    """python3 -m ci.pxe --quick; its lines are the message when a case fails."""
    need_tool("qemu-system-i386")
    run_tool(sys.executable, "-m", "ci.pxe", "--quick", cwd=built)
