"""Starting QEMU: one emulated machine, one boot, always bounded, always cleaned up.

Measured on QEMU 7.2 under TCG: a boot to the first boot sector costs about 0.1 s of CPU whatever the
options (memory size, translation cache, ACPI, HPET, card model and user-mode network all lie within
the noise of 10 ms), so the machine stays a plain `pc` and only drops what it does not need.
`graphics=off` makes SeaBIOS copy INT 10h text to COM1.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from ci.lab.machine import Machine
from ci.lab.network import Plug

READ_SIZE = 65536
CONTROL_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|c)")
ERASED_CHARACTER = re.compile(r"[^\n\x08]\x08")
BIOS_BANNER = re.compile(r"SeaBIOS \(version ([^)]+)\)")


@dataclass(frozen=True)
class Outcome:
    """What one boot did. Times are seconds since QEMU was started."""

    exit_code: int | None  # of QEMU; None when it was killed
    timed_out: bool
    console: str  # INT 10h text without control sequences
    debug: str  # port E9h
    first_debug: float | None  # when the first byte came out of port E9h
    wall: float
    cpu: float  # user and system time of QEMU
    errors: str  # QEMU's standard error

    @property
    def bios(self) -> str:
        """BIOS and version, as it announced itself."""
        found = BIOS_BANNER.search(self.console)
        return f"SeaBIOS {found[1]}" if found else "unknown"


@dataclass
class _Stream:
    """One byte stream out of QEMU."""

    sock: socket.socket
    data: bytearray = field(default_factory=bytearray)
    first: float | None = None


class Emulator:
    """A running QEMU. Use as a context manager: leaving it kills the process and collects it."""

    _running: ClassVar[set[Emulator]] = set()
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _closing: ClassVar[bool] = False

    def __init__(
        self, machine: Machine, plugs: Sequence[Plug], folder: Path, extra: Sequence[str] = ()
    ) -> None:
        """`folder`: where it is started, and finds the machine's files; `extra`: arguments."""
        self.machine, self.plugs, self.folder = machine, plugs, folder
        self.extra = extra
        self.arguments: tuple[str, ...] = ()
        self._streams: dict[str, _Stream] = {}
        self._timed_out = False
        self._cpu = 0.0

    def __enter__(self) -> Emulator:
        names = ("console", "debug", "errors", *("monitor",) * self.machine.has_monitor())
        pairs = {name: socket.socketpair() for name in names}
        descriptors = {name: pair[1].fileno() for name, pair in pairs.items()}
        self.arguments = (*self.machine.arguments(self.plugs, descriptors), *self.extra)
        self._streams = {name: _Stream(pair[0]) for name, pair in pairs.items()}
        try:
            self.machine.write(self.folder)
            if self.machine.has_monitor():
                self.command(self.machine.commands())
            self._start(descriptors)
        except BaseException:
            for stream in self._streams.values():
                stream.sock.close()
            raise
        finally:
            for pair in pairs.values():
                pair[1].close()
        return self

    def _start(self, descriptors: dict[str, int]) -> None:
        with Emulator._lock:
            if Emulator._closing:
                raise InterruptedError("emulators are being stopped")
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                [*self.machine.launcher(self.plugs[0]), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=descriptors["errors"],
                cwd=self.folder,
                pass_fds=[*descriptors.values(), *(fd for p in self.plugs for fd in p.descriptors)],
            )
            Emulator._running.add(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with Emulator._lock:
            self._kill()
        self._collect()
        for stream in self._streams.values():
            stream.sock.close()

    def console(self) -> str:
        """What the console showed so far."""
        return clean(bytes(self._streams["console"].data))

    def debug(self) -> str:
        """What came out of port E9h so far."""
        return self._streams["debug"].data.decode("ascii", "replace")

    def press(self, keys: bytes) -> None:
        """Type on the console, as a serial terminal does: SeaBIOS makes keys of it."""
        self._streams["console"].sock.sendall(keys)

    def command(self, text: str) -> None:
        """Tell the monitor of a machine that has one; from any thread. Nothing happens when QEMU has ended."""
        with contextlib.suppress(OSError):
            self._streams["monitor"].sock.sendall(text.encode())

    def run(
        self,
        timeout: float,
        stop: Callable[[Emulator], bool] | None = None,
        silence: float = math.inf,
    ) -> Outcome:
        """Wait until QEMU ends or stop() says so (asked whenever there is new output).

        The time is out after `timeout` seconds, or when there was no output for `silence` seconds.
        """
        deadline = self.started + timeout
        with selectors.DefaultSelector() as selector:
            for stream in self._streams.values():
                selector.register(stream.sock, selectors.EVENT_READ, stream)
            while selector.get_map():
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    self._timed_out = True
                    break
                if not self._read(selector, min(remaining, silence)) and silence < remaining:
                    self._timed_out = True
                    break
                if stop and stop(self):
                    break
        return self._outcome()

    def _read(self, selector: selectors.BaseSelector, timeout: float) -> bool:
        """Whether there was anything to read."""
        ready = selector.select(timeout)
        for key, _ in ready:
            stream: _Stream = key.data
            try:
                data = stream.sock.recv(READ_SIZE)
            except ConnectionResetError:
                data = b""
            if not data:
                selector.unregister(stream.sock)
            elif stream.first is None:
                stream.first = time.monotonic() - self.started
            stream.data += data
        return bool(ready)

    def _outcome(self) -> Outcome:
        if not all(_at_end(stream) for stream in self._streams.values()):
            with Emulator._lock:
                self._kill()
        self._collect()
        code: int | None = self.process.returncode
        return Outcome(
            exit_code=code if code is not None and code >= 0 else None,
            timed_out=self._timed_out,
            console=self.console(),
            debug=self.debug(),
            first_debug=self._streams["debug"].first,
            wall=time.monotonic() - self.started,
            cpu=self._cpu,
            errors=self._streams["errors"].data.decode("utf-8", "replace").strip(),
        )

    def _kill(self) -> None:
        """Stop QEMU at once. The lock is held, so its process ID is still its own."""
        if self.process.returncode is None:
            os.kill(self.process.pid, signal.SIGKILL)

    def _collect(self) -> None:
        """Take the exit status and CPU time of a process that has ended or is about to."""
        if self.process.returncode is not None:
            return
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        with Emulator._lock:
            _, status, usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            Emulator._running.discard(self)
        self._cpu = usage.ru_utime + usage.ru_stime

    @classmethod
    def closing(cls) -> bool:
        """True after kill_all()."""
        return cls._closing

    @classmethod
    def kill_all(cls) -> None:
        """Stop every emulator of this process and let no new one start: the program is ending."""
        with cls._lock:
            cls._closing = True
            for emulator in cls._running:
                emulator._kill()


def _at_end(stream: _Stream) -> bool:
    """True when QEMU has closed its side."""
    try:
        return stream.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def clean(raw: bytes) -> str:
    """Console bytes as text: no control sequences, plain line ends, no trailing blanks."""
    text = CONTROL_SEQUENCE.sub("", raw.decode("ascii", "replace"))
    erased = 1
    while erased:
        text, erased = ERASED_CHARACTER.subn("", text)
    lines = (line.rstrip() for line in text.replace("\r", "").split("\n"))
    return "\n".join(lines).strip("\n")


@functools.cache
def version(binary: str) -> str:
    """Version of a QEMU binary, e.g. "7.2.22"; raises FileNotFoundError when it isn't installed."""
    text = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\S+)", text)
    return found[1] if found else text.split("\n")[0]


@functools.cache
def has_card(binary: str, card: str) -> bool:
    """True when the binary can emulate a device of this name."""
    done = subprocess.run([binary, "-device", f"{card},help"], capture_output=True, check=False)
    return b" options:" in done.stdout  # its exit code is 0 either way


def installed(binary: str) -> bool:
    """True when the binary is on PATH."""
    return shutil.which(binary) is not None
