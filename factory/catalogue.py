# SPDX-License-Identifier: BSD-2-Clause
"""The catalogue: what was built, how large it is, and whose card it is for.

It says nothing of boots, so that it is the same wherever and whenever it is written (docs/catalogue.md).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.downloads import CATALOGUE, CHECKSUMS, METADATA_VERSION
from factory.errors import failure
from factory.files import check_inside, read_file, read_json, write_atomic
from factory.flash import flash
from factory.spec import DeviceEntry, Family, Image, PciId, Spec, Target
from factory.tools import run_romtool

# Debian's place for it, and that of distributions with RPM.
PCI_IDS_PLACES = (Path("/usr/share/misc/pci.ids"), Path("/usr/share/hwdata/pci.ids"))
PCI_IDS = next((path for path in PCI_IDS_PLACES if path.exists()), PCI_IDS_PLACES[0])
LICENCE = "BSD-2-Clause"  # of all images
_LINT_BATCH = 500  # images per romtool run: keeps the command line well below the system's limit


@dataclass(frozen=True)
class Places:
    """Where things are. `out` is the folder that paths in the catalogue and SHA256SUMS are relative to."""

    out: Path = Path("out")
    pci_ids: Path = PCI_IDS

    @property
    def romtool(self) -> Path:
        """The tool that knows the image formats."""
        return self.out / "bin" / "romtool"

    def image(self, image: Image) -> Path:
        """One image."""
        return self.out / "images" / image.path

    def report(self, target: Target) -> Path:
        """What romtool wrote about a target when it packed its images."""
        return self.out / "obj" / target.name / "pack.json"


@dataclass(frozen=True)
class _Facts:
    """What is known beside the images themselves."""

    entries: Mapping[PciId, DeviceEntry]
    names: Mapping[tuple[int, int | None], str]  # as read_names() returns them


@dataclass(frozen=True)
class _Packed:
    """What packing said of an image."""

    headroom: int
    payload: slice  # where it is in the file
    rom_bar: int | None


@dataclass(frozen=True)
class _File:
    """An image as it is on disk."""

    size: int
    sha256: str


def write_catalogue(spec: Spec, toolchain: Mapping[str, str], places: Places) -> None:
    """Write catalogue.json and SHA256SUMS. Raises FactoryError when an image is missing or damaged."""
    for path in ("images", "images/*", CHECKSUMS, CATALOGUE):
        for found in places.out.glob(path):
            check_inside(places.out, found)
    _remove_unlisted(spec, places)
    facts = _Facts(
        {entry.id: entry for family in spec.families for entry in family.ids},
        read_names(places.pci_ids, {image.vendor for image in spec.images()}),
    )
    paths = [places.image(image) for image in spec.images()]
    records: list[dict[str, Any]] = []
    with ThreadPoolExecutor() as threads:  # romtool works beside this, and hashing the zeros of the .dsk
        linted = [threads.submit(_lint, places.romtool, batch) for batch in _batches(paths)]
        files = threads.map(_read_image, paths)
        for batch in linted:  # before all else: what romtool says of an image is clearest
            batch.result()
        for target in spec.targets():
            reports = _read_report(places, target)
            first = read_file(places.image(target.images[0]), "run make")
            payload = first[reports[0].payload]  # all images have the same
            payload_sha256 = hashlib.sha256(payload).hexdigest()
            for image, packed in zip(target.images, reports):
                records.append(_record(image, next(files), facts, packed, payload_sha256))
    catalogue = {
        "metadata_version": METADATA_VERSION,
        "version": spec.version,
        "licence": LICENCE,
        "toolchain": {**toolchain, "pci_ids": names_version(places.pci_ids)},
        "families": {family.name: {"models": _models(family)} for family in spec.families},
        "images": records,
    }
    sums = "".join(f"{record['sha256']}  {record['path']}\n" for record in records)
    write_atomic(places.out / CHECKSUMS, sums.encode())
    write_atomic(places.out / CATALOGUE, (json.dumps(catalogue, indent=1) + "\n").encode())


def _models(family: Family) -> list[dict[str, str]]:
    """The emulated cards: who has the set alone needs them to boot its images."""
    return [{"id": str(model.id), "device": model.device} for model in family.models]


def _remove_unlisted(spec: Spec, places: Places) -> None:
    """Remove images of cards that have left the matrix: what is below out/images is what gets shipped."""
    listed = {places.image(image) for image in spec.images()}
    for path in sorted((places.out / "images").glob("*/*")):
        if path not in listed and (path.is_symlink() or not path.is_dir()):
            path.unlink()


def _read_report(places: Places, target: Target) -> list[_Packed]:
    """In the order of the target's images."""
    path = places.report(target)
    document = read_json(path, "run make")
    try:
        length = document["payload"]["packed_length"]
        entries = {entry["path"]: entry for entry in document["images"]}
        return [
            _Packed(
                entry["headroom"],
                slice(entry["payload"], entry["payload"] + length),
                entry.get("bar_size"),
            )
            for entry in (entries[image.path] for image in target.images)
        ]
    except (AttributeError, KeyError, TypeError):
        what = "is not what romtool pack --report writes"
        raise failure(str(path), what, "remove it and run make") from None


