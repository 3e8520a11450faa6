"""`make pxe`: PXE both ways.

Prints a line for each case, and last `N passed, N failed, N skipped`. Console texts and captures are kept in out/pxe/.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from ci.bench import tell
from ci.bench_report import save_json
from ci.images import Shop
from ci.packages import Unavailable
from ci.pool import default_jobs
from ci.pxe import (
    broken,
    filename,
    handshake,
    handshake_trouble,
    hostile,
    ipxe,
    leaving,
    loaders,
    menu,
    nesting,
    path,
    second_stage,
    undi_rom,
)
from ci.pxe.case import Card, Case, Result, cards, good, last_line, run_case
from ci.pxe.rates import ROUNDS, rates
from ci.pxe.soak import bootable, soak
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError
from factory.spec import load_spec

GROUPS = (
    loaders,
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
)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.pxe", description=__doc__)
    parser.add_argument("--family", default="", help="the cases of one family")
    parser.add_argument("--only", default="", metavar="PATTERN", help="cases whose name matches")
    parser.add_argument("--quick", action="store_true", help="a few cases, in less than a minute")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="boots at a time")
    parser.add_argument(
        "--count", type=int, default=0, metavar="N", help="instead: N chain boots in a row"
    )
    parser.add_argument("--rates", action="store_true", help="instead: measure transfer rates")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of --rates")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where images were built")
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", help="where pxe/ and bench/ go; else OUT"
    )
    return parser.parse_args(arguments)


def choose(options: argparse.Namespace, all_cards: list[Card]) -> list[Case]:
    """The cases that the command line asks for."""
    found = (case for group in GROUPS for case in group.cases(all_cards))
    return [
        case
        for case in found
        if options.family in ("", case.card.family)
        and (case.quick or not options.quick)
        and re.search(options.only, case.key)
    ]


def run(chosen: Iterable[Case], folder: Path, jobs: int) -> Iterator[Result]:
    """Results in the order of the cases."""
    with ThreadPoolExecutor(jobs) as executor:
        yield from executor.map(lambda case: run_case(case, folder), chosen)


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    options = parse(arguments)
    try:
        all_cards = cards(load_spec(Path("targets.yaml")), Shop(options.out))
    except FactoryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    folder = options.results or options.out
    if options.count or options.rates:
        wanted = [card for card in all_cards if options.family in ("", card.family)]
        return measure(options, wanted, folder)
    return run_cases(options, choose(options, all_cards), folder / "pxe")


def measure(options: argparse.Namespace, wanted: list[Card], folder: Path) -> int:
    """--count and --rates; the exit code."""
    if not wanted:
        print(f"no emulated card of a family {options.family}", file=sys.stderr)
        return EXIT_INPUT
    try:
        if options.count:
            return soak(bootable(wanted), options.count, folder / "pxe")
        return rates(wanted, options.rounds, folder / "pxe", folder / "bench", tell)
    except Unavailable as reason:
        print(f"SKIP: {reason}\n0 passed, 0 failed, 1 skipped")
        return EXIT_FAILURE
    except FileNotFoundError as error:
        print(f"{error.filename}: not there; hint: run make first", file=sys.stderr)
        return EXIT_INPUT
    except OSError as error:
        print(f"FAIL: {error}\n0 passed, 1 failed, 0 skipped")
        return EXIT_FAILURE


def run_cases(options: argparse.Namespace, chosen: list[Case], folder: Path) -> int:
    """Run the cases; the exit code. results.json follows as they end."""
    if not chosen:
        print("no case matches; hint: --list shows all", file=sys.stderr)
        return EXIT_INPUT
    if options.list:
        print("\n".join(case.key for case in chosen))
        return 0
    results = []
    for result in run(chosen, folder, options.jobs):
        print(result.line(), flush=True)
        results.append(result)
        save_json(folder / "results.json", [asdict(one) for one in results])
    print(last_line(results))
    return 0 if good(results) else EXIT_FAILURE
