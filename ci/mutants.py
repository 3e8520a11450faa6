# SPDX-License-Identifier: BSD-2-Clause
"""Do the tests find bugs? Makes each of those in ci/mutants.yaml, one at a time, and runs the tests that have to fail.

    python3 -m ci.mutants [WORD …]     all, or those whose description or file has the words; `make mutants`

The tree itself is not changed. A bug that no test finds fails the run, and so does one whose text is not there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from ci.host_c import DoesNotBuild, build
from ci.tree import ROOT

LIST = ROOT / "ci/mutants.yaml"
FLAVOUR = "mutant"  # of build/host.mk
SECONDS = 120  # a test that runs longer has found something, too


@dataclass(frozen=True)
class Mutant:
    """One bug."""

    bug: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def problem(self) -> str:
        """Why it cannot be made; "" when it can."""
        count = (ROOT / self.file).read_text(encoding="utf-8").count(self.old)
        absent = [name for name in self.tests if not test_path(name).exists()]
        if count != 1:
            return f"{self.file}: {self.bug}: old text occurs {count} times"
        return f"{self.bug}: no such test: {', '.join(absent)}" if absent else ""

    def write(self) -> None:
        """Write the file with the bug in it where build/host.mk looks for it."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        path = ROOT / "out/host" / FLAVOUR / "source" / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def test_path(name: str) -> Path:
    """The file of a test: C, unless it ends in .py."""
    return ROOT / "ci/host" / (name if name.endswith(".py") else f"{name}.c")


def read() -> list[Mutant]:
    """The list."""
    entries = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return [
        Mutant(each["bug"], each["file"], each["old"], each["new"], tuple(each["tests"]))
        for each in entries
    ]


def fails(words: Sequence[str], environment: dict[str, str]) -> bool:
    """True when the command does not succeed in its time."""
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def is_found(mutant: Mutant | None, test: str) -> bool:
    """True when the test fails with this bug in the tree; without one it must not."""
    of_tool = test.endswith(".py")
    name = "romtool" if of_tool else test
    try:
        program = build("asan", name) / name
        if mutant:
            mutant.write()
            program = build(FLAVOUR, name, mutant=mutant.file) / name
    except DoesNotBuild as error:
        raise click.ClickException(f"{mutant.bug if mutant else test}: {error}") from error
    if not of_tool:
        return fails([str(program)], {})
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    return fails([*words, str(test_path(test))], {"ROMTOOL": str(program)})


def report(mutants: Sequence[Mutant]) -> int:
    """Try them, print what came of each; how many lived."""
    living = 0
    for mutant in mutants:
        start = time.monotonic()
        killer = next((test for test in mutant.tests if is_found(mutant, test)), None)
        living += killer is None
        verdict = f"killed    {mutant.bug}" if killer else f"SURVIVED  {mutant.bug}"
        seconds = time.monotonic() - start
        print(
            f"{verdict} ({Path(mutant.file).name}; {killer or ', '.join(mutant.tests)}; {seconds:.1f} s)",
            flush=True,
        )
    return living


@click.command()
@click.argument("words", envvar="MUTANTS", nargs=-1)
def main(words: tuple[str, ...]) -> None:
    """Make the bugs and run the tests."""
    mutants = [each for each in read() if all(word in f"{each.bug} {each.file}" for word in words)]
    problems = [each.problem() for each in mutants if each.problem()]
    if problems or not mutants:
        raise click.ClickException("\n".join(problems) or f"no bug has the words {' '.join(words)}")
    broken = [
        test for test in sorted({t for each in mutants for t in each.tests}) if is_found(None, test)
    ]
    if broken:
        raise click.ClickException(f"fails without a bug: {', '.join(broken)}")
    living = report(mutants)
    print(f"{len(mutants) - living} killed, {living} survived")
    sys.exit(1 if living else 0)


if __name__ == "__main__":
    main()