def _batches(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    for start in range(0, len(paths), _LINT_BATCH):
        yield paths[start : start + _LINT_BATCH]


def _lint(romtool: Path, paths: Sequence[Path]) -> None:
    """Let romtool check images, so that the catalogue vouches for none that is damaged."""
    done = run_romtool(romtool, ["lint", *map(str, paths)])
    if done.returncode != 0:
        found = (done.stderr or done.stdout).decode(errors="replace").strip()
        hint = "remove the images it names and run make again"
        raise failure("romtool lint", found or f"exit code {done.returncode}", hint)


def read_names(path: Path, vendors: set[int]) -> dict[tuple[int, int | None], str]:
    """Names of the vendors and their devices from a pci.ids file; (vendor, None) is the vendor itself."""
    names: dict[tuple[int, int | None], str] = {}
    vendor: int | None = None
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise failure(str(path), f"cannot read it: {error.strerror}", "install pci.ids") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("\t"):
            if vendor is not None and not line.startswith("\t\t"):
                names[vendor, _name_id(path, number, line[1:5])] = line[5:].strip()
        elif line.startswith("C "):  # device classes follow the vendors
            break
        elif line and not line.startswith("#"):
            found = _name_id(path, number, line[:4])
            vendor = found if found in vendors else None
            if vendor is not None:
                names[vendor, None] = line[4:].strip()
    return names


def names_version(path: Path) -> str:
    """Which pci.ids it is; the release is in a comment at the top."""
    head = read_file(path, "install pci.ids")[:4096].decode(errors="replace")
    found = re.search(r"^#\s*Version:\s*(\S+)", head, re.MULTILINE)
    return f"pci.ids {found[1]}" if found else "pci.ids of no release"


def _name_id(path: Path, line: int, digits: str) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        what = f'"{digits}" is not four hex digits'
        raise failure(f"{path}:{line}", what, "install pci.ids again") from None


def _read_image(path: Path) -> _File:
    content = read_file(path, "run make")
    return _File(len(content), hashlib.sha256(content).hexdigest())


def _record(
    image: Image, file: _File, facts: _Facts, packed: _Packed, payload: str
) -> dict[str, Any]:
    card = facts.entries[image.ids[0]] if len(image.ids) == 1 else None
    record: dict[str, Any] = {
        "path": f"images/{image.path}",
        "medium": image.medium,
        "family": image.family,
        "vendor": f"{image.vendor:04x}",
        "device": f"{card.id.device:04x}" if card is not None else None,
        "devices": [f"{pci_id.device:04x}" for pci_id in image.ids],
        "names": {
            "vendor": facts.names.get((image.vendor, None)) if image.ids else None,
            "device": _device_name(card, facts) if card is not None else None,
        },
        "size": file.size,
        "sha256": file.sha256,
        "rom_bar": packed.rom_bar,
        "headroom": packed.headroom,
        "payload": payload,
    }
    if card is not None and card.untested is not None:
        record["untested"] = card.untested
    if card is not None and card.hardware is not None:
        record["hardware"] = card.hardware
    if card is not None and packed.rom_bar is not None:
        record["flash"] = flash(image.family, card.id, file.size)
    return record


def _device_name(card: DeviceEntry, facts: _Facts) -> str | None:
    return card.name or facts.names.get((card.id.vendor, card.id.device))
