"""Running one case. run_case() is a pure function of its case, so it runs on any machine that has QEMU.

What a machine lacks for a case it fetches to out/cache below its own working folder, where it can.
"""

from __future__ import annotations

import datetime
import hashlib
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ci import bochs, qemu
from ci.bochs import Bochs
from ci.disks import DISKS
from ci.evidence import Record
from ci.judge import PASS, SKIP, STATUSES, Expected, Verdict, gave_up, judge, shows
from ci.machine import Card, Drive, Machine, Network, UserNetwork, WireNetwork
from ci.net.combinations import served
from ci.net.wire import SERVER_MAC, Scenario, Wire
from ci.newer_qemu import BINARY, qemu_for
from ci.packages import CACHE, Unavailable
from ci.qemu import Emulator, Outcome

OTHER_SERVER = bytes.fromhex("0200000002")  # and a byte: hardware address at the same IP address
BOOTS = ("rom", "nbp", *DISKS)
TFTP = "tftp"
NO_ANSWER = "(E08)"  # of the DHCP server
SENT = (  # fields of a record that follow from the case alone
    "case image sha256 medium family tier card boot first_stage payload nonce booted_sha256"
).split()
REAL_TIMEOUT = 90.0  # of a boot in real time that may wait for a server


@dataclass(frozen=True)
class Other:
    """A further card, before the one that is to boot, and what serves it."""

    card: str  # QEMU device
    network: Scenario = Scenario()
    link: bool = True  # a cable is in it


@dataclass(frozen=True)
class Case:
    """One boot, with everything it needs: it can be pickled and run elsewhere."""

    key: str
    image: str  # path below out/images
    sha256: str  # of the image as built
    medium: str
    family: str
    tier: str
    card: str  # QEMU device
    boot: str  # of BOOTS
    data: bytes  # the image that is booted
    payload_kind: str
    payload_name: str
    payload: bytes
    expected: Expected
    disk: bytes = (
        b""  # what the image was written to; "": nothing, it is a ROM, an NBP or a disk itself
    )
    first_stage_name: str = ""  # of the PXE ROM that loads an NBP
    first_stage: bytes = b""
    nbp_suffix: str = ".zpxe"  # what the NBP's name has more than the boot file's
    next_device: bytes = b""  # boot sector the BIOS falls back to
    network: Scenario | None = None  # a server that may misbehave
    others: tuple[Other, ...] = ()
    rom_by: str = "bar"  # of ci.machine.ROM_BY; in Bochs: of ci.bochs.ROM_IN
    bridged: bool = False  # the card is behind a PCI bridge
    bochs: str = ""  # BIOS of ci.bochs.BIOSES: boot in Bochs instead
    servers: str = ""  # of ci.net.combinations; without either: QEMU's own servers
    memory: int = 32
    warp: int | None = None
    binary: str = BINARY  # run_case() looks for one that has the card, where it runs
    timeout: float = 30.0


def run_case(case: Case) -> Record:
    """Boot it and judge it. Raises InterruptedError when emulators are being stopped."""
    if case.bochs:
        return _boot_in_bochs(case)
    if not qemu.installed(case.binary):
        return record_of(case, Verdict(SKIP, f"{case.binary} is not installed"))
    case = replace(case, binary=qemu_for(case.card, CACHE, case.binary))
    with tempfile.TemporaryDirectory(prefix="boot-") as folder:
        boot_file = write_files(case, Path(folder))
        if case.servers:
            return _boot_from_servers(case, Path(folder), boot_file)
        files = {
            case.payload_name: case.payload,
            boot_file: (Path(folder) / TFTP / boot_file).read_bytes(),
        }
        with ExitStack() as stack:
            wires = [
                Wire(other.network, case.payload_name, files, mac=OTHER_SERVER + bytes([n]))
                for n, other in enumerate(case.others)
            ]
            networks = [WireNetwork(stack.enter_context(wire).guest_end) for wire in wires]
            cards = tuple(Card(o.card, network) for o, network in zip(case.others, networks))
            if case.network is None:
                record = _boot(case, folder, UserNetwork(TFTP, boot_file), cards)
            else:
                record = _boot_from_wire(case, folder, case.network, boot_file, files, cards)
        return record


def _boot(case: Case, folder: str, network: Network, others: tuple[Card, ...] = ()) -> Record:
    machine = replace(machine_of(case, network), others=others)
    with Emulator(machine, cwd=folder) as emulator:
        outcome = emulator.run(case.timeout, lambda running: gave_up(running.console()))
    if Emulator.closing():
        raise InterruptedError(case.key)
    return record_of(case, judge(case.expected, outcome), outcome, emulator.arguments)


