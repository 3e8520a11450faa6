# SPDX-License-Identifier: BSD-2-Clause
"""What make makes of damage, of company, and of what it is given: in a tree with two targets."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from ci.from_make import PROGRAMS, arguments
from ci.tree import (
    ROOT,
    Built,
    copy_makefiles,
    copy_tree,
    images,
    make,
    make_environment,
    make_or_fail,
)

FILE_LIMIT = 8  # in 512-byte blocks: less than an object file, an image or the catalogue
STOPPED = 2.0  # seconds, in which another make comes to the lock
WAITING = "make: another make is at work in this folder; waiting for it"


@pytest.fixture(scope="module", name="tree")
def _tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the sources, with a matrix of one card and the second stage."""
    root = copy_tree(tmp_path_factory.mktemp("make") / "tree")
    text = (ROOT / "targets.yaml").read_text()
    start = text.index("\nfamilies:")
    family = "\nfamilies:\n  rtl8139: { driver: rtl8139, ids: [10ec:8139] }\n"
    specials = "specials:\n  undi: { media: [zpxe], drivers: none }\n"
    (root / "targets.yaml").write_text(text[:start] + family + specials)
    make_or_fail("all", cwd=root)
    yield root


@pytest.fixture(scope="module", name="good")
def _good(tree: Path) -> Mapping[str, Built]:
    """The images of the tree as first built."""
    found = images(tree)
    assert len(found) == 4
    return found


def start(root: Path, *words: str) -> subprocess.Popen[str]:
    """A make that runs beside the test."""
    return subprocess.Popen(
        ["make", *words],
        cwd=root,
        env=make_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_two_at_a_time(tree: Path, good: Mapping[str, Built]) -> None:
    """The second waits, says so, and finds everything done."""
    make_or_fail("clean", cwd=tree)
    both = [start(tree, "all") for _ in range(2)]
    texts = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], texts
    assert sum(WAITING in text for text in texts) == 1
    assert sum("Nothing to be done" in text for text in texts) == 1, texts
    for done in ("  CC  ", "  LD  ", "  PACK", "  CAT "):
        assert sum(done in text for text in texts) == 1, texts
    assert images(tree) == good


STAMPED = """include build/given.mk build/compile.mk
$(eval $(call stamp,test,$(foreach number,$(shell seq 1000),word-$(number))))
all: ;
"""
# Every block of memory is a mapping of its own, below the one before: a buffer that grows moves down.
MOVING = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=0:glibc.malloc.mmap_max=1000000"}


def test_stamp_stays(tmp_path: Path) -> None:
    """Wherever the buffers lie that make reads it into: GNU make 4.3 keeps a newline in some."""
    copy_makefiles(tmp_path)
    (tmp_path / "stamped.mk").write_text(STAMPED)
    times = set()
    environments: list[dict[str, str]] = [{}, MOVING, MOVING]
    for environment in environments:
        done = make("-rRf", "stamped.mk", cwd=tmp_path, environment=environment)
        assert done.returncode == 0, done.stdout
        times.add((tmp_path / "out/stamp/test").stat().st_mtime_ns)
    assert len(times) == 1


def processes(parent: int) -> Iterator[tuple[int, str]]:
    """All descendants: number and name."""
    with suppress(OSError):  # one that has ended
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            yield int(child), Path(f"/proc/{child}/comm").read_text().strip()
            yield from processes(int(child))


def go_on(stopped: Sequence[int]) -> None:
    """Let processes run again."""
    for number in stopped:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGCONT)


