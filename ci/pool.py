"""Running cases in parallel: threads here, or a Dask cluster, behind the same concurrent.futures interface."""

from __future__ import annotations

import os
import signal
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
from types import FrameType

from ci.cluster import Cluster
from ci.evidence import Record
from ci.judge import FAIL, Verdict
from ci.qemu import Emulator
from ci.runner import Case, difference, record_of, run_case


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

    def __init__(self, jobs: int, workers: str = "") -> None:
        """`workers` is "" or a Dask scheduler's address; then `jobs` does not matter."""
        self._cluster = Cluster(workers) if workers else None
        self._executor: Executor = (
            self._cluster.executor if self._cluster else ThreadPoolExecutor(jobs)
        )
        self._in_flight = self._cluster.in_flight if self._cluster else jobs + 1
        self._stopping = threading.Event()
        self._pending: dict[Future[Record], Case] = {}

    def run(self, cases: Iterable[Callable[[], Case]]) -> Iterator[Record]:
        """Records, as they come. A case is made only when there is room for it, so images do not pile up in memory."""
        restore = _on_signals(self._stopping)
        try:
            for make in cases:
                case = make()
                self._pending[self._executor.submit(run_case, case)] = case
                while len(self._pending) >= self._in_flight:
                    yield from self._next()
            while self._pending:
                yield from self._next()
        finally:
            self._end()
            restore()

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
            record = future.result()
        except InterruptedError:
            raise Interrupted from None
        except CancelledError:
            raise Stopped("the cluster dropped a boot") from None
        except Exception as error:  # whatever a worker's machine came up with: one case failed
            reason = f"the worker could not run it: {type(error).__name__}: {error}"
            return record_of(case, Verdict(FAIL, reason))
        wrong = difference(case, record)
        return record_of(case, Verdict(FAIL, wrong)) if wrong else record

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
