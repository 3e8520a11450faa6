# SPDX-License-Identifier: BSD-2-Clause
"""site: the catalogue as a page in which people find the image for their card (docs/catalogue-page.md).

The folder is written beside its place and takes it when it is complete. It is a download set itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from markupsafe import Markup

from factory import site_data
from factory.downloads import (
    CATALOGUE,
    CHECKSUMS,
    EVIDENCE,
    DownloadSet,
    check_images,
    load_downloads,
    published,
    read_checksums,
)
from factory.errors import EXIT_INPUT, failure
from factory.files import read_file, write_atomic
from factory.folders import replacing
from factory.places import BUILT, TEMPLATES, download_set
from factory.templates import Engine
from factory.tools import find_romtool

PAGE, TABLE, PARTS = "index.html", "images.html", "parts"
SCRIPTS = ("find.js", "words.js", "image.js", "dom.js", "card.js", "customise.js", "page.js")
MARK = '<meta name="generator" content="etherforge site">'  # only folders with this are replaced


def write_site(downloads: DownloadSet, romtool: Path, templates: Path, out: Path) -> None:
    """Write the page beside all images. Raises FactoryError, and leaves `out` as it was, when the set is damaged."""
    _check_replaceable(out)
    _check_sums(downloads)
    check_images(downloads)
    pages = _pages(downloads, templates)
    parts = site_data.image_parts(downloads, romtool)
    with replacing(out) as folder:
        for image in downloads.images:
            link_or_copy(downloads.file(image), folder / str(image["path"]))
        for name in (CATALOGUE, CHECKSUMS):
            link_or_copy(downloads.folder / name, folder / name)
        write_atomic(folder / EVIDENCE, published(downloads.evidence))
        for family, data in parts.items():
            write_atomic(folder / PARTS / f"{family}.js", _parts_script(family, data))
        for name, page in pages.items():
            write_atomic(folder / name, page)


def _check_replaceable(out: Path) -> None:
    """Whatever is in a folder that is not ours would be lost."""
    if not os.path.lexists(out):
        return
    hint = "name another folder, or remove this one"
    if out.is_symlink() or not out.is_dir():
        raise failure(str(out), "not a folder", hint, EXIT_INPUT)
    page = out / PAGE
    ours = page.is_file() and MARK in page.read_text(encoding="utf-8", errors="replace")[:2000]
    if any(out.iterdir()) and not ours:
        raise failure(str(out), "holds other files than a catalogue page", hint, EXIT_INPUT)


def _check_sums(downloads: DownloadSet) -> None:
    """The page vouches for SHA-256 sums, so the two files that have them must agree."""
    path = downloads.folder / CHECKSUMS
    sums = read_checksums(path)
    for image in downloads.images:
        if sums.get(image["path"]) != image["sha256"]:
            what = f"does not have what {CATALOGUE} says of {image['path']}"
            raise failure(str(path), what, "make or download the set again", EXIT_INPUT)


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for the file where the file system allows that, else a copy that keeps holes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as file, target.open("xb") as copy:
            while chunk := file.read(1 << 16):
                if chunk.count(0) == len(chunk):
                    copy.seek(len(chunk), os.SEEK_CUR)
                else:
                    copy.write(chunk)
            copy.truncate(copy.tell())


def _parts_script(family: str, data: Mapping[str, Any]) -> bytes:
    """A classic script: unlike fetch() or modules, pages from file:// may load it."""
    return f"receiveParts({json.dumps(family)}, {site_data.inlined(data)});\n".encode()


def _pages(downloads: DownloadSet, templates: Path) -> dict[str, bytes]:
    engine = Engine(templates, escape=True)
    style = _source(templates / "style.css")
    script = '"use strict";\n' + "".join(_source(templates / name) for name in SCRIPTS)
    common = {
        "mark": Markup(MARK),
        "downloads": downloads,
        "style": Markup(style),
        "style_hash": _hash(style),
    }
    page = engine.render(
        f"{PAGE}.j2",
        **common,
        **_counts(downloads),
        script=Markup(script),
        script_hash=_hash(script),
        catalogue=site_data.inlined(site_data.catalogue_data(downloads)),
        evidence=site_data.packed(site_data.evidence_data(downloads)),
    )
    return {PAGE: page, TABLE: engine.render(f"{TABLE}.j2", **common)}


def _counts(downloads: DownloadSet) -> dict[str, object]:
    """For the first sentence of the page."""
    single = {(it["vendor"], it["device"]): it for it in downloads.images if it["device"]}
    booted = [
        record
        for record in downloads.evidence.values()
        if record["verdict"] == "pass" and record["tier"] != "static"
    ]
    return {"cards": len(single), "images": len(downloads.images), "booted": len(booted)}


def _source(path: Path) -> str:
    """A script or style sheet, without its licence line, which the page has once."""
    return read_file(path, "name the folder with --templates").decode().partition("\n")[2]


def _hash(text: str) -> str:
    """As the Content Security Policy names what it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@click.command("site")
@click.option(
    "--set",
    "folder",
    type=click.Path(path_type=Path),
    default=None,
    help="download set: a folder with catalogue.json and images/ [default: the nearest]",
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    default=TEMPLATES / "site",
    show_default="templates/site",
    help="what is rendered",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out/site"),
    show_default=True,
    help="folder to write; one that exists is replaced when it is such a page",
)
def command(folder: Path | None, templates: Path, out: Path) -> None:
    """Write the catalogue page: people find the image for their card, its evidence, and give it settings.

    It works from a folder, any web server, and a phone, and sends nothing anywhere. All images are beside it.
    """
    downloads = load_downloads(download_set(folder))
    for remark in downloads.remarks:
        click.echo(remark, err=True)
    build = downloads.folder if (downloads.folder / "bin").is_dir() else BUILT
    write_site(downloads, find_romtool(build), templates, out)
