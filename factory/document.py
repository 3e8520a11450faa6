# SPDX-License-Identifier: BSD-2-Clause
"""YAML as plain data with no silent surprises, and the line of everything in it.

Differs from yaml.safe_load on purpose: a duplicate key is an error, and YAML 1.1's base-60 numbers, dates
and yes/no words stay the strings they look like (a mistyped PCI ID such as 8086:10 must not become 485170).
Size, depth and what aliases repeat are bounded, so that no file takes long or fails in another way than by a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from factory.errors import EXIT_INPUT, FactoryError, Problem, failure

_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_PLAIN_KEY = re.compile(r"[\w.-]{1,60}", re.ASCII)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is a hundred times faster

_SIZE_MAX = 1 << 20  # bytes
_DEPTH_MAX = 20
_REPEATED_MAX = 10_000  # values that aliases may add
_DIGITS_MAX = 18
_SHOWN_MAX = 60  # characters of a value in a message
_PATH_MAX = 100
_TOP = "top level"  # the path of everything


@dataclass(frozen=True)
class _Place:
    """Where a value stands, where those in it stand, and how many they are with itself."""

    line: int
    below: dict[str | int, _Place] = field(default_factory=dict)
    size: int = 1


@dataclass(frozen=True)
class Document:
    """What a file says: dicts, lists, strings, integers, booleans and None."""

    file: str
    data: Any
    root: _Place

    def line(self, path: Iterable[str | int]) -> int:
        """The line of a value; of what it would stand in, when it is not there."""
        place = self.root
        for step in path:
            if step not in place.below:
                break
            place = place.below[step]
        return place.line

    def problem(
        self, path: Iterable[str | int], value: Any, what: str, hint: str, key: str | None = None
    ) -> Problem:
        """`what` is said of the value. With `key`, the line is that of a key below the path."""
        steps = list(path)
        line = self.line(steps if key is None else [*steps, key])
        return _problem(self.file, line, _path_text(steps), value, what, hint)


def _problem(file: str, line: int, path: str, value: Any, what: str, hint: str) -> Problem:
    """`targets.yaml:12: families.rtl8139.ids[3]: "10ec:813" is not a PCI ID; hint: ...`, as every error in a matrix."""
    return Problem(f"{file}:{line}: {path}", f"{shown(value)} {what}", hint)


def _path_text(path: Iterable[str | int]) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if _PLAIN_KEY.fullmatch(step) else shown(step)
            text += f".{name}" if text else name
    return _cut(text, _PATH_MAX) or _TOP


def shown(value: Any) -> str:
    """A value as it goes into a message: one line of ASCII, and not a long one."""
    return _cut(json.dumps(value), _SHOWN_MAX)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def load_document(path: Path) -> Document:
    """Read one YAML document. Raises FactoryError, which names the line."""
    text = _decode(path, _read(path))
    reader = _Reader(str(path), text)
    try:
        return reader.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        number = mark.line if mark else 0
        line = [*text.splitlines(), "(end of file)"][number:][:1]
        what = f"is not YAML: {getattr(error, 'problem', None) or error}"
        hint = "check indentation, colons and quotes on this line and the one above"
        raise reader.stopped(number, "".join(line).strip(), what, hint) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE_MAX + 1)
    except FileNotFoundError:
        hint = "give the path of a matrix, or run this in the top folder"
        raise failure(str(path), "no such file", hint, EXIT_INPUT) from None
    except OSError as error:
        what = f"cannot read it: {error.strerror}"
        raise failure(str(path), what, "name a file that can be read") from None
    if len(data) > _SIZE_MAX:
        raise failure(str(path), f"larger than {_SIZE_MAX} bytes", "is it a matrix?", EXIT_INPUT)
    return data


def _decode(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        value, what = f"0x{data[error.start]:02x}", f"at byte {error.start} is not UTF-8 text"
        before = data[: error.start].decode("utf-8")
        raise _not_text(path, before, value, what, "save it as UTF-8") from None
    found = _CONTROL.search(text)
    if found:
        value, what = f"U+{ord(found[0]):04X}", "is a control character"
        raise _not_text(path, text[: found.start()], value, what, "it is not text; remove it")
    return text


def _not_text(path: Path, before: str, value: str, what: str, hint: str) -> FactoryError:
    """`before`: the text up to it, which says where in the document it is."""
    reader = _Reader(str(path), before)
    with suppress(yaml.YAMLError, FactoryError):
        reader.document()
    return reader.stopped(before.count("\n"), value, what, hint)


class _Reader:
    """Builds the data and its places out of the parser's events."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, tuple[Any, _Place] | None] = {}  # None: not finished yet
        self._repeated = 0
        self._path: tuple[str | int, ...] = ()

    def stopped(self, number: int, value: str, what: str, hint: str) -> FactoryError:
        """The error where nothing more can be read: the path is that of the last value. `number`: of lines before."""
        path = f"behind {_path_text(self._path)}" if self._path else _TOP
        return FactoryError(_problem(self._file, number + 1, path, value, what, hint))

    def document(self) -> Document:
        """The only document of the file; an empty file is None."""
        found: tuple[Any, _Place] | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found:
                    what = "starts a second document"
                    self._refuse(event, (), "---", what, "one file, one matrix")
                found = self._value(next(self._events), ())
        return Document(self._file, *(found or (None, _Place(1))))

    def _refuse(
        self, event: Any, path: tuple[str | int, ...], value: str, what: str, hint: str
    ) -> NoReturn:
        raise FactoryError(_problem(self._file, _line(event), _path_text(path), value, what, hint))

    def _value(self, event: Any, path: tuple[str | int, ...]) -> tuple[Any, _Place]:
        self._path = path
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if event.tag not in (None, "!"):
            self._refuse(event, path, event.tag, "is a tag", "leave it out")
        if len(path) > _DEPTH_MAX:
            what = f"is nested more than {_DEPTH_MAX} deep"
            self._refuse(event, path, _outline(event), what, "no matrix needs that")
        if event.anchor:
            self._anchors[event.anchor] = None
        found: tuple[Any, _Place]
        if isinstance(event, yaml.SequenceStartEvent):
            found = self._list(event, path)
        elif isinstance(event, yaml.MappingStartEvent):
            found = self._mapping(event, path)
        else:
            found = self._scalar(event, path), _Place(_line(event))
        if event.anchor:
            self._anchors[event.anchor] = found
        return found

    def _alias(self, event: Any, path: tuple[str | int, ...]) -> tuple[Any, _Place]:
        name = f"*{event.anchor}"
        if event.anchor not in self._anchors:
            self._refuse(event, path, name, "is an alias of nothing", "write it out")
        found = self._anchors[event.anchor]
        if found is None:
            self._refuse(event, path, name, "is an alias of what it stands in", "write it out")
        data, place = found
        self._repeated += place.size
        if self._repeated > _REPEATED_MAX:
            what = f"is one alias too many: they repeat more than {_REPEATED_MAX} values"
            self._refuse(event, path, name, what, "write out what is meant")
        return data, _Place(_line(event), place.below, place.size)

    def _list(self, start: Any, path: tuple[str | int, ...]) -> tuple[list[Any], _Place]:
        items: list[Any] = []
        below: dict[str | int, _Place] = {}
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            index = len(items)
            data, below[index] = self._value(event, (*path, index))
            items.append(data)
        return items, _Place(_line(start), below, _size(below))

    def _mapping(self, start: Any, path: tuple[str | int, ...]) -> tuple[dict[str, Any], _Place]:
        mapping: dict[str, Any] = {}
        below: dict[str | int, _Place] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, path)
            if key in mapping:
                what = f"is there twice, first on line {below[key].line}"
                self._refuse(event, path, key, what, "merge the two or rename one")
            value = next(self._events)
            mapping[key], place = self._value(value, (*path, key))
            line = place.line if isinstance(value, yaml.ScalarEvent) else _line(event)
            below[key] = _Place(line, place.below, place.size)
        return mapping, _Place(_line(start), below, _size(below))

    def _key(self, event: Any, path: tuple[str | int, ...]) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag not in (None, "!"):
            hint = "write a name and a colon"
            self._refuse(event, path, _outline(event), "is not a word, so it is no key", hint)
        return str(event.value)

    def _scalar(self, event: Any, path: tuple[str | int, ...]) -> Any:
        text = str(event.value)
        if not event.implicit[0]:  # quoted: a string, whatever it looks like
            return text
        if text in _WORDS:
            return _WORDS[text]
        if not _INTEGER.fullmatch(text):
            return text
        if len(text) > _DIGITS_MAX:
            what = f"is a number of {len(text)} digits"
            hint = f"at most {_DIGITS_MAX} make sense; quote it as text"
            self._refuse(event, path, text, what, hint)
        return int(text)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _outline(event: Any) -> str:
    """What starts with an event, for messages."""
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    if isinstance(event, yaml.AliasEvent):
        return f"*{event.anchor}"
    return "[...]" if isinstance(event, yaml.SequenceStartEvent) else "{...}"


def _size(below: dict[str | int, _Place]) -> int:
    return 1 + sum(place.size for place in below.values())
