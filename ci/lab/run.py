# SPDX-License-Identifier: BSD-2-Clause
"""A run of many cases, for every program that boots: the journal, what is kept from the run before, how it ends."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from ci.chips.validated import validated, with_gates
from ci.images import RomtoolError
from ci.lab import report
from ci.lab.case import Plan
from ci.lab.journal import Journal, Record, compact, still_valid, write_console
from ci.lab.pool import Pool, Stopped, default_jobs
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError

REBUILD = "`make clean all` builds every image anew"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of every such program."""
    parser.add_argument("--family", default="", help="the cases of one family")
    parser.add_argument("--quick", action="store_true", help="a few cases")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="boots at a time")
    parser.add_argument(
        "--workers", default="", metavar="tcp://HOST:PORT", help="Dask scheduler to boot on"
    )
    add_build_options(parser)


def add_build_options(parser: argparse.ArgumentParser) -> None:
    """Which build's images."""
    parser.add_argument("--out", type=Path, default=Path("out"), help="where images were built")
    parser.add_argument("--spec", type=Path, default=Path("targets.yaml"), help="the matrix")


class Run:
    """What to boot, what was found. The folder gets journal, console texts and captures."""

    def __init__(
        self, folder: Path, plans: Collection[Plan], again: bool = True, lines: bool = False
    ) -> None:
        """`again`: boot what has passed before, too; `lines`: print one for each case."""
        self.folder, self.lines = folder, lines
        self.journal = Journal(folder / "journal.jsonl")
        self.kept = [] if again else self._still_valid(plans)
        settled = {record.case for record in self.kept}
        self.to_do = with_gates([plan for plan in plans if plan.key not in settled])
        self.found: list[Record] = []
        self.booted = 0
        self.seconds = 0.0

    def _still_valid(self, plans: Collection[Plan]) -> list[Record]:
        known = self.journal.latest()
        return [
            known[plan.key]
            for plan in plans
            if plan.keeps
            and still_valid(known.get(plan.key), plan.label.sha256, plan.label.model_sha256)
        ]

    def go(self, jobs: int, workers: str = "") -> str:
        """Do it. Returns why it ended early, "" when it did not; what was found until then is in the journal."""
        progress = report.Progress(len(self.to_do), self.lines)
        started = time.monotonic()
        try:
            with self.journal:
                for record in self._records(jobs, workers):
                    self.journal.append(record)
                    if record.console:
                        write_console(self.folder / "console", record)
                    self.found.append(record)
                    progress.add(record)
        except Stopped as reason:
            return str(reason)
        finally:
            progress.clear()
            self.seconds = time.monotonic() - started
        return ""

    def _records(self, jobs: int, workers: str) -> Iterator[Record]:
        pool = Pool(jobs, workers, self.folder / "captures")
        for record in validated(pool.run(self.to_do)):
            self.booted += record.wall > 0
            yield record

    def show(self, reason: str) -> int:
        """The last lines, and the exit code. `reason`: why it ended early."""
        if reason:
            print(f"{reason}; run it again to go on from here", file=sys.stderr)
        everything = self.kept + self.found
        if not self.lines:
            if everything:
                print(report.table(everything))
            for line in report.skip_reasons(everything):
                print(line)
            rate = f", {self.booted / self.seconds:.1f} boots per second" if self.booted else ""
            print(
                f"{self.booted} booted in {self.seconds:.1f} s{rate}; "
                f"{len(self.kept)} unchanged since they passed"
            )
        print(report.last_line(everything))
        return EXIT_FAILURE if reason or not report.good(everything) else 0


def boot_all(
    options: argparse.Namespace,
    plans: Collection[Plan],
    folder: Path,
    remark: str = "",
    jobs: int | None = None,
) -> int:
    """Boot them, as the options say, with a line for each. The exit code."""
    if not plans:
        print("no case matches; hint: without options, --list shows all", file=sys.stderr)
        return EXIT_INPUT
    if options.list:
        print("\n".join(plan.key for plan in plans))
        return 0
    run = Run(folder, plans, lines=True)
    reason = run.go(jobs or options.jobs, options.workers)
    compact(run.journal.path, run.journal.latest())
    if remark:
        print(f"{remark}, {run.seconds:.0f} s")
    return run.show(reason)


def guarded(name: str, body: Callable[[], int], refused: str = REBUILD) -> int:
    """The exit code of a program; what the user or the machine got wrong is one line.

    `refused`: what to do when romtool refuses an image.
    """
    try:
        return body()
    except FactoryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except FileNotFoundError as error:
        print(f"{error.filename}: not there; hint: run make first", file=sys.stderr)
        return EXIT_INPUT
    except RomtoolError as error:
        print(f"{name}: {error}; {refused}", file=sys.stderr)
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr)
    return EXIT_FAILURE
