# SPDX-License-Identifier: BSD-2-Clause
"""For the tests of romtool: the tool built with sanitizers; small prefixes, ELF files and ROMs made byte by byte."""

from __future__ import annotations

import os
import random
import struct
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from ci.host_c import build

BASE = 0x101000


@cache
def tool() -> str:
    """The tool; ci/mutants.py and ci/coverage.py test others."""
    return os.environ.get("ROMTOOL") or str(build("asan", "romtool") / "romtool")


def case(value: object) -> str:
    """A short name for a parameter of a test."""
    return value[:40] if isinstance(value, str) else type(value).__name__


def romtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the tool; a finding of a sanitizer fails the test whatever it expects."""
    return run_checked([tool(), *arguments])


def run_checked(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a sanitized program."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
    )
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert done.returncode >= 0, f"killed by signal {-done.returncode}: {done.stderr}"
    return done


def refused(text: str, *arguments: str | Path, status: int = 1) -> str:
    """Run the tool, which must end with this status and say this; returns all it said."""
    done = romtool(*arguments)
    assert done.returncode == status, done.stderr
    assert text in done.stderr, done.stderr
    return done.stderr


def accepted(*arguments: str | Path) -> str:
    """Run the tool, which must succeed; returns its standard output."""
    done = romtool(*arguments)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def pnp_header(manufacturer: int, product: int = 0, bev: int = 0x60) -> bytearray:
    """A PnP expansion header, its checksum right."""
    start = struct.pack("<4sBBHBBIHH", b"$PnP", 1, 2, 0, 0, 0, 0, manufacturer, product)
    header = bytearray(start + b"\2\0\0\x54" + struct.pack("<HHHHH", 0, 0, bev, 0, 0))
    header[9] = -sum(header) & 0xFF
    return header


def pcir(
    vendor: int = 0,
    device: int = 0,
    units: int = 0,
    *,
    code_type: int = 0,
    indicator: int = 0x80,
    revision: int = 3,
) -> bytes:
    """A PCIR structure."""
    length = 0x1C if revision >= 3 else 0x18
    start = struct.pack(
        "<4sHHHHB3sHHBB",
        b"PCIR",
        vendor,
        device,
        0,
        length,
        revision,
        b"\0\0\2",
        units,
        1,
        code_type,
        indicator,
    )
    return start.ljust(length, b"\0")


def rom_prefix() -> bytearray:
    """Header, PCIR at 1Ch, EFPX at 38h, PnP at 50h, manufacturer at 70h. The CRC covers all from 48h on."""
    prefix = bytearray(0x7B)
    prefix[0:7] = b"\x55\xaa\0\xe9\x20\0\0"
    prefix[0x18:0x1C] = struct.pack("<HH", 0x1C, 0x50)
    prefix[0x1C:0x38] = pcir()
    prefix[0x38:0x48] = b"EFPX".ljust(16, b"\0")
    prefix[0x50:0x70] = pnp_header(0x70)
    prefix[0x70:0x7B] = b"Etherforge\0"
    return prefix


def zpxe_prefix() -> bytearray:
    """A jump, then EFPX."""
    return bytearray(b"\xeb\x12\x90\x90" + b"EFPX".ljust(16, b"\0") + b"\xcb")


def dsk_prefix() -> bytearray:
    """A boot sector and a few bytes of the next."""
    prefix = bytearray(0x200) + b"more"
    prefix[0x40:0x50] = b"EFPX".ljust(16, b"\0")
    prefix[0x1FE:0x200] = b"\x55\xaa"
    return prefix


PREFIXES = {"rom": rom_prefix, "zpxe": zpxe_prefix, "dsk": dsk_prefix}
R_32, R_PC32, R_PLT32, R_GOTPC = 1, 2, 4, 10
ABSOLUTE, UNDEFINED = 0xFFF1, 0


@dataclass
class Elf:
    """A linked firmware: one .text at the base, .bss some room behind it."""

    code: bytes
    relocations: list[tuple[int, int, str]] = field(default_factory=list)  # offset, type, symbol
    symbols: dict[str, tuple[int, int]] = field(default_factory=dict)  # value, section number
    room: int = 4096
    section_type: int = 9
    base: int = BASE

    def all_symbols(self) -> dict[str, tuple[int, int]]:
        """The linker map's and the test's own."""
        end = self.base + len(self.code)
        return {
            "_image_start": (self.base, 1),
            "_data_end": (end, 1),
            "_image_end": (end + self.room + 64, 3),
            **self.symbols,
        }

    def encode(self) -> bytes:
        """The ELF32 file: null, .text, .rel.text, .bss, .symtab, .strtab."""
        symbols = self.all_symbols()
        code = bytearray(self.code)
        for offset, kind, name in self.relocations:
            if kind == R_32 and code[offset : offset + 4] == bytes(4):  # as the linker does
                code[offset : offset + 4] = struct.pack("<I", symbols[name][0])
        names, table = b"\0", bytes(16)
        for name, (value, section) in symbols.items():
            table += struct.pack("<IIIBBH", len(names), value, 0, 0x10, 0, section)
            names += name.encode() + b"\0"
        order = list(symbols)
        entries = b"".join(
            struct.pack("<II", self.base + offset, (order.index(name) + 1) << 8 | kind)
            for offset, kind, name in self.relocations
        )
        end = self.base + len(self.code)
        body, sections = bytearray(52), [(0,) * 10]
        for kind, flags, address, data, size, link, info in (
            (1, 6, self.base, bytes(code), len(code), 0, 0),
            (self.section_type, 0, 0, entries, len(entries), 4, 1),
            (8, 3, end + self.room, b"", 64, 0, 0),
            (2, 0, 0, table, len(table), 5, 1),
            (3, 0, 0, names, len(names), 0, 0),
        ):
            sections.append((0, kind, flags, address, len(body), size, link, info, 4, 0))
            body += data
        header = (b"\x7fELF\1\1\1".ljust(16, b"\0"), 2, 3, 1, self.base, 0, len(body), 0)
        body[:52] = struct.pack("<16sHHIIIIIHHHHHH", *header, 52, 0, 0, 40, len(sections), 0)
        return bytes(body) + b"".join(struct.pack("<10I", *section) for section in sections)


def firmware(size: int = 1500) -> Elf:
    """Code with calls for the branch filter and four words to relocate, half of it incompressible."""
    code = bytearray(b"\x55\x89\xe5\x31\xc0\xe8\x10\0\0\0\xc9\xc3\x90\x90\x90\x90" * (size // 32))
    code += random.Random(3).randbytes(size - len(code))
    words = [16, 24, 800, 1204]
    for word in words:
        code[word : word + 4] = struct.pack("<I", BASE + 0x40)
    relocations = [(word, R_32, "thing") for word in words]
    return Elf(bytes(code), relocations, {"thing": (BASE + 0x40, 1)})


@dataclass
class Workshop:
    """A folder with a firmware, the prefixes and what was packed from them."""

    folder: Path
    budget: int = 24576

    def line(
        self,
        medium: str,
        name: str = "",
        vendor: str = "10ec",
        devices: str = "8139",
        product: str = "Etherforge test",
        settings: tuple[str, ...] = (),
    ) -> str:
        """A line of the image list; the path is "NAME.MEDIUM", else "VENDORDEVICE.MEDIUM"."""
        path = f"{name or vendor + devices.split(',')[0]}.{medium}"
        words = [medium, path, vendor, devices, str(self.budget), product, "0.9", *settings]
        return "\t".join(words) + "\n"

    def arguments(
        self, elf: Elf | bytes, lines: Iterable[str], **prefixes: bytes
    ) -> list[Path | str]:
        """Arguments of `romtool pack`, their files written."""
        data = elf if isinstance(elf, bytes) else elf.encode()
        (self.folder / "test.elf").write_bytes(data)
        (self.folder / "list").write_text("# comment\n\n" + "".join(lines), encoding="latin-1")
        words: list[Path | str] = ["pack", "--elf", self.folder / "test.elf"]
        for medium, make in PREFIXES.items():
            path = self.folder / f"{medium}.prefix"
            path.write_bytes(prefixes.get(medium, bytes(make())))
            words += ["--prefix", f"{medium}={path}"]
        return [*words, "--images", self.folder / "list", "--out", self.folder / "out"]

    def pack(self, *lines: str, elf: Elf | None = None) -> dict[str, bytes]:
        """Pack; returns every image by its path."""
        accepted(*self.arguments(elf or firmware(), lines))
        folder = self.folder / "out"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}

    def image(self, medium: str, *settings: str, **words: str) -> bytes:
        """Pack one image."""
        line = self.line(medium, settings=settings, **words)
        return self.pack(line)[line.split("\t")[1]]

    def file(self, name: str, data: bytes) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.write_bytes(data)
        return path


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A new folder for each test."""
    return Workshop(tmp_path)


def foreign_rom(
    vendor: int = 0x1234,
    device: int = 0x5678,
    *,
    entry: bytes = b"\xe9\x40\0",
    code_type: int = 0,
    indicator: int = 0x80,
    revision: int = 0,
    fill: int = 0xFF,
) -> bytearray:
    """One image of a stranger's ROM, 1 KiB, with right checksums; an EFI image when the code type says so."""
    rom = bytearray([fill]) * 1024
    rom[0:0x20] = bytes(0x20)
    rom[0:3], rom[3 : 3 + len(entry)] = b"\x55\xaa\2", entry
    rom[0x18:0x1A] = struct.pack("<H", 0x20)
    structure = pcir(vendor, device, 2, code_type=code_type, indicator=indicator, revision=revision)
    rom[0x20 : 0x20 + len(structure)] = structure
    if code_type == 3:
        rom[2:14] = struct.pack("<HIHHH", 2, 0xEF1, 11, 0x8664, 0)
        rom[0x16:0x18] = struct.pack("<H", 0x100)
        rom[0x100:0x102] = b"MZ"
    else:
        rom[0x3F] = 0
        rom[0x3F] = -sum(rom) & 0xFF
    return rom
