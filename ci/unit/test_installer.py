# SPDX-License-Identifier: BSD-2-Clause
"""Debian's installer, from its netboot tree over HTTP and without pxelinux: through its menu, help and prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.images import Shop
from ci.lab.boot import run_case
from ci.lab.card import Card
from ci.lab.judge import PASS, SKIP
from ci.smoke.installer import FAMILIES, by_http
from ci.packages import Unavailable
from factory.spec import load_spec


@pytest.mark.parametrize("family", FAMILIES)
def test_netboot_tree(built: Path, family: str) -> None:
    """To its first screen, with this run's nonce on the command line that is typed."""
    spec = load_spec(built / "targets.yaml")
    found = spec.family(family)
    assert found
    card = Card(family, found.models[0], Shop(built / "out"))
    try:
        case = by_http(card)
    except (Unavailable, FileNotFoundError, ValueError) as reason:
        pytest.skip(str(reason))
    done = run_case(case)
    if done.verdict == SKIP:
        pytest.skip(done.reason)
    assert done.verdict == PASS, f"{done.reason}\n{done.console}"
