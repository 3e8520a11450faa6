# SPDX-License-Identifier: BSD-2-Clause
"""Every command in the README and the tutorials does what is said there, in a fresh copy of the sources."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ci.net.namespace import unavailable as no_namespace
from ci.transcript import TranscriptError, commands, run_document
from ci.tree import ROOT, copy_tree, make_environment, need_tool, sources, unavailable

DOCUMENTS = [Path("README.md"), *(path for path in sources() if path.match("docs/tutorials/*.md"))]
TOOLS = ("qemu-system-i386", "dnsmasq", "dask-scheduler", "openssl")
LOADER = Path("/usr/lib/PXELINUX/pxelinux.0")
# A network of its own, where addresses, names of interfaces and ports are free.
ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


@pytest.fixture(name="reader", scope="module")
def fixture_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, as somebody has it who begins with the README."""
    for tool in TOOLS:
        need_tool(tool)
    if not LOADER.exists():
        unavailable(f"{LOADER} is not there")
    tree = copy_tree(tmp_path_factory.mktemp("reader") / "etherforge")
    for command in (
        "init --quiet",
        "add --all",
        "-c user.name=x -c user.email=x commit --quiet -m x",
    ):
        subprocess.run(["git", *command.split()], cwd=tree, check=True)
    return tree


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_commands(document: Path, reader: Path) -> None:
    """Each command ends well and shows what the document says."""
    why_not = no_namespace()
    if why_not:
        unavailable(why_not)
    path = os.environ["PATH"] + os.pathsep + "/usr/sbin"
    environment = {**make_environment(), "PATH": path, "HOME": str(reader.parent)}
    problem = ""
    try:
        assert run_document(reader / document, reader, environment, ALONE)
    except TranscriptError as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)


def test_there_are_tutorials() -> None:
    """The README has commands, and so has every tutorial."""
    assert len(DOCUMENTS) >= 4
    assert all(commands((ROOT / path).read_text(encoding="utf-8")) for path in DOCUMENTS)
