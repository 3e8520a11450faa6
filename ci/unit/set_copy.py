# SPDX-License-Identifier: BSD-2-Clause
"""Download sets and an installed command line for the tests, in folders of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from ci.site.sets import make_set
from ci.tree import ROOT, sources
from factory.contents import TOOLS
from factory.source import MATRIX

START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from factory.cli import main; main()"


def copy_set(built: Path, folder: Path, prefixes: Iterable[str]) -> Path:
    """What a build has of images/<prefix>… as a set: catalogue, checksums and files."""
    chosen = tuple(f"images/{prefix}" for prefix in prefixes)
    make_set(built / "out", folder, lambda image: str(image["path"]).startswith(chosen), put=_copy)
    assert list(folder.glob("images/*/*"))
    return folder


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def install(built: Path, folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command line as a package has it, without the tree: the words that start it, and its environment."""
    share = folder / "share/etherforge"
    for path in sources():
        if TOOLS.fullmatch(str(path)) and not path.is_relative_to("factory/romtool"):
            is_python = path.parts[0] in ("factory", "ci")
            _copy(ROOT / path, share / "python" / path if is_python else share / path)
    _copy(ROOT / MATRIX, share / MATRIX)
    (share / "mknbi").mkdir()
    shutil.copyfile(built / "out/obj/mknbi/stub.bin", share / "mknbi/stub.bin")
    (folder / "bin").mkdir()
    shutil.copy(built / "out/bin/romtool", folder / "bin/romtool")
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": ""}
    return [sys.executable, "-c", START, str(share / "python")], environment


def etherforge(
    command: list[str], environment: dict[str, str], folder: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run it in a folder."""
    done = subprocess.run(
        [*command, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done
