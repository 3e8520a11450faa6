# SPDX-License-Identifier: BSD-2-Clause
"""The benchmarks when something goes wrong: what was measured is kept, what failed is told, the exit code says so."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci import bench, bench_transfer
from ci.bench_boot import Bench, Timing, in_turns
from ci.bench_report import markdown
from ci.lab.case import Failed
from ci.lab.judge import Expected
from ci.lab.machine import Machine

HEAD = {"qemu": "7.2", "cores": 2, "rounds": 1, "load_before": 0, "load_after": 0}


def test_other_rom_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed boot of one ROM the other one is measured alone."""

    def boot(self: Bench, machine: Machine, whole: bool) -> Timing:
        if machine.rom == b"stock" and not whole:
            raise Failed("no payload")
        return Timing(0.2, 10.0)

    monkeypatch.setattr(Bench, "boot", boot)
    place: Any = None
    machines = {who: Machine("card", who.encode()) for who in ("ours", "stock")}
    bench_here = Bench(place, "file", Expected("", ""))
    samples, failed = in_turns(bench_here, machines, 3, lambda text: None)
    assert (len(samples["ours"]), len(samples["stock"])) == (3, 1)
    assert failed == ["stock, round 2: no payload"]


def run(options: list[str], folder: Path) -> tuple[int, dict[str, Any]]:
    """Exit code and bench.json of a run without images."""
    code = bench.main([*options, "--results", str(folder)])
    return code, json.loads((folder / "bench.json").read_text())


@pytest.fixture(name="no_images")
def _no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix without families."""
    spec = SimpleNamespace(families=(), images=tuple)
    monkeypatch.setattr(bench, "load_spec", lambda path: spec)


@pytest.mark.usefixtures("no_images")
def test_failed_part(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A part that fails is a FAIL, and the next part is measured."""

    def broken(root: Path) -> None:
        raise RuntimeError("make failed: no space")

    boots = {"boots": 2, "passed": 1, "seconds": 1.0, "per_second": 2.0}
    monkeypatch.setattr(bench, "build_figures", broken)
    monkeypatch.setattr(bench, "boots_per_second", lambda spec, shop: boots)
    code, results = run(["--part", "build", "--part", "smoke"], tmp_path)
    assert code == 1
    assert results["smoke"] == boots
    assert "- FAIL build: make failed: no space" in capsys.readouterr().out
    assert results["failed"][1] == "smoke: 1 of 2 did not pass"


@pytest.mark.usefixtures("no_images")
def test_interrupted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C leaves what there is."""

    def stopped(root: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "build_figures", stopped)
    assert run(["--part", "build"], tmp_path)[0] == 1


def test_unknown_family(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is nobody's is refused."""
    assert bench.main(["--family", "nobody"]) == 2
    assert "--family: nobody is not in targets.yaml" in capsys.readouterr().err


def test_no_tcpdump(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a reason, which the report shows."""
    monkeypatch.setenv("PATH", "")
    assert bench_transfer.capture_missing() == "tcpdump is not installed"


def test_remarks() -> None:
    """Failures, skips, a newer QEMU; sizes of the images that are for no single card."""
    family = {
        "family": "igb",
        "card": "igb",
        "size": {},
        "to_payload": {},
        "rate": {},
        "waiting": {},
        "failed": ["boot: no payload"],
        "skipped": ["share of waiting: tcpdump is not installed"],
        "qemu": "10.0",
    }
    shared = {"undi": {"zpxe": 20480}, "all": {"zpxe": 30000, "dsk": 31000}}
    text = markdown(
        {**HEAD, "families": [family, {**family, "family": "x", "qemu": ""}], "shared": shared}
    )
    assert "- FAIL igb: boot: no payload" in text
    assert "- SKIP igb: share of waiting: tcpdump is not installed" in text
    assert "- igb: QEMU 10.0" in text
    assert "- x: QEMU" not in text
    assert "| undi | – | 20,480 | – | – |" in text
    assert "| all | – | 30,000 | 31,000 | – |" in text
