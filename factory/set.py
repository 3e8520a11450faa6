# SPDX-License-Identifier: BSD-2-Clause
"""Settings of an image that exists: romtool, which knows the formats, changes them."""

from __future__ import annotations

from pathlib import Path

import click

from factory.places import BUILT
from factory.settings import settings as known_settings
from factory.tools import find_romtool, run_romtool

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
    words = ["set", str(image), *settings, "-o", str(output)]
    return run_romtool(find_romtool(out), words, capture=False).returncode
