# SPDX-License-Identifier: BSD-2-Clause
"""The catalogue: names, sizes, and what it refuses to vouch for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from factory.catalogue import Places, names_version, read_names, write_catalogue
from factory.downloads import load_catalogue
from factory.errors import FactoryError
from factory.flash import flash
from factory.spec import PciId, Spec, load_spec

PCI_IDS = """\
#	Version: 2023.04.10
# comment
10ec  Realtek Semiconductor Co., Ltd.
\t8139  RTL-8100/8101L/8139 PCI Fast Ethernet Adapter
\t\t0357 000a  TTP-Monitoring Card V2.0
8086  Intel Corporation
\t100e  82540EM Gigabit Ethernet Controller
ffff  Illegal Vendor ID
C 02  Network controller
\t00  Ethernet controller
"""
MATRIX = """\
version: "1.2"
media: { rom: { prefix: rom, budget: 4096, option_rom: true }, dsk: { prefix: disk, budget: 4096 } }
profiles: { default: {} }
families:
  alpha:
    driver: alpha
    ids: [10ec:8139, { id: 10ec:0001, untested: no emulator, name: Ours }, { id: 10ec:0002, hardware: reported }]
specials:
  all: { media: [dsk], drivers: every }
"""
TOOLCHAIN = {"compiler": "gcc 1", "assembler": "nasm 2", "linker": "ld 3"}
LINT_GOOD = "#!/bin/sh\nexit 0\n"
LINT_BAD = '#!/bin/sh\necho "$2: payload checksum is wrong" >&2\nexit 1\n'


class Tree:
    """Images as make would leave them, with a romtool that finds what it is told to."""

    def __init__(self, folder: Path) -> None:
        (folder / "targets.yaml").write_text(MATRIX)
        (folder / "pci.ids").write_text(PCI_IDS)
        self.spec: Spec = load_spec(folder / "targets.yaml")
        self.places = Places(folder / "out", folder / "pci.ids")
        self.places.romtool.parent.mkdir(parents=True)
        self.romtool(LINT_GOOD)
        for target in self.spec.targets():
            self.places.report(target).parent.mkdir(parents=True)
            bar = {"rom": {"bar_size": 2048}}
            images = [
                {"path": image.path, "headroom": 2296, "payload": 6, **bar.get(image.medium, {})}
                for image in target.images
            ]
            report = {"payload": {"packed_length": 8}, "images": images}
            self.places.report(target).write_text(json.dumps(report))
        for image in self.spec.images():
            self.places.image(image).parent.mkdir(parents=True, exist_ok=True)
            self.places.image(image).write_bytes(image.path.encode() * 100)

    def romtool(self, script: str) -> None:
        """Replace romtool."""
        self.places.romtool.write_text(script)
        self.places.romtool.chmod(0o755)

    def write(self) -> dict[str, Any]:
        """Write the catalogue; its images by path."""
        write_catalogue(self.spec, TOOLCHAIN, self.places)
        document = json.loads((self.places.out / "catalogue.json").read_text())
        assert document["metadata_version"] == 1
        assert (document["version"], document["licence"]) == ("1.2", "BSD-2-Clause")
        assert document["toolchain"] == {**TOOLCHAIN, "pci_ids": "pci.ids 2023.04.10"}
        return {record["path"]: record for record in document["images"]}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A small built tree."""
    return Tree(tmp_path)


def _message(tree: Tree) -> str:
    with pytest.raises(FactoryError) as caught:
        tree.write()
    return str(caught.value).replace(f"{tree.places.out}/", "")


def test_record(tree: Tree) -> None:
    content = b"alpha/10ec8139.rom" * 100
    assert tree.write()["images/alpha/10ec8139.rom"] == {
        "path": "images/alpha/10ec8139.rom",
        "medium": "rom",
        "family": "alpha",
        "vendor": "10ec",
        "device": "8139",
        "devices": ["8139"],
        "names": {
            "vendor": "Realtek Semiconductor Co., Ltd.",
            "device": "RTL-8100/8101L/8139 PCI Fast Ethernet Adapter",
        },
        "size": 1800,
        "sha256": hashlib.sha256(content).hexdigest(),
        "rom_bar": 2048,
        "headroom": 2296,
        "payload": hashlib.sha256(b"10ec8139").hexdigest(),
        "flash": flash("alpha", PciId(0x10EC, 0x8139), 1800),
    }


