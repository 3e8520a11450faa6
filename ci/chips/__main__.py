# SPDX-License-Identifier: BSD-2-Clause
"""Chip models by hand: `python3 -m ci.chips gate|boot|list`. `make chips` does all of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ci.chips.boot import boot
from ci.chips.gate import gate
from ci.chips.kernel import kernel
from ci.chips.process import Chip, chips
from ci.packages import CACHE, Unavailable


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.chips", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the models that there are")
    for name, what in (("gate", "Linux's own driver on it"), ("boot", "a .rom of ours on it")):
        command = commands.add_parser(name, help=what)
        command.add_argument(
            "chip", help="its name, also with the ID it is to show: dp83816@100b:0020"
        )
        if name == "boot":
            command.add_argument("rom", type=Path)
        command.add_argument("--seed", type=int, default=0, help="of latencies; 0: short ones")
        command.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    options = parser.parse_args()
    if options.command == "list":
        print("\n".join(str(chip) for chip in chips().values()))
        return 0
    name, _, shown = options.chip.partition("@")
    if name not in chips():
        print(f"{name}: there is no such model; hint: {', '.join(chips())}", file=sys.stderr)
        return 2
    chip = chips()[name].showing(shown)
    if options.command == "boot":
        return boot(chip, options.rom, options.seed, options.timeout)
    return try_gate(chip, options.seed, options.timeout)


def try_gate(chip: Chip, seed: int, timeout: float) -> int:
    """Linux on it, and what it found. The exit code."""
    try:
        with TemporaryDirectory(prefix="gate-") as folder:
            found = gate(chip, kernel(CACHE), Path(folder), seed, timeout)
    except Unavailable as reason:
        print(f"SKIP {reason}")
        return 1
    print(f"--- console\n{found.console}\n--- card\n{found.log}--- messages")
    print("\n".join(found.messages))
    print(
        f"--- {found.facts}\n--- {'FAIL: ' + found.reason if found.reason else 'pass'}: {chip},",
        end="",
    )
    print(f" Linux {found.kernel} {found.module}, seed {seed}, {found.seconds:.1f} s")
    return 0 if found.passed else 1


if __name__ == "__main__":
    sys.exit(main())
