"""`make faults`: boots on bad networks, with links that go down, after warm resets; each must reach its payload.

Prints a line for each kind on each card, and last `N passed, N failed, N skipped`, which counts boots. Console texts of
those that failed are kept in out/faults/.
"""

from __future__ import annotations

import argparse
import random
import re
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ci import qemu
from ci.images import Shop
from ci.judge import FAIL, PASS, PAYLOAD_EXIT, REPORT, SKIP, Expected, gave_up, judge
from ci.machine import Machine, WireNetwork
from ci.net.faulty import Faults, FaultyWire
from ci.newer_qemu import BINARY
from ci.payloads.payload import RESETS, make_payload, payload_sum
from ci.pool import default_jobs
from ci.pxe.case import Card, Keeper, cards
from ci.qemu import Emulator, Outcome
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError
from factory.spec import load_spec

FAMILIES = ("virtio_net", "rtl8139", "pcnet32", "e1000")  # unless one is asked for
RESET_CARDS = 3  # so many of them; the last one would take longer than all else, since its link is slow to come up
BAD_NETWORKS = (
    Faults("loss-1", loss=0.01),
    Faults("loss-5", loss=0.05),
    Faults("loss-10", loss=0.10),
    Faults("reordering", reordering=1 / 16),
    Faults("duplicates", duplicates=1 / 4),
    Faults("delay", delay=0.025),
    Faults("all", loss=0.05, duplicates=1 / 4, reordering=1 / 16, delay=0.025),
)
FLAPS = tuple((when, down) for when in ("start", "dhcp", "transfer") for down in (0.5, 3.0))
ROM, BOOT_FILE = "card.rom", "boot"
LOSSY_SIZE, FLAP_SIZE, SMALL, CUT_SIZE = 256 << 10, 4 << 20, 24 << 10, 256 << 10
BOOT_SECONDS, SILENT_SECONDS = 120.0, 40.0  # of one boot
CUT_EVERY = 4  # that many boots, one is reset in the middle of its transfer, and begins again
DATA_FRAME = 1000  # bytes that a frame with a block of a boot file has at least
CUT_LATEST, IN_FLIGHT = 120, 60  # data frames before the reset and behind it; the file has more
RESET_SECONDS = 10.0
DISCOVER = "discover"  # what the server calls it among its events
KINDS = ("nbi", "nbp", "nbi32")


@dataclass(frozen=True)
class Tally:
    """How the boots of one kind on one card went."""

    name: str
    passed: int
    failed: int = 0
    remark: str = ""
    skipped: bool = False

    def line(self) -> str:
        """As it is printed."""
        status = SKIP if self.skipped else FAIL if self.failed else PASS
        count = "" if self.skipped else f"{self.passed} of {self.passed + self.failed}"
        return f"{status.upper()} {self.name}: " + ", ".join(filter(None, (count, self.remark)))


@dataclass(frozen=True)
class Lab:
    """What all boots of a run share."""

    seed: int
    folder: Path  # where console texts are kept

    def keep(self, name: str, outcome: Outcome) -> None:
        """Keep what a boot printed."""
        keeper = Keeper(self.folder, name)
        keeper.text(keeper.next_boot(), outcome)


def boot(lab: Lab, name: str, card: Card, size: int, faults: Faults, flap: Flap) -> str:
    """One boot; what went wrong with it, "" when nothing did."""
    nonce = secrets.token_hex(16)
    payload = make_payload("nbi", nonce, size)
    wire = FaultyWire(faults, f"{lab.seed} {name}", BOOT_FILE, {BOOT_FILE: payload}, flap.passes)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, wire:
        Path(folder, ROM).write_bytes(card.image("rom"))
        with Emulator(_machine(card, wire), cwd=folder) as emulator:
            flap.begin(emulator)
            outcome = emulator.run(BOOT_SECONDS, lambda it: gave_up(it.console()))
    reason = judge(Expected(nonce, payload_sum(payload)), outcome).reason or flap.missing()
    if reason:
        lab.keep(name, outcome)
    return reason


def _machine(card: Card, wire: FaultyWire) -> Machine:
    network = WireNetwork(wire.guest_end)
    return Machine(card.device, network, ROM, binary=card.binary(), monitored=True)


