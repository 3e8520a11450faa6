# SPDX-License-Identifier: BSD-2-Clause
"""docs/figures.md is what the benchmark wrote of the images as they are; a ROM that was given as peer."""

from __future__ import annotations

import json
import struct
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from ci import bench
from ci.bench import FamilyFigures, merged
from ci.bench_document import (
    DOCUMENT,
    NUMBERS,
    README,
    TABLE,
    TABLE_END,
    document,
    images_id,
    provenance,
    read,
    readme,
    write,
)
from ci.bench_report import save_json
from ci.media import MEDIA
from ci.tree import ROOT
from factory.spec import load_spec

BASE: dict[str, Any] = {"qemu": "7.2", "rounds": 5, "load_before": 0, "load_after": 0, "cores": 2}
SIZES = {"rom": 20000, "stock": 70000, "pxelinux.0": 160000}


def numbers() -> dict[str, Any]:
    """Of the document."""
    return dict(json.loads((ROOT / NUMBERS).read_text(encoding="utf-8")))


def test_document_is_generated() -> None:
    """Rendered again, it is the same text: hint: make bench BENCH=--document."""
    assert (ROOT / DOCUMENT).read_text(encoding="utf-8") == document(numbers())
    text = (ROOT / README).read_text(encoding="utf-8")
    assert TABLE in text and TABLE_END in text and text == readme(numbers(), text)


def test_document_names_the_machine() -> None:
    """Commit, date, processor, kernel and QEMU."""
    figures = numbers()["bench"]
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    for name in ("commit", "images", "date", "cpu", "kernel", "qemu"):
        assert len(figures[name]) > 2 and figures[name] in text, name


def test_sizes_are_the_images(built: Path) -> None:
    """An old size is a wrong one; hint: make bench BENCH='--part size --document'."""
    figures = numbers()["bench"]
    told = {f["family"]: f["size"] for f in figures["families"]} | figures["shared"]
    for family in load_spec(ROOT / "targets.yaml").families:
        if not family.models:
            continue
        stem = built / "out" / "images" / family.name / family.models[0].id.hex
        sizes = {kind: stem.with_suffix(f".{kind}").stat().st_size for kind in MEDIA}
        assert {kind: told[family.name].get(kind) for kind in sizes} == sizes, family.name


def family_figures(**fields: Any) -> dict[str, Any]:
    """One family's."""
    empty = vars(FamilyFigures("rtl8139", "rtl8139", SIZES))
    return {**empty, "to_payload": {"ours": 0.1, "stock": 5.0}, **fields}


def test_parts_are_merged() -> None:
    """What was measured before stays, with what failed in it; what was measured again is replaced."""
    old = family_figures(
        size={"rom": 1}, rate={"user": {"ours": 1.0}}, failed=["boot, ours: no", "user: no"]
    )
    new = family_figures(to_payload={"ours": 0.2, "stock": None}, failed=[])
    result = merged(old, new, ["boot"])
    assert result["size"] == {"rom": 1}
    assert result["rate"] == {"user": {"ours": 1.0}}
    assert result["to_payload"]["ours"] == 0.2
    assert result["failed"] == ["user: no"]
    other = family_figures(peer="other.rom")
    assert merged(old, other, ["boot"]) == other


def test_old_figures_are_dropped(tmp_path: Path) -> None:
    """Those of other images, and what is no result at all."""
    save_json(tmp_path / "bench.json", {"images": "abc", "qemu": "7.2"})
    assert read(tmp_path / "bench.json", "abc")["qemu"] == "7.2"
    assert read(tmp_path / "bench.json", "def") == {}
    (tmp_path / "bench.json").write_text("{", encoding="utf-8")
    assert read(tmp_path / "bench.json", "abc") == {}


def test_images_have_an_identity(tmp_path: Path) -> None:
    """It changes with any byte of any image."""
    folder = tmp_path / "images" / "x"
    folder.mkdir(parents=True)
    (folder / "a.rom").write_bytes(b"a")
    before = images_id(tmp_path)
    (folder / "a.rom").write_bytes(b"b")
    assert images_id(tmp_path) != before
    assert provenance(tmp_path)["images"] == images_id(tmp_path)


