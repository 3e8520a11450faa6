"""Running cases in parallel: threads here, or a Dask cluster, behind the same concurrent.futures interface."""

from __future__ import annotations

import importlib
import os
import signal
import tempfile
import threading
import zipfile
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
from typing import Any

from ci.evidence import Record
from ci.qemu import Emulator
from ci.runner import Case, run_case
from factory.errors import failure

RETRIES = 3  # on another worker, when one dies with a case


class Interrupted(Exception):
    """The user stopped the run."""


def default_jobs() -> int:
    """Most of a boot computes, but there are servers, links and clocks to wait for."""
    return 2 * len(os.sched_getaffinity(0)) + 1


def open_executor(workers: str, jobs: int) -> tuple[Executor, int]:
    """The executor, and how many cases to keep in flight. `workers` is "" or a Dask scheduler's address."""
    if not workers:
        return ThreadPoolExecutor(jobs), jobs + 1
    try:
        distributed = importlib.import_module("distributed")
    except ModuleNotFoundError as error:
        what = f"this Python has no module {error.name}"
        raise failure("WORKERS", what, "sudo apt-get install python3-distributed") from None
    client = distributed.Client(workers)
    _send_code(client)
    threads = sum(client.nthreads().values())
    executor: Executor = client.get_executor(pure=False, retries=RETRIES)
    return executor, max(2 * threads, 2)


def _send_code(client: Any) -> None:
    """Give every worker, also those that join later, what run_case() needs: the modules of this folder."""
    plugin = importlib.import_module("distributed.diagnostics.plugin")
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory(prefix="smoke-") as folder:
        package = Path(folder, "etherforge-smoke.zip")
        with zipfile.ZipFile(package, "w") as archive:
            for pattern in ("ci/*.py", "ci/net/*.py"):
                for path in sorted(root.glob(pattern)):
                    archive.write(path, path.relative_to(root))
        client.register_worker_plugin(plugin.UploadFile(str(package)))


def run_all(
    executor: Executor, cases: Iterable[Callable[[], Case]], in_flight: int
) -> Iterator[Record]:
    """Records, as they come. A case is made only when there is room for it, so images do not pile up in memory."""
    stopping = threading.Event()
    restore = _on_signals(stopping)
    pending: set[Future[Record]] = set()
    try:
        for make in cases:
            pending.add(executor.submit(run_case, make()))
            while len(pending) >= in_flight:
                pending, records = _next(pending, stopping)
                yield from records
        while pending:
            pending, records = _next(pending, stopping)
            yield from records
    finally:
        for future in pending:
            future.cancel()
        executor.shutdown(wait=not stopping.is_set())
        restore()


def _next(
    pending: set[Future[Record]], stopping: threading.Event
) -> tuple[set[Future[Record]], list[Record]]:
    done, still = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
    if stopping.is_set():
        raise Interrupted
    records = []
    for future in done:
        try:
            records.append(future.result())
        except (InterruptedError, CancelledError):
            raise Interrupted from None
    return set(still), records


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
