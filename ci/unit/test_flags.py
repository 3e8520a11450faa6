# SPDX-License-Identifier: BSD-2-Clause
"""`make flags` (ci.flags): what it does before it builds."""

from __future__ import annotations

from pathlib import Path

from ci.flags import MOST, roomy
from ci.tree import ROOT
from factory.spec import load_spec


def test_no_budget_stops_it(tmp_path: Path) -> None:
    """Firmware without a flag is larger than the matrix allows, and is packed all the same."""
    matrix = tmp_path / "targets.yaml"
    matrix.write_text(roomy((ROOT / "targets.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    targets = load_spec(matrix).targets()
    assert {size for target in targets for size in target.budget.values()} == {MOST}
