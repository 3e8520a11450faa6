# SPDX-License-Identifier: BSD-2-Clause
"""Building packages as a distribution does: by a user without root, offline, and without installing anything."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci.tree import need_tool

USER = "nobody"
RECORDER = '#!/bin/sh\necho "$0 $*" >>"{}"\nexit 1\n'
INSTALLERS = ("apt-get", "apt", "dnf", "sudo", "curl", "wget")


@dataclass(frozen=True)
class Workplace:
    """A folder for a build. Programs that install or download are recorders there, which note what they are asked."""

    folder: Path

    @property
    def asked(self) -> list[str]:
        """What was to be installed or downloaded."""
        record = self.folder / "asked"
        return record.read_text().splitlines() if record.exists() else []

    def own(self) -> None:
        """All that is in the folder now belongs to the user who builds."""
        if os.geteuid() == 0:
            account = pwd.getpwnam(USER)
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)

    def run(self, *command: str | Path, cwd: Path | None = None) -> str:
        """What a command prints that must succeed. Root runs it as a user without rights, and without a network."""
        words = [str(word) for word in command]
        if os.geteuid() == 0:
            account = [need_tool("runuser"), "-u", USER, "--"]
            words = [need_tool("unshare"), "-n", *account, *words]
        environment = {
            "PATH": f"{self.folder / 'recorders'}:{os.environ['PATH']}",
            "HOME": "/nonexistent",
            "LC_ALL": "C.UTF-8",
            "DEB_BUILD_OPTIONS": "parallel=2",
        }
        done = subprocess.run(
            words,
            cwd=cwd or self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(f"{command[0]}: exit code {done.returncode}\n{done.stdout[-4000:]}")
        return done.stdout


@contextmanager
def workplace() -> Iterator[Workplace]:
    """One that the user who builds can reach."""
    with tempfile.TemporaryDirectory(prefix="package-") as name:
        place = Workplace(Path(name))
        recorders = place.folder / "recorders"
        recorders.mkdir()
        for tool in INSTALLERS:
            (recorders / tool).write_text(RECORDER.format(place.folder / "asked"))
            (recorders / tool).chmod(0o755)
        place.own()
        yield place
