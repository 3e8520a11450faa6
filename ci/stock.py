# SPDX-License-Identifier: BSD-2-Clause
"""The stock PXE ROMs of Debian's ipxe-qemu: peers in the benchmark, first stages for `.zpxe` images."""

from __future__ import annotations

import functools
import struct
from pathlib import Path

from ci.images import Shop, stamped
from factory.spec import PciId

# Debian 12 and before, Debian 13; other distributions have one or the other.
FOLDERS = (Path("/usr/lib/ipxe/qemu"), Path("/usr/share/qemu"))

# QEMU device (by the start of its name, longest first) to the ROM that drives it.
ROM_OF_CARD = {
    "e1000e": "pxe-e1000e.rom",
    "e1000": "pxe-e1000.rom",
    "i82": "pxe-eepro100.rom",
    "ne2k_pci": "pxe-ne2k_pci.rom",
    "pcnet": "pxe-pcnet.rom",
    "rtl8139": "pxe-rtl8139.rom",
    "virtio-net": "pxe-virtio.rom",
    "vmxnet3": "pxe-vmxnet3.rom",
}


def rom_file(card: str) -> Path | None:
    """The ROM for a QEMU device; None when there is none for it, or the package isn't installed."""
    for start, name in ROM_OF_CARD.items():
        if card.startswith(start):
            paths = (folder / name for folder in FOLDERS)
            return next((path for path in paths if path.exists()), None)
    return None


def rom_for(card: str, pci_id: PciId, shop: Shop) -> bytes | None:
    """The ROM's bytes, stamped with the card's ID, as QEMU itself does with the ROMs that it loads by default."""
    path = rom_file(card)
    return _stamped(path, pci_id, shop) if path else None


_stamped = functools.cache(stamped)


def id_of(rom: bytes) -> tuple[int, int]:
    """Vendor and device of a PCI option ROM. Raises ValueError when it is none."""
    start = struct.unpack_from("<H", rom, 0x18)[0] if len(rom) >= 0x1A else 0
    if rom[:2] != b"\x55\xaa" or rom[start : start + 4] != b"PCIR" or len(rom) < start + 8:
        raise ValueError("not a PCI option ROM")
    vendor, device = struct.unpack_from("<HH", rom, start + 4)
    return vendor, device
