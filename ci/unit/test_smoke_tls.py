# SPDX-License-Identifier: BSD-2-Clause
"""`etherforge smoke` on a Dask cluster over TLS: certificates of an authority of our own, made with openssl."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ci.tree import ROOT, need_tool
from ci.unit.set_copy import copy_set, etherforge, install
from ci.unit.test_smoke_cluster import farm

ROM = "rtl8139/10ec8139.rom"


def certificates(folder: Path, authority: str) -> tuple[Path, Path, Path]:
    """An authority, and a certificate that it signed, with its key: the commands of docs/evidence.md."""
    folder.mkdir()

    def openssl(words: str) -> None:
        subprocess.run(
            [need_tool("openssl"), *words.split()], cwd=folder, check=True, capture_output=True
        )

    openssl(
        f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={authority} -keyout ca.key -out ca.pem"
    )
    openssl("req -newkey rsa:2048 -nodes -subj /CN=node -keyout key.pem -out node.csr")
    openssl("x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out cert.pem")
    return folder / "ca.pem", folder / "cert.pem", folder / "key.pem"


def options(files: tuple[Path, Path, Path], authority: str = "--tls-ca") -> tuple[str, ...]:
    """Command-line options that name them."""
    return tuple(
        f"{name}={path}" for name, path in zip((authority, "--tls-cert", "--tls-key"), files)
    )


def test_over_tls(built: Path, tmp_path: Path) -> None:
    """Every boot comes back from the worker; a stranger's certificate gets one line, and no boot."""
    need_tool("qemu-system-i386")
    command, environment = install(built, tmp_path / "usr")
    copy_set(built, tmp_path / "set", [ROM])
    ours, theirs = certificates(tmp_path / "ours", "farm"), certificates(
        tmp_path / "theirs", "other"
    )
    with farm(tmp_path, "tls", 1, options(ours, "--tls-ca-file")) as nodes:
        words = ("smoke", "set", "--workers", nodes.address)
        done = etherforge(command, environment, tmp_path, *words, *options(ours))
        stranger = etherforge(
            command, environment, tmp_path, *words, *options(theirs), "--results", "none"
        )
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    records = [json.loads(it) for it in (tmp_path / "smoke/journal.jsonl").read_text().splitlines()]
    assert done.stdout.splitlines()[-1] == f"{len(records)} passed, 0 failed, 0 skipped"
    assert {record["verdict"] for record in records} == {"pass"} and len(records) > 3
    assert stranger.returncode == 1 and not (tmp_path / "none/console").exists()
    (line,) = stranger.stderr.splitlines()
    assert line.startswith(f"WORKERS: {nodes.address}: ") and "hint: start dask-scheduler" in line


def test_certificates_that_are_not_there(built: Path, tmp_path: Path) -> None:
    """Said before anything is connected to."""
    command, environment = install(built, tmp_path / "usr")
    copy_set(built, tmp_path / "set", [ROM])
    files = (tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")
    words = ("smoke", "set", "--workers", "tls://127.0.0.1:1", *options(files))
    done = etherforge(command, environment, tmp_path, *words)
    assert done.returncode == 2 and done.stderr.startswith(f"{files[0]}: no such file; hint: ")


def test_what_workers_need() -> None:
    """A worker has Python and Dask, but none of the modules that read the matrix."""
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('click', 'jinja2', 'jsonschema', 'yaml')))\n"
    )
    code += "import ci.lab.boot, ci.net.wire, ci.smoke"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
