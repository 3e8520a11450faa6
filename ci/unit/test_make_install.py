# SPDX-License-Identifier: BSD-2-Clause
"""`make install`: files for any user, where QEMU, libvirt and the command line look for them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ci.installed import has_default_rom
from ci.stock import ROM_OF_CARD
from ci.tree import ROOT, images, make, make_or_fail, need_tool, run_suite
from factory.spec import load_spec

ROMS = "share/qemu/etherforge"
SET = "share/etherforge"


@pytest.fixture(scope="module", name="prefix")
def _prefix(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder PREFIX of an installation, made by somebody who lets nobody else read files."""
    root = tmp_path_factory.mktemp("install") / "John's $HOME folder"
    previous = os.umask(0o077)
    try:
        make_or_fail("install", f"DESTDIR={root}", "PREFIX=/usr", cwd=built)
    finally:
        os.umask(previous)
    yield root / "usr"


def test_nothing_is_built(built: Path, tmp_path: Path) -> None:
    """What make made before is installed: no compiler starts. Without PREFIX that is /usr/local."""
    printed = make_or_fail("install", "V=1", f"DESTDIR={tmp_path}", cwd=built)
    assert [part for part in ("gcc ", "nasm ", " pack ", "catalogue") if part in printed] == []
    assert (tmp_path / "usr/local/bin/romtool").exists()
    assert (tmp_path / "usr/local" / SET / "catalogue.json").exists()


def test_everybody_can_read_it(prefix: Path) -> None:
    """Whatever the umask was, and nobody can write there."""
    programs = {prefix / "bin/etherforge", prefix / "bin/romtool"}
    for path in (prefix, *prefix.rglob("*")):
        if not path.is_symlink():
            mode = 0o755 if path.is_dir() or path in programs else 0o644
            assert path.stat().st_mode & 0o7777 == mode, path


def test_is_a_download_set(prefix: Path) -> None:
    """Catalogue, checksums and files agree."""
    folder = prefix / SET
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = {line.split("  ")[1]: line.split("  ")[0] for line in lines}
    listed = {
        it["path"]: it["sha256"] for it in json.loads(_read(folder, "catalogue.json"))["images"]
    }
    files = {str(path.relative_to(folder)) for path in (folder / "images").glob("*/*")}
    assert listed == sums and files == set(sums)
    for name in sums:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sums[name]


