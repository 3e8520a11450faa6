# SPDX-License-Identifier: BSD-2-Clause
"""Namespaces and real servers: they start, they listen, and nothing is left of them. Needs root."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from ci import tree
from ci.lab.network import combination
from ci.net import namespace
from ci.net.http import APACHE, NGINX, ODD
from ci.net.namespace import NAMESPACES, PREFIX, Namespace, remove_stale
from ci.net.servers import COMBINATIONS, DNSMASQ_DNS, Server, Setup
from ci.packages import Unavailable

KINDS = sorted(
    {DNSMASQ_DNS, APACHE, NGINX, ODD, *itertools.chain(*COMBINATIONS.values())},
    key=lambda k: (k.program, k.ports),
)
NO_PROCESS = 4_194_305  # above the largest process ID there can be


@pytest.fixture(name="lab_here")
def _lab_here() -> None:
    """Skips, or in CI fails, where no lab can be set up."""
    if reason := namespace.unavailable():
        tree.unavailable(reason)


needs_lab = pytest.mark.usefixtures("lab_here")


@needs_lab
@pytest.mark.parametrize("bridge", [False, True])
def test_lab_comes_and_goes(bridge: bool) -> None:
    """Its namespace exists exactly while it is used."""
    with Namespace(bridge=bridge) as place:
        assert place.path.exists()
    assert not place.path.exists()


@needs_lab
def test_stale_labs_are_removed() -> None:
    """Those of processes that are gone, and no others."""
    namespace._ip("netns", "add", f"{PREFIX}{NO_PROCESS}-0")
    with Namespace() as place:
        assert not (NAMESPACES / f"{PREFIX}{NO_PROCESS}-0").exists()
        remove_stale()
        assert place.path.exists()


@needs_lab
@pytest.mark.parametrize("kind", KINDS, ids=[f"{kind.program}{kind.ports}" for kind in KINDS])
def test_server_listens(kind: Server, tmp_path: Path) -> None:
    """Entering waits until it listens; leaving ends it."""
    if kind.missing():
        tree.unavailable(kind.missing())
    with Namespace(bridge=True) as place:
        try:
            with kind.running(Setup(place, tmp_path, tmp_path, "boot.nbi")) as process:
                assert kind._listens(process.pid, place)
                assert process.poll() is None
        except Unavailable as reason:
            tree.unavailable(str(reason))
        assert process.poll() is not None


@needs_lab
def test_server_that_cannot_start(tmp_path: Path) -> None:
    """The error says what the server said, also when it ends while it is needed."""
    kind = COMBINATIONS["dnsmasq"][0].told("--no-such-word")
    if kind.missing():
        tree.unavailable(kind.missing())
    with Namespace() as place:
        with pytest.raises(OSError, match="dnsmasq does not start: .*bad command line options"):
            with kind.running(Setup(place, tmp_path, tmp_path, "boot.nbi")):
                pass
        kind = COMBINATIONS["dnsmasq"][0]
        with pytest.raises(OSError, match="dnsmasq has ended: "):
            with kind.running(Setup(place, tmp_path, tmp_path, "boot.nbi")) as process:
                process.kill()
                process.wait()


def test_what_a_server_is_told(tmp_path: Path) -> None:
    """Words may be added, and left out by how they begin."""
    kind = COMBINATIONS["dnsmasq"][0].told("--more", without=("--dhcp-boot", "--enable"))
    words = kind.words(Setup(Namespace(), tmp_path, tmp_path, "boot.nbi"))
    assert words[0] == "dnsmasq" and words[-1] == "--more"
    assert not [word for word in words if word.startswith(("--dhcp-boot", "--enable"))]


def test_reason_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who is not root is told so."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert combination("dnsmasq", "x").missing() == "network namespaces need root"
