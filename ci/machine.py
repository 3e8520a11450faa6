"""The emulated machine of one boot: what is plugged in, and the QEMU arguments that say so."""

from __future__ import annotations

import functools
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

EXIT_PORT = 0x501  # isa-debug-exit: writing v ends QEMU with status 2v + 1
DEBUG_PORT = 0xE9

# Medium of a drive: what it is plugged into, and the QEMU device that shows it to the BIOS. USB means
# xHCI: with UHCI and EHCI, QEMU and SeaBIOS lose a transfer in about one boot of forty on a loaded machine.
DRIVE_DEVICES = {
    "floppy": (("-global", "isa-fdc.bootindexA={index}"), "floppy,unit=0"),
    "disk": ((), "ide-hd,bootindex={index}"),
    "ahci": (("-device", "ahci,id=ahci"), "ide-hd,bus=ahci.0,bootindex={index}"),
    "scsi": (("-device", "virtio-scsi-pci"), "scsi-hd,bootindex={index}"),
    "virtio-blk": ((), "virtio-blk-pci,bootindex={index}"),
    "nvme": ((), "nvme,serial=1,bootindex={index}"),
    "usb": (("-device", "qemu-xhci,id=usb"), "usb-storage,bus=usb.0,bootindex={index}"),
}


class Network(Protocol):
    """What the card is plugged into."""

    def netdev(self) -> str:
        """Value of -netdev, without its id."""

    def descriptors(self) -> tuple[int, ...]:
        """Descriptors that QEMU inherits."""

    def namespace(self) -> str:
        """Network namespace to start QEMU in; "" for this one."""


@dataclass(frozen=True)
class UserNetwork:
    """QEMU's own DHCP and TFTP server (10.0.2.2)."""

    folder: str
    boot_file: str

    def netdev(self) -> str:
        file = f",bootfile={self.boot_file}" if self.boot_file else ""
        return f"user,tftp={self.folder}{file}"

    def descriptors(self) -> tuple[int, ...]:
        return ()

    def namespace(self) -> str:
        return ""


@dataclass(frozen=True)
class TapNetwork:
    """A tap interface inside a network namespace (ci/net/lab.py)."""

    interface: str
    lab: str

    def netdev(self) -> str:
        return f"tap,ifname={self.interface},script=no,downscript=no"

    def descriptors(self) -> tuple[int, ...]:
        return ()

    def namespace(self) -> str:
        return self.lab


@dataclass(frozen=True)
class WireNetwork:
    """Frames over a stream socket, each after its length (ci/net/wire.py)."""

    sock: socket.socket

    def netdev(self) -> str:
        return f"socket,fd={self.sock.fileno()}"

    def descriptors(self) -> tuple[int, ...]:
        return (self.sock.fileno(),)

    def namespace(self) -> str:
        return ""


@dataclass(frozen=True)
class Card:
    """A further network card, without a ROM, in a lower slot than the one that is to boot."""

    device: str  # QEMU device
    network: Network


# Who hands the card's ROM to the BIOS: the card's own ROM BAR (the BIOS tells the ROM its bus and devfn); or the
# emulator, by which way ever. Then SeaBIOS calls the ROM with AX = 0.
ROM_BY = ("bar", "rombar=0", "option-rom", "genroms")
UNORDERED = ("rombar=0", "genroms")  # cannot be put into the boot order
BRIDGE = ("-device", "pci-bridge,id=bridge,chassis_nr=1,addr=1e.0")


@dataclass(frozen=True)
class Drive:
    """A disk image; written to only in memory."""

    file: str
    kind: str  # of DRIVE_DEVICES


