# SPDX-License-Identifier: BSD-2-Clause
"""Which images are for a card: out of a download set, by whatever somebody knows of the card."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from factory.cards import find_cards
from factory.downloads import DownloadSet, load_downloads
from factory.errors import EXIT_INPUT, failure
from factory.places import download_set

TEXT_MAX = 16 << 20  # bytes of a pasted text
SHOWN_MAX = 10  # cards that are shown with everything; more get a line each
EXIT_UNKNOWN = 1  # the set has no image for one of the cards
BUSES = Path("/sys/bus/pci/devices")
_NETWORK_CLASS = "0x02"
_ANY_CARD = "undi"

Record = Mapping[str, Any]  # an image or its evidence, as docs/catalogue.md has them

_TIERS = {
    "exact": "booted on an emulated card with exactly this ID",
    "family": "a copy with the ID of an emulated card of this family booted",
    "model": "booted on a chip model with exactly this ID",
    "static": "not booted; its form was checked",
}


@dataclass(frozen=True)
class Found:
    """A card, and what the set has for it."""

    id: str  # "vvvv:dddd"
    images: tuple[Record, ...]

    @property
    def name(self) -> str:
        """For people; "" when nobody gave it one."""
        names = self.images[0]["names"] if self.images else {}
        return " ".join(plain(names[part]) for part in ("vendor", "device") if names.get(part))


def plain(text: str) -> str:
    """Text of others, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def images_for(downloads: DownloadSet, card: str) -> tuple[Record, ...]:
    """Images for this card alone, then those that name it among others."""
    vendor, device = card.split(":")
    ours = [it for it in downloads.images if it["vendor"] == vendor and device in it["devices"]]
    return tuple(sorted(ours, key=lambda image: image["device"] is None))


def cards_named(downloads: DownloadSet, text: str) -> list[str]:
    """Cards whose names have every word of the text; or, of lines such as lspci's, those whose whole name is in one."""
    words, folded = text.casefold().split(), text.casefold()
    found: dict[str, None] = {}
    for image in (it for it in downloads.images if it["device"]):
        names = [name for name in (*image["names"].values(), image["family"]) if name]
        whole = " ".join(names[:-1]).casefold()
        known = " ".join(names).casefold()
        if all(word in known for word in words) or (len(names) == 3 and whole in folded):
            found[f"{image['vendor']}:{image['device']}"] = None
    return list(found) if words else []


def cards_here(buses: Path = BUSES) -> list[str]:
    """Network cards of this machine: those that Linux shows, or lspci where there is no such folder."""
    if not buses.is_dir() and (lspci := shutil.which("lspci")):
        done = subprocess.run([lspci, "-n"], capture_output=True, text=True, check=False)
        return find_cards(done.stdout)
    found = []
    for device in sorted(buses.glob("*")):
        try:
            kind, vendor, product = (
                (device / name).read_text().strip() for name in ("class", "vendor", "device")
            )
        except OSError:  # it was unplugged
            continue
        if kind.startswith(_NETWORK_CLASS):
            found += find_cards(f"{vendor} {product}")
    return list(dict.fromkeys(found))


def proof_in_words(proof: Record | None) -> str:
    """What is known of an image."""
    if proof is None:
        return "not proved: no boot of these bytes is on record"
    where = f" ({plain(proof['card'])})" if proof.get("card") else ""
    tools = [f"QEMU {proof['qemu']}" if proof.get("qemu") else "", proof.get("bios", "")]
    details = [plain(it) for it in (proof.get("when", "")[:10], *tools) if it]
    reason = f": {plain(proof['reason'])}" if proof.get("reason") else ""
    if proof["verdict"] != "pass":
        return f"{proof['verdict'].upper()}{where}{reason}; {', '.join(details)}"
    proved = "not proved" if proof["tier"] == "static" else "proved"
    return f"{proved}: {_TIERS[proof['tier']]}{where}{reason}; {', '.join(details)}"


def describe(downloads: DownloadSet, found: Found) -> Iterator[str]:
    """Lines about a card: what is not known of it comes first."""
    yield f"{found.id}  {found.name}".rstrip()
    if not found.images:
        yield from _unknown(downloads)
        return
    reasons = dict.fromkeys(it["untested"] for it in found.images if "untested" in it)
    yield from (f"  not tested: {plain(reason)}" for reason in reasons)
    for image in found.images:
        yield from _image_lines(downloads, image)
    flash = next((it["flash"] for it in found.images if it.get("flash")), None)
    if flash:
        if flash["chip"]:
            programmer = plain(flash["flashrom"] or "")
            tool = (
                f"flashrom -p {programmer}"
                if programmer
                else "flashrom does not write its boot ROM"
            )
            yield f"  flash chip: {flash['chip'] // 1024} KiB at least; {tool}"
        if flash["note"]:
            yield f"  {plain(flash['note'])}"
    if any(image["medium"] == "rom" for image in found.images):
        yield f"  in coreboot or SeaBIOS: the .rom as pci{found.id.replace(':', ',')}.rom"


