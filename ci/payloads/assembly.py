# SPDX-License-Identifier: BSD-2-Clause
"""The assembled programs of this folder."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path

# Since nasm 2.16.02, `all` warns of any address that is not relative, and before, `reloc` is no name.
WARNINGS = ("-w+all", "-Werror", "-w-unknown-warning", "-w-reloc")


@cache
def assemble(name: str, *options: str) -> bytes:
    """One of the .asm files of this folder, which may be in an archive."""
    with tempfile.TemporaryDirectory(prefix="payload-") as folder:
        for source in resources.files(__package__).iterdir():
            if source.name.endswith((".asm", ".inc")):
                Path(folder, source.name).write_bytes(source.read_bytes())
        output = Path(folder, "template.bin")
        command = ["nasm", *WARNINGS, "-f", "bin", "-i", f"{folder}/", *options]
        command += ["-o", str(output), str(Path(folder, f"{name}.asm"))]
        subprocess.run(command, check=True)
        return output.read_bytes()
