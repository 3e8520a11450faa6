# SPDX-License-Identifier: BSD-2-Clause
"""`make bench`: our images beside the stock ROMs of Debian's ipxe-qemu, on the same cards, in the same run.

Boots of both take turns; figures are medians. Results: out/bench/bench.json and out/bench/bench.md. What earlier runs
measured of the same images is kept there, so parts may be measured one by one.

--peer takes another ROM's file in place of the stock ROM, for the card whose ID it has (romtool stamp gives it
another). Its results go to peer.json and peer.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ci import stock
from ci.bench_boot import BOOT_FILE, BY_NAME, HTTP_NETWORKS, LARGE, MEMORY, NETWORKS, SMALL
from ci.bench_boot import Bench as Place
from ci.bench_boot import Samples, bench, in_turns, medians, rates_of, times_of
from ci.bench_build import build_figures
from ci.bench_parts import cost_of_parts
from ci.bench_document import provenance, read, write
from ci.bench_report import COMPARED, NAMED, PXELINUX, markdown, save, save_json
from ci.bench_smoke import boots_per_second
from ci.bench_transfer import capture_missing
from ci.images import Shop
from ci.lab import qemu
from ci.lab.boot import missing
from ci.lab.card import Card, cards
from ci.lab.case import Failed
from ci.lab.machine import BINARY, Machine
from ci.lab.network import Served, User
from ci.lab.newer_qemu import qemu_for
from ci.lab.pool import Interrupted
from ci.lab.run import add_build_options
from ci.media import MEDIA
from ci.packages import Unavailable
from ci.pxe.loaders import configured, distribution, entry, has_loader
from ci.screenshot import PICTURE, screenshot
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError, failure
from factory.spec import Spec, load_spec

PARTS = ("size", "parts", "boot", "transfer", "http", "build", "smoke")
OF_FAMILIES = {"size", "boot", "transfer", "http"}
MEASURED = {
    "size": ("size",),
    "boot": ("to_payload",),
    "transfer": ("rate", "waiting"),
    "http": ("http",),
}
BY_NETWORK = {"transfer": NETWORKS, "http": HTTP_NETWORKS}
ROUNDS = 5


@dataclass
class FamilyFigures:
    """One card of one family, ours and stock."""

    family: str
    card: str
    size: dict[str, int] = field(default_factory=dict)  # bytes by medium, and "stock"
    to_payload: dict[str, Any] = field(default_factory=dict)
    rate: dict[str, Any] = field(default_factory=dict)  # by network
    waiting: dict[str, Any] = field(default_factory=dict)  # share of a lock-step transfer
    http: dict[str, Any] = field(default_factory=dict)  # rates, by network
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    qemu: str = ""
    peer: str = ""  # what stands in the stock ROM's place


@dataclass(frozen=True)
class Peer:
    """Another maker's ROM."""

    file: Path
    data: bytes
    id: tuple[int, int]  # vendor, device

    @property
    def name(self) -> str:
        """For the report."""
        return f"{self.file.name}, sha256 {hashlib.sha256(self.data).hexdigest()[:16]}"


def read_peer(file: Path) -> Peer:
    """Raises FactoryError when that is no option ROM."""
    try:
        data = file.read_bytes()
        return Peer(file, data, stock.id_of(data))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise failure(str(file), reason, exit_code=EXIT_INPUT) from error


