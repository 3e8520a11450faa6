# SPDX-License-Identifier: BSD-2-Clause
"""Reading YAML: what safe_load would let pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.document import load_document
from factory.errors import EXIT_INPUT, FactoryError


def _load(folder: Path, text: str | bytes) -> object:
    path = folder / "x.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_document(path).data


def _message(folder: Path, text: str | bytes) -> str:
    with pytest.raises(FactoryError) as caught:
        _load(folder, text)
    assert caught.value.exit_code == EXIT_INPUT
    return str(caught.value).replace(str(folder) + "/", "")


def test_scalars_stay_what_they_look_like(tmp_path: Path) -> None:
    text = "[8086:10, 1e10, 0x10, 2020-01-01, yes, true, 24576, '7', ~, 0123, -1]"
    expected = ["8086:10", "1e10", "0x10", "2020-01-01", "yes", True, 24576, "7", None, "0123", -1]
    assert _load(tmp_path, text) == expected


def test_empty_document(tmp_path: Path) -> None:
    assert _load(tmp_path, "# nothing\n") is None


def test_syntax_error_names_the_line(tmp_path: Path) -> None:
    message = _message(tmp_path, "a: 1\nb: [1, 2\nc: 3\n")
    assert message.startswith('x.yaml:3: behind b[1]: "c: 3" is not YAML: ')
    assert "hint: check indentation, colons and quotes" in message


def test_key_that_is_a_list(tmp_path: Path) -> None:
    assert (
        _message(tmp_path, "? [a]\n: 1\n")
        == 'x.yaml:1: top level: "[...]" is not a word, so it is no key; hint: write a name and a colon'
    )


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FactoryError, match="no such file; hint: give the path of a matrix"):
        load_document(tmp_path / "absent.yaml")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FactoryError, match="cannot read it: Is a directory"):
        load_document(tmp_path)
