# SPDX-License-Identifier: BSD-2-Clause
"""How fast loaders fetch a kernel and a 16 MiB initrd through our PXE services, beside the stock ROM of the same card.

Both take turns in the same network; figures are medians. Where there is no stock ROM, ours is measured alone. Also: our
UNDI driver on our own ROM beside our native driver. A ratio of medians of at least three that misses its goal is a
failure. Results: out/bench/pxe.json and out/bench/pxe.md.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ci.bench_boot import Bench, Tell, in_turns, rates_of
from ci.bench_document import images_id
from ci.bench_report import remarks, save, save_json, table
from ci.lab import qemu
from ci.lab.boot import missing, served
from ci.lab.card import Card
from ci.lab.machine import BINARY, Machine
from ci.lab.newer_qemu import qemu_for
from ci.packages import Unavailable
from ci.pxe.loaders import LOADERS, configured, entry
from ci.pxe.programs import System, small_system
from ci.pxe.second_stage import LOADED
from ci.pxe.servers import Stages, staged
from ci.pxe.start import ours, theirs

KERNEL_SIZE, INITRD_SIZE = 4 << 20, 16 << 20
MEMORY, TIMEOUT = 256, 240.0
ROUNDS = 3  # fewer make no median that a goal could be judged by
GOAL_STOCK, GOAL_NATIVE = 1.2, 0.6
UNDI, NATIVE = "undi.zpxe", "native"
INITRD, ARGUMENTS = "ird", "initrd=ird"
OURS, STOCK = "ours", "stock"
UNDI_NATIVE = f"{UNDI} / {NATIVE}"
GOALS = {**{f"{it} / {STOCK}": GOAL_STOCK for it in (*LOADERS, UNDI)}, UNDI_NATIVE: GOAL_NATIVE}


@dataclass
class Figures:
    """One card. Rates in MB/s: by loader, then by who loaded it; the medians, and every sample.

    Of ratios that can be judged: whether they meet their goals.
    """

    family: str
    card: str
    rates: dict[str, dict[str, float]] = field(default_factory=dict)
    ratios: dict[str, float | None] = field(default_factory=dict)
    met: dict[str, bool] = field(default_factory=dict)
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    qemu: str = ""

    def add(self, what: str, samples: dict[str, list[float]]) -> None:
        """Keep samples with their medians, and what follows from those."""
        self.samples[what] = {who: [round(rate, 3) for rate in s] for who, s in samples.items()}
        self.rates[what] = {who: round(statistics.median(s), 3) for who, s in samples.items() if s}
        for name, goal in GOALS.items():
            one, other = sides(name)
            first, second = (self.rates.get(it, {}).get(who) for it, who in (one, other))
            ratio = round(first / second, 3) if first and second else None
            self.ratios[name] = ratio
            counts = (len(self.samples.get(it, {}).get(who, ())) for it, who in (one, other))
            if ratio is not None and min(counts) >= ROUNDS:
                self.met[name] = ratio >= goal

    def misses(self) -> Iterator[str]:
        """A line for each goal that is not met, with the numbers."""
        for name, met in self.met.items():
            if not met:
                first, second = (self.rates[it][who] for it, who in sides(name))
                numbers = f"{self.ratios[name]:.3f}, goal {GOALS[name]}"
                yield f"{name}: {numbers} (medians {first:.3f} and {second:.3f} MB/s)"


def sides(name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Which two rates a ratio of GOALS compares: what is loaded, and by whom."""
    what, other = name.split(" / ")
    return (what, OURS), ((what, STOCK) if other == STOCK else (other, OURS))


def _stages(what: str) -> Stages:
    if what == NATIVE:
        return Stages("kern", "", "", ARGUMENTS)
    if what == UNDI:
        return Stages(LOADED, "kern", LOADED, ARGUMENTS)
    return Stages(what, what, what)


def _files(what: str, card: Card, system: System) -> dict[str, bytes]:
    files = dict(system.files)
    if what == UNDI:
        return files | {LOADED: card.special("undi")}
    if what == NATIVE:
        return files
    return files | configured(what, *entry("kern", f"INITRD {INITRD}"))


