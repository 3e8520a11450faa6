"""Programs of Debian's pxelinux and syslinux-common on our .rom: menus, look-ups by name, memory disks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.linux import TIMEOUT as LINUX_TIMEOUT
from ci.net.combinations import COMBINATIONS
from ci.packages import Unavailable
from ci.pxe.boot import (
    Serving,
    Start,
    boot,
    last_line,
    must_boot,
    must_go_on,
    must_show,
    ours,
    ours_on_floppy,
    real_servers,
    user_network,
)
from ci.pxe.case import Card, Case, Failed, Go, Keeper
from ci.pxe.programs import System, floppy, linux_system, payload, small_system
from ci.pxe.servers import HOST, Stages, staged
from ci.qemu import Emulator, Outcome

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
BAD_COMMANDS = {"unknown": "sanboot iscsi:x", "bad-url": "chain tftp://x/", "no-file": "chain none"}


def distribution(loader: str, *modules: str) -> dict[str, bytes]:
    """A loader and the modules that it needs, as a TFTP server serves them. Raises Unavailable."""
    paths = [PXELINUX / loader, *(MODULES / f"{name}.c32" for name in ("ldlinux", *modules))]
    for path in paths:
        if not path.exists():
            raise Unavailable(f"no {path.name} here (packages pxelinux and syslinux-common)")
    return {path.name: path.read_bytes() for path in paths}


def configured(loader: str, *lines: str, modules: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The same with a configuration of these lines."""
    files = distribution(loader, *modules)
    return files | {CONFIGURATION: "".join(f"{line}\n" for line in lines).encode()}


def entry(kernel: str, *more: str) -> tuple[str, ...]:
    """Configuration lines that boot one label at once."""
    return ("DEFAULT it", "PROMPT 0", "LABEL it", f" KERNEL {kernel}", *(f" {m}" for m in more))


def _boot_system(
    files: Mapping[str, bytes], system: System, start: Start, serving: Serving, keeper: Keeper
) -> Outcome:
    """Boot a loader whose configuration names `kern` and `ird`; they must have run."""
    both = {"kern": system.kernel, "ird": system.initrd}
    outcome = boot(start, {**files, **both}, serving, keeper)
    must_boot(system.expected, outcome, BANNER)
    return outcome


def _kernel(loader: str, card: Card, keeper: Keeper) -> str:
    """A kernel and an initrd; the configuration's text is shown, its command line arrives."""
    system = small_system()
    says = f"{system.expected.nonce}-says"
    files = configured(loader, f"SAY {says}", *entry("kern", "INITRD ird", "APPEND a b=c"))
    outcome = _boot_system(files, system, ours(card), user_network(loader), keeper)
    must_show(outcome, says, r'cmdline="BOOT_IMAGE=kern a b=c initrd=ird')
    return ""


def _from_floppy(loader: str, card: Card, keeper: Keeper) -> str:
    """The same from our disk image in place of the ROM."""
    system = small_system()
    files = configured(loader, *entry("kern", "INITRD ird"))
    _boot_system(files, system, ours_on_floppy(card), user_network(loader), keeper)
    return ""


def _linux(loader: str, card: Card, keeper: Keeper) -> str:
    """A real kernel, to userland."""
    system = linux_system(card.shop)
    append = f"APPEND console=ttyS0 quiet panic=-1 no_timer_check nonce={system.expected.nonce}"
    files = configured(loader, *entry("kern", "INITRD ird", append))
    start = replace(
        ours(card),
        memory=LINUX_MEMORY,
        timeout=LINUX_TIMEOUT,
        binary="qemu-system-x86_64",
    )
    _boot_system(files, system, start, user_network(loader), keeper)
    return ""


