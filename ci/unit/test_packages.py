# SPDX-License-Identifier: BSD-2-Clause
"""Packages that runs fetch for themselves, several at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ci import tree
from ci.net.servers import COMBINATIONS
from ci.packages import Unavailable, offered, unpacked

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


APT_CACHE = """#!/bin/sh
case $2 in
dpkg | atftpd) {lists} && echo "$2 | 1.0 | somewhere" ;;
esac
"""


@pytest.mark.parametrize("lists", ["true", "false"])
def test_package_that_a_release_has_no_more(
    tools: Path, monkeypatch: pytest.MonkeyPatch, lists: str
) -> None:
    """Its server is skipped, with the reason, also where nothing else may be; unless apt has no lists to say so."""
    tool(tools, "apt-cache", APT_CACHE.format(lists=lists))
    monkeypatch.setattr("ci.net.servers.PATH", str(tools))
    monkeypatch.setenv("CI", "true")
    offered.cache_clear()
    servers = {it.program: it for kinds in COMBINATIONS.values() for it in kinds}
    gone, there = servers["dhcpd"].missing(), servers["atftpd"].missing()
    offered.cache_clear()
    if lists == "true":
        assert gone == "dhcpd: this release has no package isc-dhcp-server"
    else:
        assert gone == "dhcpd is not installed (package isc-dhcp-server)"
    assert there == "atftpd is not installed (package atftpd)"
    assert tree.must_run(gone) == (lists == "false") and tree.must_run(there)
