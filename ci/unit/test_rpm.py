# SPDX-License-Identifier: BSD-2-Clause
"""The packages of distributions with RPM, as far as Debian's rpm can build them: without their dependencies."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.package_build import Workplace, workplace
from ci.tree import ROOT, need_tool, sources
from factory.spec import load_spec

SPEC = "packaging/etherforge.spec"
RULES = "packaging/rpmlintrc"


@pytest.fixture(scope="module", name="place")
def _place() -> Iterator[Workplace]:
    """Built once, from an archive of the sources."""
    need_tool("rpmbuild")
    version = load_spec(ROOT / "targets.yaml").version
    name = f"etherforge-{version}"
    with workplace() as place:
        (place.folder / "SOURCES").mkdir()
        with tarfile.open(place.folder / f"SOURCES/{name}-source.tar.xz", "w:xz") as file:
            for path in sources():
                file.add(ROOT / path, f"{name}/{path}")
        for name in (SPEC, RULES):
            (place.folder / Path(name).name).write_bytes((ROOT / name).read_bytes())
        place.own()
        options = ["--nodeps", "--define", f"_topdir {place.folder}"]
        options += ["--define", f"_tmppath {place.folder}"]
        place.run("rpmbuild", "-ba", *options, "etherforge.spec")
        yield place


def test_nothing_is_installed(place: Workplace) -> None:
    assert place.asked == []


def test_has_the_images_of_make(built: Path, place: Workplace) -> None:
    """ROMs and the others, each with the bytes that `make` makes."""
    digests: dict[str, str] = {}
    for package in ("roms", "zpxe", "tools"):
        (archive,) = place.folder.glob(f"RPMS/*/etherforge-{package}-*.rpm")
        listed = place.run(
            "rpm", "-qp", "--qf", "[%{FILENAMES}\t%{FILEDIGESTS}\t%{FILELINKTOS}\n]", archive
        )
        lines = [line.split("\t") for line in listed.splitlines() if line.startswith("/")]
        digests |= {name: digest or os.path.basename(link) for name, digest, link in lines}
    for path in (built / "out/images").glob("*/*"):
        name = f"/usr/share/etherforge/images/{path.parent.name}/{path.name}"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.suffix == ".rom":
            assert digests[name] == path.name
            name = f"/usr/share/qemu/etherforge/{path.name}"
        assert digests[name] == digest
    for name in ("bin/romtool", "bin/etherforge", "share/man/man1/romtool.1"):
        assert digests[f"/usr/{name}"]


def test_rpmlint(place: Workplace) -> None:
    """Errors and warnings are none but those that packaging/rpmlintrc explains."""
    need_tool("rpmlint")
    packages = sorted(place.folder.glob("*RPMS/**/*.rpm"))
    assert len(packages) == 4
    text = place.run("rpmlint", "-r", "rpmlintrc", "etherforge.spec", *packages)
    assert " 0 errors, 0 warnings" in text, text


def test_version() -> None:
    """The spec file's is that of the firmware."""
    version = load_spec(ROOT / "targets.yaml").version
    assert f"\nVersion:        {version}\n" in (ROOT / SPEC).read_text()
