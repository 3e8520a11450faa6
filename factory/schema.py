"""What targets.yaml may say: its form (targets.schema.json) and its meaning (what a schema cannot say)."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema

from factory.document import Document, shown
from factory.errors import Problem

_SCHEMA = Path(__file__).with_name("targets.schema.json")
_DEFAULT_PROFILE = "default"
_PATTERN_DRIVER = "skeleton"


def _whole_pattern(
    validator: Any, pattern: str, instance: Any, schema: dict[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """All of the text, where `re.search` would let `$` match before a newline at its end."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield jsonschema.ValidationError(f"{shown(instance)} does not match {pattern}")


_Validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": _whole_pattern})


def form_problems(document: Document) -> Iterator[Problem]:
    """Everything the schema finds, in the order of the document."""
    validator = _Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
    errors = validator.iter_errors(document.data)
    errors = sorted(errors, key=lambda error: document.line(_steps(document, error)))
    return chain.from_iterable(_from_schema(document, error) for error in errors)


def close_match(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known word, or all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(words[:20])}" if words else ""


def _steps(document: Document, error: Any) -> list[str | int]:
    """Path of what is wrong: with the key, when that is what does not match."""
    steps = list(error.absolute_path)
    value = document.data
    for step in steps:
        value = value[step]
    wrong_key = isinstance(value, dict) and isinstance(error.instance, str)
    return [*steps, error.instance] if wrong_key else steps


def _from_schema(document: Document, error: Any) -> Iterator[Problem]:
    path = list(error.absolute_path)
    where = document.where(path)
    schema = error.schema
    if error.validator == "additionalProperties":
        known = schema["properties"]
        for key in error.instance:
            if key not in known:
                place = document.where(path, key)
                yield Problem(place, f"unknown key {shown(key)}", close_match(key, known))
    elif error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        yield Problem(where, f'"{missing}" is missing', _description(schema, missing))
    elif "x-what" in schema:
        steps = _steps(document, error)
        if len(steps) > len(path):
            where = document.where(path, steps[-1])
        yield Problem(where, f"{shown(error.instance)} {schema['x-what']}", schema["x-hint"])
    elif error.validator == "type":
        kind = {"object": "key: value pairs", "array": "a list"}.get(
            error.validator_value, f"a {error.validator_value}"
        )
        yield Problem(where, f"{shown(error.instance)} is not {kind}", _indent_hint(error.instance))
    else:
        yield Problem(where, error.message, schema.get("description", ""))


def _description(schema: dict[str, Any], key: str) -> str:
    return str(schema.get("properties", {}).get(key, {}).get("description", ""))


def _indent_hint(value: Any) -> str:
    return "nothing follows the colon" if value is None else ""


def meaning_problems(document: Document, sources: Path | None) -> Iterator[Problem]:
    """Everything wrong with a document whose form is right. `sources`: src/, to look what is there, or None."""
    yield from _wrong_media(document)
    if sources is not None:
        yield from _unknown_prefixes(document, sources / "firmware/platform/bios/boot")
    yield from _option_roms(document)
    yield from _unknown_profiles(document)
    if sources is not None:
        yield from _unknown_drivers(document, sources / "drivers")
    yield from _name_clashes(document)
    yield from _duplicate_ids(document)
    yield from _wrong_models(document)


def _id_of(line: str | dict[str, str]) -> str:
    return (line if isinstance(line, str) else line["id"]).lower()


def _wrong_media(document: Document) -> Iterator[Problem]:
    media = document.data["media"]
    for name, profile in document.data["profiles"].items():
        path = ("profiles", name, "budget")
        yield from _unknown_media(document, path, profile["budget"])
        for medium in media:
            if medium not in profile["budget"]:
                what = f'no budget for medium "{medium}"'
                yield Problem(document.where(path), what, "add one, in bytes")
    for name, special in document.data.get("specials", {}).items():
        yield from _unknown_media(document, ("specials", name, "budget"), special.get("budget", {}))
        listed = special["media"]
        for index, medium in enumerate(listed):
            place = document.where(("specials", name, "media", index))
            if medium not in media:
                yield Problem(place, f'unknown medium "{medium}"', close_match(medium, media))
            if medium in listed[:index]:
                yield Problem(place, f'"{medium}" is listed twice', "remove one")


