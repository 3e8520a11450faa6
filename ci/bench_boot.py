"""Boots for the benchmark: our ROM and the stock ROM on the same card, one after the other, in the same network."""

from __future__ import annotations

import secrets
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ci.bench_transfer import FileWatch, capture, share_waiting
from ci.judge import FIRST_INSTRUCTION, PASS, Expected, gave_up, judge
from ci.machine import Machine, Network, TapNetwork, UserNetwork
from ci.net.lab import Lab
from ci.net.servers import Atftpd, Dnsmasq, DnsmasqDhcp, Server, Setup
from ci.payloads.payload import make_payload, payload_sum
from ci.qemu import Emulator

SMALL, LARGE = 24 * 1024, 64 << 20
MEMORY = 512
TIMEOUT = 180.0
ROM, BOOT_FILE = "card.rom", "payload"
NETWORKS = ("user", "tap, dnsmasq", "tap, atftpd")


class Failed(Exception):
    """A boot of the benchmark did not reach its payload; says why."""


@dataclass(frozen=True)
class Nic:
    """An emulated card, and the QEMU that has it."""

    device: str
    binary: str


@dataclass(frozen=True)
class Timing:
    """One boot."""

    to_payload: float  # seconds from QEMU's start to the payload's first instruction
    rate: float | None  # MB/s of the transfer


@dataclass(frozen=True)
class Place:
    """A folder with the boot file, served; and who reads it (None: QEMU itself)."""

    folder: Path
    network: Network
    lab: Lab | None
    server: Server | None
    expected: Expected


@contextmanager
def place(network: str, size: int) -> Iterator[Place]:
    """Serve one bzImage-shaped payload, which both loaders know, in the named network."""
    nonce = secrets.token_hex(16)
    payload = make_payload("bzimage", nonce, size)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        tftp = folder / "tftp"
        tftp.mkdir()
        (tftp / BOOT_FILE).write_bytes(payload)
        expected = Expected(nonce, payload_sum(payload))
        if network == "user":
            yield Place(folder, UserNetwork("tftp", BOOT_FILE), None, None, expected)
            return
        lab = stack.enter_context(Lab(ipv6=True))
        setup = Setup(lab, folder, tftp, BOOT_FILE)
        kinds = (Dnsmasq,) if network.endswith("dnsmasq") else (DnsmasqDhcp, Atftpd)
        servers = [stack.enter_context(kind(setup)) for kind in kinds]
        yield Place(folder, TapNetwork(lab.tap, lab.name), lab, servers[-1], expected)


def boot(place: Place, card: Nic, rom: bytes, whole: bool = False) -> Timing:
    """Boot a ROM until the payload's first instruction; with `whole`, until it has reported its checksum."""
    (place.folder / ROM).write_bytes(rom)
    machine = Machine(card.device, place.network, rom=ROM, memory=MEMORY, binary=card.binary)
    file = place.folder / "tftp" / BOOT_FILE

    def reached(emulator: Emulator) -> bool:
        started = FIRST_INSTRUCTION in emulator.debug() and not whole
        return started or gave_up(emulator.console())

    with Emulator(machine, cwd=str(place.folder)) as emulator:
        reader = place.server.process.pid if place.server else emulator.process.pid
        with FileWatch(reader, file) as watch:
            outcome = emulator.run(TIMEOUT, reached)
    if outcome.first_debug is None or outcome.timed_out:
        raise Failed(f"no payload; console ends: {outcome.console[-200:]!r}")
    verdict = judge(place.expected, outcome) if whole else None
    if verdict and verdict.status != PASS:
        raise Failed(verdict.reason)
    return Timing(outcome.first_debug, watch.rate)


@dataclass(frozen=True)
class Pair:
    """Samples of both ROMs, taken in turns, and what went wrong."""

    ours: list[Timing]
    stock: list[Timing]
    failed: list[str] = field(default_factory=list)


def in_turns(
    place: Place, card: Nic, ours: bytes, stock: bytes, rounds: int, tell: Callable[[str], None]
) -> Pair:
    """`rounds` boots of each; the first of each verifies the checksum of everything that was loaded.

    Where there is no stock ROM (b""), ours is measured alone; so is the other one after a boot of either failed.
    """
    pair = Pair([], [])
    turns = {"ours": (ours, pair.ours), "stock": (stock, pair.stock)}
    if not stock:
        del turns["stock"]
    for index in range(rounds):
        for who, (rom, samples) in tuple(turns.items()):
            tell(f"{card.device}: round {index + 1} of {rounds}")
            try:
                samples.append(boot(place, card, rom, whole=index == 0))
            except Failed as reason:
                pair.failed.append(f"{who}, round {index + 1}: {reason}")
                del turns[who]
    return pair


def waiting(place: Place, card: Nic, rom: bytes) -> float | None:
    """Share of one lock-step transfer that was spent waiting for the server."""
    if place.lab is None:
        return None
    pcap = place.folder / "capture.pcap"
    with capture(place.lab, pcap):
        boot(place, card, rom)
    return share_waiting(pcap.read_bytes())


def median_to_payload(samples: list[Timing]) -> float | None:
    """Seconds; None without samples."""
    return statistics.median(sample.to_payload for sample in samples) if samples else None


def median_rate(samples: list[Timing]) -> float | None:
    """MB/s; None when no transfer was seen."""
    rates = [sample.rate for sample in samples if sample.rate is not None]
    return statistics.median(rates) if rates else None
