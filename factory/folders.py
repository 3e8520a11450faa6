# SPDX-License-Identifier: BSD-2-Clause
"""Writing a folder whole or not at all: beside its place, which it takes when it is complete."""

from __future__ import annotations

import fcntl
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factory.errors import failure


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of `target` when all went well; else nothing is left of it.

    Whether what is there may be replaced is for the caller to check. What a killed run left is removed.
    """
    place = Path(os.path.abspath(target))  # `.` has no name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place)
        folder = _beside(place)
        folder.mkdir()
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
            _put(folder, place)
        finally:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        hint = "free some space or fix the permissions, then run it again"
        raise failure(str(target), f"cannot write it: {error.strerror}", hint) from error


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")


def _remove_abandoned(place: Path) -> None:
    """Folders of runs that were killed: nobody holds their lock."""
    for path in place.parent.glob(f".{glob.escape(place.name)}.*.tmp"):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
        shutil.rmtree(path)


def _put(folder: Path, place: Path) -> None:
    """What was there goes last, and comes back when the new folder cannot take its place."""
    if not place.exists():
        folder.rename(place)
        return
    old = _beside(place)
    place.rename(old)
    try:
        folder.rename(place)
    except BaseException:
        old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)
