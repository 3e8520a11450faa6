# SPDX-License-Identifier: BSD-2-Clause
"""From plans to evidence, for `make smoke` and `etherforge smoke`: boot, keep what was found, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.chips.gate import TIER, summary
from ci.lab.case import Plan
from ci.lab.journal import compact, merge
from ci.lab.junit import write_junit
from ci.lab.pool import default_jobs
from ci.lab.report import SPECIAL_TIERS
from ci.lab.run import Run


@dataclass(frozen=True)
class Way:
    """How boots are run, and what is written about them."""

    jobs: int = default_jobs()
    workers: str = ""  # address of a Dask scheduler
    again: bool = False  # boot what has passed before, too
    whole: bool = False  # all boots of the images: what the journal has of others is dropped
    junit: Path | None = None


def prove(plans: Sequence[Plan], folder: Path, way: Way) -> int:
    """Boot; journal, console texts and evidence.json go to the folder. The exit code.

    An interrupted run keeps what it found, and the next one goes on from there.
    """
    run = Run(folder, plans, way.again)
    reason = run.go(way.jobs, way.workers)
    if way.whole and not reason:
        known = run.journal.latest().values()
        others = {record.case for record in known if record.tier in SPECIAL_TIERS}
        compact(run.journal.path, {plan.key for plan in plans} | others)
    known = run.journal.latest().values()
    gates = {it.card.partition("@")[0]: summary(it) for it in known if it.tier == TIER}
    merge(known, folder / "evidence.json", gates)
    if way.junit:
        write_junit(run.kept + run.found, way.junit)
    return run.show(reason)
