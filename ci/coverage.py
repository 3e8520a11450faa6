# SPDX-License-Identifier: BSD-2-Clause
"""Line coverage of the code that reads bytes from outside, by the host tests and the fuzz targets' seeds.

    python3 -m ci.coverage [--quick] [--missing]     `make coverage`

Prints a table by folder and fails where one is below its limit. --quick leaves romtool out, whose tests take longest;
--missing names the lines that nothing reached.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from ci.fuzz import Target, names
from ci.host_c import TESTS, build
from ci.tree import ROOT

OUT = ROOT / "out/host/cover"
LIMITS = {
    "src/firmware/net": 95,
    "src/firmware/image": 95,
    "src/firmware/loader": 95,
    "src/firmware/pxe": 95,
    "factory/romtool": 0,
}
Lines = dict[str, dict[int, int]]  # file, line: how often


def run(words: list[str], what: str) -> None:
    """A program that has to succeed."""
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise click.ClickException(
            f"{what}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        )


def run_tests() -> None:
    """Every C test, and every fuzz target on its seeds."""
    build("cover", "all")
    for test in TESTS:
        run([str(OUT / test)], test)
    for name in names():
        run(Target(name).replay(OUT, 0), name)


def run_romtool() -> None:
    """The tests of romtool, with a tool of their own."""
    environment = {**os.environ, "ROMTOOL": str(build("cover", "romtool") / "romtool")}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    words += map(str, sorted((ROOT / "ci/host").glob("romtool_*_test.py")))
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(done.stdout[-4000:])


def read(data: Path) -> Iterator[tuple[str, int, int]]:
    """File, line and count, from what one object file's code counted."""
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", str(data)], cwd=ROOT, capture_output=True, check=True
    )
    for text in done.stdout.splitlines():
        for file in json.loads(text)["files"]:
            for line in file["lines"]:
                yield file["file"], line["line_number"], line["count"]


def collect() -> Lines:
    """All that was counted in the folders of interest."""
    lines: Lines = defaultdict(dict)
    with ThreadPoolExecutor(2) as pool:
        for counts in pool.map(lambda path: list(read(path)), sorted(OUT.rglob("*.gcda"))):
            for name, number, count in counts:
                path = (
                    str((ROOT / name).resolve().relative_to(ROOT))
                    if (ROOT / name).exists()
                    else name
                )
                if str(Path(path).parent) in LIMITS:
                    lines[path][number] = max(count, lines[path].get(number, 0))
    return lines


def table(lines: Lines) -> list[str]:
    """What to print."""
    rows = [f"{'folder':<22}{'lines':>7}{'run':>7}{'covered':>10}{'at least':>10}"]
    for folder, limit in LIMITS.items():
        counts = [
            n for path, of in lines.items() if str(Path(path).parent) == folder for n in of.values()
        ]
        if counts:
            reached = sum(1 for n in counts if n)
            share = f"{percent(lines, folder):.1f} %"
            least = f"{limit} %" if limit else "-"
            rows.append(f"{folder:<22}{len(counts):>7}{reached:>7}{share:>10}{least:>10}")
    return rows


def percent(lines: Lines, folder: str) -> float:
    """Share of a folder's lines that ran."""
    counts = [
        n for path, of in lines.items() if str(Path(path).parent) == folder for n in of.values()
    ]
    return 100 * sum(1 for n in counts if n) / len(counts) if counts else 0.0


def measure(with_romtool: bool) -> Lines:
    """Build and run everything; counts start from nothing."""
    for path in OUT.rglob("*.gcda"):
        path.unlink()
    run_tests()
    if with_romtool:
        run_romtool()
    return collect()


@click.command()
@click.option("--quick", is_flag=True, help="without the tests of romtool")
@click.option("--missing", is_flag=True, help="name the lines that nothing reached")
def main(quick: bool, missing: bool) -> None:
    """Measure, print the table, and fail below a limit."""
    lines = measure(not quick)
    print("\n".join(table(lines)))
    for path, counts in sorted(lines.items()) if missing else ():
        unreached = [number for number, count in sorted(counts.items()) if not count]
        if unreached:
            print(f"{path}: {', '.join(map(str, unreached))}")
    low = [folder for folder, limit in LIMITS.items() if limit and percent(lines, folder) < limit]
    if low:
        raise click.ClickException(
            f"below its limit: {', '.join(low)}; hint: --missing names the lines"
        )


if __name__ == "__main__":
    main()
