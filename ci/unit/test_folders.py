# SPDX-License-Identifier: BSD-2-Clause
"""A folder is replaced whole, or stays as it was, whatever happens."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from factory.errors import FactoryError
from factory.folders import replacing


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder that is there already; its name is no pattern that files could match."""
    folder = tmp_path / "set[1]"
    folder.mkdir()
    (folder / "old").write_text("old")
    return folder


def is_as_it_was(target: Path) -> bool:
    """And nothing is beside it."""
    return [*target.parent.rglob("*")] == [target, target / "old"]


def test_replaced(target: Path) -> None:
    with replacing(target) as folder:
        (folder / "new").write_text("new")
    assert [*target.parent.rglob("*")] == [target, target / "new"]


def test_current_folder(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` has no name of its own."""
    monkeypatch.chdir(target)
    with replacing(Path(".")) as folder:
        (folder / "new").write_text("new")
    assert [*target.parent.rglob("*")] == [target, target / "new"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, FactoryError, ZeroDivisionError])
def test_interruption(target: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        with replacing(target) as folder:
            (folder / "new").write_text("half")
            raise error()
    assert is_as_it_was(target)


def test_full_disk(target: Path) -> None:
    """As the system says it."""
    with pytest.raises(FactoryError, match="cannot write it: No space left on device; hint: free"):
        with replacing(target):
            with Path("/dev/full").open("wb", buffering=0) as file:
                file.write(b"x")
    assert is_as_it_was(target)


def test_new_one_cannot_take_its_place(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one comes back."""
    errors = [OSError(5, "Input/output error")]
    rename = Path.rename

    def fail_once(path: Path, place: Path) -> Path:
        if place == target and errors:
            raise errors.pop()
        return rename(path, place)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(FactoryError, match="cannot write it: Input/output error"):
        with replacing(target):
            pass
    assert is_as_it_was(target)


def test_what_killed_runs_left_is_removed(target: Path) -> None:
    """A run that is at work, and holds its lock, keeps its folder. So do folders of other names."""
    names = (".set[1].00000000.tmp", ".set[1].11111111.tmp", ".set1.00000000.tmp", "set")
    abandoned, used, *others = (target.with_name(name) for name in names)
    for folder in (abandoned, used, *others):
        folder.mkdir()
        (folder / "file").write_text("x")
    lock = os.open(used, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with replacing(target):
            pass
    finally:
        os.close(lock)
    assert not abandoned.exists()
    assert all((folder / "file").exists() for folder in (used, *others))
