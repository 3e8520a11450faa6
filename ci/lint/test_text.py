# SPDX-License-Identifier: BSD-2-Clause
"""What no file may contain, and what the documents must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ci.tree import ROOT, sources, sources_named

# Spelled in parts, so that this file passes its own test.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
MACHINE = re.compile(r"/(work|ro" + r"ot|home|tmp)/[\w.]|\b(py" + r"pi|deb\.debian)\.org\b")
LINK = re.compile(r"\[[^]]*\]\(([^)#:]+)(#[^)]*)?\)")
NO_PROSE = re.compile(r"^(?: {4}|#|!|<!--).*$", re.MULTILINE)  # code, headings, pictures, marks
NAMES = re.compile(r"`[^`]*`")  # each is a word
SENTENCE_END = re.compile(r"(?<=[.?!:;])[*)\"]*\s|\n\s*\n|\n\s*(?:[-*]|\d+\.) |\|")
SENTENCE_WORDS, ROW_LENGTH = 25, 160
ERROR = re.compile(r'X\((E_\w+), (\d+), "([^"]+)"\)')


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in sources():
        text = (ROOT / path).read_bytes().decode("utf-8", errors="replace")
        if "\0" not in text:
            found += [
                f"{path}:{number}: {line.strip()}"
                for number, line in enumerate(text.splitlines(), 1)
                if pattern.search(line)
            ]
    return found


def test_nothing_is_left_unfinished() -> None:
    """No note to finish something later."""
    assert not _lines_with(UNFINISHED)


def test_no_machine_paths() -> None:
    """Nothing names a folder or host of the machine it was written on."""
    assert not _lines_with(MACHINE)


@pytest.mark.parametrize("path", sources_named(".md"), ids=str)
def test_links(path: Path) -> None:
    """Links between documents lead somewhere."""
    text = (ROOT / path).read_text(encoding="utf-8")
    targets = [match.group(1) for match in LINK.finditer(text)]
    missing = [target for target in targets if not (ROOT / path.parent / target).exists()]
    assert not missing, f"{path}: {missing}"


def long_sentences(text: str) -> list[str]:
    """What has too many words between full stops, colons or semicolons in Markdown; table rows that are too long."""
    prose = NAMES.sub("x", LINK.sub("x", NO_PROSE.sub("", text)))
    rows = [line for line in text.splitlines() if line.startswith("|") and len(line) > ROW_LENGTH]
    sentences = (" ".join(sentence.split()) for sentence in SENTENCE_END.split(prose))
    return [it for it in sentences if len(re.findall(r"\S*\w\S*", it)) > SENTENCE_WORDS] + rows


@pytest.mark.parametrize("path", sources_named(".md"), ids=str)
def test_sentences_are_short(path: Path) -> None:
    """Each can be understood at once; hint: make two of it, or a list."""
    found = long_sentences((ROOT / path).read_text(encoding="utf-8"))
    assert not found


def test_long_sentences_are_seen() -> None:
    """In paragraphs, lists and tables, but not in code; a name or a link is one word."""
    good, bad = "a " * 25, "a " * 26
    assert not long_sentences(
        f"{good}. {good}: {good};\n{good}\n\n- {good}\n- `{bad}`\n\n    {bad}\n"
    )
    for text in (
        f"{good}\na",
        f"x.\n- {bad}\n- b",
        f"| {bad} | b |",
        f"| {'a' * 160} |",
        f"b. {bad}",
    ):
        assert len(long_sentences(text)) == 1, text


def test_every_error_is_explained() -> None:
    """docs/errors.md has a section for each error of lib/errors.h, with its text and what to do, and no other."""
    header = (ROOT / "src/firmware/lib/errors.h").read_text(encoding="utf-8")
    document = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    expected = [f"E{int(number):02d}: {text}" for _, number, text in ERROR.findall(header)]
    sections = dict(re.findall(r"^## (E\d.*)\n\n((?:.+\n)+)", document, re.MULTILINE))
    assert expected
    assert list(sections) == expected
    short = [title for title, text in sections.items() if len(text.split()) < 15]
    assert not short, f"too little to help anyone: {short}"
