"""Writing output files: whole or not at all, and only when their content changes."""

from __future__ import annotations

import os
from pathlib import Path

from factory.errors import EXIT_INPUT, failure


def write_atomic(path: Path, content: bytes) -> None:
    """Write through a temporary file beside `path`, so that nobody ever reads a part of it."""
    target = Path(os.path.realpath(path))  # a link stays, the file that it names is replaced
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if os.path.lexists(path) and not path.is_file():  # replacing a device would be a disaster
            raise failure(
                str(path), "not a regular file", "name a file, not a folder or device", EXIT_INPUT
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(content)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise failure(
            str(path),
            f"cannot write it: {error.strerror}",
            "free some space or fix the permissions, then run make again",
        ) from error


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
