# SPDX-License-Identifier: BSD-2-Clause
"""The disks that a .dsk is booted from: the file itself, in drives of every kind, or what it was written to."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from ci.payloads.assembly import assemble

SECTOR = 512
PARTITION_START = 2048  # where partitioning tools put the first one
TABLE = 0x1BE


@dataclass(frozen=True)
class Disk:
    """One way to boot a .dsk."""

    drive: str  # of ci.lab.machine.DRIVE_DEVICES
    size: int = 0  # of a smaller floppy, which takes the start of the file
    table: bool = True  # what is in a partition is in the MBR's table
    manager: str = (
        ""  # boot manager of ci/payloads and nasm options; then the file is in a partition
    )


# The file as it is, on each card and chip of a family.
PLAIN = {"floppy": Disk("floppy"), "disk": Disk("disk"), "usb": Disk("usb")}
# Once per family.
FURTHER = {
    "virtio-blk": Disk("virtio-blk"),
    "ahci": Disk("ahci"),
    "nvme": Disk("nvme"),
    "scsi": Disk("scsi"),
    "floppy-720k": Disk("floppy", size=737_280),
    "floppy-360k": Disk("floppy", size=368_640),
    "partition": Disk("disk", manager="mbr"),
    "partition-gpt": Disk("disk", manager="mbr", table=False),
    "partition-chs": Disk("disk", manager="mbr -DOLD_BIOS"),
}
DISKS: Mapping[str, Disk] = {**PLAIN, **FURTHER}


def disk_of(boot: str, image: bytes) -> bytes:
    """What the drive has in it; the image itself, unless it was written to something of another size."""
    disk = DISKS[boot]
    if disk.size:
        if any(image[disk.size :]):
            raise ValueError(f"{boot}: the image is too large")
        return image[: disk.size]
    if not disk.manager:
        return image
    return partitioned(image, disk.manager, disk.table)


def partitioned(image: bytes, manager: str = "mbr", table: bool = True, gap: bytes = b"") -> bytes:
    """A disk with a boot manager, and the image in a partition; `gap` lies behind the first sector."""
    sectors = len(image) // SECTOR
    ours = (0x80, b"\xfe" * 3, 0xDA, b"\xfe" * 3, PARTITION_START, sectors)
    protective = (0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, PARTITION_START + sectors)
    entry = struct.pack("<B3sB3sII", *(ours if table else protective))
    code = assemble(*manager.split(), f"-DFIRST={PARTITION_START}")
    first = code.ljust(TABLE, b"\0") + bytes(16) + entry
    first = first.ljust(SECTOR - 2, b"\0") + b"\x55\xaa" + gap
    return first.ljust(PARTITION_START * SECTOR, b"\0") + image + bytes(64 * SECTOR)
