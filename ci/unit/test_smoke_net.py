"""Namespaces and real servers: they start, they listen, and nothing is left of them. Needs root."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci import tree
from ci.net import lab
from ci.net.combinations import COMBINATIONS, server, unavailable
from ci.net.lab import NAMESPACES, PREFIX, Lab, remove_stale
from ci.net.servers import Server, Setup, TftpdHpa
from ci.packages import Unavailable

KINDS = sorted(
    {kind for kinds in COMBINATIONS.values() for kind in kinds}, key=lambda k: k.__name__
)
NO_PROCESS = 4_194_305  # above the largest process ID there can be


@pytest.fixture(name="lab_here")
def _lab_here() -> None:
    """Skips, or in CI fails, where no lab can be set up."""
    if reason := lab.unavailable():
        tree.unavailable(reason)


needs_lab = pytest.mark.usefixtures("lab_here")


@needs_lab
@pytest.mark.parametrize("bridge", [False, True])
def test_lab_comes_and_goes(bridge: bool) -> None:
    """Its namespace exists exactly while it is used."""
    with Lab(bridge=bridge) as place:
        assert place.path.exists()
    assert not place.path.exists()


@needs_lab
def test_stale_labs_are_removed() -> None:
    """Those of processes that are gone, and no others."""
    lab._ip("netns", "add", f"{PREFIX}{NO_PROCESS}-0")
    with Lab() as place:
        assert not (NAMESPACES / f"{PREFIX}{NO_PROCESS}-0").exists()
        remove_stale()
        assert place.path.exists()


@needs_lab
@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_server_listens(kind: type[Server], tmp_path: Path) -> None:
    """Entering waits until it listens; leaving ends it."""
    if kind is not TftpdHpa and kind.missing():
        tree.unavailable(kind.missing())
    with Lab(bridge=True) as place:
        try:
            made = server(kind, Setup(place, tmp_path, tmp_path, "boot.nbi"))
        except Unavailable as reason:
            tree.unavailable(str(reason))
        with made as running:
            assert running.ready()
            assert running.process.poll() is None
        assert running.process.poll() is not None


@needs_lab
def test_server_that_cannot_start(tmp_path: Path) -> None:
    """The error says what the server said."""
    kind = COMBINATIONS["dnsmasq"][0]
    if kind.missing():
        tree.unavailable(kind.missing())
    with Lab() as place:
        with pytest.raises(OSError, match="dnsmasq does not start: .*TFTP"):
            with kind(Setup(place, tmp_path, tmp_path / "absent", "boot.nbi")):
                pass


def test_reason_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who is not root is told so."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert unavailable("dnsmasq") == "network namespaces need root"
