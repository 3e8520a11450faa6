# SPDX-License-Identifier: BSD-2-Clause
"""The command line. The only place where an error becomes a message and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from factory.catalogue import PCI_IDS, Places, write_catalogue
from factory.dist import command as dist_command
from factory.errors import EXIT_FAILURE, FactoryError
from factory.mknbi import command as mknbi_command
from factory.render import render
from factory.spec import load_spec
from factory.verify import command as verify_command

SPEC = Path("targets.yaml")


@click.group()
def cli() -> None:
    """The factory around the Etherforge firmware. `make` calls what it needs; see `make help`."""


@cli.command("render")
@click.option("--spec", "spec_path", type=click.Path(path_type=Path), default=SPEC)
@click.option("--sources", type=click.Path(path_type=Path), default=Path("src"))
@click.option("--templates", type=click.Path(path_type=Path), default=Path("templates"))
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/gen"))
def render_command(spec_path: Path, sources: Path, templates: Path, out: Path) -> None:
    """Write the linker maps, headers, image lists and make rules of every target."""
    render(load_spec(spec_path, sources), templates, out)


@cli.command("catalogue")
@click.option("--compiler", required=True, help="name and version, as recorded in the catalogue")
@click.option("--assembler", required=True, help="name and version")
@click.option("--linker", required=True, help="name and version")
@click.option("--spec", "spec_path", type=click.Path(path_type=Path), default=SPEC)
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"))
@click.option("--pci-ids", type=click.Path(path_type=Path), default=PCI_IDS)
def catalogue_command(
    compiler: str,
    assembler: str,
    linker: str,
    spec_path: Path,
    out: Path,
    pci_ids: Path,
) -> None:
    """Check every image and write catalogue.json and SHA256SUMS."""
    toolchain = {"compiler": compiler, "assembler": assembler, "linker": linker}
    write_catalogue(load_spec(spec_path), toolchain, Places(out, pci_ids))


cli.add_command(mknbi_command, "mknbi")
cli.add_command(dist_command)
cli.add_command(verify_command)


def main() -> None:
    """Run a command; explain what went wrong without a traceback."""
    try:
        cli.main(prog_name="python3 -m factory", standalone_mode=False)
    except FactoryError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        print("interrupted", file=sys.stderr)
        sys.exit(EXIT_FAILURE)
