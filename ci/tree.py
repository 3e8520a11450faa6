"""The source tree, for the checks: which files there are, running tools on them, building copies of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@cache
def sources() -> tuple[Path, ...]:
    """Every source file, relative to the root: what git tracks, or would."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = [Path(name) for name in done.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # a tarball
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        unwanted = {"out", ".git", "__pycache__"}
        names = [path for path in names if not unwanted.intersection(path.parts)]
    return tuple(sorted(path for path in names if (ROOT / path).is_file()))


def sources_named(*suffixes: str) -> list[Path]:
    """Source files with one of the suffixes, such as ".c"."""
    return [path for path in sources() if path.suffix in suffixes]


def need_tool(name: str) -> str:
    """Path of a tool. Without it the test is skipped, or fails where everything must run: in CI."""
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed", pytrace=False)
        pytest.skip(f"{name} is not installed")
    return path


def run_tool(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a checker; its output, without the lines of what passed, is the failure message."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("PASS "))
        pytest.fail(f"{command[0]}: exit code {done.returncode}\n{text}", pytrace=False)


def make_environment() -> dict[str, str]:
    """The environment for a make of its own, not a part of the one that runs the checks."""
    return {
        key: value
        for key, value in os.environ.items()
        if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make; the caller looks at the exit code."""
    return subprocess.run(
        ["make", *arguments],
        cwd=cwd,
        env=make_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def make_or_fail(*arguments: str, cwd: Path = ROOT) -> str:
    """Run make, which must succeed; returns what it printed."""
    done = make(*arguments, cwd=cwd)
    if done.returncode != 0:
        pytest.fail(
            f"make {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}", pytrace=False
        )
    return done.stdout


def copy_tree(to: Path) -> Path:
    """Copy the sources, without anything built."""
    for path in sources():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, to / path)
    return to


def images(root: Path) -> Mapping[str, bytes]:
    """Every built image by its path below out/images."""
    folder = root / "out" / "images"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
