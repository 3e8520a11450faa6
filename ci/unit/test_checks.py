# SPDX-License-Identifier: BSD-2-Clause
"""The runner counts honestly, and silence never passes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ci.checks import beside_each_other
from ci.tree import ROOT, unavailable

PASSES = "def test_good():\n    pass\n"
FAILS = "def test_bad():\n    assert 1 == 2, 'one is not two'\n"
SKIPS = "import pytest\ndef test_absent():\n    pytest.skip('no such tool')\n"
NEEDS = "from ci.tree import need_tool\ndef test_tool():\n    need_tool('no-such-tool')\n"
BROKEN = "import no_such_module\n"
FAILS_IN_SETUP = (
    "import pytest\n@pytest.fixture\ndef f():\n    raise OSError('no disk')\n"
    "def test_never_called(f):\n    pass\n"
)


def _check(
    folder: Path, *tests: str, options: Sequence[str] = (), **environment: str
) -> tuple[int, list[str]]:
    for number, text in enumerate(tests):
        (folder / f"test_{number}.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "ci.checks", str(folder), *options],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "CI"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_all_good(tmp_path: Path) -> None:
    code, lines = _check(tmp_path, PASSES, SKIPS)
    assert (code, lines[-1]) == (0, "1 passed, 0 failed, 1 skipped")
    assert re.fullmatch(r"took 0 min \d+ s on \d+ processors", lines[-2])
    assert [line for line in lines if line.startswith("SKIP") and line.endswith(": no such tool")]


def test_failure(tmp_path: Path) -> None:
    code, lines = _check(tmp_path, PASSES, FAILS)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed, 0 skipped")
    assert any("one is not two" in line for line in lines)


def test_failing_fixture(tmp_path: Path) -> None:
    code, lines = _check(tmp_path, PASSES, FAILS_IN_SETUP)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed, 0 skipped")


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    code, lines = _check(tmp_path, PASSES, BROKEN)
    assert code == 1 and lines[-1].endswith("1 failed, 0 skipped")


def test_nothing_passed(tmp_path: Path) -> None:
    code, lines = _check(tmp_path, SKIPS)
    assert (code, lines[-1]) == (1, "0 passed, 0 failed, 1 skipped")


def test_nothing_at_all(tmp_path: Path) -> None:
    code, lines = _check(tmp_path)
    assert (code, lines[-1]) == (1, "0 passed, 0 failed, 0 skipped")


def test_missing_tool(tmp_path: Path) -> None:
    assert _check(tmp_path, PASSES, NEEDS)[0] == 0
    code, lines = _check(tmp_path, PASSES, NEEDS, CI="true")
    assert (code, lines[-1]) == (1, "1 passed, 1 failed, 0 skipped")
    assert any("no-such-tool is not installed" in line for line in lines)


SUITE = """
import sys
from ci.tree import run_suite
def test_suite(record_property):
    run_suite(record_property, "sh", "-c", {script!r})
"""


def _suite(folder: Path, *lines: str, status: int = 0, **environment: str) -> tuple[int, list[str]]:
    script = "".join(f"echo '{line}'; " for line in lines) + f"exit {status}"
    return _check(folder, SUITE.format(script=script), **environment)


def test_cases_of_a_suite_are_counted(tmp_path: Path) -> None:
    """In place of the test that runs them; what it skipped is shown."""
    code, lines = _suite(
        tmp_path, "PASS a", "SKIP b: no such card", "12 passed, 0 failed, 1 skipped"
    )
    assert (code, lines[-1]) == (0, "12 passed, 0 failed, 1 skipped")
    assert [x for x in lines if x.startswith("SKIP") and x.endswith("test_suite: b: no such card")]


def test_failures_of_a_suite_are_counted(tmp_path: Path) -> None:
    code, lines = _suite(tmp_path, "FAIL b: hangs", "3 passed, 2 failed, 0 skipped", status=1)
    assert (code, lines[-1]) == (1, "3 passed, 2 failed, 0 skipped")
    assert "FAIL b: hangs" in lines


def test_skip_of_a_suite_fails_in_ci(tmp_path: Path) -> None:
    """Unless nothing that could be installed would help."""
    last = "3 passed, 0 failed, 1 skipped"
    code, lines = _suite(tmp_path, "SKIP b: x is not installed", last, CI="true")
    assert (code, lines[-1]) == (1, "3 passed, 1 failed, 1 skipped")
    assert "b: x is not installed" in lines
    code, lines = _suite(tmp_path, "SKIP b: QEMU 7.2 has no card igb", last, CI="true")
    assert (code, lines[-1]) == (0, last)


def test_suite_that_counts_nothing(tmp_path: Path) -> None:
    for words in (("all is well",), (), ("1 passed, 0 failed, 1 skipped",)):
        code, lines = _suite(tmp_path, *words)
        assert code == 1 and " 1 failed, " in lines[-1], lines


CRASHES = "import os\ndef test_crash():\n    os._exit(3)\ndef test_behind_it():\n    pass\n"


def test_beside_each_other(tmp_path: Path) -> None:
    """Processes that share the files out count as one does: skips, suites, and what ended a process."""
    options = beside_each_other(2)
    if not options:
        unavailable("pytest-xdist is not installed")
    script = "echo 'SKIP b: no such card'; echo '3 passed, 0 failed, 1 skipped'"
    suite = SUITE.format(script=script)
    tests = (PASSES, SKIPS, suite, PASSES, FAILS, FAILS_IN_SETUP)
    code, lines = _check(tmp_path, *tests, options=options)
    assert (code, lines[-1]) == (1, "5 passed, 2 failed, 2 skipped")
    assert [line for line in lines if line.startswith("SKIP") and line.endswith(": no such tool")]
    assert any("one is not two" in line for line in lines)
    (tmp_path / "crash").mkdir()
    code, lines = _check(tmp_path / "crash", PASSES, CRASHES, options=options)
    assert code == 1 and " 0 failed, " not in lines[-1]
    assert any("crashed while running" in line for line in lines)