class Flap:
    """A cable that is pulled and put back: at the start, at the first answer, or in the middle of the boot file."""

    def __init__(self, when: str = "never", down: float = 0.0) -> None:
        self._when, self._down = when, down
        self._frames = 0  # with data
        self._pulled = False

    def begin(self, emulator: Emulator) -> None:
        """The machine runs."""
        self._emulator = emulator
        if self._when == "start":
            self._pull()

    def passes(self, frame: bytes) -> bool:
        """The server's frames go on; one of them may be the moment."""
        self._frames += len(frame) >= DATA_FRAME
        middle = self._frames > FLAP_SIZE // 1428 // 2
        if not self._pulled and (self._when == "dhcp" or self._when == "transfer" and middle):
            self._pull()
        return True

    def missing(self) -> str:
        """That nothing was pulled, where something should have been."""
        return "" if self._pulled or self._when == "never" else "the link never went down"

    def _pull(self) -> None:
        self._pulled = True
        self._emulator.command("set_link net off\n")
        threading.Timer(self._down, self._emulator.command, ("set_link net on\n",)).start()


def on_bad_network(faults: Faults, count: int, lab: Lab, card: Card) -> Tally:
    """Boots with other frames lost each time."""
    name = f"{faults.name}+{card.family}"
    reasons = [boot(lab, f"{name}+{n}", card, LOSSY_SIZE, faults, Flap()) for n in range(count)]
    return _tally(name, reasons)


def with_flap(when: str, down: float, lab: Lab, card: Card) -> Tally:
    """A boot whose link goes down for some seconds."""
    name = f"flap+{when}+{down:g}s+{card.family}"
    return _tally(name, [boot(lab, name, card, FLAP_SIZE, Faults(), Flap(when, down))])


def _tally(name: str, reasons: list[str]) -> Tally:
    bad = [reason for reason in reasons if reason]
    return Tally(name, len(reasons) - len(bad), len(bad), "; ".join(bad[:3]))


class Boots(dict[str, bytes]):
    """The boot file of a machine that is reset again and again: another one in each boot.

    Most reset the machine after their report, in one of the ways there are; the last one ends it. Every CUT_EVERY-th
    is long, and the machine is reset while it arrives.
    """

    def __init__(self, count: int, seed: str) -> None:
        """The boots that are to report: one, and `count` after resets."""
        super().__init__({BOOT_FILE: b""})
        self.reports: list[
            tuple[str, str]
        ] = []  # nonces and sums of what must report, in that order
        self.cuts = 0
        self._count = count
        self._random = random.Random(seed)
        self._file = b""
        self._cut_after = 0  # data frames; 0: this one is not cut
        self._frames = 0

    def attach(self, events: list[str], reset: Callable[[], None]) -> None:
        """Where the server writes what it was asked, and how the machine is reset."""
        self._events, self._reset = events, reset

    def __getitem__(self, name: str) -> bytes:
        if DISCOVER in self._events:  # else the machine only asks again
            self._events.clear()
            self._file = self._next()
        return self._file

    def _next(self) -> bytes:
        nonce, turn = secrets.token_hex(16), len(self.reports)
        self._frames = self._cut_after = 0
        if turn and self.cuts < turn // CUT_EVERY:
            self.cuts += 1
            self._cut_after = self._random.randint(1, CUT_LATEST)
            return make_payload("nbi", nonce, CUT_SIZE)
        resets = RESETS[turn % len(RESETS)] if turn < self._count else ""
        payload = make_payload(KINDS[turn % len(KINDS)], nonce, SMALL, resets=resets)
        self.reports.append((nonce, payload_sum(payload)))
        return payload

    def passes(self, frame: bytes) -> bool:
        """Whether a frame of the server goes on. What is cut goes on arriving for a while, but not to its end."""
        if not self._cut_after or len(frame) < DATA_FRAME:
            return True
        self._frames += 1
        if self._frames == self._cut_after:
            self._reset()
        return self._frames <= self._cut_after + IN_FLIGHT


def reboots(count: int, lab: Lab, card: Card) -> Tally:
    """One machine that is reset `count` times. A boot that does not report ends it; what follows counts as failed."""
    name = f"reboots+{card.family}"
    boots = Boots(count, f"{lab.seed} {name}")
    wire = FaultyWire(Faults(), "", BOOT_FILE, boots, boots.passes)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, wire:
        Path(folder, ROM).write_bytes(card.image("rom"))
        with Emulator(replace(_machine(card, wire), resets=True), cwd=folder) as emulator:
            boots.attach(wire.events, lambda: emulator.command("system_reset\n"))
            outcome = emulator.run(BOOT_SECONDS + count * RESET_SECONDS, silence=SILENT_SECONDS)
    passed, reason = verdict(boots, count, outcome)
    if reason:
        lab.keep(name, outcome)
    remark = f"and {boots.cuts} in the middle of a transfer ({outcome.wall:.0f} s)"
    return Tally(name, passed, count - passed, "; ".join(filter(None, (remark, reason))))


