"""Bochs, a second emulator: other chips, other timing, and with its own BIOS one that is older than SeaBIOS.

That BIOS calls option ROMs with whatever is in AX. Nobody looks at the screen: a video BIOS of ours (console_rom.asm)
sends what is printed to COM1. What a program writes to the exit port is, to Bochs, the line of the video BIOS at which
that gave up, unless it is 0: it ends, and says which. So a payload that is content ends a boot by its report.
"""

from __future__ import annotations

import functools
import os
import pty
import re
import selectors
import shutil
import signal
import subprocess
import time
import tty
from pathlib import Path

from ci.lab.judge import NO_DEVICE, PAYLOAD_EXIT, gave_up
from ci.lab.machine import ROM, Machine, drive_file
from ci.lab.network import TFTP
from ci.lab.qemu import Emulator, Outcome, clean
from ci.net.lab import die_with_parent
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
READ_SIZE = 65536
LOOK_UP = 0.5  # seconds until the clock is looked at again
# What is between Bochs's first and last words comes out of port E9h.
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


def run(machine: Machine, boot_file: str, folder: Path, timeout: float) -> Outcome:
    """Boot, until Bochs ends, the payload has reported or the BIOS gives up; for `timeout` seconds at most."""
    machine.write(folder)
    (folder / SETTINGS).write_text(configuration(machine, folder))
    (folder / SERVERS).write_text(f"# slirp config\nbootfile = {boot_file}\n")
    (folder / COMMANDS).write_text("c\n")
    window = VIDEO_WINDOW if "card" in ROM_IN[machine.bios] else 0
    (folder / VIDEO_ROM).write_bytes(video_rom().ljust(window, b"\0"))
    os.mkfifo(folder / CONSOLE)
    console = os.open(folder / CONSOLE, os.O_RDONLY | os.O_NONBLOCK)
    terminal, its_end = pty.openpty()
    tty.setraw(its_end)
    os.set_blocking(terminal, False)
    try:
        return _Run(console, terminal, timeout).go(folder, its_end)
    finally:
        os.close(console)
        os.close(terminal)


class _Run:
    """A running Bochs and what it said."""

    def __init__(self, console: int, terminal: int, timeout: float) -> None:
        self.console, self.terminal = console, terminal
        self.timeout = timeout
        self._said = {console: b"", terminal: b""}
        self._first_debug: float | None = None
        self._started = time.monotonic()

    def go(self, folder: Path, its_end: int) -> Outcome:
        """Start it, see it through, and leave nothing of it behind."""
        commands = ["-rc", COMMANDS] if _has_debugger() else []
        process = subprocess.Popen(
            [*die_with_parent(), BINARY, "-q", "-f", SETTINGS, *commands],
            stdin=its_end,
            stdout=its_end,
            stderr=its_end,
            cwd=folder,
            env={**os.environ, "TERM": "vt100"},
        )
        os.close(its_end)
        try:
            self._listen()
        finally:
            os.kill(process.pid, signal.SIGKILL)  # nobody has waited for it, so the ID is its own
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        for stream in self._said:
            while self._take(stream):
                pass
        return self._outcome(usage.ru_utime + usage.ru_stime)

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            for stream in self._said:
                selector.register(stream, selectors.EVENT_READ)
            while not (self._done() or Emulator.closing() or self._seconds() > self.timeout):
                for key, _ in selector.select(LOOK_UP):
                    if not self._take(key.fd):
                        return
                if self._first_debug is None and self.debug():
                    self._first_debug = self._seconds()

    def _take(self, stream: int) -> bool:
        """False when there is no more."""
        try:
            data = os.read(stream, READ_SIZE)
        except OSError:  # nothing at present; or a terminal's end
            return False
        self._said[stream] += data
        return bool(data)

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _reported(self) -> bool:
        return all(REPORT.search(said) for said in self._said.values())

    def _done(self) -> bool:
        return self._reported() or gave_up(self.shown())

    def shown(self) -> str:
        """What the console showed so far. Bochs's BIOS gives up with a word to Bochs, which ends then."""
        panic = NO_DEVICE if NO_DEVICE.encode() in self._said[self.terminal] else ""
        return f"{clean(self._said[self.console])}\n{panic}".strip("\n")

    def debug(self) -> str:
        """What came out of port E9h so far."""
        found = DEBUG.search(clean(self._said[self.terminal]))
        return found["text"].rstrip("\n") if found else ""

    def _outcome(self, cpu: float) -> Outcome:
        status = PAYLOAD_EXIT if self._reported() else None
        if ended := EXIT.search(clean(self._said[self.terminal])):
            status = 2 * int(ended[1]) + 1  # as QEMU has it
        return Outcome(
            exit_code=status,
            timed_out=self._seconds() >= self.timeout,
            console=self.shown(),
            debug=self.debug(),
            first_debug=self._first_debug,
            wall=self._seconds(),
            cpu=cpu,
            errors="",
        )


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
