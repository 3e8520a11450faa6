"""What targets.yaml may say: its form (targets.schema.json) and its meaning (what a schema cannot say)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema

from factory.errors import Problem

_SCHEMA = Path(__file__).with_name("targets.schema.json")
_DEFAULT_PROFILE = "default"
_PATTERN_DRIVER = "skeleton"
FAMILY_ROM_MEDIUM = "rom"  # the one with a PCI 3.0 device list


def form_problems(where: str, document: Any) -> list[Problem]:
    """Everything the schema finds, in the order of the document."""
    validator = jsonschema.Draft7Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
    errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
    return [problem for error in errors for problem in _from_schema(where, error)]


def close_match(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known word, or all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(words)}" if words else ""


def _place(where: str, path: Iterable[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return f"{where}: {text}" if text else where


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _from_schema(where: str, error: Any) -> Iterator[Problem]:
    place = _place(where, error.absolute_path)
    schema = error.schema
    if error.validator == "additionalProperties":
        known = schema["properties"]
        for key in error.instance:
            if key not in known:
                yield Problem(place, f'unknown key "{key}"', close_match(key, known))
    elif error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        yield Problem(place, f'"{missing}" is missing', _description(schema, missing))
    elif "x-what" in schema:
        yield Problem(place, f"{_shown(error.instance)} {schema['x-what']}", schema["x-hint"])
    elif error.validator == "type":
        kind = {"object": "key: value pairs", "array": "a list"}.get(
            error.validator_value, f"a {error.validator_value}"
        )
        yield Problem(
            place, f"{_shown(error.instance)} is not {kind}", _indent_hint(error.instance)
        )
    else:
        yield Problem(place, error.message, schema.get("description", ""))


def _description(schema: dict[str, Any], key: str) -> str:
    return str(schema.get("properties", {}).get(key, {}).get("description", ""))


def _indent_hint(value: Any) -> str:
    return "nothing follows the colon" if value is None else ""


def meaning_problems(where: str, document: dict[str, Any], sources: Path | None) -> list[Problem]:
    """Everything wrong with a document whose form is right. `sources`: src/, to look what is there, or None."""
    drivers = sources / "drivers" if sources is not None else None
    prefixes = sources / "firmware" / "boot" if sources is not None else None
    return [
        *_wrong_media(where, document),
        *(_unknown_prefixes(where, document, prefixes) if prefixes is not None else ()),
        *_family_roms(where, document),
        *_unknown_profiles(where, document),
        *(_unknown_drivers(where, document, drivers) if drivers is not None else ()),
        *_name_clashes(where, document),
        *_duplicate_ids(where, document),
        *_wrong_models(where, document),
    ]


def _id_of(line: str | dict[str, str]) -> str:
    return (line if isinstance(line, str) else line["id"]).lower()


def _wrong_media(where: str, document: dict[str, Any]) -> Iterator[Problem]:
    media = document["media"]
    for name, profile in document["profiles"].items():
        place = _place(where, ("profiles", name, "budget"))
        for medium in profile["budget"]:
            if medium not in media:
                yield Problem(place, f'unknown medium "{medium}"', close_match(medium, media))
        for medium in media:
            if medium not in profile["budget"]:
                yield Problem(place, f'no budget for medium "{medium}"', "add one, in bytes")
    for name, special in document.get("specials", {}).items():
        named: list[tuple[tuple[str | int, ...], str]]
        named = [(("specials", name, "media", n), m) for n, m in enumerate(special["media"])]
        named += [(("specials", name, "budget"), m) for m in special.get("budget", {})]
        for path, medium in named:
            if medium not in media:
                hint = close_match(medium, media)
                yield Problem(_place(where, path), f'unknown medium "{medium}"', hint)


def _unknown_prefixes(where: str, document: dict[str, Any], prefixes: Path) -> Iterator[Problem]:
    known = {path.stem for path in prefixes.glob("*.asm")}
    for medium, prefix in document["media"].items():
        if prefix not in known:
            what = f'unknown prefix "{prefix}": there is no src/firmware/boot/{prefix}.asm'
            yield Problem(_place(where, ("media", medium)), what, close_match(prefix, known))


def _family_roms(where: str, document: dict[str, Any]) -> Iterator[Problem]:
    for name, item in document["families"].items():
        if item.get("family_rom") and FAMILY_ROM_MEDIUM not in document["media"]:
            what = f'there is no medium "{FAMILY_ROM_MEDIUM}" to build it for'
            hint = f"add {FAMILY_ROM_MEDIUM} below media, or leave family_rom out"
            yield Problem(_place(where, ("families", name, "family_rom")), what, hint)


def _unknown_profiles(where: str, document: dict[str, Any]) -> Iterator[Problem]:
    known = document["profiles"]
    for section in ("families", "specials"):
        for name, item in document.get(section, {}).items():
            profile = item.get("profile", _DEFAULT_PROFILE)
            if profile not in known:
                place = _place(where, (section, name, "profile"))
                yield Problem(place, f'unknown profile "{profile}"', close_match(profile, known))


def _unknown_drivers(where: str, document: dict[str, Any], drivers: Path) -> Iterator[Problem]:
    known = {path.stem for path in drivers.glob("*.c")} - {_PATTERN_DRIVER}
    for name, item in document["families"].items():
        uses = {f"uses[{index}]": driver for index, driver in enumerate(item.get("uses", []))}
        for key, driver in ({"driver": item["driver"]} | uses).items():
            if driver not in known:
                why = f"there is no src/drivers/{driver}.c"
                if driver == _PATTERN_DRIVER:
                    why = "it is the pattern for new drivers"
                what = f'unknown driver "{driver}": {why}'
                place = _place(where, ("families", name, key))
                yield Problem(place, what, close_match(driver, known))


def _name_clashes(where: str, document: dict[str, Any]) -> Iterator[Problem]:
    for name in document.get("specials", {}):
        if name in document["families"]:
            place = _place(where, ("specials", name))
            yield Problem(place, "a family has this name too", "rename one of them")


def _duplicate_ids(where: str, document: dict[str, Any]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, item in document["families"].items():
        for index, line in enumerate(item["ids"]):
            pci_id, path = _id_of(line), _place("", ("families", name, "ids", index)).lstrip(": ")
            if pci_id[:4] in ("0000", "ffff") or pci_id[5:] == "0000":
                what = f'"{pci_id}" cannot be a card: 0000 and ffff are reserved'
                yield Problem(f"{where}: {path}", what, "take the ID that lspci -nn prints")
            elif pci_id in seen:
                what = f'"{pci_id}" is listed twice, first at {seen[pci_id]}'
                yield Problem(
                    f"{where}: {path}", what, "one card belongs to one family; remove one"
                )
            seen.setdefault(pci_id, path)


def _wrong_models(where: str, document: dict[str, Any]) -> Iterator[Problem]:
    for name, item in document["families"].items():
        ids = {_id_of(line) for line in item["ids"]}
        devices: set[str] = set()
        for index, model in enumerate(item.get("models", [])):
            place = _place(where, ("families", name, "models", index))
            if model["id"].lower() not in ids:
                what = f'"{model["id"]}" is not an ID of this family'
                yield Problem(place, what, f"add it to families.{name}.ids or correct it")
            if model["device"] in devices:
                yield Problem(place, f'"{model["device"]}" is listed twice', "remove one")
            devices.add(model["device"])
