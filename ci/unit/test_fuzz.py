# SPDX-License-Identifier: BSD-2-Clause
"""The fuzz targets of ci/fuzz/, for a few seconds each; and whether a run like that finds anything."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ci import fuzz
from ci.fuzz import FOLDER, Target, names
from ci.host_c import build, build_text
from ci.tree import unavailable

SEEDS_MAX = 60 * 1024  # bytes of all seeds together
SHORT_READ = """
#include "fuzz.h"
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 'b' && data[1] == 'u' && data[2] == 'g' && data[size] == 7;
}
"""


@pytest.fixture(name="clang", scope="module", autouse=True)
def _clang() -> None:
    if fuzz.lacking():
        unavailable(fuzz.lacking())


@pytest.mark.parametrize("name", names())
def test_bounded(name: str) -> None:
    """Nothing is found, and the seeds and inputs are many."""
    target = Target(name)
    done = target.bounded(build("fuzz", target.program) / target.program)
    if done.returncode:
        findings = "".join(f"\n{path}" for path in target.findings())
        pytest.fail(f"{done.stderr[-6000:]}{findings}", pytrace=False)
    runs = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
    assert runs and int(runs[0].split()[1]) > len(list(target.seeds.iterdir()))


def test_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read past the end of the input, behind three bytes that have to be right."""
    program = build_text("fuzz", "planted_fuzz", SHORT_READ)
    monkeypatch.setattr(fuzz, "OUT", tmp_path)
    monkeypatch.setattr(fuzz, "FOLDER", tmp_path)
    monkeypatch.setattr(fuzz, "RUNS", 1000000)
    target = Target("planted")
    target.seeds.mkdir(parents=True)
    done = target.bounded(program)
    assert done.returncode and "heap-buffer-overflow" in done.stderr
    (finding,) = target.findings()
    again = subprocess.run([program, finding], capture_output=True, check=False)
    assert again.returncode and finding.read_bytes().startswith(b"bug")


def test_seeds() -> None:
    """Every target has some, and all together are small."""
    sizes = {
        name: [path.stat().st_size for path in Target(name).seeds.iterdir()] for name in names()
    }
    assert all(sizes.values())
    assert sum(sum(each) for each in sizes.values()) <= SEEDS_MAX
    assert sorted(path.name for path in (FOLDER / "seeds").iterdir()) == list(names())


def test_dictionaries() -> None:
    """Every dictionary belongs to a target."""
    words = {path.stem for path in FOLDER.glob("*.dict")}
    assert words and words <= set(names())