@pytest.mark.parametrize("names", [(), ("make",)], ids=str)
def test_after_a_killed_one(tree: Path, good: Mapping[str, Built], names: tuple[str, ...]) -> None:
    """Its children run on: the next make waits until they have ended, and goes on from there."""
    make_or_fail("clean", cwd=tree)
    make_or_fail("out/setup/build.mk", cwd=tree)
    process = start(tree, "all")
    deadline = time.monotonic() + 30
    while not list((tree / "out").glob("obj/*/lib/*.tmp")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.005)
    found = list(processes(process.pid))
    compilers = [number for number, name in found if names and name not in names]
    for number in compilers:  # else they may end before the next make comes to wait
        os.kill(number, signal.SIGSTOP)
    for number in (process.pid, *(number for number, name in found if name in names)):
        os.kill(number, signal.SIGKILL)
    timer = threading.Timer(STOPPED, go_on, [compilers])
    timer.start()
    printed = make_or_fail("all", cwd=tree)
    timer.join()
    process.wait()
    assert WAITING in printed or not names
    assert images(tree) == good


def test_killed_build_goes_on(tree: Path, good: Mapping[str, Built]) -> None:
    """Killed as a whole, without a chance to clean up, the next run ends with the same bytes."""
    make_or_fail("clean", cwd=tree)
    process = start(tree, "all")
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    make_or_fail("all", cwd=tree)
    assert images(tree) == good


def test_full_disk(tree: Path, good: Mapping[str, Built]) -> None:
    """Writes that fail end the build; nothing that was cut short is used by the next one."""
    make_or_fail("clean", cwd=tree)
    make_or_fail("out/setup/build.mk", cwd=tree)
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f {FILE_LIMIT}; exec make -k all"],
        cwd=tree,
        env=make_environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
    make_or_fail("all", cwd=tree)
    assert images(tree) == good


LINKED = ["images", "images/rtl8139", "images/rtl8139/10ec8139.rom", "gen", "obj", "setup", "new"]


@pytest.mark.parametrize("name", LINKED)
def test_link(tree: Path, good: Mapping[str, Built], tmp_path: Path, name: str) -> None:
    """What lies behind a link in out/ is neither written to nor removed."""
    place, elsewhere = tree / "out" / name, tmp_path / "elsewhere"
    if place.exists():
        place.rename(elsewhere)
    else:
        elsewhere.mkdir()
    before = elsewhere.stat().st_mtime_ns
    place.symlink_to(elsewhere)
    (tree / "src/drivers/rtl8139.c").touch()
    for words in (["all"], ["-n"], ["image", "T=undi"]):
        done = make(*words, cwd=tree)
        assert done.returncode != 0
        assert f"out/{name}: a link, which is not followed; hint: remove it" in done.stdout
    assert elsewhere.stat().st_mtime_ns == before
    place.unlink()
    elsewhere.rename(place)


def test_clean_follows_no_link(tmp_path: Path) -> None:
    """It removes the link."""
    copy_makefiles(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/precious").touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/images").symlink_to("../elsewhere")
    make_or_fail("clean", cwd=tmp_path)
    assert (tmp_path / "elsewhere/precious").exists() and not (tmp_path / "out").exists()


