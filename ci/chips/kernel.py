# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernel for the gate: the module that drives a card, what that needs, and an initramfs with them."""

from __future__ import annotations

import functools
import lzma
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ci.packages import Unavailable, depends, unpacked
from ci.payloads.initrd import DIRECTORY, FILE, Entry, compressed, console_entries

META_PACKAGE = "linux-image-amd64"
DRIVERS = "kernel/drivers/net/ethernet"
XZ_MAGIC = b"\xfd7zXZ\0"
ALWAYS = ("af_packet",)  # for the DHCP client
# As the section .modinfo of a module has them: "depends=mii,libphy", "softdep=pre: realtek", "alias=pci:...".
FIELD = re.compile(rb"\0(depends|softdep|alias)=([^\0]*)")


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package."""

    version: str  # of the package's kernel
    image: Path
    modules: Path  # lib/modules/<release>

    def module_for(self, alias: str) -> str:
        """The module of the network driver for a device, by its modalias. Raises Unavailable."""
        found = [n for n, patterns in _drivers(self.modules) if _matches(alias, patterns)]
        if not found:
            raise Unavailable(f"Linux {self.version} has no network driver for {alias}")
        return found[0]

    def with_needed(self, module: str) -> list[str]:
        """The module after all that it needs."""
        ordered: list[str] = []

        def add(name: str) -> None:
            if name in ordered or name not in _files(self.modules):
                return
            fields = _fields(_content(_files(self.modules)[name]))
            before = fields.get("depends", [])
            soft = [text.removeprefix("pre:") for text in fields.get("softdep", [])]
            for needed in ",".join(before + soft).replace(" ", ",").split(","):
                add(needed.replace("-", "_"))
            ordered.append(name)

        for name in (*ALWAYS, module):
            add(name)
        return ordered

    def initramfs(self, module: str, init: str, files: tuple[Entry, ...] = ()) -> bytes:
        """With /init, and the modules as /lib/<name>.ko."""
        entries = [*console_entries(init.encode()), Entry("sys", DIRECTORY | 0o755)]
        entries += [Entry("lib", DIRECTORY | 0o755), *files]
        for name in self.with_needed(module):
            content = _content(_files(self.modules)[name])
            entries.append(Entry(f"lib/{name}.ko", FILE | 0o644, content))
        return compressed(entries)


def kernel(cache: Path) -> Kernel:
    """Debian's, fetched once. Raises Unavailable."""
    found = sorted(cache.glob("linux-image-*[0-9]-amd64/boot/vmlinuz-*"))
    if not found:
        names = [name for name in depends(META_PACKAGE) if name.startswith("linux-image-")]
        if not names:
            raise Unavailable(f"{META_PACKAGE}: apt knows no such package here")
        found = sorted((unpacked(names[0], cache) / "boot").glob("vmlinuz-*"))
    image = _unpacked(found[-1])
    release = image.name.removeprefix("vmlinux-")
    modules = next(image.parent.parent.glob(f"**/lib/modules/{release}"))
    return Kernel(release, image, modules)


def _unpacked(image: Path) -> Path:
    """The ELF file in a kernel: an emulated machine would take long to unpack it (QEMU enters that by PVH)."""
    unpacked_image = image.with_name(image.name.replace("vmlinuz", "vmlinux"))
    if not unpacked_image.exists():
        data = image.read_bytes()
        if (at := data.find(XZ_MAGIC)) < 0:
            raise Unavailable(f"{image}: not packed by xz")
        temporary = unpacked_image.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(lzma.LZMADecompressor().decompress(data[at:]))
        temporary.rename(unpacked_image)
    return unpacked_image


@functools.cache
def _files(modules: Path) -> dict[str, Path]:
    """Every module by its name."""
    paths = (*modules.rglob("*.ko"), *modules.rglob("*.ko.xz"))
    return {path.name.split(".")[0].replace("-", "_"): path for path in paths}


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def _fields(module: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in FIELD.findall(module):
        found.setdefault(name.decode(), []).append(value.decode("ascii", "replace"))
    return found


@functools.cache
def _drivers(modules: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every network driver, and the devices that it is for."""
    folder = modules / DRIVERS
    return tuple(
        (name, tuple(a for a in _fields(_content(path)).get("alias", []) if a.startswith("pci:")))
        for name, path in sorted(_files(modules).items())
        if folder in path.parents
    )


def _matches(alias: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(alias, pattern) for pattern in patterns)


def modalias(pci_id: str, subsystem: str = "0000:0000") -> str:
    """Of an Ethernet card, as the kernel has it."""

    def parts(text: str) -> Iterator[str]:
        return (f"{int(part, 16):08X}" for part in text.split(":"))

    (vendor, device), (sub_vendor, sub_device) = parts(pci_id), parts(subsystem)
    return f"pci:v{vendor}d{device}sv{sub_vendor}sd{sub_device}bc02sc00i00"
