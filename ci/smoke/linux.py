# SPDX-License-Identifier: BSD-2-Clause
"""Real Linux boots: Debian's cloud kernel and a busybox initrd, made into an NBI, on every medium of every family."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from ci.images import Shop
from ci.lab.case import Case
from ci.lab.judge import LINUX
from ci.packages import Unavailable, depends, unpacked
from ci.payloads.initrd import make_initrd
from ci.smoke.plans import Plan, Selection, named, payload_name, samples
from factory.errors import failure
from factory.spec import Spec

META_PACKAGE = "linux-image-cloud-amd64"
NOISE = 4 << 20  # bytes in the initrd that do not compress
MEMORY = 256
TIMEOUT = 240.0
# On a loaded machine the kernel may find that its timer does not tick.
APPEND = "console=ttyS0 quiet panic=-1 no_timer_check nonce={nonce}"

# What the NBI's stub adds to the command line from the loader's DHCP reply.
TEXTS = (r"EFLINUX args=.*BOOTIF=01-52-54-00-12-34-56", r"EFLINUX args=.*ip=10\.(0\.2|77\.0)\.15:")


@cache
def kernel(cache_folder: Path) -> Path:
    """The cloud kernel, fetched once. Raises Unavailable with the reason when it cannot be had."""
    found = sorted(cache_folder.glob("linux-image-*-cloud-amd64/boot/vmlinuz-*"))
    if found:
        return found[-1]
    packages = [name for name in depends(META_PACKAGE) if name.startswith("linux-image-")]
    if not packages:
        raise Unavailable(f"{META_PACKAGE}: apt knows no such package here")
    (image,) = (unpacked(packages[0], cache_folder) / "boot").glob("vmlinuz-*")
    return image


def unavailable(shop: Shop) -> str:
    """Why no Linux can be booted here; "" when one can."""
    try:
        kernel(shop.cache)
        make_initrd("0" * 32)
    except (Unavailable, FileNotFoundError, ValueError) as reason:
        return str(reason)
    return ""


def linux_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """One boot for every medium of each family's first card."""
    for plan in samples(spec, shop, selection, "linux"):
        yield named(plan, "nbi", partial(_with_linux, shop))


def _with_linux(shop: Shop, case: Case) -> Case:
    nonce = case.expected.nonce
    files = {**case.files, payload_name(case): make_nbi(nonce, kernel(shop.cache))}
    return replace(
        case.on(memory=MEMORY, warp=None, binary="qemu-system-x86_64"),
        label=replace(case.label, payload="linux"),
        files=files,
        expected=replace(case.expected, sum="", report=LINUX, texts=TEXTS),
        timeout=TIMEOUT,
    )


def make_nbi(nonce: str, kernel_file: Path) -> bytes:
    """The boot file, as `factory mknbi` makes it for everyone."""
    with tempfile.TemporaryDirectory(prefix="linux-") as folder:
        initrd, output = Path(folder, "initrd"), Path(folder, "linux.nbi")
        initrd.write_bytes(make_initrd(nonce, NOISE))
        command = [sys.executable, "-m", "factory", "mknbi", "--kernel", str(kernel_file)]
        command += ["--initrd", str(initrd), "--append", APPEND.format(nonce=nonce), "--ip", "rom"]
        done = subprocess.run(
            [*command, "-o", str(output)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise failure("--linux", f"factory mknbi: {done.stderr.strip()}")
        return output.read_bytes()
