# SPDX-License-Identifier: BSD-2-Clause
"""A diskless client from the sample configurations: Debian's kernel in an NBI, its root on NFS.

The initrd does what one of initramfs-tools does with BOOT=nfs. The program that reports is on the root.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ci.images import Shop
from ci.lab.card import Card
from ci.lab.case import Case
from ci.lab.judge import LINUX, Expected
from ci.lab.network import Served
from ci.net.samples import HERE, NFS_FOLDER, configured, written
from ci.packages import Unavailable
from ci.payloads.initrd import DIRECTORY, Entry, busybox, compressed, console_entries
from ci.pxe.start import boots, ours
from ci.smoke.linux import APPEND, MEMORY, TIMEOUT, kernel, unavailable

NAME = "ltsp.nbi"
DRIVERS = ("virtio_pci", "virtio_net", "nfsv3")
DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")  # in a module's .modinfo
INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
for MODULE in {modules}; do $B insmod /$MODULE.ko; done
read ARGS < /proc/cmdline
for WORD in $ARGS; do
    case $WORD in ip=*) IP=${{WORD#ip=}} ;; nfsroot=*) NFS=${{WORD#nfsroot=}} ;; esac
done
SERVER=${{NFS%%:*}} PLACE=${{NFS%%,*}} OPTIONS=${{NFS#*,}}
IFS=:
set -- $IP
IFS=' '
$B ifconfig eth0 $1 netmask $4 up
$B mount -t nfs -o ro,nolock,addr=$SERVER,$OPTIONS $PLACE /root || echo "EFERROR no root on NFS"
exec $B switch_root /root /sbin/init
"""
NFS_INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
read ARGS < /proc/cmdline
for WORD in $ARGS; do
    case $WORD in nonce=*) CMDLINE=${WORD#nonce=} ;; esac
done
echo "EFLINUX root=$($B awk '$2 == "/" && $3 != "rootfs" { print $1, $3 }' /proc/mounts)"
echo "EFLINUX nonce=$($B cat /nonce) cmdline=$CMDLINE"
$B poweroff -f
"""
ON_NFS = r"EFLINUX root=10\.77\.0\.1:/srv/nfs nfs\n"


def diskless(shop: Shop, card: Card) -> Case:
    """The image of the sample's script, its addresses from dnsmasq, its root from NFS-Ganesha."""
    if reason := unavailable(shop):
        raise Unavailable(reason)
    nonce = secrets.token_hex(16)
    files = {NAME: _image(kernel(shop.cache), nonce), **_root(nonce)}
    network = Served((configured("dnsmasq"), configured("ganesha")), NAME)
    start = ours(card).on(memory=MEMORY, binary="qemu-system-x86_64", drives=())
    expected = Expected(nonce, "", report=LINUX)
    return boots(replace(start, timeout=TIMEOUT), network, files, expected, ON_NFS)


def _root(nonce: str) -> Mapping[str, bytes]:
    """What NFS serves."""
    files = {"nonce": nonce.encode(), "sbin/init": NFS_INIT.encode(), "bin/busybox": busybox()}
    empty = {f"{name}/.keep": b"" for name in ("proc", "dev")}
    return {f"{NFS_FOLDER}/{name}": data for name, data in {**files, **empty}.items()}


def _image(kernel_file: Path, nonce: str) -> bytes:
    """Run the rendered script, as a user does who has the command installed."""
    with tempfile.TemporaryDirectory(prefix="ltsp-") as name:
        folder = Path(name)
        (folder / "vmlinuz").write_bytes(kernel_file.read_bytes())
        (folder / "initrd").write_bytes(_initrd(kernel_file))
        values = replace(
            HERE,
            bootfile=NAME,
            tftp_root=name,
            kernel=str(folder / "vmlinuz"),
            initrd=str(folder / "initrd"),
            arguments=APPEND.format(nonce=nonce),
        )
        tool = folder / "bin" / "etherforge"
        tool.parent.mkdir()
        tool.write_text(
            f'#!/bin/sh\nPYTHONPATH={Path.cwd()} exec {sys.executable} -m factory "$@"\n'
        )
        tool.chmod(0o755)
        path = f"{tool.parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", written("ltsp", values, folder)],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise OSError(f"the sample's script failed: {done.stderr.strip()}")
        return (folder / NAME).read_bytes()


def _initrd(kernel_file: Path) -> bytes:
    """busybox, the modules that the kernel needs, and what uses them."""
    modules = _modules(kernel_file)
    init = INIT.format(modules=" ".join(path.stem for path in modules)).encode()
    return compressed(
        [
            *console_entries(init),
            Entry("root", DIRECTORY | 0o755),
            *(Entry(path.name, 0o100644, path.read_bytes()) for path in modules),
        ]
    )


def _modules(kernel_file: Path) -> list[Path]:
    """In the order in which they can be loaded. Raises Unavailable when the kernel has them elsewhere."""
    folder = kernel_file.parents[1] / "lib" / "modules"
    found = {path.stem.replace("-", "_"): path for path in folder.rglob("*.ko")}
    order: dict[str, Path] = {}

    def add(names: Iterator[str]) -> None:
        for name in names:
            if name in order:
                continue
            if name not in found:
                raise Unavailable(f"{kernel_file.name} has no module {name}")
            needs = DEPENDS.search(found[name].read_bytes())
            add(iter(needs[1].decode().replace("-", "_").split(",") if needs and needs[1] else ()))
            order[name] = found[name]

    add(iter(DRIVERS))
    return list(order.values())
