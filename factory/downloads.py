# SPDX-License-Identifier: BSD-2-Clause
"""Reading a download set: a folder with catalogue.json, evidence.json and images/ (docs/catalogue.md).

`out/` is one, too, after a build; its evidence is in smoke/. What is read may come from anywhere, so nothing of it
is trusted further than its schema says: a path stays below images/, a number is a number.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from factory.errors import EXIT_INPUT, FactoryError, Problem, failure
from factory.files import read_file, read_json
from factory.schema import Validator

METADATA_VERSION = 1  # of catalogue.json and evidence.json
CATALOGUE = "catalogue.json"
EVIDENCE = "evidence.json"
CHECKSUMS = "SHA256SUMS"
_EVIDENCE_OF_BUILD = "smoke/evidence.json"
_AGAIN = "make or download the set again"
_SUM_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_NAMED = 5  # images that a remark names before it only counts
_TYPES = {
    **{"object": "an object", "array": "a list", "string": "a text"},
    **{"integer": "a whole number", "number": "a number", "null": "null"},
}


@dataclass(frozen=True)
class DownloadSet:
    """What a folder offers. Image and evidence records are as docs/catalogue.md and docs/evidence.md have them."""

    folder: Path
    version: str  # of the firmware
    licence: str
    toolchain: Mapping[str, str]
    models: Mapping[str, tuple[Mapping[str, str], ...]]  # QEMU's cards by family
    images: tuple[Mapping[str, Any], ...]  # in the order of the matrix
    evidence: Mapping[str, Mapping[str, Any]]  # by name(image), of the catalogue's bytes
    remarks: tuple[str, ...]  # what of the evidence is missing or was ignored, and why

    def file(self, image: Mapping[str, Any]) -> Path:
        """Where the image is."""
        return self.folder / str(image["path"])

    def proof(self, image: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What boots of the image showed; None when there were none of these bytes."""
        return self.evidence.get(name(image))


def name(image: Mapping[str, Any]) -> str:
    """An image's name in the evidence: <family>/<file>."""
    return str(image["path"]).removeprefix("images/")


def load_downloads(folder: Path) -> DownloadSet:
    """Read catalogue and evidence. Raises FactoryError when one is damaged; evidence may be missing.

    Whether the images are there, and are what the catalogue says, is left to who uses them.
    """
    catalogue = load_catalogue(folder)
    images = tuple(catalogue["images"])
    evidence, remarks = _load_evidence(folder, images)
    return DownloadSet(
        folder,
        catalogue["version"],
        catalogue["licence"],
        catalogue["toolchain"],
        {name: tuple(it["models"]) for name, it in catalogue.get("families", {}).items()},
        images,
        evidence,
        tuple(remarks),
    )


def load_catalogue(folder: Path) -> dict[str, Any]:
    """catalogue.json of a folder, checked."""
    path = folder / CATALOGUE
    if not path.exists():
        hint = "run make, or name the folder of a download set"
        raise failure(str(folder), f"there is no {CATALOGUE} in it", hint, EXIT_INPUT)
    document: dict[str, Any] = _checked(path, "catalogue", "download it again, or run make")
    seen: set[str] = set()
    for index, image in enumerate(document["images"]):
        if image["path"] in seen:
            what = f"images[{index}].path: {image['path']} is listed twice"
            raise failure(str(path), what, "download it again, or run make", EXIT_INPUT)
        seen.add(image["path"])
    return document


