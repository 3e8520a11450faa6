# SPDX-License-Identifier: BSD-2-Clause
"""What a smoke run shows: a progress line while it goes, a table when it is done."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TextIO

from ci.lab.journal import TIERS, Record
from ci.lab.judge import FAIL, PASS, SKIP, STATUSES, TIMEOUT

# Other boots than an image's own: they are kept in the journal, but are evidence of no image.
SPECIAL_TIERS = (
    "linux",
    "input",
    "cards",
    "bochs",
    "server",
    "samples",
    "format",
    "gate",
    "chips",
    "ipxe",
)
TIER_ORDER = (*TIERS, "control", *SPECIAL_TIERS)


class Progress:
    """A line for each case, or one that is rewritten in place on a terminal; failures always have a line."""

    def __init__(self, total: int, lines: bool = False, stream: TextIO = sys.stderr) -> None:
        self.total, self.lines, self.stream = total, lines, stream
        self.live = stream.isatty() and not lines
        self.counts: Counter[str] = Counter()
        self.started = time.monotonic()

    def add(self, record: Record) -> None:
        """Count a record, and show it where it is to be shown."""
        self.counts[record.verdict] += 1
        if self.lines:
            print(record.line(), flush=True)
        elif record.verdict in (FAIL, TIMEOUT):
            self.clear()
            print(f"{record.verdict.upper():7} {record.case}: {record.reason}", file=self.stream)
        if self.live:
            done = sum(self.counts.values())
            rate = done / max(time.monotonic() - self.started, 0.001)
            bad = self.counts[FAIL] + self.counts[TIMEOUT]
            text = f"{done}/{self.total} booted, {bad} failed, {rate:.1f}/s"
            print(f"\r\x1b[K{text}", end="", file=self.stream, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self.live:
            print("\r\x1b[K", end="", file=self.stream, flush=True)


def table(records: Iterable[Record]) -> str:
    """Counts per family, medium and tier."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for record in records:
        row = (record.family, record.medium, record.tier)
        counts.setdefault(row, Counter())[record.verdict] += 1
    head = ("family", "medium", "tier", "passed", "failed", "timeout", "skipped")
    rows = [
        (*row, *(str(counts[row][status]) for status in (PASS, FAIL, TIMEOUT, SKIP)))
        for row in sorted(counts, key=lambda row: (row[0], row[1], TIER_ORDER.index(row[2])))
    ]
    return layout([head, *rows])


def layout(rows: Sequence[Sequence[str]]) -> str:
    """Columns of equal width: words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if rows[-1][column].replace(".", "").isdigit() else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def skip_reasons(records: Iterable[Record]) -> list[str]:
    """One line per reason for which cases were skipped."""
    reasons = Counter(record.reason for record in records if record.verdict == SKIP)
    return [f"SKIP {count} x {reason}" for reason, count in reasons.most_common()]


def totals(records: Iterable[Record]) -> dict[str, int]:
    """Number of records by status."""
    counts = Counter(record.verdict for record in records)
    return {status: counts[status] for status in STATUSES}


def last_line(records: Iterable[Record]) -> str:
    """The summary that scripts read; a timeout is a failure."""
    count = totals(records)
    bad = count[FAIL] + count[TIMEOUT]
    return f"{count[PASS]} passed, {bad} failed, {count[SKIP]} skipped"


def good(records: Iterable[Record]) -> bool:
    """Something passed, nothing failed."""
    count = totals(records)
    return count[PASS] > 0 and count[FAIL] + count[TIMEOUT] == 0
