# SPDX-License-Identifier: BSD-2-Clause
"""The card process, as QEMU's two devices talk to it: this test is their end, and damaged messages come as well."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci.chips.process import PROGRAM, Report
from ci.tree import make_or_fail, need_tool

CHIP = "dp83816"
ID, COMMAND, BAR1, ROM, LINE = 0x00, 0x04, 0x14, 0x30, 0x3C
MEMORY_AND_MASTER, BASE = 6, 0xFE000000
CR, IMR, IER, SWI, RESET, REVISION = 0x00, 0x14, 0x18, 0x80, 0x100, 0x58
INT_SWI = 0x1000
SLOW = ("--seed", "35")  # with these latencies a reset takes nearly as long as it may
CONFIG_REGION, REGIONS = 7, 9


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    need_tool("gcc")
    make_or_fail(str(PROGRAM))


@dataclass
class Card:
    """A running one, and our end of it."""

    process: subprocess.Popen[bytes]
    link: socket.socket
    log: int

    def end(self) -> Report:
        """Hang up; what it reports."""
        self.link.close()
        self.process.wait(5)
        with open(self.log, encoding="utf-8", closefd=False) as log:
            return Report.read(log.read())


Start = Callable[..., Card]


@pytest.fixture(name="start")
def _start(tmp_path: Path) -> Iterator[Start]:
    """Starts a card with options, and its link to QEMU as the way asks for it."""
    cards: list[Card] = []

    def start(way: str, *options: str, pass_fds: tuple[int, ...] = ()) -> Card:
        ours, theirs = socket.socketpair()
        if way == "--vfio-user":
            theirs = socket.socket(socket.AF_UNIX)
            theirs.bind(str(tmp_path / "card.sock"))
            theirs.listen(1)
        reading, writing = os.pipe()
        command = [str(PROGRAM), "--chip", CHIP, way, str(theirs.fileno()), "--log", str(writing)]
        fds = (theirs.fileno(), writing, *pass_fds)
        process = subprocess.Popen([*command, *options], pass_fds=fds)
        os.close(writing)
        theirs.close()
        if way == "--vfio-user":
            ours = socket.socket(socket.AF_UNIX)
            ours.connect(str(tmp_path / "card.sock"))
        ours.settimeout(10)
        cards.append(Card(process, ours, reading))
        return cards[-1]

    yield start
    for card in cards:
        card.link.close()
        card.process.kill()
        card.process.wait()
        os.close(card.log)


def proxy(card: Card, command: int, data: bytes) -> int:
    """One message of the proxy, and the value that comes back."""
    card.link.sendall(struct.pack("<iiQ", command, 0, len(data)) + data)
    return value_of(card)


def value_of(card: Card) -> int:
    """What a message is answered with."""
    answer = card.link.recv(24, socket.MSG_WAITALL)
    kind, _, size, value = struct.unpack("<iiQQ", answer)
    assert (kind, size) == (1, 8)
    return int(value)


def config(card: Card, reg: int, value: int | None = None, size: int = 4) -> int:
    """Read or write the configuration space."""
    return proxy(card, 3 if value is None else 2, struct.pack("<IIi", reg, value or 0, size))


def register(card: Card, reg: int, value: int | None = None, size: int = 4) -> int:
    """Read or write a register in memory."""
    data = struct.pack("<QQIBxxx", BASE + reg, value or 0, size, 1)
    return proxy(card, 5 if value is None else 4, data)


def is_busy(card: Card) -> bool:
    """Whether a reset was seen to last, on a machine that may be loaded; then it has ended."""
    register(card, CR, RESET)
    busy = bool(register(card, CR) & RESET)
    assert any(not register(card, CR) & RESET for _ in range(5000))
    return busy


def test_proxy(start: Start) -> None:
    """Configuration space, registers, a chip that is busy for some polls, and what it counts."""
    card = start("--proxy", "--id", "1234:5678", "--rom-size", "65536", *SLOW)
    assert config(card, ID) == 0x56781234
    config(card, BAR1, 0xFFFFFFFF)
    assert config(card, BAR1) == 0xFFFFF000
    config(card, ROM, 0xFFFFFFFF)
    assert config(card, ROM) == 0xFFFF0001
    config(card, BAR1, BASE)
    config(card, COMMAND, MEMORY_AND_MASTER, 2)
    assert register(card, REVISION) == 0x0505
    assert any(is_busy(card) for _ in range(50))
    report = card.end()
    assert report.trouble() == "" and report.counts and report.counts["resets"] == 0
    assert card.process.returncode == 0


def test_faults_are_told(start: Start) -> None:
    """An access of the wrong width, and one where no BAR is."""
    card = start("--proxy")
    config(card, BAR1, BASE)
    register(card, IMR, size=1)
    assert register(card, 0x100000) == 0xFFFFFFFF
    report = card.end()
    assert report.counts and report.counts["faults"] == 2
    assert report.faults[0] == "register 0x14 is read with 1 bytes"
    assert "outside of the BARs" in report.faults[1]


def test_interrupt_pin(start: Start) -> None:
    """Over qtest, to both interrupt controllers, before the access that caused it ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        paths = f"{theirs.fileno()},/master,/slave,/ioapic"
        card = start("--proxy", "--qtest", paths, pass_fds=(theirs.fileno(),))
        config(card, BAR1, BASE)
        config(card, LINE, 10, 1)
        register(card, IMR, INT_SWI)
        register(card, IER, 1)
        data = struct.pack("<QQIBxxx", BASE + CR, SWI, 4, 1)
        card.link.sendall(struct.pack("<iiQ", 4, 0, len(data)) + data)
        pins = "set_irq_in /slave unnamed-gpio-in 2 1\nset_irq_in /ioapic unnamed-gpio-in 10 1\n"
        assert ours.recv(len(pins), socket.MSG_WAITALL).decode() == pins
        card.link.settimeout(0.2)
        with pytest.raises(TimeoutError):
            value_of(card)
        card.link.settimeout(10)
        ours.sendall(b"OK\nOK\n")
        assert value_of(card) == 0 and card.end().trouble() == ""


