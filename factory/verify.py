# SPDX-License-Identifier: BSD-2-Clause
"""verify-dist: is a download set whole, whose is it, and do its sources give the same bytes?

Nothing of a set is run before its checksums and signatures are right. What differs is explained in factory/compare.py.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click

from factory.archive import unpack
from factory.compare import differences
from factory.dist import CHANGES, PRODUCT, SBOM, UNLISTED, UNSUMMED
from factory.downloads import CATALOGUE, CHECKSUMS, EVIDENCE, load_catalogue, read_evidence
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError, failure
from factory.files import read_file, read_json
from factory.signing import MINISIGN, OPENPGP, check_minisign, check_openpgp

_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]*)")
_AGAIN = "download it again"
_LAST_LINES = 20  # of a build that failed


@click.command("verify-dist")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--key", type=click.Path(path_type=Path), help="minisign's public key of the publisher"
)
@click.option(
    "--build/--no-build", default=True, help="build the sources again and compare, or not"
)
def command(folder: Path, key: Path | None, build: bool) -> None:
    """Check a download set: checksums, signatures, and that its sources give the same bytes.

    FOLDER is one that `dist` wrote, with all of its files. The exit code is 1 when something is wrong or differs.
    """
    sums = read_checksums(folder)
    _stop(folder, list(_wrong_files(folder, sums)))
    _stop(folder, list(_wrong_signatures(folder, key)))
    click.echo(f"{folder}: {len(sums)} files are as {CHECKSUMS} says")
    if not build:
        return
    with _scratch() as scratch:
        again = _build_again(folder, scratch)
        found = list(differences(folder, again, scratch))
    _stop(folder, found)
    click.echo(f"{folder}: its sources give the same {len(sums)} files")


def _stop(folder: Path, problems: list[str]) -> None:
    for problem in problems:
        click.echo(problem)
    if problems:
        count = len(problems)
        raise failure(str(folder), f"{count} difference{'s' * (count > 1)}, named above")


def read_checksums(folder: Path) -> dict[str, str]:
    """SHA-256 by file name. Raises FactoryError for a folder without checksums, and for what are none."""
    path = folder / CHECKSUMS
    hint = "name a folder that make dist wrote, with all of its files"
    sums: dict[str, str] = {}
    text = read_file(path, hint, EXIT_INPUT).decode(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None or found[2] in (*sums, CHECKSUMS):
            raise failure(
                f"{path}:{number}", "not the line of a file of its own", _AGAIN, EXIT_INPUT
            )
        sums[found[2]] = found[1]
    if not text.endswith("\n"):
        raise failure(str(path), "ends within a line", _AGAIN, EXIT_INPUT)
    return sums


def _wrong_files(folder: Path, sums: dict[str, str]) -> Iterator[str]:
    for name, sha256 in sums.items():
        path = folder / name
        if not path.is_file() or path.is_symlink():
            yield f"{name}: missing; hint: {_AGAIN}"
        elif hashlib.sha256(read_file(path, _AGAIN)).hexdigest() != sha256:
            yield f"{name}: not the file that {CHECKSUMS} names; hint: {_AGAIN}"
    for name in (CATALOGUE, SBOM, CHANGES):
        if name not in sums:
            yield f"{CHECKSUMS}: does not name {name}"
    known = {*sums, *UNLISTED}
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            yield f"{path.name!r}: {CHECKSUMS} does not name it; hint: remove it"
    if not sums:
        yield f"{CHECKSUMS}: names no file"


def _wrong_signatures(folder: Path, key: Path | None) -> Iterator[str]:
    """What is wrong with them; tells on the console which could not be checked."""
    version = load_catalogue(folder)["version"]
    for name in UNSUMMED:
        path = folder / name
        if not path.exists():
            continue
        yield from _wrong_minisign(path, key, version)
        if path.with_name(name + OPENPGP).exists():
            good, said = check_openpgp(path)
            if good is None:
                click.echo(f"{name}{OPENPGP}: not checked: {said}", err=True)
            elif not good:
                yield f"{name}{OPENPGP}: {said}"
    if (folder / EVIDENCE).exists():
        try:
            read_evidence(folder / EVIDENCE)
        except FactoryError as error:
            yield str(error)


def _wrong_minisign(path: Path, key: Path | None, version: str) -> Iterator[str]:
    name, there = path.name, path.with_name(path.name + MINISIGN).exists()
    if key is None:
        why = "no key was given; hint: KEY=minisign.pub" if there else "it is not signed"
        click.echo(f"{name}: whose it is was not checked: {why}", err=True)
    elif not there:
        yield f"{name}: not signed, though a key was given; hint: get {name}{MINISIGN}, too"
    else:
        wrong = check_minisign(path, key, f"{PRODUCT} {version} {name}")
        if wrong is not None:
            yield f"{name}{MINISIGN}: {wrong}"


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that goes away whatever happens, but for KILL."""

    def stop(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with tempfile.TemporaryDirectory(prefix="etherforge-") as name:
            yield Path(name)
    finally:
        signal.signal(signal.SIGTERM, before)


def _build_again(folder: Path, scratch: Path) -> Path:
    """Build the set from its sources; the folder it is in then."""
    catalogue = load_catalogue(folder)
    base = f"{PRODUCT}-{catalogue['version']}"
    root = unpack(folder / f"{base}-source.tar.xz", scratch)
    _make(root, "all", {})
    _say_other_tools(catalogue, load_catalogue(root / "out"))
    _make(root, "dist", {"SOURCE_DATE_EPOCH": str(_epoch(folder))})
    return root / "out" / "dist" / base


def _epoch(folder: Path) -> int:
    """The date of everything in the set: of its bill of materials."""
    document = read_json(folder / SBOM, _AGAIN)
    try:
        date = document["metadata"]["timestamp"].removesuffix("Z") + "+00:00"
        return int(datetime.fromisoformat(date).timestamp())
    except (AttributeError, KeyError, TypeError, ValueError):
        raise failure(str(folder / SBOM), "has no metadata.timestamp", _AGAIN) from None


def _say_other_tools(published: Any, here: Any) -> None:
    for tool, named in published["toolchain"].items():
        other = here["toolchain"].get(tool)
        if other != named:
            click.echo(f"{tool}: the set was made with {named!r}; here is {other!r}", err=True)


def _make(root: Path, goal: str, variables: dict[str, str]) -> None:
    """Run make in a tree of its own, which neither installs anything nor takes over what another make was given."""
    kept = ("PATH", "HOME", "TMPDIR", "CROSS_COMPILE", "PYTHON", "LANG", "LC_ALL")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    words = ["make", "-C", str(root), goal, "SETUP=no", *(f"{k}={v}" for k, v in variables.items())]
    with subprocess.Popen(
        words,
        env=environment | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        lines = output.decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
        click.echo("\n".join(lines), err=True)
        hint = "what it needs is named above"
        raise failure(f"make {goal}", "its sources do not build here", hint, EXIT_FAILURE)
