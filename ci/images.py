# SPDX-License-Identifier: BSD-2-Clause
"""Copies of built images: restamped to another card, or damaged on purpose. What the formats are, romtool knows."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci.media import MEDIA
from ci.packages import CACHE
from factory.spec import Image, PciId

STRANGER = PciId(0xDEAD, 0xBEEF)  # an ID that no emulated card shows


class RomtoolError(RuntimeError):
    """romtool refused; says what and why."""


@dataclass(frozen=True)
class Shop:
    """Where images are: in a build, or in a download set, which brings no tool."""

    out: Path = Path("out")
    tool: Path | None = None  # romtool, where it isn't the build's

    @property
    def romtool(self) -> Path:
        """The tool that knows the image formats."""
        return self.tool or self.out / "bin" / "romtool"

    @property
    def cache(self) -> Path:
        """What was downloaded."""
        return CACHE

    def image(self, image: Image) -> Path:
        """One image."""
        return self.out / "images" / image.path

    def run(self, *arguments: str) -> str:
        """Run romtool; what it printed. Raises RomtoolError with its message."""
        done = subprocess.run(
            [self.romtool, *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            message = (done.stderr or done.stdout).strip()
            raise RomtoolError(f"romtool {' '.join(arguments)}: {message}")
        return done.stdout


def image_length(image: bytes) -> int:
    """Bytes without the zeros that fill a .dsk: the third word of EFPX (docs/formats.md), which a ROM has, too."""
    return int.from_bytes(image[(at := image.index(b"EFPX") + 8) : at + 4], "little")


def stamped(image: Path, pci_id: PciId, shop: Shop) -> bytes:
    """A copy of an image with another ID."""
    with tempfile.TemporaryDirectory(prefix="stamp-") as folder:
        copy = Path(folder, f"copy{image.suffix}")
        shop.run("stamp", str(image), "--id", str(pci_id), "-o", str(copy))
        return copy.read_bytes()


def _middle_of_payload(image: Path, shop: Shop) -> int:
    payload = json.loads(shop.run("list", "--json", str(image)))["files"][0]["payload"]
    return int(payload["offset"]) + int(payload["packed_length"]) // 2


def _identity_block(image: Path, shop: Shop) -> int:
    return int(json.loads(shop.run("list", "--json", str(image)))["files"][0]["identity"]["offset"])


def _block_summed(image: Path, shop: Shop) -> bytes:
    """The unpacked length wrong, in the identity block; byte sums stay."""
    data = bytearray(image.read_bytes())
    at = _identity_block(image, shop) + 0x19
    data[at] = (data[at] - 1) & 0xFF
    data[at + 1] = (data[at + 1] + 1) & 0xFF
    return bytes(data)


def _flipped(image: Path, shop: Shop) -> bytes:
    data = bytearray(image.read_bytes())
    data[_middle_of_payload(image, shop)] ^= 0xFF
    return bytes(data)


def _flipped_summed(image: Path, shop: Shop) -> bytes:
    """Two neighbours changed so that the byte sum, all that a BIOS looks at, stays the same."""
    data = bytearray(image.read_bytes())
    at = _middle_of_payload(image, shop)
    data[at] = (data[at] + 1) & 0xFF
    data[at + 1] = (data[at + 1] - 1) & 0xFF
    return bytes(data)


def _truncated(image: Path, shop: Shop) -> bytes:
    """The first half; or, where the size stays, all that was written before the copying stopped."""
    data = image.read_bytes()
    if MEDIA[image.suffix[1:]].padded:
        return data[: _middle_of_payload(image, shop)].ljust(len(data), b"\0")
    return data[: len(data) // 1024 * 512]


def _wrong_id(image: Path, shop: Shop) -> bytes:
    return stamped(image, STRANGER, shop)


DAMAGES: Mapping[str, Callable[[Path, Shop], bytes]] = {
    "wrong-id": _wrong_id,
    "flipped": _flipped,
    "flipped-summed": _flipped_summed,
    "block-summed": _block_summed,
    "truncated": _truncated,
}


def damaged(image: Path, damage: str, shop: Shop) -> bytes:
    """A damaged copy."""
    return DAMAGES[damage](image, shop)
