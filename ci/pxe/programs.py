# SPDX-License-Identifier: BSD-2-Clause
"""Boot files of the PXE suite, each with a fresh nonce: kernels with their initrds, floppies, assembled programs."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from ci.disks import partitioned
from ci.images import Shop
from ci.lab.case import FLOPPY_SIZE
from ci.lab.judge import LINUX, Expected
from ci.payloads import assembly
from ci.payloads.initrd import make_initrd
from ci.payloads.payload import make_payload, payload_sum
from ci.smoke.linux import kernel

SECTOR = 512
FLOPPY_SECTORS = 120  # that the floppy's program reads
TRACK_SECTORS = 17  # behind the first one, on the first track of any drive


def nonce() -> str:
    """32 hex digits that no boot before has seen."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class System:
    """A kernel and its initrd, and what they report."""

    kernel: bytes
    initrd: bytes
    expected: Expected

    @property
    def files(self) -> Mapping[str, bytes]:
        """As a server has them."""
        return {"kern": self.kernel, "ird": self.initrd}


def small_system(kernel_size: int = 200_000, initrd_size: int = 300_000) -> System:
    """A kernel that never enters its protected-mode part: it sums itself and its initrd at once."""
    fresh = nonce()
    image = make_payload("bzimage", fresh, kernel_size)
    initrd = random.Random(fresh).randbytes(initrd_size)
    return System(image, initrd, Expected(fresh, payload_sum(image, initrd)))


def linux_system(shop: Shop, noise: int = 1 << 20) -> System:
    """Debian's cloud kernel and busybox. Raises Unavailable when they cannot be had here."""
    fresh = nonce()
    image = kernel(shop.cache).read_bytes()
    return System(image, make_initrd(fresh, noise), Expected(fresh, "", report=LINUX))


@dataclass(frozen=True)
class Program:
    """One file, and what it reports."""

    data: bytes
    expected: Expected


def payload(kind: str, size: int = 24 * 1024, returns: bool = False) -> Program:
    """One of the smoke payloads."""
    fresh = nonce()
    data = make_payload(kind, fresh, size, returns)
    return Program(data, Expected(fresh, payload_sum(data)))


def floppy() -> Program:
    """A floppy image whose boot sector sums the sectors behind it."""
    boot, noise, expected = _summing(FLOPPY_SECTORS)
    return Program(boot + noise, expected)


def disk() -> Program:
    """A hard disk: a boot manager, and a partition whose boot sector sums those behind the disk's first one."""
    boot, noise, expected = _summing(TRACK_SECTORS)
    gap = noise[: TRACK_SECTORS * SECTOR]
    return Program(partitioned(boot, gap=gap), expected)


def _summing(sectors: int) -> tuple[bytes, bytes, Expected]:
    """A boot sector, what lies behind it on a floppy, and what it reports that has summed so many sectors of that."""
    fresh = nonce()
    boot = assemble("pxe_floppy", NONCE=f'"{fresh}"', SECTORS=sectors)
    noise = random.Random(fresh).randbytes(FLOPPY_SIZE - SECTOR)
    return boot, noise, Expected(fresh, rolling_sum(noise[: sectors * SECTOR]))


def rolling_sum(data: bytes) -> str:
    """The checksum of programs that have no room for a better one."""
    total = 0
    for byte in data:
        total = (total << 1 | total >> 31) + byte & 0xFFFFFFFF
    return f"{total:08x}"


def assemble(name: str, **defines: object) -> bytes:
    """ci/payloads/<name>.asm as a flat binary."""
    return assembly.assemble(name, *(f"-D{key}={value}" for key, value in defines.items()))
