# SPDX-License-Identifier: BSD-2-Clause
"""The sample CI jobs: their steps are run here, in a fresh folder, against a set that was built.

Only apt-get is another: what it would install is compared with what this machine has.
"""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.tree import ROOT, need_tool
from ci.unit.set_copy import copy_set, install

FOLDER = ROOT / "templates/ci"
ROM = "rtl8139/10ec8139.rom"
PACKAGES = {"./etherforge-tools.deb", "qemu-system-x86", "nasm", "ipxe-qemu"}
HAD_BY_GITHUB = {"ca-certificates", "curl", "xz-utils"}
APT_GET = '#!/bin/sh\n[ "$1" = update ] || echo "$@" >>"$APT_LOG"\n'
SUDO = '#!/bin/sh\nexec "$@"\n'

Job = dict[str, Any]


def github() -> tuple[dict[str, str], Iterator[list[str]], Job]:
    """Variables, the command that runs each step, and the job."""
    document = yaml.safe_load((FOLDER / "github-actions.yml").read_text())
    job = document["jobs"]["smoke"]
    steps = (
        [*"bash --noprofile --norc -e -c".split(), it["run"]] for it in job["steps"] if "run" in it
    )
    return document["env"], steps, job


def gitlab() -> tuple[dict[str, str], Iterator[list[str]], Job]:
    """GitLab's runner hands all lines to one shell, which ends at the first that fails."""
    job = yaml.safe_load((FOLDER / "gitlab-ci.yml").read_text())["etherforge-smoke"]
    lines = "\n".join((*job["before_script"], *job["script"]))
    return job["variables"], iter([["sh", "-e", "-c", lines]]), job


def kept_by_github(job: Job) -> set[str]:
    """What is uploaded, whether boots failed or not."""
    (upload,) = [step for step in job["steps"] if "uses" in step]
    assert upload["if"] == "always()" and upload["uses"].startswith("actions/upload-artifact@v")
    return set(upload["with"]["path"].split())


def kept_by_gitlab(job: Job) -> set[str]:
    """The same; and the report that merge requests show."""
    artifacts = job["artifacts"]
    assert artifacts["when"] == "always" and artifacts["reports"] == {"junit": "smoke.xml"}
    return set(artifacts["paths"])


@pytest.mark.parametrize(
    ("read", "kept", "packages"),
    [(github, kept_by_github, PACKAGES), (gitlab, kept_by_gitlab, PACKAGES | HAD_BY_GITHUB)],
)
def test_job(
    built: Path,
    tmp_path: Path,
    read: Callable[[], tuple[dict[str, str], Iterator[list[str]], Job]],
    kept: Callable[[Job], set[str]],
    packages: set[str],
) -> None:
    """From the download of tools and set to the evidence that is kept."""
    need_tool("qemu-system-i386"), need_tool("curl")
    words, environment = install(built, tmp_path / "usr")
    bin_folder = tmp_path / "usr/bin"
    programs = {"apt-get": APT_GET, "sudo": SUDO}
    start = " ".join(f"'{word}'" for word in words)
    programs["etherforge"] = f'#!/bin/sh\nexec {start} "$@"\n'
    for name, text in programs.items():
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    copy_set(built, tmp_path / "etherforge-0.1.0", [ROM])
    archive, tools = tmp_path / "set.tar.xz", tmp_path / "tools.deb"
    subprocess.run(["tar", "-cJf", archive, "-C", tmp_path, "etherforge-0.1.0"], check=True)
    tools.write_bytes(b"a package")
    variables, steps, job = read()
    assert set(variables) == {"SET_URL", "TOOLS_URL", "FAMILY"}
    urls = {"SET_URL": archive.as_uri(), "TOOLS_URL": tools.as_uri(), "FAMILY": "rtl8139"}
    environment |= {**urls, "APT_LOG": str(tmp_path / "apt.log")}
    (tmp_path / "job").mkdir()
    for step in steps:
        done = subprocess.run(
            step, cwd=tmp_path / "job", env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "8 passed, 0 failed, 0 skipped"
    assert kept(job) == {"smoke/", "smoke.xml"}
    assert (tmp_path / "job/smoke/evidence.json").is_file()
    assert ET.parse(tmp_path / "job/smoke.xml").getroot().get("tests") == "8"
    asked = (tmp_path / "apt.log").read_text().split()
    assert {it for it in asked if not it.startswith("-")} - {"install"} == packages


def test_failed_boot_fails_the_job(built: Path, tmp_path: Path) -> None:
    """The step ends with an error when the set is damaged."""
    command, environment = install(built, tmp_path / "usr")
    folder = copy_set(built, tmp_path / "set", [ROM])
    (folder / "images" / ROM).write_bytes(b"")
    start = " ".join(f"'{word}'" for word in command)
    (tmp_path / "usr/bin/etherforge").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    (tmp_path / "usr/bin/etherforge").chmod(0o755)
    _, _, job = github()
    (boot,) = [step["run"] for step in job["steps"] if step["name"] == "Boot"]
    done = subprocess.run(["bash", "-e", "-c", boot], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 1 and (tmp_path / "smoke.xml").is_file()
