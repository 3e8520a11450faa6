# SPDX-License-Identifier: BSD-2-Clause
"""Cards in pasted texts: the same texts as the catalogue page's script is tested with."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ci.tree import ROOT
from factory.cards import find_cards

PASTED: list[dict[str, Any]] = json.loads((ROOT / "ci/cards_pasted.json").read_text())
MEBIBYTE = 1 << 20
SECONDS = 5.0  # for a mebibyte; it needs one at most here


@pytest.mark.parametrize("case", PASTED, ids=lambda case: f"{case['what']}: {case['text'][:20]}")
def test_pasted(case: dict[str, Any]) -> None:
    """Every card, and nothing else."""
    assert find_cards(case["text"]) == case["cards"]


def test_all_at_once() -> None:
    """Texts do not disturb each other, an empty line apart."""
    expected = dict.fromkeys(card for case in PASTED for card in case["cards"])
    assert find_cards("\n\n".join(case["text"] for case in PASTED)) == list(expected)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "0",
            " ",
            "[",
            "&",
            "10ec:",
            "0x10ec ",
            "class=0x020000 ",
            "ven_10ec&dev_8139&a_0",
            "\n",
            "g\n",
        ),
        *("00:03.0 [0200", "vendor 10ec ", "pci10ec,", "0x1234, 0x5678, ", '"[', "Class: [0200"),
    ],
)
def test_megabytes(piece: str) -> None:
    """The time grows with the length: no text makes it hang."""
    text = "00:03.0 " + piece * (MEBIBYTE // len(piece))
    started = time.monotonic()
    find_cards(text)
    find_cards(text[8:])
    assert time.monotonic() - started < SECONDS
