# SPDX-License-Identifier: BSD-2-Clause
"""Conversations about the structures, the cached packets, calls that make no sense, and leaving."""

from __future__ import annotations

import struct

from ci.pxe.probe import (
    BLOCK,
    BLOCK_E801,
    BUFFER,
    MIB,
    PXE_AT,
    PXENV_AT,
    Memory,
    Report,
    far,
)
from ci.pxe.talk import ANY, BAD_POINTER, NOT_FOUND, STILL_HOOKED, UNSUPPORTED, Talk, moved, words

PACKET_SIZE = 1260  # PXE 2.1 section 3.1.1, and exactly what Windows PE takes
PACKETS = (1, 2, 3)
NOT_WRITTEN = 0xA5A5
GET_CACHED_INFO, SHUTDOWN, STOP_UNDI, UNLOAD = 0x71, 0x05, 0x15, 0x70
RESTART, DIAGNOSTICS = 0x73, 0x0F
OFFERED = (
    *range(0x00, DIAGNOSTICS),
    *range(0x11, 0x16),
    *(0x20, 0x21, 0x22, 0x23, 0x25),
    *range(0x30, 0x34),
    *(0x70, 0x71, RESTART, 0x75, 0x76),
)
UNKNOWN = (
    DIAGNOSTICS,
    0x10,
    0x16,
    0x1F,
    0x24,
    0x26,
    0x34,
    0x72,
    0x74,
    0x77,
    0x78,
    0xDF,
    0xFF,
    0x0171,
    0xFFFF,
)
UNLOADING = (SHUTDOWN, STOP_UNDI, UNLOAD)
BIOS_BASE_KB = 639
PXE_UNDI_ROM_ID, ROM_ID_LENGTH, ROM_ID_AT = 8, 0x16, 0x800  # the last: in BLOCK's segment
PXE_LENGTH, DIRECT_MAGIC = 0x58, b"EFD"  # and a digit
VECTORS = 64  # bytes of the interrupt table that a call with a null block must not touch


def structures(from_rom: bool, talk: Talk) -> None:
    """!PXE and PXENV+ as the program gets them, and INT 1Ah/5650h."""
    script = talk.script
    script.copy_address(PXE_AT, PXE_UNDI_ROM_ID, 0, ROM_ID_AT)
    rom_id = script.dump((ROM_ID_AT, BLOCK[1]), ROM_ID_LENGTH, via=True)
    pxe, pxenv = script.dump(PXE_AT, PXE_LENGTH, via=True), script.dump(PXENV_AT, 0x2C, via=True)
    pointers, found = script.dump(PXE_AT, 8), script.detect()

    def check(report: Report) -> str:
        return structure_fault(report.bytes(pxe), report.bytes(pxenv), report.bytes(pointers)[:4])

    def check_rom_id(report: Report) -> str:
        if from_rom:
            return rom_id_fault(report.bytes(rom_id))
        return report.bytes(pxe)[PXE_UNDI_ROM_ID:][:4].strip(b"\0").hex()

    def check_detect(report: Report) -> str:
        offset, segment = struct.unpack_from("<HH", report.bytes(pointers), 4)
        wanted = (0x564E, offset, segment, segment * 16 + offset, False)
        return "" if report.detect(found) == wanted else f"{report.detect(found)}, not {wanted}"

    talk.verify("structures", check)
    talk.verify("UNDI ROM ID", check_rom_id)
    talk.verify("INT 1Ah/5650h", check_detect)


def structure_fault(pxe: bytes, pxenv: bytes, pxe_at: bytes) -> str:
    """What is wrong with !PXE and PXENV+ (PXE 2.1 sections 3 and 3.5)."""
    if pxe[:4] != b"!PXE" or pxe[4] != 0x58 or sum(pxe) % 256:
        return f"!PXE has length {pxe[4]:#x} and sum {sum(pxe) % 256:#x}"
    if pxenv[:6] != b"PXENV+" or pxenv[8] != 0x2C or sum(pxenv) % 256:
        return f"PXENV+ has length {pxenv[8]:#x} and sum {sum(pxenv) % 256:#x}"
    if struct.unpack_from("<H", pxenv, 6)[0] != 0x0201:
        return "PXENV+ is not of version 2.1"
    if pxenv[0x28:0x2C] != pxe_at:
        return "PXENV+ points to another !PXE"
    for at in range(0x20, 0x58, 8):
        segment, start, size = struct.unpack_from("<HIH", pxe, at)
        if start != segment * 16 or start % 1024 or not 0 < size <= BIOS_BASE_KB * 1024 - start:
            return f"a segment at {segment:04x}, {start:#x}, of {size:#x} bytes"
    return ""


