# SPDX-License-Identifier: BSD-2-Clause
"""`make check`: every check is a pytest test; this runs them and counts honestly.

Files of tests run beside each other, as many as there are processors, where pytest-xdist is installed.
Prints a line per test and, alone on the last line, `N passed, N failed, N skipped`. Nothing passed is a failure.
A test that runs a program with cases of its own, such as smoke boots, counts as those cases.
Arguments are handed to pytest (`python3 -m ci.checks -k limits`).
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections import Counter
from typing import Any

import pytest

from ci.tree import Suite

FOLDERS = ["ci/lint", "ci/unit", "ci/host"]
DETAIL_LINES = 20


def set_options(config: pytest.Config) -> None:
    """Options that the terminal reporter would define."""
    config.option.verbose = 1
    config.option.tbstyle = "short"


class Reporter:
    """Replaces pytest's terminal output: one line per test, details of what failed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter(passed=0, failed=0, skipped=0)
        self._failures: list[str] = []
        self._started = time.monotonic()

    def pytest_configure(self, config: pytest.Config) -> None:
        """For this process; ci/conftest.py does it for the others."""
        set_options(config)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test: its call decides, and set-up or tear-down when they go wrong."""
        if report.when != "call" and report.passed:
            return
        properties = dict(report.user_properties) if report.when == "call" else {}
        suite: Any = properties.get("suite")
        self._count(report.outcome, report.nodeid, report.longrepr, report.duration)
        for line in str(properties.get("figures", "")).splitlines():
            print(f"     {line}")
        if suite:
            self._count_cases(report, Suite(**suite))

    def _count_cases(self, report: pytest.TestReport, suite: Suite) -> None:
        """A test that ran a program with cases counts as those."""
        self.counts.subtract([report.outcome])
        self.counts.update(passed=suite.passed, failed=suite.failed, skipped=suite.skipped)
        if report.failed and not suite.failed:
            self.counts["failed"] += 1
        print(f"     {suite.passed} passed, {suite.failed} failed, {suite.skipped} skipped")
        for reason in suite.skips:
            print(f"SKIP {report.nodeid}: {reason}", flush=True)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A test file that cannot be read is a failure, one that is left out a skip."""
        if not report.passed:
            self._count(report.outcome, report.nodeid, report.longrepr, 0)

    def pytest_internalerror(self, excrepr: object) -> None:
        """pytest itself went wrong."""
        self._count("failed", "pytest", excrepr, 0)

    def _count(self, outcome: str, name: str, details: object, seconds: float) -> None:
        self.counts[outcome] += 1
        line = f"{outcome[:4].upper()} {name}" + (f" ({seconds:.1f} s)" if seconds >= 1 else "")
        if outcome == "skipped" and isinstance(details, tuple):
            line += ": " + str(details[2]).removeprefix("Skipped: ")
        print(line)
        if outcome == "failed":
            print(details)
            self._failures += [line, *str(details).splitlines()[-DETAIL_LINES:]]
        sys.stdout.flush()

    def conclude(self) -> None:
        """The failures once more, where whoever looks at the end finds them, and the counts."""
        if self._failures:
            print("", "What failed:", *self._failures, sep="\n")
        counts = self.counts
        minutes, seconds = divmod(round(time.monotonic() - self._started), 60)
        print(f"took {minutes} min {seconds} s on {len(os.sched_getaffinity(0))} processors")
        print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")

    @property
    def good(self) -> bool:
        """Something passed and nothing failed."""
        return self.counts["failed"] == 0 and self.counts["passed"] > 0


def beside_each_other(processors: int) -> list[str]:
    """Options that share the files out among processes; the tests of one file stay together, in their order."""
    if importlib.util.find_spec("xdist") is None:
        return []
    return ["-n", str(max(2, processors)), "--dist", "loadfile", "--max-worker-restart", "1"]


def main(arguments: list[str]) -> int:
    """Run the checks; 0 when all is good."""
    reporter = Reporter()
    targets: list[str] = []
    if not any(not word.startswith("-") for word in arguments[:1]):
        targets = [*beside_each_other(len(os.sched_getaffinity(0))), *FOLDERS]
    status = pytest.main(["-p", "no:terminal", *arguments, *targets], plugins=[reporter])
    reporter.conclude()
    return 0 if reporter.good and status == pytest.ExitCode.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
