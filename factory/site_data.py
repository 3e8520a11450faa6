# SPDX-License-Identifier: BSD-2-Clause
"""What the catalogue page knows: the data inlined in it, and the parts of the images for settings made in the page.

Two blocks are in the page. The catalogue is JSON as it stands. Evidence, mostly console texts that look alike, is JSON
packed with zlib and written in base64. templates/site/page.js reads both; docs/catalogue-page.md has their shapes.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup

from factory import cards
from factory.downloads import CATALOGUE, DownloadSet, name
from factory.errors import EXIT_INPUT, failure
from factory.samples import short_forms
from factory.settings import settings
from factory.tools import run_romtool

ANY_VENDOR, NO_VENDOR = "ffff", "0000"  # of `all` and `undi`, which are for no card in particular
# What the page shows of a record, in this order.
_EVIDENCE = (
    *("tier", "verdict", "reason", "card", "qemu", "bios"),
    *("time_to_payload", "nonce", "when", "console_text", "accelerator"),
)
_LIST_BATCH = 200  # files per run of romtool

Image = Mapping[str, Any]  # an image of catalogue.json


def inlined(data: object) -> Markup:
    """JSON that can stand in a <script> block: ASCII, and without what HTML or JavaScript could see as an end of it."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def packed(data: object) -> Markup:
    """JSON, deflated (zlib) and in base64."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Markup(base64.b64encode(zlib.compress(text.encode(), 9)).decode())


def catalogue_data(downloads: DownloadSet) -> dict[str, object]:
    """Cards and images, and what the page needs to read pasted texts and to write configurations."""
    for_cards, shared = _grouped(downloads.images)
    notes: dict[str | None, int] = {}  # on flash chips; many cards have the same
    return {
        "version": downloads.version,
        "families": {family: list(models) for family, models in downloads.models.items()},
        "vendors": {
            image["vendor"]: image["names"]["vendor"]
            for image in downloads.images
            if image["names"]["vendor"]
        },
        "cards": [_card(images, notes) for images in for_cards.values()],
        "notes": list(notes),
        "shared": [{"family": family, "images": _files(them)} for family, them in shared.items()],
        "patterns": cards.PATTERNS,
        "servers": [{"title": form.title, "text": "\n".join(form.lines)} for form in short_forms()],
        "settings": [asdict(setting) | {"form": setting.form} for setting in settings().values()],
    }


def evidence_data(downloads: DownloadSet) -> dict[str, list[object]]:
    """What boots of these very images showed, by <family>/<file>."""
    return {
        key: [*(record.get(field) for field in _EVIDENCE), *_boots(record)]
        for key, record in downloads.evidence.items()
    }


def _boots(record: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many boots passed, and the ways in which the image was started in them."""
    passed = [case for case in record.get("cases", []) if case["verdict"] == "pass"]
    ways = dict.fromkeys(case.get("first_stage") or case.get("boot") for case in passed)
    return len(passed), [way for way in ways if way]


def _grouped(
    images: Sequence[Image],
) -> tuple[dict[tuple[str, str], list[Image]], dict[str, list[Image]]]:
    """Images by card, and the others by family. Raises FactoryError where a card is in two families."""
    for_cards: dict[tuple[str, str], list[Image]] = {}
    shared: dict[str, list[Image]] = {}
    for image in images:
        if image["device"] is None:
            shared.setdefault(image["family"], []).append(image)
        else:
            for_cards.setdefault((image["vendor"], image["device"]), []).append(image)
    for (vendor, device), them in for_cards.items():
        if len({image["family"] for image in them}) > 1:
            what = f"{vendor}:{device} is in two families"
            raise failure(CATALOGUE, what, "make or download the set again", EXIT_INPUT)
    return for_cards, shared


def _card(images: Sequence[Image], notes: dict[str | None, int]) -> dict[str, object]:
    first = images[0]
    card: dict[str, object] = {
        "id": f"{first['vendor']}:{first['device']}",
        "family": first["family"],
        "images": _files(images),
    }
    if first["names"]["device"]:
        card["name"] = first["names"]["device"]
    if "untested" in first:
        card["untested"] = first["untested"]
    flash = next(
        (image["flash"] for image in images if image["medium"] == "rom" and "flash" in image), None
    )
    if flash:
        note = notes.setdefault(flash["note"], len(notes))
        card["flash"] = [flash["chip"], flash["flashrom"], note]
    return card


def _files(images: Sequence[Image]) -> list[list[object]]:
    """File name, medium, size, SHA-256, ROM BAR; all lie in images/<family>/."""
    return [
        [name(it).partition("/")[2], it["medium"], it["size"], it["sha256"], it["rom_bar"]]
        for it in images
    ]


def image_parts(downloads: DownloadSet, romtool: Path) -> dict[str, dict[str, Any]]:
    """By family: the payload, once; per medium what is before the identity block; per image that block. In base64.

    An image is prefix, block and payload, filled up with zeros (docs/formats.md).
    """
    parts: dict[str, dict[str, Any]] = {}
    for image, facts in zip(downloads.images, _listed(downloads, romtool)):
        content = _start(downloads.file(image), facts)
        block, payload = facts["identity"]["offset"], facts["payload"]["offset"]
        packed_payload = _base64(content[payload:])
        family = parts.setdefault(
            image["family"], {"payload": packed_payload, "prefixes": {}, "blocks": {}}
        )
        if family["payload"] != packed_payload:
            what = "its payload is not that of its family's other images"
            raise failure(facts["path"], what, "make or download the set again", EXIT_INPUT)
        family["prefixes"].setdefault(image["medium"], _base64(content[:block]))
        family["blocks"][name(image).partition("/")[2]] = _base64(content[block:payload])
    return parts


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _start(path: Path, facts: Mapping[str, Any]) -> bytes:
    """An image up to the end of its payload; the rest is padding."""
    with path.open("rb") as file:
        return file.read(facts["payload"]["offset"] + facts["payload"]["packed_length"])


def _listed(downloads: DownloadSet, romtool: Path) -> Iterable[Mapping[str, Any]]:
    """What romtool says of each image, in the order of the catalogue."""
    paths = [str(downloads.file(image)) for image in downloads.images]
    for start in range(0, len(paths), _LIST_BATCH):
        done = run_romtool(romtool, ["list", "--json", *paths[start : start + _LIST_BATCH]])
        if done.returncode != 0:
            what = done.stderr.decode(errors="replace").strip() or "it refuses an image"
            raise failure("romtool list", what, "make or download the images again", EXIT_INPUT)
        for facts in json.loads(done.stdout)["files"]:
            if "identity" not in facts or "payload" not in facts:
                what = "not an image of this factory"
                raise failure(facts["path"], what, "download the set again", EXIT_INPUT)
            yield facts
