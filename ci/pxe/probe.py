# SPDX-License-Identifier: BSD-2-Clause
"""Scripts for the probe (ci/payloads/pxe_probe.asm), and what it printed.

A script is a list of records, each with a number; the probe prints a line for each, and Report finds them by number.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from ci.lab.case import Failed
from ci.pxe.programs import assemble

HEADER = struct.Struct("<BBH5HH")
END, CALL, POKE, DUMP, DUMP_VIA, MEMORY, DETECT, LEAVE, WAIT, IRQ_ON, IRQ_OFF = range(11)
NEXT_DEVICE, PCI_READ, A20, HOOK, COPY_ADDRESS = range(11, 16)
BY_PXENV, NO_COPY = 1, 2
NO_WAIT = 0xFFFF
MIB, BLOCK_E801 = 1 << 20, 64 << 10
PROGRAM_MAX = 0x10000 - 0x7C00  # one segment
BLOCK = (0x0000, 0x2000)  # offset and segment of parameter blocks
BUFFER = (0x0000, 0x3000)  # of data that blocks point to
PXE_AT, PXENV_AT = (0x7C08, 0), (
    0x7C0C,
    0,
)  # where the probe keeps the far pointers it was started with
DONE = 2  # written to the exit port at the script's end
DONE_EXIT = 2 * DONE + 1
CHANGED = ("SP", "CX", "DX", "SI", "BP", "FS", "GS", "FLAGS", "DS", "BX", "DI", "ES")

Far = tuple[int, int]


def far(pointer: Far) -> bytes:
    """As it lies in memory."""
    return struct.pack("<HH", *pointer)


@dataclass(frozen=True)
class Answer:
    """What a call brought."""

    exit: int  # AX
    tries: int
    changed: tuple[str, ...]  # registers that did not survive
    block: bytes

    @property
    def status(self) -> int:
        """The block's first word."""
        return self.word(0)

    def word(self, at: int) -> int:
        """A word of the block."""
        return int(struct.unpack_from("<H", self.block, at)[0])

    def dword(self, at: int) -> int:
        """A double word of the block."""
        return int(struct.unpack_from("<I", self.block, at)[0])


@dataclass(frozen=True)
class Memory:
    """What the BIOS's services say of memory. Ranges are (start, length, type)."""

    base_kb: int
    int12: int
    kb_88: int
    e801: tuple[int, int, int, int]  # AX, BX, CX, DX
    segment_1a: int
    segment_15: int
    ranges: tuple[tuple[int, int, int], ...]

    def ram(self) -> int:
        """Bytes that E820 calls RAM."""
        return sum(length for _, length, kind in self.ranges if kind == 1)

    def ends(self) -> dict[str, int]:
        """Where each service says that RAM above 1 MiB ends (below 4 GiB)."""
        ax, bx, cx, dx = self.e801
        ranges = [(start, start + length) for start, length, kind in self.ranges if kind == 1]
        return {
            "E820": max((end for start, end in ranges if MIB <= start < 1 << 32), default=MIB),
            "E801 AX and BX": _end_e801(ax, bx),
            "E801 CX and DX": _end_e801(cx, dx),
            "88h": MIB + self.kb_88 * 1024,
        }


def _end_e801(kilobytes: int, blocks: int) -> int:
    """KiB above 1 MiB, and above 16 MiB blocks of 64 KiB."""
    return 16 * MIB + blocks * BLOCK_E801 if blocks else MIB + kilobytes * 1024