def rom_id_fault(found: bytes) -> str:
    """What is wrong with the UNDI ROM ID that !PXE points to (PXE 2.1 section 3.1)."""
    if found[:5] != b"UNDI" + bytes([ROM_ID_LENGTH]) or sum(found) % 256:
        return f"{found.hex()} is none"
    return ""


def cached(talk: Talk) -> None:
    """GET_CACHED_INFO in its three forms: into a buffer, and (size 0, or buffer 0:0) as a pointer."""
    copies = [_three_forms(talk, packet) for packet in PACKETS]
    small = 300
    after = moved(BUFFER, small)
    untouched = b"\xa5" * 16
    talk.script.poke(after, untouched)
    talk.call("short buffer", GET_CACHED_INFO, _cached_block(2, small, far(BUFFER)))
    talk.holds("a short buffer is kept to", talk.script.dump(after, 16), untouched)
    odd = moved(BUFFER, 0x1001)
    talk.call("odd buffer", GET_CACHED_INFO, _cached_block(2, PACKET_SIZE, far(odd)))
    talk.same("an odd buffer", talk.script.dump(odd, PACKET_SIZE), copies[1])
    for packet in (0, 4, 0xFFFF):
        talk.call(f"packet {packet}", GET_CACHED_INFO, _cached_block(packet, 0, bytes(4)), ANY)
    over = _cached_block(2, PACKET_SIZE, far(BLOCK))
    talk.script.call(GET_CACHED_INFO, over, pxenv=talk.pxenv)  # the buffer is the block itself
    again = talk.call("after that", GET_CACHED_INFO, _cached_block(1, 0, bytes(4)))
    talk.word("size", again, 4, PACKET_SIZE)
    talk.verify(
        "the packets are of one exchange",
        lambda report: len({report.bytes(copy)[4:8] for copy in copies}) == 1,
    )


def _cached_block(packet: int, size: int, pointer: bytes) -> bytes:
    return words(0, packet, size) + pointer + words(NOT_WRITTEN)


def _three_forms(talk: Talk, packet: int) -> int:
    """Number of the record that dumps the packet as copied."""
    name = f"packet {packet}"
    first = 1 if packet == 1 else 2  # BOOTREQUEST or BOOTREPLY
    by_copy = talk.call(name, GET_CACHED_INFO, _cached_block(packet, PACKET_SIZE, far(BUFFER)))
    copy = talk.script.dump(BUFFER, PACKET_SIZE)
    talk.word(f"{name} size", by_copy, 4, PACKET_SIZE)
    talk.word(f"{name} limit, which older programs have no room for", by_copy, 10, NOT_WRITTEN)
    talk.verify(f"{name} is one", lambda r: r.bytes(copy)[:3] == bytes([first, 1, 6]))
    for form, size in (("size 0", 0), ("buffer 0:0", PACKET_SIZE)):
        what = f"{name}, {form}"
        by_pointer = talk.call(what, GET_CACHED_INFO, _cached_block(packet, size, bytes(4)))
        shown = talk.script.dump(moved(BLOCK, 6), PACKET_SIZE, via=True)
        talk.same(f"{what}: the same packet", shown, copy)
        talk.word(f"{what}: size", by_pointer, 4, PACKET_SIZE)
    return copy


def nonsense(talk: Talk) -> None:
    """Opcodes there are none of, and every one with a null block: a status, and nothing is written to."""
    for opcode in UNKNOWN:
        talk.call(f"opcode {opcode:#x}", opcode, bytes(32), UNSUPPORTED)
    before = talk.script.dump((0, 0), VECTORS)
    for opcode in (*OFFERED, *range(0xE0, 0xE9)):
        if opcode not in UNLOADING:
            talk.comes_back(f"{opcode:02x} with a null block", opcode, b"", null=True)
    after = talk.script.dump((0, 0), VECTORS)
    talk.verify(
        "null blocks leave the interrupt table alone",
        lambda r: _difference(r.bytes(before), r.bytes(after)),
    )


def _difference(before: bytes, after: bytes) -> str:
    changed = [
        f"{at // 4:02x}"
        for at in range(0, len(before), 4)
        if before[at : at + 4] != after[at : at + 4]
    ]
    return f"vectors {' '.join(changed)} changed" if changed else ""


