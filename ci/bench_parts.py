# SPDX-License-Identifier: BSD-2-Clause
"""What parts of the firmware cost in an image, after compression: one card's image is linked without each of them.

    python3 -m ci.bench_parts     prints them; `make bench BENCH="--part parts"` keeps them among the figures
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import yaml

from ci.bench_report import COMPARED
from ci.lab.case import Failed
from ci.tree import ROOT, make
from factory.spec import Family, load_spec

FIRMWARE = ROOT / "src/firmware"
# Files below src/firmware that go together, as patterns. Each part can be left out alone.
PARTS = {
    "HTTP, with TCP": ("net/tcp*.c", "net/http*.c"),
    "Multiboot 2": ("image/multiboot2.c",),
    "Multiboot 1 and 2": ("image/multiboot*.c",),
    "ELF, with both": ("image/multiboot*.c", "image/elf.c", "image/handover.c"),
    "boot sectors": ("image/sector.c",),
    "NBI": ("image/nbi.c",),
    "menus of scripts": ("loader/menu_commands.c",),
    "nslookup and ping": ("loader/host_commands.c", "net/ping.c"),
    "other network commands": ("loader/net_commands.c",),
    "lspci, cpuid, reboot, poweroff": ("loader/machine.c",),
    "pxelinux.cfg": ("loader/pxelinux*.c",),
    "xz": ("image/xz.c", "image/lzma.c"),
    "gzip": ("image/gzip.c",),
    "config": ("loader/config.c",),
    "prompt's history": ("loader/history.c",),
}


def files_of(part: str) -> list[str]:
    """As `without` of a profile names them. Raises Failed for a pattern that finds nothing."""
    found: list[str] = []
    for pattern in PARTS[part]:
        files = sorted(FIRMWARE.glob(pattern))
        if not files:
            raise Failed(f"ci/bench_parts.py: {pattern}: no such file in src/firmware")
        found += [str(path.relative_to(FIRMWARE).with_suffix("")) for path in files]
    return found


def _matrix(family: Family) -> str:
    """A family for each part, all with one driver: what differs is what they are linked without."""
    without: list[list[str]] = [[], *(files_of(part) for part in PARTS)]
    document = {
        "version": "0",
        "media": {"rom": {"prefix": "rom", "budget": 255 * 512, "option_rom": True}},
        "profiles": {"default": {}} | {f"p{n}": {"without": w} for n, w in enumerate(without)},
        "families": {
            f"f{n}": {
                "driver": family.driver,
                "uses": list(family.uses),
                "profile": f"p{n}",
                "ids": [str(family.ids[n].id)],
            }
            for n in range(len(without))
        },
    }
    return str(yaml.safe_dump(document, sort_keys=False))


def cost_of_parts() -> dict[str, int]:
    """Packed bytes that each part adds to a firmware that has all the others. Raises Failed."""
    spec = load_spec(ROOT / "targets.yaml")
    family = next(family for family in spec.families if family.name == COMPARED)
    with tempfile.TemporaryDirectory() as folder:
        matrix, out = Path(folder, "parts.yaml"), Path(folder, "out")
        matrix.write_text(_matrix(family), encoding="utf-8")
        done = make(f"SPEC={matrix}", f"O={out}", "SETUP=no", "all")
        if done.returncode:
            raise Failed(done.stdout[-2000:])
        sizes = [
            json.loads((out / f"obj/f{n}/pack.json").read_text())["payload"]["packed_length"]
            for n in range(len(PARTS) + 1)
        ]
    return {part: sizes[0] - size for part, size in zip(PARTS, sizes[1:])}


if __name__ == "__main__":
    for name, cost in cost_of_parts().items():
        print(f"{cost:6,} {name}")
