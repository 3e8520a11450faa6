"""The benchmark's figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: Any, form: str) -> str:
    return "–" if value is None else format(value, form)


def _sizes(families: list[dict[str, Any]]) -> str:
    rows = [
        [
            f["family"],
            *(_number(f["size"].get(key), ",") for key in ("rom", "zpxe", "dsk", "stock")),
        ]
        for f in families
    ]
    return _table(["size, bytes", ".rom", ".zpxe", ".dsk", "stock ROM"], rows)


def _to_payload(families: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"{f['family']} ({f['card']})",
            *(_number(f["to_payload"][who], ".3f") for who in ("ours", "stock")),
        ]
        for f in families
        if f["to_payload"]
    ]
    return _table(["QEMU start to payload, s", "ours", "stock"], rows) if rows else ""


def _rates(families: list[dict[str, Any]]) -> str:
    rows = []
    for family in families:
        for network, rate in family["rate"].items():
            figures = [_number(rate[who], ".1f") for who in ("ours", "stock")]
            rows.append([family["family"], network, *figures, _number(rate.get("ratio"), ".2f")])
    head = ["TFTP of 64 MiB, MB/s", "network", "ours", "stock", "ratio"]
    return _table(head, rows) if rows else ""


def _waiting(families: list[dict[str, Any]]) -> str:
    rows = [
        [f["family"], *(_number(f["waiting"].get(who), ".0%") for who in ("ours", "stock"))]
        for f in families
        if f["waiting"]
    ]
    return _table(["waiting for dnsmasq, share of transfer", "ours", "stock"], rows) if rows else ""


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
    return _table(["build", "wall, s", "CPU, s"], rows)


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
    return _table(["smoke", "s", "boots per second"], rows)


def markdown(results: dict[str, Any]) -> str:
    """Everything, with what was skipped and why."""
    families: list[dict[str, Any]] = results["families"]
    load = f"{results['load_before']} before, {results['load_after']} after"
    head = (
        f"QEMU {results['qemu']} (TCG), {results['cores']} cores, load {load}; "
        f"medians of {results['rounds']}, ours and stock in turns."
    )
    parts = [
        head,
        _sizes(families) if families else "",
        _to_payload(families),
        _rates(families),
        _waiting(families),
        _build(results.get("build")),
        _smoke(results.get("smoke")),
        "\n".join(f"- SKIP {f['family']}: {reason}" for f in families for reason in f["skipped"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
