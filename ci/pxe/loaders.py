# SPDX-License-Identifier: BSD-2-Clause
"""Programs of Debian's pxelinux and syslinux-common on our .rom: menus, look-ups by name, memory disks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.lab.card import Build, Card, CardPlan
from ci.lab.case import Boot, Case, Failed
from ci.lab.judge import last_line
from ci.lab.network import Network, User, Wired, combination
from ci.net.servers import COMBINATIONS
from ci.packages import Unavailable
from ci.pxe.programs import System, floppy, linux_system, payload, small_system
from ci.pxe.servers import HOST, Stages, staged
from ci.pxe.start import boots, goes_on, ours, ours_on_floppy, shows
from ci.smoke.linux import APPEND
from ci.smoke.linux import TIMEOUT as LINUX_TIMEOUT

GROUP = "loader"
LOADERS = ("pxelinux.0", "lpxelinux.0")
PXELINUX, SYSLINUX = Path("/usr/lib/PXELINUX"), Path("/usr/lib/syslinux")
MODULES = SYSLINUX / "modules/bios"
CONFIGURATION = "pxelinux.cfg/default"
BANNER = r"PXELINUX 6\.\S+ (PXE|lwIP)"
MENU_TITLE = "Menu of the PXE suite"
LINUX_MEMORY = 256
BASE_MEMORY = re.compile(r"INT 12h: (\d+)K.*?\s0 0+x 0+(\w+)x 0+\2x 1", re.DOTALL)
BIOS_BASE_KILOBYTES = 639  # SeaBIOS keeps 1 KiB
RESIDENT_MAX = 24
PROMPT = r"boot:\Z"
# A program in place of the loader, by a module of it: the module, the libraries it needs, its arguments, the program.
CHAINS = {
    "pxelinux.0+chain": ("pxechn", ("libcom32", "libutil"), "other", "nbp"),
    "pxelinux.0+restart": ("pxechn", ("libcom32", "libutil"), "-r other", "nbp"),
    "gpxecmd+nbp": ("gpxecmd", ("libcom32",), "chain other", "nbp"),
    "gpxecmd+nbi": ("gpxecmd", ("libcom32",), "chain other", "nbi"),
    "gpxecmd+url": ("gpxecmd", ("libcom32",), "chain tftp://10.0.2.2/other", "nbi"),
}
QUICK_CHAINS = ("gpxecmd+nbp", "gpxecmd+nbi")
# Commands that fail leave the loader as it was: at its prompt.
BAD_COMMANDS = {"unknown": "sanboot iscsi:x", "bad-url": "chain tftp://x/", "no-file": "chain none"}


def distribution(loader: str, *modules: str) -> dict[str, bytes]:
    """A loader and the modules that it needs, as a TFTP server serves them. Raises Unavailable."""
    paths = [PXELINUX / loader, *(MODULES / f"{name}.c32" for name in ("ldlinux", *modules))]
    for path in paths:
        if not path.exists():
            raise Unavailable(f"no {path.name} here (packages pxelinux and syslinux-common)")
    return {path.name: path.read_bytes() for path in paths}


def has_loader(loader: str) -> bool:
    """Whether it and its module are installed."""
    try:
        return bool(distribution(loader))
    except Unavailable:
        return False


def configured(loader: str, *lines: str, modules: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The same with a configuration of these lines."""
    files = distribution(loader, *modules)
    return files | {CONFIGURATION: "".join(f"{line}\n" for line in lines).encode()}


def entry(kernel: str, *more: str) -> tuple[str, ...]:
    """Configuration lines that boot one label at once."""
    return ("DEFAULT it", "PROMPT 0", "LABEL it", f" KERNEL {kernel}", *(f" {m}" for m in more))


def _loaded(start: Case, network: Network, files: Mapping[str, bytes], system: System) -> Case:
    """A loader whose configuration names `kern` and `ird`; they must run."""
    return boots(start, network, {**files, **system.files}, system.expected, BANNER)


def _simple(loader: str, start: Build, network: Network, card: Card) -> Case:
    """A kernel and an initrd."""
    files = configured(loader, *entry("kern", "INITRD ird"))
    return _loaded(start(card), network, files, small_system())


def _kernel(loader: str, card: Card) -> Case:
    """The configuration's text is shown, its command line arrives."""
    system = small_system()
    says = f"{system.expected.nonce}-says"
    files = configured(loader, f"SAY {says}", *entry("kern", "INITRD ird", "APPEND a b=c"))
    case = _loaded(ours(card), User(loader), files, system)
    return case.showing(says, r'cmdline="BOOT_IMAGE=kern a b=c initrd=ird')


def _linux(loader: str, card: Card) -> Case:
    """A real kernel, to userland."""
    system = linux_system(card.shop)
    append = "APPEND " + APPEND.format(nonce=system.expected.nonce)
    files = configured(loader, *entry("kern", "INITRD ird", append))
    start = ours(card).on(memory=LINUX_MEMORY, binary="qemu-system-x86_64")
    return _loaded(replace(start, timeout=LINUX_TIMEOUT), User(loader), files, system)


def _menu(loader: str, module: str, card: Card) -> Case:
    """A menu module, whose default entry starts after half a second."""
    lines = ["SERIAL 0", f"UI {module}.c32", f"MENU TITLE {MENU_TITLE}", "TIMEOUT 5", "LABEL it"]
    lines += [" KERNEL kern", " INITRD ird"]
    files = configured(loader, *lines, modules=(module, "libutil", "libcom32"))
    start = ours(card).on(display=module == "vesamenu")
    return _loaded(start, User(loader), files, small_system()).showing(MENU_TITLE)


