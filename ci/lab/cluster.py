# SPDX-License-Identifier: BSD-2-Clause
"""A Dask cluster as an executor: what it needs sent, and when it is past waiting for."""

from __future__ import annotations

import importlib
import logging
import tempfile
import time
import warnings
import zipfile
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Any

from ci.chips.process import SENT, program
from factory.errors import EXIT_INPUT, FactoryError, failure

RETRIES = 3  # on another worker, when one dies with a case
ANSWER_SECONDS = 10  # for the scheduler to be there, or again
PATIENCE = 20.0  # without a worker: one that crashed may be started again
LOOK_EVERY = 2.0
NEEDED = ("ci", "ci/chips", "ci/lab", "ci/net", "ci/payloads", "ci/pxe", "ci/smoke", "factory")


class Cluster:
    """The scheduler at an address such as tcp://HOST:8786, or tls:// with Dask's own settings for certificates."""

    def __init__(self, address: str) -> None:
        try:
            distributed = importlib.import_module("distributed")
        except ModuleNotFoundError as error:
            raise _no_dask(error) from None
        # What goes wrong is said here, in one line; the library says it in pages, between the results.
        logging.disable()
        warnings.filterwarnings("ignore", module="distributed")
        self._address = address
        try:
            self._client: Any = distributed.Client(address, timeout=ANSWER_SECONDS)
            _send_code(self._client)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            what = f"{address}: {_first_line(error)}"
            raise failure(
                "WORKERS", what, "start dask-scheduler there, or mend the address"
            ) from None
        self._alone_since: float | None = None
        self._looked = 0.0
        self.executor: Executor = self._client.get_executor(pure=False, retries=RETRIES)

    @property
    def in_flight(self) -> int:
        """So many cases keep every worker busy."""
        return max(2 * sum(int(worker["nthreads"]) for worker in self._workers()), 2)

    def _workers(self) -> list[dict[str, Any]]:
        return list(self._client.scheduler_info().get("workers", {}).values())

    def trouble(self) -> str:
        """Why waiting on is pointless; "" while it is not."""
        if self._client.status != "running":
            return f"the scheduler {self._address} has gone"
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return ""
        self._looked = now
        if self._workers():
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since > PATIENCE:
            return f"the scheduler {self._address} has had no worker for {PATIENCE:.0f} s"
        return ""

    def leave(self) -> None:
        """Let go of it, whatever state it is in."""
        with suppress(Exception):  # a scheduler that has gone: nothing of it is needed any more
            self.executor.shutdown(wait=False)
        with suppress(Exception):
            self._client.close(timeout=2)


def use_certificates(authority: Path, certificate: Path, key: Path) -> None:
    """Talk over TLS to a cluster whose certificates that authority signed, and to no other; PEM files.

    They take the place of what Dask's settings name.
    """
    for path in (authority, certificate, key):
        if not path.is_file():
            hint = "name a PEM file; docs/evidence.md has the commands that make them"
            raise failure(str(path), "no such file", hint, EXIT_INPUT)
    try:
        config = importlib.import_module("dask.config")
    except ModuleNotFoundError as error:
        raise _no_dask(error) from None
    tls = "distributed.comm.tls"
    config.set(
        {
            f"{tls}.ca-file": str(authority.resolve()),
            f"{tls}.client.cert": str(certificate.resolve()),
            f"{tls}.client.key": str(key.resolve()),
        }
    )


def _no_dask(error: ModuleNotFoundError) -> FactoryError:
    what = f"this Python has no module {error.name}"
    return failure("WORKERS", what, "sudo apt-get install python3-distributed")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _send_code(client: Any) -> None:
    """Give every worker, also those that join later, what run_case() needs: modules of this tree."""
    plugin = importlib.import_module("distributed.diagnostics.plugin")
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory(prefix="smoke-") as folder:
        package = Path(folder, "etherforge-smoke.zip")
        with zipfile.ZipFile(package, "w") as archive:
            for needed in NEEDED:  # an installed package does without some of them
                for path in sorted((root / needed).glob("*")):
                    if path.suffix in (".py", ".asm", ".inc"):
                        archive.write(path, path.relative_to(root))
            if card := program():
                archive.write(card, f"ci/chips/{SENT}", zipfile.ZIP_DEFLATED)
        client.register_worker_plugin(plugin.UploadFile(str(package)))
