# SPDX-License-Identifier: BSD-2-Clause
"""A newer QEMU than the installed one, for cards it lacks: Debian's backports, unpacked beside and never installed."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
from pathlib import Path

from ci.lab import qemu
from ci.lab.machine import BINARY
from ci.packages import Unavailable, alone, run

WANTED = "a newer QEMU"
PACKAGES = ("qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios")


@functools.cache
def qemu_for(card: str, cache: Path, binary: str = BINARY) -> str:
    """The QEMU for a card: the installed one, or where that lacks the card, a newer one if it can be had.

    When neither has the card it is the installed one.
    """
    if not qemu.installed(binary) or not card or qemu.has_card(binary, card):
        return binary
    try:
        newer = newer_qemu(cache, binary)
    except (Unavailable, OSError):
        return binary
    return newer if qemu.has_card(newer, card) else binary


def newer_qemu(cache: Path, binary: str) -> str:
    """Path of a script that starts the backports' QEMU; fetched the first time. Raises Unavailable."""
    folder = cache / "qemu-backports"
    with alone(cache):
        if not folder.exists():
            unpacked = cache / ".qemu-backports"
            shutil.rmtree(unpacked, ignore_errors=True)
            (unpacked / "debs").mkdir(parents=True)
            _fetch(unpacked)
            unpacked.rename(folder)
        script = folder.resolve() / binary
        if not script.exists():
            _write_script(folder.resolve(), script)
    return str(script)


def _fetch(folder: Path) -> None:
    """Download and unpack the packages with an apt set-up of our own: the system's stays as it is."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Unavailable(f"{WANTED}: apt-get is not here to fetch it")
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "sources.list").write_text(_backports_source(), encoding="ascii")
    options = {
        "Dir::Etc::sourcelist": str(folder.resolve() / "sources.list"),
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": str(folder.resolve() / "lists"),
        "Dir::Cache": str(folder.resolve()),
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    run([*apt, "update"], folder, WANTED)
    run([*apt, "download", *PACKAGES], folder / "debs", WANTED)
    for archive in sorted((folder / "debs").glob("*.deb")):
        run(["dpkg-deb", "-x", str(archive.resolve()), "files"], folder, WANTED)
    for leftover in ("debs", "lists"):
        shutil.rmtree(folder / leftover)


def _backports_source() -> str:
    """The backports of this machine's own release, from the mirror it uses."""
    words = "$(REPO_URI) $(CODENAME) $(SIGNED_BY)"
    command = ["apt-get", "indextargets", "--format", words, "Created-By: Packages"]
    targets = run(command, Path.cwd(), WANTED)
    for line in targets.splitlines():
        found = re.fullmatch(r"(\S+/debian/?) ([a-z]+) ?(.*)", line)
        if found:
            signed = f"[signed-by={found[3]}] " if found[3].startswith("/") else ""
            return f"deb {signed}{found[1]} {found[2]}-backports main\n"
    raise Unavailable(f"{WANTED}: apt names no Debian mirror whose backports could have it")


def _write_script(folder: Path, script: Path) -> None:
    root = folder / "files" / "usr"
    libraries = next((root / "lib").glob("*/qemu"), root)
    start = [str(root / "bin" / script.name)]
    for data in ("qemu", "seabios"):
        start += ["-L", str(root / "share" / data)]
    script.write_text(
        f'#!/bin/sh\nQEMU_MODULE_DIR={shlex.quote(str(libraries))} exec {shlex.join(start)} "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    try:
        run([str(script), "--version"], folder, WANTED)
    except Unavailable:
        script.unlink()
        raise
