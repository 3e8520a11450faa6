# SPDX-License-Identifier: BSD-2-Clause
"""The source tree, for the checks: which files there are, running tools on them, building copies of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from factory.source import MANIFEST

ROOT = Path(__file__).resolve().parent.parent
COUNTS = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")


@cache
def sources() -> tuple[Path, ...]:
    """Every source file, relative to the root: what git tracks, or would; or those of a source archive."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = [Path(name) for name in done.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
    if not (ROOT / ".git").exists() and (ROOT / MANIFEST).exists():  # git knows another tree
        names = [Path(name) for name in (ROOT / MANIFEST).read_text().splitlines()[1:]]
    elif not names:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        unwanted = {"out", ".git", "__pycache__"}
        names = [path for path in names if not unwanted.intersection(path.parts)]
    return tuple(sorted(path for path in names if (ROOT / path).is_file()))


def sources_named(*suffixes: str) -> list[Path]:
    """Source files with one of the suffixes, such as ".c"."""
    return [path for path in sources() if path.suffix in suffixes]


# What even CI may lack (patterns): no package brings it, so it cannot be called a set-up that was forgotten.
EXCUSED = (
    r"no stock ROM for (igb|tulip)\b",  # ipxe-qemu has none
    r"\bhas no card igb\b",  # came with QEMU 8; Debian 12's is older, and a newer one has to be fetched
    r"this release has no package ",  # as isc-dhcp-server, after Debian 13
    r"tftpd-hpa: ",  # excludes atftpd, so it is fetched and unpacked beside it
    r"linux-image-\S+: ",  # a kernel to boot is fetched and unpacked, too
    r"no other compiler|i686-linux-gnu-gcc is ",  # another host's, for this one
    r"network namespaces (need root|are refused)|there is no /dev/net/tun",  # what the machine allows
)


def unavailable(reason: str) -> NoReturn:
    """Skip the test; where everything must run, in CI, fail it, unless the reason is excused."""
    import pytest  # not at the top: `make smoke` and others, which need the tree alone, do without

    if must_run(reason):
        _fail(reason)
    pytest.skip(reason)


def _fail(reason: str) -> NoReturn:
    import pytest

    pytest.fail(reason, pytrace=False)


def must_run(reason: str) -> bool:
    """True when what was left out for this reason may not be left out here."""
    return bool(os.environ.get("CI")) and not re.search("|".join(EXCUSED), reason)


def need_tool(name: str) -> str:
    """Path of a tool. Without it the test is skipped, or fails where everything must run: in CI."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    return shutil.which(name, path=path) or unavailable(f"{name} is not installed")


def run_tool(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a checker; its output, without the lines of what passed, is the failure message."""
    _must_succeed(_run(*command, cwd=cwd))


@dataclass(frozen=True)
class Suite:
    """What a program that has cases of its own reported."""

    passed: int
    failed: int
    skipped: int
    skips: tuple[str, ...]  # what was skipped, and why


def run_suite(record: Callable[[str, object], None], *command: str | Path) -> list[str]:
    """Run a program whose last line counts its cases: they are counted in place of the test (see ci/checks.py).

    Returns the lines that it printed.

    `record` is pytest's record_property. What the program skipped is shown, and is a failure where everything must run.
    """
    done = _run(*command, cwd=ROOT)
    lines = done.stdout.splitlines()
    skips = tuple(line.removeprefix("SKIP ") for line in lines if line.startswith("SKIP "))
    found = COUNTS.fullmatch(lines[-1]) if lines else None
    if found:
        passed, failed, skipped = map(int, found.groups())
        record("suite", asdict(Suite(passed, failed, skipped, skips)))  # plain data, for workers
    _must_succeed(done)
    if found is None:
        _fail(f"the last line counts nothing:\n{done.stdout}")
    if bool(skipped) != bool(skips):
        _fail(f"skips and their reasons do not match:\n{done.stdout}")
    wrong = [line for line in skips if must_run(line)]
    if wrong:
        _fail("skipped, and must not be:\n" + "\n".join(wrong))
    return lines


def _run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _must_succeed(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        lines = done.stdout.splitlines()
        text = "\n".join(line for line in lines if not line.startswith("PASS "))
        _fail(f"{done.args[0]}: exit code {done.returncode}\n{text}")


def make_environment() -> dict[str, str]:
    """The environment for a make of its own, not a part of the one that runs the checks."""
    return {
        key: value
        for key, value in os.environ.items()
        if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }


def make(
    *arguments: str, cwd: Path = ROOT, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run make, with these variables more; the caller looks at the exit code."""
    return subprocess.run(
        ["make", *arguments],
        cwd=cwd,
        env={**make_environment(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def make_or_fail(*arguments: str, cwd: Path = ROOT) -> str:
    """Run make, which must succeed; returns what it printed."""
    done = make(*arguments, cwd=cwd)
    if done.returncode != 0:
        _fail(f"make {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def copy_tree(to: Path) -> Path:
    """Copy the sources, without anything built."""
    _copy(sources(), to)
    return to


def copy_makefiles(to: Path) -> None:
    """Copy only what make itself reads."""
    _copy((Path("Makefile"), Path("build/locked.sh"), *sources_named(".mk")), to)


def _copy(paths: Iterable[Path], to: Path) -> None:
    for path in paths:
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, to / path)


@dataclass(frozen=True)
class Built:
    """A file: how long it is, and what it holds. Of a .dsk most is a hole, zeros that are not read here."""

    size: int
    data: bytes  # up to a hole, if there is one

    @classmethod
    def read(cls, path: Path) -> Built:
        """The file at this path."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return cls(size, file.read(os.lseek(file.fileno(), 0, os.SEEK_HOLE) if size else 0))


def images(root: Path, out: Path = Path("out")) -> Mapping[str, Built]:
    """Every built image by its path below out/images; `out` is relative to the root."""
    folder = root / out / "images"
    return {
        str(path.relative_to(folder)): Built.read(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
