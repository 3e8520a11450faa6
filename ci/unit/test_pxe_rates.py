# SPDX-License-Identifier: BSD-2-Clause
"""Transfer rates and chain boots of the PXE suite when something goes wrong; the suite when nothing can be booted."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci.lab import qemu
from ci.lab.card import CardPlan
from ci.lab.machine import Machine
from ci.lab.run import Run
from ci.packages import Unavailable
from ci.pxe import rates
from ci.pxe.loaders import LOADERS
from ci.pxe.rates import GOALS, NATIVE, OURS, STOCK, UNDI, CardBench, Figures, markdown
from ci.pxe.start import ours

HEAD = {"qemu": "7.2", "cores": 2, "rounds": 3, "load_before": 0, "load_after": 0}


def bench(monkeypatch: pytest.MonkeyPatch, fails: tuple[str, str]) -> Figures:
    """Figures of a card without a stock ROM, where one transfer is made to fail."""

    def in_turns(self: CardBench, what: str, samples: dict[str, list[float]]) -> None:
        if what == fails[0]:
            raise OSError(fails[1])
        samples.update({who: [6.0 if what == UNDI else 10.0] for who in self.machines})

    def none(card: object) -> None:
        raise Unavailable("no stock ROM for tulip")

    start: Any = SimpleNamespace(machine=Machine("tulip"))
    monkeypatch.setattr(rates, "ours", lambda card: start)
    monkeypatch.setattr(rates, "theirs", none)
    monkeypatch.setattr(rates, "missing", lambda machine: "")
    monkeypatch.setattr(rates, "qemu_for", lambda card, cache: "qemu")
    monkeypatch.setattr(qemu, "version", lambda binary: "7.2")
    monkeypatch.setattr(CardBench, "_in_turns", in_turns)
    shop = SimpleNamespace(cache=Path())
    card: Any = SimpleNamespace(family="tulip", device="tulip", shop=shop, special=lambda name: b"")
    return CardBench(card, 1, lambda text: None).measure()


def figures_of(rounds: int, ours: float, stock: float, native: float) -> Figures:
    """Figures of a card with so many samples of each."""
    figures = Figures("x", "x")
    for what in (*LOADERS, UNDI):
        figures.add(what, {OURS: [ours] * rounds, STOCK: [stock] * rounds})
    figures.add(NATIVE, {OURS: [native] * rounds})
    return figures


def test_no_stock_rom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours is measured alone, and our second stage on our own ROM still beside our native driver."""
    figures = bench(monkeypatch, ("", ""))
    assert figures.rates["pxelinux.0"] == {OURS: 10.0}
    assert figures.ratios[f"{UNDI} / {NATIVE}"] == 0.6
    assert figures.ratios["pxelinux.0 / stock"] is None
    assert figures.skipped == [f"{STOCK}: no stock ROM for tulip"]
    assert not figures.failed


def test_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer that fails is no skip; the others are measured."""
    figures = bench(monkeypatch, ("lpxelinux.0", "dnsmasq does not start"))
    assert figures.failed == ["lpxelinux.0: dnsmasq does not start"]
    assert NATIVE in figures.rates
    assert "- FAIL tulip: lpxelinux.0: dnsmasq does not start" in markdown(HEAD, [figures])


def test_goals_are_judged() -> None:
    """By medians: each ratio that is met or missed is told, and a miss with its numbers."""
    good = figures_of(3, 12.0, 10.0, 20.0)
    assert list(good.met.values()) == [True] * len(GOALS) and not list(good.misses())
    assert "1.20 (met)" in markdown(HEAD, [good]) and "0.60 (met)" in markdown(HEAD, [good])
    bad = figures_of(3, 11.95, 10.0, 20.0)
    assert list(bad.misses()) == [
        *(
            f"{it} / stock: 1.195, goal 1.2 (medians 11.950 and 10.000 MB/s)"
            for it in (*LOADERS, UNDI)
        ),
        f"{UNDI} / native: 0.597, goal 0.6 (medians 11.950 and 20.000 MB/s)",
    ]
    assert "1.20 (missed)" in markdown(HEAD, [bad])
    assert rates.summary([good, bad]) == f"{len(GOALS)} passed, 0 failed, 0 skipped"
    bad.failed += bad.misses()
    assert rates.summary([good, bad]) == f"{len(GOALS)} passed, {len(GOALS)} failed, 0 skipped"
    assert "- FAIL x: pxelinux.0 / stock: 1.195, goal 1.2" in markdown(HEAD, [bad])


def test_median_is_judged() -> None:
    """One slow sample of three is no miss, and one fast one no success."""
    figures = Figures("x", "x")
    figures.add(UNDI, {OURS: [1.0, 12.0, 13.0], STOCK: [10.0, 10.0, 10.0]})
    figures.add(LOADERS[0], {OURS: [11.0, 11.0, 99.0], STOCK: [10.0, 10.0, 10.0]})
    assert figures.met == {f"{UNDI} / stock": True, f"{LOADERS[0]} / stock": False}


def test_one_round_is_not_judged() -> None:
    """It makes no median; the ratios are shown, and nothing fails."""
    for rounds in (1, 2):
        figures = figures_of(rounds, 1.0, 10.0, 20.0)
        assert not figures.met and not list(figures.misses())
        assert figures.ratios[f"{UNDI} / stock"] == 0.1
        assert "| 0.10 |" in markdown(HEAD, [figures])
        assert rates.summary([figures]) == f"0 passed, 0 failed, {len(GOALS)} skipped"


def test_misses_fail_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a bench measured below its goal is among its failures."""
    monkeypatch.setattr(rates, "ROUNDS", 1)
    monkeypatch.setattr(rates, "GOALS", {rates.UNDI_NATIVE: 0.7})
    assert bench(monkeypatch, ("", "")).failed == [
        "undi.zpxe / native: 0.600, goal 0.7 (medians 6.000 and 10.000 MB/s)"
    ]


def test_failed_rates_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The exit code says so, and what was measured is written."""
    found = Figures("tulip", "tulip", rates={NATIVE: {OURS: 1.0}}, failed=["pxelinux.0: no"])
    monkeypatch.setattr(
        rates, "CardBench", lambda *arguments: SimpleNamespace(measure=lambda: found)
    )
    card: Any = None
    assert rates.rates([card], 1, tmp_path, lambda text: None) == 1
    found.failed.clear()
    assert rates.rates([card], 1, tmp_path, lambda text: None) == 0
    assert json.loads((tmp_path / "pxe.json").read_text())["families"][0]["family"] == "tulip"
    assert "tulip" in (tmp_path / "pxe.md").read_text()


def test_everything_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without QEMU there is a journal, a last line, and a failure: nothing passed."""
    monkeypatch.setattr(qemu, "installed", lambda binary: False)
    model = SimpleNamespace(is_chip=False)
    card: Any = SimpleNamespace(family="x", device="x", model=model, image=lambda medium: b"")
    lab = Run(tmp_path, [CardPlan("g", "n", card, ours)], lines=True)
    assert lab.show(lab.go(jobs=1)) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("SKIP g+x+n: qemu-system-i386 is not installed")
    assert shown[-1] == "0 passed, 0 failed, 1 skipped"
    (line,) = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert json.loads(line)["verdict"] == "skip"
