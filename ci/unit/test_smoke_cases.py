# SPDX-License-Identifier: BSD-2-Clause
"""Which boots are planned, from a small matrix of its own."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from ci.disks import DISKS
from ci.images import STRANGER, Shop
from ci.media import MEDIA
from ci.smoke.plans import KINDS, Plan, Selection, plans
from ci.tree import ROOT
from factory.spec import Spec, load_spec

MATRIX = """
    version: "1"
    media:
      rom: { prefix: rom, budget: 24576, option_rom: true }
      zpxe: { prefix: pxe, budget: 24576 }
      dsk: { prefix: disk, budget: 24576 }
    profiles: { default: {} }
    families:
      e1000:
        driver: e1000
        models:
          - { id: 8086:100e, device: e1000 }
          - { id: 8086:100c, device: e1000-82544gc }
        ids:
          - 8086:100e
          - 8086:100c
          - 8086:1000
          - { id: 8086:1001, untested: "needs a PHY" }
          - { id: 8086:1015, model: 8086:100c }
      oldcard:
        driver: oldcard
        ids:
          - 10b7:9000
    specials:
      undi: { media: [zpxe], drivers: none }
"""


@pytest.fixture
def matrix(tmp_path: Path) -> Spec:
    """The matrix, with an empty file for each image."""
    path = tmp_path / "targets.yaml"
    path.write_text(dedent(MATRIX))
    spec = load_spec(path)
    for image in spec.images():
        file = tmp_path / "images" / image.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(image.path.encode())
    return spec


def planned(spec: Spec, folder: Path, selection: Selection = Selection()) -> list[Plan]:
    """Every plan; no key occurs twice."""
    found = list(plans(spec, Shop(folder), selection))
    keys = [plan.key for plan in found]
    assert len(keys) == len(set(keys))
    return found


def of_image(found: list[Plan], path: str) -> list[Plan]:
    """Plans for one image, without controls."""
    return [plan for plan in found if plan.image.path == path and plan.tier != "control"]


def test_every_medium_can_be_booted() -> None:
    """The lab knows the media of the matrix, and no others."""
    assert list(MEDIA) == [medium.name for medium in load_spec(ROOT / "targets.yaml").media]


def test_every_image_is_planned(matrix: Spec, tmp_path: Path) -> None:
    """Nothing that was built goes without evidence."""
    found = planned(matrix, tmp_path)
    assert {plan.image.path for plan in found} == {image.path for image in matrix.images()}


def test_exact_tier(matrix: Spec, tmp_path: Path) -> None:
    """An ID that a model shows is booted on it unchanged; a disk image in three ways, on the first card in all."""
    found = planned(matrix, tmp_path)
    (rom,) = of_image(found, "e1000/8086100c.rom")
    assert (rom.tier, rom.card, rom.boot, rom.restamp) == ("exact", "e1000-82544gc", "rom", None)
    disks = of_image(found, "e1000/8086100c.dsk")
    assert {plan.boot for plan in disks} == {"floppy", "disk", "usb"}
    assert {plan.boot for plan in of_image(found, "e1000/8086100e.dsk")} == set(DISKS)


def test_first_exact_boot_takes_every_kind(matrix: Spec, tmp_path: Path) -> None:
    """Each boot-file format is loaded once per family and way to boot."""
    found = of_image(planned(matrix, tmp_path), "e1000/8086100e.rom")
    assert {plan.kind for plan in found} == set(KINDS)


def test_family_tier(matrix: Spec, tmp_path: Path) -> None:
    """Another ID is restamped to the family's first model."""
    (rom,) = of_image(planned(matrix, tmp_path), "e1000/80861000.rom")
    assert (rom.tier, rom.card, str(rom.restamp)) == ("family", "e1000", "8086:100e")


