# SPDX-License-Identifier: BSD-2-Clause
"""Chip models by hand: `python3 -m ci.chips list|gate|boot|mutants`; `make chips` tries all of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ci.chips import gate, mutants
from ci.chips.boot import boot
from ci.chips.gate import TIER, facts_of, gate_case, messages
from ci.chips.process import Chip, chips
from ci.lab.boot import run_case
from ci.lab.case import Label
from ci.lab.judge import PASS
from ci.lab.machine import BINARY


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
        command.add_argument("--qemu", default="", help="another one")
        command.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    command = commands.add_parser("mutants", help="bugs of drivers, which the models have to find")
    command.add_argument("words", nargs="*", help="of those that are wanted")
    command.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.command == "mutants":
        return mutants.main(options.words, options.jobs)
    if options.command == "list":
        print("\n".join(str(chip) for chip in chips().values()))
        return 0
    name, _, shown = options.chip.partition("@")
    if name not in chips():
        print(f"{name}: there is no such model; hint: {', '.join(chips())}", file=sys.stderr)
        return 2
    chip = chips()[name].showing(shown)
    if options.command == "boot":
        return boot(chip, options.rom, options.seed, options.timeout, options.qemu or BINARY)
    return try_gate(chip, options.seed, options.qemu or gate.BINARY)


def try_gate(chip: Chip, seed: int, binary: str) -> int:
    """Linux on it, and what it found. The exit code."""
    found = run_case(gate_case(chip, seed, Label(TIER, card=str(chip)), binary))
    print(f"--- console\n{found.console}\n--- card\n{found.card_log}--- messages about the card")
    module = facts_of(found.console).get("module", "?")
    for level, text in messages(found.console, module):
        print(f"<{level}> {text}")
    print(f"--- {facts_of(found.console)}")
    print(found.line())
    return 0 if found.verdict == PASS else 1


if __name__ == "__main__":
    sys.exit(main())
