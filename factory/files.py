# SPDX-License-Identifier: BSD-2-Clause
"""Reading files, with an error for a person; writing them whole or not at all, and only when their content changes."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factory.errors import EXIT_FAILURE, EXIT_INPUT, failure


def read_file(path: Path, hint: str, exit_code: int = EXIT_FAILURE) -> bytes:
    """All of a file. Raises FactoryError, with this hint, when it cannot be read."""
    try:
        # To one with a name, nobody may ever write; those of a shell, /dev/fd/63, have a writer.
        if path.is_fifo() and os.path.exists(os.path.realpath(path)):
            raise failure(str(path), "a named pipe, not a file", hint, exit_code)
        return path.read_bytes()
    except OSError as error:
        raise failure(str(path), f"cannot read it: {error.strerror}", hint, exit_code) from None


def read_json(path: Path, hint: str, exit_code: int = EXIT_FAILURE) -> Any:
    """What a JSON file says. Raises FactoryError, with this hint, when it is none."""
    try:
        return json.loads(read_file(path, hint, exit_code))
    except (ValueError, RecursionError) as error:
        raise failure(str(path), f"not JSON: {error}", hint, exit_code) from None


def write_atomic(path: Path, content: bytes) -> None:
    """Write through a temporary file beside `path`, so that nobody ever reads a part of it."""
    target = Path(os.path.realpath(path))  # a link stays, the file that it names is replaced
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        if os.path.lexists(path) and not path.is_file():  # replacing a device would be a disaster
            raise failure(
                str(path), "not a regular file", "name a file, not a folder or device", EXIT_INPUT
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                file.write(content)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise failure(
            str(path),
            f"cannot write it: {error.strerror}",
            "free some space or fix the permissions, then run make again",
        ) from error


def check_spared(option: str, output: Path, inputs: Mapping[str, Path]) -> None:
    """Refuse an output that is one of the files read, by whatever name: it would be lost."""
    for what, path in inputs.items():
        try:
            same = output.samefile(path)
        except OSError:  # one of them is not there
            continue
        if same:
            raise failure(
                f"{option} {output}", f"it is {what} itself", "name another file", EXIT_INPUT
            )


def check_inside(folder: Path, path: Path) -> None:
    """Refuse to follow a link that leads out of the folder: what it names is not ours."""
    root, place = os.path.realpath(folder), folder
    for part in path.relative_to(folder).parts:
        place = place / part
        if place.is_symlink() and not Path(os.path.realpath(place)).is_relative_to(root):
            what = f"a link that leads out of {folder}, to {os.readlink(place)}"
            raise failure(str(place), what, "remove the link")


def write_if_changed(path: Path, content: bytes) -> bool:
    """Leave a file that already holds `content` alone, so that make sees nothing new. True when written."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    except OSError as error:
        raise failure(str(path), f"cannot read it: {error.strerror}") from error
    write_atomic(path, content)
    return True
