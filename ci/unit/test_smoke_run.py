# SPDX-License-Identifier: BSD-2-Clause
"""What a smoke run keeps from the one before, and what it says when it cannot go on."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ci.images import Shop, image_length
from ci.lab import boot
from ci.lab.boot import record, record_of, run_case
from ci.lab.case import Case, Label
from ci.lab.emulator import Emulator
from ci.lab.journal import Journal, Record
from ci.lab.judge import FAIL, PASS, Expected, Verdict
from ci.lab.machine import Machine
from ci.lab.network import Network, User, Wired
from ci.lab.newer_qemu import qemu_for
from ci.lab.run import Run
from ci.smoke.__main__ import main
from ci.smoke.plans import Plan, Selection, plans
from ci.tree import ROOT, need_tool
from factory.spec import load_spec

OF_FAMILY_TIER = "018a:0106"  # romtool makes the copy that is booted


def test_what_is_kept(tmp_path: Path) -> None:
    """A pass of the same image; but not where more than the image is tested, nor a control."""
    spec = load_spec(ROOT / "targets.yaml")
    image = next(iter(spec.images()))
    tiers = ("exact", "family", "static", "control", "linux", "server", "input")
    shop = Shop(tmp_path)
    found = [Plan(f"{tier}+x", image, shop, tier, sha256="aa") for tier in tiers]
    with Journal(tmp_path / "journal.jsonl") as journal:
        for plan in found:
            journal.append(record(plan.key, plan.label, Verdict(PASS)))
    run = Run(tmp_path, found, again=False)
    assert [it.tier for it in run.kept] == ["exact", "family", "static"]
    assert [it.label.tier for it in run.to_do] == ["control", "linux", "server", "input"]
    changed = [replace(plan, sha256="bb") for plan in found]
    assert not Run(tmp_path, changed, again=False).kept
    assert not Run(tmp_path, found, again=True).kept


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
        found = plan.make()
        assert isinstance(found, Record) and found.verdict == PASS
        low = replace(plan, budget=16384).make()
        assert isinstance(low, Record) and "the budget is 16384" in low.reason
    image = (built / "out/images" / static["dsk"].image.path).read_bytes()
    assert 16384 < image_length(image) < 33792 < len(image)


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
    "network, warp, console, booted",
    [
        (Wired("name"), 8, "(E08)", [8, None]),
        (Wired("name"), 8, "(E14)", [8]),
        (Wired("name"), None, "(E08)", [None]),
        (User("name"), 8, "No more network devices", [8, 8]),
        (User("name"), 8, "Etherforge x\nNo more network devices", [8]),
    ],
)
def test_a_guest_that_outran_its_server(
    network: Network,
    warp: int | None,
    console: str,
    booted: list[int | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is booted again in real time, with time enough, or a stock ROM as before; any other failure stands."""
    machine = Machine("e1000", warp=warp)
    case = Case("key", Label("family"), machine, network, {}, Expected("nonce", ""))
    tried: list[Case] = []

    def once(case: Case, evidence: Path | None) -> Record:
        tried.append(case)
        found = record_of(case, Verdict(FAIL, "no payload"))
        return replace(found, console=console if len(tried) == 1 else "")

    monkeypatch.setattr(boot, "_booted", once)
    monkeypatch.setattr(boot, "missing", lambda machine, model_sha256: "")
    monkeypatch.setattr(boot, "qemu_for", lambda card, cache, binary: binary)
    run_case(case)
    assert [it.machine.warp for it in tried] == booted
    assert tried[-1].timeout == (boot.REAL_TIMEOUT if booted[-1:] == [None] != booted else 30)


class Keyboard:
    """A console that shows each key that its buffer has, one when asked; SeaBIOS's buffer has room for 15."""

    def __init__(self) -> None:
        self.shown, self._waiting = "boot:", b""

    def press(self, keys: bytes) -> None:
        """What there is no room for is lost."""
        self._waiting = (self._waiting + keys)[:15]

    def show(self) -> None:
        """The next key."""
        self.shown, self._waiting = self.shown + self._waiting[:1].decode(), self._waiting[1:]

    def console(self) -> str:
        """As an emulator's."""
        return self.shown

    def console_length(self) -> int:
        """As an emulator's."""
        return len(self.shown)


def test_a_long_line_is_typed() -> None:
    """All of it arrives, and what is waited for next comes after it."""
    line = "install console=ttyS0 nonce=0123456789abcdef nonce=0123456789abcdef"
    keyboard = Keyboard()
    typist = boot.Typist((("boot:", line.encode()), ("def", b"!")), "!")
    for _ in range(3 * len(line)):
        if typist(cast(Emulator, keyboard)):
            break
        keyboard.show()
    assert keyboard.shown == f"boot:{line}!" and not typist.left
