# SPDX-License-Identifier: BSD-2-Clause
"""Reading a download set: what counts as evidence, and what a damaged or hostile one is told."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci.lab.journal import Record, merge
from ci.lab.judge import PASS
from ci.tree import ROOT
from factory.downloads import DownloadSet, load_catalogue, load_downloads, name, read_evidence
from factory.errors import EXIT_INPUT, FactoryError

PROOF = {"sha256": "a" * 64, "tier": "exact", "verdict": "pass"}
IMAGE: dict[str, Any] = {
    "path": "images/alpha/10ec8139.rom",
    "medium": "rom",
    "family": "alpha",
    "vendor": "10ec",
    "device": "8139",
    "devices": ["8139"],
    "names": {"vendor": "Realtek", "device": None},
    "size": 512,
    "sha256": "a" * 64,
    "rom_bar": 2048,
    "headroom": 0,
    "payload": "b" * 64,
}
CATALOGUE: dict[str, Any] = {
    "metadata_version": 1,
    "version": "1.2",
    "licence": "BSD-2-Clause",
    "toolchain": {"compiler": "gcc 1", "assembler": "nasm 2", "linker": "ld 3", "pci_ids": "x"},
    "images": [IMAGE, IMAGE | {"path": "images/alpha/10ec8139.dsk", "medium": "dsk"}],
}


def written(folder: Path, records: Any = None, where: str = "evidence.json") -> Path:
    """A set with this catalogue, and these evidence records, if any."""
    (folder / "catalogue.json").write_text(json.dumps(CATALOGUE))
    if records is not None:
        (folder / where).parent.mkdir(exist_ok=True)
        (folder / where).write_text(json.dumps({"metadata_version": 1, "records": records}))
    return folder


def read(folder: Path, records: Any = None, where: str = "evidence.json") -> DownloadSet:
    """The same, read again."""
    return load_downloads(written(folder, records, where))


def message(folder: Path) -> str:
    """What reading it fails with, without the folder's name."""
    with pytest.raises(FactoryError) as caught:
        load_downloads(folder)
    assert caught.value.exit_code == EXIT_INPUT
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("where", ["evidence.json", "smoke/evidence.json"])
def test_a_set_is_read(tmp_path: Path, where: str) -> None:
    found = read(tmp_path, {"alpha/10ec8139.rom": PROOF}, where)
    rom, dsk = found.images
    assert (found.version, found.licence, found.remarks) == ("1.2", "BSD-2-Clause", ())
    assert found.file(rom) == tmp_path / "images/alpha/10ec8139.rom"
    assert (found.proof(rom), found.proof(dsk)) == (PROOF, None)


def test_published_evidence_is_read_before_that_of_a_build(tmp_path: Path) -> None:
    written(tmp_path, {"alpha/10ec8139.rom": PROOF | {"tier": "family"}}, "smoke/evidence.json")
    found = read(tmp_path, {"alpha/10ec8139.rom": PROOF})
    assert found.evidence == {"alpha/10ec8139.rom": PROOF}


def test_without_evidence(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.evidence == {}
    assert found.remarks == (f"{tmp_path}: no evidence: there is no evidence.json",)


def test_evidence_of_other_bytes_is_ignored_and_named(tmp_path: Path) -> None:
    other = PROOF | {"sha256": "c" * 64}
    gone = {f"beta/{number}.rom": PROOF for number in range(7)}
    found = read(tmp_path, {"alpha/10ec8139.rom": other, "alpha/10ec8139.dsk": PROOF, **gone})
    assert list(found.evidence) == ["alpha/10ec8139.dsk"]
    where = tmp_path / "evidence.json"
    assert found.remarks == (
        f"{where}: alpha/10ec8139.rom: evidence of other bytes, ignored",
        f"{where}: beta/0.rom, beta/1.rom, beta/2.rom, beta/3.rom, beta/4.rom and 2 more: "
        "evidence of no image here, ignored",
    )


def test_no_set_at_all(tmp_path: Path) -> None:
    with pytest.raises(FactoryError) as caught:
        load_downloads(tmp_path)
    hint = "hint: run make, or name the folder of a download set"
    assert str(caught.value) == f"{tmp_path}: there is no catalogue.json in it; {hint}"


IN_IMAGE = [
    ({"path": "images/../../etc/passwd"}, ".path: is not images/<family>/<file>"),
    ({"path": "images/alpha/x.rom\n"}, ".path: is not images/<family>/<file>"),
    ({"path": "/images/alpha/x.rom"}, ".path: is not images/<family>/<file>"),
    ({"path": 1}, ".path: is not a text"),
    ({"sha256": "a" * 63}, ".sha256: is not a SHA-256 of 64 hex digits"),
    ({"size": -1}, ".size: breaks the rule minimum of its schema"),
    ({"size": "x" * 9999}, ".size: is not a whole number"),
    ({"vendor": "10EC"}, ".vendor: is not four hex digits in lower case"),
    ({"device": "x"}, ".device: is neither null nor four hex digits in lower case"),
    ({"devices": ["81390"]}, ".devices[0]: is not four hex digits in lower case"),
    ({"names": {"vendor": None}}, '.names: has no "device"'),
    ({"names": None}, ".names: is not an object"),
    ({"flash": {"chip": 1, "note": None}}, '.flash: has no "flashrom"'),
]


@pytest.mark.parametrize(("change", "what"), IN_IMAGE)
def test_damaged_images_in_the_catalogue(tmp_path: Path, change: dict[str, Any], what: str) -> None:
    document = CATALOGUE | {"images": [IMAGE | change]}
    (tmp_path / "catalogue.json").write_text(json.dumps(document))
    hint = "hint: download it again, or run make"
    assert message(tmp_path) == f"catalogue.json: images[0]{what}; {hint}"


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ([], ": is not an object"),
        ({}, ': has no "metadata_version"'),
        (CATALOGUE | {"metadata_version": "1"}, ": metadata_version: is not 1"),
        (CATALOGUE | {"metadata_version": 0}, ": metadata_version: is not 1"),
        (CATALOGUE | {"images": {}}, ": images: is not a list"),
        (CATALOGUE | {"images": [IMAGE, IMAGE]}, ": images[1].path: images/alpha/10ec8139.rom is"),
        (CATALOGUE | {"toolchain": {}}, ': toolchain: has no "compiler"'),
        (
            CATALOGUE | {"toolchain": CATALOGUE["toolchain"] | {"\x1b[2J": 1}},
            ": toolchain: has a key that is no word",
        ),
    ],
)
def test_damaged_catalogue(tmp_path: Path, document: Any, what: str) -> None:
    (tmp_path / "catalogue.json").write_text(json.dumps(document))
    assert message(tmp_path).startswith(f"catalogue.json{what}")