def tell(text: str) -> None:
    """What is going on, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def rates(samples: Samples) -> dict[str, Any]:
    """Medians of the transfer rates in MB/s, every sample, and ours over stock."""
    result = medians(samples, rates_of, 3)
    if result["ours"] and result["stock"]:
        result["ratio"] = round(result["ours"] / result["stock"], 3)
    return result


class FamilyBench:
    """Measures one family on its first emulated card."""

    def __init__(self, card: Card, rounds: int, peer: Peer | None = None) -> None:
        """Raises FileNotFoundError when an image is missing."""
        self.card, self.rounds = card, rounds
        self.figures = FamilyFigures(card.family, card.device)
        self.ours = card.image("rom")
        self.media = {medium: len(card.image(medium)) for medium in MEDIA}
        self.stock = stock.rom_for(card.device, card.model.id, card.shop) or b""
        if peer:
            self.stock, self.figures.peer = peer.data, peer.name

    def measure(self, parts: Collection[str]) -> FamilyFigures:
        """Everything asked for; a part that cannot be measured here is skipped, one that fails is told."""
        figures = self.figures
        if "size" in parts:
            figures.size = {**self.media, **({"stock": len(self.stock)} if self.stock else {})}
            if self.compared:
                figures.size[PXELINUX] = sum(map(len, distribution(PXELINUX).values()))
        if not {"boot", *BY_NETWORK} & set(parts):
            return figures
        binary = qemu_for(self.card.device, self.card.shop.cache)
        machine = Machine(self.card.device, memory=MEMORY, binary=binary)
        if reason := missing(machine):
            figures.skipped.append(reason)
            return figures
        figures.qemu = qemu.version(binary)
        if not self.stock:
            figures.skipped.append(f"stock ROM: none for {figures.card} (package ipxe-qemu)")
        roms = {"ours": self.ours, "stock": self.stock}
        self.machines = {who: replace(machine, rom=rom) for who, rom in roms.items() if rom}
        if "boot" in parts:
            guarded("boot", self._boot, figures.failed)
        for name, network in self._networks(parts):
            if reason := network.missing() if isinstance(network, Served) else "":
                figures.skipped.append(f"{name}: {reason}")
            else:
                guarded(name, partial(self._transfer, name), figures.failed)
        return figures

    @staticmethod
    def _networks(parts: Collection[str]) -> Iterator[tuple[str, User | Served]]:
        """Where files are to be fetched from."""
        for part, networks in BY_NETWORK.items():
            yield from networks.items() if part in parts else ()

    @property
    def compared(self) -> bool:
        """The card that the README shows, beside pxelinux on the stock ROM, too."""
        return self.card.family == COMPARED and bool(self.stock) and has_loader(PXELINUX)

    def _turns(self, what: str, where: Place, machines: Mapping[str, Machine]) -> Samples:
        samples, failed = in_turns(where, machines, self.rounds, tell)
        self.figures.failed += [f"{what}, {reason}" for reason in failed]
        return samples

    def _boot(self) -> None:
        with bench(NETWORKS["user"], SMALL) as where:
            samples = self._turns("boot", where, self.machines)
        if not BY_NAME.missing():
            with bench(BY_NAME, SMALL) as where:
                ours = self._turns("boot by name", where, {"ours": self.machines["ours"]})
            samples[NAMED] = ours["ours"]
        if self.compared:
            files = configured(PXELINUX, *entry(BOOT_FILE))
            with bench(User(PXELINUX), SMALL, files) as where:
                samples |= self._turns("boot", where, {PXELINUX: self.machines["stock"]})
        self.figures.to_payload = medians(samples, times_of, 4)

    def _transfer(self, network: str) -> None:
        if network in HTTP_NETWORKS:
            with bench(HTTP_NETWORKS[network], LARGE) as where:
                self.figures.http[network] = rates(self._turns(network, where, self.machines))
            return
        with bench(NETWORKS[network], LARGE) as where:
            self.figures.rate[network] = rates(self._turns(network, where, self.machines))
            if "dnsmasq" in network:
                self._waiting(where)

    def _waiting(self, where: Place) -> None:
        if reason := capture_missing():
            self.figures.skipped.append(f"share of waiting: {reason}")
            return
        for who, machine in self.machines.items():
            share = where.waiting(machine)
            self.figures.waiting[who] = round(share, 3) if share is not None else None


def guarded(what: str, action: Callable[[], None], failed: list[str]) -> None:
    """Do it; what goes wrong is one failure with its reason, and the rest is still measured."""
    try:
        action()
    except (Failed, OSError, RuntimeError, FactoryError, Unavailable) as error:
        failed.append(f"{what}: {error}")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.bench", description=__doc__)
    parser.add_argument(
        "--family", action="append", default=[], help="only this family; may be repeated"
    )
    parser.add_argument(
        "--part", action="append", default=[], choices=PARTS, help="may be repeated"
    )
    parser.add_argument(
        "--peer", action="append", default=[], type=Path, metavar="FILE", help="may be repeated"
    )
    parser.add_argument("--document", action="store_true", help="write docs/ and README.md, too")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    add_build_options(parser)
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", help="where figures go; else bench/ below OUT"
    )
    return parser.parse_args(arguments)


def merged(old: dict[str, Any], new: dict[str, Any], parts: Collection[str]) -> dict[str, Any]:
    """A family's figures of an earlier run, with the parts that were measured now."""
    if not old or old.get("peer") != new["peer"]:
        return new
    fields = [name for part in parts for name in MEASURED.get(part, ())]
    again = tuple(start for part in parts for start in BY_NETWORK.get(part, (part,)))
    failed = [reason for reason in old["failed"] if not reason.startswith(again)]
    return {
        **old,
        **{name: new[name] for name in fields},
        "failed": failed + new["failed"],
        "skipped": list(dict.fromkeys(old["skipped"] + new["skipped"])),
        "qemu": new["qemu"] or old["qemu"],
    }