def _truncated(text: str) -> str:
    return text[: len(text) // 2]


DAMAGE: dict[str, tuple[str, Callable[[str], str]]] = {
    "garbage": ("rules.mk", lambda text: "*** garbage (((\n" + text),
    "garbage at the end": ("rules.mk", lambda text: text + "garbage\n"),
    "truncated": ("rules.mk", _truncated),
    "empty": ("rules.mk", lambda text: ""),
    "other names": ("rules.mk", lambda text: text.replace("10ec8139", "10ec\n8139")),
    "map": ("rtl8139/image.lds", lambda text: text.replace("_image_start", "_image_begin")),
    "list": ("undi/images.tsv", _truncated),
    "sums": ("sums", _truncated),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_rendering(tree: Path, good: Mapping[str, Built], name: str) -> None:
    """Whatever happened to out/gen, it is rendered again, though no input is newer."""
    file, damage = DAMAGE[name]
    path = tree / "out/gen" / file
    path.write_text(damage(path.read_text()))
    make_or_fail("all", cwd=tree)
    assert images(tree) == good


def test_mended_matrix(tree: Path, good: Mapping[str, Built]) -> None:
    """Also when the good one comes back with its old time stamp, after others were refused, or built."""
    matrix, kept = tree / "targets.yaml", tree / "kept.yaml"
    shutil.copy2(matrix, kept)
    text = matrix.read_text()
    for bad, message in (
        (text.replace("rtl8139:", '"rtl8139\\n":'), 'families: "rtl8139\\n" is not a name'),
        (text + "x: " + "[" * 5000, "nested more than 20 deep"),
        (text.replace("10ec:8139", "10ec:8138"), ""),
    ):
        matrix.write_text(bad)
        done = make("all", cwd=tree)
        assert (done.returncode != 0) == bool(message) and message in done.stdout
        assert "Traceback" not in done.stdout
        shutil.copy2(kept, matrix)
        make_or_fail("all", cwd=tree)
        assert images(tree) == good


HARMFUL = [
    "`touch {}`",
    "$(shell touch {})",
    "$$(touch {})",
    "$(touch {})",
    "x; touch {}",
    "' ; touch {} ; '",
    '" ; touch {} ; "',
    "x\ntouch {}",
    "undi:%=`touch {}`",
]


@pytest.mark.parametrize("value", HARMFUL)
def test_values_are_no_commands(tree: Path, tmp_path: Path, value: str) -> None:
    """On the command line or in the environment, for make or for the shell: nothing of it runs."""
    made = tmp_path / "made"
    text = value.format(made)
    for words in ([f"T={text}"], ["-s"], ["-e"]):
        done = make("image", *words, cwd=tree, environment={"T": text})
        assert f"T={text}: not in targets.yaml; hint: " in done.stdout
        assert done.returncode != 0 and not made.exists()


def test_values_reach_the_program(tree: Path) -> None:
    """As they are: the smoke boots say that they know no such image."""
    done = make("smoke", "T=`touch x`$(shell touch x)", cwd=tree)
    assert done.returncode != 0 and "no image matches; hint: targets.yaml lists" in done.stdout
    assert not (tree / "x").exists()


@pytest.mark.parametrize(
    "variable", ["FAMILY", "WORKERS", "SMOKE", "PXE", "FAULTS", "PEER", "SETUP"]
)
def test_other_variables_are_no_commands(tree: Path, tmp_path: Path, variable: str) -> None:
    made = tmp_path / "made"
    goal = {"PXE": "pxe", "FAULTS": "faults", "PEER": "bench"}.get(variable, "smoke")
    stub = tmp_path / "python"
    stub.write_text('#!/bin/sh\n[ "$*" = "-m ci.from_make ' + goal + '" ] && printenv ' + variable)
    stub.chmod(0o755)
    for value in ("`touch {}`", "$(shell touch {})", "'; touch {}; '"):
        text = value.format(made)
        done = make("-s", goal, f"{variable}={text}", f"PYTHON={stub}", cwd=tree)
        assert text in done.stdout.splitlines(), done.stdout
        assert not made.exists()


@pytest.mark.parametrize("flag", ["-n", "-q", "-t"])
def test_only_asking_boots_nothing(
    tree: Path, good: Mapping[str, Built], tmp_path: Path, flag: str
) -> None:
    """Though make runs a line that calls make itself, whatever the flag."""
    stub = tmp_path / "python"
    real = f'exec {sys.executable} "$@"'
    stub.write_text(
        f'#!/bin/sh\ncase "$*" in "-m ci."*) touch {tmp_path}/made ;; *) {real} ;; esac\n'
    )
    stub.chmod(0o755)
    for goal in ("smoke", "pxe", "faults", "bench", "check"):
        make(flag, goal, f"PYTHON={stub}", cwd=tree)
        assert not (tmp_path / "made").exists()
    make("check", f"PYTHON={stub}", cwd=tree)
    assert (tmp_path / "made").exists()


def test_arguments() -> None:
    """A value is one argument, options are split as a shell would."""
    given = {"T": "--all b", "SMOKE": "--all --out 'a b'", "FAMILY": ""}
    assert arguments(PROGRAMS["smoke"], given) == ["--id=--all b", "--all", "--out", "a b"]
    with pytest.raises(ValueError, match="No closing quotation"):
        arguments(PROGRAMS["pxe"], {"PXE": "--only 'x"})
