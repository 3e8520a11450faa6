# SPDX-License-Identifier: BSD-2-Clause
"""Programs for other processors: compilers that make them, and what runs them here.

A kernel may be built, or a container set up, without support for 32-bit programs: qemu-i386 (package qemu-user)
runs those in its place. Nothing here depends on what the kernel is willing to run.
"""

from __future__ import annotations

import functools
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from ci.tree import need_tool, unavailable

BASE = 0x8048000
EXIT = 42
# mov eax, 1 (exit); mov ebx, EXIT; int 80h
CODE = struct.pack("<BIBIH", 0xB8, 1, 0xBB, EXIT, 0x80CD)


def tiny_program() -> bytes:
    """The smallest ELF32 file for i386: it ends with EXIT."""
    size = 52 + 32 + len(CODE)
    ident = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header = struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, BASE + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<IIIIIIII", 1, 0, BASE, BASE, size, size, 5, 0x1000)
    return ident + header + segment + CODE


@functools.cache
def kernel_runs_i386() -> bool:
    """Found out by trying."""
    with tempfile.TemporaryDirectory(prefix="i386-") as folder:
        program = Path(folder, "program")
        program.write_bytes(tiny_program())
        program.chmod(0o755)
        try:
            done = subprocess.run([program], capture_output=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == EXIT


def run_i386(program: str | Path) -> list[str]:
    """The command line that runs a statically linked program for i386 here."""
    if kernel_runs_i386():
        return [str(program)]
    return [need_tool("qemu-i386"), str(program)]


@functools.cache
def compiler_i386() -> tuple[str, ...]:
    """A compiler that links static programs for i386: the cross compiler, or the machine's own."""
    for words in (("i686-linux-gnu-gcc", "-static"), ("gcc", "-m32", "-static")):
        if shutil.which(words[0]) and _links(words):
            return words
    return unavailable("no compiler links programs for i386; install gcc-i686-linux-gnu")


def _links(words: tuple[str, ...]) -> bool:
    with tempfile.TemporaryDirectory(prefix="i386-") as folder:
        command = [*words, "-x", "c", "-", "-o", str(Path(folder, "program"))]
        source = b'#include <errno.h>\n#include <stdio.h>\nint main(void) { return puts(""); }\n'
        return (
            subprocess.run(command, input=source, capture_output=True, check=False).returncode == 0
        )