def _boot_in_bochs(case: Case) -> Record:
    if reason := bochs.unavailable(case.bochs):
        return record_of(case, Verdict(SKIP, reason))
    with tempfile.TemporaryDirectory(prefix="boot-") as name:
        folder = Path(name)
        boot_file = write_files(case, folder)
        image = f"image.{case.medium}"
        medium = {"rom": image} if case.boot == "rom" else {"drive": image, "kind": case.boot}
        machine = Bochs(
            case.bochs, case.card, folder / TFTP, boot_file, rom_in=case.rom_by, **medium
        )
        outcome = machine.run(folder, case.timeout)
        if Emulator.closing():
            raise InterruptedError(case.key)
        record = record_of(case, judge(case.expected, outcome), outcome)
        bios = f"{case.bochs} in {bochs.version()}"
        return replace(
            record, qemu="", bios=bios, arguments=tuple(machine.configuration().split("\n"))
        )


def _boot_from_wire(
    case: Case,
    folder: str,
    scenario: Scenario,
    boot_file: str,
    files: Mapping[str, bytes],
    others: tuple[Card, ...] = (),
) -> Record:
    """The server is a thread here, and on a loaded machine a sped-up guest may be done waiting before it answers.

    Then a boot in real time is what counts.
    """
    with Wire(scenario, boot_file, files, mac=SERVER_MAC) as wire:
        record = _boot(case, folder, WireNetwork(wire.guest_end), others)
    if case.warp is None or record.verdict in (PASS, SKIP) or NO_ANSWER not in record.console:
        return record
    case = replace(case, warp=None, timeout=max(case.timeout, REAL_TIMEOUT))
    with Wire(scenario, boot_file, files, mac=SERVER_MAC) as wire:
        return _boot(case, folder, WireNetwork(wire.guest_end), others)


def _boot_from_servers(case: Case, folder: Path, boot_file: str) -> Record:
    try:
        with served(case.servers, folder, folder / TFTP, boot_file) as network:
            return _boot(case, str(folder), network)
    except Unavailable as reason:
        return record_of(case, Verdict(SKIP, str(reason)))


def write_files(case: Case, folder: Path) -> str:
    """Write what QEMU and its TFTP server read. Returns the name that DHCP gives out as boot file.

    A second stage is loaded under the boot file's name with `.zpxe` added, which it then leaves off.
    """
    tftp = folder / TFTP
    tftp.mkdir()
    if case.payload_name:
        (tftp / case.payload_name).write_bytes(case.payload)
    if case.next_device:
        (folder / "next.img").write_bytes(case.next_device)
    if case.boot != "nbp":
        (folder / f"image.{case.medium}").write_bytes(case.disk or case.data)
        return case.payload_name
    (folder / "first.rom").write_bytes(case.first_stage)
    name = case.payload_name + case.nbp_suffix
    (tftp / name).write_bytes(case.data)
    return name


def machine_of(case: Case, network: Network) -> Machine:
    """The PC that boots the case."""
    rom = {"rom": f"image.{case.medium}", "nbp": "first.rom"}.get(case.boot, "")
    drives = () if rom else (Drive(f"image.{case.medium}", DISKS[case.boot].drive),)
    if case.next_device:
        drives += (Drive("next.img", "floppy" if case.boot == "disk" else "disk"),)
    return Machine(
        card=case.card,
        network=network,
        rom=rom,
        rom_by=case.rom_by,
        bridged=case.bridged,
        unplugged=tuple(n for n, other in enumerate(case.others) if not other.link),
        drives=drives,
        memory=case.memory,
        warp=case.warp,
        binary=case.binary,
    )


def difference(case: Case, answer: object) -> str:
    """In what an answer is not about this case; "" when it is. No worker is taken at its word."""
    if not isinstance(answer, Record):
        return f"the worker answered with a {type(answer).__name__}, not a record"
    sent = record_of(case, Verdict(SKIP))
    for name in SENT:
        ours, theirs = getattr(sent, name), getattr(answer, name)
        if ours != theirs:
            return f"the worker's answer has {name} {theirs!r}, it was sent {ours!r}"
    if answer.verdict not in STATUSES:
        return f"the worker's answer has the verdict {answer.verdict!r}"
    shown = shows(answer.console, case.expected.nonce)
    if answer.verdict == PASS and shown != case.expected.boots:
        return "the worker's answer passes, but its console text does not show that"
    return ""


def record_of(
    case: Case, verdict: Verdict, outcome: Outcome | None = None, arguments: tuple[str, ...] = ()
) -> Record:
    """The evidence of one case."""
    return Record(
        case=case.key,
        image=case.image,
        sha256=case.sha256,
        medium=case.medium,
        family=case.family,
        tier=case.tier,
        card=case.card,
        boot=case.boot,
        first_stage=case.first_stage_name,
        payload=case.payload_kind,
        nonce=case.expected.nonce,
        verdict=verdict.status,
        reason=verdict.reason,
        booted_sha256=hashlib.sha256(case.data).hexdigest(),
        qemu=qemu.version(case.binary) if outcome else "",
        bios=outcome.bios if outcome else "",
        arguments=arguments,
        time_to_payload=outcome.first_debug if outcome else None,
        wall=round(outcome.wall, 4) if outcome else 0.0,
        cpu=round(outcome.cpu, 4) if outcome else 0.0,
        console=outcome.console if outcome else "",
        when=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )
