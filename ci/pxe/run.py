# SPDX-License-Identifier: BSD-2-Clause
"""`make pxe`: PXE both ways.

Prints a line for each case, and last `N passed, N failed, N skipped`. Journal, console texts and captures are kept in
out/pxe/.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ci.bench import tell
from ci.images import Shop
from ci.lab.card import Card, CardPlan, cards
from ci.lab.run import add_options, boot_all, guarded
from ci.pxe import (
    broken,
    filename,
    handshake,
    handshake_trouble,
    hostile,
    ipxe,
    leaving,
    loaders,
    local,
    menu,
    nesting,
    path,
    returns,
    second_stage,
    together,
    undi_rom,
)
from ci.pxe.rates import ROUNDS, rates
from ci.pxe.start import ours
from factory.errors import EXIT_INPUT
from factory.spec import load_spec

GROUPS = (
    loaders,
    local,
    leaving,
    ipxe,
    second_stage,
    filename,
    menu,
    nesting,
    undi_rom,
    hostile,
    broken,
    handshake,
    handshake_trouble,
    path,
    returns,
    together,
)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.pxe", description=__doc__)
    add_options(parser)
    parser.add_argument("--only", default="", metavar="PATTERN", help="cases whose name matches")
    parser.add_argument(
        "--count", type=int, default=0, metavar="N", help="instead: N chain boots in a row"
    )
    parser.add_argument("--rates", action="store_true", help="instead: measure transfer rates")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of --rates")
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", help="where pxe/ and bench/ go; else OUT"
    )
    return parser.parse_args(arguments)


def choose(options: argparse.Namespace, all_cards: list[Card]) -> list[CardPlan]:
    """The cases that the command line asks for."""
    everything = (plan for group in GROUPS for plan in group.plans(all_cards))
    wanted = [card for card in all_cards if options.family in ("", card.family)]
    return [
        plan
        for plan in (_in_a_row(wanted, options.count) if options.count else everything)
        if options.family in ("", plan.card.family)
        and (plan.quick or not options.quick)
        and re.search(options.only, plan.key)
    ]


def _in_a_row(wanted: list[Card], count: int) -> Iterator[CardPlan]:
    """Chain boots on all cards in turn: our ROM, our undi.zpxe, pxelinux, a kernel with its initrd."""
    stage, loader = second_stage.OURS_UNDI, loaders.LOADERS[0]
    for number in range(1, count + 1 if wanted else 0):
        build = partial(second_stage.chain, stage, loader, ours)
        yield CardPlan("soak", f"{number}", wanted[number % len(wanted)], build)


def pxe(options: argparse.Namespace) -> int:
    """Run the cases, or measure."""
    all_cards = cards(load_spec(options.spec), Shop(options.out))
    folder = options.results or options.out
    if options.rates:
        wanted = [card for card in all_cards if options.family in ("", card.family)]
        if not wanted:
            print(f"no emulated card of a family {options.family}", file=sys.stderr)
            return EXIT_INPUT
        return rates(wanted, options.rounds, folder / "bench", tell)
    jobs = 1 if options.count else None
    return boot_all(options, choose(options, all_cards), folder / "pxe", jobs=jobs)


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    return guarded("pxe", partial(pxe, parse(arguments)))