def _image_lines(downloads: DownloadSet, image: Record) -> Iterator[str]:
    path = downloads.file(image)
    shared = f", for {len(image['devices'])} cards" if len(image["devices"]) > 1 else ""
    missing = "" if path.exists() else "; the file is not in this folder"
    yield f"  {path}  {image['size']:,} bytes{shared}{missing}"
    yield f"    sha256 {image['sha256']}"
    yield f"    {proof_in_words(downloads.proof(image))}"


def _unknown(downloads: DownloadSet) -> Iterator[str]:
    yield "  no image for this card: no driver here knows it"
    fallback = [image for image in downloads.images if image["family"] == _ANY_CARD]
    if fallback:
        yield "  undi.zpxe can use it, where the card or the BIOS has a PXE ROM: that ROM loads it and drives the card"
    for image in fallback:
        yield from _image_lines(downloads, image)


def as_json(downloads: DownloadSet, cards: Sequence[Found]) -> str:
    """All of it for programs: catalogue entries, each with its evidence or null."""

    def entry(image: Record) -> dict[str, Any]:
        return {**image, "evidence": downloads.proof(image)}

    document = {
        "set": str(downloads.folder),
        "version": downloads.version,
        "cards": [
            {"id": found.id, "name": found.name, "images": list(map(entry, found.images))}
            for found in cards
        ],
        "any_card": [entry(it) for it in downloads.images if it["family"] == _ANY_CARD],
    }
    return json.dumps(document, indent=1)


def _pasted(words: Sequence[str]) -> str | None:
    """The text to look at; None to look at this machine."""
    if words and words != ("-",):
        return "\n".join(words) if any("\n" in word for word in words) else " ".join(words)
    if not words and sys.stdin.isatty():
        return None
    data = sys.stdin.buffer.read(TEXT_MAX + 1)
    if len(data) > TEXT_MAX:
        raise failure("standard input", "more than 16 MiB", "paste the lines about the card")
    # PowerShell writes UTF-16.
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data.decode("utf-16" if wide else "utf-8", errors="replace")


def _cards(downloads: DownloadSet, words: Sequence[str]) -> list[str]:
    text = _pasted(words)
    if text is None:
        found, hint = cards_here(), "paste what lspci -nn prints, or a name: etherforge find TEXT"
        where, what = "this machine", "no network card on its PCI buses"
    else:
        found = find_cards(text) or cards_named(downloads, text)
        where, what = "the text", "no network card in it, by ID or name"
        hint = "take the line of lspci -nn, the hardware ID of Windows, or an ID such as 10ec:8139"
    if not found:
        raise failure(where, what, hint, EXIT_INPUT)
    return found


@click.command("find")
@click.argument("text", nargs=-1)
@click.option(
    "--set",
    "folder",
    type=click.Path(path_type=Path),
    help="the download set; default: this folder, out/, or the installed one",
)
@click.option("--json", "for_programs", is_flag=True, help="everything as JSON")
def command(text: tuple[str, ...], folder: Path | None, for_programs: bool) -> int:
    """Say which images are for a card, and how far they are proved.

    TEXT is what you know of the card: lines of `lspci -nn`, a hardware ID of Windows, an ID such as 10ec:8139, or a
    part of its name. With `-` the text comes from standard input. Without a text, the cards of this machine are
    looked up.

    The exit code is 1 when the set has no image for one of the cards. It is 2 when there is no card in the text.
    """
    downloads = load_downloads(download_set(folder))
    cards = [Found(card, images_for(downloads, card)) for card in _cards(downloads, text)]
    for remark in downloads.remarks:
        click.echo(remark, err=True)
    if for_programs:
        click.echo(as_json(downloads, cards))
    elif len(cards) > SHOWN_MAX:
        for found in cards:
            click.echo(f"{found.id}  {found.name or 'no image for this card'}")
        click.echo(f"{len(cards)} cards; name one of them for its images", err=True)
    else:
        for found in cards:
            click.echo("\n".join(describe(downloads, found)))
    return EXIT_UNKNOWN if any(not found.images for found in cards) else 0
