# SPDX-License-Identifier: BSD-2-Clause
"""The Debian packages: built once, offline, by a user without root, with the images of a plain `make`."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ci.package_build import Workplace, workplace
from ci.tree import ROOT, copy_tree, need_tool, unavailable
from factory.spec import load_spec

PACKAGES = ("etherforge-roms", "etherforge-zpxe", "etherforge-tools")
Files = Mapping[str, tuple[str, str]]  # by path: SHA-256 of a file, or "", and what a link names


@pytest.fixture(scope="module", name="place")
def _place() -> Iterator[Workplace]:
    """Where the packages are, beside their sources."""
    for tool in ("dpkg-buildpackage", "dh", "dh_python3"):
        need_tool(tool)
    if not Path("/usr/share/build-essential").exists():
        unavailable("build-essential is not installed")
    with workplace() as place:
        root = copy_tree(place.folder / "etherforge")
        place.own()
        place.run("dpkg-buildpackage", "-us", "-uc", cwd=root)
        yield place


@pytest.fixture(scope="module", name="files")
def _files(place: Workplace) -> Mapping[str, Files]:
    """By package."""
    return {name: _contents(next(place.folder.glob(f"{name}_*.deb"))) for name in PACKAGES}


def _contents(package: Path) -> Files:
    found = {}
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isfile() else None
                digest = hashlib.sha256(content.read()).hexdigest() if content else ""
                found[entry.name.removeprefix(".")] = (digest, entry.linkname)
                assert (entry.uid, entry.gid) == (0, 0)
    return found


def test_nothing_is_installed(place: Workplace) -> None:
    """Neither apt nor a download was asked for, and the build had no network."""
    assert place.asked == []


def test_has_the_images_of_make(built: Path, files: Mapping[str, Files]) -> None:
    """Every image is in one package, with the bytes that `make` makes without the flags of a distribution."""
    medium = {"etherforge-roms": "rom", "etherforge-zpxe": "zpxe dsk", "etherforge-tools": ""}
    lines = (built / "out/SHA256SUMS").read_text().splitlines()
    expected = {line.split("  ")[1]: line.split("  ")[0] for line in lines}
    for package, contents in files.items():
        for name in [it for it in expected if it.rsplit(".")[1] in medium[package].split()]:
            digest, link = contents[f"/usr/share/etherforge/{name}"]
            rom = contents.get(f"/usr/share/qemu/etherforge/{Path(name).name}", ("", ""))[0]
            assert (digest or rom) == expected.pop(name)
            assert bool(link) == name.endswith(".rom")
    assert not expected


def test_splits_the_installation(files: Mapping[str, Files]) -> None:
    """Catalogue with the ROMs; programs with what they read; no file in two packages."""
    assert "/usr/share/etherforge/catalogue.json" in files["etherforge-roms"]
    assert "/usr/share/etherforge/SHA256SUMS" in files["etherforge-roms"]
    tools = files["etherforge-tools"]
    share = "/usr/share/etherforge"
    expected = ["/usr/bin/etherforge", "/usr/bin/romtool", f"{share}/mknbi/stub.bin"]
    expected += [f"{share}/targets.yaml", f"{share}/python/factory/cli.py"]
    expected += [f"{share}/templates/image.lds.j2", f"{share}/python/ci/payloads/payload.inc"]
    assert not [path for path in expected if not tools[path][0]]
    names = [path for it in files.values() for path, (digest, link) in it.items() if digest or link]
    assert len(names) == len(set(names))
    for contents in files.values():
        below = {path.split("/")[2] for path in contents if path.count("/") > 2}
        assert below <= {"bin", "share", "lib"}


def test_romtool_is_hardened(place: Workplace) -> None:
    """It was compiled with the flags of the distribution: position-independent, full RELRO, fortified."""
    need_tool("readelf")
    place.run("dpkg-deb", "-x", next(place.folder.glob("etherforge-tools_*.deb")), "x")
    program = place.folder / "x/usr/bin/romtool"
    dynamic = place.run("readelf", "-hdW", program)
    assert re.search(r"Type: +DYN", dynamic) and re.search(r"FLAGS_1.*NOW.*PIE", dynamic)
    assert "__printf_chk" in place.run("readelf", "--dyn-syms", "-W", program)


def test_lintian(place: Workplace) -> None:
    """No error, no warning, of the sources and of every package."""
    need_tool("lintian")
    changes = next(place.folder.glob("*.changes"))
    place.run("lintian", "--fail-on", "error,warning", changes)


def test_version() -> None:
    """The changelog's is that of the firmware."""
    first = (ROOT / "debian/changelog").read_text().splitlines()[0]
    assert first.startswith(f"etherforge ({load_spec(ROOT / 'targets.yaml').version}) ")


def test_builds_without_an_emulator() -> None:
    """QEMU is there for the tests of installed packages only."""
    control = (ROOT / "debian/control").read_text()
    needed = control.split("\n\n", maxsplit=1)[0]
    assert "qemu" not in needed and "nasm" in needed
    assert "qemu-system-x86" in (ROOT / "debian/tests/control").read_text()