def _menu(loader: str, module: str, card: Card, keeper: Keeper) -> str:
    """A menu module, whose default entry starts after half a second."""
    system = small_system()
    lines = ("SERIAL 0", f"UI {module}.c32", f"MENU TITLE {MENU_TITLE}", "TIMEOUT 5", "LABEL it")
    files = configured(
        loader,
        *lines,
        " KERNEL kern",
        " INITRD ird",
        modules=(module, "libutil", "libcom32"),
    )
    start = replace(ours(card), display=module == "vesamenu")
    outcome = _boot_system(files, system, start, user_network(loader), keeper)
    must_show(outcome, MENU_TITLE)
    return ""


def _information(card: Card, keeper: Keeper) -> str:
    """What meminfo.c32 reads of the memory map: base memory is reported honestly, and most of it is free."""
    libraries = ("libcom32", "libutil", "meminfo")
    files = configured("pxelinux.0", "DEFAULT meminfo.c32", "PROMPT 0", modules=libraries)
    outcome = boot(ours(card), files, user_network("pxelinux.0"), keeper, meminfo_is_done)
    must_show(outcome, BANNER)
    found = BASE_MEMORY.search(outcome.console)
    if not found:
        raise Failed(f"meminfo.c32 shows no memory map; last line: {last_line(outcome)}")
    kilobytes, low_end = int(found[1]), int(found[2], 16)
    if kilobytes * 1024 != low_end:
        raise Failed(f"INT 12h says {kilobytes} KiB, E820 says {low_end:#x}")
    resident = BIOS_BASE_KILOBYTES - kilobytes
    if resident > RESIDENT_MAX:
        raise Failed(f"{resident} KiB of base memory are resident, more than {RESIDENT_MAX}")
    return f"{resident} KiB of base memory resident"


def meminfo_is_done(emulator: Emulator) -> bool:
    """The loader's prompt is back."""
    return emulator.console().endswith("boot:")


def _memdisk(loader: str, card: Card, keeper: Keeper) -> str:
    """memdisk with a floppy image, whose boot sector reads through it."""
    disk = floppy()
    memdisk = SYSLINUX / "memdisk"
    files = configured(loader, *entry("memdisk", "INITRD floppy.img"))
    files |= {"memdisk": memdisk.read_bytes(), "floppy.img": disk.data}
    outcome = boot(ours(card), files, user_network(loader), keeper)
    must_boot(disk.expected, outcome, BANNER, "MEMDISK")
    return ""


def _names(loader: str, prefix: str, card: Card, keeper: Keeper) -> str:
    """Kernel and initrd from a server that is given by name: DNS, then TFTP or HTTP."""
    system = small_system()
    files = configured(loader, *entry(f"{prefix}kern", f"INITRD {prefix}ird"))
    serving: Serving = partial(
        staged, stages=Stages(loader, loader, loader), http=prefix.startswith("http")
    )
    must_show(_boot_system(files, system, ours(card), serving, keeper), HOST)
    return ""


def _servers(loader: str, name: str, card: Card, keeper: Keeper) -> str:
    """The loader from a set of real servers."""
    system = small_system()
    files = configured(loader, *entry("kern", "INITRD ird"))
    _boot_system(files, system, ours(card), real_servers(name, loader), keeper)
    return ""


def _chain(card: Card, keeper: Keeper) -> str:
    """pxelinux starts another network bootstrap program: ours to end its own use of the API well."""
    program = payload("nbp")
    modules = ("pxechn", "libcom32", "libutil")
    files = configured("pxelinux.0", *entry("pxechn.c32", "APPEND other"), modules=modules)
    outcome = boot(ours(card), files | {"other": program.data}, user_network("pxelinux.0"), keeper)
    must_boot(program.expected, outcome, BANNER)
    return ""


def _restart(card: Card, keeper: Keeper) -> str:
    """pxechn.c32 -r: the program is started by RESTART_TFTP, so ours fetches it."""
    program = payload("nbp")
    modules = ("pxechn", "libcom32", "libutil")
    files = configured("pxelinux.0", *entry("pxechn.c32", "APPEND -r other"), modules=modules)
    outcome = boot(ours(card), files | {"other": program.data}, user_network("pxelinux.0"), keeper)
    must_boot(program.expected, outcome, BANNER)
    return ""


