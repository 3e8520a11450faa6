# SPDX-License-Identifier: BSD-2-Clause
"""`make site`: what is written, what is refused, and that nothing half-written stays."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ci.npm import LISTS, installed
from ci.packages import Unavailable
from ci.site.sets import add_evidence, make_set
from ci.tree import ROOT
from factory import site
from factory.downloads import CATALOGUE, EVIDENCE, load_downloads
from factory.errors import FactoryError
from factory.site_data import inlined

TEMPLATES = ROOT / "templates/site"
ROM = "images/rtl8139/10ec8139.rom"
SEPARATORS = "\u2028\u2029"


class Maker:
    """A small download set, and the page that is made from it."""

    def __init__(self, out: Path, folder: Path) -> None:
        self.romtool = out / "bin" / "romtool"
        self.set = make_set(out, folder / "set", self.wanted)
        self.out = folder / "out" / "site"
        self.out.parent.mkdir()

    @staticmethod
    def wanted(image: dict[str, Any]) -> bool:
        """Those of one card, and the shared ones."""
        return image["family"] in ("all", "undi") or image["device"] == "8139"

    def make(self) -> Path:
        """The page."""
        site.write_site(load_downloads(self.set), self.romtool, TEMPLATES, self.out)
        return self.out

    def refused(self) -> str:
        """What is said when the set or the place is not good."""
        with pytest.raises(FactoryError) as error:
            self.make()
        return str(error.value)

    def replace(self, path: str, content: bytes) -> None:
        """Another file for one of the set; the build's own stays."""
        (self.set / path).unlink()
        (self.set / path).write_bytes(content)

    def data(self) -> Any:
        """The catalogue in the page."""
        text = (self.out / "index.html").read_text()
        found = re.search(r'<script type="application/json" id="catalogue">(.*?)</script>', text)
        assert found
        return json.loads(found[1])


@pytest.fixture
def maker(built: Path, tmp_path: Path) -> Maker:
    """A set without evidence."""
    return Maker(built / "out", tmp_path)


def tree(folder: Path) -> list[str]:
    """All files, relative."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_written(maker: Maker) -> None:
    """A page, and a download set of the same images."""
    add_evidence(maker.set)
    folder = maker.make()
    assert load_downloads(folder).images == load_downloads(maker.set).images
    evidence = load_downloads(folder).evidence
    assert evidence == {
        key: {**record, "console": None}
        for key, record in load_downloads(maker.set).evidence.items()
    }
    files = set(tree(folder)) - set(tree(maker.set))
    assert {"index.html", "images.html", "parts/rtl8139.js", "parts/all.js"} <= files
    assert subprocess.run(["sha256sum", "--status", "-c", "SHA256SUMS"], cwd=folder).returncode == 0
    assert "10ec:8139" in [card["id"] for card in maker.data()["cards"]]


def test_the_same_bytes_twice(maker: Maker) -> None:
    """Nothing of the time or the place is in it."""
    first = {name: (maker.make() / name).read_bytes() for name in tree(maker.make())}
    assert first == {name: (maker.out / name).read_bytes() for name in tree(maker.make())}


def test_nothing_can_be_loaded_from_elsewhere(maker: Maker) -> None:
    """The policy forbids it, and no address stands in the page."""
    for name in ("index.html", "images.html"):
        text = (maker.make() / name).read_text()
        assert "Content-Security-Policy\" content=\"default-src 'none';" in text
        assert "unsafe" not in text
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
        assert not re.findall(r'<[^>]* (?:style|on\w+)="', text)


def test_half_a_set(maker: Maker) -> None:
    """What was not downloaded is named; the page of before stays as it was."""
    before = tree(maker.make())
    (maker.set / ROM).unlink()
    assert maker.refused().startswith(
        f"{maker.set / ROM}: cannot read it: No such file or directory; hint: "
    )
    assert tree(maker.out) == before
    assert [path.name for path in maker.out.parent.iterdir()] == ["site"]


def test_an_image_that_is_not_the_catalogues(maker: Maker) -> None:
    maker.replace(ROM, (maker.set / ROM).read_bytes()[:-1])
    assert "10ec8139.rom: is not the image that catalogue.json names" in maker.refused()
    assert not list(maker.out.parent.iterdir())


def test_no_checksums(maker: Maker) -> None:
    """Half a set, too, and so are those of another set."""
    (maker.set / "SHA256SUMS").unlink()
    assert "SHA256SUMS: cannot read it: No such file" in maker.refused()
    (maker.set / "SHA256SUMS").write_text("0" * 64 + f"  {ROM}\n")
    assert "SHA256SUMS: does not have what catalogue.json says of images/" in maker.refused()
    assert not list(maker.out.parent.iterdir())


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "not JSON"),
        ("{}", "metadata_version"),
        ('{"metadata_version": 99}', "99"),
    ],
)
def test_damaged_catalogue(maker: Maker, text: str, message: str) -> None:
    (maker.set / CATALOGUE).write_text(text)
    assert message in maker.refused()
    assert not maker.out.exists()


def test_evidence_of_other_bytes(
    built: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not shown, not copied, and the command says so."""
    monkeypatch.chdir(built)
    add_evidence(maker.set, lambda record: record.update(sha256="0" * 64))
    command = ["--set", str(maker.set), "--out", str(maker.out), "--templates", str(TEMPLATES)]
    done = CliRunner().invoke(site.command, command)
    assert done.exit_code == 0, done.output
    assert "evidence of other bytes, ignored" in done.output
    assert json.loads((maker.out / EVIDENCE).read_text())["records"] == {}
    assert "No boot of them is on record yet." in (maker.out / "index.html").read_text()


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_not_ours_is_not_replaced(maker: Maker, kind: str) -> None:
    """Somebody's files are where the page is to go."""
    precious = maker.out.parent / "precious"
    if kind == "folder":
        precious = maker.out / "index.html"
        maker.out.mkdir()
    precious.write_text("precious")
    if kind == "file":
        precious.rename(maker.out)
        precious = maker.out
    elif kind == "link":
        maker.out.symlink_to(precious)
    what = "holds other files than a catalogue page" if kind == "folder" else "not a folder"
    assert f"{maker.out}: {what}" in maker.refused()
    assert precious.read_text() == "precious"


