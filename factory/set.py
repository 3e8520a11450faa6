# SPDX-License-Identifier: BSD-2-Clause
"""Settings of an image that exists: romtool, which knows the formats, changes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from factory.errors import failure
from factory.files import find_romtool
from factory.places import BUILT
from factory.settings import settings as known_settings

_HELP = """Give IMAGE other settings, and write the result to another file.

`KEY=` removes a setting; those that are not named stay. Nothing else in the image changes, but for lengths and
checksums. An image with other settings is not the one that was proved by booting it.

\b
"""


class _Command(click.Command):
    """Its help names every setting; the list of them is read only when somebody asks."""

    @property
    def help(self) -> str | None:
        """As of any command."""
        keys = (f"  {it.key}: {it.help}; {it.example}" for it in known_settings().values())
        return _HELP + "\n".join(keys)

    @help.setter
    def help(self, text: str | None) -> None:
        """What click finds out by itself is not enough."""


@click.command("set", cls=_Command)
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("settings", nargs=-1, metavar="KEY=VALUE...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="the image to write"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=lambda: BUILT if not Path("out").exists() else Path("out"),
    show_default="out",
    help="folder of a build, whose romtool is used; else the one on PATH",
)
def command(image: Path, settings: tuple[str, ...], output: Path, out: Path) -> int:
    """Let romtool do it; its exit code."""
    romtool = find_romtool(out)
    try:
        done = subprocess.run(
            [str(romtool), "set", str(image), *settings, "-o", str(output)], check=False
        )
    except OSError as error:
        raise failure(str(romtool), f"cannot run it: {error.strerror}", "run make") from None
    return done.returncode
