# SPDX-License-Identifier: BSD-2-Clause
"""The factory on other machines: the same images, byte for byte, whatever processor romtool and the compiler run on."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from ci.tree import ROOT, Built, copy_tree, images, make_or_fail, need_tool, run_tool, unavailable
from factory.spec import load_spec


@dataclass(frozen=True)
class Host:
    """Another machine, as its compiler and its emulator call it."""

    compiler: str
    emulator: str

    def romtool(self, folder: Path) -> list[str]:
        """Build romtool for it; the command that runs it here."""
        gcc, emulator = need_tool(self.compiler), need_tool(self.emulator)
        includes = ["-Isrc/firmware", "-Ifactory/romtool", "-Iout/gen"]
        shared = re.search(
            r"^ROMTOOL_SHARED := (.*)", (ROOT / "build/romtool.mk").read_text(), re.M
        )
        assert shared
        sources = [*sorted((ROOT / "factory/romtool").glob("*.c")), *shared[1].split()]
        program = folder / "romtool"
        flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-static"]
        run_tool(gcc, *flags, *includes, *sources, "-o", program)
        return [emulator, str(program)]


HOSTS = [
    Host("aarch64-linux-gnu-gcc", "qemu-aarch64"),
    Host("s390x-linux-gnu-gcc", "qemu-s390x"),  # big-endian
]


@pytest.fixture(scope="module", name="romtool", params=HOSTS, ids=lambda host: str(host.emulator))
def _romtool(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A romtool of another machine."""
    command: list[str] = request.param.romtool(tmp_path_factory.mktemp("host"))
    return command


def output(*words: str | Path) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run(list(map(str, words)), cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


def test_packs_the_same_bytes(romtool: list[str], built: Path, tmp_path: Path) -> None:
    """Every image of the catalogue."""
    spec = load_spec(built / "targets.yaml")
    prefixes = [
        word
        for medium in spec.media
        for word in ("--prefix", f"{medium.name}=out/obj/boot/{medium.prefix}.bin")
    ]
    for target in spec.targets():
        words = ["--elf", f"out/elf/{target.name}.elf", *prefixes]
        words += ["--images", f"out/gen/{target.name}/images.tsv", "--out", str(tmp_path)]
        output(*romtool, "pack", *words)
    packed = {str(path.relative_to(tmp_path)): path for path in tmp_path.glob("*/*")}
    expected = images(built)
    assert sorted(packed) == sorted(expected)
    assert not [name for name, path in packed.items() if Built.read(path) != expected[name]]


def test_reads_and_stamps_the_same(romtool: list[str], built: Path, tmp_path: Path) -> None:
    """list, lint, stamp and merge, of our images."""
    own = str(built / "out/bin/romtool")
    folder = built / "out/images/rtl8139"
    rom, files = folder / "10ec8139.rom", sorted(folder.glob("10ec8139.*"))
    for words in (["list"], ["list", "--json"], ["lint", "--strict"]):
        assert output(*romtool, *words, *files) == output(own, *words, *files)
    for command, name in ((romtool, "there"), ([own], "here")):
        output(*command, "stamp", rom, "--id", "8086:100e", "-o", tmp_path / f"{name}.rom")
        output(*command, "merge", tmp_path / f"{name}.rom", rom, "-o", tmp_path / f"{name}.both")
    for suffix in ("rom", "both"):
        here, there = tmp_path / f"here.{suffix}", tmp_path / f"there.{suffix}"
        assert here.read_bytes() == there.read_bytes()


@cache
def version(compiler: str) -> str:
    """Of a gcc: what decides which code it makes."""
    return output(compiler, "-dumpfullversion").strip()


def test_cross_compiler_makes_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """i686-linux-gnu-gcc, as on a machine that is no PC, and gcc -m32."""
    cross, native = need_tool("i686-linux-gnu-gcc"), need_tool("gcc")
    if output(native, "-dumpmachine")[:6] not in ("x86_64", "i686-l"):
        unavailable("there is no other compiler for 32-bit x86 than the cross compiler here")
    if version(cross) != version(native):
        unavailable(f"i686-linux-gnu-gcc is {version(cross)}, gcc is {version(native)}")
    stamp = (built / "out/stamp/compile").read_text()
    other = "" if stamp.startswith("i686-linux-gnu-") else "i686-linux-gnu-"
    root = copy_tree(tmp_path / "tree")
    make_or_fail("all", f"CROSS_COMPILE={other}", cwd=root)
    assert re.match(rf"{other}gcc ", (root / "out/stamp/compile").read_text())
    found, expected = images(root), images(built)
    assert sorted(found) == sorted(expected)
    assert not [name for name in found if found[name] != expected[name]]