@dataclass(frozen=True)
class Machine:
    """One PC. File names are relative to the folder QEMU is started in."""

    card: str  # QEMU device
    network: Network
    rom: str = ""  # option ROM of the card; "" = none
    rom_by: str = "bar"  # of ROM_BY
    bridged: bool = False  # the card is behind a PCI bridge
    others: tuple[Card, ...] = ()
    unplugged: tuple[int, ...] = ()  # those of `others` that have no cable
    drives: tuple[Drive, ...] = ()
    network_first: bool = True  # boot order: the card's ROM, then the drives; or the drives only
    memory: int = 32  # MiB
    warp: int | None = None  # see arguments()
    binary: str = "qemu-system-i386"
    extra: tuple[str, ...] = ()
    resets: bool = False  # a reset starts the machine again; else it ends it
    monitored: bool = (
        False  # QEMU's monitor takes commands while it runs (ci.qemu.Emulator.command)
    )

    def launcher(self) -> tuple[str, ...]:
        """What starts QEMU: it dies with the thread that started it, and enters the network namespace."""
        namespace = self.network.namespace()
        enter = ("ip", "netns", "exec", namespace) if namespace else ()
        return (*enter, *die_with_parent(), self.binary)

    def network_descriptors(self) -> tuple[int, ...]:
        """Descriptors that QEMU inherits for its networks."""
        networks = (self.network, *(other.network for other in self.others))
        return tuple(fd for network in networks for fd in network.descriptors())

    def commands(self) -> str:
        """What QEMU's monitor is told at the start; "" for nothing."""
        return "".join(f"set_link net{index} off\n" for index in self.unplugged)

    def has_monitor(self) -> bool:
        """Whether QEMU's monitor has a socket."""
        return self.monitored or bool(self.commands())

    def arguments(self, descriptors: Mapping[str, int]) -> list[str]:
        """QEMU's arguments. `descriptors`: sockets for `console` and `debug`, and `monitor` where has_monitor().

        warp=n makes an instruction take 2^n ns of the guest's time, whatever it takes here, and skips
        its idle time: for sitting through another loader's banner. It changes no byte that is tested,
        only the guest's clock. Servers in a network namespace live in real time, which a sped-up
        guest would outrun: with those it is not done.
        """
        words = ["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"]
        words += ["-no-reboot"] * (not self.resets)
        words += ["-machine", "pc,graphics=off", "-accel", "tcg", "-m", str(self.memory)]
        words += ["-boot", f"strict={'off' if self.rom_by in UNORDERED else 'on'}"]
        words += ["-chardev", f"socket,id=console,fd={descriptors['console']}"]
        words += ["-serial", "chardev:console"]
        words += ["-chardev", f"socket,id=debug,fd={descriptors['debug']}"]
        words += ["-device", f"isa-debugcon,iobase={DEBUG_PORT:#x},chardev=debug"]
        words += ["-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=2"]
        if self.warp is not None and not self.network.namespace():
            words += ["-icount", f"shift={self.warp},sleep=off"]
        if self.has_monitor():
            words += ["-chardev", f"socket,id=monitor,fd={descriptors['monitor']}"]
            words += ["-mon", "chardev=monitor"]
        return words + self._card_arguments() + self._drive_arguments() + list(self.extra)

    def _card_arguments(self) -> list[str]:
        words: list[str] = []
        for index, other in enumerate(self.others):
            words += ["-netdev", f"{other.network.netdev()},id=net{index}"]
            words += ["-device", f"{other.device},netdev=net{index},romfile="]
        words += ["-netdev", f"{self.network.netdev()},id=net"]
        return words + [*BRIDGE] * self.bridged + self._rom_arguments()

    def _rom_arguments(self) -> list[str]:
        card = f"{self.card},netdev=net" + ",bus=bridge" * self.bridged
        ordered = self.rom and self.network_first and self.rom_by not in UNORDERED
        first = ",bootindex=0" if ordered else ""
        if self.rom_by == "option-rom":
            return ["-device", f"{card},romfile=", "-option-rom", f"{self.rom}{first}"]
        if self.rom_by == "genroms":
            name = "genroms/card.rom"
            return ["-device", f"{card},romfile=", "-fw_cfg", f"name={name},file={self.rom}"]
        bar = ",rombar=0" if self.rom_by == "rombar=0" else ""
        return ["-device", f"{card},romfile={self.rom}{bar}{first}"]

    def _drive_arguments(self) -> list[str]:
        words: list[str] = []
        for index, drive in enumerate(self.drives):
            before, device = DRIVE_DEVICES[drive.kind]
            words += [word.format(index=index + 1) for word in before]
            words += ["-drive", f"if=none,id=drive{index},format=raw,snapshot=on,file={drive.file}"]
            words += ["-device", f"{device.format(index=index + 1)},drive=drive{index}"]
        return words


@functools.cache
def die_with_parent() -> tuple[str, ...]:
    """Prefix of a command that is to be killed when the thread that started it ends."""
    return ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
