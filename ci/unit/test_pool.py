"""Workers are not taken at their word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ci import pool
from ci.evidence import Record
from ci.judge import FAIL, PASS, Expected, Verdict
from ci.pool import Pool
from ci.runner import Case, record_of

NONCE = "0123456789abcdef0123456789abcdef"


def a_case(name: str = "a", nonce: str = NONCE, boots: bool = True) -> Case:
    """One boot."""
    expected = Expected(nonce, "00000000", boots=boots)
    return Case(
        f"{name}.rom+rtl8139+rom",
        f"{name}.rom",
        "aa",
        "rom",
        "rtl8139",
        "exact",
        "rtl8139",
        "rom",
        b"image",
        "nbi",
        "x.nbi",
        b"boot file",
        expected,
    )


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
    monkeypatch.setattr(pool, "run_case", lambda case: lie)
    (record,) = Pool(1).run([a_case])
    assert (record.verdict, record.case, record.nonce) == (FAIL, a_case().key, NONCE)
    assert record.reason.startswith("the worker") and text in record.reason


def test_honest_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts as it is; a control passes without its nonce, and not with it."""
    monkeypatch.setattr(pool, "run_case", passed)
    assert list(Pool(1).run([a_case])) == [passed(a_case())]

    def control() -> Case:
        return a_case(boots=False)

    (record,) = Pool(1).run([control])
    assert record.verdict == FAIL
    monkeypatch.setattr(pool, "run_case", lambda case: replace(passed(case), console="E27"))
    (record,) = Pool(1).run([control])
    assert record.verdict == PASS


def test_worker_that_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it fails with, one case failed."""

    def fail(case: Case) -> Record:
        raise KeyError("tmp")

    monkeypatch.setattr(pool, "run_case", fail)
    first, second = Pool(1).run([a_case, a_case])
    assert first.reason == "the worker could not run it: KeyError: 'tmp'"
    assert second.verdict == FAIL
