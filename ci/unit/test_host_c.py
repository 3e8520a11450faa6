"""The C tests in ci/host/, compiled for this machine with sanitizers that end a test at the first finding.

A test is one file `<name>_test.c` with its own main(); comments in its first lines name what it is compiled
with: `// sources: src/firmware/net/dhcp.c …` and, where needed, `// flags: -Dx` or `// libs: -llzma`. It passes with
exit code 0.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from ci.tree import ROOT, need_tool, run_tool

FLAGS = """-std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wall -Wextra -Werror -Wno-unused-parameter
    -Isrc/firmware -Isrc/drivers -Ici/host -Ifactory/romtool -include out/gen/default/options.h""".split()
TESTS = sorted((ROOT / "ci" / "host").glob("*_test.c"))
SECONDS = 120  # no test may run longer


def words_after(label: str, text: str) -> list[str]:
    """The words of every `// label:` comment."""
    lines = re.findall(rf"^// {label}:(.*)$", text, re.MULTILINE)
    return " ".join(lines).split()


@pytest.mark.parametrize("test", TESTS, ids=lambda path: str(path.stem))
def test_host(test: Path, rendered: Path) -> None:
    """One C test."""
    text = test.read_text(encoding="utf-8")
    program = rendered / "out" / "host" / test.stem
    program.parent.mkdir(parents=True, exist_ok=True)
    sources = [str(test.relative_to(rendered)), *words_after("sources", text)]
    flags = [*words_after("flags", text), *FLAGS]  # own folders of headers come first
    run_tool(need_tool("gcc"), *flags, "-o", program, *sources, *words_after("libs", text))
    try:
        done = subprocess.run(
            [str(program)],
            cwd=rendered,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{test.stem}: still running after {SECONDS} s", pytrace=False)
    if done.returncode != 0:
        output = done.stdout.decode(errors="replace")
        pytest.fail(f"{test.stem}: exit code {done.returncode}\n{output}", pytrace=False)


def test_there_are_host_tests() -> None:
    """An empty folder would pass silently."""
    assert TESTS


def test_sources_are_named() -> None:
    """Every test says what it tests, and that exists."""
    for test in TESTS:
        named = words_after("sources", test.read_text(encoding="utf-8"))
        missing = [name for name in named if not (ROOT / name).is_file()]
        assert named and not missing, f"{test.name}: {missing or 'names no sources'}"
