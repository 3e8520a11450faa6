# SPDX-License-Identifier: BSD-2-Clause
"""Limits on the size of files and functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.tree import ROOT, sources, sources_named

FILE_LINES = 400
FUNCTION_LINES = 60
CODE: tuple[str, ...] = (".c", ".h", ".asm", ".inc", ".py", ".sh", ".j2", ".js", ".css", ".lds")
CODE += (".json", ".mk", ".ipxe")
_LABEL = re.compile(r"[A-Za-z_]\w*:")


def c_functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and lines of each function. Relies on clang-format: its braces, and nothing else's, stand in column 0."""
    lines = text.splitlines()
    for brace in (n for n, line in enumerate(lines) if line == "{"):
        start = brace
        while (
            start > 0 and lines[start - 1] and not lines[start - 1].endswith((";", "}", "*/", "\\"))
        ):
            start -= 1
        end = lines.index("}", brace)
        match = re.search(r"(\w+)\(", " ".join(lines[start:brace]))
        yield match.group(1) if match else lines[start], end - start + 1


def python_functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and lines of each function and method."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def js_functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and lines of each function whose closing brace stands in column 0."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        match = re.match(r"(?:async )?function (\w+)\(", line)
        if match:
            yield match.group(1), lines.index("}", start) - start + 1


def asm_functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and lines from each label in column 0 (not a local .label) to the next.

    Blank lines and lines that are only a comment do not count: assembly needs many of them.
    """
    name, length = "", 0
    for line in text.splitlines():
        if _LABEL.match(line):
            if name:
                yield name, length
            name, length = line.split(":")[0], 0
        length += not line.strip().startswith(";") and bool(line.strip())
    if name:
        yield name, length


READERS = {
    ".c": c_functions,
    ".h": c_functions,
    ".py": python_functions,
    ".js": js_functions,
    ".asm": asm_functions,
    ".inc": asm_functions,
}


LIMITED = [
    Path("Makefile"),
    *(path for path in sources_named(*CODE) if path != Path("docs/figures.json")),  # measurements
]


@pytest.mark.parametrize("path", LIMITED, ids=str)
def test_sizes(path: Path) -> None:
    """No file and no function is too long."""
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= FILE_LINES, f"{path}: {lines} lines, the limit is {FILE_LINES}"
    functions = READERS.get(path.suffix, lambda _: iter(()))(text)
    long = [f"{name}: {length} lines" for name, length in functions if length > FUNCTION_LINES]
    assert not long, f"{path}: functions over {FUNCTION_LINES} lines: {long}"


def test_function_lengths_are_seen() -> None:
    """The readers above find what they are to limit."""
    body = "    x;\n" * 70
    c = f"static int f(int a,\n             int b)\n{{\n{body}}}\n\nstruct s {{\n    int a;\n}};\n"
    assert list(c_functions(c)) == [("f", 74)]
    assert list(python_functions(f"class C:\n  def m(self):\n{body}")) == [("m", 71)]
    assert list(js_functions(f"async function f(a) {{\n{body}}}\n")) == [("f", 72)]
    assert list(asm_functions("a:\n  nop\n  ; why\n.b:\n  ret\n\nc: db 0\n")) == [
        ("a", 4),
        ("c", 1),
    ]


def test_limits_cover_the_tree() -> None:
    """Code with a suffix that nobody measures would escape."""
    unmeasured = {".md", ".yaml", ".yml", ".toml", ".tsv", ".dict", ".bin", ".png", ".txt", ""}
    unmeasured |= {
        ".docs",
        ".examples",
        ".install",
        ".postinst",
        ".spec",
    }  # of packages: lists, and few commands
    suffixes = {path.suffix for path in sources() if not path.name.startswith(".")}
    assert suffixes <= unmeasured | set(CODE), suffixes - unmeasured - set(CODE)
