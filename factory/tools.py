# SPDX-License-Identifier: BSD-2-Clause
"""romtool, which knows the image formats: where it is, and running it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from factory.errors import failure


def find_romtool(out: Path = Path("out")) -> Path:
    """As make built it, else the installed one."""
    built = out / "bin" / "romtool"
    if built.exists():
        return built
    installed = shutil.which("romtool")
    if installed is None:
        hint = "run make, or install the package etherforge-tools"
        raise failure(str(built), "not there, and there is no romtool on PATH", hint)
    return Path(installed)


def run_romtool(
    romtool: Path, words: Sequence[str], capture: bool = True
) -> subprocess.CompletedProcess[bytes]:
    """Run it; without `capture`, what it prints goes where ours goes. Raises FactoryError when it cannot be run."""
    try:
        return subprocess.run([str(romtool), *words], capture_output=capture, check=False)
    except OSError as error:
        raise failure(str(romtool), f"cannot run it: {error.strerror}", "run make") from None
