# SPDX-License-Identifier: BSD-2-Clause
"""Booting: the one function that takes a case to its record, and the place that benchmarks boot in again and again.

run_case() depends on nothing but its case, so it runs on any machine that has the emulator. What that machine lacks it
fetches to out/cache below its own working folder, where it can.
"""

from __future__ import annotations

import datetime
import math
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ci.chips import process
from ci.lab import bochs, qemu
from ci.lab.bochs import Bochs
from ci.lab.case import Boot, Case, Failed, Key, Label
from ci.lab.emulator import Emulator, Outcome
from ci.lab.given import Given
from ci.lab.journal import Record, file_name
from ci.lab.judge import ANY, FAIL, PASS, SKIP, STATUSES, Verdict, gave_up, judge, shows
from ci.lab.machine import Machine
from ci.lab.network import TFTP, Network, Plug, Wired
from ci.lab.newer_qemu import qemu_for
from ci.lab.qemu import Qemu
from ci.packages import CACHE, Unavailable

Stop = Callable[[Emulator], bool]

CAPTURE = "capture.pcap"
NO_ANSWER = ("(E08)", "(E13)")  # of the DHCP server; to ARP
REAL_TIMEOUT = 90.0  # of a boot in real time that may wait for a server
STOCK_GAVE_UP, OURS = "No more network devices", "Etherforge "
TRIES = 3


@dataclass(frozen=True)
class Place:
    """A folder whose files are served to the cards of a machine."""

    folder: Path
    plugs: tuple[Plug, ...]

    def boot(
        self,
        machine: Machine,
        timeout: float,
        stop: Stop | None = None,
        captured: bool = False,
        silence: float = math.inf,
        begin: Callable[[Emulator], None] = lambda emulator: None,
    ) -> tuple[Outcome, tuple[str, ...]]:
        """Boot until the machine ends, nothing is left to boot, or stop() says so. Also returns QEMU's arguments.

        `begin` is called once it runs; see Case for the others.
        """
        with self._emulator(machine, captured) as emulator:
            for wire in (plug.wire for plug in self.plugs if plug.wire):
                wire.attach(emulator.command)
            begin(emulator)
            outcome = emulator.run(timeout, lambda it: _ends(machine, it, stop), silence)
        return outcome, emulator.arguments

    def _emulator(self, machine: Machine, captured: bool) -> Emulator:
        if machine.bios:
            return Bochs(machine, self.plugs[0], self.folder)
        if machine.program:
            return Given(machine, self.plugs[0], self.folder)
        dump = f"filter-dump,id=dump,netdev=net,file={self.folder / CAPTURE}"
        return Qemu(machine, self.plugs, self.folder, ("-object", dump) if captured else ())


def _ends(machine: Machine, emulator: Emulator, stop: Stop | None) -> bool:
    """Whether there is nothing to wait for; what a machine that resets itself once printed says nothing of that."""
    given_up = not machine.resets and gave_up(emulator.console())
    return given_up or bool(stop and stop(emulator))


