# SPDX-License-Identifier: BSD-2-Clause
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
from factory.settings import settings

DEFAULT_PROFILE = "default"
SCHEMA = Path(__file__).with_name("targets.schema.json")
_PATTERN_DRIVER = "skeleton"
_OF_THE_BUILD = ("boot", "firmware", "mknbi", "romtool", "sums")  # below out/obj/ and out/gen/
_KINDS = {
    "object": ("key: value pairs", 'write lines such as "key: value"'),
    "array": ("a list", 'write lines such as "- value"'),
}


def _whole_pattern(
    validator: Any, pattern: str, instance: Any, schema: dict[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """All of the text, where `re.search` would let `$` match before a newline at its end."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield jsonschema.ValidationError(f"{shown(instance)} does not match {pattern}")


def _required(
    validator: Any, required: list[str], instance: Any, schema: dict[str, Any]
) -> Iterator[jsonschema.ValidationError]:
    """An error for each key that is missing, whose message is just the key."""
    for key in required if isinstance(instance, dict) else ():
        if key not in instance:
            yield jsonschema.ValidationError(key)


Validator = jsonschema.validators.extend(
    jsonschema.Draft7Validator, {"pattern": _whole_pattern, "required": _required}
)


def form_problems(document: Document) -> Iterator[Problem]:
    """Everything the schema finds, by line and path."""

    def place(error: Any) -> tuple[int, list[str]]:
        steps = _steps(document, error)
        return document.line(steps), [str(step).rjust(9) for step in steps]  # 2 before 10

    validator = Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    errors = sorted(validator.iter_errors(document.data), key=place)
    found = chain.from_iterable(_from_schema(document, error) for error in errors)
    return iter(dict.fromkeys(found))  # a number may be under the minimum and no multiple, too


def close_match(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known word, or all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(words[:20]) or 'none'}"


def _steps(document: Document, error: Any) -> list[str | int]:
    """Path of what is wrong: with the key, when that is what does not match."""
    steps = list(error.absolute_path)
    value = document.data
    for step in steps:
        value = value[step]
    wrong_key = isinstance(value, dict) and isinstance(error.instance, str)
    return [*steps, error.instance] if wrong_key else steps


def _from_schema(document: Document, error: Any) -> Iterator[Problem]:
    path, value, schema = list(error.absolute_path), error.instance, error.schema
    if error.validator == "additionalProperties":
        known = schema["properties"]
        for key in value:
            if key not in known:
                hint = close_match(key, known)
                yield document.problem(path, key, "is no key here", hint, key=key)
    elif error.validator == "required":
        hint = schema["properties"][error.message]["description"]
        yield document.problem(path, value, f'has no "{error.message}"', hint)
    elif "x-what" in schema:
        steps = _steps(document, error)
        key = value if len(steps) > len(path) else None
        yield document.problem(path, value, schema["x-what"], schema["x-hint"], key=key)
    elif error.validator == "type":
        kind, hint = _KINDS[error.validator_value]
        hint = "nothing follows the colon" if value is None else hint
        yield document.problem(path, value, f"is not {kind}", hint)
    else:  # minItems and minProperties are all that is left
        yield document.problem(path, value, "is empty", "one entry is the least")


def meaning_problems(document: Document, sources: Path | None) -> Iterator[Problem]:
    """Everything wrong with a document whose form is right. `sources`: src/, to look what is there, or None."""
    yield from _wrong_media(document)
    if sources is not None:
        yield from _unknown_prefixes(document, sources / "firmware/platform/bios/boot")
    yield from _wrong_settings(document)
    yield from _family_roms(document)
    yield from _unknown_profiles(document)
    if sources is not None:
        yield from _unknown_files(document, sources / "firmware")
        yield from _unknown_drivers(document, sources / "drivers")
    yield from _name_clashes(document)
    yield from _duplicate_ids(document)
    yield from _wrong_models(document)


def _id_of(line: str | dict[str, str]) -> str:
    return (line if isinstance(line, str) else line["id"]).lower()


def _wrong_media(document: Document) -> Iterator[Problem]:
    media = document.data["media"]
    for name, special in document.data.get("specials", {}).items():
        for medium in special.get("budget", {}):
            if medium not in media:
                path, hint = ("specials", name, "budget"), close_match(medium, media)
                yield document.problem(path, medium, "is no medium", hint, key=medium)
        listed = special["media"]
        for index, medium in enumerate(listed):
            where = ("specials", name, "media", index)
            if medium not in media:
                hint = close_match(medium, media)
                yield document.problem(where, medium, "is no medium", hint)
            elif media[medium].get("option_rom"):
                what = "is an option ROM, which names cards of one vendor"
                yield document.problem(where, medium, what, "leave it out")
            if medium in listed[:index]:
                yield document.problem(where, medium, "is listed twice", "remove one")


def _unknown_prefixes(document: Document, prefixes: Path) -> Iterator[Problem]:
    known = {path.stem for path in prefixes.glob("*.asm")}
    for medium, item in document.data["media"].items():
        prefix = item["prefix"]
        if prefix not in known:
            what = f"is no prefix: there is no src/firmware/platform/bios/boot/{prefix}.asm"
            path = ("media", medium, "prefix")
            yield document.problem(path, prefix, what, close_match(prefix, known))


def _family_roms(document: Document) -> Iterator[Problem]:
    if any(item.get("option_rom") for item in document.data["media"].values()):
        return
    for name, item in document.data["families"].items():
        if item.get("family_rom"):
            hint = "give one option_rom: true, or leave family_rom out"
            path = ("families", name, "family_rom")
            yield document.problem(path, True, "needs a medium that is an option ROM", hint)


def _wrong_settings(document: Document) -> Iterator[Problem]:
    known = settings()
    for name, profile in document.data["profiles"].items():
        for key, value in profile.get("settings", {}).items():
            path = ("profiles", name, "settings", key)
            if key not in known:
                yield document.problem(path, key, "is no setting", close_match(key, known), key=key)
            elif not known[key].takes(str(value)):
                hint = f"write {known[key].form}, for example {known[key].example}"
                yield document.problem(path, value, f"is no value of {key}", hint)


def _unknown_profiles(document: Document) -> Iterator[Problem]:
    known = document.data["profiles"]
    for section in ("families", "specials"):
        for name, item in document.data.get(section, {}).items():
            profile = item.get("profile", DEFAULT_PROFILE)
            if profile not in known:
                path = (section, name, "profile")
                hint = close_match(profile, known)
                yield document.problem(path, profile, "is no profile", hint)


def _unknown_files(document: Document, firmware: Path) -> Iterator[Problem]:
    for name, profile in document.data["profiles"].items():
        for index, file in enumerate(profile.get("without", [])):
            if not (firmware / f"{file}.c").is_file():
                known = (
                    str(p.relative_to(firmware).with_suffix("")) for p in firmware.rglob("*.c")
                )
                what = f"is no part of the firmware: there is no src/firmware/{file}.c"
                path = ("profiles", name, "without", index)
                yield document.problem(path, file, what, close_match(file, known))


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
                what, hint = f"is no driver: {why}", close_match(driver, known)
                yield document.problem(("families", name, *path), driver, what, hint)


def _name_clashes(document: Document) -> Iterator[Problem]:
    for name in document.data.get("specials", {}):
        if name in document.data["families"]:
            what = "is the name of a family, too"
            yield document.problem(("specials", name), name, what, "rename one of them")
    for section in ("profiles", "families", "specials"):
        for name in document.data.get(section, {}):
            if name in _OF_THE_BUILD:
                what = "is the name of something else in a build"
                yield document.problem((section, name), name, what, "rename it")


def _duplicate_ids(document: Document) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for name, item in document.data["families"].items():
        for index, line in enumerate(item["ids"]):
            pci_id, path = _id_of(line), ("families", name, "ids", index)
            if pci_id[:4] in ("0000", "ffff") or pci_id[5:] == "0000":
                what = "cannot be a card: 0000 and ffff are reserved"
                yield document.problem(path, pci_id, what, "take the ID that lspci -nn prints")
            elif pci_id in seen:
                what = f"is listed twice, first on line {seen[pci_id]}"
                hint = "one card belongs to one family; remove one"
                yield document.problem(path, pci_id, what, hint)
            seen.setdefault(pci_id, document.line(path))


def _wrong_models(document: Document) -> Iterator[Problem]:
    for name, item in document.data["families"].items():
        ids = {_id_of(line) for line in item["ids"]}
        models = {model["id"].lower() for model in item.get("models", [])}
        for index, line in enumerate(item["ids"]):
            if isinstance(line, dict) and line.get("model", "").lower() not in {"", *models}:
                place = ("families", name, "ids", index, "model")
                hint = f"name one of families.{name}.models"
                yield document.problem(place, line["model"], "is no model's ID", hint)
        devices: set[str] = set()
        for index, model in enumerate(item.get("models", [])):
            path = ("families", name, "models", index)
            if model["id"].lower() not in ids:
                hint = f"add it to families.{name}.ids or correct it"
                yield document.problem(path, model["id"], "is not an ID of this family", hint)
            if ("device" in model) == ("chip" in model):
                what = "has to name either a device or a chip"
                hint = "a card of QEMU's is a device, a model in ci/chips a chip"
                yield document.problem(path, model, what, hint)
                continue
            # One chip model may show several IDs, a card of QEMU's has its own.
            device = model.get("device") or f"{model['chip']} {model['id'].lower()}"
            if device in devices:
                twice = model.get("device") or model["chip"]
                yield document.problem(path, twice, "is listed twice", "remove one")
            devices.add(device)
