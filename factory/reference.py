# SPDX-License-Identifier: BSD-2-Clause
"""Documents that are written from the code and what it reads: docs/errors.md, docs/matrix.md, docs/settings.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from factory.files import read_file, write_atomic
from factory.places import TEMPLATES
from factory.schema import SCHEMA
from factory.settings import settings
from factory.templates import Engine


_ERRORS = Path("src/firmware/lib/errors.h")
_ERROR = re.compile(r'X\((E_\w+), (\d+), "([^"]+)"\)')


class Key(NamedTuple):
    """A key of the matrix: its name, whether it has to be there, what its value is, and what it means."""

    name: str
    required: bool
    value: str
    text: str


def write_reference(templates: Path, folder: Path) -> None:
    """Write each document into a folder."""
    engine = Engine(templates)
    matrix = {part: list(keys) for part, keys in matrix_keys(json.loads(SCHEMA.read_bytes()))}
    write_atomic(
        folder / "settings.md", engine.render("settings.md.j2", settings=settings().values())
    )
    write_atomic(folder / "matrix.md", engine.render("matrix.md.j2", matrix=matrix))
    header = read_file(_ERRORS, "go to the folder of the sources").decode()
    errors = {name: f"E{int(code):02}: {text}" for name, code, text in _ERROR.findall(header)}
    write_atomic(folder / "errors.md", engine.render("errors.md.j2", errors=errors))


def matrix_keys(schema: Mapping[str, Any]) -> Iterator[tuple[str, Iterator[Key]]]:
    """The parts of a matrix that have keys of their own, by the names that the schema has for them."""
    family = schema["definitions"]["family"]["properties"]
    parts = {
        "file": schema,
        **{
            name: schema["definitions"][name] for name in ("medium", "profile", "family", "special")
        },
        "model": family["models"]["items"],
        "id": family["ids"]["items"]["then"],
    }
    for name, part in parts.items():
        yield name, _keys(part, schema["definitions"])


def _keys(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Key]:
    for name, value in part["properties"].items():
        form = {**definitions.get(value.get("$ref", "").rpartition("/")[2], {}), **value}
        kinds = {"array": "a list", "object": "keys of their own"}
        hint = str(form.get("x-hint") or kinds[form["type"]])
        yield Key(
            name,
            name in part.get("required", ()),
            hint.removeprefix("write ").removeprefix("use "),
            form["description"],
        )


@click.command("reference", hidden=True)
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    default=TEMPLATES,
    show_default="templates",
    help="what is rendered",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("docs"),
    show_default=True,
    help="folder to write to",
)
def command(templates: Path, out: Path) -> None:
    """Write docs/errors.md, docs/matrix.md and docs/settings.md, from the code and what it reads."""
    write_reference(templates, out)
