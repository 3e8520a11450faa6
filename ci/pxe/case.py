"""What a case of the PXE suite is, and how one is run: to a pass, a failure or a skip with its reason."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ci import qemu, stock
from ci.evidence import console_name
from ci.images import Shop
from ci.judge import FAIL, PASS, SKIP
from ci.newer_qemu import BINARY, qemu_for
from ci.packages import Unavailable
from ci.qemu import Outcome
from factory.spec import Model, Spec


class Failed(Exception):
    """The case showed a fault; says which."""


@dataclass(frozen=True)
class Card:
    """A family's stand-in: its first emulated card, and the files for it."""

    family: str
    model: Model
    shop: Shop

    @property
    def device(self) -> str:
        """QEMU's name for it."""
        return self.model.device

    def binary(self, program: str = BINARY) -> str:
        """The QEMU that has it: the installed one, or a newer one."""
        return qemu_for(self.device, self.shop.cache, program)

    def image(self, medium: str) -> bytes:
        """Our image for it."""
        return (
            self.shop.out / "images" / self.family / f"{self.model.id.hex}.{medium}"
        ).read_bytes()

    def special(self, name: str, medium: str = "zpxe") -> bytes:
        """Our image that is for no card (undi) or for every card (all)."""
        return (self.shop.out / "images" / name / f"{name}.{medium}").read_bytes()

    def stock_rom(self) -> bytes:
        """The PXE ROM of Debian's ipxe-qemu for it. Raises Unavailable when there is none."""
        rom = stock.rom_for(self.device, self.model.id, self.shop)
        if rom is None:
            raise Unavailable(f"no stock ROM for {self.device} (package ipxe-qemu)")
        return rom


def cards(spec: Spec, shop: Shop, wanted: str = "") -> list[Card]:
    """One card for each family that an emulator has one for."""
    return [
        Card(family.name, family.models[0], shop)
        for family in spec.families
        if family.models and wanted in ("", family.name)
    ]


class Keeper:
    """Where the evidence of one case goes: console texts and captures, one file of each per boot."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.key = key
        self._boots = 0
        self._stem = ""

    def next_boot(self) -> str:
        """Stem of the files of the case's next boot."""
        self._boots += 1
        name = self.key if self._boots == 1 else f"{self.key}+{self._boots}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stem = console_name(name).removesuffix(".txt")
        return self._stem

    def last_capture(self) -> Path:
        """The capture of the case's last boot."""
        return self.capture(self._stem)

    def capture(self, stem: str) -> Path:
        """The capture of a boot."""
        return (self.folder / f"{stem}.pcap").resolve()

    def forget(self) -> None:
        """Remove what the last boot left."""
        for suffix in (".txt", ".pcap"):
            (self.folder / f"{self._stem}{suffix}").unlink(missing_ok=True)

    def text(self, stem: str, outcome: Outcome) -> None:
        """Keep what a boot printed."""
        parts = [outcome.console, f"--- port E9h\n{outcome.debug}" if outcome.debug else ""]
        parts += [f"--- QEMU\n{outcome.errors}" if outcome.errors else ""]
        text = "\n".join(part for part in parts if part)
        (self.folder / f"{stem}.txt").write_text(text + "\n", encoding="utf-8")


Go = Callable[[Card, Keeper], str]


@dataclass(frozen=True)
class Case:
    """One thing to prove. go() returns a remark (perhaps ""), or raises Failed or Unavailable."""

    group: str
    name: str
    card: Card
    go: Go
    quick: bool = False

    @property
    def key(self) -> str:
        """Its name in reports and file names."""
        return f"{self.group}+{self.card.family}+{self.name}"


@dataclass(frozen=True)
class Result:
    """How a case ended. status is PASS, FAIL or SKIP of ci.judge."""

    key: str
    status: str
    remark: str
    seconds: float

    def line(self) -> str:
        """As it is printed."""
        remark = f": {self.remark}" if self.remark else ""
        return f"{self.status.upper()} {self.key}{remark} ({self.seconds:.1f} s)"


def run_case(case: Case, folder: Path) -> Result:
    """Run one case; what goes wrong with its set-up is a failure too, with the reason."""
    started = time.monotonic()
    status, remark = _verdict(case, Keeper(folder, case.key))
    return Result(case.key, status, remark, time.monotonic() - started)


def _verdict(case: Case, keeper: Keeper) -> tuple[str, str]:
    if not qemu.installed(BINARY):
        return SKIP, f"{BINARY} is not installed"
    if not qemu.has_card(case.card.binary(), case.card.device):
        return SKIP, f"QEMU {qemu.version(BINARY)} has no card {case.card.device}"
    try:
        return PASS, case.go(case.card, keeper)
    except Unavailable as reason:
        return SKIP, str(reason)
    except Failed as reason:
        return FAIL, str(reason)
    except FileNotFoundError as error:
        return FAIL, f"{error.filename}: not there; hint: run make first"
    except (OSError, ValueError, RuntimeError, struct.error) as error:
        return FAIL, f"{type(error).__name__}: {error}"


def last_line(results: Iterable[Result]) -> str:
    """The summary that scripts read."""
    found = [result.status for result in results]
    return f"{found.count(PASS)} passed, {found.count(FAIL)} failed, {found.count(SKIP)} skipped"


def good(results: Iterable[Result]) -> bool:
    """Something passed and nothing failed."""
    statuses = {result.status for result in results}
    return PASS in statuses and FAIL not in statuses
