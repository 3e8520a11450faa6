# SPDX-License-Identifier: BSD-2-Clause
"""What docs/flashing.md promises, as far as it can be tried here: chips that flashrom writes, ROMs that boot."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ci import stock
from ci.images import Shop
from ci.lab.boot import run_case
from ci.lab.case import Case
from ci.lab.judge import PASS
from ci.smoke.plans import Plan
from ci.transcript import as_pattern, commands
from ci.tree import need_tool, unavailable
from factory.spec import PciId, load_spec

CARD = PciId(0x10EC, 0x8139)
CHIP = "M25P10.RES"  # an SPI chip of 128 KiB, as flashrom emulates it
KIB = 1024
OVMF = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
UEFI_SECONDS = 180.0  # needs five of a processor


@pytest.fixture(name="case")
def rom_case(built: Path) -> Case:
    """The card's ROM and a payload."""
    need_tool("qemu-system-i386")
    spec = load_spec(built / "targets.yaml")
    image = next(it for it in spec.images() if it.medium == "rom" and it.ids == (CARD,))
    case = Plan("flash", image, Shop(built / "out"), "exact", "rtl8139", CARD, boot="rom").make()
    assert isinstance(case, Case)
    return case


def boots(case: Case, rom: bytes, rom_by: str = "bar") -> None:
    """The card boots with this ROM."""
    record = run_case(case.on(rom=rom, rom_by=rom_by))
    assert record.verdict == PASS, record.console


def romtool(built: Path, *words: str | Path) -> None:
    """Run it; it must succeed."""
    Shop(built / "out").run(*map(str, words))


