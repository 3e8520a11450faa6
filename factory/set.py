# SPDX-License-Identifier: BSD-2-Clause
"""Settings of an image that exists: romtool, which knows the formats, changes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from factory.errors import failure
from factory.files import find_romtool


@click.command("set")
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("settings", nargs=-1, metavar="KEY=VALUE...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="the image to write"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out"),
    show_default=True,
    help="folder of a build, whose romtool is used; else the one on PATH",
)
def command(image: Path, settings: tuple[str, ...], output: Path, out: Path) -> int:
    """Give IMAGE other settings, and write the result to another file.

    `KEY=` removes a setting; those that are not named stay. Nothing else in the image changes, but for lengths and
    checksums. An image with other settings is not the one that was proved by booting it.
    """
    romtool = find_romtool(out)
    try:
        done = subprocess.run(
            [str(romtool), "set", str(image), *settings, "-o", str(output)], check=False
        )
    except OSError as error:
        raise failure(str(romtool), f"cannot run it: {error.strerror}", "run make") from None
    return done.returncode
