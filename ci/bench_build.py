# SPDX-License-Identifier: BSD-2-Clause
"""What building costs: in a copy of the sources, so that the working tree's own build stays as it is."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

QUICK_ROUNDS = 5
DRIVER = Path("src/drivers/rtl8139.c")
LINKED = (
    "images",
    "elf",
    "catalogue.json",
    "SHA256SUMS",
)  # below out/: what exists once per image or target


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class BuildFigures:
    """Costs of the builds; times in seconds."""

    images: int
    clean: Cost
    nothing: Cost
    driver: Cost
    relink: Cost

    @property
    def cpu_per_image(self) -> float:
        """Milliseconds, once objects exist."""
        return self.relink.cpu / self.images * 1000

    def as_json(self) -> dict[str, object]:
        """For bench.json."""
        return {**asdict(self), "cpu_per_image_ms": round(self.cpu_per_image, 3)}


def copy_sources(root: Path, target: Path) -> None:
    """Everything but what was generated."""
    shutil.copytree(
        root, target, ignore=shutil.ignore_patterns("out", ".git", "__pycache__", ".*_cache")
    )


def make(folder: Path, *goals: str) -> Cost:
    """One run of make on all cores. Raises RuntimeError with the end of what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    with tempfile.TemporaryFile() as log:
        started = time.monotonic()
        process = subprocess.Popen(
            ["make", "-s", *goals], cwd=folder, stdout=log, stderr=log, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            raise RuntimeError(f"make failed: {log.read().decode(errors='replace')[-500:]}")
    return Cost(round(wall, 3), round(usage.ru_utime + usage.ru_stime, 3))


def median(costs: list[Cost]) -> Cost:
    """Of wall and CPU time, each by itself."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


def _repeat(rounds: int, folder: Path, before: Callable[[], object]) -> Cost:
    costs = []
    for _ in range(rounds):
        before()
        costs.append(make(folder))
    return median(costs)


def build_figures(root: Path) -> BuildFigures:
    """Build everything from clean, then again after small changes."""
    with tempfile.TemporaryDirectory(prefix="bench-build-") as temporary:
        folder = Path(temporary, "tree")
        copy_sources(root, folder)
        out = folder / "out"

        def unlink() -> None:
            for name in LINKED:
                path = out / name
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

        def touch() -> None:
            os.utime(folder / DRIVER)

        clean = _repeat(3, folder, lambda: shutil.rmtree(out, ignore_errors=True))
        images = sum(1 for path in (out / "images").rglob("*") if path.is_file())
        nothing = _repeat(QUICK_ROUNDS, folder, lambda: None)
        driver = _repeat(QUICK_ROUNDS, folder, touch)
        relink = _repeat(3, folder, unlink)
        return BuildFigures(images, clean, nothing, driver, relink)
