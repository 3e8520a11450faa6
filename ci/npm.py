# SPDX-License-Identifier: BSD-2-Clause
"""Modules of npm that checks need, as the package-lock.json of a folder names them. Fetched once, into out/cache."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from ci.packages import CACHE, Unavailable, alone, run

LISTS = ("package.json", "package-lock.json")


def installed(lists: Path, cache: Path = CACHE) -> Path:
    """Folder in which `npm ci` was run, with the lists of folder `lists`. Raises Unavailable without npm or network."""
    contents = {name: (lists / name).read_bytes() for name in LISTS}
    version = hashlib.sha256(b"".join(contents.values())).hexdigest()[:12]
    folder = cache.resolve() / f"{lists.name}-{version}"
    with alone(cache):
        if not folder.exists():
            _fetch(contents, folder)
    return folder


def _fetch(contents: dict[str, bytes], folder: Path) -> None:
    if shutil.which("npm") is None:
        raise Unavailable("npm is not installed")
    download = folder.with_name(f".{folder.name}")
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    try:
        for name, content in contents.items():
            (download / name).write_bytes(content)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], download, "npm modules")
        download.rename(folder)
    finally:
        shutil.rmtree(download, ignore_errors=True)
