# SPDX-License-Identifier: BSD-2-Clause
"""The card process of a chip model (ci/chips/card.c): how it is started beside QEMU, and what its log says."""

from __future__ import annotations

import functools
import hashlib
import os
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ci.net.namespace import die_with_parent
from factory.spec import CHIP

PROGRAM = Path(os.environ.get("O") or "out", "host/chips/card")
END = re.compile(r"^END (.*)$", re.MULTILINE)
FAULT = re.compile(r"^\d+\.\d+ FAULT (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Chip:
    """A model, as a machine has it."""

    name: str
    id: str  # vvvv:dddd
    subsystem: str = "0000:0000"
    speed: int = 0  # Mbit/s that it reaches with a good switch

    @classmethod
    def of(cls, card: str) -> Chip | None:
        """The model that a card is, as factory.spec.Model has it; None for QEMU's own cards."""
        if not card.startswith(CHIP):
            return None
        name, _, pci_id = card.removeprefix(CHIP).partition("@")
        return cls(name, pci_id)

    def showing(self, pci_id: str) -> Chip:
        """The same with another ID; "": with its own."""
        return replace(self, id=pci_id or self.id)

    def __str__(self) -> str:
        return f"{CHIP}{self.name}" + f"@{self.id}" * bool(self.id)


@dataclass(frozen=True)
class Report:
    """What a card process said of one boot."""

    faults: tuple[str, ...]  # of the driver
    counts: dict[str, int] | None  # None: it died
    text: str

    @classmethod
    def read(cls, text: str) -> Report:
        """From its log."""
        end = END.search(text)
        pairs = (word.split("=") for word in end[1].split()) if end else ()
        counts = {name: int(value) for name, value in pairs} if end else None
        return cls(tuple(FAULT.findall(text)), counts, text)

    def trouble(self, driven: bool = True) -> str:
        """Why the boot cannot count; "" when it can. A card that is not `driven` sees what a BIOS does: that is no fault."""
        if self.counts is None:
            last = self.text.strip().splitlines()
            sanitizer = next((line for line in last if "ERROR: " in line or "error: " in line), "")
            return f"the card process died: {sanitizer or (last or ['it said nothing'])[-1]}"
        if self.faults and driven:
            return f"{self.counts['faults']} faults on the chip, the first: {self.faults[0]}"
        return ""


class CardProcess:
    """A running card. QEMU inherits `descriptors`; close() after it was started, collect() when it has ended."""

    def __init__(
        self, chip: Chip, net: int | None, rom_size: int, seed: int, pics: tuple[str, ...] = ()
    ) -> None:
        """`net`: descriptor that leads to the network; None: QEMU has another end, `wire`.

        `pics`: QOM paths of interrupt controllers(), for a driver that wants interrupts.
        """
        pairs = {"card": socket.socketpair()}
        if net is None:
            pairs["wire"] = socket.socketpair()
        if pics:
            pairs["qtest"] = socket.socketpair()
        log, control = socket.socketpair(), socket.socketpair()
        own = {name: pair[0].fileno() for name, pair in pairs.items()}
        command = [*die_with_parent(), str(PROGRAM.resolve()), "--chip", chip.name]
        command += ["--id", chip.id, "--seed", str(seed), "--rom-size", str(rom_size)]
        command += ["--proxy", str(own["card"]), "--net", str(own["wire"] if net is None else net)]
        if pics:
            command += ["--qtest", ",".join([str(own["qtest"]), *pics])]
        command += ["--log", str(log[1].fileno()), "--control", str(control[1].fileno())]
        inherited = [*own.values(), log[1].fileno(), control[1].fileno()]
        inherited += [net] if net is not None else []
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log[1].fileno(),
                pass_fds=inherited,
            )
        finally:
            for ours in (*(pair[0] for pair in pairs.values()), log[1], control[1]):
                ours.close()
        self._theirs = {name: pair[1] for name, pair in pairs.items()}
        self.control = control[0]
        log[0].setblocking(False)
        self.log = log[0].detach()

    @property
    def descriptors(self) -> dict[str, int]:
        """What QEMU inherits, by name."""
        return {name: sock.fileno() for name, sock in self._theirs.items()}

    def started(self) -> None:
        """QEMU has its ends."""
        for sock in self._theirs.values():
            sock.close()

    def plug(self, plugged: bool) -> None:
        """Put the cable in, or pull it."""
        self.control.sendall(b"plug\n" if plugged else b"unplug\n")

    def end(self) -> None:
        """QEMU has gone, and so has it, but for a model that hangs."""
        self.started()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.control.close()


@functools.cache
def program_sha256() -> str:
    """Of the card program; "" when it was not built."""
    return hashlib.sha256(PROGRAM.read_bytes()).hexdigest() if PROGRAM.exists() else ""


@functools.cache
def chips() -> dict[str, Chip]:
    """The models in the card program, by name, with the IDs that they have by themselves."""
    done = subprocess.run([PROGRAM, "--list"], capture_output=True, text=True, check=True)
    rows = map(str.split, done.stdout.splitlines())
    return {name: Chip(name, shown, sub, int(speed)) for name, shown, sub, speed in rows}


@functools.cache
def interrupt_controllers(binary: str) -> tuple[str, ...]:
    """QOM paths of both i8259, the master first, and of the I/O APIC, asked of a machine that does not run."""
    ours, theirs = socket.socketpair()
    with theirs:
        descriptor = theirs.fileno()
        command = [*die_with_parent(), binary, "-S", "-machine", "pc", "-nodefaults"]
        command += ["-no-user-config", "-display", "none", "-mon", "chardev=q,mode=control"]
        command += ["-chardev", f"socket,id=q,fd={descriptor}"]
        process = subprocess.Popen(command, pass_fds=[descriptor], stdin=subprocess.DEVNULL)
    try:
        with ours, ours.makefile("rw", encoding="utf-8") as stream:
            stream.readline()
            _ask(stream, "qmp_capabilities")
            found = dict(_controllers(stream, "/machine"))
    finally:
        process.kill()
        process.wait()
    return found["master"], found["slave"], found["ioapic"]


def _ask(stream: Any, command: str, **arguments: str) -> Any:
    stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    stream.flush()
    while "return" not in (answer := json.loads(stream.readline())):
        if "error" in answer:
            raise OSError(f"QEMU's {command}: {answer['error']['desc']}")
    return answer["return"]


def _controllers(stream: Any, path: str) -> Iterator[tuple[str, str]]:
    for item in _ask(stream, "qom-list", path=path):
        if not item["type"].startswith("child<"):
            continue
        kind, child = item["type"][len("child<") : -1], f"{path}/{item['name']}"
        if kind == "isa-i8259":
            master = _ask(stream, "qom-get", path=child, property="master")
            yield "master" if master else "slave", child
        elif kind == "ioapic":
            yield kind, child
        elif path.count("/") < 4:
            yield from _controllers(stream, child)
