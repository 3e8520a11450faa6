# SPDX-License-Identifier: BSD-2-Clause
"""Documents that are written from what the code reads are current, and say something of every key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.tree import ROOT
from factory.reference import matrix_keys, write_reference
from factory.schema import SCHEMA


@pytest.mark.parametrize("name", ["errors.md", "matrix.md", "settings.md"])
def test_current(name: str, tmp_path: Path) -> None:
    """Each is what `python3 -m factory reference` writes now."""
    write_reference(ROOT / "templates", tmp_path)
    assert (tmp_path / name).read_text() == (ROOT / "docs" / name).read_text()


def test_every_key_is_explained() -> None:
    """With what its value looks like, and what it is for."""
    parts = dict(matrix_keys(json.loads(SCHEMA.read_bytes())))
    keys = {f"{part}.{key.name}": key for part, keys in parts.items() for key in keys}
    assert {"file.version", "medium.budget", "family.ids", "id.untested", "special.drivers"} < set(
        keys
    )
    assert [name for name, key in keys.items() if not (key.value and key.text)] == []
