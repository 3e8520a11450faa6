# SPDX-License-Identifier: BSD-2-Clause
"""Coverage-guided fuzzing (libFuzzer) of everything that reads bytes from outside.

    python3 -m ci.fuzz [--name NAME] [--seconds N]     without end, or N seconds per target; `make fuzz`

A target is one file ci/fuzz/NAME_fuzz.c. It starts from ci/fuzz/seeds/NAME/, with the words of ci/fuzz/NAME.dict;
what it learns stays in out/fuzz/NAME/corpus, and what it finds in out/fuzz/NAME/, with the command that repeats it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

from ci.host_c import build
from ci.tree import ROOT

FOLDER = ROOT / "ci/fuzz"
OUT = ROOT / "out/fuzz"
RUNS, RUN_SECONDS = 20000, 3  # in `make check`


@cache
def names() -> tuple[str, ...]:
    """The targets."""
    return tuple(sorted(path.stem.removesuffix("_fuzz") for path in FOLDER.glob("*_fuzz.c")))


def lacking() -> str:
    """Why nothing can be fuzzed here; "" when it can."""
    clang = shutil.which("clang")
    if clang is None:
        return "clang is missing; hint: sudo apt-get install clang libclang-rt-dev"
    OUT.mkdir(parents=True, exist_ok=True)
    probe = "int LLVMFuzzerTestOneInput(const void *d, unsigned long n) { return d && n > 9; }"
    words = [clang, "-fsanitize=fuzzer,address", "-x", "c", "-", "-o", str(OUT / "probe")]
    done = subprocess.run(words, input=probe, capture_output=True, text=True, check=False)
    if done.returncode:
        return "clang has no libFuzzer; hint: sudo apt-get install libclang-rt-dev"
    return ""


@dataclass(frozen=True)
class Target:
    """One target, and where what belongs to it is."""

    name: str

    @property
    def seeds(self) -> Path:
        """Inputs it starts from."""
        return FOLDER / "seeds" / self.name

    @property
    def out(self) -> Path:
        """What it learns and finds."""
        return OUT / self.name

    @property
    def program(self) -> str:
        """The program's name."""
        return f"{self.name}_fuzz"

    def replay(self, folder: Path, copies: int) -> list[str]:
        """The command that runs the seeds, and so many damaged copies of each, without libFuzzer."""
        return [str(folder / self.program), str(copies), *map(str, sorted(self.seeds.iterdir()))]

    def command(self, program: Path, *options: str) -> list[str]:
        """To run it, with libFuzzer's options."""
        words = [str(program), *options, f"-artifact_prefix={self.out}/", "-timeout=10"]
        dictionary = FOLDER / f"{self.name}.dict"
        if dictionary.exists():
            words.append(f"-dict={dictionary}")
        return words

    def bounded(self, program: Path) -> subprocess.CompletedProcess[str]:
        """A run that is the same each time, and ends."""
        self.out.mkdir(parents=True, exist_ok=True)
        limits = (f"-runs={RUNS}", f"-max_total_time={RUN_SECONDS}", "-seed=1")
        words = [*self.command(program, *limits, "-print_final_stats=1"), str(self.seeds)]
        # libFuzzer adds what it finds to the first folder: the tree's seeds are not that
        corpus = self.out / "bounded"
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        words.insert(-1, str(corpus))
        return subprocess.run(
            words, capture_output=True, text=True, errors="replace", cwd=ROOT, check=False
        )

    def endless(self, seconds: int) -> int:
        """Until it finds something, the time is up (0: never) or Ctrl-C."""
        program = build("fuzz", self.program) / self.program
        corpus = self.out / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        words = self.command(program, f"-max_total_time={seconds}", "-print_final_stats=1")
        before = set(self.findings())
        done = subprocess.run([*words, str(corpus), str(self.seeds)], cwd=ROOT, check=False)
        for path in sorted(set(self.findings()) - before):
            print(f"{self.name}: {path.relative_to(ROOT)}; to repeat: {program} {path}")
        return done.returncode

    def findings(self) -> list[Path]:
        """Inputs that ended a run."""
        return [path for path in self.out.glob("*-*") if path.is_file()]


@click.command()
@click.option("--name", envvar="FUZZ", help="one target only")
@click.option("--seconds", envvar="SECONDS", default=0, help="per target; 0: without end")
def main(name: str | None, seconds: int) -> None:
    """Fuzz one target, or each in turn."""
    if name and name not in names():
        raise click.UsageError(f"{name}: no such target; hint: {', '.join(names())}")
    reason = lacking()
    if reason:
        raise click.ClickException(reason)
    turn = seconds or (0 if name else 600)
    status = 0
    try:
        while True:
            for each in [name] if name else names():
                print(f"{each}: {f'{turn} s' if turn else 'until Ctrl-C'}", flush=True)
                status |= Target(each).endless(turn)
                if status:
                    sys.exit(1)
            if seconds or name:
                break
    except KeyboardInterrupt:
        print()
    sys.exit(1 if status else 0)


if __name__ == "__main__":
    os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=1")
    main()