def verdict(boots: Boots, count: int, outcome: Outcome) -> tuple[int, str]:
    """How many boots after a reset reported as they should, and what stopped them."""
    found = REPORT.findall(outcome.debug)
    same = [got == wanted for got, wanted in zip(found, boots.reports)]
    good = (same + [False]).index(False)
    if good == len(found) == count + 1 and outcome.exit_code == PAYLOAD_EXIT:
        return count, ""
    last = (outcome.console.splitlines() or ["(nothing)"])[-1]
    what = "another payload reported" if good < len(found) else "no report"
    how = "hung" if outcome.timed_out else f"QEMU ended with status {outcome.exit_code}"
    return max(min(good, count) - 1, 0), f"boot {good + 1}: {what}, {how}; last line: {last}"


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.faults", description=__doc__)
    parser.add_argument("--family", default="", help=f"one family; else {', '.join(FAMILIES)}")
    parser.add_argument(
        "--reboots", type=int, default=300, metavar="N", help="warm resets of each card"
    )
    parser.add_argument(
        "--boots", type=int, default=5, metavar="N", help="boots on each bad network"
    )
    parser.add_argument("--seed", type=int, default=1, help="which frames are lost")
    parser.add_argument("--only", default="", metavar="PATTERN", help="kinds whose name matches")
    parser.add_argument("--quick", action="store_true", help="a few boots of one card")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="machines at a time")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where images were built")
    return parser.parse_args(arguments)


Kind = Callable[[Lab, Card], Tally]


def kinds(options: argparse.Namespace) -> dict[str, Kind]:
    """What is done to each card, by name; what takes longest comes first."""
    flaps = FLAPS[-2:-1] if options.quick else FLAPS
    networks = BAD_NETWORKS[-1:] if options.quick else BAD_NETWORKS
    count, resets = (2, 20) if options.quick else (options.boots, max(options.reboots, 0))
    found: dict[str, Kind] = {"reboots": partial(reboots, resets)}
    found |= {faults.name: partial(on_bad_network, faults, count) for faults in networks}
    found |= {f"flap+{when}+{down:g}s": partial(with_flap, when, down) for when, down in flaps}
    return {name: kind for name, kind in found.items() if re.search(options.only, name)}


def one(kind: Kind, name: str, lab: Lab, card: Card) -> Tally:
    """One kind on one card; what the machine here lacks is a skip, what goes wrong otherwise a failure."""
    name = f"{name}+{card.family}"
    if not qemu.installed(BINARY) or not qemu.has_card(card.binary(), card.device):
        return Tally(name, 0, remark=f"no QEMU here has {card.device}", skipped=True)
    try:
        return kind(lab, card)
    except OSError as error:
        return Tally(name, 0, 1, f"{type(error).__name__}: {error}")


def run(chosen: list[Card], options: argparse.Namespace) -> int:
    """Run, print, count; the exit code."""
    lab, started, tallies = Lab(options.seed, options.out / "faults"), time.monotonic(), []
    work = [
        partial(one, kind, name, lab, card)
        for name, kind in kinds(options).items()
        for card in (chosen[:RESET_CARDS] if name == "reboots" else chosen)
    ]
    with ThreadPoolExecutor(max(options.jobs, 1)) as executor:
        try:
            for done in as_completed([executor.submit(each) for each in work]):
                tallies.append(done.result())
                print(tallies[-1].line(), flush=True)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            executor.shutdown(wait=False, cancel_futures=True)
            Emulator.kill_all()
            raise SystemExit("interrupted") from None
    print(f"seed {options.seed}, {time.monotonic() - started:.0f} s")
    passed, failed, skipped = (
        sum(column) for column in zip(*((t.passed, t.failed, t.skipped) for t in tallies))
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if passed and not failed else EXIT_FAILURE


def main(arguments: list[str]) -> int:
    """Choose cards and run; the exit code."""
    options = parse(arguments)
    try:
        all_cards = cards(load_spec(Path("targets.yaml")), Shop(options.out))
        wanted = (
            (options.family,) if options.family else FAMILIES[1:2] if options.quick else FAMILIES
        )
        chosen = [card for family in wanted for card in all_cards if card.family == family]
        if not chosen or not kinds(options):
            print("no emulated card of that family, or no such kind", file=sys.stderr)
            return EXIT_INPUT
        for card in chosen:
            card.image("rom")
        return run(chosen, options)
    except FactoryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except FileNotFoundError as error:
        print(f"{error.filename}: not there; hint: run make first", file=sys.stderr)
        return EXIT_INPUT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
