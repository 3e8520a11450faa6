# SPDX-License-Identifier: BSD-2-Clause
"""Smoke boots on a Dask cluster: a scheduler and two workers here, one of them killed on purpose."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci.chips.process import PROGRAM
from ci.tree import ROOT, make_or_fail, need_tool

HOST = "127.0.0.1"
START_SECONDS = 60.0
ADDRESS = re.compile(rf"(?:tcp|tls)://{re.escape(HOST)}:\d+")


class Node:
    """A scheduler or worker process, outside the tree so that it has nothing of it."""

    def __init__(self, log: Path, *command: str) -> None:
        self.log = log
        self.folder = log.with_suffix("")  # where it works, and boots
        self.folder.mkdir()
        environment = {**os.environ, "TMPDIR": str(self.folder), "PYTHONPATH": ""}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=output, stderr=output
            )

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def says(self, pattern: str) -> str:
        """Wait until the log matches; the line."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            for line in self.log.read_text(errors="replace").splitlines():
                if re.search(pattern, line):
                    return line
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)


@dataclass
class Farm:
    """A scheduler and its workers."""

    address: str
    scheduler: Node
    workers: list[Node]


@contextmanager
def farm(
    folder: Path, protocol: str = "tcp", count: int = 2, security: tuple[str, ...] = ()
) -> Iterator[Farm]:
    """Started here; they end with the block. `security`: options of all of them."""
    scheduler, worker = need_tool("dask-scheduler"), need_tool("dask-worker")
    with ExitStack() as stack:
        command = [scheduler, "--host", f"{protocol}://{HOST}", "--port", "0", "--no-dashboard"]
        command += security
        head = stack.enter_context(Node(folder / "scheduler.log", *command))
        found = ADDRESS.search(head.says(ADDRESS.pattern))
        assert found
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", HOST]
        options += security
        workers = []
        for number in range(1, count + 1):
            log = folder / f"worker{number}.log"
            workers.append(stack.enter_context(Node(log, worker, found[0], *options)))
        for node in workers:
            node.says("Registered to")
        yield Farm(found[0], head, workers)


def smoke(out: Path, address: str) -> subprocess.Popen[str]:
    """`make smoke` of one card on the farm."""
    command = [sys.executable, "-m", "ci.smoke", "--id", "10ec:8139", "--out", str(out)]
    return subprocess.Popen(
        [*command, "--workers", address],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def records_of(out: Path) -> list[dict[str, object]]:
    """What the journal holds."""
    lines = (out / "smoke/journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def kill_while_it_boots(node: Node) -> str:
    """Kill a worker that is in the middle of a case; the first digits of that case's nonce.

    The worker is stopped first, so that the case cannot end between being seen and the kill.
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert node.process.poll() is None and time.monotonic() < deadline, node.log.read_text()
        node.process.send_signal(signal.SIGSTOP)
        os.waitpid(node.process.pid, os.WUNTRACED)
        if nonce := booting(node):
            node.process.kill()
            node.process.wait()
            return nonce
        node.process.send_signal(signal.SIGCONT)
        time.sleep(0.02)


def booting(node: Node) -> str:
    """First digits of the nonce of the case for which an emulator runs in a worker's folder; "" without one."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            folder = Path(os.readlink(process / "cwd"))
            program = (process / "comm").read_text()
        except OSError:  # it has ended
            continue
        if folder.parent == node.folder and program.startswith("qemu"):
            return next((path.name[:8] for path in folder.glob("tftp/*")), "")
    return ""


def test_worker_dies(own_out: Path, tmp_path: Path) -> None:
    """The case it was booting is booted by the other one: every case has exactly one record, and all pass."""
    need_tool("qemu-system-i386")
    with farm(tmp_path) as nodes, smoke(own_out, nodes.address) as process:
        nonce = kill_while_it_boots(nodes.workers[1])
        text, errors = process.communicate(timeout=180)
    assert process.returncode == 0, text + errors
    records = records_of(own_out)
    assert set(Counter(record["case"] for record in records).values()) == {1}
    (retried,) = [record for record in records if str(record["nonce"]).startswith(nonce)]
    assert retried["verdict"] == "pass"
    assert text.splitlines()[-1] == f"{len(records)} passed, 0 failed, 0 skipped"
    assert not errors


@pytest.mark.parametrize("lost", ["scheduler", "workers"])
def test_cluster_is_lost(own_out: Path, tmp_path: Path, lost: str) -> None:
    """One line says so, nothing that was found is lost, and the next run goes on from there."""
    need_tool("qemu-system-i386")
    with farm(tmp_path, count=1) as nodes, smoke(own_out, nodes.address) as process:
        journal = own_out / "smoke/journal.jsonl"
        deadline = time.monotonic() + START_SECONDS
        while not journal.exists() or journal.stat().st_size == 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        victim = nodes.scheduler if lost == "scheduler" else nodes.workers[0]
        victim.process.kill()
        text, errors = process.communicate(timeout=90)
    what = "has gone" if lost == "scheduler" else "has had no worker for 20 s"
    assert errors == f"the scheduler {nodes.address} {what}; run it again to go on from here\n"
    assert process.returncode == 1
    done = len(records_of(own_out))
    assert f"{done} passed, 0 failed, 0 skipped" == text.splitlines()[-1]
    command = [sys.executable, "-m", "ci.smoke", "--id", "10ec:8139", "--out", str(own_out)]
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    kept = sum(record["tier"] != "control" for record in records_of(own_out)[:done])
    assert f"; {kept} unchanged since they passed" in again.stdout
    assert again.returncode == 0, again.stdout + again.stderr


def test_nobody_there(own_out: Path) -> None:
    """One line, and a hint."""
    need_tool("dask-scheduler")
    with smoke(own_out, f"tcp://{HOST}:1") as process:
        _, errors = process.communicate(timeout=90)
    (line,) = errors.splitlines()
    assert line.startswith(f"WORKERS: tcp://{HOST}:1: ") and "hint: start dask-scheduler" in line
    assert process.returncode != 0


def test_over_tls(own_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the certificates that Dask's own settings name."""
    need_tool("qemu-system-i386")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=farm".split()
    command = [need_tool("openssl"), *words, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    monkeypatch.setenv(f"{prefix}CA_FILE", str(certificate))
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        monkeypatch.setenv(f"{prefix}{role}__CERT", str(certificate))
        monkeypatch.setenv(f"{prefix}{role}__KEY", str(key))
    with farm(tmp_path, "tls", 1) as nodes, smoke(own_out, nodes.address) as process:
        text, errors = process.communicate(timeout=180)
    assert nodes.address.startswith("tls://")
    assert process.returncode == 0 and not errors, text + errors


def test_chip_models(own_out: Path, tmp_path: Path) -> None:
    """The card program comes with the code."""
    need_tool("qemu-system-i386")
    make_or_fail(str(PROGRAM))
    command = [sys.executable, "-m", "ci.chips.run", "--boots", "--out", str(own_out)]
    with farm(tmp_path, count=1) as nodes:
        command += ["--family", "rhine", "--workers", nodes.address]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(" passed, 0 failed, 0 skipped\n")
