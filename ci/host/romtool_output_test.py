# SPDX-License-Identifier: BSD-2-Clause
"""romtool destroys no input, and follows no link out of the folder that it fills."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.host.romtool_fixtures import Workshop, firmware, foreign_rom, refused, romtool, workshop

__all__ = ["workshop"]


def _same(folder: Path, path: Path) -> dict[str, Path]:
    """The names that one file has."""
    symbolic, hard = folder / "symbolic", folder / "hard"
    symbolic.symlink_to(path)
    hard.hardlink_to(path)
    around = folder / "." / ".." / folder.name / path.name
    return {"path": path, "symbolic": symbolic, "hard": hard, "around": around}


def test_merge_spares_its_inputs(workshop: Workshop) -> None:
    first = workshop.file("first", foreign_rom())
    second = workshop.file("second", foreign_rom(device=1))
    before = second.read_bytes()
    for name in _same(workshop.folder, second).values():
        refused("it is the input", "merge", first, second, "-o", name, status=2)
        refused("hint: name another file", "merge", first, f"{second}#0", "-o", name, status=2)
    assert second.read_bytes() == before


def test_stamp_may_replace_its_input(workshop: Workshop) -> None:
    """As `sed -i` does: whole or not at all, and with the same result as in another file."""
    image = workshop.file("image", workshop.image("rom"))
    other = workshop.folder / "other"
    assert romtool("stamp", image, "--id", "8086:100e", "-o", other).returncode == 0
    assert romtool("stamp", image, "--id", "8086:100e", "-o", image).returncode == 0
    assert image.read_bytes() == other.read_bytes()


def test_report_spares_what_pack_reads(workshop: Workshop) -> None:
    words = workshop.arguments(firmware(), [workshop.line("rom")])
    inputs = [words[words.index("--elf") + 1], words[words.index("--images") + 1]]
    inputs += [str(word).partition("=")[2] for word in words if str(word).startswith("rom=")]
    assert len(inputs) == 3
    for path in map(Path, inputs):
        before = path.read_bytes()
        refused("it is the input", *words, "--report", path, status=2)
        assert path.read_bytes() == before


@pytest.mark.parametrize("linked", ["10ec8139.rom", "family"])
def test_pack_follows_no_link(workshop: Workshop, linked: str) -> None:
    """Neither a folder of images nor an image may be a link to something else."""
    line = workshop.line("rom").replace("10ec8139.rom", "family/10ec8139.rom")
    words = workshop.arguments(firmware(), [line])
    out = Path(words[words.index("--out") + 1])
    elsewhere = workshop.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "10ec8139.rom").write_text("precious")
    out.mkdir(exist_ok=True)
    if linked == "family":
        (out / "family").symlink_to(elsewhere)
    else:
        (out / "family").mkdir()
        (out / "family" / linked).symlink_to(elsewhere / linked)
    refused("a link, which is not followed; hint: remove it", *words, status=2)
    assert (elsewhere / "10ec8139.rom").read_text() == "precious"
