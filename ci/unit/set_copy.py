# SPDX-License-Identifier: BSD-2-Clause
"""Download sets and an installed command line for the tests, in folders of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from ci.tree import ROOT

LAB = ("lab", "net", "payloads", "smoke")
LAB_FILES = ("__init__", "disks", "images", "media", "packages", "stock")
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from factory.cli import main; main()"


def copy_set(built: Path, folder: Path, prefixes: Iterable[str]) -> Path:
    """What a build has of images/<prefix>… as a set: catalogue, checksums and files."""
    out = built / "out"
    catalogue = json.loads((out / "catalogue.json").read_text())
    chosen = tuple(f"images/{prefix}" for prefix in prefixes)
    catalogue["images"] = [it for it in catalogue["images"] if it["path"].startswith(chosen)]
    assert catalogue["images"]
    for image in catalogue["images"]:
        (folder / image["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(out / image["path"], folder / image["path"])
    (folder / "catalogue.json").write_text(json.dumps(catalogue))
    sums = (f"{image['sha256']}  {image['path']}\n" for image in catalogue["images"])
    (folder / "SHA256SUMS").write_text("".join(sums))
    return folder


def install(built: Path, folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command line as a package has it, without the tree: the words that start it, and its environment."""
    python = folder / "share/etherforge/python"
    unwanted = shutil.ignore_patterns("__pycache__", "romtool")
    shutil.copytree(ROOT / "factory", python / "factory", ignore=unwanted)
    for name in LAB:
        shutil.copytree(ROOT / "ci" / name, python / "ci" / name, ignore=unwanted)
    for name in LAB_FILES:
        shutil.copyfile(ROOT / "ci" / f"{name}.py", python / "ci" / f"{name}.py")
    shutil.copytree(ROOT / "templates", python.parent / "templates")
    shutil.copyfile(ROOT / "targets.yaml", python.parent / "targets.yaml")
    (python.parent / "mknbi").mkdir()
    shutil.copyfile(built / "out/obj/mknbi/stub.bin", python.parent / "mknbi/stub.bin")
    (folder / "bin").mkdir()
    shutil.copy(built / "out/bin/romtool", folder / "bin/romtool")
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": ""}
    return [sys.executable, "-c", START, str(python)], environment


def etherforge(
    command: list[str], environment: dict[str, str], folder: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run it in a folder."""
    done = subprocess.run(
        [*command, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done
