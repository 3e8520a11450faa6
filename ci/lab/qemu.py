# SPDX-License-Identifier: BSD-2-Clause
"""QEMU: how a machine is started in it, and what the installed one is able to.

Measured on QEMU 7.2 under TCG: a boot to the first boot sector costs about 0.1 s of CPU whatever the
options (memory size, translation cache, ACPI, HPET, card model and user-mode network all lie within
the noise of 10 ms), so the machine stays a plain `pc` and only drops what it does not need.
`graphics=off` makes SeaBIOS copy INT 10h text to COM1.
"""

from __future__ import annotations

import functools
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ci.chips.process import (
    PROXY,
    VFIO_USER,
    CardProcess,
    Chip,
    Slot,
    interrupt_controllers,
)
from ci.lab.emulator import Emulator, Stream
from ci.lab.machine import Machine
from ci.lab.network import Plug


ENDING_SECONDS = 1.0
CABLE = "set_link net "  # the monitor's command; "on" or "off" follows


class Qemu(Emulator):
    """QEMU with a machine whose cards are plugged into networks."""

    def __init__(
        self, machine: Machine, plugs: Sequence[Plug], folder: Path, extra: Sequence[str] = ()
    ) -> None:
        """`extra`: further arguments."""
        super().__init__(machine, folder)
        self.plugs, self.extra = plugs, extra
        self.cards: list[CardProcess | None] = []  # a chip model's; None: QEMU has the card itself

    def launch(self) -> subprocess.Popen[bytes]:
        """Our ends of its sockets are the streams."""
        names = ["console", "debug", "errors", *["monitor"] * self.machine.has_monitor()]
        names += ["port"] * self.machine.second_port
        theirs = {}
        for name in names:
            ours, theirs[name] = socket.socketpair()
            ours.setblocking(False)
            self.streams[name] = Stream(ours.detach())
        descriptors = {name: sock.fileno() for name, sock in theirs.items()}
        try:
            self._start_cards()
            for card in filter(None, self.cards):
                descriptors |= card.descriptors
            return self._start(descriptors)
        finally:
            for sock in theirs.values():
                sock.close()
            for card in filter(None, self.cards):
                card.started()

    def _start(self, descriptors: dict[str, int]) -> subprocess.Popen[bytes]:
        further = self.machine.extra(self.folder) if self.machine.extra else ()
        chips = [card.device if card else None for card in self.cards]
        words = self.machine.arguments(self.plugs, descriptors, chips)
        self.arguments = (*words, *self.extra, *further)
        if self.machine.has_monitor():
            self.command(self.machine.commands())
        return subprocess.Popen(
            [*self.machine.launcher(self.plugs[0]), *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=descriptors["errors"],
            cwd=self.folder,
            pass_fds=[*descriptors.values(), *(fd for p in self.plugs for fd in p.descriptors)],
        )

    def _start_cards(self) -> None:
        """The processes of chip models. QEMU has room for one card's interrupts beside the proxy."""
        machine, way = self.machine, ""
        for index, card in enumerate((machine.card, *(other.card for other in machine.others))):
            chip, plug = Chip.of(card), self.plugs[index]
            if chip is None:
                self.cards.append(None)
                continue
            way = way or transport(machine.binary)
            # A wire is the card's own where nobody listens in on the way.
            slot = Slot(
                index,
                plug.descriptors[0] if plug.wire and (index or not self.extra) else None,
                0 if index else rom_size(machine.rom),
                machine.seed,
                interrupt_controllers(machine.binary) if way == PROXY and not index else (),
                self.folder if way == VFIO_USER else None,
            )
            process = CardProcess(chip, slot)
            self.streams[f"card{index}"] = Stream(process.log)
            self.cards.append(process)

    def __enter__(self) -> Qemu:
        super().__enter__()
        for card in filter(None, self.cards):
            threading.Thread(target=self._watch, args=(card,), daemon=True).start()
        return self

    def _watch(self, card: CardProcess) -> None:
        """QEMU would wait for a card that died; one that ended with QEMU leaves it time to do so."""
        card.process.wait()
        time.sleep(ENDING_SECONDS)
        self._kill()

    def command(self, text: str) -> None:
        """See Emulator; the cable of a chip model is that one's."""
        if self.cards and self.cards[0] and text.startswith(CABLE):
            self.cards[0].plug(text.removeprefix(CABLE).strip() == "on")
        else:
            super().command(text)

    def _collect(self) -> None:
        super()._collect()
        self._end_cards()

    def _close(self) -> None:
        self._end_cards()
        super()._close()

    def _end_cards(self) -> None:
        for card in filter(None, self.cards):
            card.end()


def rom_size(rom: bytes) -> int:
    """Of the BAR for it: a power of two."""
    return 1 << (len(rom) - 1).bit_length() if rom else 0


@functools.cache
def version(binary: str) -> str:
    """Version of a QEMU binary, e.g. "7.2.22"; raises FileNotFoundError when it isn't installed."""
    text = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\S+)", text)
    return found[1] if found else text.split("\n")[0]


@functools.cache
def has_card(binary: str, card: str) -> bool:
    """True when the binary can emulate a device of this name, or has a way to this chip model."""
    if Chip.of(card):
        return bool(transport(binary))
    done = subprocess.run([binary, "-device", f"{card},help"], capture_output=True, check=False)
    return b" options:" in done.stdout  # its exit code is 0 either way


@functools.cache
def transport(binary: str) -> str:
    """The device that leads to a chip model's process; "" when there is none.

    The proxy is of QEMU 6.0, and since 8.2 it crashes without KVM; vfio-user is of 10.1.
    """
    if has_card(binary, VFIO_USER):
        return VFIO_USER
    numbers = [int(number) for number in re.findall(r"\d+", version(binary))[:2]]
    return PROXY if has_card(binary, PROXY) and numbers < [8, 2] else ""


def installed(binary: str) -> bool:
    """True when the binary is on PATH."""
    return shutil.which(binary) is not None
