# SPDX-License-Identifier: BSD-2-Clause
"""Formatters, linters and type checkers, each as a test."""

from __future__ import annotations

from pathlib import Path

from ci.tree import ROOT, need_tool, run_tool, sources, sources_named
from factory.render import render
from factory.spec import load_spec

PYTHON = ["factory", "ci"]


def _shell_scripts() -> list[Path]:
    first_lines = ((path, (ROOT / path).read_bytes()[:20]) for path in sources())
    return [path for path, start in first_lines if start.startswith((b"#!/bin/sh", b"#!/bin/bash"))]


def test_clang_format() -> None:
    """C files are laid out as .clang-format says."""
    run_tool(need_tool("clang-format"), "--dry-run", "-Werror", *sources_named(".c", ".h"))


def test_cppcheck(tmp_path: Path) -> None:
    """Static analysis of all C files finds nothing."""
    render(load_spec(ROOT / "targets.yaml"), ROOT / "templates", tmp_path)  # the list of settings
    folders = ["src/firmware", "src/drivers", "factory/romtool"]
    run_tool(
        need_tool("cppcheck"),
        "--quiet",
        "-j2",
        "--error-exitcode=1",
        "--enable=warning,performance,portability",
        "--inline-suppr",
        "--suppress=missingIncludeSystem",
        "--suppress=comparePointers",  # symbols of the linker map are pointers into one image
        "--suppress=nullPointer:src/firmware/platform/bios/*",  # the interrupt table is at address 0
        "--std=c11",
        "-Isrc/firmware",
        "-Isrc/drivers",
        f"-I{tmp_path}",
        *folders,
    )


def test_shellcheck() -> None:
    """Shell scripts are free of known mistakes."""
    scripts = _shell_scripts()
    assert scripts
    run_tool(need_tool("shellcheck"), *scripts)


def test_mypy() -> None:
    """Python is fully and consistently typed."""
    run_tool(need_tool("mypy"), "--cache-dir=out/mypy", *PYTHON)


def test_flake8() -> None:
    """Python is free of known mistakes."""
    run_tool(need_tool("flake8"), *PYTHON)


def test_black() -> None:
    """Python is laid out as black does."""
    run_tool(need_tool("black"), "--check", "--quiet", *PYTHON)