def zeros(talk: Talk) -> None:
    """Every opcode with a block of zeros, which makes every pointer in it null: it must come back."""
    for opcode in (*OFFERED, *range(0xE0, 0xE9)):
        if opcode not in UNLOADING:
            talk.comes_back(f"{opcode:02x} with zeros", opcode, bytes(256))
    for opcode, block in ((0x07, bytes(2)), (0x21, bytes(2)), (0x31, bytes(2)), (0xE1, bytes(4))):
        talk.script.call(opcode, block, pxenv=talk.pxenv)
    again = talk.call("a sane call after that", GET_CACHED_INFO, _cached_block(2, 0, bytes(4)))
    talk.word("its size", again, 4, PACKET_SIZE)


def unload(talk: Talk) -> None:
    """SHUTDOWN, UNLOAD_STACK, STOP_UNDI: the hooks are out, nobody is found any more, 40:13 is left to the caller."""
    script = talk.script
    before = script.memory()
    resident = script.dump(PXE_AT, PXE_LENGTH + 12, via=True)
    for what, opcode in (("SHUTDOWN", SHUTDOWN), ("UNLOAD", UNLOAD)):
        talk.call(what, opcode, bytes(16))
    between = script.memory()
    for what, opcode in (("INITIALIZE", 0x03), ("UNDI_OPEN", 0x06), ("UNDI_CLOSE", 0x07)):
        talk.call(f"{what} after UNLOAD", opcode, bytes(140))
    talk.call("STOP_UNDI", STOP_UNDI, bytes(16))
    after, found = script.memory(), script.detect()
    talk.verify("memory while loaded", lambda r: loaded_fault(r, before))
    talk.verify(
        "extended memory while loaded",
        lambda r: hidden_fault(r.memory(before), r.memory(after), r.bytes(resident)),
    )
    talk.verify(
        "extended memory after UNLOAD",
        lambda r: hidden_fault(r.memory(between), r.memory(after), r.bytes(resident)),
    )
    talk.verify("extended memory after STOP_UNDI", lambda r: ends_fault(r.memory(after), 0))
    talk.verify("memory after UNLOAD", lambda r: loaded_fault(r, between))
    talk.verify("memory after STOP_UNDI", lambda r: unloaded_fault(r, before, after))
    talk.verify("INT 1Ah/5650h after STOP_UNDI", lambda r: r.detect(found)[0] != 0x564E)


def hooked(vector: int, talk: Talk) -> None:
    """STOP_UNDI under a program that hooked an interrupt above us: a status, and our base memory stays taken."""
    script = talk.script
    before = script.memory()
    script.hook(vector)
    for what, opcode in (("SHUTDOWN", SHUTDOWN), ("UNLOAD", UNLOAD)):
        talk.call(what, opcode, bytes(16))
    talk.call(f"STOP_UNDI, INT {vector:02x}h is hooked", STOP_UNDI, bytes(16), STILL_HOOKED)
    after = script.memory()
    talk.verify("memory while loaded", lambda r: loaded_fault(r, before))
    talk.verify("base memory after STOP_UNDI", lambda r: loaded_fault(r, after))
    talk.verify(
        "40:13 is left alone", lambda r: r.memory(after).base_kb == r.memory(before).base_kb
    )
    talk.verify("extended memory after STOP_UNDI", lambda r: ends_fault(r.memory(after), 0))
    talk.verify(
        "extended memory is given back",
        lambda r: r.memory(after).ends()["E820"] > r.memory(before).ends()["E820"],
    )


def a20(talk: Talk) -> None:
    """Calls with A20 off, as DOS leaves it."""
    for what, opcode, block in (
        ("GET_CACHED_INFO", GET_CACHED_INFO, _cached_block(2, PACKET_SIZE, far(BUFFER))),
        ("UNDI_OPEN", 0x06, words(0, 0, 3, 0)),
        ("UNDI_CLOSE", 0x07, bytes(2)),
        ("GET_CACHED_INFO again", GET_CACHED_INFO, _cached_block(2, 0, bytes(4))),
    ):
        off = talk.script.a20(False)
        talk.call(f"{what}, A20 is off", opcode, block)
        talk.holds(f"A20 is off before {what}", off, b"\0")
    on = talk.script.a20(True)
    talk.holds("A20 is on again", on, b"\1")
    copy = talk.script.dump(BUFFER, PACKET_SIZE)
    talk.same("the packet", talk.script.dump(moved(BLOCK, 6), PACKET_SIZE, via=True), copy)


