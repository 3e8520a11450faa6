# SPDX-License-Identifier: BSD-2-Clause
"""`make faults`: boots on bad networks, with links that go down, after warm resets; each must reach its payload.

Prints a line for each case, and last `N passed, N failed, N skipped`. Journal and console texts are in out/faults/.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.images import Shop
from ci.lab.card import Card, CardPlan, cards
from ci.lab.case import Boot, Case, Failed, Label
from ci.lab.emulator import Outcome
from ci.lab.judge import ANY, PAYLOAD_EXIT, REPORT, Expected
from ci.lab.machine import Machine
from ci.lab.network import Wired
from ci.lab.run import add_options, boot_all, guarded
from ci.net.scenario import Flap, Resets, Scenario
from ci.payloads.payload import make_payload, payload_sum
from factory.spec import load_spec

FAMILIES = ("virtio_net", "rtl8139", "pcnet32", "e1000")  # unless one is asked for
RESET_CARDS = 3  # so many of them; the last one would take longer than all else, since its link is slow to come up
BAD_NETWORKS = (
    Scenario("loss-1", loss=0.01),
    Scenario("loss-5", loss=0.05),
    Scenario("loss-10", loss=0.10),
    Scenario("reordering", reordering=1 / 16),
    Scenario("duplicates", duplicates=1 / 4),
    Scenario("delay", delay=0.025),
    Scenario("all", loss=0.05, duplicates=1 / 4, reordering=1 / 16, delay=0.025),
)
FLAPS = tuple(Flap(when, down) for when in ("start", "dhcp", "transfer") for down in (0.5, 3.0))
BOOT_FILE = "boot"
LOSSY_SIZE, FLAP_SIZE = 256 << 10, 4 << 20
BOOT_SECONDS, SILENT_SECONDS = 120.0, 40.0  # of one boot
RESET_SECONDS = 10.0


def _boot(scenario: Scenario, size: int, card: Card) -> Case:
    nonce = secrets.token_hex(16)
    payload = make_payload("nbi", nonce, size)
    machine = Machine(card.device, card.image("rom"), monitored=True)
    network = Wired(BOOT_FILE, scenario, mac=None)
    expected = Expected(nonce, payload_sum(payload))
    files = {BOOT_FILE: payload}
    return Case("", Label(""), machine, network, files, expected, timeout=BOOT_SECONDS)


def _with_flap(flap: Flap, card: Card) -> Case:
    """A boot whose link goes down for some seconds."""
    return replace(_boot(Scenario(flap=flap), FLAP_SIZE, card), check=_pulled)


def _pulled(boot: Boot) -> str:
    if not (boot.plug.wire and boot.plug.wire.pulled):
        raise Failed("the link never went down")
    return ""


def reboots(count: int, seed: str, card: Card) -> Case:
    """One machine that is reset `count` times. A boot that does not report ends it."""
    case = _boot(Scenario(resets=Resets(count, f"{seed} reboots+{card.family}")), 1 << 16, card)
    return replace(
        case.on(resets=True),
        expected=Expected("", "", report=ANY),
        check=partial(_all_reported, count),
        timeout=BOOT_SECONDS + count * RESET_SECONDS,
        silence=SILENT_SECONDS,
    )


def _all_reported(count: int, boot: Boot) -> str:
    assert boot.plug.wire and boot.plug.wire.boots is not None
    boots = boot.plug.wire.boots
    passed, reason = verdict(boots.reports, count, boot.outcome)
    told = f"{passed} of {count}, and {boots.cuts} in the middle of a transfer"
    if reason:
        raise Failed(f"{told}; {reason}")
    return told


def verdict(reports: list[tuple[str, str]], count: int, outcome: Outcome) -> tuple[int, str]:
    """How many boots after a reset reported what they should (nonces and sums), and what stopped them."""
    found = REPORT.findall(outcome.debug)
    same = [got == wanted for got, wanted in zip(found, reports)]
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
    add_options(parser)
    parser.add_argument(
        "--reboots", type=int, default=300, metavar="N", help="warm resets of each card"
    )
    parser.add_argument(
        "--boots", type=int, default=5, metavar="N", help="boots on each bad network"
    )
    parser.add_argument("--seed", type=int, default=1, help="which frames are lost")
    parser.add_argument("--only", default="", metavar="PATTERN", help="kinds whose name matches")
    return parser.parse_args(arguments)


def plans(options: argparse.Namespace, chosen: list[Card]) -> Iterator[CardPlan]:
    """What is done to each card; what takes longest comes first. Other frames are lost each time."""
    flaps = FLAPS[-2:-1] if options.quick else FLAPS
    networks = BAD_NETWORKS[-1:] if options.quick else BAD_NETWORKS
    count, resets = (2, 20) if options.quick else (options.boots, max(options.reboots, 0))
    plan = partial(CardPlan, "faults", captured=False)
    for card in chosen[:RESET_CARDS]:
        yield plan("reboots", card, partial(reboots, resets, str(options.seed)))
    for scenario in networks:
        for card in chosen:
            for number in range(count):
                name = f"{scenario.name}+{number}"
                seed = f"{options.seed} {scenario.name}+{card.family}+{number}"
                build = partial(_boot, replace(scenario, seed=seed), LOSSY_SIZE)
                yield plan(name, card, build)
    for flap in flaps:
        for card in chosen:
            yield plan(f"flap+{flap.when}+{flap.seconds:g}s", card, partial(_with_flap, flap))


def run(options: argparse.Namespace) -> int:
    """Choose cards and boot."""
    all_cards = cards(load_spec(options.spec), Shop(options.out))
    wanted = FAMILIES[1:2] if options.quick else FAMILIES
    wanted = (options.family,) if options.family else wanted
    chosen = [card for family in wanted for card in all_cards if card.family == family]
    found = [it for it in plans(options, chosen) if re.search(options.only, it.name)]
    return boot_all(options, found, options.out / "faults", f"seed {options.seed}")


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    return guarded("faults", partial(run, parse(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
