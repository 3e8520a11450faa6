# SPDX-License-Identifier: BSD-2-Clause
"""The card process of a chip model (ci/chips/card.c): how it is started beside QEMU, and what its log says."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pkgutil
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ci.net.namespace import die_with_parent
from ci.packages import CACHE
from factory import CHIP

SENT = "card.program"  # its name in the code that workers are sent
PROGRAM = Path(os.environ.get("O") or "out", "host/chips/card")
PROXY, VFIO_USER = "x-pci-proxy-dev", "vfio-user-pci"  # QEMU's devices that lead to it
END = re.compile(r"^END (.*)$", re.MULTILINE)
SANITIZER = re.compile("ERROR: |runtime error: ")
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

    def trouble(self, driven: bool = True, excused: str = "") -> str:
        """Why the boot cannot count; "" when it can.

        What a BIOS does to a card that is not `driven` is no fault, nor is one that is `excused`, a pattern.
        """
        if self.counts is None:
            lines = self.text.strip().splitlines() or ["it said nothing"]
            sanitizer = next((line for line in lines if SANITIZER.search(line)), "")
            return f"the card process died: {sanitizer or lines[-1]}"
        counted = [it for it in self.faults if not re.fullmatch(excused, it)]
        if counted and driven:
            count = self.counts["faults"] - (len(self.faults) - len(counted))
            return f"{count} faults on the chip, the first: {counted[0]}"
        return ""


@dataclass(frozen=True)
class Slot:
    """How a card is plugged into a machine."""

    index: int = 0  # which card of the machine it is
    net: int | None = None  # descriptor of its network; None: QEMU has the other end, `wire<index>`
    rom_size: int = 0
    seed: int = 0  # of latencies
    pics: tuple[str, ...] = ()  # interrupt_controllers(), to which the proxy does not lead
    folder: Path | None = None  # QEMU's, for the socket of vfio-user; None: the proxy leads here


class CardProcess:
    """A running card: started() once QEMU has inherited `descriptors`, end() when QEMU has ended."""

    def __init__(self, chip: Chip, slot: Slot) -> None:
        self._pairs = {name: socket.socketpair() for name in ("log", "control")}
        words = [chip.name, "--id", chip.id, "--seed", str(slot.seed)]
        words += [
            "--rom-size",
            str(slot.rom_size),
            "--mac",
            f"52:54:00:12:34:{0x56 + slot.index:02x}",
        ]
        words += ["--log", str(self._pair("log")), "--control", str(self._pair("control"))]
        net = slot.net if slot.net is not None else self._pair(f"wire{slot.index}")
        words += ["--net", str(net)]
        if slot.pics:
            words += ["--qtest", ",".join([str(self._pair("qtest")), *slot.pics])]
        with contextlib.ExitStack() as stack:
            if slot.folder:
                listening = stack.enter_context(self._listening(slot.folder, slot.index)).fileno()
                way, further = ["--vfio-user", str(listening)], [net, listening]
            else:
                way, further = ["--proxy", str(self._pair(f"card{slot.index}"))], [net]
                theirs = self._pairs[f"card{slot.index}"][1].fileno()
                self.device: dict[str, Any] = {"driver": PROXY, "fd": theirs}
            try:
                self.process = self._start([*words, *way], further)
            finally:
                for ours, _ in self._pairs.values():
                    ours.close()
        self.control = self._pairs.pop("control")[1]
        log = self._pairs.pop("log")[1]
        log.setblocking(False)
        self.log = log.detach()

    def _pair(self, name: str) -> int:
        """The card's end of a socket pair, which is made the first time."""
        if name not in self._pairs:
            self._pairs[name] = socket.socketpair()
        return self._pairs[name][0].fileno()

    def _listening(self, folder: Path, index: int) -> socket.socket:
        """A socket in QEMU's folder, which QEMU will connect to."""
        name = f"card{index}.sock"
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(folder / name))
        listening.listen(1)
        self.device = {"driver": VFIO_USER, "socket": {"type": "unix", "path": name}}
        return listening

    def _start(self, words: list[str], further: list[int]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*die_with_parent(), str(program()), "--chip", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._pair("log"),
            pass_fds=[*(ours.fileno() for ours, _ in self._pairs.values()), *further],
        )

    @property
    def descriptors(self) -> dict[str, int]:
        """What QEMU inherits, by name."""
        return {name: theirs.fileno() for name, (_, theirs) in self._pairs.items()}

    def started(self) -> None:
        """QEMU has its ends."""
        for _, theirs in self._pairs.values():
            theirs.close()

    def plug(self, plugged: bool) -> None:
        """Put the cable in, or pull it."""
        with contextlib.suppress(OSError):  # it has ended
            self.control.sendall(b"plug\n" if plugged else b"unplug\n")

    def end(self) -> None:
        """QEMU has gone, and so has it, but for a model that hangs."""
        self.started()
        self.control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@functools.cache
def program() -> Path | None:
    """The card program: the one that came with this code, on a worker of a cluster; or the one that was built."""
    try:
        data = pkgutil.get_data(__package__, SENT)
    except OSError:
        data = None
    if data is None:
        return PROGRAM.resolve() if PROGRAM.exists() else None
    path = CACHE / "chips" / hashlib.sha256(data).hexdigest()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(data)
        beside.chmod(0o755)
        beside.rename(path)
    return path.resolve()


@functools.cache
def program_sha256() -> str:
    """Of that one; "" when there is none."""
    path = program()
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else ""


def unavailable(sha256: str) -> str:
    """Why there is no card program, or not the one of `sha256`; "" when there is."""
    if not program_sha256():
        return f"{PROGRAM} is not built; hint: make {PROGRAM}"
    return f"{PROGRAM} is another one here" if sha256 not in ("", program_sha256()) else ""


@functools.cache
def chips() -> dict[str, Chip]:
    """The models in the card program, by name, with the IDs that they have by themselves."""
    done = subprocess.run(
        [program() or PROGRAM, "--list"], capture_output=True, text=True, check=True
    )
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
