"""One boot of the PXE suite: files that are served, a network to serve them on, a machine; evidence is kept."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from ci.cases import NEXT_DEVICE, WARP
from ci.judge import FIRST_INSTRUCTION, NEXT_DEVICE_EXIT, PASS, Expected, gave_up, judge, shows
from ci.machine import Drive, Machine, Network, UserNetwork
from ci.net.combinations import served
from ci.newer_qemu import BINARY
from ci.pxe.case import Card, Failed, Keeper
from ci.qemu import Emulator, Outcome

TFTP = "tftp"
ROM, FLOPPY = "card.rom", "floppy.img"
MEMORY = 64
STOCK_TRIES, STOCK_GAVE_UP, OURS = 3, "No more network devices", "Etherforge "
COMPLAINT = "Failed to free base memory"
SECOND_STAGE = r"Etherforge \S+ {driver} {id}\b"

# Given a folder that holds the files in TFTP below it: the network on which they are served.
Serving = Callable[[Path], AbstractContextManager[Network]]


@dataclass(frozen=True)
class Start:
    """A machine with a card and its option ROM, or a floppy in its place."""

    card: Card
    rom: bytes
    floppy: bytes = b""
    memory: int = MEMORY  # MiB
    warp: bool = False  # speed up the guest's clock, for a first stage that waits
    display: bool = False  # with a graphics card
    timeout: float = 40.0
    binary: str = BINARY
    next_device: bytes = NEXT_DEVICE


def ours(card: Card) -> Start:
    """The card with our ROM, in real time: a sped-up guest may be done waiting before a server answers."""
    return Start(card, card.image("rom"))


def ours_on_floppy(card: Card) -> Start:
    """Our disk image in the floppy drive, and no option ROM."""
    return replace(ours(card), rom=b"", floppy=card.image("dsk"))


def theirs(card: Card) -> Start:
    """The card with its stock ROM. Raises Unavailable when there is none."""
    return Start(card, card.stock_rom(), warp=True, timeout=60.0)


def theirs_in_real_time(card: Card) -> Start:
    """The stock ROM where real servers answer, whose time no clock is sped up for (ci.machine)."""
    return replace(theirs(card), warp=False, timeout=90.0)


def user_network(boot_file: str) -> Serving:
    """QEMU's own DHCP and TFTP server."""
    return lambda folder: contextlib.nullcontext(UserNetwork(TFTP, boot_file))


def real_servers(name: str, boot_file: str) -> Serving:
    """One of the sets of real servers of ci.net.combinations."""
    return lambda folder: served(name, folder, folder / TFTP, boot_file)


def boot(
    start: Start,
    files: Mapping[str, bytes],
    serving: Serving,
    keeper: Keeper,
    stop: Callable[[Emulator], bool] | None = None,
) -> Outcome:
    """Boot until the machine ends, nothing is left to boot, or stop() says so.

    A sped-up stock ROM may be done waiting before the server's answer is there: it gets another try.
    """
    for _ in range(STOCK_TRIES - 1):
        outcome = _boot_once(start, files, serving, keeper, stop)
        if not (start.warp and STOCK_GAVE_UP in outcome.console and OURS not in outcome.console):
            return outcome
    return _boot_once(start, files, serving, keeper, stop)


def _boot_once(
    start: Start,
    files: Mapping[str, bytes],
    serving: Serving,
    keeper: Keeper,
    stop: Callable[[Emulator], bool] | None,
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="pxe-") as name:
        folder = Path(name)
        write_files(folder, files)
        with serving(folder) as network:
            return boot_in(folder, start, network, keeper, stop)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """The folder that a network serves."""
    for path, data in files.items():
        (folder / TFTP / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / TFTP / path).write_bytes(data)


def boot_in(
    folder: Path,
    start: Start,
    network: Network,
    keeper: Keeper,
    stop: Callable[[Emulator], bool] | None = None,
) -> Outcome:
    """The same in a network that is already there."""
    (folder / ROM).write_bytes(start.rom)
    (folder / FLOPPY).write_bytes(start.floppy)
    (folder / "next.img").write_bytes(start.next_device)
    stem = keeper.next_boot()
    extra = ("-object", f"filter-dump,id=dump,netdev=net,file={keeper.capture(stem)}")
    machine = Machine(
        card=start.card.device,
        network=network,
        rom=ROM if start.rom else "",
        drives=(*((Drive(FLOPPY, "floppy"),) if start.floppy else ()), Drive("next.img", "disk")),
        memory=start.memory,
        warp=WARP if start.warp else None,
        binary=start.card.binary(start.binary),
        extra=(*extra, "-vga", "std") if start.display else extra,
    )
    with Emulator(machine, cwd=str(folder)) as emulator:
        outcome = emulator.run(
            start.timeout, lambda it: gave_up(it.console()) or bool(stop and stop(it))
        )
    keeper.text(stem, outcome)
    return outcome


def must_boot(expected: Expected, outcome: Outcome, *texts: str) -> None:
    """Raise Failed unless the payload reported its nonce and checksum, and the console shows every pattern."""
    verdict = judge(replace(expected, texts=expected.texts + texts), outcome)
    if verdict.status != PASS:
        raise Failed(verdict.reason)
    if COMPLAINT in outcome.console:
        raise Failed(f"pxelinux says: {COMPLAINT}")


def must_show(outcome: Outcome, *texts: str) -> None:
    """Raise Failed unless the console shows every pattern."""
    for text in texts:
        if not shows(outcome.console, text):
            raise Failed(f"the console does not show /{text}/; last line: {last_line(outcome)}")


def must_go_on(outcome: Outcome, *texts: str) -> None:
    """Raise Failed unless nothing was booted, each pattern was shown, and the next boot device started."""
    if outcome.timed_out:
        raise Failed(f"hung for {outcome.wall:.0f} s; last line: {last_line(outcome)}")
    must_show(outcome, *texts)
    if outcome.exit_code != NEXT_DEVICE_EXIT:
        raise Failed(
            f"the next boot device did not start (status {outcome.exit_code}); "
            f"last line: {last_line(outcome)}"
        )


def from_payload(debug: str) -> str:
    """What port E9h got from the payload on, without what was written there before."""
    return debug[max(debug.find(FIRST_INSTRUCTION), 0) :]


def last_line(outcome: Outcome) -> str:
    """The last thing on the console."""
    lines = [line.strip() for line in outcome.console.splitlines() if line.strip()]
    return lines[-1] if lines else "(nothing)"


def driver_line(card: Card, driver: str) -> str:
    """Pattern: the firmware says it drives this card with that driver."""
    return SECOND_STAGE.format(driver=re.escape(driver), id=re.escape(str(card.model.id)))
