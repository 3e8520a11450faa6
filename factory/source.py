# SPDX-License-Identifier: BSD-2-Clause
"""The sources: which files they are, and of what date. From git, or from the list that a source archive has."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from factory.archive import Member
from factory.errors import EXIT_INPUT, failure
from factory.files import read_file

MANIFEST = "MANIFEST"  # in source archives: their date, and every file
MATRIX = "targets.yaml"
_LATEST = 0o77777777777  # the last time that an archive can hold
_DATE = re.compile(r"# date (\d+)")
_NAME = re.compile(r"[A-Za-z0-9._/+-]+")


@dataclass(frozen=True)
class Source:
    """A tree of sources."""

    root: Path
    names: tuple[str, ...]  # relative to root, sorted
    epoch: int  # seconds since 1970, UTC
    remarks: tuple[str, ...]  # what makes the tree another than the one that was published

    def members(self, matrix: Path) -> Iterator[Member]:
        """The files for a source archive, with `matrix` as the targets.yaml of it, and a manifest."""
        for name in self.names:
            path = self.root / name
            content = matrix if name == MATRIX else path
            yield Member(name, content, os.access(path, os.X_OK))
        lines = [f"# date {self.epoch}", *self.names]
        yield Member(MANIFEST, ("\n".join(lines) + "\n").encode())


def load_source(root: Path) -> Source:
    """The tree at root. Raises FactoryError when it is none, or has no date."""
    if (root / ".git").exists():
        names, epoch, remarks = _from_git(root)
    elif (root / MANIFEST).exists():
        names, epoch, remarks = _from_manifest(root)
    else:
        what = f"neither a git clone nor an unpacked source archive: no .git, no {MANIFEST}"
        raise failure(str(root.resolve()), what, "go to the folder of the sources", EXIT_INPUT)
    given = given_date()
    return Source(root, tuple(sorted(names)), epoch if given is None else given, tuple(remarks))


def given_date() -> int | None:
    """SOURCE_DATE_EPOCH, by which builds of packages date what they make; None when it is not set."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or int(given) > _LATEST:
        hint = "give seconds since 1970: SOURCE_DATE_EPOCH=$(date +%s)"
        raise failure(f"SOURCE_DATE_EPOCH={given}", "not a date", hint, EXIT_INPUT)
    return int(given)


def iso_date(epoch: int) -> str:
    """As 2026-01-31T12:00:00Z."""
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        hint = "install git, or take an unpacked source archive"
        raise failure("git", "not installed", hint) from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it failed"]
        raise failure(f"git {arguments[0]}", lines[0])
    return done.stdout.decode(errors="surrogateescape")


def _from_git(root: Path) -> tuple[list[str], int, list[str]]:
    listed = _git(root, "ls-files", "-z").split("\0")
    names = list(
        dict.fromkeys(name for name in listed if name)
    )  # during a merge, some are listed thrice
    for name in names:
        if not _NAME.fullmatch(name) or (root / name).is_symlink() or not (root / name).is_file():
            what = "git tracks it, but it is no plain file of a plain name here"
            raise failure(repr(name), what, "restore or rename it")
    epoch = int(_git(root, "log", "-1", "--format=%ct") or 0)
    changed = _git(root, "status", "--porcelain", "-z", "--no-renames").split("\0")
    remarks = [
        f"{entry[3:]}: not committed"
        + (", and so not in the source archive" if entry.startswith("??") else "")
        for entry in changed
        if entry
    ]
    return names, epoch, remarks


def _from_manifest(root: Path) -> tuple[list[str], int, list[str]]:
    path = root / MANIFEST
    first, *names = read_file(path, "").decode(errors="replace").splitlines() or [""]
    date = _DATE.fullmatch(first)
    if date is None or int(date[1]) > _LATEST:
        raise failure(str(path), "its first line is not a date", "unpack the archive again")
    for name in names:
        if not _NAME.fullmatch(name) or name.startswith("/") or ".." in name.split("/"):
            raise failure(str(path), f"{name!r} is no name of a file", "unpack the archive again")
        if not (root / name).is_file():
            raise failure(str(root / name), "it has gone", "unpack the archive again")
    return names, int(date[1]), []
