# SPDX-License-Identifier: BSD-2-Clause
"""`make SPEC=my.yaml O=dir`: a matrix and a folder of one's own, beside the standard build."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci.from_make import PROGRAMS, arguments
from ci.tree import (
    ROOT,
    copy_makefiles,
    copy_tree,
    images,
    make,
    make_environment,
    make_or_fail,
    need_tool,
)

WAITING = "make: another make is at work in this folder; waiting for it"
STANDARD = """
families:
  rtl8139: { driver: rtl8139, ids: [10ec:8139], models: [{ id: 10ec:8139, device: rtl8139 }] }
specials:
  undi: { media: [zpxe], drivers: none }
"""
# The same card, and another one with settings and a budget of its own.
PRIVATE = """
families:
  rtl8139: { driver: rtl8139, ids: [10ec:8139], models: [{ id: 10ec:8139, device: rtl8139 }] }
  mine: { driver: rtl8139, ids: [10ec:8138], profile: mine }
"""
PROFILE = """
profiles:
  mine:
    settings: { bootfile: mine.nbi }
    without:
      - loader/pxelinux
      - loader/pxelinux_config
      - image/gzip
      - image/xz
      - image/multiboot
      - image/multiboot2
      - image/elf
      - image/handover
      - loader/host_commands
      - net/ping
"""
QUICK = "obj/mknbi/stub.bin"  # what is made soonest, after the matrix was read


@dataclass(frozen=True)
class Private:
    """A build of one's own."""

    out: Path
    spec: Path

    @property
    def words(self) -> tuple[str, str]:
        """What make is given for it."""
        return f"O={self.out}", f"SPEC={self.spec}"


def matrix(entries: str, profile: str = "") -> str:
    """The project's own, with other cards."""
    text = (ROOT / "targets.yaml").read_text()
    text = text[: text.index("\nfamilies:")] + entries
    return text.replace("\nprofiles:\n", profile) if profile else text


@pytest.fixture(scope="module", name="tree")
def _tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with a small matrix and little of it built."""
    root = copy_tree(tmp_path_factory.mktemp("private") / "tree")
    (root / "targets.yaml").write_text(matrix(STANDARD))
    make_or_fail(f"out/{QUICK}", cwd=root)
    return root


@pytest.fixture(scope="module", name="private")
def _private(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Private:
    """Built beside the project's own images."""
    folder = tmp_path_factory.mktemp("own")
    private = Private(folder / "build", folder / "my.yaml")
    private.spec.write_text(matrix(PRIVATE, PROFILE))
    with untouched(*(built / "out" / name for name in ("images", "elf", "gen", "bin"))):
        make_or_fail(*private.words)
    return private


@contextmanager
def untouched(*folders: Path) -> Iterator[None]:
    """Nothing below the folders is written, made or removed."""

    def state() -> Mapping[str, int]:
        paths = (path for folder in folders for path in folder.rglob("*"))
        return {str(path): path.stat().st_mtime_ns for path in paths}

    before = state()
    yield
    assert state() == before


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """As if a make was at work there."""
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def test_private_matrix(built: Path, private: Private) -> None:
    """It has the images of its matrix; those that the standard build has, too, are the same byte for byte."""
    out = private.out
    own, standard = images(ROOT, out), images(built)
    assert len(own) == 6
    shared = {name: data for name, data in own.items() if name.startswith("rtl8139/")}
    assert len(shared) == 3 and shared == {name: standard[name] for name in shared}
    catalogue = json.loads((out / "catalogue.json").read_text())
    assert {record["path"] for record in catalogue["images"]} == {f"images/{name}" for name in own}
    listed: list[str | Path] = [
        out / "bin/romtool",
        "list",
        "--json",
        out / "images/mine/10ec8138.rom",
    ]
    assert b'"mine.nbi"' in subprocess.run(listed, capture_output=True, check=True).stdout
    printed = make_or_fail("image", "T=10ec:8138", *private.words)
    assert f"{out}/images/mine/10ec8138.rom" in printed
    done = make("image", "T=8086:100e", *private.words)  # a card of the standard matrix
    assert done.returncode != 0 and f"T=8086:100e: not in {private.spec}; hint: " in done.stdout
    assert "Nothing to be done" in make_or_fail(*private.words)


