# SPDX-License-Identifier: BSD-2-Clause
"""Workers are not taken at their word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ci.lab import pool
from ci.lab.boot import record_of
from ci.lab.case import Case, Label
from ci.lab.journal import Record
from ci.lab.judge import FAIL, PASS, SKIP, Expected, Verdict
from ci.lab.machine import Machine
from ci.lab.network import User
from ci.lab.pool import Pool
from ci.packages import Unavailable

NONCE = "0123456789abcdef0123456789abcdef"


def a_case(name: str = "a", nonce: str = NONCE, boots: bool = True) -> Case:
    """One boot."""
    label = Label("exact", "rtl8139", "rtl8139", f"{name}.rom", "aa", "rom", "rom", "nbi")
    return Case(
        f"{name}.rom+rtl8139+rom",
        replace(label, booted_sha256="dd"),
        Machine("rtl8139", b"image"),
        User("x.nbi"),
        {"x.nbi": b"boot file"},
        Expected(nonce, "00000000", boots=boots),
    )


@dataclass(frozen=True)
class APlan:
    """Of a case that is there already, or cannot be made."""

    case: Case | Exception = a_case()
    key = "a.rom+rtl8139+rom"
    label = Label("exact")
    keeps = False

    def make(self) -> Case:
        """The case."""
        if isinstance(self.case, Exception):
            raise self.case
        return self.case


def answering(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    """What a worker answers: this, or what this makes of the case."""

    def run_case(case: Case, evidence: Path | None) -> object:
        return answer(case) if callable(answer) else answer

    monkeypatch.setattr(pool, "run_case", run_case)


def passed(case: Case) -> Record:
    """An honest answer."""
    return replace(record_of(case, Verdict(PASS)), console=f"EFPAYLOAD nonce={case.expected.nonce}")


@pytest.mark.parametrize(
    ("lie", "text"),
    [
        (passed(a_case("b")), "has case 'b.rom+rtl8139+rom', it was sent 'a.rom+rtl8139+rom'"),
        (passed(a_case(nonce="f" * 32)), "has nonce 'ffff"),
        (replace(passed(a_case()), sha256="bb"), "has sha256 'bb', it was sent 'aa'"),
        (replace(passed(a_case()), booted_sha256="cc"), "has booted_sha256 'cc'"),
        (replace(passed(a_case()), tier="family"), "has tier 'family', it was sent 'exact'"),
        (replace(passed(a_case()), card="e1000"), "has card 'e1000', it was sent 'rtl8139'"),
        (replace(passed(a_case()), console=""), "its console text does not show that"),
        (replace(passed(a_case()), verdict="fine"), "has the verdict 'fine'"),
        ({"verdict": "pass"}, "answered with a dict, not a record"),
        (None, "answered with a NoneType, not a record"),
    ],
)
def test_lying_worker(monkeypatch: pytest.MonkeyPatch, lie: object, text: str) -> None:
    """What is not about the case that was sent counts as a failure of that case."""
    answering(monkeypatch, lie)
    (record,) = Pool(1).run([APlan()])
    assert (record.verdict, record.case, record.nonce) == (FAIL, a_case().key, NONCE)
    assert record.reason.startswith("the worker") and text in record.reason


def test_honest_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts as it is; a control passes without its nonce, and not with it."""
    answering(monkeypatch, passed)
    (record,) = Pool(1).run([APlan()])
    assert replace(record, when="") == replace(passed(a_case()), when="")
    control = APlan(a_case(boots=False))
    (record,) = Pool(1).run([control])
    assert record.verdict == FAIL
    answering(monkeypatch, lambda case: replace(passed(case), console="E27"))
    (record,) = Pool(1).run([control])
    assert record.verdict == PASS


def test_worker_that_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it fails with, one case failed."""

    def fail(case: Case) -> Record:
        raise KeyError("tmp")

    answering(monkeypatch, fail)
    first, second = Pool(1).run([APlan(), APlan()])
    assert first.reason == "the worker could not run it: KeyError: 'tmp'"
    assert second.verdict == FAIL


def test_what_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that lacks something here is a skip with its reason, another one a failure; the rest is booted."""
    answering(monkeypatch, passed)
    plans = [APlan(Unavailable("no stock ROM")), APlan(ValueError("too long")), APlan()]
    skipped, failed, booted = Pool(1).run(plans)
    assert (skipped.verdict, skipped.reason, skipped.case) == (SKIP, "no stock ROM", APlan.key)
    assert (failed.verdict, failed.reason) == (FAIL, "could not be made: too long")
    assert booted.verdict == PASS
