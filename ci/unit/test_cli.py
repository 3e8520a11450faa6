# SPDX-License-Identifier: BSD-2-Clause
"""The command line: exit codes and messages, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci.tree import ROOT


def _run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "factory", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_render(tmp_path: Path) -> None:
    code, text = _run(ROOT, "render", "--out", str(tmp_path / "gen"))
    assert (code, text) == (0, "")
    assert (tmp_path / "gen" / "rules.mk").is_file()


def test_bad_matrix(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("version: '1'\n")
    code, text = _run(tmp_path, "render")
    message = 'targets.yaml:1: top level: {"version": "1"} has no "media"; hint: Image types'
    assert code == 2 and message in text


def test_no_matrix(tmp_path: Path) -> None:
    code, text = _run(tmp_path, "render", "--spec", "mine.yaml")
    hint = "give the path of a matrix, or run this in the top folder"
    assert (code, text) == (2, f"mine.yaml: no such file; hint: {hint}\n")


def test_nothing_built(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_bytes((ROOT / "targets.yaml").read_bytes())
    tools = ["--compiler", "gcc", "--assembler", "nasm", "--linker", "ld"]
    code, text = _run(tmp_path, "catalogue", *tools)
    assert code == 1 and "out/bin/romtool: cannot run it" in text


@pytest.mark.parametrize("arguments", [["rendr"], ["render", "--ouut", "x"], ["catalogue"]])
def test_wrong_arguments(tmp_path: Path, arguments: list[str]) -> None:
    code, text = _run(tmp_path, *arguments)
    assert code == 2 and "Error: " in text


def test_help(tmp_path: Path) -> None:
    code, text = _run(tmp_path, "--help")
    assert code == 0 and "render" in text and "catalogue" in text


def test_from_another_folder(tmp_path: Path) -> None:
    """What a tree of sources comes with is found from anywhere; what is written lands in the current folder."""
    code, text = _run(tmp_path, "render", "--out", "gen")
    assert (code, text) == (0, "")
    assert (tmp_path / "gen/rules.mk").is_file()
    assert _run(tmp_path, "man", "--out", "pages")[0] == 0


def test_site_without_templates(built: Path, tmp_path: Path) -> None:
    """The folder that is missing is named, not the page, and nothing is left."""
    words = ("--set", str(built / "out"), "--templates", "none", "--out", "page")
    code, text = _run(tmp_path, "site", *words)
    line = text.splitlines()[-1]
    assert code == 1 and line.startswith(
        "none/style.css: cannot read it: No such file or directory"
    )
    assert not list(tmp_path.iterdir())
