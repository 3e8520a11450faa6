# SPDX-License-Identifier: BSD-2-Clause
"""Modules of npm that the checks of the page need, as package-lock.json names them. Fetched once, into out/cache."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from ci.packages import CACHE, Unavailable, alone, run

HERE = Path(__file__).parent
LISTS = ("package.json", "package-lock.json")


def installed(cache: Path = CACHE) -> Path:
    """Folder in which `npm ci` was run. Raises Unavailable where npm or the network is not there."""
    lists = {name: (HERE / name).read_bytes() for name in LISTS}
    version = hashlib.sha256(b"".join(lists.values())).hexdigest()[:12]
    folder = cache.resolve() / f"site-{version}"
    with alone(cache):
        if not folder.exists():
            _fetch(lists, folder)
    return folder


def _fetch(lists: dict[str, bytes], folder: Path) -> None:
    if shutil.which("npm") is None:
        raise Unavailable("npm is not installed")
    download = folder.with_name(f".{folder.name}")
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    try:
        for name, content in lists.items():
            (download / name).write_bytes(content)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], download, "npm modules")
        download.rename(folder)
    finally:
        shutil.rmtree(download, ignore_errors=True)
