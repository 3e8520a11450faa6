# SPDX-License-Identifier: BSD-2-Clause
"""What make's variables ask of a program: `python3 -m ci.from_make smoke`.

T, O and the others come through the environment and become arguments here, so that no shell ever reads them.
"""

from __future__ import annotations

import importlib
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """A module with a main(arguments), and the variables that it understands."""

    module: str
    values: Mapping[str, str]  # variable: the option that takes its value
    options: str  # the variable with further options, as one would type them


BUILD = {"O": "--out", "SPEC": "--spec"}
SUITE = {"FAMILY": "--family", "WORKERS": "--workers", **BUILD}
PROGRAMS = {
    "smoke": Program("ci.smoke.__main__", {"T": "--id", **SUITE}, "SMOKE"),
    "pxe": Program("ci.pxe.run", SUITE, "PXE"),
    "chips": Program("ci.chips.run", SUITE, "CHIPS"),
    "faults": Program("ci.faults", SUITE, "FAULTS"),
    "bench": Program("ci.bench", {"PEER": "--peer", **BUILD}, "BENCH"),
}


def arguments(program: Program, environment: Mapping[str, str]) -> list[str]:
    """The command line of the program. Raises ValueError when a quote is not closed."""
    given = [
        f"{option}={environment[variable]}"  # one word: a value may start with a dash
        for variable, option in program.values.items()
        if environment.get(variable)
    ]
    return given + shlex.split(environment.get(program.options, ""))


def main(words: list[str]) -> int:
    """Run the program; its exit code."""
    program = PROGRAMS[words[0]]
    try:
        given = arguments(program, os.environ)
    except ValueError as error:
        print(f"{program.options}: {str(error).lower()}; hint: close it", file=sys.stderr)
        return 2
    status: int = importlib.import_module(program.module).main(given)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
