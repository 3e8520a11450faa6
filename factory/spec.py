# SPDX-License-Identifier: BSD-2-Clause
"""The matrix: targets.yaml, read once, checked, and turned into frozen dataclasses.

Nothing else parses targets.yaml, and nothing else knows which targets, IDs and media there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from factory import CHIP, schema
from factory.document import load_document
from factory.errors import FactoryError, Problem
from factory.settings import settings

PROBLEMS_SHOWN = 20
VENDOR_NONE = 0x0000  # undi: no card of its own
VENDOR_ANY = 0xFFFF  # all: every card its drivers know


@dataclass(frozen=True, order=True)
class PciId:
    """Vendor and device ID of a PCI function."""

    vendor: int
    device: int

    def __str__(self) -> str:
        return f"{self.vendor:04x}:{self.device:04x}"

    @property
    def hex(self) -> str:
        """As in image names: vvvvdddd."""
        return f"{self.vendor:04x}{self.device:04x}"

    @classmethod
    def parse(cls, text: str) -> PciId:
        """From "vvvv:dddd". The schema has checked the form."""
        vendor, device = text.split(":")
        return cls(int(vendor, 16), int(device, 16))


@dataclass(frozen=True)
class Model:
    """An emulated card, and the PCI ID that it shows."""

    id: PciId
    device: str  # a QEMU -device name; or CHIP and the name of a chip model of ours (docs/chips.md)

    @property
    def is_chip(self) -> bool:
        """Whether it is a chip model."""
        return self.device.startswith(CHIP)

    @property
    def card(self) -> str:
        """As the lab plugs it into a machine."""
        return f"{self.device}@{self.id}" if self.is_chip else self.device


@dataclass(frozen=True)
class DeviceEntry:
    """One line of a family's `ids`."""

    id: PciId
    untested: str | None = None  # why no evidence is to be expected
    name: str | None = None  # for the catalogue, where pci.ids has none
    model: PciId | None = None  # of the family's, which stands in for it; else the first
    hardware: str | None = None  # "reported": somebody's real card booted by it


@dataclass(frozen=True)
class Medium:
    """A kind of image. Its format is romtool's, how it is booted the lab's (ci/media.py)."""

    name: str
    prefix: str  # of src/firmware/platform/bios/boot/<prefix>.asm
    budget: int  # bytes, without what fills up the file
    option_rom: bool = False  # its PCI headers name cards of one vendor


@dataclass(frozen=True)
class Profile:
    """What the firmware is compiled with."""

    name: str
    without: tuple[str, ...] = ()  # files of src/firmware that are not linked, without suffix
    settings: tuple[str, ...] = ()  # "key=value" each, in the order of settings.yaml


@dataclass(frozen=True)
class Family:
    """Cards that one driver drives."""

    name: str
    driver: str
    profile: str
    ids: tuple[DeviceEntry, ...]
    models: tuple[Model, ...] = ()
    uses: tuple[str, ...] = ()
    family_rom: bool = False

    def stand_in(self, pci_id: PciId) -> Model:
        """The card that a card is proved on which no model is of: a chip model shows its ID."""
        wanted = next((it.model for it in self.ids if it.id == pci_id), None)
        first = next((it for it in self.models if it.id == wanted), self.models[0])
        return replace(first, id=pci_id) if first.is_chip else first

    @property
    def rom_ids(self) -> tuple[PciId, ...]:
        """Cards of <family>.rom, whose device list can name those of one vendor only.

        With an emulated card, it and its vendor's cards, so that the ROM can be proved by a BIOS that
        looks at the first ID alone; else the cards of the vendor with most.
        """
        vendors = [entry.id.vendor for entry in self.ids]
        first = self.models[0].id if self.models else None
        vendor = first.vendor if first else max(dict.fromkeys(vendors), key=vendors.count)
        ids = [entry.id for entry in self.ids if entry.id.vendor == vendor]
        return tuple(sorted(ids, key=lambda pci_id: pci_id != first))


@dataclass(frozen=True)
class Special:
    """A target that is no single family: `undi` (no driver) or `all` (every driver)."""

    name: str
    profile: str
    media: tuple[str, ...]
    every_driver: bool
    budget: Mapping[str, int] = field(default_factory=dict)  # where it differs from the media's


@dataclass(frozen=True)
class Image:
    """One file below out/images."""

    path: str
    medium: str
    family: str  # or the special target's name
    vendor: int
    ids: tuple[PciId, ...]  # empty for special targets


@dataclass(frozen=True, order=True)
class TableEntry:
    """Which of a target's drivers drives which card."""

    id: PciId
    driver_index: int


