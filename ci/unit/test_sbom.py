# SPDX-License-Identifier: BSD-2-Clause
"""The bill of materials: valid by the official schema, and the same for the same set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jsonschema
import pytest

from ci.npm import installed
from ci.packages import Unavailable
from ci.tree import ROOT, unavailable
from ci.unit.test_downloads import IMAGE, PROOF, read, written
from factory.downloads import DownloadSet, load_downloads
from factory.sbom import sbom

SUMS = {"etherforge-1.2-source.tar.xz": "d" * 64, "etherforge-1.2.tar.xz": "e" * 64}
SOURCE = "etherforge-1.2-source.tar.xz"
SCHEMAS = ("bom-1.6", "jsf-0.82", "spdx")


def official() -> Any:
    """A validator with the schema of CycloneDX 1.6, and those that it refers to."""
    try:
        packages = installed(ROOT / "ci/sbom") / "node_modules"
    except Unavailable as error:
        unavailable(str(error))
    folder = packages / "@cyclonedx/cyclonedx-library/res/schema"
    files = [f"{name}.SNAPSHOT.schema.json" for name in SCHEMAS]
    schema, *others = [json.loads((folder / file).read_text()) for file in files]
    base = schema["$id"]  # they refer to each other by file name, relative to this
    store = {urljoin(base, file): other for file, other in zip(files[1:], others)}
    resolver = jsonschema.RefResolver(base, schema, store)
    return jsonschema.Draft7Validator(schema, resolver=resolver)


def made(downloads: DownloadSet, epoch: int = 1_700_000_000) -> Any:
    """Its bill of materials."""
    return json.loads(sbom(downloads, SUMS, SOURCE, epoch))


def test_small_set_is_valid_and_says_what_it_holds(tmp_path: Path) -> None:
    document = made(read(tmp_path))
    validator = official()
    assert [error.message for error in validator.iter_errors(document)] == []
    first = document["components"][0]
    assert (first["type"], first["name"]) == ("firmware", "alpha/10ec8139.rom")
    assert first["hashes"] == [{"alg": "SHA-256", "content": IMAGE["sha256"]}]
    assert first["licenses"] == [{"license": {"id": "BSD-2-Clause"}}]
    assert document["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    tools = document["metadata"]["tools"]["components"]
    assert tools[0] == {
        **{"type": "application", "name": "gcc", "version": "1", "description": "compiler"}
    }
    assert not validator.is_valid(document | {"serialNumber": "urn:uuid:1"})


@pytest.mark.parametrize("change", [{"type": "ROM"}, {"hashes": [{"alg": "X", "content": "0"}]}])
def test_the_schema_finds_faults(tmp_path: Path, change: dict[str, Any]) -> None:
    document = made(read(tmp_path))
    document["components"][0] |= change
    assert not official().is_valid(document)


def test_built_set_is_valid(built: Path) -> None:
    document = made(load_downloads(built / "out"))
    assert [error.message for error in official().iter_errors(document)][:3] == []


def test_boots_and_folders_change_nothing(tmp_path: Path) -> None:
    """Only what is published does, and the date."""
    downloads = load_downloads(written(tmp_path))
    proved = read(tmp_path, {"alpha/10ec8139.rom": PROOF})
    first = sbom(downloads, SUMS, SOURCE, 1)
    assert first == sbom(proved, dict(reversed(SUMS.items())), SOURCE, 1)
    other = sbom(downloads, SUMS | {SOURCE: "f" * 64}, SOURCE, 1)
    serials = {json.loads(document)["serialNumber"] for document in (first, other)}
    assert len(serials) == 2
