# SPDX-License-Identifier: BSD-2-Clause
"""Programs for i386 run wherever the tests do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ci import foreign
from ci.foreign import EXIT, kernel_runs_i386, run_i386, tiny_program
from ci.tree import need_tool


@pytest.fixture(name="program")
def _program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(tiny_program())
    path.chmod(0o755)
    return path


def test_runs(program: Path) -> None:
    assert subprocess.run(run_i386(program), check=False).returncode == EXIT


def test_runs_where_the_kernel_refuses(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then qemu-i386 runs it; without that, the test is skipped with the reason."""
    monkeypatch.setattr(foreign, "kernel_runs_i386", lambda: False)
    emulator = need_tool("qemu-i386")
    assert run_i386(program) == [emulator, str(program)]
    assert subprocess.run(run_i386(program), check=False).returncode == EXIT
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="qemu-i386 is not installed"):
        run_i386(program)


@pytest.mark.parametrize("error", [OSError(8, "Exec format error"), PermissionError(1, "no")])
def test_kernel_that_refuses(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", refuse)
    kernel_runs_i386.cache_clear()
    assert not kernel_runs_i386()
    kernel_runs_i386.cache_clear()


@pytest.mark.parametrize("status", [-31, -11, 126, 0])
def test_kernel_that_kills(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    done: subprocess.CompletedProcess[bytes] = subprocess.CompletedProcess([], status)
    monkeypatch.setattr(subprocess, "run", lambda *words, **more: done)
    kernel_runs_i386.cache_clear()
    assert not kernel_runs_i386()
    kernel_runs_i386.cache_clear()
