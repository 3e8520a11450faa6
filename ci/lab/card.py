# SPDX-License-Identifier: BSD-2-Clause
"""A family's stand-in: its first emulated card, with the images that were built for it; and what is proved on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ci import stock
from ci.chips.process import program_sha256
from ci.images import Shop
from ci.lab.case import Case, Label
from ci.packages import Unavailable
from factory.spec import Image, Model, Spec


@dataclass(frozen=True)
class Card:
    """The card, and the files for it."""

    family: str
    model: Model
    shop: Shop

    @property
    def device(self) -> str:
        """As a machine has it."""
        return self.model.card

    def image(self, medium: str) -> bytes:
        """Our image for it."""
        folder = self.shop.out / "images" / self.family
        return (folder / f"{self.model.id.hex}.{medium}").read_bytes()

    def special(self, name: str, medium: str = "zpxe") -> bytes:
        """Our image that is for no card (undi) or for every card (all)."""
        return (self.shop.out / "images" / name / f"{name}.{medium}").read_bytes()

    def stock_rom(self) -> bytes:
        """The PXE ROM of Debian's ipxe-qemu for it. Raises Unavailable when there is none."""
        rom = stock.rom_for(self.device, self.model.id, self.shop)
        if rom is None:
            raise Unavailable(f"no stock ROM for {self.device} (package ipxe-qemu)")
        return rom

    def images(self, spec: Spec) -> Iterator[Image]:
        """Of the matrix: those for it alone."""
        return (
            it for it in spec.images() if (it.family, it.ids) == (self.family, (self.model.id,))
        )


Build = Callable[[Card], Case]


@dataclass(frozen=True)
class CardPlan:
    """One thing to prove on a card; see ci.lab.case.Plan."""

    group: str
    name: str
    card: Card
    build: Build
    quick: bool = False  # one of a quick run
    captured: bool = True
    keeps = False

    @property
    def key(self) -> str:
        """Its name in reports and file names."""
        return f"{self.group}+{self.card.family}+{self.name}"

    @property
    def label(self) -> Label:
        """A case is evidence of the group's behaviour."""
        label = Label(self.group, self.card.family, self.card.device)
        return replace(label, model_sha256=program_sha256()) if self.card.model.is_chip else label

    def make(self) -> Case:
        """Build it. Raises Unavailable."""
        case = self.build(self.card)
        return replace(case, key=self.key, label=self.label, captured=self.captured)


def cards(spec: Spec, shop: Shop, wanted: str = "") -> list[Card]:
    """One card for each family that an emulator has one for."""
    return [
        Card(family.name, family.models[0], shop)
        for family in spec.families
        if family.models and wanted in ("", family.name)
    ]
