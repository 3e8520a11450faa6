# SPDX-License-Identifier: BSD-2-Clause
"""The list of settings, and what is made of it."""

from __future__ import annotations

from factory.settings import settings


def test_examples() -> None:
    """Each example is a value of its setting, and nothing else is."""
    for setting in settings().values():
        assert setting.takes(setting.example)
        assert not setting.takes("") and not setting.takes(setting.example + "\n")
