# SPDX-License-Identifier: BSD-2-Clause
"""`etherforge man`: the manual, out of the commands themselves."""

from __future__ import annotations

from pathlib import Path

import click

from factory.manual import pages, write_document, write_man
from factory.places import BUILT, shipped
from factory.spec import load_spec
from factory.tools import find_romtool


@click.command("man")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="write the man pages to this folder, such as /usr/share/man/man1",
)
@click.option(
    "--markdown", type=click.Path(path_type=Path), help="write the same as one Markdown file"
)
@click.option(
    "--spec",
    type=click.Path(path_type=Path),
    default=lambda: shipped("targets.yaml"),
    show_default="targets.yaml",
    help="the matrix, for its version",
)
def command(out: Path | None, markdown: Path | None, spec: Path) -> None:
    """Write the manual: man pages of `etherforge`, its commands and `romtool`, or one Markdown file."""
    from factory.cli import cli  # which has this command, too

    if not (out or markdown):
        raise click.UsageError("say where to: --out FOLDER, or --markdown FILE")
    found = pages(cli, find_romtool(BUILT))
    if out:
        version = load_spec(spec).version
        written = write_man(found, version, out)
        click.echo(f"{out}: {len(written)} man pages")
    if markdown:
        write_document(found, markdown)
