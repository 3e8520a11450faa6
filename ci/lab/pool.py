# SPDX-License-Identifier: BSD-2-Clause
"""Running cases in parallel: threads here, or a Dask cluster, behind the same concurrent.futures interface."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from pathlib import Path
from types import FrameType

from ci.lab.boot import difference, record, record_of, run_case
from ci.lab.case import Case, Plan
from ci.lab.cluster import Cluster
from ci.lab.emulator import Emulator
from ci.lab.journal import Record
from ci.lab.judge import FAIL, SKIP, Verdict
from ci.packages import Unavailable


class Stopped(Exception):
    """The run ends before its last case; the text says why."""


class Interrupted(Stopped):
    """The user stopped it."""

    def __init__(self) -> None:
        super().__init__("interrupted")


def default_jobs() -> int:
    """Most of a boot computes, but there are servers, links and clocks to wait for."""
    return 2 * len(os.sched_getaffinity(0)) + 1


class Pool:
    """Where cases run: threads here, or the workers of a Dask scheduler."""

    def __init__(self, jobs: int, workers: str = "", evidence: Path | None = None) -> None:
        """`workers` is "" or a Dask scheduler's address; then `jobs` does not matter.

        `evidence`: folder for the captures of boots here.
        """
        self._evidence = None if workers else evidence
        self._cluster = Cluster(workers) if workers else None
        self._executor: Executor = (
            self._cluster.executor if self._cluster else ThreadPoolExecutor(jobs)
        )
        self._in_flight = self._cluster.in_flight if self._cluster else jobs + 1
        self._stopping = threading.Event()
        self._pending: dict[Future[Record], Case] = {}

    def run(self, plans: Iterable[Plan]) -> Iterator[Record]:
        """Records, as they come. A case is made only when there is room for it, so images do not pile up in memory."""
        restore = _on_signals(self._stopping)
        try:
            for plan in plans:
                case = self._made(plan)
                if isinstance(case, Record):
                    yield case
                    continue
                self._pending[self._executor.submit(run_case, case, self._evidence)] = case
                while len(self._pending) >= self._in_flight:
                    yield from self._next()
            while self._pending:
                yield from self._next()
        finally:
            self._end()
            restore()

    @staticmethod
    def _made(plan: Plan) -> Case | Record:
        """The case; or the record of one that needs no boot, or cannot be made."""
        try:
            return plan.make()
        except Unavailable as reason:
            return record(plan.key, plan.label, Verdict(SKIP, str(reason)))
        except (ValueError, subprocess.SubprocessError) as error:
            return record(plan.key, plan.label, Verdict(FAIL, f"could not be made: {error}"))

    def _next(self) -> list[Record]:
        done, _ = wait(self._pending, timeout=0.5, return_when=FIRST_COMPLETED)
        if self._stopping.is_set():
            raise Interrupted
        trouble = self._cluster.trouble() if self._cluster else ""
        if trouble:
            raise Stopped(trouble)
        return [self._answer(future) for future in done]

    def _answer(self, future: Future[Record]) -> Record:
        """What a worker found, if it is about the case that it was sent; else that it is not."""
        case = self._pending.pop(future)
        try:
            found = future.result()
        except InterruptedError:
            raise Interrupted from None
        except CancelledError:
            raise Stopped("the cluster dropped a boot") from None
        except Exception as error:  # whatever a worker's machine came up with: one case failed
            reason = f"the worker could not run it: {type(error).__name__}: {error}"
            return record_of(case, Verdict(FAIL, reason))
        wrong = difference(case, found)
        return record_of(case, Verdict(FAIL, wrong)) if wrong else found

    def _end(self) -> None:
        for future in self._pending:
            future.cancel()
        if self._cluster:
            self._cluster.leave()
        else:
            self._executor.shutdown(wait=not self._stopping.is_set())


def _on_signals(stopping: threading.Event) -> Callable[[], None]:
    """First Ctrl-C or SIGTERM: kill the emulators and end in order. Returns what undoes it.

    Only the main thread may ask for signals; elsewhere nothing changes.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        threading.Thread(target=Emulator.kill_all).start()

    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    return restore
