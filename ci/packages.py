# SPDX-License-Identifier: BSD-2-Clause
"""Debian packages that are only looked into, never installed: a kernel, a server that conflicts with another."""

from __future__ import annotations

import fcntl
import functools
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path("out/cache")  # what was downloaded; runs with another out folder use it too


class Unavailable(Exception):
    """The package cannot be had here; says why."""


@contextmanager
def alone(cache: Path) -> Iterator[None]:
    """One thread of one process at a time: boots run in parallel, and workers of a host may share the folder."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpacked(package: str, cache: Path) -> Path:
    """Folder with the files of a package, downloaded with apt-get and unpacked below `cache` the first time."""
    folder = cache / package
    with alone(cache):
        if not folder.exists():
            _fetch(package, folder)
    return folder


def _fetch(package: str, folder: Path) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{package}: {tool} is not here to fetch it")
    download = folder.with_name(f".{folder.name}")
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    try:
        run(["apt-get", "-qq", "download", package], download, package)
        (archive,) = download.glob("*.deb")
        run(["dpkg-deb", "-x", archive.name, "files"], download, package)
        (download / "files").rename(folder)
    finally:
        shutil.rmtree(download, ignore_errors=True)


@functools.cache
def offered(package: str) -> bool:
    """False when this release of Debian has no such package any more; True when that is not known."""

    def listed(name: str) -> bool:
        done = subprocess.run(["apt-cache", "madison", name], capture_output=True, check=False)
        return bool(done.stdout.strip())

    return shutil.which("apt-cache") is None or not listed("dpkg") or listed(package)


def depends(package: str) -> list[str]:
    """Names of the packages that a package depends on."""
    done = subprocess.run(
        ["apt-cache", "depends", "--no-recommends", "--no-suggests", package],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (line.strip() for line in done.stdout.splitlines())
    return [line.split(": ")[1] for line in lines if line.startswith("Depends: ")]


def run(command: list[str], folder: Path, wanted: str) -> str:
    """What a tool printed. Raises Unavailable with what it said of `wanted` when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise Unavailable(f"{wanted}: {Path(command[0]).name}: {reason}")
    return done.stdout
