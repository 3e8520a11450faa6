# SPDX-License-Identifier: BSD-2-Clause
"""Boots on a chip model count once Linux's driver has passed on that model, in the same run."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ci.chips.gate import TIER, gate_case
from ci.chips.process import Chip, chips, program_sha256
from ci.lab.case import Case, Label, Plan
from ci.lab.journal import Record
from ci.lab.judge import FAIL, PASS, SKIP
from ci.packages import Unavailable


@dataclass(frozen=True)
class GatePlan:
    """The gate of one model."""

    name: str
    keeps = False

    @property
    def key(self) -> str:
        """Of its case."""
        return f"{TIER}+{self.name}"

    @property
    def label(self) -> Label:
        """It is evidence of no image."""
        return Label(TIER, card=f"{Chip(self.name, '')}", model_sha256=program_sha256())

    def make(self) -> Case:
        """With latencies that no run before had."""
        if self.name not in chips():
            raise Unavailable(f"there is no chip model {self.name} in ci/chips/model")
        chip = chips()[self.name]
        return gate_case(chip, 1 + secrets.randbelow(1 << 31), replace(self.label, card=str(chip)))


def with_gates(plans: list[Plan]) -> list[Plan]:
    """The plans, and before them the gates of the models that they boot on."""
    found = (Chip.of(plan.label.card) for plan in plans if plan.label.tier != TIER)
    there = {plan.key for plan in plans}
    gates = (GatePlan(name) for name in dict.fromkeys(chip.name for chip in found if chip))
    return [*(gate for gate in gates if gate.key not in there), *plans]


def validated(records: Iterable[Record]) -> Iterator[Record]:
    """The records, where those of a model come after its gate's; what passed on one that did not pass, does not."""
    gates: dict[str, Record] = {}
    waiting: dict[str, list[Record]] = {}
    for record in records:
        chip = Chip.of(record.card)
        if chip is None:
            yield record
        elif record.tier == TIER:
            gates[chip.name] = record
            yield record
            yield from (_judged(it, record) for it in waiting.pop(chip.name, []))
        elif chip.name in gates:
            yield _judged(record, gates[chip.name])
        else:
            waiting.setdefault(chip.name, []).append(record)
    for name, left in waiting.items():
        for record in left:
            yield _judged(record, Record(f"{TIER}+{name}", TIER, "", FAIL, "it was not tried"))


def _judged(record: Record, gate: Record) -> Record:
    if record.verdict != PASS or gate.verdict == PASS:
        return record
    verdict = SKIP if gate.verdict == SKIP else FAIL
    return replace(record, verdict=verdict, reason=f"the model is not validated: {gate.reason}")
