# SPDX-License-Identifier: BSD-2-Clause
"""The list of settings, and what is made of it."""

from __future__ import annotations

from factory.settings import settings, settings_text


def test_examples() -> None:
    """Each example is a value of its setting, and nothing else is."""
    for setting in settings().values():
        assert setting.takes(setting.example)
        assert not setting.takes("") and not setting.takes(setting.example + "\n")


def test_text() -> None:
    """Lines in the order of the list."""
    assert settings_text({"wait": "3", "args": "a b"}) == "args=a b\nwait=3"
    assert settings_text({}) == ""