def read_evidence(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The records of an evidence file by image, checked."""
    records: Mapping[str, Mapping[str, Any]] = _checked(
        path, "evidence", "remove it, then download it again or run make smoke"
    )["records"]
    return records


def _load_evidence(
    folder: Path, images: tuple[Mapping[str, Any], ...]
) -> tuple[Mapping[str, Mapping[str, Any]], Iterator[str]]:
    """The records that count, and remarks on the others."""
    files = [folder / EVIDENCE, folder / _EVIDENCE_OF_BUILD]
    path = next((file for file in files if file.exists()), None)
    if path is None:
        return {}, iter([f"{folder}: no evidence: there is no {EVIDENCE}"])
    return matching(read_evidence(path), images, str(path))


def matching(
    records: Mapping[str, Mapping[str, Any]], images: tuple[Mapping[str, Any], ...], where: str
) -> tuple[Mapping[str, Mapping[str, Any]], Iterator[str]]:
    """The records whose bytes are those of an image, and remarks on the others. `where` they are from."""
    sums = {name(image): image["sha256"] for image in images}
    good = {key: record for key, record in records.items() if sums.get(key) == record["sha256"]}
    unknown = [key for key in records if key not in sums]
    other = [key for key in records if key in sums and key not in good]
    remarks = []
    if other:
        remarks.append(f"{where}: {_some(other)}: evidence of other bytes, ignored")
    if unknown:
        remarks.append(f"{where}: {_some(unknown)}: evidence of no image here, ignored")
    return good, iter(remarks)


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def published(evidence: Mapping[str, Mapping[str, Any]]) -> bytes:
    """An evidence file with these records. They keep the console's text, but name no file of this machine with it."""
    records: dict[str, dict[str, Any]] = {}
    for key, record in evidence.items():
        records[key] = {**record, "console": None}
        if "cases" in record:
            records[key]["cases"] = [{**case, "console": None} for case in record["cases"]]
    document = {"metadata_version": METADATA_VERSION, "records": records}
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def check_images(downloads: DownloadSet) -> None:
    """Raises FactoryError when an image is not what the catalogue says."""

    def check(image: Mapping[str, Any]) -> None:
        path = downloads.file(image)
        if hashlib.sha256(read_file(path, _AGAIN, EXIT_INPUT)).hexdigest() != image["sha256"]:
            what = f"is not the image that {CATALOGUE} names"
            raise failure(str(path), what, _AGAIN, EXIT_INPUT)

    with ThreadPoolExecutor() as threads:  # most of it is hashing the zeros of the .dsk
        for _ in threads.map(check, downloads.images):
            pass


def read_checksums(path: Path) -> Mapping[str, str]:
    """SHA-256 by path. Raises FactoryError where the file is missing or not as sha256sum writes it."""
    sums: dict[str, str] = {}
    text = read_file(path, _AGAIN, EXIT_INPUT).decode(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        parts = _SUM_LINE.fullmatch(line)
        if not parts:
            raise failure(f"{path}:{number}", "not as sha256sum writes it", _AGAIN, EXIT_INPUT)
        sums[parts[2]] = parts[1]
    return sums


@cache
def _validator(kind: str) -> Any:
    schema = Path(__file__).with_name(f"{kind}.schema.json")
    return Validator(json.loads(schema.read_text(encoding="utf-8")))


def _checked(path: Path, kind: str, hint: str) -> Any:
    document = read_json(path, hint, EXIT_INPUT)
    version = document.get("metadata_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > METADATA_VERSION:
        what = f"has metadata_version {version}; {METADATA_VERSION} is the newest known here"
        raise failure(str(path), what, "use the release that it came with", EXIT_INPUT)
    for error in _validator(kind).iter_errors(document):
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.path]
        where = f"{path}: {''.join(steps)[1:]}" if steps else str(path)
        raise FactoryError(Problem(where, _what(error), hint), exit_code=EXIT_INPUT)
    return document


def _what(error: Any) -> str:
    """What is wrong, without what stands there: that may be long, or meant to deceive."""
    if error.validator == "required":
        return f'has no "{error.message}"'
    if error.validator == "type":
        types = error.validator_value
        names = [types] if isinstance(types, str) else types
        return f"is not {' or '.join(_TYPES[name] for name in names)}"
    if error.validator in ("const", "enum"):
        known = error.validator_value
        return f"is not {' or '.join(map(str, known if isinstance(known, list) else [known]))}"
    return str(error.schema.get("x-what", f"breaks the rule {error.validator} of its schema"))
