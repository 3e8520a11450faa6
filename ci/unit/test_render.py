# SPDX-License-Identifier: BSD-2-Clause
"""Rendering: what the templates make of the matrix, and how a broken template is reported."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from ci.tree import ROOT
from factory.errors import FactoryError
from factory.render import render
from factory.spec import DeviceEntry, Family, Medium, PciId, Profile, Spec, Special

SPEC = Spec(
    "1.2",
    (Medium("rom", "rom", 1024, option_rom=True), Medium("zpxe", "pxe", 512)),
    MappingProxyType(
        {
            "default": Profile("default", ("net/dns",), ("wait=3",)),
            "unused": Profile("unused"),
        }
    ),
    (
        Family(
            "alpha",
            "alpha",
            "default",
            (DeviceEntry(PciId(0x10EC, 0x8139)), DeviceEntry(PciId(0x10EC, 0x8138))),
            uses=("shared",),
            family_rom=True,
        ),
    ),
    (Special("all", "default", ("zpxe",), True),),
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The small matrix above, rendered with the project's templates."""
    render(SPEC, ROOT / "templates", tmp_path)
    return tmp_path


def test_files(out: Path) -> None:
    """Two files per target, a third for one with several drivers, the rules."""
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "all/image.lds",
        "all/images.tsv",
        "all/target.h",
        "alpha/image.lds",
        "alpha/images.tsv",
        "rules.mk",
        "settings_list.h",
    ]


def test_image_list(out: Path) -> None:
    """A line per image as `romtool pack` reads it."""
    assert (out / "alpha/images.tsv").read_text().splitlines()[1:] == [
        "rom\talpha/10ec8139.rom\t10ec\t8139\t1024\tEtherforge 1.2 alpha\t1.2\twait=3",
        "zpxe\talpha/10ec8139.zpxe\t10ec\t8139\t512\tEtherforge 1.2 alpha\t1.2\twait=3",
        "rom\talpha/10ec8138.rom\t10ec\t8138\t1024\tEtherforge 1.2 alpha\t1.2\twait=3",
        "zpxe\talpha/10ec8138.zpxe\t10ec\t8138\t512\tEtherforge 1.2 alpha\t1.2\twait=3",
        "rom\talpha/alpha.rom\t10ec\t8139,8138\t1024\tEtherforge 1.2 alpha\t1.2\twait=3",
    ]
    assert (out / "all/images.tsv").read_text().splitlines()[1:] == [
        "zpxe\tall/all.zpxe\tffff\t-\t512\tEtherforge 1.2 all\t1.2\twait=3"
    ]


def test_target_header(out: Path) -> None:
    """A target for any card carries a table of cards."""
    table = "#define TARGET_CARDS 0, 0, 56, 129, 236, 16, 1, 0, 0, 0, 0, 0, 0\n"
    assert table in (out / "all/target.h").read_text()


def test_linker_map(out: Path) -> None:
    """The driver table holds what the target has, and the map asserts it."""
    text = (out / "alpha/image.lds").read_text()
    assert "KEEP(*/drivers/alpha.o(drivers))" in text and "_drivers == 4" in text
    assert "shared" not in text


def test_rules(out: Path) -> None:
    """Driver and shared code are linked; `make image` finds an ID's images and no family ROM."""
    text = (out / "rules.mk").read_text()
    own = "src/firmware/platform/target.c $O/stamp/compile | $O/gen/all/target.h"
    assert f"$O/obj/all/target.o: {own}" in text and text.count("target.c") == 1
    assert "$O/gen/all/image.lds $O/obj/all/target.o" in text
    assert "$O/gen/alpha/image.lds $O/obj/firmware/platform/target.o" in text
    assert "$O/obj/firmware/drivers/alpha.o" in text and "$O/obj/firmware/drivers/shared.o" in text
    assert "ID_10ec8139 := $O/images/alpha/10ec8139.rom $O/images/alpha/10ec8139.zpxe\n" in text
    assert "--prefix rom=$O/obj/boot/rom.bin --prefix zpxe=$O/obj/boot/pxe.bin" in text


def test_unchanged_files_keep_their_time(out: Path) -> None:
    """Otherwise every run would rebuild everything."""
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    render(SPEC, ROOT / "templates", out)
    changed = [path.name for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert changed == ["rules.mk"]


def _broken(folder: Path, text: str) -> str:
    templates = folder / "templates"
    templates.mkdir()
    for path in (ROOT / "templates").glob("*.j2"):
        (templates / path.name).write_bytes(path.read_bytes())
    (templates / "target.h.j2").write_text(text)
    with pytest.raises(FactoryError) as caught:
        render(SPEC, templates, folder / "out")
    return str(caught.value).replace(f"{folder}/", "")


def test_undefined_name(tmp_path: Path) -> None:
    message = _broken(tmp_path, "{{ target.nam }}")
    assert message.startswith("templates/target.h.j2: template: ") and "'nam'" in message


def test_template_syntax(tmp_path: Path) -> None:
    message = _broken(tmp_path, "a\n{% for %}\n")
    assert message.startswith("templates/target.h.j2:2: template syntax: ")


def test_missing_template(tmp_path: Path) -> None:
    with pytest.raises(FactoryError, match="settings_list.h.j2: no such template"):
        render(SPEC, tmp_path, tmp_path / "out")


def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where a folder should be")
    with pytest.raises(FactoryError, match="out/settings_list.h: cannot read it: Not a directory"):
        render(SPEC, ROOT / "templates", tmp_path / "out")
