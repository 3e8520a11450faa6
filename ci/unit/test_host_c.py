# SPDX-License-Identifier: BSD-2-Clause
"""The C tests in ci/host/, compiled for this machine with sanitizers that end a test at the first finding.

A test is one file `<name>_test.c` of TEST()s (ci/host/check.h). build/host.mk says what it is linked with.

The firmware is 32-bit, so each is also compiled and run as that, where sums wrap that a 64-bit program has room for.
Undefined behaviour is a trap there.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci.foreign import compiler_i386, run_i386
from ci.fuzz import Target, names
from ci.host_c import TESTS, build, build_text
from ci.tree import ROOT, need_tool

SECONDS = 120  # no test may run longer
COPIES = 20  # damaged ones of each seed


def run(command: Sequence[str | Path], name: str) -> None:
    """Run a test; its output is the message when it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{name}: still running after {SECONDS} s", pytrace=False)
    if done.returncode != 0:
        output = done.stdout.decode(errors="replace")
        trap = " (SIGILL: undefined behaviour)" if done.returncode in (-4, 132) else ""
        pytest.fail(f"{name}: exit code {done.returncode}{trap}\n{output}", pytrace=False)


@pytest.fixture(name="native", scope="module")
def _native() -> Path:
    need_tool("gcc")
    return build("asan", "all")


@pytest.fixture(name="narrow", scope="module")
def _narrow() -> Path:
    compiler_i386()
    return build("narrow", "all")


@pytest.mark.parametrize("test", TESTS)
def test_host(test: str, native: Path) -> None:
    """One C test."""
    run([native / test], test)


@pytest.mark.parametrize("test", TESTS)
def test_host_as_32_bit(test: str, narrow: Path) -> None:
    """The same test with the sizes that the firmware has."""
    run(run_i386(narrow / test), test)


@pytest.mark.parametrize("name", names())
def test_seeds(name: str, native: Path) -> None:
    """What fuzzing starts from, and damaged copies of that, also where there is no libFuzzer."""
    run(Target(name).replay(native, COPIES), name)


@pytest.mark.parametrize("name", names())
def test_seeds_as_32_bit(name: str, narrow: Path) -> None:
    """The same with the sizes that the firmware has."""
    command = Target(name).replay(narrow, COPIES)
    run([*run_i386(command[0]), *command[1:]], name)


WRAPS = "#include <stddef.h>\nint main(int count, char **words)\n{\n    %s\n}\n"


@pytest.mark.parametrize(
    ("name", "body", "native_status"),
    [
        ("wraps", "size_t half = (size_t)count << 31; return !words || half + half < half;", 0),
        ("traps", "int most = 0x7fffffff; return most + count == words[0][0];", 1),
    ],
)
def test_narrow_run_finds(name: str, body: str, native_status: int) -> None:
    """Sums that have room in 64 bits only, and, as the sanitizers do, undefined behaviour."""
    compiler_i386()
    text = WRAPS % body
    done = subprocess.run([build_text("asan", name, text)], capture_output=True, check=False)
    assert done.returncode == native_status
    with pytest.raises(pytest.fail.Exception):
        run(run_i386(build_text("narrow", name, text)), name)


def test_there_are_host_tests() -> None:
    """An empty folder would pass silently."""
    assert TESTS
