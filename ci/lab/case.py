# SPDX-License-Identifier: BSD-2-Clause
"""One boot as data, and the plan that makes it when its turn comes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ci.lab.emulator import Outcome
from ci.lab.journal import Record
from ci.lab.judge import Expected
from ci.lab.machine import Drive, Machine
from ci.lab.network import Network, Plug

FLOPPY_SIZE = 1_474_560
# The boot sector that answers when the BIOS goes on to the next device: mov dx, 501h; mov al, 2; out dx, al; hlt
NEXT_DEVICE = bytes.fromhex("ba0105b002eef4").ljust(510, b"\0") + b"\x55\xaa"
NEXT_DEVICE = NEXT_DEVICE.ljust(FLOPPY_SIZE, b"\0")


class Failed(Exception):
    """The boot showed a fault; says which."""


@dataclass(frozen=True)
class Label:
    """What a boot is evidence of; see Record."""

    tier: str
    family: str = ""
    card: str = ""
    image: str = ""
    sha256: str = ""
    medium: str = ""
    boot: str = ""
    payload: str = ""
    first_stage: str = ""
    booted_sha256: str = ""
    model_sha256: str = ""


@dataclass(frozen=True)
class Boot:
    """What a boot did, for a check that looks closer than the judge."""

    outcome: Outcome
    plug: Plug
    capture: Path  # pcap file of a case with `captured`


# Raises Failed; or returns a remark, perhaps "".
Check = Callable[[Boot], str]
# Once the console shows this text: press that; or, where it is text, tell that to QEMU's monitor.
Key = tuple[str, "bytes | str"]


@dataclass(frozen=True)
class Case:
    """One boot, with everything it needs: it can be pickled and run elsewhere."""

    key: str
    label: Label
    machine: Machine
    network: Network
    files: Mapping[str, bytes]  # on the server
    expected: Expected
    check: Check | None = None  # what else must be true of a boot that did what was expected
    keys: tuple[Key, ...] = ()  # that a user presses, in turn
    until: str = ""  # pattern of the console that ends it early
    captured: bool = False
    timeout: float = 30.0
    silence: float = math.inf  # seconds without output that end it

    def on(self, **changes: Any) -> Case:
        """The same on another machine."""
        return replace(self, machine=replace(self.machine, **changes))

    def showing(self, *texts: str) -> Case:
        """The same, and the console must show these patterns."""
        return replace(self, expected=self.expected.showing(*texts))

    def failing(self, *texts: str) -> Case:
        """The same as a negative one: it shows the patterns, runs no payload, and lets the next device answer."""
        expected = replace(self.expected, boots=False, next_device=True, texts=texts)
        return replace(self, expected=expected).with_next_device()

    def with_next_device(self, data: bytes = NEXT_DEVICE) -> Case:
        """The same, with something that the BIOS falls back to, in a drive that is free."""
        taken = any(drive.kind == "disk" for drive in self.machine.drives)
        drive = Drive("floppy" if taken else "disk", data)
        return self.on(drives=(*self.machine.drives, drive))


class Plan(Protocol):
    """A case to be made when its turn comes; cheap to list."""

    @property
    def key(self) -> str:
        """Of the case."""

    @property
    def label(self) -> Label:
        """As far as it is known by now."""

    @property
    def keeps(self) -> bool:
        """Whether a pass stays evidence as long as the image stays as it is."""

    def make(self) -> Case | Record:
        """The case; or the record of what needs no boot.

        Raises ci.packages.Unavailable for what cannot be had here, FileNotFoundError for what was not built.
        """
