# SPDX-License-Identifier: BSD-2-Clause
"""`make flags`: leave out each flag that makes the firmware small, and write into build/compile.mk what it saves."""

from __future__ import annotations

import json
import re
import statistics
import tempfile
from pathlib import Path

from ci.bench_build import copy_sources, make

FILE = Path("build/compile.mk")
MATRIX = Path("targets.yaml")
BUDGET = re.compile(r"\b((?:budget|zpxe|dsk): )\d+")
MOST = 130560  # factory/targets.schema.json allows no more
MEASURED = re.compile(r"^(CFLAGS \+= (\S+) +# )-?\d+(?=: )", re.MULTILINE)


def roomy(matrix: str) -> str:
    """The text of a matrix with the largest budgets: without a flag, images may be over theirs."""
    return BUDGET.sub(rf"\g<1>{MOST}", matrix)


def packed(tree: Path) -> float:
    """Mean size of the compressed firmware of all targets, in bytes. Raises RuntimeError."""
    make(tree)
    reports = tree.glob("out/obj/*/pack.json")
    sizes = [json.loads(path.read_text())["payload"]["packed_length"] for path in reports]
    return float(statistics.mean(sizes))


def main() -> None:
    """Measure all of them, in a copy of the sources."""
    text = FILE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="flags-") as folder:
        tree = Path(folder, "tree")
        copy_sources(Path("."), tree)
        (tree / MATRIX).write_text(roomy(MATRIX.read_text(encoding="utf-8")), encoding="utf-8")
        whole = packed(tree)

        def measured(line: re.Match[str]) -> str:
            (tree / FILE).write_text(text.replace(line[1], "# "), encoding="utf-8")
            saved = round(packed(tree) - whole)
            print(f"{line[2]}: {saved}", flush=True)
            return f"{line[1]}{saved}"

        FILE.write_text(MEASURED.sub(measured, text), encoding="utf-8")


if __name__ == "__main__":
    main()
