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
from contextlib import ExitStack
from pathlib import Path

import pytest

from ci.tree import ROOT, need_tool

HOST = "127.0.0.1"
START_SECONDS = 60.0
ADDRESS = re.compile(rf"tcp://{re.escape(HOST)}:\d+")


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


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[Node]]]:
    """The scheduler's address and two workers."""
    scheduler, worker = need_tool("dask-scheduler"), need_tool("dask-worker")
    with ExitStack() as stack:
        command = [scheduler, "--host", HOST, "--port", "0", "--no-dashboard"]
        head = stack.enter_context(Node(tmp_path / "scheduler.log", *command))
        found = ADDRESS.search(head.says(ADDRESS.pattern))
        assert found
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", HOST]
        workers = []
        for number in (1, 2):
            log = tmp_path / f"worker{number}.log"
            workers.append(stack.enter_context(Node(log, worker, found[0], *options)))
        for node in workers:
            node.says("Registered to")
        yield found[0], workers


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


def test_worker_dies(own_out: Path, cluster: tuple[str, list[Node]]) -> None:
    """The case it was booting is booted by the other one: every case has exactly one record, and all pass."""
    need_tool("qemu-system-i386")
    address, workers = cluster
    command = [sys.executable, "-m", "ci.smoke", "--id", "10ec:8139", "--out", str(own_out)]
    with subprocess.Popen(
        [*command, "--workers", address], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        nonce = kill_while_it_boots(workers[1])
        text, _ = process.communicate(timeout=180)
    assert process.returncode == 0, text
    lines = (own_out / "smoke/journal.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert set(Counter(record["case"] for record in records).values()) == {1}
    (retried,) = [record for record in records if record["nonce"].startswith(nonce)]
    assert retried["verdict"] == "pass"
    assert text.splitlines()[-1] == f"{len(records)} passed, 0 failed, 0 skipped"