def _exec(kind: str, url: str, card: Card, keeper: Keeper) -> str:
    """gpxecmd.c32 hands a command to FILE_EXEC: another boot file in place of the loader."""
    program = payload(kind)
    command = f"APPEND chain {url}other"
    files = configured(
        "pxelinux.0", *entry("gpxecmd.c32", command), modules=("gpxecmd", "libcom32")
    )
    outcome = boot(ours(card), files | {"other": program.data}, user_network("pxelinux.0"), keeper)
    must_boot(program.expected, outcome, BANNER)
    return ""


def _exec_kernel(card: Card, keeper: Keeper) -> str:
    """The same with a command line, which names an initrd."""
    system = small_system()
    lines = entry("gpxecmd.c32", "APPEND chain kern a b=c initrd=ird")
    files = configured("pxelinux.0", *lines, modules=("gpxecmd", "libcom32"))
    outcome = _boot_system(files, system, ours(card), user_network("pxelinux.0"), keeper)
    must_show(outcome, 'cmdline="a b=c initrd=ird"')
    return ""


def _bad_exec(command: str, card: Card, keeper: Keeper) -> str:
    """A command that fails leaves the loader as it was: at its prompt."""
    lines = entry("gpxecmd.c32", f"APPEND {command}")
    files = configured("pxelinux.0", *lines, modules=("gpxecmd", "libcom32"))
    outcome = boot(ours(card), files, user_network("pxelinux.0"), keeper, meminfo_is_done)
    must_show(outcome, BANNER, "boot:$")
    return ""


def _local(card: Card, keeper: Keeper) -> str:
    """LOCALBOOT -1: the loader gives up, and the BIOS goes on to the next device."""
    files = configured("pxelinux.0", "DEFAULT it", "PROMPT 0", "LABEL it", " LOCALBOOT -1")
    outcome = boot(ours(card), files, user_network("pxelinux.0"), keeper)
    must_go_on(outcome, BANNER)
    return ""


def cases(all_cards: list[Card]) -> Iterator[Case]:
    """The loaders on every card, quick ones on the first; the sets of servers on the first card only."""
    for index, card in enumerate(all_cards):
        first = index == 0
        for loader in LOADERS:
            yield Case(GROUP, f"{loader}+kernel", card, partial(_kernel, loader), quick=first)
            for name, go in _per_loader(loader):
                yield Case(GROUP, f"{loader}+{name}", card, go)
            for name in COMBINATIONS if first else ():
                go = partial(_servers, loader, name)
                yield Case(GROUP, f"{loader}+servers-{name}", card, go)
        yield Case(GROUP, "lpxelinux.0+http", card, partial(_names, LOADERS[1], f"http://{HOST}/"))
        yield Case(GROUP, "memory-map", card, _information, quick=first)
        yield Case(GROUP, "pxelinux.0+chain", card, _chain)
        yield Case(GROUP, "pxelinux.0+restart", card, _restart)
        yield Case(GROUP, "pxelinux.0+next-device", card, _local, quick=first)
        for kind in ("nbp", "nbi"):
            yield Case(GROUP, f"gpxecmd+{kind}", card, partial(_exec, kind, ""), quick=first)
        yield Case(GROUP, "gpxecmd+url", card, partial(_exec, "nbi", "tftp://10.0.2.2/"))
        yield Case(GROUP, "gpxecmd+kernel", card, _exec_kernel)
        for name, command in BAD_COMMANDS.items():
            yield Case(GROUP, f"gpxecmd+{name}", card, partial(_bad_exec, command))


def _per_loader(loader: str) -> Iterator[tuple[str, Go]]:
    yield "floppy", partial(_from_floppy, loader)
    yield "menu", partial(_menu, loader, "menu")
    yield "vesamenu", partial(_menu, loader, "vesamenu")
    yield "memdisk", partial(_memdisk, loader)
    yield "dns", partial(_names, loader, f"{HOST}::")
    yield "dns-url", partial(_names, loader, f"tftp://{HOST}/")
    yield "linux", partial(_linux, loader)