@dataclass
class Script:
    """Records in order. The methods return the record's number."""

    records: bytearray = field(default_factory=bytearray)
    count: int = 0

    def _add(self, kind: int, *words: int, flags: int = 0, data: bytes = b"") -> int:
        self.count += 1
        padded = (*words, *(0,) * (5 - len(words)))
        self.records += HEADER.pack(kind, flags, self.count, *padded, len(data)) + data
        return self.count

    def call(
        self,
        opcode: int,
        block: bytes,
        at: Far = BLOCK,
        pxenv: bool = False,
        copy: bool = True,
        until: tuple[int, int] | None = None,
    ) -> int:
        """Call a service with this parameter block.

        until=(offset, value) repeats the call for up to two seconds until that word of the block has
        that value. With copy=False the far pointer is handed over without any block behind it.
        """
        flags = (BY_PXENV if pxenv else 0) | (0 if copy else NO_COPY)
        awaited = until or (NO_WAIT, 0)
        return self._add(CALL, opcode, *at, *awaited, flags=flags, data=block if copy else b"")

    def poke(self, at: Far, data: bytes) -> int:
        """Put bytes into memory."""
        return self._add(POKE, 0, *at, data=data)

    def dump(self, at: Far, length: int, via: bool = False) -> int:
        """Show bytes of memory; with `via` those that the far pointer at `at` points to."""
        return self._add(DUMP_VIA if via else DUMP, 0, *at, length)

    def memory(self) -> int:
        """Ask the BIOS about memory."""
        return self._add(MEMORY)

    def detect(self) -> int:
        """INT 1Ah/5650h."""
        return self._add(DETECT)

    def wait(self, ticks: int) -> int:
        """Wait for so many ticks of 55 ms."""
        return self._add(WAIT, ticks)

    def irq_on(self, number_at: Far) -> int:
        """Serve the interrupt line whose number lies at a place in memory."""
        return self._add(IRQ_ON, 0, *number_at)

    def irq_off(self) -> int:
        """Stop that, and tell the line and how many interrupts came."""
        return self._add(IRQ_OFF)

    def pci_read(self, register: int, function_at: Far) -> int:
        """Dump a double word of the configuration space of the PCI function that a word in memory names."""
        return self._add(PCI_READ, register, *function_at)

    def a20(self, on: bool) -> int:
        """Switch A20, and dump a byte: 1 when addresses above 1 MiB do not wrap."""
        return self._add(A20, int(on))

    def hook(self, vector: int) -> int:
        """Put a handler in front of an interrupt's, as a resident program would."""
        return self._add(HOOK, vector)

    def copy_address(self, pointer_at: Far, offset: int, distance: int, to: int) -> int:
        """Copy the double word at an offset behind a far pointer, plus a distance, to an offset in BLOCK's segment."""
        return self._add(COPY_ADDRESS, offset, *pointer_at, distance & 0xFFFF, to)

    def leave(self, status: int) -> int:
        """Go back to the loader with a status; for the end of a script."""
        return self._add(LEAVE, status)

    def program(self) -> bytes:
        """The boot file; a script that does not leave ends the emulator."""
        end = HEADER.pack(END, 0, 0, DONE, 0, 0, 0, 0, 0)
        program = assemble("pxe_probe") + bytes(self.records) + end
        if len(program) > PROGRAM_MAX:
            raise ValueError(f"the probe's script is too long: {len(program)} bytes in all")
        return program


class Report:
    """The probe's output, by record number."""

    def __init__(self, text: str) -> None:
        self.started = "EFPROBE" in text
        self._lines: dict[tuple[str, int], list[str]] = {}
        self._ranges: dict[int, list[tuple[int, int, int]]] = {}
        last_memory = 0
        for line in text.splitlines():
            words = line.split()
            if words[:1] == ["RANGE"] and len(words) == 2:
                start, length, kind = struct.unpack("<QQI", bytes.fromhex(words[1]))
                self._ranges.setdefault(last_memory, []).append((start, length, kind))
            elif len(words) >= 2 and words[0] in ("CALL", "DUMP", "MEMORY", "DETECT", "IRQ"):
                number = int(words[1], 16)
                self._lines[words[0], number] = words[2:]
                last_memory = number if words[0] == "MEMORY" else last_memory

    def _words(self, kind: str, number: int) -> list[str]:
        if (kind, number) not in self._lines:
            last = max((n for _, n in self._lines), default=0)
            raise Failed(f"the probe did not get past record {last} (wanted {number})")
        return self._lines[kind, number]

    def answer(self, number: int) -> Answer:
        """Of a call."""
        code, tries, changed, *block = self._words("CALL", number)
        mask = int(changed, 16)
        names = tuple(name for bit, name in enumerate(CHANGED) if mask >> bit & 1)
        return Answer(int(code, 16), int(tries, 16), names, bytes.fromhex("".join(block)))

    def bytes(self, number: int) -> bytes:
        """Of a dump."""
        return bytes.fromhex("".join(self._words("DUMP", number)))

    def memory(self, number: int) -> Memory:
        """Of a question about memory."""
        words = [int(word, 16) for word in self._words("MEMORY", number)]
        base_kb, int12, kb_88, ax, bx, cx, dx, segment_1a, segment_15 = words
        ranges = tuple(self._ranges.get(number, []))
        return Memory(base_kb, int12, kb_88, (ax, bx, cx, dx), segment_1a, segment_15, ranges)

    def detect(self, number: int) -> tuple[int, int, int, int, bool]:
        """AX, BX, ES, EDX and the carry flag after INT 1Ah/5650h."""
        data = bytes.fromhex("".join(self._words("DETECT", number)))
        ax, bx, es, edx, carry = struct.unpack("<HHHIB", data)
        return ax, bx, es, edx, bool(carry)

    def interrupts(self, number: int) -> tuple[int, int]:
        """Line, and how many interrupts came."""
        line, count = self._words("IRQ", number)
        return int(line, 16), int(count, 16)