def _read(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def test_holes_stay_holes(prefix: Path) -> None:
    """A .dsk takes the space of what is in it."""
    blocks = [path.stat().st_blocks for path in (prefix / SET).rglob("*.dsk")]
    assert blocks and max(blocks) * 512 < 100_000


def test_roms_are_files_where_libvirt_may_read_them(built: Path, prefix: Path) -> None:
    """Real files below share/qemu; the download set has links to them, which hold wherever the folders are."""
    roms = {Path(name).name for name in images(built) if name.endswith(".rom")}
    assert roms == {path.name for path in (prefix / ROMS).iterdir() if not path.is_symlink()}
    for path in (prefix / SET / "images").glob("*/*.rom"):
        link = os.readlink(path)
        assert link == f"../../../qemu/etherforge/{path.name}" and path.exists()


def test_names_of_qemu(built: Path, prefix: Path) -> None:
    """Each ROM that QEMU gives a card by default, by old machine types and new ones, is that of the card's family."""
    models = {
        model.device: family.name
        for family in load_spec(built / "targets.yaml").families
        for model in family.models
        if has_default_rom(model.device)
    }
    for card, name in ROM_OF_CARD.items():
        (family,) = {models[model] for model in models if _rom_of(model) == name}
        for named in (name, name.replace("pxe-", "efi-")):
            link = prefix / ROMS / named
            assert os.readlink(link) == f"{family}.rom" and link.exists(), card


def _rom_of(model: str) -> str:
    return next(name for start, name in ROM_OF_CARD.items() if model.startswith(start))


def test_boots_by_those_names(
    prefix: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Every card that QEMU has; no boot is told of a ROM where QEMU has one by default."""
    need_tool("qemu-system-i386")
    command = [sys.executable, "-m", "ci.installed", "--out", tmp_path, prefix / ROMS]
    run_suite(record_property, *map(str, command))


def test_runs_from_anywhere(prefix: Path, tmp_path: Path) -> None:
    """Also where the current folder has a package of that name."""
    (tmp_path / "factory").mkdir()
    (tmp_path / "factory/__init__.py").write_text("raise SystemExit('the wrong one')")
    done = subprocess.run(
        [prefix / "bin/etherforge", "mknbi", "--help"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and "mknbi" in done.stdout, done.stderr


# Dask is there only where somebody boots on a cluster.
_IMPORT_ALL = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(root))
for path in sorted(root.rglob("*.py")):
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    if not name.endswith("__main__"):
        importlib.import_module(name)
        assert sys.modules[name].__file__ == str(path)
"""


def test_python_is_whole(prefix: Path) -> None:
    """Every installed module finds what it imports."""
    words = [sys.executable, "-I", "-B", "-c", _IMPORT_ALL, str(prefix / SET / "python")]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stderr


def test_prefix_must_be_absolute(built: Path, tmp_path: Path) -> None:
    done = make("install", f"DESTDIR={tmp_path}", "PREFIX=usr", cwd=built)
    assert done.returncode != 0
    assert "PREFIX=usr: not an absolute path; hint: make install PREFIX=/usr" in done.stdout
    assert not list(tmp_path.iterdir())


def _install(out: Path, root: Path) -> subprocess.CompletedProcess[str]:
    """Install another folder than out/, as make would."""
    more = {"DESTDIR": str(root), "PREFIX": "/usr", "PYTHON": sys.executable}
    return subprocess.run(
        ["sh", "build/install.sh", out, "factory"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SPEC": "targets.yaml", **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("family", ["rtl8139", "undi"])
def test_matrix_with_few_families(built: Path, tmp_path: Path, family: str) -> None:
    """A private one, perhaps without any option ROM: QEMU's names are there for what there is."""
    out = tmp_path / "out"
    (out / "images").mkdir(parents=True)
    shutil.copytree(built / "out/images" / family, out / "images" / family)
    for name in ("bin", "obj", "catalogue.json", "SHA256SUMS"):
        (out / name).symlink_to(built / "out" / name)
    done = _install(out, tmp_path / "root")
    assert done.returncode == 0, done.stderr
    links = [path for path in (tmp_path / "root").rglob("*") if path.is_symlink()]
    names = {path.name for path in links if path.parent.name == "etherforge"}
    assert not [path for path in links if not path.exists()]
    assert names == ({"pxe-rtl8139.rom", "efi-rtl8139.rom"} if family == "rtl8139" else set())


def test_manual_is_of_the_build(built: Path, tmp_path: Path) -> None:
    """Its romtool is asked, whether or not there is a standard build beside it."""
    out = tmp_path / "out"
    shutil.copytree(built / "out/bin", out / "bin")
    for name in ("images", "obj", "catalogue.json", "SHA256SUMS"):
        (out / name).symlink_to(built / "out" / name)
    (out / "bin/romtool").write_text("#!/bin/sh\necho 'usage: romtool of this build'\n")
    done = _install(out, tmp_path / "root")
    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "root").rglob("evidence.json"))
    assert "of this build" in (tmp_path / "root/usr/share/man/man1/romtool.1").read_text()


def test_evidence_names_no_file_of_this_machine(built: Path, tmp_path: Path) -> None:
    """What the console showed is installed, but not where it is kept here."""
    out = tmp_path / "out"
    (out / "smoke").mkdir(parents=True)
    for name in ("bin", "images", "obj", "catalogue.json", "SHA256SUMS"):
        (out / name).symlink_to(built / "out" / name)
    image = json.loads(_read(out, "catalogue.json"))["images"][0]
    record = {
        **{"image": image["path"].removeprefix("images/"), "sha256": image["sha256"]},
        **{"tier": "exact", "verdict": "pass", "console": "console/x.txt", "console_text": "hello"},
    }
    evidence = {"metadata_version": 1, "records": {record["image"]: record}}
    (out / "smoke/evidence.json").write_text(json.dumps(evidence))
    done = _install(out, tmp_path / "root")
    assert done.returncode == 0, done.stderr
    text = _read(tmp_path / "root/usr" / SET, "evidence.json")
    assert "hello" in text and "console/x.txt" not in text


def test_what_is_not_whole_has_no_catalogue(prefix: Path, built: Path, tmp_path: Path) -> None:
    """An installation over another one that fails on the way: the folder is no download set until the next one."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("bin", "images", "obj", "catalogue.json"):
        (out / name).symlink_to(built / "out" / name)
    root = tmp_path / "root"
    (root / "usr" / SET).mkdir(parents=True)
    (root / "usr" / SET / "catalogue.json").write_text("{}")
    done = _install(out, root)
    assert done.returncode != 0 and "SHA256SUMS" in done.stderr
    assert not (root / "usr" / SET / "catalogue.json").exists()
