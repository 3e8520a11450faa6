"""The assembled programs of this folder."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


@cache
def assemble(name: str, *options: str) -> bytes:
    """One of the .asm files of this folder."""
    with tempfile.TemporaryDirectory(prefix="payload-") as folder:
        output = Path(folder) / "template.bin"
        command = ["nasm", "-w+all", "-Werror", "-f", "bin", "-i", f"{_FOLDER}/", *options]
        subprocess.run([*command, "-o", str(output), str(_FOLDER / f"{name}.asm")], check=True)
        return output.read_bytes()
