# SPDX-License-Identifier: BSD-2-Clause
"""npm packages that checks need: installed below out/cache, once for each lock file."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from ci.packages import CACHE, Unavailable, alone, run


def installed(folder: Path, cache: Path = CACHE) -> Path:
    """node_modules with the packages that `folder` locks. Raises Unavailable when they cannot be had here."""
    lock = folder / "package-lock.json"
    place = (
        cache.resolve() / f"npm-{folder.name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    )
    with alone(cache):
        if not place.exists():
            _install(folder, place)
    return place / "node_modules"


def _install(folder: Path, place: Path) -> None:
    if shutil.which("npm") is None:
        raise Unavailable(f"{folder.name}: npm is not here to fetch its packages")
    download = place.with_name(f".{place.name}")
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, download)
        words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional"]
        run(words, download, folder.name)
        download.rename(place)
    finally:
        shutil.rmtree(download, ignore_errors=True)
