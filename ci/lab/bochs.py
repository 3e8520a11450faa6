# SPDX-License-Identifier: BSD-2-Clause
"""Bochs, a second emulator: other chips, other timing, and with its own BIOS one that is older than SeaBIOS.

That BIOS calls option ROMs with whatever is in AX. Nobody looks at the screen: a video BIOS of ours (console_rom.asm)
sends what is printed to COM1. What a program writes to the exit port is, to Bochs, the line of the video BIOS at which
that gave up, unless it is 0: it ends, and says which. So a payload that is content ends a boot by its report.
"""

from __future__ import annotations

import functools
import math
import os
import pty
import re
import shutil
import subprocess
import tty
from collections.abc import Callable
from pathlib import Path

from ci.lab.emulator import Emulator, Outcome, Stream, clean
from ci.lab.judge import NO_DEVICE, PAYLOAD_EXIT
from ci.lab.machine import ROM, Machine, drive_file
from ci.lab.network import TFTP, Plug
from ci.net.namespace import die_with_parent
from ci.payloads.assembly import assemble

BINARY = "bochs"
BIOSES = {  # of the packages bochsbios and seabios
    "bochs": "/usr/share/bochs/BIOS-bochs-latest",
    "bochs-legacy": "/usr/share/bochs/BIOS-bochs-legacy",
    "seabios": "/usr/share/seabios/bios.bin",
}
# Where each looks for ROMs: on cards; or in memory that cannot be written to, where Bochs can put one.
ROM_IN = {"bochs": ("card", "memory"), "bochs-legacy": ("memory",), "seabios": ("card",)}
# Cards by QEMU's name, as Bochs configures them.
CARDS = {"ne2k_pci": "ne2k: type=pci", "e1000": "e1000: enabled=1"}

DRIVES = {
    "floppy": "ata0: enabled=0\nfloppya: 1_44={file}, status=inserted\n",
    "disk": "ata0-master: type=disk, mode=flat, path={file}, cylinders=0\n",
}

SETTINGS, SERVERS, COMMANDS, LOG = "bochsrc", "slirp", "commands", "bochs.log"
CONSOLE, VIDEO_ROM = "console", "video.rom"
ROM_ADDRESS = 0xD0000
VIDEO_WINDOW = 65536  # of two ROMs in one such block of PCI memory, Bochs shows only one
REPORT = re.compile(rb"EFPAYLOAD nonce=[^\n]*\n")
EXIT = re.compile(r"VGABIOS panic at vgabios.c, line (\d+)")
DEBUG = re.compile(r"Next at t=0\n.*\n(?P<text>[^=]*(?:=(?!====)[^=]*)*)")

CONFIGURATION = """\
config_interface: textconfig
display_library: term
romimage: file={bios}, options=fastboot
vgaromimage: file={video_rom}
megs: 32
cpu: count=1, ips=50000000
clock: sync=none
panic: action=fatal
log: {log}
port_e9_hack: enabled=1
com1: enabled=1, mode=file, dev={console}
ata1: enabled=0
pci: enabled=1, chipset=i440fx, slot1={slots}
{card}, mac=52:54:00:12:34:56, ethmod=slirp, ethdev={tftp}, script={servers}{rom}
"""


def configuration(machine: Machine, folder: Path) -> str:
    """The bochsrc. File names are relative to the folder, but that of what is served."""
    knows_pci = "card" in ROM_IN[machine.bios]
    text = CONFIGURATION.format(
        bios=BIOSES[machine.bios],
        video_rom=VIDEO_ROM,
        log=LOG,
        console=CONSOLE,
        slots=CARDS[machine.card].split(":")[0] + ", slot2=pcivga" * knows_pci,
        card=CARDS[machine.card],
        tftp=folder / TFTP,
        servers=SERVERS,
        rom=f", bootrom={ROM}" if machine.rom and machine.rom_by == "card" else "",
    )
    if machine.rom and machine.rom_by == "memory":
        text += f"optromimage1: file={ROM}, address={ROM_ADDRESS:#x}\n"
    for index, drive in enumerate(machine.drives):
        text += DRIVES[drive.kind].format(file=drive_file(index))
    kinds = [drive.kind for drive in machine.drives]
    return text + f"boot: {''.join(kinds) or 'network, disk'}\n"