@pytest.mark.parametrize("text", ["", "{", "[" * 99999, '{"version": "\\x"}', "\udcff"])
def test_catalogue_that_is_no_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalogue.json").write_bytes(text.encode(errors="surrogateescape"))
    assert message(tmp_path).startswith("catalogue.json: not JSON: ")


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ([], ": is not an object"),
        ({"records": {}}, ': has no "metadata_version"'),
        ({"metadata_version": 1, "records": []}, ": records: is not an object"),
        (
            {"metadata_version": 1, "records": {"\x1b[2J": PROOF}},
            ": records: has a name that is not <family>/<file>",
        ),
        (
            {"metadata_version": 1, "records": {"alpha/x.rom": "pass"}},
            ": records.alpha/x.rom: is not an object",
        ),
        (
            {"metadata_version": 1, "records": {"a/x.rom": PROOF | {"verdict": "perhaps"}}},
            ": records.a/x.rom.verdict: is not pass or fail or timeout or skip",
        ),
        (
            {"metadata_version": 1, "records": {"a/x.rom": PROOF | {"cases": [{}]}}},
            ': records.a/x.rom.cases[0]: has no "sha256"',
        ),
    ],
)
def test_damaged_evidence(tmp_path: Path, document: Any, what: str) -> None:
    written(tmp_path)
    (tmp_path / "evidence.json").write_text(json.dumps(document))
    hint = "hint: remove it, then download it again or run make smoke"
    assert message(tmp_path) == f"evidence.json{what}; {hint}"


@pytest.mark.parametrize("file", ["catalogue.json", "evidence.json"])
def test_set_of_a_newer_release(tmp_path: Path, file: str) -> None:
    written(tmp_path, {})
    document = json.loads((tmp_path / file).read_text()) | {"metadata_version": 2}
    (tmp_path / file).write_text(json.dumps(document))
    what = "has metadata_version 2; 1 is the newest known here"
    assert message(tmp_path) == f"{file}: {what}; hint: use the release that it came with"


def test_evidence_of_the_lab_is_read(tmp_path: Path) -> None:
    """What the lab writes follows the schema, with nothing that the schema does not know."""
    record = Record(
        "case", "exact", "00", PASS, image="a/x.rom", sha256="a" * 64, console="SeaBIOS"
    )
    merge([record], tmp_path / "evidence.json")
    (found,) = read_evidence(tmp_path / "evidence.json").values()
    assert found["console_text"] == "SeaBIOS"
    of_gate = {"gate", "kernel", "driver", "link", "messages"}
    assert set(found) == set(_keys("evidence")) - {"metadata_version", "records"} - of_gate


def _keys(kind: str) -> Iterator[str]:
    """Every key that a schema has."""

    def walk(node: Any) -> Iterator[str]:
        for key, value in node.items() if isinstance(node, dict) else ():
            if key == "properties":
                yield from value
            yield from walk(value)

    return walk(json.loads((ROOT / f"factory/{kind}.schema.json").read_text()))


@pytest.mark.parametrize("kind", ["catalogue", "evidence"])
def test_every_key_is_documented(kind: str) -> None:
    text = (ROOT / "docs/catalogue.md").read_text()
    (part,) = re.findall(rf"^## {kind}\.json\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert [key for key in _keys(kind) if f"`{key}`" not in part] == []


def test_catalogue_that_was_built(built: Path) -> None:
    """It follows its schema, and has no key that this does not know."""
    document = load_catalogue(built / "out")
    known = set(_keys("catalogue"))
    assert set(document) <= known and set().union(*document["images"]) <= known
    assert name(document["images"][0]).count("/") == 1


@pytest.mark.parametrize("file", ["catalogue.json", "evidence.json"])
def test_pipe_in_a_set(tmp_path: Path, file: str) -> None:
    """Nobody may ever write to it, so it is not read."""
    folder = written(tmp_path, {})
    (folder / file).unlink()
    os.mkfifo(folder / file)
    assert f"{file}: a named pipe, not a file" in message(folder)
