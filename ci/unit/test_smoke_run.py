"""What a smoke run keeps from the one before, and what it says when it cannot go on."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ci import runner
from ci.cases import Plan, Selection, plans
from ci.evidence import Journal, Record
from ci.images import Shop, image_length
from ci.judge import FAIL, PASS, Expected, Verdict
from ci.machine import Card as NetworkCard
from ci.machine import Network
from ci.net.wire import Scenario
from ci.newer_qemu import qemu_for
from ci.runner import Case
from ci.smoke import Run, _record_without_boot, main, static_record
from ci.tree import ROOT, need_tool
from factory.spec import load_spec

OF_FAMILY_TIER = "018a:0106"  # romtool makes the copy that is booted


def test_what_is_kept(tmp_path: Path) -> None:
    """A pass of the same image; but not where more than the image is tested, nor a control."""
    spec = load_spec(ROOT / "targets.yaml")
    image = next(iter(spec.images()))
    tiers = ("exact", "family", "static", "control", "linux", "server", "input")
    plans = [Plan(f"{tier}+x", image, "aa", tier) for tier in tiers]
    with Journal(tmp_path / "smoke/journal.jsonl") as journal:
        for plan in plans:
            journal.append(_record_without_boot(plan, PASS, ""))
    run = Run(spec, Shop(tmp_path), plans, False)
    assert [record.tier for record in run.kept] == ["exact", "family", "static"]
    assert [plan.tier for plan in run.to_do] == ["control", "linux", "server", "input"]
    changed = [replace(plan, sha256="bb") for plan in plans]
    assert not Run(spec, Shop(tmp_path), changed, False).kept


def test_images_that_nothing_boots(built: Path) -> None:
    """One of each medium keeps to its budget, which does not count the zeros of a .dsk."""
    spec = load_spec(ROOT / "targets.yaml")
    static = {
        plan.image.medium: plan
        for plan in plans(spec, Shop(built / "out"), Selection(family="e1000"))
        if plan.tier == "static"
    }
    assert sorted(static) == ["dsk", "rom", "zpxe"]
    for plan in static.values():
        assert static_record(plan, spec, Shop(built / "out")).verdict == PASS
    image = (built / "out/images" / static["dsk"].image.path).read_bytes()
    assert 16384 < image_length(image) < 24576 < len(image)


def test_refused_image(
    own_out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line with what romtool said and what to do."""
    need_tool("qemu-system-i386")
    monkeypatch.chdir(ROOT)
    tool = tmp_path / "romtool"
    tool.write_text("#!/bin/sh\necho 'x.rom: offset 0x0: no EFPX structure' >&2\nexit 1\n")
    tool.chmod(0o755)
    (own_out / "bin").unlink()
    (own_out / "bin").mkdir()
    tool.rename(own_out / "bin/romtool")
    assert main(["--id", OF_FAMILY_TIER, "--out", str(own_out)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("smoke: romtool stamp ") and ": no EFPX structure; " in line
    assert line.endswith("; `make clean all` builds every image anew")


def test_cluster_without_dask(
    own_out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The package to install is named."""
    monkeypatch.chdir(ROOT)
    modules: dict[str, Any] = sys.modules
    monkeypatch.setitem(modules, "distributed", None)
    options = ["--id", OF_FAMILY_TIER, "--out", str(own_out), "--workers", "tcp://127.0.0.1:1"]
    assert main(options) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("WORKERS: ") and line.endswith("apt-get install python3-distributed")


def test_each_machine_has_its_own_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one on the search path where it has the card, else the newer one that was fetched before."""
    monkeypatch.chdir(tmp_path)
    newer = tmp_path / "out/cache/qemu-backports"
    newer.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for folder, card in ((tmp_path / "bin", "old-card"), (newer, "new-card")):
        program = folder / "qemu-any"
        program.write_text(f'#!/bin/sh\n[ "$2" != {card},help ] || echo "{card} options:"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")
    assert qemu_for("old-card", Shop().cache, "qemu-any") == "qemu-any"
    assert qemu_for("new-card", Shop().cache, "qemu-any") == str(newer / "qemu-any")
    assert qemu_for("no-card", Shop().cache, "qemu-any") == "qemu-any"


@pytest.mark.parametrize(
    "warp, console, boots", [(8, "(E08)", 2), (8, "(E14)", 1), (None, "(E08)", 1)]
)
def test_a_guest_that_outran_its_server(
    warp: int | None, console: str, boots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is booted again in real time, with time enough; any other failure stands."""
    case = Case(
        *(
            "key",
            "image",
            "sha256",
            "rom",
            "e1000",
            "family",
            "e1000",
            "rom",
            b"",
            "nbi",
            "name",
            b"",
        ),
        expected=Expected("nonce", ""),
        warp=warp,
    )
    booted: list[Case] = []

    def boot(case: Case, folder: str, network: Network, others: tuple[NetworkCard, ...]) -> Record:
        booted.append(case)
        record = runner.record_of(case, Verdict(FAIL, "no payload"))
        return replace(record, console=console if len(booted) == 1 else "")

    monkeypatch.setattr(runner, "_boot", boot)
    runner._boot_from_wire(case, "", Scenario(), "name", {"name": b""})
    assert [one.warp for one in booted] == [warp, None][:boots]
    assert boots == 1 or booted[1].timeout == runner.REAL_TIMEOUT
