# SPDX-License-Identifier: BSD-2-Clause
"""The list of bugs that tests have to find, and a few of them; `make mutants` makes them all."""

from __future__ import annotations

import pytest

from ci import mutants
from ci.mutants import Mutant, is_found, read
from ci.tree import need_tool

FEW = ("an IP header below 20 bytes", "kernel room that wraps", "a structure with a wrong checksum")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    need_tool("gcc")
    monkeypatch.setattr(mutants, "FLAVOUR", "mutant-check")


def test_list() -> None:
    """Each can still be made, and its tests exist."""
    problems = [each.problem() for each in read() if each.problem()]
    assert not problems, "\n".join(problems)
    assert len(read()) >= 30 and len({each.bug for each in read()}) == len(read())


@pytest.mark.parametrize("bug", FEW)
def test_few(bug: str) -> None:
    """A test finds each, and has nothing to find without it."""
    (mutant,) = [each for each in read() if each.bug == bug]
    assert is_found(mutant, mutant.tests[0])
    assert not is_found(None, mutant.tests[0])


def test_survivor(capsys: pytest.CaptureFixture[str]) -> None:
    """What changes nothing is told of."""
    file = "src/firmware/net/bootname.c"
    mutant = Mutant("nothing", file, "if (!length)", "if (length == 0)", ("net_bootname_test",))
    assert mutants.report([mutant]) == 1
    assert "SURVIVED  nothing" in capsys.readouterr().out


@pytest.mark.parametrize("old", ["no such text", "return"])
def test_stale(old: str) -> None:
    """Text that is not there, or not only once, is an error."""
    mutant = Mutant("old", "src/firmware/net/bootname.c", old, "", ("net_bootname_test",))
    assert "old text occurs" in mutant.problem()
