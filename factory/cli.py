# SPDX-License-Identifier: BSD-2-Clause
"""The command line. The only place where an error becomes a message and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from factory.catalogue import PCI_IDS, Places, write_catalogue
from factory.dist import command as dist_command
from factory.errors import EXIT_FAILURE, FactoryError
from factory.find import command as find_command
from factory.man import command as man_command
from factory.mknbi import command as mknbi_command
from factory.places import shipped
from factory.places import sources as default_sources
from factory.reference import command as reference_command
from factory.render import render
from factory.samples import command as samples_command
from factory.set import command as set_command
from factory.site import command as site_command
from factory.smoke import command as smoke_command
from factory.spec import load_spec
from factory.verify import command as verify_command

_path = click.Path(path_type=Path)
_spec_option = click.option(
    "--spec",
    "spec_path",
    type=_path,
    default=lambda: shipped("targets.yaml"),
    show_default="targets.yaml",
    help="the matrix",
)


@click.group("etherforge", context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Network-boot images for PCI network cards: find them, prove them, make your own.

    Etherforge is a firmware that boots PCs with a BIOS from the network, and the factory that builds it for every
    card of a matrix. A download set is what that makes: a folder with images, catalogue and checksums.

    For completion in bash, this goes into ~/.bashrc; for zsh or fish, use zsh_source or fish_source.

    \b
      eval "$(_ETHERFORGE_COMPLETE=bash_source etherforge)"
    """


@cli.command("render")
@_spec_option
@click.option(
    "--sources",
    type=_path,
    default=default_sources,
    show_default="src, where it is there",
    help="folder with the drivers that the matrix may name",
)
@click.option(
    "--templates",
    type=_path,
    default=lambda: shipped("templates"),
    show_default="templates",
    help="what is rendered",
)
@click.option(
    "--out", type=_path, default=Path("out/gen"), show_default=True, help="folder to write to"
)
def render_command(spec_path: Path, sources: Path | None, templates: Path, out: Path) -> None:
    """Check a matrix, and write the linker maps, headers, image lists and make rules of every target.

    `make` calls this, and builds what they say.
    """
    render(load_spec(spec_path, sources), templates, out)


@cli.command("catalogue")
@click.option("--compiler", required=True, help="name and version, as recorded in the catalogue")
@click.option("--assembler", required=True, help="name and version")
@click.option("--linker", required=True, help="name and version")
@_spec_option
@click.option(
    "--out",
    type=_path,
    default=Path("out"),
    show_default=True,
    help="folder of the build; catalogue and checksums go there, too",
)
@click.option("--pci-ids", type=_path, default=PCI_IDS, show_default=True, help="names of cards")
def catalogue_command(
    compiler: str,
    assembler: str,
    linker: str,
    spec_path: Path,
    out: Path,
    pci_ids: Path,
) -> None:
    """Check every image that was built, and write catalogue.json and SHA256SUMS."""
    toolchain = {"compiler": compiler, "assembler": assembler, "linker": linker}
    write_catalogue(load_spec(spec_path), toolchain, Places(out, pci_ids))


cli.add_command(dist_command)
cli.add_command(find_command)
cli.add_command(man_command)
cli.add_command(mknbi_command)
cli.add_command(reference_command)
cli.add_command(samples_command)
cli.add_command(set_command)
cli.add_command(smoke_command)
cli.add_command(verify_command)
cli.add_command(site_command)


def _name() -> str:
    """By which it was started."""
    return "python3 -m factory" if Path(sys.argv[0]).name == "__main__.py" else "etherforge"


def main() -> None:
    """Run a command; explain what went wrong without a traceback. A command returns its exit code, or None."""
    try:
        sys.exit(cli.main(prog_name=_name(), standalone_mode=False))
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