class Bench:
    """One run: what to measure, and the figures so far, which are on disk whenever something was added."""

    def __init__(
        self, options: argparse.Namespace, spec: Spec, shop: Shop, peers: list[Peer]
    ) -> None:
        """Reads every image first. Raises FileNotFoundError when one is missing."""
        self.spec, self.shop, self.options = spec, shop, options
        self.parts: Collection[str] = options.part or (OF_FAMILIES if peers else PARTS)
        self.folder: Path = options.results or shop.out / "bench"
        self.name = "peer" if peers else "bench"
        by_id = {peer.id: peer for peer in peers}
        self.benches = [
            FamilyBench(card, options.rounds, peer)
            for card in cards(spec, shop)
            for peer in [by_id.get((card.model.id.vendor, card.model.id.device))]
            if (peer or not peers) and (not options.family or card.family in options.family)
        ]
        head = provenance(shop.out) | {
            "qemu": qemu.version(BINARY) if qemu.installed(BINARY) else "(not installed)",
            "rounds": options.rounds,
            "load_before": round(os.getloadavg()[0], 2),
        }
        self.results: dict[str, Any] = read(self.folder / f"{self.name}.json", head["images"])
        self.results |= head
        self.results.setdefault("families", [])
        self.failed: list[str] = [
            reason
            for reason in self.results.get("failed", ())
            if not reason.startswith((*self.parts, "interrupted"))
        ]
        self.results["failed"] = self.failed
        if "size" in self.parts and not options.family and not peers:
            self.results["shared"] = self._shared_sizes()

    def _shared_sizes(self) -> dict[str, dict[str, int]]:
        """Bytes by medium of the images that are for no card, or for every one."""
        sizes: dict[str, dict[str, int]] = {}
        for image in self.spec.images():
            if not image.ids:
                size = self.shop.image(image).stat().st_size
                sizes.setdefault(image.family, {})[image.medium] = size
        return sizes

    def measure(self) -> None:
        """All figures. Raises Interrupted or KeyboardInterrupt."""
        for one in self.benches if OF_FAMILIES & set(self.parts) else ():
            self._keep(asdict(one.measure(self.parts)))
            self.write()
        if "parts" in self.parts:
            tell("what parts cost")
            guarded("parts", self._cost_of_parts, self.failed)
            self.write()
        if "build" in self.parts:
            tell("building")
            guarded("build", self._build, self.failed)
            self.write()
        if "smoke" in self.parts:
            tell("smoke boots")
            guarded("smoke", self._smoke, self.failed)
        tell("")

    def _keep(self, new: dict[str, Any]) -> None:
        """In the order of the matrix."""
        families = {old["family"]: old for old in self.results["families"]}
        name = new["family"]
        families[name] = merged(families.get(name, {}), new, self.parts)
        order = [family.name for family in self.spec.families]
        self.results["families"] = sorted(families.values(), key=lambda f: order.index(f["family"]))

    def _cost_of_parts(self) -> None:
        self.results["parts"] = cost_of_parts()

    def _build(self) -> None:
        self.results["build"] = build_figures(Path(".")).as_json()

    def _smoke(self) -> None:
        smoke = self.results["smoke"] = boots_per_second(self.spec, self.shop)
        if smoke["passed"] < smoke["boots"]:
            raise Failed(f"{smoke['boots'] - smoke['passed']} of {smoke['boots']} did not pass")

    def write(self) -> str:
        """Both files; the Markdown text."""
        self.results["load_after"] = round(os.getloadavg()[0], 2)
        text = markdown(self.results)
        save_json(self.folder / f"{self.name}.json", self.results)
        save(self.folder / f"{self.name}.md", text)
        if self.options.document:
            write(self.folder, self.shop.out, Path("."))
        return text

    def good(self) -> bool:
        """Nothing failed."""
        return not self.failed and not any(f["failed"] for f in self.results["families"])


def start(options: argparse.Namespace) -> Bench:
    """A run. Raises FactoryError for what the user gave."""
    spec = load_spec(options.spec)
    for name in options.family:
        if not spec.family(name):
            raise failure("--family", f"{name} is not in {options.spec}", exit_code=EXIT_INPUT)
    peers = [read_peer(file) for file in options.peer]
    cards = {(f.models[0].id.vendor, f.models[0].id.device) for f in spec.families if f.models}
    for peer in peers:
        if peer.id not in cards:
            what = f"is for {peer.id[0]:04x}:{peer.id[1]:04x}, which no family's first card is"
            hint = "out/bin/romtool stamp gives it another ID"
            raise failure(str(peer.file), what, hint=hint, exit_code=EXIT_INPUT)
    try:
        return Bench(options, spec, Shop(options.out), peers)
    except FileNotFoundError as error:
        raise failure(
            error.filename, "not there", hint="run make first", exit_code=EXIT_INPUT
        ) from error


def main(arguments: list[str]) -> int:
    """Measure, write, print; the exit code."""
    try:
        run = start(parse(arguments))
        try:
            run.measure()
            if run.options.document:
                guarded("screenshot", lambda: screenshot(run.shop.out, PICTURE), run.failed)
        except (Interrupted, KeyboardInterrupt):
            run.failed.append("interrupted")
        print(run.write())
    except FactoryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"bench: {error}", file=sys.stderr)
        return EXIT_FAILURE
    return 0 if run.good() else EXIT_FAILURE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
