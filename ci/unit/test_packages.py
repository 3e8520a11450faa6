# SPDX-License-Identifier: BSD-2-Clause
"""Packages that runs fetch for themselves, several at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ci.packages import Unavailable, unpacked

FETCH = "#!/bin/sh\nsleep 0.1; echo fetched >>{log}; : >package.deb\n"
UNPACK = "#!/bin/sh\nmkdir -p files/boot; sleep 0.1; : >files/boot/vmlinuz\n"


def tool(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="ascii")
    (folder / name).chmod(0o755)


@pytest.fixture(name="tools")
def _tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tools that goes before the system's."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


def test_fetched_once(tmp_path: Path, tools: Path) -> None:
    """Boots that run in parallel want the same kernel at the same moment."""
    log = tmp_path / "log"
    tool(tools, "apt-get", FETCH.format(log=log))
    tool(tools, "dpkg-deb", UNPACK)
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: unpacked("kernel", tmp_path / "cache"), range(4)))
    assert all((folder / "boot" / "vmlinuz").exists() for folder in folders)
    assert log.read_text(encoding="ascii") == "fetched\n"


def test_failed_fetch_leaves_nothing(tmp_path: Path, tools: Path) -> None:
    tool(tools, "apt-get", "#!/bin/sh\necho 'E: no such package' >&2; exit 100\n")
    with pytest.raises(Unavailable, match="^kernel: apt-get: E: no such package$"):
        unpacked("kernel", tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".lock"]