def test_model_that_stands_in(matrix: Spec, tmp_path: Path) -> None:
    """The matrix may name another one than the first."""
    (rom,) = of_image(planned(matrix, tmp_path), "e1000/80861015.rom")
    assert (rom.tier, rom.card, str(rom.restamp)) == ("family", "e1000-82544gc", "8086:100c")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("e1000/80861001.rom", "untested: needs a PHY"),
        ("oldcard/10b79000.rom", "no emulator model for the family"),
    ],
)
def test_static_tier(matrix: Spec, tmp_path: Path, path: str, reason: str) -> None:
    """What cannot be booted says why."""
    (plan,) = of_image(planned(matrix, tmp_path), path)
    assert (plan.tier, plan.boot, plan.reason) == ("static", "", reason)


def test_special_image_boots_on_each_family(matrix: Spec, tmp_path: Path) -> None:
    """undi.zpxe has no card of its own."""
    found = of_image(planned(matrix, tmp_path), "undi/undi.zpxe")
    assert {(plan.card, plan.home) for plan in found} == {("e1000", "e1000")}


def test_controls(matrix: Spec, tmp_path: Path) -> None:
    """Every damage of every medium, and a second stage that must fall back to UNDI."""
    found = [plan for plan in planned(matrix, tmp_path) if plan.tier == "control"]
    damages = {(plan.image.medium, plan.damage) for plan in found if plan.damage}
    assert damages == {
        ("rom", "wrong-id"),
        ("rom", "flipped"),
        ("rom", "flipped-summed"),
        ("rom", "block-summed"),
        ("zpxe", "block-summed"),
        ("dsk", "block-summed"),
        ("rom", "truncated"),
        ("zpxe", "flipped"),
        ("zpxe", "truncated"),
        ("dsk", "wrong-id"),
        ("dsk", "flipped"),
        ("dsk", "truncated"),
    }
    (fallback,) = [plan for plan in found if not plan.damage]
    assert (fallback.image.medium, fallback.restamp) == ("zpxe", STRANGER)


def test_controls_must_say_why() -> None:
    """The BIOS checks a ROM's byte sum and ID; everything else only we can notice, and name."""
    codes = {
        (medium.name, damage): code
        for medium in MEDIA.values()
        for damage, code in medium.damages.items()
    }
    assert {key: code for key, code in codes.items() if code} == {
        ("rom", "flipped-summed"): "E27",
        ("rom", "block-summed"): "E27",
        ("zpxe", "block-summed"): "E27",
        ("dsk", "block-summed"): "E27",
        ("dsk", "truncated"): "E27",
        ("zpxe", "flipped"): "E27",
        ("dsk", "flipped"): "E27",
        ("dsk", "wrong-id"): "E01",
    }


def test_quick_run(matrix: Spec, tmp_path: Path) -> None:
    """One card per family, the kinds in turns, one family's controls."""
    found = planned(matrix, tmp_path, Selection(quick=True))
    exact = [plan for plan in found if plan.tier == "exact"]
    assert {plan.card for plan in exact} == {"e1000"}
    assert len(exact) == 6
    assert {plan.kind for plan in exact} == set(KINDS)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(family="oldcard"), {"oldcard/10b79000"}),
        (Selection(id="8086:1000"), {"e1000/80861000"}),
        (Selection(id="ffff:ffff"), set()),
    ],
)
def test_selection(matrix: Spec, tmp_path: Path, selection: Selection, expected: set[str]) -> None:
    """One family, one card, or nothing."""
    found = [plan for plan in planned(matrix, tmp_path, selection) if plan.tier != "control"]
    assert {plan.image.path.rsplit(".", 1)[0] for plan in found} == expected


def test_missing_image_is_noticed(matrix: Spec, tmp_path: Path) -> None:
    """An image that was not built ends the run; it is not passed over."""
    (tmp_path / "images/e1000/8086100e.rom").unlink()
    with pytest.raises(FileNotFoundError):
        planned(matrix, tmp_path)
