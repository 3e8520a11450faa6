# SPDX-License-Identifier: BSD-2-Clause
"""Every error that a matrix can have names file, line, path, value and hint; and every one is made here."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci.unit.test_hostile_matrix import HOSTILE
from ci.unit.test_spec import GOOD, REFUSED, refusal
from factory import document, schema

MODULES = (document, schema)
MAKERS = {"_problem", "problem", "_refuse", "_not_text", "stopped"}  # functions that make an error
VALUE = r'"(?:[^"\\]|\\.)*"|"[^"]*\.\.\.|-?\d+|true|null|[\[{].*?(?:[\]}]|\.\.\.)'
FORM = re.compile(
    rf"targets\.yaml:\d+: (?:behind )?[^: ](?:[^:]|:(?! ))*: (?:{VALUE}) .+; hint: .+"
)

MATRICES: list[str | bytes] = [
    *(GOOD.replace(old, new, 1) for old, new, _ in REFUSED),
    *(text for text, _ in HOSTILE.values()),
    GOOD.replace(", option_rom: true", ""),
    GOOD.replace("[{ id: 10ec:8139, device: rtl8139 }]", "[&m { id: 10ec:8139, device: a }, *m]"),
    GOOD.replace("[8086:100E, 8086:100f, 1af4:1000]", "[]"),
    GOOD.replace("  default:\n", "  other:\n"),
    "hello\n",
    "? [a]\n: 1\n",
]


def sites() -> Iterator[tuple[str, int, int]]:
    """File, first and last line of each call that makes an error."""
    for module in MODULES:
        path = Path(str(module.__file__))
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef) or function.name in MAKERS:
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call):
                    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                    if name in MAKERS:
                        yield path.name, call.lineno, call.end_lineno or 0


def test_all_parts_of_all_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: set[tuple[str, int]] = set()
    problem = document._problem

    def recorded(*arguments: Any) -> Any:
        frame = sys._getframe(1)
        while frame.f_code.co_name in MAKERS and frame.f_back:
            frame = frame.f_back
        made.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
        return problem(*arguments)

    monkeypatch.setattr(document, "_problem", recorded)
    for text in MATRICES:
        for line in refusal(tmp_path, text):
            if "there are more problems" not in line:
                assert FORM.fullmatch(line), line
    never = [
        f"{file}:{first}"
        for file, first, last in sites()
        if not any(file == where and first <= line <= last for where, line in made)
    ]
    assert not never
