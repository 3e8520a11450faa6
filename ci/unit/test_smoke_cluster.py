"""Smoke boots on a Dask cluster: a scheduler and two workers here, one of them killed on purpose."""

from __future__ import annotations

import json
import os
import re
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
        folder = log.parent
        environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": ""}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=output, stderr=output
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
            place = ["--local-directory", str(tmp_path / f"worker{number}")]
            log = tmp_path / f"worker{number}.log"
            workers.append(stack.enter_context(Node(log, worker, found[0], *options, *place)))
        for node in workers:
            node.says("Registered to")
        yield found[0], workers


def test_worker_dies(built: Path, tmp_path: Path, cluster: tuple[str, list[Node]]) -> None:
    """Its case is booted by the other one: every case has exactly one record, and all pass."""
    need_tool("qemu-system-i386")
    address, workers = cluster
    out = tmp_path / "out"
    out.mkdir()
    for name in ("images", "bin"):
        (out / name).symlink_to(built / "out" / name)
    command = [sys.executable, "-m", "ci.smoke", "--id", "10ec:8139", "--out", str(out)]
    with subprocess.Popen(
        [*command, "--workers", address], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        journal = out / "smoke/journal.jsonl"
        deadline = time.monotonic() + 60
        while not journal.exists() or journal.read_text().count("\n") < 3:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        workers[1].process.kill()
        text, _ = process.communicate(timeout=180)
    assert process.returncode == 0, text
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    assert set(Counter(record["case"] for record in records).values()) == {1}
    assert text.splitlines()[-1] == f"{len(records)} passed, 0 failed, 0 skipped"
