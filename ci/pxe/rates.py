"""How fast loaders fetch a kernel and a 16 MiB initrd through our PXE services, beside the stock ROM of the same card.

Both take turns in the same network; figures are medians. Also: our UNDI driver on our own ROM beside our native driver.
Results: out/bench/pxe.json and out/bench/pxe.md.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ci import qemu
from ci.bench_transfer import FileWatch
from ci.judge import FIRST_INSTRUCTION
from ci.packages import Unavailable
from ci.pxe.boot import TFTP, Start, boot_in, must_boot, ours, theirs, write_files
from ci.pxe.case import Card, Failed, Keeper
from ci.pxe.loaders import LOADERS, configured, entry
from ci.pxe.programs import System, small_system
from ci.pxe.second_stage import LOADED
from ci.pxe.servers import Stages, staged_by

KERNEL_SIZE, INITRD_SIZE = 4 << 20, 16 << 20
MEMORY, TIMEOUT = 256, 240.0
ROUNDS = 3
GOAL_STOCK, GOAL_NATIVE = 1.2, 0.6
UNDI, NATIVE = "undi.zpxe", "native"
INITRD, ARGUMENTS = "ird", "initrd=ird"
OURS, STOCK = "ours", "stock"
Tell = Callable[[str], None]


@dataclass
class Figures:
    """One card. Rates in MB/s: by loader, then by who loaded it; the medians, and every sample."""

    family: str
    card: str
    rates: dict[str, dict[str, float]] = field(default_factory=dict)
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def add(self, what: str, samples: dict[str, list[float]]) -> None:
        """Keep samples with their medians."""
        self.samples[what] = {who: [round(rate, 3) for rate in s] for who, s in samples.items()}
        self.rates[what] = {who: round(statistics.median(s), 3) for who, s in samples.items() if s}

    def ratio(self, what: str, whose: str, other_what: str, other: str) -> float | None:
        """One median over another; None where one is missing."""
        first = self.rates.get(what, {}).get(whose)
        second = self.rates.get(other_what, {}).get(other)
        return round(first / second, 2) if first and second else None


def _stages(what: str) -> Stages:
    if what == NATIVE:
        return Stages("kern", "", "", ARGUMENTS)
    if what == UNDI:
        return Stages(LOADED, "kern", LOADED, ARGUMENTS)
    return Stages(what, what, what)


def _files(what: str, card: Card, system: System) -> dict[str, bytes]:
    files = {"kern": system.kernel, INITRD: system.initrd}
    if what == UNDI:
        return files | {LOADED: card.special("undi")}
    if what == NATIVE:
        return files
    return files | configured(what, *entry("kern", f"INITRD {INITRD}"))


def _starts(what: str, card: Card) -> dict[str, Start]:
    """The machines that take turns, in real time."""
    starts = {OURS: ours(card)}
    if what != NATIVE:
        starts[STOCK] = theirs(card)
    changes = {"warp": False, "memory": MEMORY, "timeout": TIMEOUT}
    return {who: replace(start, **changes) for who, start in starts.items()}


def measure(
    what: str, card: Card, rounds: int, keeper: Keeper, tell: Tell
) -> dict[str, list[float]]:
    """Samples of one loader by who loaded it. The first boot of each also checks every byte. Raises Unavailable."""
    system = small_system(KERNEL_SIZE, INITRD_SIZE)
    samples: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="rates-") as name:
        folder = Path(name)
        write_files(folder, _files(what, card, system))
        with staged_by(folder, _stages(what)) as (network, server):
            for index in range(rounds):
                for who, start in _starts(what, card).items():
                    tell(f"{card.family}: {what}, {who}, {index + 1} of {rounds}")
                    with FileWatch(server.process.pid, folder / TFTP / INITRD) as watch:
                        outcome = boot_in(
                            folder, start, network, keeper, None if index == 0 else _started
                        )
                    if index == 0:
                        must_boot(system.expected, outcome)
                    if outcome.first_debug is None or watch.rate is None:
                        raise Failed(f"{what} by {who}: no transfer; {outcome.console[-120:]!r}")
                    samples.setdefault(who, []).append(watch.rate)
    return samples


def _started(emulator: qemu.Emulator) -> bool:
    return FIRST_INSTRUCTION in emulator.debug()


def card_figures(card: Card, rounds: int, evidence: Path, tell: Tell) -> Figures:
    """Everything about one card; what cannot be had is skipped with its reason, what fails is told."""
    figures = Figures(card.family, card.device)
    if not qemu.has_card(card.binary(), card.device):
        figures.skipped.append(f"QEMU {qemu.version(card.binary())} has no card {card.device}")
        return figures
    for what in (*LOADERS, UNDI, NATIVE):
        try:
            keeper = Keeper(evidence, f"rates+{card.family}+{what}")
            figures.add(what, measure(what, card, rounds, keeper, tell))
        except (Unavailable, Failed) as reason:
            figures.skipped.append(f"{what}: {reason}")
    return figures


def _ratio(value: float | None, goal: float) -> str:
    return "–" if value is None else f"{value:.2f}{'' if value >= goal else ' (below)'}"


def _row(figures: Figures) -> Iterator[str]:
    yield figures.family
    for what in (*LOADERS, UNDI):
        rates = figures.rates.get(what, {})
        both = (f"{rates[who]:.1f}" if who in rates else "–" for who in (OURS, STOCK))
        yield " / ".join(both)
        yield _ratio(figures.ratio(what, OURS, what, STOCK), GOAL_STOCK)
    native = figures.rates.get(NATIVE, {}).get(OURS)
    yield "–" if native is None else f"{native:.1f}"
    yield _ratio(figures.ratio(UNDI, OURS, NATIVE, OURS), GOAL_NATIVE)


def markdown(results: dict[str, Any], families: Sequence[Figures]) -> str:
    """The table, and what was skipped and why."""
    load = f"{results['load_before']} before, {results['load_after']} after"
    head = (
        f"QEMU {results['qemu']} (TCG), {results['cores']} cores, load {load}; medians of {results['rounds']}, "
        f"ours and stock in turns; tap, dnsmasq; initrd of 16 MiB, MB/s.\n\n"
        f"Goals: {GOAL_STOCK} × stock for each loader; undi.zpxe on our ROM {GOAL_NATIVE} × native."
    )
    columns = ["card"]
    for what in (*LOADERS, UNDI):
        columns += [f"{what}: ours / stock", "×"]
    columns += ["native", "undi.zpxe / native"]
    lines = [columns, ["---"] + ["---:"] * (len(columns) - 1), *(list(_row(f)) for f in families)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    skipped = "\n".join(f"- SKIP {f.family}: {reason}" for f in families for reason in f.skipped)
    return f"{head}\n\n{table}\n\n{skipped}".strip() + "\n"


def rates(cards: Sequence[Card], rounds: int, out: Path, tell: Tell) -> int:
    """Measure, write, print; 0 when something was measured."""
    results: dict[str, Any] = {"qemu": qemu.version("qemu-system-i386"), "rounds": rounds}
    results["cores"] = len(os.sched_getaffinity(0))
    results["load_before"] = round(os.getloadavg()[0], 2)
    families = [card_figures(card, rounds, out / "pxe", tell) for card in cards]
    results["load_after"] = round(os.getloadavg()[0], 2)
    results["families"] = [asdict(figures) for figures in families]
    folder = out / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pxe.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = markdown(results, families)
    (folder / "pxe.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if any(figures.rates for figures in families) else 1