def flashrom(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it on an emulated chip, whose content stays in `folder`."""
    command = [need_tool("flashrom"), "-p", f"dummy:emulate={CHIP},image=chip.bin", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_chip(built: Path, tmp_path: Path, case: Case) -> None:
    """A padded ROM goes into a chip, comes back as it was, and boots."""
    (tmp_path / "card.rom").write_bytes(case.machine.rom)
    done = flashrom(tmp_path, "-w", "card.rom")
    assert done.returncode and "doesn't match the expected size (131072 B)" in done.stderr
    romtool(built, "pad", tmp_path / "card.rom", "--size", "128K", "-o", tmp_path / "chip.rom")
    done = flashrom(tmp_path, "-w", "chip.rom")
    assert done.returncode == 0 and "VERIFIED" in done.stdout, done.stdout + done.stderr
    assert flashrom(tmp_path, "-r", "back.rom").returncode == 0
    back = (tmp_path / "back.rom").read_bytes()
    assert back == (tmp_path / "chip.rom").read_bytes() and len(back) == 128 * KIB
    boots(case, back)


def test_chip_twice_as_large(built: Path, tmp_path: Path, case: Case) -> None:
    """The ROM in each half of a chip, for a card that leads its highest address line nowhere."""
    (tmp_path / "card.rom").write_bytes(case.machine.rom)
    half = tmp_path / "half.rom"
    romtool(built, "pad", tmp_path / "card.rom", "--size", "32K", "-o", half)
    boots(case, half.read_bytes() * 2)


@pytest.fixture(name="both")
def merged_rom(built: Path, tmp_path: Path, case: Case) -> Path:
    """Our ROM and another maker's EFI image in one file."""
    theirs = next(
        filter(Path.exists, (folder / "efi-rtl8139.rom" for folder in stock.FOLDERS)), None
    )
    if theirs is None:
        unavailable("no efi-rtl8139.rom (package ipxe-qemu)")
    ours, both = tmp_path / "ours.rom", tmp_path / "both.rom"
    ours.write_bytes(case.machine.rom)
    romtool(built, "merge", ours, f"{theirs}#1", "-o", both)
    romtool(built, "lint", both)
    romtool(built, "split", both, "-o", tmp_path)
    assert (tmp_path / "both-0-x86.rom").read_bytes() == case.machine.rom
    assert (tmp_path / "both-1-efi.rom").read_bytes() in theirs.read_bytes()
    return both


def test_both_in_a_bios(case: Case, both: Path) -> None:
    """A BIOS boots ours."""
    boots(case, both.read_bytes())


def test_both_in_uefi(both: Path) -> None:
    """UEFI starts the other one, which is the only iPXE there."""
    if not OVMF.exists():
        unavailable(f"{OVMF} is not there (package ovmf)")
    command = [need_tool("qemu-system-x86_64"), "-nodefaults", "-display", "none", "-m", "128"]
    for path in (OVMF, OVMF.with_name(OVMF.name.replace("CODE", "VARS"))):
        command += ["-drive", f"if=pflash,format=raw,snapshot=on,file={path}"]
    command += ["-machine", "q35", "-serial", "stdio", "-netdev", "user,id=n"]
    command += ["-device", f"rtl8139,netdev=n,romfile={both},bootindex=0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        end = threading.Timer(UEFI_SECONDS, process.kill)
        end.start()
        console = b""
        while b"iPXE" not in console and (more := os.read(process.stdout.fileno(), 4096)):
            console += more
        end.cancel()
        process.kill()
    assert b"iPXE" in console, console


def test_coreboot(case: Case) -> None:
    """SeaBIOS finds the ROM by its name where the card has none, as in coreboot's CBFS."""
    boots(case, case.machine.rom, f"pci{CARD.vendor:04x},{CARD.device:04x}.rom")


class Qemu:
    """A stopped machine with one card, and its monitor."""

    def __init__(self, folder: Path, rom: str, *words: str) -> None:
        command = [need_tool("qemu-system-i386"), "-nodefaults", "-display", "none", "-S"]
        command += ["-m", "16", "-device", f"rtl8139,romfile={rom}", "-qmp", "stdio", *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        self.ask("qmp_capabilities")

    def __enter__(self) -> Qemu:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is left running, whatever failed."""
        self.process.kill()
        self.process.communicate()

    def ask(self, command: str, **arguments: str) -> dict[str, Any]:
        """Its answer; empty when QEMU has ended."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"execute": command, "arguments": arguments}))
            self.process.stdin.flush()
        except BrokenPipeError:
            return {}
        answers = map(json.loads, self.process.stdout)
        return next((dict(it["return"]) for it in answers if "return" in it), {})

    def wait(self, command: str, *unfinished: str) -> None:
        """Until the status is another one, or QEMU ends."""
        deadline = time.monotonic() + 60
        while self.ask(command).get("status", "") in unfinished:
            assert time.monotonic() < deadline, f"still {unfinished}"
            time.sleep(0.05)

    def end(self) -> str:
        """What it had to complain of."""
        self.ask("quit")
        return self.process.communicate(timeout=60)[1]


def test_migration(built: Path, tmp_path: Path, case: Case) -> None:
    """A running machine moves only to where the ROM's BAR has the same size; romsize= sees to that."""
    (tmp_path / "card.rom").write_bytes(case.machine.rom)
    romtool(built, "pad", tmp_path / "card.rom", "--size", "64K", "-o", tmp_path / "padded.rom")
    with Qemu(tmp_path, "padded.rom") as source:
        source.ask("migrate", uri="exec:cat >state")
        source.wait("query-migrate", "setup", "active", "device")
    for rom, refused in (("card.rom", True), ("card.rom,romsize=65536", False)):
        with Qemu(tmp_path, rom, "-incoming", "exec:cat state") as target:
            target.wait("query-status", "inmigrate")
            messages = target.end()
        assert ("rtl8139.rom: 0x10000 != 0x8000" in messages) == refused, messages
        assert (target.process.returncode != 0) == refused
    boots(case.on(card="rtl8139,romsize=262144"), case.machine.rom)


def test_document(built: Path, tmp_path: Path) -> None:
    """Every command of docs/flashing.md shows what is said there."""
    need_tool("flashrom")
    if not any((folder / "efi-rtl8139.rom").exists() for folder in stock.FOLDERS):
        unavailable("no efi-rtl8139.rom (package ipxe-qemu)")
    (tmp_path / "out").symlink_to(built / "out")
    document = commands((built / "docs/flashing.md").read_text(encoding="utf-8"))
    script = "".join(f"echo 'command {it.number}'\n{it.text}\n" for it in document)
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rest = done.stdout
    for line in (line for it in document for line in (f"command {it.number}", *it.shows)):
        found = as_pattern(line).search(rest)
        assert found, f"{line}\nis not in\n{rest}"
        rest = rest[found.end() :]
