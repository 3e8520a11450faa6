# SPDX-License-Identifier: BSD-2-Clause
"""docs/figures.md: what `make bench` and `make pxe PXE=--rates` measured, of which images, and on which machine.

docs/figures.json has the numbers behind it, and README.md a table of some of them. Nobody edits these: a check renders
them again, and compares the sizes with those of the images.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from ci.bench_report import comparison, markdown, save, save_json

DOCUMENT, NUMBERS, README = "docs/figures.md", "docs/figures.json", "README.md"
TABLE, TABLE_END = (
    "<!-- figures: written by `make bench BENCH=--document` -->\n",
    "<!-- end of figures -->",
)
HEAD = """# Figures

Written by `make bench BENCH=--document` ([how](evidence.md#figures)); not edited by hand. Absolute values are this
machine's: compare the columns."""
NOTES = """QEMU's e1000 takes no frame for 1000 ms after the receive control register was written, once in a boot.
Its igb says that the PHY has a link, but the MAC learns of it only by an autonegotiation, of 500 ms there. Both waits
are QEMU's."""
MADE_OF = ("src", "factory", "templates", "targets.yaml", "Makefile", "build")
PEER = "## Beside other ROMs, given as PEER=file"
LOADERS = "## Loaders through our PXE services"


def images_id(out: Path) -> str:
    """Stands for the contents of all images: figures of others are old ones."""
    total = hashlib.sha256()
    for path in sorted((out / "images").rglob("*")):
        if path.is_file():
            total.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False)


def _commit() -> str:
    """Its short name; with a word when what images are made of has changed since."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD").stdout.strip() or "unknown"
        changed = _git("diff", "--quiet", "HEAD", "--", *MADE_OF).returncode == 1
    except OSError:
        return "unknown"
    return f"{commit} with changes" if changed else commit


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        found = None
    return found[1].strip() if found else platform.machine()


def _congestion() -> str:
    """The congestion control of the servers' TCP."""
    try:
        return Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text("ascii").strip()
    except OSError:
        return "unknown"


def provenance(out: Path) -> dict[str, Any]:
    """What was measured, when and on what."""
    return {
        "images": images_id(out),
        "commit": _commit(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cpu": _cpu(),
        "kernel": platform.release(),
        "congestion": _congestion(),
        "cores": len(os.sched_getaffinity(0)),
    }


def read(path: Path, images: str) -> dict[str, Any]:
    """Results of an earlier run with the same images; empty when there are none."""
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    same = isinstance(results, dict) and results.get("images") == images
    return dict(results) if same else {}


def _medians(value: Any) -> Any:
    """The same without the single samples."""
    if isinstance(value, dict):
        return {k: _medians(v) for k, v in value.items() if not k.endswith("samples")}
    return [_medians(item) for item in value] if isinstance(value, list) else value


def document(numbers: dict[str, Any]) -> str:
    """The text for the numbers."""
    parts = [HEAD, markdown(numbers["bench"]).strip(), NOTES]
    if numbers.get("peer"):
        parts += [PEER, markdown(numbers["peer"]).strip()]
    if numbers.get("pxe"):
        parts += [LOADERS, numbers["pxe"]]
    return "\n\n".join(parts) + "\n"


def readme(numbers: dict[str, Any], text: str) -> str:
    """README.md's text with the table for the numbers."""
    before, _, rest = text.partition(TABLE)
    _, _, after = rest.partition(TABLE_END)
    return f"{before}{TABLE}\n{comparison(numbers)}\n{TABLE_END}{after}"


def write(folder: Path, out: Path, root: Path) -> None:
    """All three files below `root`, from the results in `folder` that are about the images in `out`."""
    images = images_id(out)
    numbers: dict[str, Any] = {
        name: _medians(read(folder / f"{name}.json", images)) for name in ("bench", "peer")
    }
    numbers |= {"pxe": "", "loaders": []}
    loaders = _medians(read(folder / "pxe.json", images))
    if loaders:
        numbers["pxe"] = (folder / "pxe.md").read_text(encoding="utf-8").strip()
        numbers["loaders"] = loaders.get("families", [])
    save_json(root / NUMBERS, numbers)
    save(root / DOCUMENT, document(numbers))
    save(root / README, readme(numbers, (root / README).read_text(encoding="utf-8")))