def _unknown_media(
    document: Document, path: tuple[str, ...], named: Iterable[str]
) -> Iterator[Problem]:
    media = document.data["media"]
    for medium in named:
        if medium not in media:
            place = document.where(path, medium)
            yield Problem(place, f'unknown medium "{medium}"', close_match(medium, media))


def _unknown_prefixes(document: Document, prefixes: Path) -> Iterator[Problem]:
    known = {path.stem for path in prefixes.glob("*.asm")}
    for medium, item in document.data["media"].items():
        prefix = item["prefix"]
        if prefix not in known:
            what = f'unknown prefix "{prefix}": there is no src/firmware/platform/bios/boot/{prefix}.asm'
            place = document.where(("media", medium, "prefix"))
            yield Problem(place, what, close_match(prefix, known))


def _option_roms(document: Document) -> Iterator[Problem]:
    media = document.data["media"]
    roms = [name for name, item in media.items() if item.get("option_rom")]
    for name, item in document.data["families"].items():
        if item.get("family_rom") and not roms:
            what = "there is no medium to build it for"
            hint = "give one option_rom: true, or leave family_rom out"
            yield Problem(document.where(("families", name, "family_rom")), what, hint)
    for name, item in document.data.get("specials", {}).items():
        for index, medium in enumerate(item["media"]):
            if medium in roms:
                place = document.where(("specials", name, "media", index))
                what = f'"{medium}" is an option ROM, which names cards of one vendor'
                yield Problem(place, what, "leave it out")


def _unknown_profiles(document: Document) -> Iterator[Problem]:
    known = document.data["profiles"]
    for section in ("families", "specials"):
        for name, item in document.data.get(section, {}).items():
            profile = item.get("profile", _DEFAULT_PROFILE)
            if profile not in known:
                place = document.where((section, name, "profile"))
                yield Problem(place, f'unknown profile "{profile}"', close_match(profile, known))


def _unknown_drivers(document: Document, drivers: Path) -> Iterator[Problem]:
    known = {path.stem for path in drivers.glob("*.c")} - {_PATTERN_DRIVER}
    for name, item in document.data["families"].items():
        named: list[tuple[tuple[str | int, ...], str]] = [(("driver",), item["driver"])]
        named += [(("uses", index), used) for index, used in enumerate(item.get("uses", []))]
        for path, driver in named:
            if driver not in known:
                why = f"there is no src/drivers/{driver}.c"
                if driver == _PATTERN_DRIVER:
                    why = "it is the pattern for new drivers"
                what = f'unknown driver "{driver}": {why}'
                place = document.where(("families", name, *path))
                yield Problem(place, what, close_match(driver, known))


def _name_clashes(document: Document) -> Iterator[Problem]:
    for name in document.data.get("specials", {}):
        if name in document.data["families"]:
            place = document.where(("specials", name))
            yield Problem(place, "a family has this name too", "rename one of them")


def _duplicate_ids(document: Document) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for name, item in document.data["families"].items():
        for index, line in enumerate(item["ids"]):
            pci_id, path = _id_of(line), ("families", name, "ids", index)
            if pci_id[:4] in ("0000", "ffff") or pci_id[5:] == "0000":
                what = f'"{pci_id}" cannot be a card: 0000 and ffff are reserved'
                yield Problem(document.where(path), what, "take the ID that lspci -nn prints")
            elif pci_id in seen:
                what = f'"{pci_id}" is listed twice, first on line {seen[pci_id]}'
                hint = "one card belongs to one family; remove one"
                yield Problem(document.where(path), what, hint)
            seen.setdefault(pci_id, document.line(path))


def _wrong_models(document: Document) -> Iterator[Problem]:
    for name, item in document.data["families"].items():
        ids = {_id_of(line) for line in item["ids"]}
        devices: set[str] = set()
        for index, model in enumerate(item.get("models", [])):
            place = document.where(("families", name, "models", index))
            if model["id"].lower() not in ids:
                what = f'"{model["id"]}" is not an ID of this family'
                yield Problem(place, what, f"add it to families.{name}.ids or correct it")
            if model["device"] in devices:
                yield Problem(place, f'"{model["device"]}" is listed twice', "remove one")
            devices.add(model["device"])
