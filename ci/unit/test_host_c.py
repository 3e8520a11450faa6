"""The C tests in ci/host/, compiled for this machine with sanitizers that end a test at the first finding.

A test is one file `<name>_test.c` with its own main(); comments in its first lines name what it is compiled
with: `// sources: src/firmware/net/dhcp.c …` and, where needed, `// flags:` for the compiler and `// libs:` for the
linker. It passes with exit code 0.

The firmware is 32-bit, so each is also compiled and run as that, where sums wrap that a 64-bit program has room for.
Undefined behaviour is a trap there. A test that cannot be says why: `// not 32-bit: maps 8 GiB`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci.foreign import compiler_i386, run_i386
from ci.fuzz import Target, names
from ci.host_c import Unit, Workbench, words_after
from ci.tree import ROOT, need_tool

WARNINGS = ["-O1", "-Wall", "-Wextra", "-Werror"]
NATIVE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
TRAPS = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
TESTS = sorted((ROOT / "ci" / "host").glob("*_test.c"))
SECONDS = 120  # no test may run longer
COPIES = 20  # damaged ones of each seed


NARROW = [path for path in TESTS if not words_after("not 32-bit", path.read_text(encoding="utf-8"))]


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
def _native(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    compiler = [need_tool("gcc"), *WARNINGS, *NATIVE]
    return Workbench(tmp_path_factory.mktemp("native"), compiler)


@pytest.fixture(name="narrow", scope="module")
def _narrow(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    compiler = [*compiler_i386(), *WARNINGS, *TRAPS]
    return Workbench(tmp_path_factory.mktemp("narrow"), compiler)


@pytest.mark.parametrize("test", TESTS, ids=lambda path: str(path.stem))
def test_host(test: Path, native: Workbench) -> None:
    """One C test."""
    run([native.program(Unit.read(test))], test.stem)


@pytest.mark.parametrize("test", NARROW, ids=lambda path: str(path.stem))
def test_host_as_32_bit(test: Path, narrow: Workbench) -> None:
    """The same test with the sizes that the firmware has."""
    run(run_i386(narrow.program(Unit.read(test))), test.stem)


@pytest.mark.parametrize("name", names())
def test_seeds(name: str, native: Workbench) -> None:
    """What fuzzing starts from, and damaged copies of that, also where there is no libFuzzer."""
    run(Target(name).replay(native, COPIES), name)


@pytest.mark.parametrize("name", names())
def test_seeds_as_32_bit(name: str, narrow: Workbench) -> None:
    """The same with the sizes that the firmware has."""
    command = Target(name).replay(narrow, COPIES)
    run([*run_i386(Path(command[0])), *command[1:]], name)


WRAPS = "#include <stddef.h>\nint main(int count, char **words)\n{\n    %s\n}\n"


@pytest.mark.parametrize(
    ("name", "body", "native_status"),
    [
        ("wraps", "size_t half = (size_t)count << 31; return !words || half + half < half;", 0),
        ("traps", "int most = 0x7fffffff; return most + count == words[0][0];", 1),
    ],
)
def test_narrow_run_finds(
    native: Workbench, narrow: Workbench, name: str, body: str, native_status: int
) -> None:
    """Sums that have room in 64 bits only, and, as the sanitizers do, undefined behaviour."""
    source = ROOT / "out" / "host" / f"{name}_test.c"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(WRAPS % body)
    done = subprocess.run([native.program(Unit.read(source))], capture_output=True, check=False)
    assert done.returncode == native_status
    with pytest.raises(pytest.fail.Exception):
        run(run_i386(narrow.program(Unit.read(source))), name)


def test_there_are_host_tests() -> None:
    """An empty folder would pass silently."""
    assert TESTS


def test_sources_are_named() -> None:
    """Every test says what it tests, and that exists."""
    for test in TESTS:
        named = words_after("sources", test.read_text(encoding="utf-8"))
        missing = [name for name in named if not (ROOT / name).is_file()]
        assert named and not missing, f"{test.name}: {missing or 'names no sources'}"
