# SPDX-License-Identifier: BSD-2-Clause
"""Boot files from Debian's packages: memtest86+, GRUB, iPXE, memdisk, Xen with a kernel. None is installed.

They come over HTTP, by the name of a server that DNS knows.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from ci.images import Shop
from ci.lab.card import Build, Card
from ci.lab.case import Case
from ci.lab.judge import LINUX, Expected
from ci.packages import Unavailable, unpacked
from ci.payloads.initrd import compressed, initrd_entries
from ci.pxe.programs import floppy, nonce, small_system
from ci.pxe.start import boots, full, ours, shows
from ci.smoke.bootfile import SCRIPT, by_name, script
from ci.smoke.linux import APPEND, TIMEOUT, kernel

GRUB_MODULES = ("pxe", "tftp", "serial", "terminal", "echo", "linux16", "boot")
GRUB_COMMANDS = """serial --unit=0
terminal_output serial
linux16 (pxe)/kern of GRUB
initrd16 (pxe)/ird
boot
"""
X86_64 = "qemu-system-x86_64"


def _file(shop: Shop, package: str, pattern: str) -> Path:
    """One of a package. Raises Unavailable."""
    found = sorted(unpacked(package, shop.cache).glob(pattern))
    if not found:
        raise Unavailable(f"{package} has no {pattern}")
    return found[0]


def _memtest(card: Card) -> Case:
    """memtest86+, a kernel that takes its time until it shows something."""
    data = _file(card.shop, "memtest86+", "boot/memtest86+ia32.bin").read_bytes()
    network = by_name(card, "memtest", "console=ttyS0,115200")
    case = shows(ours(card), network, {"memtest": data}, "Memtest86")
    return replace(case, until="Memtest86", timeout=TIMEOUT)


def _ipxe(card: Card) -> Case:
    """iPXE as a kernel."""
    data = _file(card.shop, "ipxe", "boot/ipxe.lkrn").read_bytes()
    case = shows(ours(card), by_name(card, "ipxe.lkrn"), {"ipxe.lkrn": data}, r"iPXE \d")
    return replace(case, until=r"iPXE \d", timeout=TIMEOUT)


def _memdisk(card: Card) -> Case:
    """memdisk with a floppy image, whose boot sector reads through it."""
    disk = floppy()
    loader = _file(card.shop, "syslinux-common", "usr/lib/syslinux/memdisk").read_bytes()
    files = {"memdisk": loader, "floppy.img": disk.data}
    return boots(
        ours(card), by_name(card, "memdisk", "initrd=floppy.img"), files, disk.expected, "MEMDISK"
    )


@cache
def _grub(cache_folder: Path) -> bytes:
    """GRUB for PXE, with commands of ours in it."""
    tool = unpacked("grub-common", cache_folder) / "usr/bin/grub-mkimage"
    modules = unpacked("grub-pc-bin", cache_folder) / "usr/lib/grub/i386-pc"
    (library,) = unpacked("libdevmapper1.02.1", cache_folder).glob("*/*/libdevmapper.so*")
    with tempfile.TemporaryDirectory(prefix="grub-") as name:
        commands, core = Path(name, "commands"), Path(name, "core.0")
        commands.write_text(GRUB_COMMANDS)
        words = [str(tool), "-O", "i386-pc-pxe", "-d", str(modules), "-p", "(pxe)"]
        done = subprocess.run(
            [*words, "-c", str(commands), "-o", str(core), *GRUB_MODULES],
            env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"grub-mkimage: {done.stderr.strip()}")
        return core.read_bytes()


def _by_grub(card: Card) -> Case:
    """GRUB as an NBP; it loads a kernel and an initrd through our PXE services."""
    system = small_system()
    files = {"core.0": _grub(card.shop.cache), **system.files}
    shown = r'cmdline="BOOT_IMAGE=\(pxe\)/kern of GRUB"'
    return boots(ours(card), by_name(card, "core.0"), files, system.expected, "GRUB", shown)


def _xen(card: Card) -> Case:
    """Xen through Multiboot, with a Linux kernel and an initrd as modules; until that shows its command line."""
    fresh = nonce()
    packed = _file(card.shop, "xen-hypervisor-4.17-amd64", "boot/xen-*.gz").read_bytes()
    lines = (
        f"kernel xen com1=115200,8n1 console=com1 dom0_mem=256M noreboot xen={fresh}",
        f"module vmlinuz console=hvc0 earlyprintk=xen nonce={fresh}",
        "module initrd",
        "boot",
    )
    files = {
        "xen": gzip.decompress(packed),
        "vmlinuz": kernel(card.shop.cache).read_bytes(),
        "initrd": fresh.encode(),
        SCRIPT: script(*lines),
    }
    start = full(card).on(memory=512, binary=X86_64)
    shown = ("Bootloader: Etherforge", rf"Command line: com1.* xen={fresh}", "Init. ramdisk: ")
    last = rf"ommand line: console=hvc0 earlyprintk=xen nonce={fresh}"
    return replace(
        shows(start, by_name(card, SCRIPT), files, *shown, last), until=last, timeout=60.0
    )


def _linux(card: Card) -> Case:
    """Debian's kernel; one file of its initrd is fetched apart, and gets its name on the way."""
    fresh = nonce()
    entries = (entry for entry in initrd_entries(fresh, 1 << 16) if entry.name != "nonce")
    files = {
        "vmlinuz": kernel(card.shop.cache).read_bytes(),
        "initrd": compressed(entries),
        "my-nonce": f"{fresh}\n".encode(),
        SCRIPT: script(
            f"kernel vmlinuz {APPEND.format(nonce=fresh)}",
            "initrd initrd",
            "initrd my-nonce nonce",
            "boot",
        ),
    }
    start = ours(card).on(memory=256, binary=X86_64)
    expected = Expected(fresh, "", report=LINUX)
    return boots(replace(start, timeout=TIMEOUT), by_name(card, SCRIPT), files, expected)


BUILDS: Mapping[str, Build] = {
    "memtest86+": _memtest,
    "ipxe.lkrn": _ipxe,
    "memdisk": _memdisk,
    "grub": _by_grub,
    "xen": _xen,
    "linux": _linux,
}
