"""`make bench`: our images beside the stock ROMs of Debian's ipxe-qemu, on the same cards, in the same run.

Boots of both take turns; figures are medians. Results: out/bench/bench.json and out/bench/bench.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ci import bench_boot, qemu, stock
from ci.bench_boot import LARGE, NETWORKS, SMALL, Failed, Pair, in_turns, place, waiting
from ci.bench_build import build_figures
from ci.bench_report import markdown
from ci.bench_smoke import boots_per_second
from ci.bench_transfer import capture_missing
from ci.images import Shop
from ci.net import lab
from ci.net.servers import Atftpd, Dnsmasq
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError
from factory.spec import Family, Model, load_spec

PARTS = ("size", "boot", "transfer", "build", "smoke")
BINARY = "qemu-system-i386"
ROUNDS = 5
MEDIA = ("rom", "zpxe", "dsk")


@dataclass
class FamilyFigures:
    """One card of one family, ours and stock."""

    family: str
    card: str
    size: dict[str, int] = field(default_factory=dict)  # bytes by medium, and "stock"
    to_payload: dict[str, Any] = field(default_factory=dict)
    rate: dict[str, Any] = field(default_factory=dict)  # by network
    waiting: dict[str, Any] = field(default_factory=dict)  # share of a lock-step transfer
    skipped: list[str] = field(default_factory=list)


def tell(text: str) -> None:
    """What is going on, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def rounded(pair: Pair) -> dict[str, Any]:
    """Medians of the seconds to the payload, and every sample."""
    result: dict[str, Any] = {}
    for name, samples in (("ours", pair.ours), ("stock", pair.stock)):
        median = bench_boot.median_to_payload(samples)
        result[name] = round(median, 4) if median is not None else None
        result[f"{name}_samples"] = [round(sample.to_payload, 4) for sample in samples]
    return result


def rates(pair: Pair) -> dict[str, Any]:
    """Medians of the transfer rates in MB/s, every sample, and ours over stock."""
    result: dict[str, Any] = {}
    for name, samples in (("ours", pair.ours), ("stock", pair.stock)):
        median = bench_boot.median_rate(samples)
        result[name] = round(median, 3) if median is not None else None
        seen = [sample.rate for sample in samples if sample.rate is not None]
        result[f"{name}_samples"] = [round(rate, 3) for rate in seen]
    if result["ours"] and result["stock"]:
        result["ratio"] = round(result["ours"] / result["stock"], 3)
    return result


def network_missing(network: str) -> str:
    """Why a network cannot be had here; "" when it can."""
    if network == "user":
        return ""
    return (
        lab.unavailable() or Dnsmasq.missing() or (Atftpd.missing() if "atftpd" in network else "")
    )


class FamilyBench:
    """Measures one family on its first emulated card that has a stock ROM."""

    def __init__(self, family: Family, model: Model, shop: Shop, rounds: int) -> None:
        self.card, self.rounds = model.device, rounds
        self.figures = FamilyFigures(family.name, model.device)
        base = shop.out / "images" / family.name / model.id.hex
        self.ours = base.with_suffix(".rom").read_bytes()
        self.media = {suffix: base.with_suffix(f".{suffix}").stat().st_size for suffix in MEDIA}
        self.stock = stock.rom_for(model.device, model.id.vendor, model.id.device) or b""

    def measure(self, parts: Iterable[str]) -> FamilyFigures:
        """Everything asked for; a part that cannot be measured here is skipped with its reason."""
        figures = self.figures
        figures.size = {**self.media, **({"stock": len(self.stock)} if self.stock else {})}
        if not qemu.has_card(BINARY, self.card):
            figures.skipped.append(f"QEMU {qemu.version(BINARY)} has no card {self.card}")
            return figures
        if not self.stock:
            figures.skipped.append(f"stock ROM: none for {self.card} (package ipxe-qemu)")
        if "boot" in parts:
            with place("user", SMALL) as where:
                figures.to_payload = rounded(self._turns(where))
        for network in NETWORKS if "transfer" in parts else ():
            reason = network_missing(network)
            if reason:
                figures.skipped.append(f"{network}: {reason}")
                continue
            self._transfer(network)
        return figures

    def _turns(self, where: bench_boot.Place) -> Pair:
        return in_turns(where, self.card, self.ours, self.stock, self.rounds, tell)

    def _transfer(self, network: str) -> None:
        with place(network, LARGE) as where:
            self.figures.rate[network] = rates(self._turns(where))
            if "dnsmasq" in network and not capture_missing():
                for name, rom in (("ours", self.ours), ("stock", self.stock)):
                    share = waiting(where, self.card, rom) if rom else None
                    self.figures.waiting[name] = round(share, 3) if share is not None else None


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.bench", description=__doc__)
    parser.add_argument(
        "--family", action="append", default=[], help="only this family; may be repeated"
    )
    parser.add_argument(
        "--part", action="append", default=[], choices=PARTS, help="may be repeated"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=Path("out"))
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    parts = options.part or PARTS
    spec, shop = load_spec(Path("targets.yaml")), Shop(options.out)
    results: dict[str, Any] = {
        "qemu": qemu.version(BINARY),
        "cores": len(os.sched_getaffinity(0)),
        "rounds": options.rounds,
        "load_before": round(os.getloadavg()[0], 2),
        "families": [],
    }
    for family in spec.families:
        if family.models and (not options.family or family.name in options.family):
            bench = FamilyBench(family, family.models[0], shop, options.rounds)
            results["families"].append(asdict(bench.measure(parts)))
    if "build" in parts:
        tell("building")
        results["build"] = build_figures(Path(".")).as_json()
    if "smoke" in parts:
        tell("smoke boots")
        results["smoke"] = boots_per_second(spec, shop)
    results["load_after"] = round(os.getloadavg()[0], 2)
    tell("")
    return results


def main(arguments: list[str]) -> int:
    """Measure, write, print; the exit code."""
    options = parse(arguments)
    try:
        results = measure(options)
    except FactoryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except FileNotFoundError as error:
        print(f"{error.filename}: not there; hint: run make first", file=sys.stderr)
        return EXIT_INPUT
    except (Failed, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return EXIT_FAILURE
    folder = options.out / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = markdown(results)
    (folder / "bench.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