def test_document_is_written(tmp_path: Path) -> None:
    """Without the single samples; of the loaders, what was measured of the same images."""
    (tmp_path / "images").mkdir()
    same = {"images": images_id(tmp_path)}
    (tmp_path / "docs").mkdir()
    (tmp_path / README).write_text(f"before\n{TABLE}old\n{TABLE_END}\nafter\n", encoding="utf-8")
    rate = {"user": {"ours": 5.0, "ours_samples": [5.0], "stock": None, "stock_samples": []}}
    families = [family_figures(rate=rate)]
    results: dict[str, Any] = BASE | provenance(tmp_path)
    save_json(tmp_path / "bench.json", results | {"families": families})
    save_json(tmp_path / "pxe.json", {"images": "other"})
    write(tmp_path, tmp_path, tmp_path)
    text = (tmp_path / DOCUMENT).read_text(encoding="utf-8")
    assert "| rtl8139 | user | 5.0 | – | – |" in text
    assert "Loaders" not in text
    assert "samples" not in (tmp_path / NUMBERS).read_text(encoding="utf-8")
    table = (tmp_path / README).read_text(encoding="utf-8")
    assert table.startswith("before\n") and table.endswith(f"\n{TABLE_END}\nafter\n")
    assert (
        "| option ROM, or loader, bytes | 20,000 | 70,000 | 160,000 |" in table
        and "old" not in table
    )
    loader = {"family": "rtl8139", "rates": {"pxelinux.0": {"ours": 2.0, "stock": 1.0}}}
    save_json(tmp_path / "pxe.json", same | {"families": [loader]})
    (tmp_path / "pxe.md").write_text("pxelinux is fast\n", encoding="utf-8")
    write(tmp_path, tmp_path, tmp_path)
    assert "pxelinux is fast" in (tmp_path / DOCUMENT).read_text(encoding="utf-8")
    assert "MB/s | 2.0 | 1.0 | – |" in (tmp_path / README).read_text(encoding="utf-8")


def rom(vendor: int, device: int) -> bytes:
    """Just enough of an option ROM."""
    head = b"\x55\xaa\x01".ljust(0x18, b"\0") + struct.pack("<H", 0x1C) + b"\0\0"
    return (head + b"PCIR" + struct.pack("<HH", vendor, device)).ljust(512, b"\0")


def options(*files: Path) -> Namespace:
    """Of a run with peers."""
    return bench.parse([word for file in files for word in ("--peer", str(file))])


@pytest.mark.usefixtures("built")
def test_peer_takes_the_place_of_stock(tmp_path: Path) -> None:
    """For the card whose ID it has, and for no other; its name may be anything."""
    file = tmp_path / "a `rom` $(false).rom"
    file.write_bytes(rom(0x1AF4, 0x1000))
    run = bench.start(options(file))
    assert run.name == "peer"
    assert [(one.figures.family, one.stock) for one in run.benches] == [
        ("virtio_net", file.read_bytes())
    ]
    assert run.benches[0].figures.peer.startswith("a `rom` $(false).rom, sha256 ")
    assert "smoke" not in run.parts and "build" not in run.parts


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (rom(0xDEAD, 0xBEEF), "is for dead:beef, which no family's first card is; hint: "),
        (b"\x55\xaa", "not a PCI option ROM"),
        (b"", "not a PCI option ROM"),
        (b"\x55\xaa" + b"\xff" * 510, "not a PCI option ROM"),
        (None, "No such file or directory"),
    ],
    ids=["stranger", "short", "empty", "wild", "missing"],
)
def test_bad_peer(
    data: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 2."""
    file = tmp_path / "peer.rom"
    if data is not None:
        file.write_bytes(data)
    assert bench.main(["--peer", str(file), "--results", str(tmp_path)]) == 2
    text = capsys.readouterr().err
    assert text.startswith(f"{file}: {message}") and text.count("\n") == 1
