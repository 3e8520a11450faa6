# SPDX-License-Identifier: BSD-2-Clause
"""The lines that host tests and seeds reach; `make coverage` prints the table."""

from __future__ import annotations

from collections.abc import Callable

from ci.coverage import LIMITS, Lines, measure, percent, table
from ci.tree import need_tool


def test_coverage(record_property: Callable[[str, object], None]) -> None:
    """As many as have to be, folder by folder."""
    need_tool("gcc")
    lines = measure(with_romtool=False)
    record_property("figures", "\n".join(table(lines)))
    low = [folder for folder, limit in LIMITS.items() if limit and percent(lines, folder) < limit]
    assert not low, "\n".join(table(lines))


def test_table() -> None:
    """Shares are of a folder's own lines."""
    lines: Lines = {
        "src/firmware/net/a.c": {1: 0, 2: 5, 3: 1, 4: 1},
        "src/firmware/net/b.c": {1: 0},
    }
    assert percent(lines, "src/firmware/net") == 60
    assert percent(lines, "src/firmware/pxe") == 0
    assert table(lines)[1].split() == ["src/firmware/net", "5", "3", "60.0", "%", "95", "%"]
