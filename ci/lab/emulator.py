# SPDX-License-Identifier: BSD-2-Clause
"""A running emulator: one machine, one boot, always bounded, always cleaned up; ci.lab.qemu and bochs are two."""

from __future__ import annotations

import contextlib
import math
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ci.lab.machine import Machine

READ_SIZE = 65536
CONTROL_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|c)")
ERASED_CHARACTER = re.compile(r"[^\n\x08]\x08")
BIOS_BANNER = re.compile(r"SeaBIOS \(version ([^)]+)\)")


@dataclass(frozen=True)
class Outcome:
    """What one boot did. Times are seconds since the emulator was started."""

    exit_code: int | None  # of QEMU; None when it was killed
    timed_out: bool
    console: str  # INT 10h text without control sequences
    debug: str  # port E9h
    first_debug: float | None  # when the first byte came out of port E9h
    wall: float
    cpu: float  # user and system time of the emulator
    errors: str  # its standard error
    cards: tuple[str, ...] = ()  # logs of the processes of chip models

    @property
    def bios(self) -> str:
        """BIOS and version, as it announced itself."""
        found = BIOS_BANNER.search(self.console)
        return f"SeaBIOS {found[1]}" if found else "unknown"


@dataclass
class Stream:
    """One byte stream out of the emulator: our end, which does not block."""

    descriptor: int
    data: bytearray = field(default_factory=bytearray)
    first: float | None = None  # when its first byte came

    def drain(self) -> bool:
        """Take what is there; True when the other end has gone."""
        try:
            while data := os.read(self.descriptor, READ_SIZE):
                self.data += data
        except BlockingIOError:
            return False
        except OSError:  # a connection that was reset; a terminal's end
            pass
        return True


class Emulator:
    """Use as a context manager: leaving it kills the process and collects it."""

    _running: ClassVar[set[Emulator]] = set()
    _lock: ClassVar[threading.RLock] = threading.RLock()
    _closing: ClassVar[bool] = False

    def __init__(self, machine: Machine, folder: Path) -> None:
        """`folder`: where it is started, and finds the machine's files."""
        self.machine, self.folder = machine, folder
        self.arguments: tuple[str, ...] = ()
        self.streams: dict[str, Stream] = {}
        self._timed_out = False
        self._cpu = 0.0

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it, with `streams`."""
        raise NotImplementedError

    def __enter__(self) -> Emulator:
        self.machine.write(self.folder)
        with Emulator._lock:
            if Emulator._closing:
                raise InterruptedError("emulators are being stopped")
            self.started = time.monotonic()
            try:
                self.process = self.launch()
            except BaseException:
                self._close()
                raise
            Emulator._running.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        self._collect()
        self._close()

    def press(self, keys: bytes) -> None:
        """Type on the console, as a serial terminal does: SeaBIOS makes keys of it."""
        os.write(self.streams["console"].descriptor, keys)

    def press_port(self, keys: bytes) -> None:
        """Type on a terminal at the second serial port, of which the BIOS takes no notice."""
        os.write(self.streams["port"].descriptor, keys)

    def port(self) -> str:
        """What the second serial port sent so far."""
        return clean(bytes(self.streams["port"].data))

    def command(self, text: str) -> None:
        """Tell the monitor of a machine that has one; from any thread. Nothing happens when it has ended."""
        with contextlib.suppress(OSError):
            os.write(self.streams["monitor"].descriptor, text.encode())

    def console(self) -> str:
        """What the console showed so far."""
        return clean(bytes(self.streams["console"].data))

    def console_length(self) -> int:
        """How many bytes that was, with the terminal's control characters."""
        return len(self.streams["console"].data)

    def debug(self) -> str:
        """What came out of port E9h so far."""
        return self.streams["debug"].data.decode("ascii", "replace")

    def first_debug(self) -> float | None:
        """When that began."""
        return self.streams["debug"].first

    def errors(self) -> str:
        """What the emulator complained of."""
        return self.streams["errors"].data.decode("utf-8", "replace").strip()

    def card_logs(self) -> tuple[str, ...]:
        """What the processes of chip models said."""
        found = (stream for name, stream in self.streams.items() if name.startswith("card"))
        return tuple(stream.data.decode("utf-8", "replace") for stream in found)

    def exit_code(self) -> int | None:
        """None when it was killed."""
        code: int | None = self.process.returncode
        return code if code is not None and code >= 0 else None

    def has_ended(self) -> bool:
        """Whether it has gone, or is about to, by itself."""
        return all([stream.drain() for stream in self.streams.values()])

    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.started

    def run(
        self,
        timeout: float,
        stop: Callable[[Emulator], bool] | None = None,
        silence: float = math.inf,
    ) -> Outcome:
        """Wait until it ends or stop() says so (asked whenever there is new output).

        The time is out after `timeout` seconds, or when there was no output for `silence` seconds.
        """
        with selectors.DefaultSelector() as selector:
            for stream in self.streams.values():
                selector.register(stream.descriptor, selectors.EVENT_READ, stream)
            while selector.get_map():
                remaining = timeout - self.seconds()
                self._timed_out = remaining <= 0 or (
                    not self._read(selector, min(remaining, silence)) and silence < remaining
                )
                if self._timed_out or stop and stop(self):
                    break
        return self._outcome()

    def _read(self, selector: selectors.BaseSelector, timeout: float) -> bool:
        """Whether there was anything to read."""
        ready = selector.select(timeout)
        for key, _ in ready:
            stream: Stream = key.data
            try:
                data = os.read(stream.descriptor, READ_SIZE)
            except OSError:
                data = b""
            if not data:
                selector.unregister(stream.descriptor)
            elif stream.first is None:
                stream.first = self.seconds()
            stream.data += data
        return bool(ready)

    def _outcome(self) -> Outcome:
        if not self.has_ended():
            self._kill()
        self._collect()
        for stream in self.streams.values():
            stream.drain()
        return Outcome(
            exit_code=self.exit_code(),
            timed_out=self._timed_out,
            console=self.console(),
            debug=self.debug(),
            first_debug=self.first_debug(),
            wall=self.seconds(),
            cpu=self._cpu,
            errors=self.errors(),
            cards=self.card_logs(),
        )

    def _kill(self) -> None:
        """Stop it at once. Its process ID is its own until _collect() has had the lock."""
        with Emulator._lock:
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

    def _close(self) -> None:
        for stream in self.streams.values():
            os.close(stream.descriptor)

    @classmethod
    def closing(cls) -> bool:
        """True after kill_all()."""
        return cls._closing

    @classmethod
    def kill_all(cls) -> None:
        """Stop every emulator of this process and let no new one start: the program is ending."""
        with cls._lock:
            Emulator._closing = True
            for emulator in cls._running:
                emulator._kill()


def clean(raw: bytes) -> str:
    """Console bytes as text: no control sequences, plain line ends, no trailing blanks."""
    text = CONTROL_SEQUENCE.sub("", raw.decode("ascii", "replace"))
    erased = 1
    while erased:
        text, erased = ERASED_CHARACTER.subn("", text)
    lines = (line.rstrip() for line in text.replace("\r", "").split("\n"))
    return "\n".join(lines).strip("\n")
