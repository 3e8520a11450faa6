# SPDX-License-Identifier: BSD-2-Clause
"""CHANGELOG.md has the form that programs and people expect: that of Keep a Changelog."""

from __future__ import annotations

import re
from datetime import date

from ci.tree import ROOT
from factory.spec import load_spec

RELEASE = re.compile(r"\[(\d+(?:\.\d+)+)\] - (\d{4}-\d\d-\d\d)")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
UNRELEASED = "[Unreleased]"


def wrong(text: str, version: str) -> list[str]:
    """What is wrong with a changelog of a tree of this version."""
    found = [] if text.startswith("# Changelog\n") else ["the first line is not the title"]
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if UNRELEASED in headings[1:]:
        found.append("what is not released comes first")
    named = [RELEASE.fullmatch(heading) for heading in headings if heading != UNRELEASED]
    if None in named:
        found.append("a version is not as [0.1.0] - 2026-12-31")
    releases = [match for match in named if match]
    dates = [date.fromisoformat(match[2]) for match in releases]
    if dates != sorted(dates, reverse=True):
        found.append("the newest come first")
    if UNRELEASED not in headings and version not in [match[1] for match in releases]:
        found.append(f"nothing tells of {version}")
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    return found + [f"{kind} is no kind of change" for kind in sorted(kinds - KINDS)]


def test_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert wrong(text, load_spec(ROOT / "targets.yaml").version) == []


def test_what_is_wrong_is_found() -> None:
    """Of each kind one."""
    assert wrong("# Changelog\n## [0.2] - 2026-02-01\n### Added\n", "0.2") == []
    assert wrong("# Changelog\n## [0.1] - 2026-02-01\n", "0.2") == ["nothing tells of 0.2"]
    text = (
        "# News\n## [0.1] - 2026-01-01\n## [Unreleased]\n### New\n## 0.2\n## [0.2] - 2026-02-02\n"
    )
    assert wrong(text, "0.2") == [
        "the first line is not the title",
        "what is not released comes first",
        "a version is not as [0.1.0] - 2026-12-31",
        "the newest come first",
        "New is no kind of change",
    ]