def test_no_templates(maker: Maker, tmp_path: Path) -> None:
    """They are named, and nothing is written."""
    with pytest.raises(FactoryError, match="style.css: cannot read it: No such file"):
        site.write_site(load_downloads(maker.set), maker.romtool, tmp_path, maker.out)
    assert not list(maker.out.parent.iterdir())


def test_a_full_disk(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens while it is written, the page of before stays."""
    before = tree(maker.make())

    def fail(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(site, "link_or_copy", fail)
    assert "cannot write it: No space left on device" in maker.refused()
    assert tree(maker.out) == before
    assert [path.name for path in maker.out.parent.iterdir()] == ["site"]


def test_copies_where_there_are_no_links(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file system: the same bytes, and a .dsk takes no more room than it needs."""

    def refuse(source: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    disk = maker.make() / "images/all/all.dsk"
    assert disk.read_bytes() == (maker.set / "images/all/all.dsk").read_bytes()
    assert disk.stat().st_blocks * 512 < 200_000


def test_data_stays_in_its_block() -> None:
    """Whatever is in a name, the block ends where it should, and JavaScript reads the same text."""
    name = f"</script><!--<script>]]>&{SEPARATORS}\x00\ud7ff\U0001f600'\"\\"
    text = str(inlined({"name": name}))
    assert json.loads(text) == {"name": name}
    assert text.isascii() and not set("<>&") & set(text)


def test_packages_come_from_no_named_host() -> None:
    """The lock file has checksums, and leaves to npm's settings where packages are."""
    for name in LISTS:
        text = (ROOT / "ci/site" / name).read_text()
        assert "://" not in text
    assert text.count('"integrity": "sha512-') == 2


def test_modules_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is said, and nothing stays that looks fetched."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="npm is not installed"):
        installed(ROOT / "ci/site", tmp_path)
    tool = tmp_path / "bin" / "npm"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'npm ERR! no network' >&2\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    with pytest.raises(Unavailable, match="npm modules: npm: npm ERR! no network"):
        installed(ROOT / "ci/site", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "bin"]
