# SPDX-License-Identifier: BSD-2-Clause
"""The C tests of ci/host/ and the fuzz targets of ci/fuzz/: make builds them, by build/host.mk."""

from __future__ import annotations

from pathlib import Path

from ci.tree import ROOT, make

TESTS = tuple(sorted(path.stem for path in (ROOT / "ci/host").glob("*_test.c")))


class DoesNotBuild(Exception):
    """What the compiler or the linker said."""


def build(flavour: str, *programs: str, mutant: str = "") -> Path:
    """Build programs by their names, or "all"; the folder that they are in. `mutant`: see build/host.mk."""
    folder = Path("out/host", flavour)
    done = make(f"MUTANT={mutant}", *(str(folder / name) for name in programs))
    if done.returncode:
        raise DoesNotBuild(done.stdout)
    return ROOT / folder


def build_text(flavour: str, name: str, text: str) -> Path:
    """Build a program that is not in the tree; its path."""
    source = ROOT / "out/planted" / f"{name}.c"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    return build(flavour, name) / name
