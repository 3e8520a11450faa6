"""Namespaces and real servers: they start, they listen, and nothing is left of them. Needs root."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.net import lab
from ci.net.combinations import COMBINATIONS, unavailable
from ci.net.lab import NAMESPACES, PREFIX, Lab, remove_stale
from ci.net.servers import Server, Setup, TftpdHpa

REASON = lab.unavailable()
KINDS = sorted(
    {kind for kinds in COMBINATIONS.values() for kind in kinds}, key=lambda k: k.__name__
)
NO_PROCESS = 4_194_305  # above the largest process ID there can be

needs_lab = pytest.mark.skipif(bool(REASON), reason=REASON)


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
    if kind is TftpdHpa:
        pytest.skip("tftpd-hpa is fetched by `make smoke` only")
    if kind.missing():
        pytest.skip(kind.missing())
    with Lab(bridge=True) as place:
        with kind(Setup(place, tmp_path, tmp_path, "boot.nbi")) as server:
            assert server.ready()
            assert server.process.poll() is None
        assert server.process.poll() is not None


@needs_lab
def test_server_that_cannot_start(tmp_path: Path) -> None:
    """The error says what the server said."""
    kind = COMBINATIONS["dnsmasq"][0]
    if kind.missing():
        pytest.skip(kind.missing())
    with Lab() as place:
        with pytest.raises(OSError, match="dnsmasq does not start: .*TFTP"):
            with kind(Setup(place, tmp_path, tmp_path / "absent", "boot.nbi")):
                pass


def test_reason_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who is not root is told so."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert unavailable("dnsmasq") == "network namespaces need root"
