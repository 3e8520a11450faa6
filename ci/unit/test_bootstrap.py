# SPDX-License-Identifier: BSD-2-Clause
"""Set-up on a machine where something is missing and nothing may be installed."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from ci.from_make import PROGRAMS as PROGRAMS_OF_MAKE
from ci.net.samples import PROGRAMS
from ci.net.http import APACHE
from ci.net.servers import COMBINATIONS, TFTPD_HPA
from ci.tree import ROOT, need_tool, run_tool, sources_named
from factory.catalogue import PCI_IDS_PLACES

TOOLS = """sh sed sort tr paste uname grep id cat mkdir dirname mv rm chmod sleep touch flock
    gcc as ld cc1 make nasm""".split()
# These come with what is listed, or with any system.
WITH_COMPILER = {"sh", "gcc", "ld", "objcopy", "readelf", "runuser", "unshare"}


class Machine:
    """A search path with only some tools, and no apt-get."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "setup.mk"
        self.policy = folder / "policy-rc.d"
        self.python: Path | None = None  # one that has everything, and starts in no time
        (folder / "bin").mkdir()
        for tool in TOOLS:
            path = shutil.which(tool)
            if path:
                (folder / "bin" / tool).symlink_to(path)

    def tool(self, name: str, script: str) -> Path:
        """Add or replace a tool."""
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(script)
        path.chmod(0o755)
        return path

    def command(self, purpose: str) -> list[str]:
        """How the set-up is started."""
        return [need_tool("sh"), "ci/bootstrap.sh", purpose, str(self.output)]

    def environment(self, **more: str) -> dict[str, str]:
        """This machine's tools, and a policy-rc.d of its own."""
        policy = str(self.policy)
        quick = {"PYTHON": str(self.python)} if self.python else {}
        return {"PATH": str(self.folder / "bin"), "POLICY_RC_D": policy, **quick, **more}

    def set_up(self, purpose: str, **environment: str) -> tuple[int, str]:
        """Exit code and messages."""
        done = subprocess.run(
            self.command(purpose),
            cwd=ROOT,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    def has_apt(self, install: str) -> Path:
        """Lacks nasm, and has an apt-get that runs `install` (shell); returns where that notes what it is asked."""
        asked = self.folder / "asked"
        self.python = self.tool("quick-python", "#!/bin/sh\necho $0\n")
        self.tool("sudo", '#!/bin/sh\nshift\n[ "$1" = true ] || exec "$@"\n')
        self.tool("id", "#!/bin/sh\necho 1000\n")
        self.tool("apt-cache", "#!/bin/sh\nexit 0\n")
        script = f'echo "$*" >>{asked}\ncase " $* " in *" install "*) {install} ;; esac\n'
        self.tool("apt-get", f"#!/bin/sh\n{script}")
        (self.folder / "bin" / "nasm").unlink(missing_ok=True)
        return asked


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that can build."""
    return Machine(tmp_path)


def test_everything_there(machine: Machine) -> None:
    assert machine.set_up("build") == (0, "")
    text = machine.output.read_text()
    assert f"SETUP_TOOLS += {machine.folder}/bin/nasm\n" in text
    assert "PYTHON := /" in text


def test_one_line_says_what_to_install(machine: Machine) -> None:
    (machine.folder / "bin" / "nasm").unlink()
    code, text = machine.set_up("build")
    hint = "make build: tools are missing; hint: sudo apt-get install nasm"
    assert (code, text.rstrip()) == (1, hint)
    assert not machine.output.exists()


def test_compiler_that_makes_no_32_bit_code(machine: Machine) -> None:
    real = os.path.realpath(machine.folder / "bin" / "gcc")
    machine.tool("gcc", f'#!/bin/sh\ncase " $* " in *" -m32 "*) exit 1 ;; esac\nexec {real} "$@"\n')
    code, text = machine.set_up("build")
    assert code == 1 and "hint: sudo apt-get install gcc" in text


def test_python_that_lacks_modules_is_passed_over(machine: Machine) -> None:
    useless = machine.tool("python3", "#!/bin/sh\nexit 1\n")
    code, _ = machine.set_up("build", PYTHON=str(useless))
    assert code == 0
    assert str(useless) not in machine.output.read_text()


def test_cross_compiler_is_preferred(machine: Machine) -> None:
    for tool in ("gcc", "ld", "as"):
        real = shutil.which(tool)
        machine.tool(f"i686-linux-gnu-{tool}", f'#!/bin/sh\nexec {real} "$@"\n')
    assert machine.set_up("build")[0] == 0
    assert "CROSS_COMPILE ?= i686-linux-gnu-\n" in machine.output.read_text()


def test_cross_compiler_that_comes_later(machine: Machine) -> None:
    """What was set up before has another compiler: make sets it up again."""
    outputs = {purpose: machine.folder / f"{purpose}.mk" for purpose in ("build", "pxe", "check")}
    other = machine.folder / "other.mk"
    other.write_text("CROSS_COMPILE ?= \n")
    machine.python = machine.tool("quick-python", "#!/bin/sh\necho $0\n")
    machine.tool("qemu-system-i386", "#!/bin/sh\n")
    for purpose, machine.output in outputs.items():
        assert machine.set_up(purpose)[0] == 0
    assert all(output.exists() for output in outputs.values())
    for tool in ("gcc", "ld", "as"):
        (machine.folder / "bin" / f"i686-linux-gnu-{tool}").symlink_to(shutil.which(tool) or "")
    assert machine.set_up("check", CROSS_COMPILE="i686-linux-gnu-")[0] == 0
    assert outputs["build"].exists()  # whoever names one may name another the next time
    assert machine.set_up("check")[0] == 0
    assert [purpose for purpose, output in outputs.items() if output.exists()] == ["check"]
    assert other.exists()


def test_cross_compiler_that_does_not_work(machine: Machine) -> None:
    """Whoever names one wants that one: nothing else is installed or used."""
    called = machine.folder / "called"
    machine.tool("apt-get", f"#!/bin/sh\ntouch {called}\n")
    (machine.folder / "bin" / "nasm").unlink()
    code, text = machine.set_up("build", CROSS_COMPILE="m68k-linux-gnu-")
    (line,) = text.splitlines()
    assert code == 1 and line.startswith("CROSS_COMPILE=m68k-linux-gnu-: m68k-linux-gnu-gcc")
    assert "; hint: " in line
    assert not called.exists() and not machine.output.exists()


def test_optional_tools_may_be_missing(machine: Machine) -> None:
    code, text = machine.set_up("check")
    assert code == 0
    assert "make check: some checks will be skipped; hint: sudo apt-get install" in text
    assert "shellcheck" in text


def test_package_that_the_release_has_no_more(machine: Machine) -> None:
    """It is said to be gone, and not to be installed."""
    known = 'case $1:$2 in *:shellcheck) exit 1 ;; madison:*) echo "$2 | 1.0" ;; esac'
    machine.tool("apt-cache", f"#!/bin/sh\n{known}\n")
    code, text = machine.set_up("check")
    assert code == 0 and text.endswith("; this release has no shellcheck\n")
    assert " openssl " in text and text.count("shellcheck") == 1


def _imported(texts: Iterable[str]) -> set[str]:
    """Modules of the top level, without those that a test looks for first."""
    statements = [statement for text in texts for statement in ast.parse(text).body]
    names = [
        alias.name for each in statements if isinstance(each, ast.Import) for alias in each.names
    ]
    names += [each.module or "" for each in statements if isinstance(each, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def test_what_tests_need_is_listed() -> None:
    """Every module that is imported, every tool that a test asks for by name, and every server that a run can use."""
    script = (ROOT / "ci/bootstrap.sh").read_text()
    texts = [(ROOT / path).read_text() for path in sources_named(".py") if path.parts[0] == "ci"]
    for module in _imported(texts) - sys.stdlib_module_names - {"ci", "factory"}:
        assert re.search(rf'[" ](module|importable):{module}:', script), module
    tools = {name for text in texts for name in re.findall(r'need_tool\("([^"]+)"\)', text)}
    assert len(tools) > 10
    assert not [tool for tool in tools - WITH_COMPILER if f"command:{tool}:" not in script]
    servers = {kind for kinds in COMBINATIONS.values() for kind in kinds} - {TFTPD_HPA}
    for server in servers | {APACHE} | {server for server, _ in PROGRAMS.values()}:
        assert f"command:{server.program}:{server.package}" in script


@pytest.mark.parametrize("purpose", PROGRAMS_OF_MAKE)
def test_programs_do_without_what_checks_need(purpose: str) -> None:
    """The set-up of `make smoke` brings no pytest. A module that is None cannot be imported."""
    absent = "sys.modules |= dict.fromkeys(['pytest', '_pytest', 'xdist', 'pexpect'])"
    program = f"import sys; {absent}; import {PROGRAMS_OF_MAKE[purpose].module}"
    run_tool(sys.executable, "-c", program)


def test_pci_ids_of_any_distribution() -> None:
    """The set-up looks where the catalogue does."""
    paths = "|".join(map(str, PCI_IDS_PLACES))
    assert f"file:{paths}:pci.ids" in (ROOT / "ci/bootstrap.sh").read_text()


def test_usage(machine: Machine) -> None:
    done = subprocess.run(
        ["sh", "ci/bootstrap.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and done.stderr.startswith("usage: sh ci/bootstrap.sh build|check")
