# SPDX-License-Identifier: BSD-2-Clause
"""Installing what is missing: when it may not be done, and what is left when it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.tree import ROOT, copy_makefiles, need_tool
from ci.unit.test_bootstrap import Machine

MARK = "made by Etherforge"
OWN = ["O=private", "SPEC=my.yaml"]  # a matrix and a folder of one's own
NO_SERVICES = "#!/bin/sh\nexit 101\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that lacks nasm."""
    return Machine(tmp_path)


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds; ten seconds are plenty."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_installs(machine: Machine) -> None:
    """While apt works, services that come with packages are kept from starting."""
    seen = machine.folder / "seen"
    asked = machine.has_apt(f"cat {machine.policy} >{seen}")
    code, text = machine.set_up("build")
    assert "installing: nasm" in text
    update, install = asked.read_text().splitlines()
    assert update.endswith(" update") and install.endswith(" install --no-install-recommends nasm")
    assert MARK in seen.read_text() and seen.read_text().endswith("exit 101\n")
    assert not machine.policy.exists()
    assert code == 1 and "hint: sudo apt-get install nasm" in text  # apt brought nothing


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"SETUP": "no"}, "SETUP=no"),
        ({"FAKEROOTKEY": "1"}, "under fakeroot"),
        ({"LD_PRELOAD": "libfakeroot-sysv.so"}, "under fakeroot"),
        ({"DEB_BUILD_ARCH": "amd64"}, "in a package build"),
        ({"DEB_RULES_REQUIRES_ROOT": "no"}, "in a package build"),
        ({"RPM_BUILD_ROOT": "/x"}, "in a package build"),
    ],
    ids=str,
)
def test_installs_nothing(machine: Machine, environment: dict[str, str], why: str) -> None:
    """One line says what to install."""
    asked = machine.has_apt("")
    code, text = machine.set_up("build", **environment)
    lines = [line for line in text.splitlines() if "ld.so" not in line]
    message = f"make build: tools are missing, and nothing is installed ({why})"
    assert (code, lines) == (1, [f"{message}; hint: sudo apt-get install nasm "])
    assert not asked.exists()


