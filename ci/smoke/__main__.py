# SPDX-License-Identifier: BSD-2-Clause
"""`make smoke`: boot the images and keep the evidence.

Only images whose bytes changed since they last passed are booted again, unless --all is given;
negative controls run every time. An interrupted run keeps what it found, and the next one goes on
from there. The last line counts what happened.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from ci.images import Shop
from ci.lab.case import Plan
from ci.lab.run import add_options, guarded
from ci.smoke import linux
from ci.smoke.cards import card_plans
from ci.smoke.failures import bad_input_plans
from ci.smoke.formats import format_plans
from ci.smoke.in_bochs import bochs_plans
from ci.smoke.installer import installer_plans
from ci.smoke.plans import Selection, plans
from ci.smoke.prove import Way, prove
from ci.smoke.samples import sample_plans
from ci.smoke.servers import server_plans
from factory.errors import EXIT_INPUT, failure
from factory.spec import Spec, load_spec

def real_linux_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """A system of a few programs on every medium, and Debian's installer."""
    yield from linux.linux_plans(spec, shop, selection)
    yield from installer_plans(spec, shop, selection)


# Other boots than the catalogue's, by option. More than the image is booted there, so nothing of it is kept.
SPECIAL: Mapping[str, tuple[Callable[[Spec, Shop, Selection], Iterable[Plan]], str]] = {
    "linux": (real_linux_plans, "boot a real Linux instead, to userland"),
    "servers": (server_plans, "boot from real servers instead"),
    "bad-input": (bad_input_plans, "boot into failures instead"),
    "cards": (card_plans, "boot where the image has to find its card instead"),
    "formats": (format_plans, "boot files of every format instead"),
    "bochs": (bochs_plans, "boot in Bochs instead"),
    "samples": (sample_plans, "boot through the sample configurations instead"),
}


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.smoke", description=__doc__)
    add_options(parser)
    parser.add_argument(
        "--id", "--target", default="", metavar="VVVV:DDDD", help="images of one card"
    )
    parser.add_argument("--all", action="store_true", help="boot what has passed before, too")
    for name, (_, what) in SPECIAL.items():
        parser.add_argument(
            f"--{name}", dest="special", action="store_const", const=name, default="", help=what
        )
    return parser.parse_args(arguments)


def choose(options: argparse.Namespace, spec: Spec, shop: Shop) -> list[Plan]:
    """The plans that the command line asks for."""
    selection = Selection(options.family, options.id.lower(), options.quick)
    if options.special == "linux" and (reason := linux.unavailable(shop)):
        raise failure("--linux", reason)
    planner = SPECIAL[options.special][0] if options.special else plans
    return list(planner(spec, shop, selection))


def smoke(options: argparse.Namespace) -> int:
    """Choose, and prove."""
    chosen = choose(options, load_spec(options.spec), Shop(options.out))
    if not chosen:
        print(f"no image matches; hint: {options.spec} lists families and IDs", file=sys.stderr)
        return EXIT_INPUT
    if options.list:
        print("\n".join(plan.key for plan in chosen))
        return 0
    whole = not (options.family or options.id or options.quick or options.special)
    way = Way(options.jobs, options.workers, options.all, whole)
    return prove(chosen, options.out / "smoke", way)


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    return guarded("smoke", partial(smoke, parse(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