def _information(card: Card) -> Case:
    """What meminfo.c32 reads of the memory map."""
    libraries = ("libcom32", "libutil", "meminfo")
    files = configured("pxelinux.0", "DEFAULT meminfo.c32", "PROMPT 0", modules=libraries)
    case = shows(ours(card), User("pxelinux.0"), files, BANNER)
    return replace(case, until=PROMPT, check=_memory_map)


def _memory_map(boot: Boot) -> str:
    """Base memory is reported honestly, and most of it is free."""
    found = BASE_MEMORY.search(boot.outcome.console)
    if not found:
        raise Failed(f"no memory map; last line: {last_line(boot.outcome.console)}")
    kilobytes, low_end = int(found[1]), int(found[2], 16)
    if kilobytes * 1024 != low_end:
        raise Failed(f"INT 12h says {kilobytes} KiB, E820 says {low_end:#x}")
    resident = BIOS_BASE_KILOBYTES - kilobytes
    if resident > RESIDENT_MAX:
        raise Failed(f"{resident} KiB of base memory are resident, more than {RESIDENT_MAX}")
    return f"{resident} KiB of base memory resident"


def _memdisk(loader: str, card: Card) -> Case:
    """memdisk with a floppy image, whose boot sector reads through it."""
    disk = floppy()
    files = configured(loader, *entry("memdisk", "INITRD floppy.img"))
    files |= {"memdisk": (SYSLINUX / "memdisk").read_bytes(), "floppy.img": disk.data}
    return boots(ours(card), User(loader), files, disk.expected, BANNER, "MEMDISK")


def _names(loader: str, prefix: str, card: Card) -> Case:
    """Kernel and initrd from a server that is given by name: DNS, then TFTP or HTTP."""
    files = configured(loader, *entry(f"{prefix}kern", f"INITRD {prefix}ird"))
    network = staged(Stages(loader, loader, loader), http=prefix.startswith("http"))
    return _loaded(ours(card), network, files, small_system()).showing(HOST)


def _by_module(module: str, libraries: tuple[str, ...], line: str) -> dict[str, bytes]:
    lines = entry(f"{module}.c32", f"APPEND {line}")
    return configured("pxelinux.0", *lines, modules=(module, *libraries))


def _chain(name: str, card: Card) -> Case:
    """A program of CHAINS, which ends the loader's use of the API well.

    On a network without DNS: pxechn asks for names of files as if they were hosts, and may wait for nobody's answer.
    """
    *how, kind = CHAINS[name]
    program = payload(kind)
    files = _by_module(*how) | {"other": program.data}  # type: ignore[arg-type]
    return boots(ours(card), Wired("pxelinux.0"), files, program.expected, BANNER)


def _exec_kernel(card: Card) -> Case:
    """FILE_EXEC with a command line, which names an initrd."""
    files = _by_module("gpxecmd", ("libcom32",), "chain kern a b=c initrd=ird")
    case = _loaded(ours(card), User("pxelinux.0"), files, small_system())
    return case.showing('cmdline="a b=c initrd=ird"')


def _bad_exec(command: str, card: Card) -> Case:
    files = _by_module("gpxecmd", ("libcom32",), command)
    case = shows(ours(card), User("pxelinux.0"), files, BANNER, "boot:$")
    return replace(case, until=PROMPT)


def _local(card: Card) -> Case:
    """LOCALBOOT -1: the loader gives up, and the BIOS goes on to the next device."""
    files = configured("pxelinux.0", "DEFAULT it", "PROMPT 0", "LABEL it", " LOCALBOOT -1")
    return goes_on(ours(card), User("pxelinux.0"), files, BANNER)


def plans(all_cards: list[Card]) -> Iterator[CardPlan]:
    """The loaders on every card, quick ones on the first; the sets of servers on the first card only."""
    for index, card in enumerate(all_cards):
        first = index == 0
        for loader in LOADERS:
            yield CardPlan(GROUP, f"{loader}+kernel", card, partial(_kernel, loader), quick=first)
            for name, build in _per_loader(loader):
                yield CardPlan(GROUP, f"{loader}+{name}", card, build)
            for name in COMBINATIONS if first else ():
                build = partial(_simple, loader, ours, combination(name, loader))
                yield CardPlan(GROUP, f"{loader}+servers-{name}", card, build)
        yield CardPlan(
            GROUP, "lpxelinux.0+http", card, partial(_names, LOADERS[1], f"http://{HOST}/")
        )
        yield CardPlan(GROUP, "memory-map", card, _information, quick=first)
        yield CardPlan(GROUP, "pxelinux.0+next-device", card, _local, quick=first)
        for name in CHAINS:
            quick = first and name in QUICK_CHAINS
            yield CardPlan(GROUP, name, card, partial(_chain, name), quick=quick)
        yield CardPlan(GROUP, "gpxecmd+kernel", card, _exec_kernel)
        for name, command in BAD_COMMANDS.items():
            yield CardPlan(GROUP, f"gpxecmd+{name}", card, partial(_bad_exec, command))


def _per_loader(loader: str) -> Iterator[tuple[str, Build]]:
    yield "floppy", partial(_simple, loader, ours_on_floppy, User(loader))
    yield "menu", partial(_menu, loader, "menu")
    yield "vesamenu", partial(_menu, loader, "vesamenu")
    yield "memdisk", partial(_memdisk, loader)
    yield "dns", partial(_names, loader, f"{HOST}::")
    yield "dns-url", partial(_names, loader, f"tftp://{HOST}/")
    yield "linux", partial(_linux, loader)
