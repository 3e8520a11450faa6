# SPDX-License-Identifier: BSD-2-Clause
"""Boots for the benchmarks: several ROMs on the same card, one after the other, in the same network."""

from __future__ import annotations

import secrets
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ci.bench_transfer import FileWatch, Watch, WireWatch, capture, share_waiting
from ci.lab.boot import Place, served
from ci.lab.case import Failed
from ci.lab.emulator import Emulator
from ci.lab.judge import FIRST_INSTRUCTION, PASS, Expected, judge
from ci.lab.machine import Machine
from ci.lab.network import TFTP, Network, Served, User
from ci.net.http import NGINX
from ci.net.namespace import SERVER_IP, Namespace
from ci.net.path import Path as Way
from ci.net.servers import ALIAS, ATFTPD, DNSMASQ, DNSMASQ_DHCP, DNSMASQ_DNS
from ci.payloads.payload import make_payload, payload_sum

SMALL, LARGE = 24 * 1024, 64 << 20
MEMORY, TIMEOUT = 512, 300.0
BOOT_FILE = "payload"
NETWORKS: Mapping[str, User | Served] = {
    "user": User(BOOT_FILE),
    "tap, dnsmasq": Served((DNSMASQ,), BOOT_FILE, ipv6=True),
    "tap, atftpd": Served((DNSMASQ_DHCP, ATFTPD), BOOT_FILE, ipv6=True),
}
BY_NAME = Served((DNSMASQ_DNS, NGINX), f"http://{ALIAS}/{BOOT_FILE}", ipv6=True)
HTTP_FILE = f"http://{SERVER_IP}/{BOOT_FILE}"
# The second one takes long where the server's congestion control answers each loss.
HTTP_NETWORKS: Mapping[str, Served] = {
    "tap, nginx": Served((DNSMASQ_DHCP, NGINX), HTTP_FILE, ipv6=True),
    "nginx, 25 ms away, 1% lost": Served(
        (DNSMASQ_DHCP, NGINX), HTTP_FILE, ipv6=True, way=Way(0.025, 0.01)
    ),
}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Timing:
    """One boot."""

    to_payload: float  # seconds from QEMU's start to the payload's first instruction
    rate: float | None  # MB/s of the transfer


@dataclass(frozen=True)
class Bench:
    """A place to boot in, the file whose transfer is watched there, and what reports that it arrived whole."""

    place: Place
    file: str
    expected: Expected
    timeout: float = TIMEOUT
    size: int = 0  # bytes of the file
    http: bool = False  # it comes by HTTP

    def boot(self, machine: Machine, whole: bool = False) -> Timing:
        """Boot until the payload's first instruction; with `whole`, until it has reported. Raises Failed."""
        server = self.place.plugs[0].server
        with ExitStack() as stack:

            def begin(emulator: Emulator) -> None:
                reader = server.pid if server else emulator.process.pid
                file = self.place.folder / TFTP / self.file
                watch = (
                    WireWatch(reader, Namespace.tap, self.size)
                    if self.http
                    else FileWatch(reader, file)
                )
                watches.append(stack.enter_context(watch))

            def reached(emulator: Emulator) -> bool:
                return not whole and FIRST_INSTRUCTION in emulator.debug()

            watches: list[Watch] = []
            outcome, _ = self.place.boot(machine, self.timeout, reached, begin=begin)
        if outcome.first_debug is None or outcome.timed_out:
            raise Failed(f"no payload; console ends: {outcome.console[-200:]!r}")
        verdict = judge(self.expected, outcome) if whole else None
        if verdict and verdict.status != PASS:
            raise Failed(verdict.reason)
        return Timing(outcome.first_debug, watches[0].rate)

    def waiting(self, machine: Machine) -> float | None:
        """Share of one lock-step transfer that was spent waiting for the server."""
        namespace = self.place.plugs[0].namespace
        if namespace is None:
            return None
        pcap = self.place.folder / "waiting.pcap"
        with capture(namespace, pcap):
            self.boot(machine)
        return share_waiting(pcap.read_bytes())


@contextmanager
def bench(
    network: Network, size: int, files: Mapping[str, bytes] = MappingProxyType({})
) -> Iterator[Bench]:
    """Serve one bzImage-shaped payload, which all loaders know, and further files."""
    nonce = secrets.token_hex(16)
    payload = make_payload("bzimage", nonce, size)
    with served({**files, BOOT_FILE: payload}, network) as place:
        http = network.boot_file == HTTP_FILE
        yield Bench(place, BOOT_FILE, Expected(nonce, payload_sum(payload)), size=size, http=http)


Samples = dict[str, list[Timing]]


def in_turns(
    where: Bench, machines: Mapping[str, Machine], rounds: int, tell: Tell
) -> tuple[Samples, list[str]]:
    """`rounds` boots of each; the first of each verifies everything that was loaded. Also returns what failed.

    After a boot of one failed, the others are measured without it.
    """
    samples: Samples = {who: [] for who in machines}
    failed, turns = [], dict(machines)
    for index in range(rounds):
        for who, machine in tuple(turns.items()):
            tell(f"{machine.card}: {who}, round {index + 1} of {rounds}")
            try:
                samples[who].append(where.boot(machine, whole=index == 0))
            except Failed as reason:
                failed.append(f"{who}, round {index + 1}: {reason}")
                del turns[who]
    return samples, failed


def times_of(timings: list[Timing]) -> list[float]:
    """Seconds to the payload."""
    return [timing.to_payload for timing in timings]


def rates_of(timings: list[Timing]) -> list[float]:
    """MB/s of the transfers that were seen."""
    return [timing.rate for timing in timings if timing.rate is not None]


def medians(
    samples: Samples, values: Callable[[list[Timing]], list[float]], digits: int
) -> dict[str, Any]:
    """Of ours, of the stock ROM's and of others, None without samples; and all samples."""
    result: dict[str, Any] = {}
    for who in dict.fromkeys(("ours", "stock", *samples)):
        found = values(samples.get(who, []))
        result[who] = round(statistics.median(found), digits) if found else None
        result[f"{who}_samples"] = [round(value, digits) for value in found]
    return result
