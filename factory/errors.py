# SPDX-License-Identifier: BSD-2-Clause
"""The one kind of error a user sees: where it is, what is wrong, what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

EXIT_FAILURE = 1  # the work could not be done: a tool failed, a file cannot be written
EXIT_INPUT = 2  # what the user gave is wrong


@dataclass(frozen=True)
class Problem:
    """One finding. `where` is a file, a file and line, or a path inside a file."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; hint: {self.hint}" if self.hint else "")


class FactoryError(Exception):
    """Ends a command with a message per problem; cli.main() turns it into an exit code."""

    def __init__(self, *problems: Problem, exit_code: int = EXIT_INPUT) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems
        self.exit_code = exit_code


def failure(where: str, what: str, hint: str = "", exit_code: int = EXIT_FAILURE) -> FactoryError:
    """The error for a single problem."""
    return FactoryError(Problem(where, what, hint), exit_code=exit_code)