def test_what_is_published(private: Private, tmp_path: Path) -> None:
    """Page and installed files are of the private build, and so is the matrix that comes with them."""
    place = f"DESTDIR={tmp_path}"
    make_or_fail("site", "install", "PREFIX=/usr", place, *private.words)
    assert (private.out / "site/index.html").exists()
    share = tmp_path / "usr/share/etherforge"
    assert (share / "targets.yaml").read_bytes() == private.spec.read_bytes()
    names = {str(path.relative_to(share / "images")) for path in share.rglob("images/*/*.*")}
    assert names == set(images(ROOT, private.out))
    assert not [path for path in tmp_path.rglob("*") if not path.exists()]  # links to nothing


def test_each_folder_has_its_lock(tree: Path, tmp_path: Path) -> None:
    """A build in one does not wait for that in another."""
    words = [f"{tmp_path}/out/{QUICK}", f"O={tmp_path}/out"]
    with untouched(tree / "out"), held(tree / "out"):
        assert WAITING not in make_or_fail(*words, cwd=tree)
    with held(tmp_path / "out"):
        assert WAITING not in make_or_fail(f"out/{QUICK}", cwd=tree)


def test_private_image_boots(private: Private) -> None:
    """The evidence goes to the same folder."""
    need_tool("qemu-system-i386")
    printed = make_or_fail("smoke", "T=10ec:8139", "SMOKE=--quick", *private.words)
    assert " 0 failed, " in printed
    evidence = json.loads((private.out / "smoke/evidence.json").read_text())
    assert set(evidence["records"]) == {
        f"rtl8139/10ec8139.{name}" for name in ("rom", "zpxe", "dsk")
    }
    assert {record["verdict"] for record in evidence["records"].values()} == {"pass"}


def test_another_matrix_for_the_same_folder(tree: Path, tmp_path: Path) -> None:
    """Though its file is older, and the one before is as it was."""
    for name, text in (("a.yaml", matrix(PRIVATE, PROFILE)), ("b.yaml", matrix(STANDARD))):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (1e9, 1e9))
    out = tmp_path / "out"
    for name, targets in (("a.yaml", "rtl8139 mine"), ("b.yaml", "rtl8139 undi")):
        make_or_fail(f"{out}/{QUICK}", f"O={out}", f"SPEC={tmp_path / name}", cwd=tree)
        assert f"\nTARGETS := {targets}\n" in (out / "gen/rules.mk").read_text()


def test_bad_matrix(tree: Path, tmp_path: Path) -> None:
    """Each message names the private file; nothing of it is built; the mended one is."""
    path, out = tmp_path / "my.yaml", tmp_path / "out"
    good = matrix(PRIVATE, PROFILE)
    line = 1 + good[: good.index("10ec:8138")].count("\n")
    cases = (
        (good.replace("10ec:8138", "10ec:813"), f'{path}:{line}: families.mine.ids[0]: "10ec:813"'),
        (
            good.replace("mine: { driver: rtl8139", "mine: { driver: mine"),
            f'{path}:{line}: families.mine.driver: "mine" is no driver: there is no src/drivers/',
        ),
        (None, f"{path}: no such file"),
    )
    with untouched(tree / "out"):
        for text, message in cases:
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
            done = make(f"O={out}", f"SPEC={path}", cwd=tree)
            assert done.returncode != 0 and message in done.stdout, done.stdout
            assert not [name for name in ("gen", "images", "obj") if (out / name).exists()]
        path.write_text(good)
        make_or_fail(f"{out}/{QUICK}", f"O={out}", f"SPEC={path}", cwd=tree)


def test_environment_does_not_count(tree: Path) -> None:
    """Such short names may be there for another reason."""
    for flag in ("-q", "-qe"):
        done = make(
            flag, f"out/{QUICK}", cwd=tree, environment={"O": "elsewhere", "SPEC": "other.yaml"}
        )
        assert done.returncode == 0, done.stdout
    assert not (tree / "elsewhere").exists()
    assert make("-q", f"out/{QUICK}", "O=", "SPEC=", cwd=tree).returncode == 0


@pytest.mark.parametrize("name", ["out/", "./out", "src/../out", "{}/out", "{}//./out/"])
def test_other_names_of_the_standard_folder(tree: Path, name: str) -> None:
    """It is known by each of them, and nothing is to be done."""
    words = (f"O={name.format(tree)}", f"SPEC={tree}/./targets.yaml")
    assert make("-q", f"out/{QUICK}", *words, cwd=tree).returncode == 0