class CardBench:
    """Measures one card. What cannot be had is skipped with its reason; what fails is told, and the rest goes on."""

    def __init__(self, card: Card, rounds: int, tell: Tell) -> None:
        """Raises FileNotFoundError without our images."""
        self.card, self.rounds, self.tell = card, rounds, tell
        self.figures = Figures(card.family, card.device)
        binary = qemu_for(card.device, card.shop.cache)
        self.machines = {OURS: _in_real_time(ours(card).machine, binary)}
        card.special("undi")

    def measure(self) -> Figures:
        """Every loader, our second stage, our native driver."""
        figures, machine = self.figures, self.machines[OURS]
        if reason := missing(machine):
            figures.skipped.append(reason)
            return figures
        figures.qemu = qemu.version(machine.binary)
        try:
            self.machines[STOCK] = _in_real_time(theirs(self.card).machine, machine.binary)
        except Unavailable as reason:
            figures.skipped.append(f"{STOCK}: {reason}")
        for what in (*LOADERS, UNDI, NATIVE):
            samples: dict[str, list[float]] = {}
            try:
                self._in_turns(what, samples)
            except Unavailable as reason:
                figures.skipped.append(f"{what}: {reason}")
            except (OSError, RuntimeError) as error:
                figures.failed.append(f"{what}: {error}")
            figures.add(what, samples)
        figures.failed += figures.misses()
        return figures

    def _in_turns(self, what: str, samples: dict[str, list[float]]) -> None:
        """One loader in a network of its own, by who loads it."""
        system = small_system(KERNEL_SIZE, INITRD_SIZE)
        who = (OURS,) if what == NATIVE else tuple(self.machines)
        machines = {name: self.machines[name] for name in who}
        with served(_files(what, self.card, system), staged(_stages(what))) as place:
            where = Bench(place, INITRD, system.expected, TIMEOUT)
            found, failed = in_turns(where, machines, self.rounds, self.tell)
        self.figures.failed += [f"{what}, {reason}" for reason in failed]
        samples.update({name: rates_of(timings) for name, timings in found.items()})


def _in_real_time(machine: Machine, binary: str) -> Machine:
    return replace(machine, warp=None, memory=MEMORY, binary=binary)


def _ratio(figures: Figures, name: str) -> str:
    value = figures.ratios.get(name)
    verdict = {True: " (met)", False: " (missed)", None: ""}[figures.met.get(name)]
    return "–" if value is None else f"{value:.2f}{verdict}"


def _row(figures: Figures) -> Iterator[str]:
    yield figures.family
    for what in (*LOADERS, UNDI):
        rates = figures.rates.get(what, {})
        both = (f"{rates[who]:.1f}" if who in rates else "–" for who in (OURS, STOCK))
        yield " / ".join(both)
        yield _ratio(figures, f"{what} / {STOCK}")
    native = figures.rates.get(NATIVE, {}).get(OURS)
    yield "–" if native is None else f"{native:.1f}"
    yield _ratio(figures, UNDI_NATIVE)


def markdown(results: dict[str, Any], families: Sequence[Figures]) -> str:
    """The table, and what failed or was skipped and why."""
    load = f"{results['load_before']} before, {results['load_after']} after"
    head = (
        f"QEMU {results['qemu']} (TCG), {results['cores']} cores, load {load}; medians of {results['rounds']}, "
        f"ours and stock in turns; tap, dnsmasq; initrd of 16 MiB, MB/s.\n\n"
        f"Goals: {GOAL_STOCK} × stock for each loader; undi.zpxe on our ROM {GOAL_NATIVE} × native; "
        f"judged where there are {ROUNDS} samples of both."
    )
    columns = ["card"]
    for what in (*LOADERS, UNDI):
        columns += [f"{what}: ours / stock", "×"]
    columns += ["native", "undi.zpxe / native"]
    rows = table(columns, [list(_row(f)) for f in families])
    notes = "\n".join(remarks([asdict(f) for f in families], results["qemu"]))
    return f"{head}\n\n{rows}\n\n{notes}".strip() + "\n"


def summary(families: Sequence[Figures]) -> str:
    """The last line: goals that are met, what failed (goals that are missed, too), ratios that cannot be judged."""
    met = sum(met for figures in families for met in figures.met.values())
    failed = sum(len(figures.failed) for figures in families)
    open_ones = sum(len(GOALS) - len(figures.met) for figures in families)
    return f"{met} passed, {failed} failed, {open_ones} skipped"


def rates(cards: Sequence[Card], rounds: int, folder: Path, tell: Tell) -> int:
    """Measure, write after each card, print; 0 when something was measured, and nothing failed or missed its goal.

    Raises FileNotFoundError, before anything is measured, without our images.
    """
    benches = [CardBench(card, rounds, tell) for card in cards]
    families: list[Figures] = []
    results: dict[str, Any] = {
        "qemu": qemu.version(BINARY) if qemu.installed(BINARY) else "(not installed)",
        "rounds": rounds,
        "images": images_id(folder.parent),  # which are beside bench/
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
    }
    text = ""
    for bench in benches:
        families.append(bench.measure())
        results["load_after"] = round(os.getloadavg()[0], 2)
        results["families"] = [asdict(figures) for figures in families]
        text = markdown(results, families)
        save_json(folder / "pxe.json", results)
        save(folder / "pxe.md", text)
    tell("")
    print(f"{text}\n{summary(families)}")
    measured = any(who for figures in families for who in figures.rates.values())
    failed = any(figures.failed for figures in families)
    return 0 if measured and not failed else 1
