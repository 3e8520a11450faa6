# SPDX-License-Identifier: BSD-2-Clause
"""The command line as a package has it: nothing of the tree, from any folder."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from ci.payloads.payload import make_payload
from ci.tree import ROOT
from ci.unit.set_copy import copy_set, etherforge, install

ROM = "rtl8139/10ec8139.rom"
Installed = tuple[list[str], dict[str, str]]


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """How it is started."""
    return install(built, tmp_path_factory.mktemp("usr"))


def test_mknbi_from_anywhere(installed: Installed, tmp_path: Path) -> None:
    """The stub that came with the package is found; an output has it."""
    (tmp_path / "vmlinuz").write_bytes(make_payload("bzimage", "0" * 32, 30000))
    words = ("mknbi", "--kernel", "vmlinuz", "-o", "boot.nbi")
    done = etherforge(*installed, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    image = (tmp_path / "boot.nbi").read_bytes()
    assert struct.unpack_from("<I", image)[0] == 0x1B031336 and b"EFMKNBI\0" in image


def test_mknbi_without_a_stub(built: Path, tmp_path: Path) -> None:
    """A package without it says what to install."""
    command, environment = install(built, tmp_path / "usr")
    (tmp_path / "usr/share/etherforge/mknbi/stub.bin").unlink()
    (tmp_path / "vmlinuz").write_bytes(make_payload("bzimage", "0" * 32, 30000))
    words = ("mknbi", "--kernel", "vmlinuz", "-o", "boot.nbi")
    done = etherforge(command, environment, tmp_path, *words)
    assert done.returncode == 2
    assert (
        "stub.bin: cannot read it: No such file or directory; hint: run make, install"
        in done.stderr
    )
    assert not (tmp_path / "boot.nbi").exists()


def test_set_is_romtools(built: Path, installed: Installed, tmp_path: Path) -> None:
    """The same bytes as `romtool set`, and its exit code and message for what it refuses."""
    image = built / "out/images" / ROM
    done = etherforge(*installed, tmp_path, "set", str(image), "timeout=20", "-o", "a.rom")
    assert done.returncode == 0, done.stderr
    romtool = built / "out/bin/romtool"
    subprocess.run([romtool, "set", image, "timeout=20", "-o", tmp_path / "b.rom"], check=True)
    assert (tmp_path / "a.rom").read_bytes() == (tmp_path / "b.rom").read_bytes()
    done = etherforge(*installed, tmp_path, "set", str(image), "timeut=20", "-o", "c.rom")
    assert done.returncode == 2 and "'timeut=20' is no setting" in done.stderr
    assert not (tmp_path / "c.rom").exists()


def test_set_without_romtool(built: Path, tmp_path: Path) -> None:
    """What to install."""
    command, environment = install(built, tmp_path / "usr")
    (tmp_path / "usr/bin/romtool").unlink()
    done = etherforge(command, environment, tmp_path, "set", "x.rom", "wait=1", "-o", "y.rom")
    assert done.returncode == 1
    assert "there is no romtool on PATH; hint: run make, or install" in done.stderr


def test_matrix_and_templates(installed: Installed, tmp_path: Path) -> None:
    """A matrix is checked and rendered with what the package brings; drivers cannot be looked at there."""
    done = etherforge(*installed, tmp_path, "render")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/gen/rules.mk").is_file()
    (tmp_path / "mine.yaml").write_text("version: '1'\n")
    done = etherforge(*installed, tmp_path, "render", "--spec", "mine.yaml")
    assert done.returncode == 2 and 'mine.yaml:1: top level: {"version": "1"} has no' in done.stderr


def test_catalogue_of_a_build_elsewhere(installed: Installed, built: Path, tmp_path: Path) -> None:
    """The same catalogue as the tree's."""
    for name in ("images", "bin", "obj"):
        (tmp_path / "build").mkdir(exist_ok=True)
        (tmp_path / "build" / name).symlink_to(built / "out" / name)
    toolchain = json.loads((built / "out/catalogue.json").read_text())["toolchain"]
    words = [f"--{name}={toolchain[name]}" for name in ("compiler", "assembler", "linker")]
    done = etherforge(*installed, tmp_path, "catalogue", *words, "--out", "build")
    assert (
        "a link that leads out of build" in done.stderr
    )  # what is behind a link is not written to
    (tmp_path / "build/images").unlink()
    (tmp_path / "build/images").mkdir()
    for folder in (built / "out/images").iterdir():
        (tmp_path / "build/images" / folder.name).mkdir()
        for file in folder.iterdir():
            os.link(file, tmp_path / "build/images" / folder.name / file.name)
    done = etherforge(*installed, tmp_path, "catalogue", *words, "--out", "build")
    assert done.returncode == 0, done.stderr
    for name in ("catalogue.json", "SHA256SUMS"):
        assert (tmp_path / "build" / name).read_bytes() == (built / "out" / name).read_bytes()


def test_find_in_the_installed_set(built: Path, tmp_path: Path) -> None:
    """Where no set is near, the package's own is looked at."""
    command, environment = install(built, tmp_path / "usr")
    copy_set(built, tmp_path / "usr/share/etherforge", [ROM])
    (tmp_path / "here").mkdir()
    done = etherforge(command, environment, tmp_path / "here", "find", "10EC:8139")
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path}/usr/share/etherforge/images/{ROM}  " in done.stdout


def test_program_of_a_build(built: Path, tmp_path: Path) -> None:
    """It takes stub, romtool and images from its own build, in whatever folder that is, and from any folder."""
    build = copy_set(built, tmp_path / "build", [ROM])
    for name in ("bin", "obj/mknbi"):
        shutil.copytree(built / "out" / name, build / name)
    program = build / "bin/etherforge"
    (tmp_path / "vmlinuz").write_bytes(make_payload("bzimage", "0" * 32, 30000))
    environment = {**os.environ, "PYTHONPATH": ""}
    words = ("mknbi", "--kernel", "vmlinuz", "-o", "boot.nbi")
    assert etherforge([str(program)], environment, tmp_path, *words).returncode == 0
    (build / "obj/mknbi/stub.bin").write_bytes(b"")
    refused = etherforge([str(program)], environment, tmp_path, *words)
    assert "--stub: not the stub that belongs to this version" in refused.stderr
    found = etherforge([str(program)], environment, tmp_path, "find", "10ec:8139")
    assert f"{build}/images/{ROM}  " in found.stdout
    done = etherforge([str(program)], environment, tmp_path, "site", "--out", "site")
    assert done.returncode == 0, done.stderr


def test_completion(tmp_path: Path) -> None:
    """As the help says: a script for bash, and the words that it asks for."""
    program = tmp_path / "etherforge"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[0] = {str(ROOT)!r}\nfrom factory.cli import main\nmain()\n"
    )
    program.chmod(0o755)
    environment = {**os.environ, "_ETHERFORGE_COMPLETE": "bash_complete", "PYTHONPATH": ""}
    environment |= {"COMP_WORDS": "etherforge smoke --jun", "COMP_CWORD": "2"}
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "plain,--junit\n", done.stderr