def test_flash_of_roms_for_one_card(tree: Tree) -> None:
    """Neither other media nor a ROM for several cards go into the chip of one."""
    with_flash = [path for path, record in tree.write().items() if "flash" in record]
    assert with_flash == [f"images/alpha/10ec{device}.rom" for device in ("8139", "0001", "0002")]


def test_names_that_pci_ids_lacks(tree: Tree) -> None:
    records = tree.write()
    own = records["images/alpha/10ec0001.dsk"]
    assert (own["names"]["device"], own["untested"], own["rom_bar"]) == (
        "Ours",
        "no emulator",
        None,
    )
    assert records["images/alpha/10ec0002.rom"]["names"]["device"] is None
    assert records["images/alpha/10ec0002.rom"]["hardware"] == "reported"
    assert "hardware" not in own
    assert records["images/all/all.dsk"]["names"] == {"vendor": None, "device": None}


def test_checksums_are_what_sha256sum_prints(tree: Tree) -> None:
    records = tree.write()
    lines = (tree.places.out / "SHA256SUMS").read_text().splitlines()
    assert lines == [f"{record['sha256']}  {path}" for path, record in records.items()]


def test_boots_change_nothing(tree: Tree) -> None:
    """The catalogue is the same whatever evidence there is, damaged or not, and follows its schema."""
    tree.write()
    before = (tree.places.out / "catalogue.json").read_bytes()
    (tree.places.out / "smoke").mkdir()
    (tree.places.out / "smoke/evidence.json").write_text("{")
    tree.write()
    assert (tree.places.out / "catalogue.json").read_bytes() == before
    assert load_catalogue(tree.places.out)["images"]


def test_pci_ids_of_no_release(tmp_path: Path) -> None:
    path = tmp_path / "pci.ids"
    path.write_text("10ec  Realtek\n")
    assert names_version(path) == "pci.ids of no release"


def test_unlisted_images_are_removed(tree: Tree) -> None:
    stray = tree.places.out / "images" / "alpha" / "10ec9999.rom"
    stray.write_bytes(b"x")
    tree.write()
    assert not stray.exists()


def test_damaged_image(tree: Tree) -> None:
    tree.romtool(LINT_BAD)
    assert _message(tree) == (
        "romtool lint: images/alpha/10ec8139.rom: payload checksum is wrong; "
        "hint: remove the images it names and run make again"
    )
    assert not (tree.places.out / "catalogue.json").exists()


def test_missing_romtool(tree: Tree) -> None:
    tree.places.romtool.unlink()
    assert _message(tree) == "bin/romtool: cannot run it: No such file or directory; hint: run make"


def test_missing_image(tree: Tree) -> None:
    (tree.places.out / "images/alpha/10ec8139.dsk").unlink()
    assert _message(tree) == (
        "images/alpha/10ec8139.dsk: cannot read it: No such file or directory; hint: run make"
    )


@pytest.mark.parametrize(
    "text",
    [
        *("{}", "[]", '{"payload": 1}', '{"payload": {"packed_length": 8}}'),
        '{"payload": {"packed_length": 8}, "images": []}',
        '{"payload": {"packed_length": 8}, "images": [{"path": "alpha/10ec8139.rom"}]}',
    ],
)
def test_malformed_report(tree: Tree, text: str) -> None:
    (tree.places.out / "obj/alpha/pack.json").write_text(text)
    assert _message(tree) == (
        "obj/alpha/pack.json: is not what romtool pack --report writes; hint: remove it and run make"
    )


@pytest.mark.parametrize("line", ["<html>\n", "10ec  Realtek\n\tx139  a card\n", "10\n\n1x\n"])
def test_malformed_pci_ids(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pci.ids"
    path.write_text("# comment\n" + line)
    with pytest.raises(FactoryError) as caught:
        read_names(path, {0x10EC})
    assert "is not four hex digits; hint: install pci.ids again" in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{1 + line.count(chr(10))}: ")


def test_missing_pci_ids(tmp_path: Path) -> None:
    with pytest.raises(FactoryError, match="cannot read it: .*hint: install pci.ids"):
        read_names(tmp_path / "absent", {0x10EC})


def test_names_of_other_vendors_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "pci.ids"
    path.write_text(PCI_IDS)
    assert read_names(path, {0x8086}) == {
        (0x8086, None): "Intel Corporation",
        (0x8086, 0x100E): "82540EM Gigabit Ethernet Controller",
    }