@pytest.mark.parametrize(
    "message",
    [
        struct.pack("<iiQ", 99, 0, 0),
        struct.pack("<iiQ", 3, 0, 1 << 40),
        struct.pack("<iiQ", 3, 0, 8) + b"short",
    ],
    ids=["unknown", "long", "cut"],
)
def test_damaged_proxy_messages(start: Start, message: bytes) -> None:
    """The process ends, and says what it counted."""
    card = start("--proxy")
    card.link.sendall(message)
    card.link.shutdown(socket.SHUT_WR)
    assert card.end().trouble() == "" and card.process.returncode == 0


def vfio(
    card: Card, command: int, data: bytes, fds: tuple[int, ...] = (), flags: int = 0
) -> tuple[int, bytes]:
    """One message of vfio-user, and the error and data that come back."""
    head = struct.pack("<HHIII", 7, command, 16 + len(data), flags, 0)
    socket.send_fds(card.link, [head + data], fds)
    answer = card.link.recv(16, socket.MSG_WAITALL)
    number, same, size, kind, error = struct.unpack("<HHIII", answer)
    assert (number, same, kind & 15) == (7, command, 1) and bool(kind & 32) == bool(error)
    return error, card.link.recv(size - 16, socket.MSG_WAITALL) if size > 16 else b""


def region(card: Card, index: int, offset: int, value: int | None = None, size: int = 4) -> int:
    """Read or write a region."""
    data = struct.pack("<QII", offset, index, size)
    if value is None:
        error, answer = vfio(card, 9, data)
        return int.from_bytes(answer[16:], "little")
    error, _ = vfio(card, 10, data + value.to_bytes(size, "little"))
    return error


def test_vfio_user(start: Start) -> None:
    """Version, regions, registers, memory, and an interrupt as an eventfd that waits to be unmasked."""
    card = start("--vfio-user")
    assert b"max_data_xfer_size" in vfio(card, 1, struct.pack("<HH", 0, 1) + b"{}\0")[1]
    assert struct.unpack("<IIII", vfio(card, 4, bytes(16))[1])[2] == REGIONS
    sizes = [
        struct.unpack("<IIIIQQ", vfio(card, 5, struct.pack("<IIIIQQ", 32, 0, i, 0, 0, 0))[1])[4]
        for i in range(REGIONS)
    ]
    assert sizes == [256, 4096, 0, 0, 0, 0, 0, 256, 0]
    assert region(card, CONFIG_REGION, ID) == 0x0020100B
    assert region(card, 1, REVISION) == 0x0505
    memory = os.memfd_create("memory")
    os.ftruncate(memory, 1 << 16)
    assert vfio(card, 2, struct.pack("<IIQQQ", 32, 3, 0, 0, 1 << 16), (memory,))[0] == 0
    fired, trigger = os.pipe()  # an eventfd would do the same
    irqs = struct.pack("<IIIII", 20, 4 | 32, 0, 0, 1)
    assert vfio(card, 8, irqs, (trigger,))[0] == 0
    region(card, 1, IMR, INT_SWI)
    region(card, 1, IER, 1)
    region(card, 1, CR, SWI)
    assert os.read(fired, 8) == struct.pack("=Q", 1)
    vfio(card, 8, struct.pack("<IIIII", 20, 1 | 16, 0, 0, 1))  # unmasked, and still wanted
    assert os.read(fired, 8) == struct.pack("=Q", 1)
    assert vfio(card, 13, b"")[0] == 0
    report = card.end()
    assert report.trouble() == "" and report.counts and report.counts["irqs"] == 1
    for descriptor in (memory, fired, trigger):
        os.close(descriptor)


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (11, b""),
        (9, struct.pack("<QII", 0, CONFIG_REGION, 1 << 20)),
        (9, struct.pack("<QII", 0, 1, 3)),
        (10, struct.pack("<QII", 1 << 60, 1, 4) + b"abcd"),
        (10, struct.pack("<QII", 0, 1, 4) + b"ab"),
        (10, b"short"),
        (10, struct.pack("<QII", 0, 99, 4) + b"abcd"),
    ],
)
def test_vfio_user_refuses(start: Start, command: int, data: bytes) -> None:
    """What cannot be is answered with an error, and the next message is served."""
    card = start("--vfio-user")
    assert vfio(card, command, data) == (95, b"")
    assert region(card, CONFIG_REGION, ID) == 0x0020100B
    assert card.end().trouble() == ""


def test_vfio_user_that_nobody_connects_to(tmp_path: Path) -> None:
    """When whoever started it closes the control, it ends."""
    ours, theirs = socket.socketpair()
    with socket.socket(socket.AF_UNIX) as listening, theirs:
        listening.bind(str(tmp_path / "card.sock"))
        listening.listen(1)
        fds = (listening.fileno(), theirs.fileno())
        words = ["--vfio-user", str(fds[0]), "--control", str(fds[1])]
        process = subprocess.Popen([str(PROGRAM), "--chip", CHIP, *words], pass_fds=fds)
        ours.close()
    assert process.wait(5) == 0


def test_usage() -> None:
    """What is wrong with a command line is said, and how it ought to be."""
    cases = {"no chip model nosuch; hint: --list": ("--chip", "nosuch"), "usage: ": ()}
    for text, words in cases.items():
        done = subprocess.run([str(PROGRAM), *words], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and text in done.stderr
