"""The C tests in ci/host/, compiled for this machine with sanitizers that end a test at the first finding.

A test is one file `<name>_test.c` with its own main(); comments in its first lines name what it is compiled
with: `// sources: src/firmware/net/dhcp.c …` and, where needed, `// flags:` for the compiler and `// libs:` for the
linker. It passes with exit code 0.

The firmware is 32-bit, so each is also compiled and run as that, where sums wrap that a 64-bit program has room for.
Undefined behaviour is a trap there. A test that cannot be says why: `// not 32-bit: maps 8 GiB`.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci.foreign import compiler_i386, run_i386
from ci.tree import ROOT, need_tool, run_tool

FLAGS = """-std=gnu11 -g -O1 -fno-omit-frame-pointer -Wall -Wextra -Werror -Wno-unused-parameter
    -Isrc/firmware -Isrc/drivers -Ici/host -Ifactory/romtool -include out/gen/default/options.h""".split()
NATIVE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
TRAPS = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
TESTS = sorted((ROOT / "ci" / "host").glob("*_test.c"))
SECONDS = 120  # no test may run longer


def words_after(label: str, text: str) -> list[str]:
    """The words of every `// label:` comment."""
    lines = re.findall(rf"^// {label}:(.*)$", text, re.MULTILINE)
    return " ".join(lines).split()


NARROW = [path for path in TESTS if not words_after("not 32-bit", path.read_text(encoding="utf-8"))]


class Workbench:
    """Compiles tests with one compiler. What several tests share is compiled once."""

    def __init__(self, folder: Path, root: Path, compiler: Sequence[str], flags: list[str]) -> None:
        self._folder, self._root = folder, root
        self._compiler, self._flags = list(compiler), [*FLAGS, *flags]

    def _object(self, source: str, flags: list[str]) -> Path:
        name = " ".join([source, *flags]).encode()
        output = self._folder / f"{Path(source).stem}-{hashlib.sha256(name).hexdigest()[:16]}.o"
        if not output.exists():
            headers = [flag for flag in flags if flag.startswith("-I")]  # a test's own come first
            words = [*self._compiler, *headers, *self._flags, *flags]
            run_tool(*words, "-c", "-o", output, source, cwd=self._root)
        return output

    def program(self, test: Path) -> Path:
        """The test as a program."""
        text = test.read_text(encoding="utf-8")
        sources = [str(test.relative_to(self._root)), *words_after("sources", text)]
        flags = words_after("flags", text)
        parts = [self._object(source, flags) for source in sources]
        output = self._folder / test.stem
        words = [*self._compiler, *self._flags, "-o", str(output)]
        run_tool(*words, *parts, *words_after("libs", text), cwd=self._root)
        return output

    def run(self, test: Path, command: Sequence[str]) -> None:
        """Run it; its output is the message when it fails."""
        try:
            done = subprocess.run(
                command,
                cwd=self._root,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            pytest.fail(f"{test.stem}: still running after {SECONDS} s", pytrace=False)
        if done.returncode != 0:
            output = done.stdout.decode(errors="replace")
            trap = " (SIGILL: undefined behaviour)" if done.returncode in (-4, 132) else ""
            pytest.fail(f"{test.stem}: exit code {done.returncode}{trap}\n{output}", pytrace=False)


@pytest.fixture(name="native", scope="module")
def _native(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("native")
    return Workbench(folder, rendered, [need_tool("gcc")], NATIVE)


@pytest.fixture(name="narrow", scope="module")
def _narrow(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return Workbench(tmp_path_factory.mktemp("narrow"), rendered, compiler_i386(), TRAPS)


@pytest.mark.parametrize("test", TESTS, ids=lambda path: str(path.stem))
def test_host(test: Path, native: Workbench) -> None:
    """One C test."""
    native.run(test, [str(native.program(test))])


@pytest.mark.parametrize("test", NARROW, ids=lambda path: str(path.stem))
def test_host_as_32_bit(test: Path, narrow: Workbench) -> None:
    """The same test with the sizes that the firmware has."""
    narrow.run(test, run_i386(narrow.program(test)))


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
    done = subprocess.run([native.program(source)], capture_output=True, check=False)
    assert done.returncode == native_status
    with pytest.raises(pytest.fail.Exception):
        narrow.run(source, run_i386(narrow.program(source)))


def test_there_are_host_tests() -> None:
    """An empty folder would pass silently."""
    assert TESTS


def test_sources_are_named() -> None:
    """Every test says what it tests, and that exists."""
    for test in TESTS:
        named = words_after("sources", test.read_text(encoding="utf-8"))
        missing = [name for name in named if not (ROOT / name).is_file()]
        assert named and not missing, f"{test.name}: {missing or 'names no sources'}"
