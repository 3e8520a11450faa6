# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's figures as Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ci.media import MEDIA

NAMED = "ours, HTTP by name"  # how long that takes from QEMU's start
COMPARED, PXELINUX = (
    "rtl8139",
    "pxelinux.0",
)  # the family that the README shows, and a loader beside it


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown; "" without rows."""
    if not rows:
        return ""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: Any, form: str) -> str:
    return "–" if value is None else format(value, form)


def _sizes(families: list[dict[str, Any]], shared: dict[str, dict[str, int]]) -> str:
    sizes = {f["family"]: f["size"] for f in families if f["size"]} | shared
    rows = [
        [name, *(_number(size.get(key), ",") for key in (*MEDIA, "stock"))]
        for name, size in sizes.items()
    ]
    media = (f".{medium}" for medium in MEDIA)
    return table(["size, bytes", *media, "stock ROM"], rows)


def _parts(costs: dict[str, int] | None) -> str:
    rows = [[part, f"{cost:,}"] for part, cost in (costs or {}).items()]
    return table([f"what a part adds to {COMPARED}, packed bytes", "all others being there"], rows)


def _to_payload(families: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"{f['family']} ({f['card']})",
            *(_number(f["to_payload"][who], ".3f") for who in ("ours", "stock")),
            _number(f["to_payload"].get(NAMED), ".3f"),
        ]
        for f in families
        if f["to_payload"]
    ]
    return table(["QEMU start to payload, s", "ours", "stock", NAMED], rows)


def _rates(families: list[dict[str, Any]], what: str, field: str) -> str:
    rows = []
    for family in families:
        for network, rate in family.get(field, {}).items():
            figures = [_number(rate[who], ".1f") for who in ("ours", "stock")]
            rows.append([family["family"], network, *figures, _number(rate.get("ratio"), ".2f")])
    head = [f"{what}, MB/s", "network", "ours", "stock", "ratio"]
    return table(head, rows)


def _waiting(families: list[dict[str, Any]]) -> str:
    rows = [
        [f["family"], *(_number(f["waiting"].get(who), ".0%") for who in ("ours", "stock"))]
        for f in families
        if f["waiting"]
    ]
    return table(["waiting for dnsmasq, share of transfer", "ours", "stock"], rows)


def _build(build: dict[str, Any] | None) -> str:
    if not build:
        return ""
    rows = [
        [what, f"{build[key]['wall']:.2f}", f"{build[key]['cpu']:.2f}"]
        for what, key in (
            (f"{build['images']} images from clean", "clean"),
            ("nothing to do", "nothing"),
            ("one driver touched", "driver"),
            ("all images, objects exist", "relink"),
        )
    ]
    rows.append(["per image, objects exist, ms", "", f"{build['cpu_per_image_ms']:.1f}"])
    return table(["build", "wall, s", "CPU, s"], rows)


def _smoke(smoke: dict[str, Any] | None) -> str:
    if not smoke:
        return ""
    rows = [
        [
            f"{smoke['boots']} boots, {smoke['passed']} passed",
            f"{smoke['seconds']:.1f}",
            f"{smoke['per_second']:.1f}",
        ]
    ]
    return table(["smoke", "s", "boots per second"], rows)


def comparison(numbers: dict[str, Any]) -> str:
    """The table of the README: one card, with ours and with others. What was not measured has no row."""
    family = next(f for f in numbers["bench"]["families"] if f["family"] == COMPARED)
    loaders: dict[str, Any] = next(
        (f for f in numbers["loaders"] if f["family"] == COMPARED), {"rates": {}}
    )
    size, rate, build = family["size"], family["rate"], numbers["bench"].get("build")
    rows = [
        ("option ROM, or loader, bytes", {"ours": size["rom"], **size}, ",d"),
        ("QEMU's start to the boot file's first instruction, s", family["to_payload"], ".2f"),
        ("64 MiB by TFTP from dnsmasq, MB/s", rate.get("tap, dnsmasq"), ".1f"),
        ("64 MiB by TFTP from atftpd, with windows, MB/s", rate.get("tap, atftpd"), ".1f"),
        ("PXELINUX on this ROM loads 16 MiB, MB/s", loaders["rates"].get("pxelinux.0"), ".1f"),
    ]
    if build:
        what = f"build of all {build['images']} images from clean, s"
        rows.append((what, {"ours": build["clean"]["wall"], "stock": None}, ".1f"))
    return table(
        [f"{family['card']} in QEMU, one run", "Etherforge", "iPXE", "PXELINUX on iPXE"],
        [
            [it, *(_number(v.get(who), form) for who in ("ours", "stock", PXELINUX))]
            for it, v, form in rows
            if v
        ],
    )


def remarks(families: Iterable[dict[str, Any]], qemu: str = "") -> Iterator[str]:
    """A line for everything that failed or was skipped, and for what is not as the head says."""
    for family in families:
        name = family["family"]
        yield from (f"- FAIL {name}: {reason}" for reason in family.get("failed", ()))
        yield from (f"- SKIP {name}: {reason}" for reason in family["skipped"])
        if family.get("peer"):
            yield f"- {name}: \"stock\" is {family['peer']}"
        if family.get("qemu") not in (None, "", qemu):
            yield f"- {name}: QEMU {family['qemu']}"


def markdown(results: dict[str, Any]) -> str:
    """Everything, with what failed or was skipped and why."""
    families: list[dict[str, Any]] = results["families"]
    load = f"{results['load_before']} before, {results['load_after']} after"
    congestion = f"TCP by {results['congestion']}, " if results.get("congestion") else ""
    head = (
        f"Commit {results.get('commit')}, images {results.get('images')}, {results.get('date')}.\n"
        f"{results.get('cpu')}, {results['cores']} cores, Linux {results.get('kernel')}, "
        f"{congestion}"
        f"QEMU {results['qemu']} (TCG), load {load}; medians of {results['rounds']}, ours and stock in turns."
    )
    general = [f"- FAIL {reason}" for reason in results.get("failed", ())]
    parts = [
        head,
        _sizes(families, results.get("shared", {})),
        _parts(results.get("parts")),
        _to_payload(families),
        _rates(families, "TFTP of 64 MiB", "rate"),
        _rates(families, "HTTP of 64 MiB, near and far away", "http"),
        _waiting(families),
        _build(results.get("build")),
        _smoke(results.get("smoke")),
        "\n".join([*general, *remarks(families, results["qemu"])]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def save(path: Path, text: str) -> None:
    """Write beside and rename: nobody ever reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def save_json(path: Path, document: object) -> None:
    """The same for JSON."""
    save(path, json.dumps(document, indent=1) + "\n")