@contextmanager
def served(files: Mapping[str, bytes], network: Network, *others: Network) -> Iterator[Place]:
    """A place with these files, and these networks for a machine's cards. Raises Unavailable."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="boot-")))
        write_files(folder, files)
        plugs = (stack.enter_context(it.plugged(folder)) for it in (network, *others))
        yield Place(folder, tuple(plugs))


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """What a network serves."""
    (folder / TFTP).mkdir(exist_ok=True)
    for name, data in files.items():
        path = folder / TFTP / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class Typist:
    """Waits for a text, presses a key, waits for the next; to be asked whenever the console shows more.

    A long text is typed in pieces, each once the one before it is echoed: SeaBIOS keeps 15 keys, and loses more.
    """

    AT_ONCE = 8

    def __init__(self, keys: tuple[Key, ...], until: str) -> None:
        self.left = list(keys)
        self._until = until
        self._seen = 0
        self._echoed = 0  # how long the console's output is once all that was typed is echoed

    def __call__(self, emulator: Emulator) -> bool:
        console = emulator.console() if self.left or self._until else ""
        while self.left:
            text = self.left[0][0]
            found = console.find(text, self._seen)
            if found < 0 or emulator.console_length() < self._echoed:
                break
            self._seen = found + len(text)
            self._press(emulator, self.left.pop(0)[1])
        return bool(self._until and re.search(self._until, console))

    def _press(self, emulator: Emulator, key: bytes | str) -> None:
        if isinstance(key, str):
            emulator.command(key)
            return
        if len(key) > self.AT_ONCE:
            self._echoed = emulator.console_length() + self.AT_ONCE
            self.left.insert(0, ("", key[self.AT_ONCE :]))
        emulator.press(key[: self.AT_ONCE])


def missing(machine: Machine, model_sha256: str = "") -> str:
    """Why a machine cannot be had here, with a chip model of this program; "" when it can."""
    if machine.bios:
        return bochs.unavailable(machine.bios)
    if not qemu.installed(machine.binary):
        return f"{machine.binary} is not installed"
    if qemu.has_card(machine.binary, machine.card):
        return process.unavailable(model_sha256) if machine.chip else ""
    lacks = f"QEMU {qemu.version(machine.binary)} has no card {machine.card}"
    return f"{lacks}, and no newer one could be had" if machine.newer else lacks


def run_case(case: Case, evidence: Path | None = None) -> Record:
    """Boot it and judge it. `evidence`: folder that the capture goes to.

    Raises InterruptedError when emulators are being stopped.
    """
    if case.machine.newer:
        case = case.on(binary=qemu_for(case.machine.card, CACHE, case.machine.binary))
    if reason := missing(case.machine, case.label.model_sha256):
        return record_of(case, Verdict(SKIP, reason))
    for _ in range(TRIES):
        try:
            found = _booted(case, evidence)
        except Unavailable as refusal:
            return record_of(case, Verdict(SKIP, str(refusal)))
        again = _again(case, found)
        if again is None:
            break
        case = again
    return found


def _again(case: Case, found: Record) -> Case | None:
    """A sped-up guest may be done waiting before its server answers, on a loaded machine; then another boot counts.

    That is one in real time; a stock ROM, whose banner takes long, is sped up once more.
    """
    if case.machine.warp is None or found.verdict in (PASS, SKIP):
        return None
    if STOCK_GAVE_UP in found.console and OURS not in found.console:
        return case
    if isinstance(case.network, Wired) and any(code in found.console for code in NO_ANSWER):
        return replace(case.on(warp=None), timeout=max(case.timeout, REAL_TIMEOUT))
    return None


def _booted(case: Case, evidence: Path | None) -> Record:
    machine = case.machine
    user = Typist(case.keys, case.until)
    with served(case.files, case.network, *(other.network for other in machine.others)) as place:
        outcome, arguments = place.boot(machine, case.timeout, user, case.captured, case.silence)
        if Emulator.closing():
            raise InterruptedError(case.key)
        capture = place.folder / CAPTURE
        verdict = _judged(case, Boot(outcome, place.plugs[0], capture), user)
        if evidence and capture.exists():
            evidence.mkdir(parents=True, exist_ok=True)
            shutil.move(capture, evidence / file_name(case.key, ".pcap"))
    return record_of(case, verdict, outcome, arguments)


def _judged(case: Case, boot: Boot, user: Typist) -> Verdict:
    verdict = judge(case.expected, boot.outcome)
    if verdict.status != PASS:
        return verdict
    if user.left:
        return Verdict(FAIL, f"the console never showed '{user.left[0][0]}'")
    try:
        return Verdict(PASS, case.check(boot) or verdict.reason) if case.check else verdict
    except Failed as fault:
        return Verdict(FAIL, str(fault))
    except (LookupError, OSError, StopIteration, ValueError, struct.error) as error:
        return Verdict(FAIL, f"{type(error).__name__}: {error}")


def record(key: str, label: Label, verdict: Verdict, nonce: str = "") -> Record:
    """The evidence of a case that was not booted."""
    when = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    return Record(
        case=key,
        nonce=nonce,
        verdict=verdict.status,
        reason=verdict.reason,
        when=when,
        **asdict(label),
    )


def record_of(
    case: Case,
    verdict: Verdict,
    outcome: Outcome | None = None,
    arguments: tuple[str, ...] = (),
) -> Record:
    """The evidence of a case."""
    found = record(case.key, case.label, verdict, case.expected.nonce)
    if outcome is None:
        return found
    bios = case.machine.bios
    return replace(
        found,
        seed=case.machine.seed,
        qemu="" if bios else qemu.version(case.machine.binary),
        accelerator="" if bios else case.machine.accelerator,
        bios=f"{bios} in {bochs.version()}" if bios else outcome.bios,
        arguments=arguments,
        time_to_payload=outcome.first_debug,
        wall=round(outcome.wall, 4),
        cpu=round(outcome.cpu, 4),
        console=outcome.console,
        debug=outcome.debug,
        errors=outcome.errors,
        card_log="\n".join(outcome.cards),
    )


def difference(case: Case, answer: object) -> str:
    """In what an answer is not about this case; "" when it is. No worker is taken at its word."""
    if not isinstance(answer, Record):
        return f"the worker answered with a {type(answer).__name__}, not a record"
    sent = record_of(case, Verdict(SKIP))
    for name in ("case", "nonce", *asdict(case.label)):
        ours, theirs = getattr(sent, name), getattr(answer, name)
        if ours != theirs:
            return f"the worker's answer has {name} {theirs!r}, it was sent {ours!r}"
    if answer.verdict not in STATUSES:
        return f"the worker's answer has the verdict {answer.verdict!r}"
    shown = shows(answer.console, case.expected.nonce)
    if answer.verdict == PASS and case.expected.report != ANY and shown != case.expected.boots:
        return "the worker's answer passes, but its console text does not show that"
    return ""
