# SPDX-License-Identifier: BSD-2-Clause
"""The reader that documents are tried with: what it takes for a command, and when it complains."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ci.transcript import TranscriptError, commands, run_document

GOOD = """Text.

    $ echo one; echo two; echo three
    one
    ...
    th…e

    $ cat <<'END' >file
    $ within    it
    END
    # cat \\
    file
    … within it

- a list

      $ no transcript: it is indented further

    no transcript: no prompt

Text.

    $ sleep 1000
    ^C
    $ test -s file
"""


def run(text: str, folder: Path) -> int:
    """Run a document in a folder, with what this process has in its environment."""
    (folder / "doc.md").write_text(text)
    return run_document(folder / "doc.md", folder, os.environ)


def test_good(tmp_path: Path) -> None:
    """Every command is run, in one shell, with here-documents, continued lines, left-out output and Ctrl-C."""
    assert [command.number for command in commands(GOOD)] == [3, 8, 11, 23, 25]
    assert run(GOOD, tmp_path) == 5


def test_interrupt_that_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is pressed again, as by a user."""
    monkeypatch.setattr("ci.transcript.AGAIN", 0.5)
    deaf = "bash -c 'trap \"trap - INT\" INT; echo begun; sleep 1000; sleep 1000'"
    assert run(f"    $ {deaf}\n    begun\n    ^C\n    $ echo on\n    on\n", tmp_path) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n    $ true\n    $ (exit 3)\n", "doc.md:3: (exit 3)\nended with exit code 3"),
        ("    $ echo a\n    b\n", "doc.md:1: echo a\nended, and did not show: b\nIt printed:\na"),
        ("    $ echo a; echo b\n    b\n    a\n", "ended, and did not show: a"),
        ("    $ echo a; echo b\n    a…b\n", "ended, and did not show: a…b"),
        ("    $ exit\n", "ended the shell, and did not show: its end"),
        ("    $ echo a; exec sleep 99\n    a\n    ^C\n", "did not end by Ctrl-C"),
    ],
)
def test_bad(text: str, message: str, tmp_path: Path) -> None:
    """A command that fails, or shows something else, is named with its line."""
    with pytest.raises(TranscriptError, match=re.escape(message)):
        run(text, tmp_path)


def test_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that does not end is not waited for for ever."""
    monkeypatch.setattr("ci.transcript.TIMEOUT", 0.5)
    with pytest.raises(TranscriptError, match="took too long, and did not show: its end"):
        run("    $ sleep 1000\n", tmp_path)
