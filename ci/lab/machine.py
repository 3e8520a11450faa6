# SPDX-License-Identifier: BSD-2-Clause
"""The emulated machine of one boot, as data: what is plugged in, and the QEMU arguments that say so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.chips.process import Chip
from ci.lab.network import Network, Plug
from ci.net.namespace import die_with_parent

EXIT_PORT = 0x501  # isa-debug-exit: writing v ends QEMU with status 2v + 1
DEBUG_PORT = 0xE9
BINARY = "qemu-system-i386"
TCG, KVM = "tcg", "kvm"
WARP = 8  # for waiting through banners and for servers that do not answer; see Machine.arguments()

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

# Who hands the card's ROM to the BIOS: the card's own ROM BAR (the BIOS tells the ROM its bus and devfn); or the
# emulator, by which way ever. Then SeaBIOS calls the ROM with AX = 0. Or SeaBIOS finds it by the card's ID in the file
# "pci10ec,8139.rom", as in coreboot's CBFS, and calls it as one of the card's.
ROM_BY = ("bar", "rombar=0", "option-rom", "genroms")
UNORDERED = ("rombar=0", "genroms")  # cannot be put into the boot order
BRIDGE = ("-device", "pci-bridge,id=bridge,chassis_nr=1,addr=1e.0")
ROM = "card.rom"


@dataclass(frozen=True)
class Nic:
    """A further network card, without a ROM, in a lower slot than the one that is to boot."""

    card: str  # QEMU device
    network: Network
    link: bool = True  # a cable is in it


@dataclass(frozen=True)
class Drive:
    """A disk or floppy; written to only in memory."""

    kind: str  # of DRIVE_DEVICES
    data: bytes


# From the folder with the machine's files, and the network, to the command line of a program that starts it in QEMU.
Program = Callable[[Path, Plug], Sequence[str]]

Properties = Mapping[str, Any]  # of a QEMU device, its name first, as "driver"
# From that folder to further arguments; raises ci.packages.Unavailable.
Extra = Callable[[Path], Sequence[str]]


@dataclass(frozen=True)
class Machine:
    """One PC."""

    card: str  # QEMU device, or a chip model (factory.spec.Model.card)
    rom: bytes = b""  # option ROM of the card
    rom_by: str = "bar"  # of ROM_BY, or a file name of coreboot's (see there); in Bochs: of ci.lab.bochs.ROM_IN
    rom_folder: str = ""  # instead of `rom`: folder of the ROMs that QEMU gives cards by itself
    bridged: bool = False  # the card is behind a PCI bridge
    others: tuple[Nic, ...] = ()
    drives: tuple[Drive, ...] = ()
    memory: int = 32  # MiB
    smbios: tuple[str, ...] = ()  # what the BIOS says of the machine, as QEMU's -smbios takes it
    warp: int | None = None  # see arguments()
    display: bool = False  # with a graphics card
    binary: str = BINARY
    newer: bool = True  # where that lacks the card, a newer QEMU may be fetched
    accelerator: str = TCG
    bios: str = ""  # of ci.lab.bochs.BIOSES: Bochs with that; else QEMU
    resets: bool = False  # a reset starts the machine again; else it ends it
    second_port: bool = False  # COM2, where the BIOS copies nothing to (Emulator.port)
    plugged: bool = True  # a cable is in the card; else a command puts it in (ci.lab.qemu.CABLE)
    monitored: bool = False  # takes commands while it runs (ci.lab.emulator.Emulator.command)
    seed: int = 0  # of a chip model's latencies; 0: always short ones
    extra: Extra | None = None  # further arguments of QEMU
    program: Program | None = None  # starts it in place of all that is said here, but for the ROM

    def write(self, folder: Path) -> None:
        """The files that the emulator reads."""
        if self.rom:
            (folder / ROM).write_bytes(self.rom)
        for index, drive in enumerate(self.drives):
            (folder / drive_file(index)).write_bytes(drive.data)

    @property
    def chip(self) -> Chip | None:
        """The chip model that the card is; None for QEMU's own."""
        return Chip.of(self.card)

    @property
    def by_kind(self) -> bool:
        """Boot the network first, then disks or floppies: a chip model cannot be named in the boot order."""
        return bool(self.chip and self.rom) and self.rom_by != "option-rom"

    def commands(self) -> str:
        """What QEMU's monitor is told at the start; "" for nothing."""
        cables = {"net": self.plugged} | {
            f"net{n}": other.link for n, other in enumerate(self.others)
        }
        return "".join(f"set_link {name} off\n" for name, is_in in cables.items() if not is_in)

    def has_monitor(self) -> bool:
        """Whether QEMU's monitor has a socket."""
        return self.monitored or bool(self.commands())

    def launcher(self, plug: Plug) -> tuple[str, ...]:
        """What starts QEMU: it dies with the thread that started it, and enters the network namespace."""
        command = (*die_with_parent(), self.binary)
        return plug.namespace.inside(*command) if plug.namespace else command

    def arguments(
        self,
        plugs: Sequence[Plug],
        descriptors: Mapping[str, int],
        chips: Sequence[Properties | None] = (),
    ) -> list[str]:
        """QEMU's arguments; file names are relative to the folder of write().

        `plugs`: the card's, then those of the others. `descriptors`: sockets for `console` and `debug`; `port` and
        `monitor` where the machine has them; `qtest`, and `wire0` and so on, of chip models. `chips`: the devices that
        lead to those, by card.

        warp=n makes an instruction take 2^n ns of the guest's time, whatever it takes here, and skips
        its idle time: for sitting through another loader's banner. It changes no byte that is tested,
        only the guest's clock. Servers in a network namespace live in real time, which a sped-up
        guest would outrun: with those it is not done. Nor is it with KVM, which has no clock but the host's.
        """
        words = ["-nodefaults", "-no-user-config", "-display", "none"]
        words += ["-vga", "std" if self.display else "none", *["-no-reboot"] * (not self.resets)]
        words += ["-accel", self.accelerator, "-m", str(self.memory)]
        words += self._board_arguments(any(chips), descriptors)
        words += [word for table in self.smbios for word in ("-smbios", table)]
        words += ["-chardev", f"socket,id=console,fd={descriptors['console']}"]
        words += ["-serial", "chardev:console"]
        if self.second_port:
            words += ["-chardev", f"socket,id=port,fd={descriptors['port']}"]
            words += ["-serial", "chardev:port"]
        words += ["-chardev", f"socket,id=debug,fd={descriptors['debug']}"]
        words += ["-device", f"isa-debugcon,iobase={DEBUG_PORT:#x},chardev=debug"]
        words += ["-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=2"]
        if self.warp is not None and self.accelerator == TCG and not plugs[0].namespace:
            words += ["-icount", f"shift={self.warp},sleep=off"]
        if self.has_monitor():
            words += ["-chardev", f"socket,id=monitor,fd={descriptors['monitor']}"]
            words += ["-mon", "chardev=monitor"]
        for index, (other, plug) in enumerate(zip(self.others, plugs[1:])):
            chip = chips[index + 1] if chips else None
            wire = descriptors.get(f"wire{index + 1}")
            words += network_arguments(f"net{index}", plug, chip, wire)
            card = chip or {"driver": other.card, "netdev": f"net{index}"}
            words += device({**card, "romfile": ""})
        chip = chips[0] if chips else None
        words += network_arguments("net", plugs[0], chip, descriptors.get("wire0"))
        return [
            *words,
            *[*BRIDGE] * self.bridged,
            *self._rom_arguments(chip),
            *self._drive_arguments(),
        ]

    def _board_arguments(self, chip: bool, descriptors: Mapping[str, int]) -> list[str]:
        """A chip model shares the machine's memory."""
        strict = "off" if self.rom_by in UNORDERED else "on"
        if not chip:
            return ["-machine", "pc,graphics=off", "-boot", f"strict={strict}"]
        memory = f"memory-backend-memfd,id=memory,size={self.memory}M,share=on"
        words = ["-machine", "pc,graphics=off,memory-backend=memory", "-object", memory]
        kinds = dict.fromkeys("a" if drive.kind == "floppy" else "c" for drive in self.drives)
        words += ["-boot", f"order=n{''.join(kinds)}," * self.by_kind + f"strict={strict}"]
        if "qtest" in descriptors:
            words += ["-chardev", f"socket,id=qtest,fd={descriptors['qtest']}"]
            words += ["-object", "qtest,id=pins,chardev=qtest,log=/dev/null"]
        return words

    def _rom_arguments(self, chip: Properties | None) -> list[str]:
        card = dict(chip or {"driver": self.card, "netdev": "net"})
        rom = ROM if self.rom else ""
        if self.bridged:
            card["bus"] = "bridge"
        if self.rom_folder:
            card["bootindex"] = 0
            return ["-L", self.rom_folder, *device(card)]
        if rom and self.rom_by not in (*UNORDERED, "option-rom") and not self.by_kind:
            card["bootindex"] = 0
        if self.rom_by in ("bar", "rombar=0"):
            bar = {"rombar": 0} if self.rom_by == "rombar=0" else {}
            return device({**card, "romfile": rom, **bar})
        words = device({**card, "romfile": ""})
        if self.rom_by == "option-rom":
            return [*words, "-option-rom", f"{rom},bootindex=0"]
        name = "genroms/card.rom" if self.rom_by == "genroms" else self.rom_by.replace(",", ",,")
        return [*words, "-fw_cfg", f"name={name},file={rom}"]

    def _drive_arguments(self) -> list[str]:
        words: list[str] = []
        for index, drive in enumerate(self.drives):
            before, device = DRIVE_DEVICES[drive.kind]
            if self.by_kind:
                before = () if drive.kind == "floppy" else before
                device = device.replace(",bootindex={index}", "")
            words += [word.format(index=index + 1) for word in before]
            file = f"if=none,id=drive{index},format=raw,snapshot=on,file={drive_file(index)}"
            words += ["-drive", file]
            words += ["-device", f"{device.format(index=index + 1)},drive=drive{index}"]
        return words


def device(properties: Properties) -> list[str]:
    """QEMU's arguments for a device: JSON where a property has parts of its own."""
    if any(isinstance(value, dict) for value in properties.values()):
        return ["-device", json.dumps(dict(properties))]
    driver, *others = (f"{name}={value}" for name, value in properties.items())
    return ["-device", ",".join([driver.removeprefix("driver="), *others])]


def network_arguments(
    name: str, plug: Plug, chip: Properties | None, wire: int | None
) -> list[str]:
    """A card's network; a hub joins it to the wire of a chip model that does not have it by itself."""
    if chip is None:
        return ["-netdev", f"{plug.netdev},id={name}"]
    if wire is None:
        return []
    words = []
    for end, netdev in ((name, plug.netdev), (f"{name}-wire", f"socket,fd={wire}")):
        words += ["-netdev", f"{netdev},id={end}"]
        words += ["-netdev", f"hubport,id={end}-port,hubid={wire},netdev={end}"]
    return words


def drive_file(index: int) -> str:
    """Name of a drive's file."""
    return f"drive{index}.img"
