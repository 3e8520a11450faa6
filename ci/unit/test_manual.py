# SPDX-License-Identifier: BSD-2-Clause
"""Man pages and docs/commands.md: made from the commands, complete, current, and clean for those who typeset them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ci.tree import ROOT, need_tool
from factory.cli import cli
from factory.manual import filled, roff
from factory.spec import load_spec

DOCUMENT = "docs/commands.md"
DAY = "1700000000"  # 2023-11-14


def write(folder: Path, *words: str, epoch: str = DAY) -> None:
    """Run the command."""
    command = [sys.executable, "-m", "factory", "man", *words]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def pages(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every man page by name."""
    folder = tmp_path_factory.mktemp("man")
    write(folder, "--out", str(folder))
    return {path.stem: path for path in sorted(folder.iterdir())}


def test_every_command_has_a_page(pages: dict[str, Path]) -> None:
    """The program, each command of it, and romtool."""
    commands = {f"etherforge-{name}" for name, it in cli.commands.items() if not it.hidden}
    assert set(pages) == {"etherforge", "romtool"} | commands
    assert commands >= {
        f"etherforge-{it}" for it in ("find", "set", "smoke", "mknbi", "render", "man")
    }


def test_pages_say_what_help_says(pages: dict[str, Path]) -> None:
    """Options, settings, the lines of romtool; date and version."""
    smoke = pages["etherforge-smoke"].read_text()
    assert all(rf"\-\-{option}" in smoke for option in ("junit", "qemu", "workers", "accel"))
    version = load_spec(ROOT / "targets.yaml").version
    assert f'.TH ETHERFORGE-SMOKE 1 "2023-11-14" "Etherforge {version}"' in smoke
    assert "serial: " in pages["etherforge-set"].read_text()
    tool = subprocess.run(
        [ROOT / "out/bin/romtool", "--help"], capture_output=True, text=True, check=True
    )
    names = [
        line.split()[0]
        for line in tool.stdout.splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert "stamp" in names and "set" in names
    for name in names:
        assert f".B romtool {name} " in pages["romtool"].read_text()


def test_clean(pages: dict[str, Path]) -> None:
    """groff and mandoc have nothing to complain of."""
    for path in pages.values():
        done = subprocess.run(
            [need_tool("groff"), "-mandoc", "-Tutf8", "-ww", "-z", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
    paths = [str(path) for path in pages.values()]
    done = subprocess.run(
        [need_tool("mandoc"), "-Tlint", "-Wwarning", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_reproducible(built: Path, pages: dict[str, Path], tmp_path: Path) -> None:
    """The same date gives the same bytes; without one there is none, so that no day changes a page."""
    write(tmp_path, "--out", str(tmp_path / "again"))
    assert all(
        (tmp_path / "again" / it.name).read_bytes() == it.read_bytes() for it in pages.values()
    )
    write(tmp_path, "--out", str(tmp_path / "undated"), epoch="")
    assert '.TH ROMTOOL 1 "" "Etherforge' in (tmp_path / "undated/romtool.1").read_text()


def test_document_is_current(built: Path, tmp_path: Path) -> None:
    """docs/commands.md is what the commands say now."""
    write(tmp_path, "--markdown", str(tmp_path / "commands.md"))
    expected = (tmp_path / "commands.md").read_text()
    hint = f"write it again: python3 -m factory man --markdown {DOCUMENT}"
    assert (ROOT / DOCUMENT).read_text() == expected, hint


def test_roff() -> None:
    """Nothing of a text is a request or an escape; words after a backtick are bold."""
    assert roff(".so x\n'y \\n a-b") == "\\&.so x\n\\&'y \\en a\\-b"
    assert roff("`lspci -nn`") == r"\fBlspci \-nn\fP"
    assert filled("word " * 30).count("\n") == 1


def test_nowhere_to_write(tmp_path: Path) -> None:
    """It says which options there are."""
    command = [sys.executable, "-m", "factory", "man"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "--out FOLDER, or --markdown FILE" in done.stderr


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_option_is_explained(name: str) -> None:
    """In a few words."""
    options = [it for it in cli.commands[name].params if isinstance(it, click.Option)]
    assert not [option.opts for option in options if not option.help]
