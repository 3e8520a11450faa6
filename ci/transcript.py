# SPDX-License-Identifier: BSD-2-Clause
"""Runs the commands of a document as its reader would, in one shell, and looks for what they are said to show.

A transcript is a block that is indented by four spaces and begins with a prompt: `$ ` for a user, `# ` for root.

    $ echo one; echo two; echo three
    one
    ...
    th…

Lines below a command are what it prints. Each has to be there, in this order; `…` stands for any text within a line,
and a line `...` for any lines. A last line `^C` is Ctrl-C, pressed when all that has been shown. Any other command
ends with exit code 0. Lines of a here-document and lines after a backslash belong to the command.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pexpect

INDENT = "    "
PROMPTS = ("$ ", "# ")
INTERRUPT = "^C"
HERE_DOCUMENT = re.compile(r"<<-?'?(\w+)'?")
READY = re.compile(r"@ready-(\d+)@ ")
TIMEOUT = 120.0  # seconds for one command
AGAIN = 5.0  # seconds until Ctrl-C is pressed once more
PRINTED = 4000  # how much of its output a failure shows


@dataclass
class Command:
    """One command, in the document's line `number`."""

    number: int
    text: str
    shows: list[str] = field(default_factory=list)
    interrupted: bool = False


def blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Indented blocks with the number of their first line; a block ends with the indentation."""
    block: list[str] = []
    for number, line in enumerate([*text.splitlines(), "end"], 1):
        if line.startswith(INDENT) or (block and not line.strip()):
            block.append(line[len(INDENT) :])
        elif block:
            yield number - len(block), block
            block = []


def commands(text: str) -> list[Command]:
    """All of a document's, in their order."""
    found: list[Command] = []
    for number, block in blocks(text):
        if block[0].startswith(PROMPTS):
            found += _block_commands(number, block)
    return found


def _block_commands(number: int, block: list[str]) -> Iterator[Command]:
    lines = iter(enumerate(block, number))
    command: Command | None = None
    for number, line in lines:
        if line.startswith(PROMPTS):
            if command:
                yield command
            command = Command(number, line[2:])
            while command.text.endswith("\\"):
                command.text += "\n" + next(lines)[1]
            end = HERE_DOCUMENT.search(command.text)
            while end and not command.text.endswith("\n" + end.group(1)):
                command.text += "\n" + next(lines)[1]
        elif command and line == INTERRUPT:
            command.interrupted = True
        elif command and line.strip() and line.strip() != "...":
            command.shows.append(line.strip())
    if command:
        yield command


class TranscriptError(Exception):
    """Where the document and what happens differ: its line and command, and what was printed."""


class Session:
    """One bash, started in a folder, whose prompt tells how the last command ended."""

    def __init__(self, folder: Path, environment: Mapping[str, str], within: Sequence[str]) -> None:
        command = [*within, "bash", "--norc", "--noprofile", "--noediting"]
        self._bash: Any = pexpect.spawn(
            command[0],
            command[1:],
            cwd=str(folder),
            env={
                **environment,
                "PS1": "@ready-$?@ ",
                "PS2": "",
                "TERM": "dumb",
                "LC_ALL": "C.UTF-8",
            },
            encoding="utf-8",
            codec_errors="replace",
            echo=False,
            dimensions=(50, 200),
        )
        self._printed = ""
        self._deadline = time.monotonic() + TIMEOUT
        self._until(READY, "a prompt")

    def run(self, command: Command) -> None:
        """Run it to its end, or to where it is interrupted. Raises TranscriptError when it goes otherwise."""
        self._printed = ""
        self._deadline = time.monotonic() + TIMEOUT
        self._bash.sendline(command.text)
        for line in command.shows:
            self._until(as_pattern(line), line)
        if command.interrupted:
            self._interrupt()
            return
        status = self._until(READY, "its end").group(1)
        if status != "0":
            self._fail(f"ended with exit code {status}")

    def _interrupt(self) -> None:
        """Press Ctrl-C until the prompt comes: bash may not have started the command when it is pressed first."""
        self._bash.sendintr()
        while self._bash.expect([READY, pexpect.TIMEOUT, pexpect.EOF], timeout=AGAIN) != 0:
            if self._bash.after is pexpect.EOF or time.monotonic() > self._deadline:
                self._fail("did not end by Ctrl-C")
            self._bash.sendintr()

    def _until(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """The match, for which every line that comes before it is passed over."""
        choices = [pattern, READY, pexpect.TIMEOUT, pexpect.EOF]
        which = self._bash.expect(choices, timeout=max(self._deadline - time.monotonic(), 0.1))
        self._printed += str(self._bash.before)
        if which != 0:
            how = ("ended", "took too long", "ended the shell")[which - 1]
            self._fail(f"{how}, and did not show: {what}")
        match: re.Match[str] = self._bash.match
        self._printed += match.group(0)
        return match

    def _fail(self, what: str) -> NoReturn:
        raise TranscriptError(f"{what}\nIt printed:\n{self._printed[-PRINTED:]}")

    def close(self) -> None:
        """End the shell and what still runs in it."""
        self._bash.close(force=True)


def as_pattern(line: str) -> re.Pattern[str]:
    """A line of a transcript: any white space is as good as any other, and an ellipsis stands for what is left out."""
    parts = (
        r"[ \t]+".join(map(re.escape, part.split(" ")))
        for part in re.sub(" +", " ", line).split("…")
    )
    return re.compile(r"[^\r\n]*?".join(parts))


def run_document(
    path: Path, folder: Path, environment: Mapping[str, str], within: Sequence[str] = ()
) -> int:
    """Run every command of a document, with `within` before the shell's own command line; returns how many there were.

    Raises TranscriptError.
    """
    session = Session(folder, environment, within)
    try:
        todo = commands(path.read_text(encoding="utf-8"))
        for command in todo:
            try:
                session.run(command)
            except TranscriptError as error:
                raise TranscriptError(
                    f"{path.name}:{command.number}: {command.text}\n{error}"
                ) from None
        return len(todo)
    finally:
        session.close()
