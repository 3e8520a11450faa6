# SPDX-License-Identifier: BSD-2-Clause
"""Download sets for the checks of the page: the images that were built, with evidence of the checks' own making."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from factory.downloads import CATALOGUE, CHECKSUMS, EVIDENCE
from factory.site import link_or_copy

CONSOLE = """\
SeaBIOS (version 1.16.2-debian-1.16.2-1)
Booting from ROM...

Etherforge {version} {family} {card} at 00:02.0, 52:54:00:12:34:56
DHCP: 10.0.2.15 from 10.0.2.2, boot file {short}.nbi
tftp://10.0.2.2/{short}.nbi 24576 bytes loaded: {short}.nbi
EFENTRY a20=0 header=1f000000 ip=10.0.2.15 server=10.0.2.2
EFPAYLOAD nonce={nonce} sum={sum} kind=nbi size=24576
"""


def make_set(
    out: Path,
    folder: Path,
    wanted: Callable[[dict[str, Any]], bool] = lambda image: True,
    change: Callable[[dict[str, Any]], None] = lambda image: None,
    put: Callable[[Path, Path], None] = link_or_copy,
) -> Path:
    """A download set of some images of a build; `change` may alter their entries in the catalogue.

    Who alters the files themselves has `put` copy them.
    """
    catalogue = json.loads((out / CATALOGUE).read_bytes())
    catalogue["images"] = [image for image in catalogue["images"] if wanted(image)]
    folder.mkdir(parents=True, exist_ok=True)
    for image in catalogue["images"]:
        put(out / image["path"], folder / image["path"])
        change(image)
    sums = "".join(f"{image['sha256']}  {image['path']}\n" for image in catalogue["images"])
    (folder / CHECKSUMS).write_text(sums)
    (folder / CATALOGUE).write_text(json.dumps(catalogue))
    return folder


def add_evidence(
    folder: Path, change: Callable[[dict[str, Any]], None] = lambda record: None
) -> None:
    """A record for each image, as long as real ones are. They are invented: they test the page and prove nothing."""
    catalogue = json.loads((folder / CATALOGUE).read_bytes())
    records = {}
    for image in catalogue["images"]:
        name = image["path"].removeprefix("images/")
        records[name] = _record(catalogue, image)
        change(records[name])
    (folder / EVIDENCE).write_text(json.dumps({"metadata_version": 1, "records": records}))


def _record(catalogue: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    models = catalogue["families"].get(image["family"], {"models": []})["models"]
    card = f"{image['vendor']}:{image['device']}"
    record = {"sha256": image["sha256"], "tier": "static", "verdict": "pass", "reason": ""}
    record |= {"when": "2026-01-02T03:04:05+00:00"}
    if "untested" in image:
        return record | {"reason": "untested: " + image["untested"]}
    exact = [model["device"] for model in models if model["id"] == card or image["device"] is None]
    nonce = hashlib.md5(image["path"].encode(), usedforsecurity=False).hexdigest()
    text = CONSOLE.format(
        version=catalogue["version"],
        family=image["family"],
        card=card,
        short=nonce[:8],
        nonce=nonce,
        sum=nonce[8:16],
    )
    return record | {
        "tier": "exact" if exact else "family",
        "card": exact[0] if exact else (models[0]["device"] if models else "virtio-net-pci"),
        "qemu": "7.2.22",
        "bios": "SeaBIOS 1.16.2-debian-1.16.2-1",
        "time_to_payload": int(nonce[:3], 16) / 3000,
        "nonce": nonce,
        "console": f"smoke/console/{image['family']}.txt",
        "console_text": text,
    }
