# SPDX-License-Identifier: BSD-2-Clause
"""The settings of an image (settings.yaml): which there are, and which values they take.

`Setting.takes` repeats in Python what src/firmware/lib/settings.c decides for firmware and romtool; a test asks both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from factory.document import load_document

_LIST = Path(__file__).with_name("settings.yaml")
_LIMITS = {"ipv4": 0xFFFFFFFF, "serial": 115200}
_FORMS = {
    "string": "1 to {max} characters of printable ASCII",
    "ipv4": "an IPv4 address, not 0.0.0.0",
    "seconds": "a whole number of seconds, 1 to {max}",
    "serial": "COM1 to COM4, a comma, and a speed of 2 to {max}",
}


@dataclass(frozen=True)
class Setting:
    """One key of settings.yaml."""

    key: str
    type: str  # string, ipv4, seconds or serial
    max: int  # characters, seconds or bits per second
    help: str
    example: str

    @property
    def constant(self) -> str:
        """The key as part of a C constant's name."""
        return self.key.upper().replace("-", "_")

    @property
    def form(self) -> str:
        """What a value looks like, in words."""
        return _FORMS[self.type].format(max=self.max)

    def takes(self, value: str) -> bool:
        """True when this is a value of the setting."""
        if self.type == "string":
            return bool(re.fullmatch("[ -~]+", value)) and len(value) <= self.max
        if self.type == "ipv4":
            parts = [_number(part) for part in value.split(".")]
            return len(parts) == 4 and all(0 <= part <= 255 for part in parts) and any(parts)
        if self.type == "seconds":
            return 1 <= _number(value) <= self.max
        port, _, speed = value.partition(",")
        return bool(re.fullmatch("COM[1-4]", port)) and 2 <= _number(speed) <= self.max


def _number(text: str) -> int:
    """Of decimal digits; -1 for any other text. One of more than twelve digits is over every limit anyway."""
    return int(text.lstrip("0")[:12] or "0") if re.fullmatch("[0-9]+", text) else -1


@cache
def settings() -> Mapping[str, Setting]:
    """Every setting by its key, in the order of the list."""
    return {
        key: Setting(
            key,
            item["type"],
            item.get("max") or _LIMITS[item["type"]],
            item["help"],
            str(item["example"]),
        )
        for key, item in load_document(_LIST).data.items()
    }