def test_installs_nothing_under_a_real_fakeroot(machine: Machine) -> None:
    """Where the user seems to be root."""
    asked = machine.has_apt("")
    (machine.folder / "bin" / "id").unlink()
    (machine.folder / "bin" / "id").symlink_to("/usr/bin/id")
    words = [f"{name}={value}" for name, value in machine.environment().items()]
    done = subprocess.run(
        [need_tool("fakeroot"), "--", "/usr/bin/env", *words, *machine.command("build")],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "nothing is installed (under fakeroot)" in done.stderr
    assert not asked.exists()


def test_what_was_not_allowed_is_done_the_next_time(machine: Machine) -> None:
    """Checks that skip for want of a tool must not do so for ever."""
    machine.python = machine.tool("quick-python", "#!/bin/sh\necho $0\n")
    assert machine.set_up("check", SETUP="no")[0] == 0
    assert f"SETUP_TOOLS += {machine.output.parent}/missing\n" in machine.output.read_text()
    assert machine.set_up("check")[0] == 0
    assert "missing" not in machine.output.read_text()


@pytest.mark.parametrize("card", ["bogus", "ffff:0001", "ffff0001", "", "ids", ".*", "x\nrtl8139"])
def test_image_of_a_card_that_is_not_there(machine: Machine, card: str) -> None:
    asked = machine.has_apt("")
    code, text = machine.set_up("build", IMAGE="yes", T=card)
    assert code == 2 and text.startswith(f"T={card}: not in targets.yaml; hint: make image T=")
    assert not asked.exists()


@pytest.mark.parametrize("card", ["10ec:8139", "10EC8139", "rtl8139", "eepro100", "undi"])
def test_image_of_a_card_that_is_there(machine: Machine, card: str) -> None:
    asked = machine.has_apt("")
    machine.set_up("build", IMAGE="yes", T=card)
    assert asked.exists()


@pytest.mark.parametrize("flags", ["-n", "-q", "-t", "-kn", "--dry-run"])
def test_make_that_only_asks(machine: Machine, tmp_path: Path, flags: str) -> None:
    """Nor with a variable behind it, whose name has the letters of other flags."""
    root = _tree(tmp_path)
    asked = machine.has_apt("")
    for variables in (["--no-print-directory"], ["T=rtl8139", "image"]):
        done = _make(machine, root, flags, *variables)
        assert done.returncode != 0 and "nothing is installed (SETUP=no)" in done.stdout
        assert not asked.exists()


@pytest.mark.parametrize("words", ["--no-print-directory", "V=nqt", "-k"])
def test_make_that_builds(machine: Machine, tmp_path: Path, words: str) -> None:
    """Flags and variables that have the letters n, q or t are none of those."""
    root = _tree(tmp_path)
    asked = machine.has_apt("")
    assert _make(machine, root, words).returncode != 0
    assert asked.exists()


def test_setup_no_on_the_command_line(machine: Machine, tmp_path: Path) -> None:
    root = _tree(tmp_path)
    asked = machine.has_apt("")
    for words in (["SETUP=no"], ["setup", "SETUP=no"], ["check", "SETUP=no"], ["SETUP=no", *OWN]):
        done = _make(machine, root, *words)
        assert done.returncode != 0 and "(SETUP=no); hint: sudo apt-get install" in done.stdout
    done = _make(machine, root, "image", "T=bogus")
    assert done.returncode != 0 and "T=bogus: not in targets.yaml" in done.stdout
    (root / "my.yaml").write_text("families:\n  mine: { driver: rtl8139, ids: [10ec:8138] }\n")
    for card in ("bogus", "10ec:8139"):
        done = _make(machine, root, "image", f"T={card}", *OWN)
        assert done.returncode != 0 and f"T={card}: not in my.yaml" in done.stdout
    assert not asked.exists()
    _make(machine, root, "image", "T=10ec:8138", *OWN)
    assert asked.exists()


@pytest.mark.parametrize("words", [[], OWN], ids=str)
@pytest.mark.parametrize("variable", ["FAKEROOTKEY", "DEB_BUILD_ARCH", "RPM_BUILD_ROOT"])
def test_make_in_a_package_build(
    machine: Machine, tmp_path: Path, variable: str, words: list[str]
) -> None:
    """Neither for the standard build nor for one of one's own."""
    root = _tree(tmp_path)
    asked = machine.has_apt("")
    done = _make(machine, root, *words, **{variable: "x"})
    assert done.returncode != 0 and "nothing is installed (" in done.stdout
    assert not asked.exists()


def _tree(folder: Path) -> Path:
    root = folder / "tree"
    root.mkdir()
    copy_makefiles(root)
    for name in ("targets.yaml", "ci/bootstrap.sh"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes((ROOT / name).read_bytes())
    return root


def _make(
    machine: Machine, root: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    for tool in ("nproc", "find", "sha256sum"):
        path = machine.folder / "bin" / tool
        if not path.exists():
            path.symlink_to(f"/usr/bin/{tool}")
    return subprocess.run(
        [need_tool("make"), *words],
        cwd=root,
        env=machine.environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _interrupted(machine: Machine, number: int, whole_group: bool = False) -> int:
    """Exit code of the shell that installs, when a signal comes while apt works."""
    machine.has_apt(f"echo $$ >{machine.folder}/apt; touch {machine.folder}/working; exec sleep 30")
    shell = machine.folder / "shell"
    machine.tool(
        "sudo", f'#!/bin/sh\nshift\n[ "$1" = true ] || {{ echo $$ >{shell}; exec "$@"; }}\n'
    )
    process = subprocess.Popen(
        machine.command("build"),
        cwd=ROOT,
        env=machine.environment(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for((machine.folder / "working").exists)
    assert machine.policy.exists()
    if whole_group:
        os.killpg(process.pid, number)
    else:
        os.kill(int(shell.read_text()), number)
    return process.wait(timeout=10)


SIGNALS = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGPIPE", "SIGALRM"]


@pytest.mark.parametrize("name", SIGNALS)
def test_signal(machine: Machine, name: str) -> None:
    """Nothing that keeps services from starting is left behind."""
    _interrupted(machine, signal.Signals[name])
    assert not machine.policy.exists()


def test_terminal(machine: Machine) -> None:
    """Ctrl-C reaches all of them."""
    _interrupted(machine, signal.SIGINT, whole_group=True)
    wait_for(lambda: not machine.policy.exists())


def test_kill(machine: Machine) -> None:
    """The next run removes what was left, though apt runs on."""
    _interrupted(machine, signal.SIGKILL)
    assert MARK in machine.policy.read_text()
    machine.tool("apt-get", "#!/bin/sh\n")
    machine.set_up("build", SETUP="no")
    assert MARK in machine.policy.read_text(), "changes nothing"
    machine.set_up("build")
    assert not machine.policy.exists()
    os.kill(int((machine.folder / "apt").read_text()), signal.SIGKILL)


def test_two_installations(machine: Machine) -> None:
    """What keeps services from starting for one is not taken away by the other."""
    machine.has_apt(f"touch {machine.folder}/working; exec sleep 30")
    first = subprocess.Popen(
        machine.command("build"), cwd=ROOT, env=machine.environment(), stderr=subprocess.DEVNULL
    )
    wait_for((machine.folder / "working").exists)
    machine.tool("apt-get", "#!/bin/sh\n")
    machine.set_up("build")
    assert MARK in machine.policy.read_text()
    shell = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
    os.kill(int(shell[0]), signal.SIGTERM)
    first.wait(timeout=10)
    assert not machine.policy.exists()


def test_policy_of_the_machine(machine: Machine) -> None:
    """One that is not ours is left alone, whatever happens."""
    machine.policy.write_text(NO_SERVICES)
    _interrupted(machine, signal.SIGTERM)
    assert machine.policy.read_text() == NO_SERVICES