class Bochs(Emulator):
    """Bochs with a machine. Only the payload's report, or the BIOS that gives up, ends a boot in it."""

    def __init__(self, machine: Machine, plug: Plug, folder: Path) -> None:
        super().__init__(machine, folder)
        self.plug = plug
        self._first_debug: float | None = None

    def launch(self) -> subprocess.Popen[bytes]:
        """The streams are COM1, and Bochs's own terminal."""
        folder, machine = self.folder, self.machine
        text = configuration(machine, folder)
        self.arguments = tuple(text.split("\n"))
        (folder / SETTINGS).write_text(text)
        (folder / SERVERS).write_text(f"# slirp config\nbootfile = {self.plug.boot_file}\n")
        (folder / COMMANDS).write_text("c\n")
        window = VIDEO_WINDOW if "card" in ROM_IN[machine.bios] else 0
        (folder / VIDEO_ROM).write_bytes(video_rom().ljust(window, b"\0"))
        os.mkfifo(folder / CONSOLE)
        console = os.open(folder / CONSOLE, os.O_RDONLY | os.O_NONBLOCK)
        terminal, its_end = pty.openpty()
        self.streams = {"console": Stream(console), "terminal": Stream(terminal)}
        tty.setraw(its_end)
        os.set_blocking(terminal, False)
        commands = ["-rc", COMMANDS] if _has_debugger() else []
        try:
            return subprocess.Popen(
                [*die_with_parent(), BINARY, "-q", "-f", SETTINGS, *commands],
                stdin=its_end,
                stdout=its_end,
                stderr=its_end,
                cwd=folder,
                env={**os.environ, "TERM": "vt100"},
            )
        finally:
            os.close(its_end)

    def run(
        self,
        timeout: float,
        stop: Callable[[Emulator], bool] | None = None,
        silence: float = math.inf,
    ) -> Outcome:
        """Also until the payload has reported."""
        return super().run(timeout, lambda it: self._done() or bool(stop and stop(it)), silence)

    def _done(self) -> bool:
        if self._first_debug is None and self.debug():
            self._first_debug = self.seconds()
        return self._reported()

    def _reported(self) -> bool:
        return all(REPORT.search(stream.data) for stream in self.streams.values())

    def has_ended(self) -> bool:
        """It never does so in time."""
        return False

    def _said(self) -> str:
        return clean(bytes(self.streams["terminal"].data))

    def console(self) -> str:
        """Bochs's BIOS gives up with a word to Bochs, which ends then."""
        panic = NO_DEVICE if NO_DEVICE in self._said() else ""
        return f"{super().console()}\n{panic}".strip("\n")

    def debug(self) -> str:
        """What is between Bochs's first and last words."""
        found = DEBUG.search(self._said())
        return found["text"].rstrip("\n") if found else ""

    def first_debug(self) -> float | None:
        """When that was seen."""
        return self._first_debug

    def errors(self) -> str:
        """It tells of everything in its log."""
        return ""

    def exit_code(self) -> int | None:
        """As QEMU has it."""
        if ended := EXIT.search(self._said()):
            return 2 * int(ended[1]) + 1
        return PAYLOAD_EXIT if self._reported() else None


def unavailable(bios: str) -> str:
    """Why nothing can be booted with this BIOS; "" when it can."""
    if shutil.which(BINARY) is None:
        return f"{BINARY} is not installed"
    return "" if Path(BIOSES[bios]).exists() else f"{BIOSES[bios]} is not installed"


def version() -> str:
    """Such as "Bochs 2.7"."""
    found = re.search(r"Bochs x86 Emulator \S+", _help())
    return found[0].replace("x86 Emulator ", "") if found else "Bochs"


def _has_debugger() -> bool:
    """Debian's has, and then it waits for a command."""
    return "-rc filename" in _help()


@functools.cache
def _help() -> str:
    done = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def video_rom() -> bytes:
    """console_rom.asm with its checksum."""
    rom = bytearray(assemble("console_rom"))
    rom[6] = -sum(rom) & 0xFF
    return bytes(rom)