def restart_block(name: str) -> bytes:
    """Parameters of RESTART_TFTP: those of TFTP_READ_FILE, of which only the name counts (PXE 2.1 section 3.1.2)."""
    return words(0) + name.encode().ljust(128, b"\0") + bytes(28)


def restart_of_nothing(talk: Talk) -> None:
    """RESTART_TFTP of a file that is not there comes back to its caller, who can go on."""
    for _ in range(2):
        talk.call("RESTART_TFTP of no file", RESTART, restart_block("none"), NOT_FOUND)
        again = talk.call("a sane call after that", GET_CACHED_INFO, _cached_block(2, 0, bytes(4)))
        talk.word("its size", again, 4, PACKET_SIZE)


def loaded_fault(report: Report, number: int) -> str:
    """What is wrong with the memory that is reported while the services are there."""
    memory = report.memory(number)
    low = [length for start, length, kind in memory.ranges if kind == 1 and start == 0]
    if memory.base_kb >= BIOS_BASE_KB or memory.int12 != memory.base_kb:
        return f"40:13 says {memory.base_kb} KiB, INT 12h {memory.int12}"
    if low != [memory.base_kb * 1024]:
        return f"E820 says {low} of base memory, 40:13 {memory.base_kb} KiB"
    return ""


def hidden_fault(loaded: Memory, unloaded: Memory, pxe: bytes) -> str:
    """Whether all services leave out our memory above 1 MiB; `pxe` is !PXE with what stands behind it.

    Our own second stages find two addresses there (pxe/direct.h), which are in that memory.
    """
    magic, *ours = struct.unpack_from("<4sII", pxe, PXE_LENGTH)
    if not magic.startswith(DIRECT_MAGIC):
        return f"no entry points behind !PXE: {magic!r}"
    top = unloaded.ends()["E820"]
    if not all(MIB < address < top for address in ours):
        return f"our code is at {ours}, RAM ends at {top:#x}"
    for service, end in loaded.ends().items():
        if end > min(ours):
            return f"{service} says RAM up to {end:#x}, our code is at {min(ours):#x}"
    return ends_fault(loaded, BLOCK_E801)


def ends_fault(memory: Memory, tolerance: int) -> str:
    """Whether all services tell of the same memory; E801's unit is a block of 64 KiB."""
    ends = memory.ends()
    top = ends["E820"]
    return "; ".join(
        f"E820 says RAM up to {top:#x}, {service} up to {end:#x}"
        for service, end in ends.items()
        if not top - (tolerance if "E801" in service else 0) <= end <= top
    )


def unloaded_fault(report: Report, first: int, second: int) -> str:
    """What is wrong with it once they are gone."""
    before, after = report.memory(first), report.memory(second)
    if after.base_kb != before.base_kb:
        return f"STOP_UNDI made 40:13 {after.base_kb} KiB, which was {before.base_kb}"
    if after.ram() <= before.ram() or after.kb_88 < before.kb_88:
        return f"E820 has {after.ram()} bytes of RAM, before {before.ram()}"
    if after.segment_15 == before.segment_15 or after.segment_1a == before.segment_1a:
        return "an interrupt is still hooked"
    return ""


def null_pointers(talk: Talk) -> None:
    """Sane blocks with one null pointer where there must be a buffer."""
    name = b"data".ljust(128, b"\0")
    server = bytes([10, 77, 0, 1])
    talk.call("UDP_OPEN", 0x30, bytes(6))
    talk.call("UDP_READ", 0x32, words(0) + bytes(8) + words(0, 0, 64) + bytes(4), BAD_POINTER)
    block = words(0) + server + bytes(4) + words(0, 0x700, 64) + bytes(4)
    talk.call("UDP_WRITE", 0x33, block, BAD_POINTER)
    talk.call("UDP_CLOSE", 0x31, bytes(2))
    read_file = (
        words(0) + name + struct.pack("<II", 4096, 0) + server + bytes(8) + words(0, 0, 0, 0)
    )
    talk.call("TFTP_READ_FILE", 0x23, read_file, BAD_POINTER)
    wrapping = words(0) + name + struct.pack("<II", 0x2000, 0xFFFFF000) + server + bytes(16)
    talk.call("TFTP_READ_FILE past 4 GiB", 0x23, wrapping, BAD_POINTER)
    talk.call("FILE_OPEN", 0xE0, words(0, 0) + bytes(8), ANY)
    talk.call("UNDI_TRANSMIT", 0x08, bytes(20), ANY)
