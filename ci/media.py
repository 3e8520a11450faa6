# SPDX-License-Identifier: BSD-2-Clause
"""How the lab boots each medium of targets.yaml, and what must keep its images from booting: one entry per medium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ci.disks import FURTHER, PLAIN


@dataclass(frozen=True)
class Medium:
    """What the lab knows about one medium."""

    name: str
    # How it is booted: "rom", in a card; "nbp", by a PXE ROM; or of ci.disks. At exact tier in each way, else in turns.
    ways: tuple[str, ...]
    sample: str  # the way that stands for them
    # Damages of ci.images, and the error (lib/errors.h) that each must show; "" where no BIOS lets it run that far.
    damages: Mapping[str, str]
    further: tuple[str, ...] = ()  # ways that are tried on the first card of a family
    padded: bool = False  # zeros fill up the file, whose size tells nothing

    @property
    def second_stage(self) -> bool:
        """Whether a PXE ROM has to load it."""
        return self.sample == "nbp"


ROM = Medium(
    "rom",
    ways=("rom",),
    sample="rom",
    damages={
        "wrong-id": "",
        "flipped": "",
        "flipped-summed": "E27",
        "block-summed": "E27",
        "truncated": "",
    },
)
# Only a ROM has a byte sum; and a second stage for another card boots, through the first stage's UNDI.
ZPXE = Medium(
    "zpxe",
    ways=("nbp",),
    sample="nbp",
    damages={"flipped": "E27", "block-summed": "E27", "truncated": ""},
)
DSK = Medium(
    "dsk",
    ways=tuple(PLAIN),
    sample="disk",
    further=tuple(FURTHER),
    damages={"wrong-id": "E01", "flipped": "E27", "block-summed": "E27", "truncated": "E27"},
    padded=True,
)

MEDIA: Mapping[str, Medium] = {medium.name: medium for medium in (ROM, ZPXE, DSK)}
