# SPDX-License-Identifier: BSD-2-Clause
"""Outputs that would destroy an input, or something outside the folder they belong to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from ci.tree import ROOT
from ci.unit.test_catalogue import Tree
from factory.catalogue import write_catalogue
from factory.errors import EXIT_INPUT, FactoryError
from factory.files import write_atomic
from factory.mknbi import command
from factory.render import render
from factory.spec import load_spec

CONTENT = {"kernel": b"a kernel", "initrd": b"an initrd", "second": b"another", "stub": b"a stub"}
TOOLS = {"compiler": "gcc", "assembler": "nasm", "linker": "ld"}


def _spelled(folder: Path, how: str, name: str) -> Path:
    """Another way to write the path of a file."""
    path = folder / "other"
    if how == "symbolic link":
        path.symlink_to(name)
    elif how == "hard link":
        path.hardlink_to(folder / name)
    elif how == "relative path":
        path = Path(os.path.relpath(folder / name))
    elif how == "way round":
        path = folder / ".." / folder.name / "." / name
    else:
        path = folder / name
    return path


@pytest.mark.parametrize("name", CONTENT)
@pytest.mark.parametrize(
    "how", ["same path", "symbolic link", "hard link", "relative path", "way round"]
)
def test_mknbi_spares_what_it_reads(tmp_path: Path, name: str, how: str) -> None:
    for file, data in CONTENT.items():
        (tmp_path / file).write_bytes(data)
    output = _spelled(tmp_path, how, name)
    options = {"kernel": "kernel", "initrd": "initrd", "second": "initrd", "stub": "stub"}
    words = [f"--{option}={tmp_path / file}" for file, option in options.items()]
    error = CliRunner().invoke(command, [*words, "-o", str(output)]).exception
    assert isinstance(error, FactoryError) and error.exit_code == EXIT_INPUT
    role = f"initrd {tmp_path / name}" if options[name] == "initrd" else f"the {name}"
    assert str(error) == f"-o {output}: it is {role} itself; hint: name another file"
    assert {file: (tmp_path / file).read_bytes() for file in CONTENT} == CONTENT


@pytest.mark.parametrize("name", ["images", "images/alpha", "SHA256SUMS", "catalogue.json"])
def test_catalogue_follows_no_link_out_of_its_folder(tmp_path: Path, name: str) -> None:
    """It would write there, and remove what is no image of the matrix."""
    tree = Tree(tmp_path)
    write_catalogue(tree.spec, TOOLS, tree.places)
    place, elsewhere = tree.places.out / name, tmp_path / "elsewhere"
    place.rename(elsewhere)
    if elsewhere.is_dir():
        (elsewhere / "passwd").write_text("precious")
        (elsewhere / "alpha").mkdir(exist_ok=True)
        (elsewhere / "alpha" / "passwd").write_text("precious")
    before = _content(elsewhere)
    place.symlink_to(elsewhere)
    with pytest.raises(FactoryError) as caught:
        write_catalogue(tree.spec, TOOLS, tree.places)
    what = f"{place}: a link that leads out of {tree.places.out}, to {elsewhere}"
    assert str(caught.value) == f"{what}; hint: remove the link"
    assert _content(elsewhere) == before


def _content(path: Path) -> dict[str, bytes]:
    files = path.rglob("*") if path.is_dir() else [path]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


@pytest.mark.parametrize("name", ["all", "all/target.h"])
def test_render_follows_no_link_out_of_its_folder(tmp_path: Path, name: str) -> None:
    spec, out, elsewhere = load_spec(ROOT / "targets.yaml"), tmp_path / "gen", tmp_path / "else"
    render(spec, ROOT / "templates", out)
    (out / name).rename(elsewhere)
    (out / name).symlink_to(elsewhere)
    header = elsewhere / "target.h" if elsewhere.is_dir() else elsewhere
    header.write_text("precious")
    with pytest.raises(FactoryError, match="a link that leads out of .*; hint: remove the link"):
        render(spec, ROOT / "templates", out)
    assert header.read_text() == "precious"


def test_two_writers_at_a_time(tmp_path: Path) -> None:
    """The name of what is not finished is nobody else's, in whatever container it runs."""
    path = tmp_path / "file"
    (tmp_path / f".file.{os.getpid()}.tmp").mkdir()
    write_atomic(path, b"content")
    assert path.read_bytes() == b"content"
