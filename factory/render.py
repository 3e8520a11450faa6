# SPDX-License-Identifier: BSD-2-Clause
"""Build files from the matrix: decisions are made here, the templates only loop and substitute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from factory.cardtable import card_table
from factory.files import check_inside, write_atomic, write_if_changed
from factory.settings import settings
from factory.spec import Image, Spec, Target
from factory.templates import Engine

LINK_BASE = 0x101000  # where the prefixes unpack to
PAYLOAD_LIMIT = 128 * 1024  # bytes, unpacked
# With zeroed data and the DMA arena, all that is moved; ends before UNPACKED_END of loader/main.c.
MEMORY_LIMIT = 2016 * 1024
PRODUCT = "Etherforge"
NOTHING = "-"  # an empty column of images.tsv


@dataclass(frozen=True)
class _Card:
    """What `make image T=` asks for: an ID (or a target) and the images that belong to it."""

    hex: str
    paths: tuple[str, ...]


def render(spec: Spec, templates: Path, out: Path) -> None:
    """Write linker map and image list per target, the header of targets for any card, and the make rules.

    Files whose content stays the same keep their time stamp, but for rules.mk, whose time says when this was run.
    """
    engine = Engine(templates)
    targets = tuple(spec.targets())
    files = {
        "settings_list.h": engine.render("settings_list.h.j2", settings=settings().values()),
    }
    for target in targets:
        files.update(_target_files(engine, spec, target))
    for name, text in files.items():
        check_inside(out, out / name)
        write_if_changed(out / name, text)
    rules = engine.render(
        "rules.mk.j2",
        media=spec.media,
        targets=targets,
        cards=tuple(_cards(spec)),
    )
    write_atomic(out / "rules.mk", rules)


def _target_files(engine: Engine, spec: Spec, target: Target) -> Iterator[tuple[str, bytes]]:
    rows = [_row(target, image, spec.version) for image in target.images]
    yield f"{target.name}/images.tsv", engine.render("images.tsv.j2", rows=rows)
    if target.id_table:
        yield f"{target.name}/target.h", engine.render(
            "target.h.j2",
            target=target,
            card_table=tuple(card_table(target.id_table)),
        )
    yield f"{target.name}/image.lds", engine.render(
        "image.lds.j2",
        target=target,
        version=[int(number) for number in re.findall(r"\d+", spec.version)][:3],
        link_base=LINK_BASE,
        payload_limit=PAYLOAD_LIMIT,
        memory_limit=MEMORY_LIMIT,
    )


def _row(target: Target, image: Image, version: str) -> tuple[str, ...]:
    """One line of images.tsv: what `romtool pack` makes of the target's payload."""
    return (
        image.medium,
        image.path,
        f"{image.vendor:04x}",
        ",".join(f"{pci_id.device:04x}" for pci_id in image.ids) or NOTHING,
        str(target.budget[image.medium]),
        f"{PRODUCT} {version} {target.name}",
        version,
        *target.profile.settings,
    )


def _cards(spec: Spec) -> Iterator[_Card]:
    for target in spec.targets():
        single: dict[str, list[str]] = {}
        for image in target.images:
            if len(image.ids) == 1:
                single.setdefault(image.ids[0].hex, []).append(f"$O/images/{image.path}")
        yield _Card(target.name, tuple(f"$O/images/{image.path}" for image in target.images))
        for name, paths in single.items():
            yield _Card(name, tuple(paths))
