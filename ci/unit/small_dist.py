# SPDX-License-Identifier: BSD-2-Clause
"""A small source tree that seems to be built, for tests of `dist` and `verify-dist`; and keys to sign with."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from ci.tree import ROOT, need_tool
from factory.cli import cli
from factory.downloads import CATALOGUE
from factory.source import MANIFEST

DATE = 1_700_000_000
BASE = "etherforge-1.2"
TOOLCHAIN = {"compiler": "gcc 1", "assembler": "nasm 2", "linker": "ld 3", "pci_ids": "x 4"}


def matrix(version: str) -> str:
    """A small one."""
    return f"""\
version: "{version}"
media: {{ rom: {{ prefix: rom, budget: 4096, option_rom: true }} }}
profiles: {{ default: {{}} }}
families: {{ alpha: {{ driver: alpha, ids: [10ec:8139] }} }}
"""


FILES = {
    "LICENSE": "Do what you want.\n",
    "CHANGELOG.md": "# Changelog\n",
    "targets.yaml": matrix("1.2"),
    "factory/__init__.py": "",
    "factory/romtool/main.c": "int main(void) { return 0; }\n",
    "ci/lab/run.sh": "#!/bin/sh\n",
    "ci/unit/test.py": "",
}
# What `make` makes here: out/ as it was, and a set of it.
MAKEFILE = """\
all:
\tcp -r prebuilt out
dist:
\tcd {root} && {python} -m factory dist --out $(CURDIR)/out --source $(CURDIR) --spec $(CURDIR)/targets.yaml
"""


def image(family: str, name: str, data: bytes) -> dict[str, Any]:
    """An entry of the catalogue."""
    return {
        **{"path": f"images/{family}/{name}", "medium": name.partition(".")[2], "family": family},
        **{"vendor": "10ec", "device": "8139", "devices": ["8139"]},
        **{"names": {"vendor": "Realtek", "device": None}, "size": len(data)},
        **{"sha256": hashlib.sha256(data).hexdigest(), "rom_bar": None, "headroom": 0},
        "payload": "b" * 64,
    }


IMAGES = {
    ("alpha", "10ec8139.rom"): b"\x55\xaa" + bytes(range(256)) * 8,
    ("alpha", "10ec8139.dsk"): b"MBR" * 1000 + bytes(1_474_560 - 3000),
    ("undi", "undi.zpxe"): b"NBP" * 500,
}


class Small:
    """Sources in `root`, built."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "out"
        makefile = MAKEFILE.format(root=ROOT, python=sys.executable)
        for name, text in {**FILES, "Makefile": makefile}.items():
            self.write(name, text.encode())
        (root / "ci/lab/run.sh").chmod(0o755)
        shutil.copytree(ROOT / "templates/dist", root / "templates/dist")
        entries: list[dict[str, Any]] = []
        for (family, name), data in IMAGES.items():
            self.write(f"out/images/{family}/{name}", data)
            entries.append(image(family, name, data))
        self.catalogue: dict[str, Any] = {
            **{"metadata_version": 1, "version": "1.2", "licence": "BSD-2-Clause"},
            **{"toolchain": TOOLCHAIN, "images": entries},
        }
        self.write(f"out/{CATALOGUE}", json.dumps(self.catalogue, indent=1).encode() + b"\n")
        self.write("out/obj/mknbi/stub.bin", b"stub")
        self.write("out/gen/list.h", b"")
        rule = (
            b"out/obj/romtool/main.o: factory/romtool/main.c \\\n out/gen/list.h\nout/gen/list.h:\n"
        )
        self.write("out/obj/romtool/main.d", rule)
        self.write_manifest()

    def write(self, name: str, data: bytes) -> None:
        """A file of the tree."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def write_manifest(self) -> None:
        """As in an unpacked source archive; with what `make` copies, when there is that."""
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        names = sorted(str(path.relative_to(self.root)) for path in paths)
        names = [name for name in names if not name.startswith("out/") and name != MANIFEST]
        self.write(MANIFEST, "".join(f"{name}\n" for name in (f"# date {DATE}", *names)).encode())

    def can_be_built(self) -> None:
        """Let the sources have what was built, so that `make` in a copy of them makes the same."""
        shutil.copytree(self.out, self.root / "prebuilt", ignore=shutil.ignore_patterns("dist"))
        self.write_manifest()

    def evidence(self, **more: Any) -> None:
        """Evidence of one image, and more records."""
        sha256 = self.catalogue["images"][0]["sha256"]
        case = {"sha256": sha256, "tier": "exact", "verdict": "pass", "console": "smoke/console/x"}
        records = {"alpha/10ec8139.rom": {**case, "console_text": "DHCP", "cases": [case]}, **more}
        document = {"metadata_version": 1, "records": records}
        self.write("out/smoke/evidence.json", json.dumps(document).encode())

    def dist(self, *options: str) -> Path:
        """Make the set; its folder."""
        where = ["--out", str(self.out), "--source", str(self.root)]
        words = ["dist", *where, "--spec", str(self.root / "targets.yaml"), *options]
        cli.main(words, standalone_mode=False)
        return self.out / "dist" / BASE


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def minisign_key(folder: Path, password: str = "") -> tuple[Path, Path]:
    """A new key: files of the secret and the public part."""
    secret, public = folder / "minisign.key", folder / "minisign.pub"
    words = [need_tool("minisign"), "-G", "-W", "-s", str(secret), "-p", str(public)]
    subprocess.run(words, capture_output=True, check=True)
    if password:
        _encrypt(secret, password)
    return secret, public


def _encrypt(secret: Path, password: str) -> None:
    """Give a key a password. minisign would take seconds for each use of it: its scrypt has larger parameters."""
    comment, text = secret.read_text().splitlines()
    key = base64.b64decode(text)
    salt, pair = bytes(32), key[54:126]  # number and secret key
    checksum = hashlib.blake2b(key[:2] + pair, digest_size=32).digest()
    stream = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1, dklen=104)
    hidden = bytes(a ^ b for a, b in zip(pair + checksum, stream))
    limits = struct.pack("<QQ", 32768, 1 << 24)  # of libsodium, which makes n, r and p of them
    packed = base64.b64encode(b"EdScB2" + salt + limits + hidden).decode()
    secret.write_text(f"{comment}\n{packed}\n")


def openpgp_key(home: Path) -> str:
    """A new key in a keyring of its own, which GNUPGHOME has to name; its fingerprint."""
    home.mkdir(mode=0o700)
    gpg, environment = need_tool("gpg"), {**os.environ, "GNUPGHOME": str(home)}
    make = ["--batch", "--passphrase", "", "--quick-generate-key", "Packager", "ed25519", "sign"]
    subprocess.run([gpg, *make], env=environment, capture_output=True, check=True)
    show = [gpg, "--batch", "--with-colons", "--list-keys"]
    done = subprocess.run(show, env=environment, capture_output=True, text=True, check=True)
    return next(line for line in done.stdout.splitlines() if line.startswith("fpr")).split(":")[9]
