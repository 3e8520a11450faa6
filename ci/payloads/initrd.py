# SPDX-License-Identifier: BSD-2-Clause
"""The initrd of real-kernel boots: busybox and an /init that proves that userland was reached.

On the console it prints `EFLINUX nonce=<from a file in the initrd> cmdline=<nonce= of the kernel command line>`, then
`EFLINUX args=<the whole command line>`, and switches the machine off.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DIRECTORY, FILE, LINK, DEVICE = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK, stat.S_IFCHR
CONSOLE = (5, 1)
ALIGN = 4
BLOCK = 512

# The sum of the noise shows that a large initrd arrived whole.
INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
(cd / && $B sha1sum -c -s noise.sha1) || echo "EFERROR initrd is damaged"
read ARGS < /proc/cmdline
CMDLINE=
for WORD in $ARGS; do
    case $WORD in nonce=*) CMDLINE=${WORD#nonce=} ;; esac
done
echo "EFLINUX nonce=$($B cat /nonce) cmdline=$CMDLINE"
echo "EFLINUX args=$ARGS"
$B poweroff -f
"""


@dataclass(frozen=True)
class Entry:
    """One file of the archive."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def cpio(entries: Iterator[Entry]) -> bytes:
    """A cpio archive, format newc (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    archive = bytearray()
    for inode, entry in enumerate(entries, 1):
        _append(archive, inode, entry)
    _append(archive, 0, Entry("TRAILER!!!", 0))
    return bytes(archive) + bytes(-len(archive) % BLOCK)


def _append(archive: bytearray, inode: int, entry: Entry) -> None:
    name = entry.name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    numbers = (
        inode,
        entry.mode,
        0,
        0,
        links,
        0,
        len(entry.data),
        0,
        0,
        *entry.device,
        len(name),
        0,
    )
    archive += b"070701" + b"".join(b"%08X" % number for number in numbers) + name
    archive += bytes(-len(archive) % ALIGN)
    archive += entry.data
    archive += bytes(-len(archive) % ALIGN)


@cache
def busybox() -> bytes:
    """A static one. Raises FileNotFoundError or ValueError with the package to install."""
    path = shutil.which("busybox")
    if path is None:
        raise FileNotFoundError("busybox is not installed (Debian package busybox-static)")
    data = Path(path).read_bytes()
    if b"/ld-linux" in data[:4096]:
        raise ValueError(f"{path} needs shared libraries; install Debian package busybox-static")
    return data


def console_entries(init: bytes) -> Iterator[Entry]:
    """What a script /init needs to run in busybox, and to print."""
    for folder in ("bin", "dev", "proc"):
        yield Entry(folder, DIRECTORY | 0o755)
    yield Entry("dev/console", DEVICE | 0o600, device=CONSOLE)
    yield Entry("bin/busybox", FILE | 0o755, busybox())
    yield Entry("init", FILE | 0o755, init)


def initrd_entries(nonce: str, noise: int) -> Iterator[Entry]:
    """The files, in order."""
    content = random.Random(nonce).randbytes(noise)
    yield from console_entries(INIT.encode())
    yield Entry("nonce", FILE | 0o644, nonce.encode() + b"\n")
    yield Entry("noise", FILE | 0o644, content)
    yield Entry(
        "noise.sha1", FILE | 0o644, f"{hashlib.sha1(content).hexdigest()}  noise\n".encode()
    )


def compressed(entries: Iterable[Entry]) -> bytes:
    """They, as an initrd."""
    return gzip.compress(cpio(iter(entries)), compresslevel=1, mtime=0)


def make_initrd(nonce: str, noise: int = 0) -> bytes:
    """A gzip-compressed initrd that carries `nonce`, and about `noise` bytes that do not compress."""
    return compressed(initrd_entries(nonce, noise))


def linux_line(nonce: str) -> str:
    """The line that shows that userland ran with the initrd and the command line of this boot."""
    return f"EFLINUX nonce={nonce} cmdline={nonce}"
