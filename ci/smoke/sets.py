# SPDX-License-Identifier: BSD-2-Clause
"""`etherforge smoke`: a download set as something to boot.

Is it whole, and what did the matrix say of its images? The boots are those of `make smoke`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ci.images import Shop
from ci.lab.boot import record
from ci.lab.case import Case, Label
from ci.lab.cluster import use_certificates
from ci.lab.journal import Record
from ci.lab.judge import FAIL, Verdict
from ci.lab.junit import write_junit
from ci.lab.machine import TCG
from ci.lab.pool import default_jobs
from ci.lab.report import last_line
from ci.media import MEDIA
from ci.smoke.plans import Selection, plans
from ci.smoke.prove import Way, prove
from factory.downloads import CATALOGUE, CHECKSUMS, DownloadSet, load_downloads, read_checksums
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError, failure
from factory.smoke import Options
from factory.spec import DeviceEntry, Family, Image, Model, PciId, Profile, Spec, Target

FILES = "files"  # the tier of a record about a file that was not booted
_NO_PROFILE = Profile("")


@dataclass(frozen=True)
class SetSpec(Spec):
    """The matrix as far as a set tells it: its images, their cards, and what boots them."""

    budgets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by family and medium
    listed: tuple[Image, ...] = ()

    def targets(self) -> Iterator[Target]:
        """One for each family and special target, with the images that the set has of it."""
        for name, budget in self.budgets.items():
            images = tuple(image for image in self.listed if image.family == name)
            yield Target(name, _NO_PROFILE, budget, (), (), (), images)


def smoke(folder: Path, options: Options, romtool: Path) -> int:
    """Check the files, boot the images, keep the evidence. The exit code."""
    downloads = load_downloads(folder)
    spec = matrix_of(downloads)
    selection = Selection(options.family, options.pci_id, options.quick, options.medium)
    if bad := bad_files(downloads, selection):
        return _refuse(bad, options)
    shop = Shop(folder, romtool)
    machine = {"binary": options.emulator, "accelerator": options.accel, "newer": False}
    chosen = [
        replace(plan, changes=(*plan.changes, partial(Case.on, **machine)))
        for plan in plans(spec, shop, selection)
    ]
    if not chosen:
        hint = f"{folder / CATALOGUE} lists families and IDs"
        raise failure("SET", "has no such image", hint, EXIT_INPUT)
    if options.only_list:
        print("\n".join(plan.key for plan in chosen))
        return 0
    if options.tls_ca and options.tls_cert and options.tls_key:
        use_certificates(options.tls_ca, options.tls_cert, options.tls_key)
    # What another emulator did proves nothing about this one.
    again = options.again or bool(options.qemu) or options.accel != TCG
    whole = selection == Selection()
    way = Way(options.jobs or default_jobs(), options.workers, again, whole, options.junit)
    return prove(chosen, options.results, way)


def _refuse(bad: list[Record], options: Options) -> int:
    for found in bad:
        print(f"FAIL {found.case}: {found.reason}", file=sys.stderr)
    if options.junit:
        write_junit(bad, options.junit)
    print("nothing was booted", file=sys.stderr)
    print(last_line(bad))
    return EXIT_FAILURE


def matrix_of(downloads: DownloadSet) -> SetSpec:
    """Raises FactoryError where the set has what nothing here can boot."""
    if not any(downloads.models.values()):
        raise _newer(downloads, "names no emulated cards (families)")
    # Families of which the set has no image are here, too: their emulated cards boot `undi` and `all`.
    entries: dict[str, dict[PciId, DeviceEntry]] = {name: {} for name in downloads.models}
    budgets: dict[str, dict[str, int]] = {}
    for image in downloads.images:
        medium, name, ids = image["medium"], image["family"], _ids(image)
        if medium not in MEDIA:
            raise _newer(downloads, f"{image['path']}: {medium} is no medium that is known here")
        budget = budgets.setdefault(name, {})
        budget[medium] = max(budget.get(medium, 0), image["size"] + image["headroom"])
        if ids:
            entries.setdefault(name, {})
        if image["device"]:
            entries[name].setdefault(ids[0], DeviceEntry(ids[0], image.get("untested")))
    families = tuple(
        Family(name, "", "", tuple(cards.values()), tuple(_models(downloads, name)))
        for name, cards in entries.items()
    )
    listed = tuple(_image(image) for image in downloads.images)
    return SetSpec(downloads.version, (), MappingProxyType({}), families, (), budgets, listed)


def _newer(downloads: DownloadSet, what: str) -> FactoryError:
    hint = "use the etherforge of the release that the set came with"
    return failure(str(downloads.folder / CATALOGUE), what, hint, EXIT_INPUT)


def _ids(image: Mapping[str, Any]) -> tuple[PciId, ...]:
    return tuple(PciId.parse(f"{image['vendor']}:{device}") for device in image["devices"])


def _models(downloads: DownloadSet, family: str) -> Iterator[Model]:
    for model in downloads.models.get(family, ()):
        yield Model(PciId.parse(model["id"]), model["device"])


def _image(image: Mapping[str, Any]) -> Image:
    path = image["path"].removeprefix("images/")
    vendor = int(image["vendor"], 16)
    return Image(path, image["medium"], image["family"], vendor, _ids(image))


def bad_files(downloads: DownloadSet, selection: Selection) -> list[Record]:
    """A record for each file of the selection that is not what the catalogue says."""
    sums = read_checksums(downloads.folder / CHECKSUMS)
    found = []
    wanted = [it for it in downloads.images if selection.takes(_image(it))]
    wanted += [it for it in _first_stages(downloads, wanted) if it not in wanted]
    for image in wanted:
        if what := _trouble(downloads, image, sums):
            label = Label(FILES, image["family"], image=image["path"], medium=image["medium"])
            found.append(record(str(image["path"]), label, Verdict(FAIL, what)))
    known = {downloads.file(image) for image in downloads.images}
    families = {image["family"] for image in wanted}
    for path in sorted((downloads.folder / "images").glob("*/*")):
        if path not in known and path.parent.name in families:
            name = str(path.relative_to(downloads.folder))
            label = Label(FILES, path.parent.name)
            found.append(record(name, label, Verdict(FAIL, f"not in {CATALOGUE}: remove it")))
    return found


def _first_stages(
    downloads: DownloadSet, wanted: Collection[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """ROMs that are there, and may load a .zpxe that is wanted: of its family, or of any for `undi` and `all`."""
    second = [image for image in wanted if MEDIA[image["medium"]].second_stage]
    families = {image["family"] for image in second}
    any_family = any(not image["devices"] for image in second)
    cards = {model["id"] for models in downloads.models.values() for model in models}
    for image in downloads.images:
        loads = image["medium"] == "rom" and (any_family or image["family"] in families)
        card = f"{image['vendor']}:{image['device']}"
        if loads and card in cards and downloads.file(image).exists():
            yield image


def _trouble(downloads: DownloadSet, image: Mapping[str, Any], sums: Mapping[str, str]) -> str:
    """What is wrong with a file; "" when it is what catalogue and checksums say."""
    try:
        data = downloads.file(image).read_bytes()
    except OSError as error:
        return f"cannot read it: {error.strerror}; download it again"
    if len(data) < image["size"]:
        return f"only {len(data)} of {image['size']} bytes: download it again"
    if hashlib.sha256(data).hexdigest() != image["sha256"]:
        return f"its SHA-256 is not that of {CATALOGUE}: changed or damaged, download it again"
    if sums.get(image["path"]) != image["sha256"]:
        return f"{CHECKSUMS} has {'another' if image['path'] in sums else 'no'} sum for it"
    return ""