@dataclass(frozen=True)
class Target:
    """One link: the drivers that go in and the images that come out."""

    name: str
    profile: Profile
    budget: Mapping[str, int]  # bytes, by medium
    drivers: tuple[str, ...]
    uses: tuple[str, ...]
    id_table: tuple[TableEntry, ...]  # only where the images' identity says "any card"
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Spec:
    """All of targets.yaml."""

    version: str
    media: tuple[Medium, ...]
    profiles: Mapping[str, Profile]
    families: tuple[Family, ...]
    specials: tuple[Special, ...] = ()

    def targets(self) -> Iterator[Target]:
        """Every link, families first, in the order of the file."""
        for family in self.families:
            profile = self.profiles[family.profile]
            yield Target(
                family.name,
                profile,
                self._budget({}),
                (family.driver,),
                family.uses,
                (),
                tuple(_family_images(family, self.media)),
            )
        for special in self.specials:
            yield self._special_target(special)

    def images(self) -> Iterator[Image]:
        """Every image of every target."""
        for target in self.targets():
            yield from target.images

    def family(self, name: str) -> Family | None:
        """The family of that name."""
        return next((family for family in self.families if family.name == name), None)

    def _budget(self, other: Mapping[str, int]) -> Mapping[str, int]:
        return MappingProxyType({**{medium.name: medium.budget for medium in self.media}, **other})

    def _special_target(self, special: Special) -> Target:
        members = self.families if special.every_driver else ()
        drivers = tuple(sorted({family.driver for family in members}))
        uses = tuple(sorted({name for family in members for name in family.uses}))
        table = sorted(
            TableEntry(entry.id, drivers.index(family.driver))
            for family in members
            for entry in family.ids
        )
        vendor = VENDOR_ANY if special.every_driver else VENDOR_NONE
        images = tuple(
            Image(f"{special.name}/{special.name}.{medium}", medium, special.name, vendor, ())
            for medium in special.media
        )
        profile = self.profiles[special.profile]
        budget = self._budget(special.budget)
        return Target(special.name, profile, budget, drivers, uses, tuple(table), images)


def _family_images(family: Family, media: Iterable[Medium]) -> Iterator[Image]:
    for entry in family.ids:
        for medium in media:
            path = f"{family.name}/{entry.id.hex}.{medium.name}"
            yield Image(path, medium.name, family.name, entry.id.vendor, (entry.id,))
    if family.family_rom:
        for medium in media:
            if medium.option_rom:
                path = f"{family.name}/{family.name}.{medium.name}"
                ids = family.rom_ids
                yield Image(path, medium.name, family.name, ids[0].vendor, ids)


def load_spec(path: Path, sources: Path | None = None) -> Spec:
    """Read and check targets.yaml. Raises FactoryError with every problem found.

    With `sources`, the folder src/, also checks that each driver, each prefix and each file left out is there.
    """
    document = load_document(path)
    _raise_problems(schema.form_problems(document))
    _raise_problems(schema.meaning_problems(document, sources))
    return _build(document.data)


def _raise_problems(found: Iterator[Problem]) -> None:
    """As many as somebody would read: a matrix may be wrong in each of its lines."""
    problems = list(islice(found, PROBLEMS_SHOWN))
    for _ in islice(found, 1):
        what = "there are more problems behind this one"
        problems.append(Problem(problems[-1].where, what, "correct those that are named first"))
    if problems:
        raise FactoryError(*problems)


def _build(document: dict[str, Any]) -> Spec:
    profiles = {name: _profile(name, item) for name, item in document["profiles"].items()}
    return Spec(
        document["version"],
        tuple(Medium(name, **item) for name, item in document["media"].items()),
        MappingProxyType(profiles),
        tuple(_family(name, item) for name, item in document["families"].items()),
        tuple(_special(name, item) for name, item in document.get("specials", {}).items()),
    )


def _profile(name: str, item: dict[str, Any]) -> Profile:
    given = item.get("settings", {})
    lines = tuple(f"{key}={given[key]}" for key in settings() if key in given)
    return Profile(name, tuple(item.get("without", [])), lines)


def _family(name: str, item: dict[str, Any]) -> Family:
    return Family(
        name,
        item["driver"],
        item.get("profile", schema.DEFAULT_PROFILE),
        tuple(_entry(line) for line in item["ids"]),
        tuple(_model(line) for line in item.get("models", [])),
        tuple(item.get("uses", [])),
        item.get("family_rom", False),
    )


def _model(item: dict[str, str]) -> Model:
    device = CHIP + item["chip"] if "chip" in item else item["device"]
    return Model(PciId.parse(item["id"]), device)


def _entry(line: str | dict[str, str]) -> DeviceEntry:
    if isinstance(line, str):
        return DeviceEntry(PciId.parse(line))
    model = PciId.parse(line["model"]) if "model" in line else None
    return DeviceEntry(
        PciId.parse(line["id"]),
        line.get("untested"),
        line.get("name"),
        model,
        line.get("hardware"),
    )


def _special(name: str, item: dict[str, Any]) -> Special:
    return Special(
        name,
        item.get("profile", schema.DEFAULT_PROFILE),
        tuple(item["media"]),
        item["drivers"] == "every",
        MappingProxyType(item.get("budget", {})),
    )
