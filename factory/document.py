"""YAML as plain data with no silent surprises.

Differs from yaml.safe_load on purpose: a duplicate key is an error, and YAML 1.1's base-60 numbers, dates
and yes/no words stay the strings they look like (a mistyped PCI ID such as 8086:10 must not become 485170).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from factory.errors import EXIT_INPUT, FactoryError, failure

_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")


def load_document(path: Path) -> Any:
    """Read one YAML document into dicts, lists, strings, integers, booleans and None."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise failure(
            str(path), "no such file", "run this in the top folder", exit_code=EXIT_INPUT
        ) from None
    except OSError as error:
        raise failure(str(path), f"cannot read it: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise failure(
            str(path), f"not UTF-8 text (byte {error.start})", "save it as UTF-8", EXIT_INPUT
        ) from None
    except yaml.YAMLError as error:
        raise _syntax_error(path, error) from None
    return _plain(path, root, ()) if root is not None else None


def _syntax_error(path: Path, error: yaml.YAMLError) -> FactoryError:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    hint = "check indentation, colons and quotes on this line and the one above"
    return failure(where, f"YAML syntax: {what}", hint, EXIT_INPUT)


def _plain(path: Path, node: yaml.Node, parents: tuple[yaml.Node, ...]) -> Any:
    line = f"{path}:{node.start_mark.line + 1}"
    if node in parents:
        raise failure(line, "an alias that contains itself", "write it out", EXIT_INPUT)
    below = (*parents, node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, item, below) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, node, below)
    return _scalar(node)


def _mapping(path: Path, node: yaml.MappingNode, below: tuple[yaml.Node, ...]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise failure(f"{path}:{line}", "a key that is not a word", "", EXIT_INPUT)
        key = str(key_node.value)
        if key in mapping:
            hint = "merge the two or rename one"
            what = f'duplicate key "{key}", first on line {lines[key]}'
            raise failure(f"{path}:{line}", what, hint, EXIT_INPUT)
        mapping[key] = _plain(path, value_node, below)
        lines[key] = line
    return mapping


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) is not None:  # quoted: a string, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text