STRANGE = [
    "a b",
    "a ",
    "a:b",
    "$(shell touch made)",
    "`touch made`",
    "a;touch made",
    "-rf",
    "a%b",
    "~",
]


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names(tmp_path: Path, name: str) -> None:
    """What make cannot work with is refused, by `clean`, too."""
    copy_makefiles(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for variable in ("O", "SPEC"):
        for goal in ("all", "clean"):
            done = make(f"{variable}={name}", goal, cwd=tmp_path)
            assert done.returncode != 0
            message = f"{variable}={name}: make cannot work with such a name; hint: a path without"
            assert message in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("O=theirs",), "O=theirs: not a folder that make has made; hint: name one that is new"),
        (("O=src",), "O=src: not a folder that make has made"),
        (("O=.",), "O=.: not a folder that make has made"),
        (("O=..",), "not a folder that make has made"),
        (("O=/",), "O=/: not a folder that make has made"),
        (("O=out/mine",), "O=out/mine: lies in the folder of the standard build"),
        (
            ("O=mine", "SPEC=mine/my.yaml"),
            "SPEC=mine/my.yaml: lies in the folder that `make clean`",
        ),
        (
            ("SPEC=theirs/my.yaml",),
            "SPEC=theirs/my.yaml: out/ is for the standard matrix; hint: name",
        ),
        (("SPEC=theirs/my.yaml", "O="), "SPEC=theirs/my.yaml: out/ is for the standard matrix"),
        (("O=Makefile/x",), "O=Makefile/x: cannot be made, or not be written to; hint: name"),
    ],
    ids=str,
)
def test_folders_of_others(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """They are neither filled nor removed."""
    copy_makefiles(tmp_path)
    for folder in ("theirs", "src"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "precious").touch()
    with untouched(tmp_path):
        for goal in ("all", "clean") if "Makefile" not in words[0] else ("all",):
            done = make(goal, *words, cwd=tmp_path)
            assert done.returncode != 0 and message in done.stdout, done.stdout


def test_clean(tmp_path: Path) -> None:
    """What make has marked is removed, the standard folder stays; an empty one of others stays, too."""
    copy_makefiles(tmp_path)
    for folder in ("out", "mine", "empty"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").touch()
    (tmp_path / "empty/file").unlink()
    (tmp_path / "mine/.etherforge").touch()
    make_or_fail("clean", "O=mine", cwd=tmp_path)
    assert not (tmp_path / "mine").exists() and (tmp_path / "out/file").exists()
    make_or_fail("clean", "O=new/mine", cwd=tmp_path)
    assert not (tmp_path / "new").exists()
    assert make("clean", "O=empty", cwd=tmp_path).returncode != 0
    assert (tmp_path / "empty").exists()
    make_or_fail("clean", cwd=tmp_path)
    assert not (tmp_path / "out").exists()


def test_folder_removed_while_waiting(tree: Path, tmp_path: Path) -> None:
    """Who waits for the one that cleans locks the new folder, not that which has gone."""
    out = tmp_path / "out"
    words = [f"{out}/{QUICK}", f"O={out}", "--no-print-directory"]
    make_or_fail(*words, cwd=tree)
    environment = make_environment()
    with ExitStack() as old:
        old.enter_context(held(out))
        process = subprocess.Popen(
            ["make", *words], cwd=tree, env=environment, text=True, stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        assert process.stderr.readline() == WAITING + "\n"
        shutil.rmtree(out)
        out.mkdir()
        with held(out):
            old.close()
            time.sleep(0.5)
            assert process.poll() is None and not list(out.iterdir())
    assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
    assert (out / QUICK).exists() and (out / ".etherforge").exists()


def test_git_ignores_it(tree: Path) -> None:
    """A folder of builds inside the sources is none of them."""
    need_tool("git")
    make_or_fail(f"inside/{QUICK}", "O=inside", cwd=tree)
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    command = ["git", "status", "--short", "-uall", "inside"]
    assert subprocess.run(command, cwd=tree, capture_output=True, check=True).stdout == b""


def test_programs_get_them() -> None:
    """As options."""
    given = {"O": "b", "SPEC": "my.yaml"}
    for program in PROGRAMS.values():
        assert arguments(program, given) == ["--out=b", "--spec=my.yaml"]
