# SPDX-License-Identifier: BSD-2-Clause
"""Conversations about files: TFTP_* (PXE 2.1 section 3.2) and the FILE_* extensions of gPXE."""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import partial

from ci.pxe.probe import BLOCK, BUFFER, PXE_AT, Report, far
from ci.pxe.talk import (
    ANY,
    BAD_POINTER,
    CANNOT_ARP,
    NOT_FOUND,
    TFTP_CLOSED,
    UNSUPPORTED,
    Talk,
    answer_fault,
    moved,
    words,
)

SERVER, ABSENT, GATEWAY = bytes([10, 77, 0, 1]), bytes([10, 77, 0, 99]), bytes(4)
NAME, LENGTH = "data", 3079  # the file, as hostile.DATA makes it
PORT = bytes([0, 69])
OPEN, CLOSE, READ, READ_FILE, GET_FSIZE = 0x20, 0x21, 0x22, 0x23, 0x25
FILE_OPEN, FILE_CLOSE, FILE_SELECT, FILE_READ, FILE_SIZE, FILE_EXEC, FILE_CHECK = range(0xE0, 0xE7)
FILE_CMDLINE = 0xE8
CHECK_MAGIC, CHECK_ANSWER = 0x91D447B2, 0xE9C17B20
HIGH = 0x40000  # where READ_FILE puts the file
ENDLESS = 0xFFFFFFFF
BUFFER_AT = 134  # of the address in READ_FILE's block
OURS_AT = 0x800  # in BLOCK's segment: a far pointer to our base memory
KEPT = 64  # bytes there
# In !PXE: the first selector, which is 0, and a segment; a physical address; and behind it an address in our code.
PXE_FIRST_SEGMENT, PXE_BASE_END, PXE_DIRECT_ENTRY = 0x1E, 0x22, 0x5C
FILE_STEP = 1428 // 3  # reads end at a block's end; the test server's blocks have 1428 bytes


def file_content() -> bytes:
    """The bytes of the file."""
    return (bytes(range(256)) * 12 + b"the end")[:LENGTH]


def _name(name: str) -> bytes:
    return name.encode().ljust(128, b"\0")


def _open(name: str, size: int, server: bytes = SERVER) -> bytes:
    return words(0) + server + GATEWAY + _name(name) + PORT + words(size)


def _read(at: tuple[int, int]) -> bytes:
    return words(0, 0, 0) + far(at)


def _size(name: str, server: bytes = SERVER) -> bytes:
    return words(0) + server + GATEWAY + _name(name) + bytes(4)


def _read_file(name: str, size: int, address: int, server: bytes = SERVER) -> bytes:
    return words(0) + _name(name) + struct.pack("<II", size, address) + server + bytes(8) + bytes(8)


def closed(talk: Talk) -> None:
    """Calls that need an open file, without one."""
    talk.call("READ without OPEN", READ, _read(BUFFER), TFTP_CLOSED)
    talk.call("CLOSE without OPEN", CLOSE, bytes(2), TFTP_CLOSED)
    talk.call("FILE_READ without FILE_OPEN", FILE_READ, words(0, 1, 16) + far(BUFFER), ANY)
    talk.call("FILE_CLOSE without FILE_OPEN", FILE_CLOSE, words(0, 1), ANY)


def reading(talk: Talk) -> None:
    """A file block by block, in the block size that was agreed on; then past its end."""
    for size in (512, 1024, 1428):
        opened = talk.call(f"OPEN with {size}", OPEN, _open(NAME, size))
        talk.word(f"packet size {size}", opened, 140, size)
        whole, rest = divmod(LENGTH, size)
        for number in range(1, whole + 2):
            at = moved(BUFFER, (number - 1) * size)
            got = talk.call(f"READ {number}", READ, _read(at))
            talk.word(f"block number {number}", got, 2, number)
            talk.word(f"size of block {number}", got, 4, size if number <= whole else rest)
        talk.holds(f"the file in {size}s", talk.script.dump(BUFFER, LENGTH), file_content())
        talk.call("CLOSE", CLOSE, bytes(2))
    talk.call("CLOSE again", CLOSE, bytes(2), TFTP_CLOSED)


def refused(talk: Talk) -> None:
    """Files and servers that are not there, and sizes that are none; then a sane call."""
    talk.call("OPEN of no file", OPEN, _open("none", 512), NOT_FOUND)
    talk.call("OPEN at an absent server", OPEN, _open(NAME, 512, ABSENT), CANNOT_ARP)
    endless = words(0) + SERVER + GATEWAY + b"a" * 128 + PORT + words(512)
    talk.call("OPEN of an endless name", OPEN, endless, NOT_FOUND)
    talk.call("GET_FSIZE of no file", GET_FSIZE, _size("none"), NOT_FOUND)
    size = talk.call("GET_FSIZE", GET_FSIZE, _size(NAME))
    talk.word("file size", size, 138, LENGTH)


def opening_again(talk: Talk) -> None:
    """A second OPEN, and GET_FSIZE, end the transfer before it; a packet size below TFTP's 512 is raised to that."""
    for size in (512, 0, 8, 511):
        opened = talk.call(f"OPEN with {size}, one is open", OPEN, _open(NAME, size))
        talk.word(f"packet size {size} is raised", opened, 140, 512)
        for number in (1, 2):
            got = talk.call(f"READ {number} after OPEN with {size}", READ, _read(BUFFER))
            talk.word(f"block number {number} after OPEN with {size}", got, 2, number)
        second = file_content()[512:1024]
        talk.holds(f"block 2 after OPEN with {size}", talk.script.dump(BUFFER, 512), second)
    size_call = talk.call("GET_FSIZE while open", GET_FSIZE, _size(NAME))
    talk.word("file size while open", size_call, 138, LENGTH)
    talk.call("READ after GET_FSIZE", READ, _read(BUFFER), TFTP_CLOSED)
    talk.call("OPEN before a failure", OPEN, _open(NAME, 512))
    talk.call("OPEN of no file, one is open", OPEN, _open("none", 512), NOT_FOUND)
    talk.call("READ after that", READ, _read(BUFFER), TFTP_CLOSED)


def into_our_memory(talk: Talk) -> None:
    """READ_FILE of unlimited size; then to where we are, or up to there: a status, and nothing of ours is changed."""
    script = talk.script
    script.poke((0, HIGH // 16), bytes(LENGTH))
    got = talk.call("READ_FILE without a limit", READ_FILE, _read_file(NAME, ENDLESS, HIGH))
    talk.word("its length", got, 130, LENGTH)
    talk.holds("what it read", script.dump((0, HIGH // 16), LENGTH), file_content())
    script.copy_address(PXE_AT, PXE_FIRST_SEGMENT, 0, OURS_AT)
    before = script.dump((OURS_AT, BLOCK[1]), KEPT, via=True)
    for what, offset, distance in (
        ("base memory of ours", PXE_BASE_END, 0),
        ("our base memory's end", PXE_BASE_END, 0x1000),
        ("what ends in our base memory", PXE_BASE_END, -1000),
        ("our code", PXE_DIRECT_ENTRY, 0),
        ("our data", PXE_DIRECT_ENTRY, 0x7000),
    ):
        for size in (ENDLESS, LENGTH):
            script.poke(BLOCK, _read_file(NAME, size, 0))
            script.copy_address(PXE_AT, offset, distance, BUFFER_AT)
            number = script.call(READ_FILE, b"", pxenv=talk.pxenv, copy=False)
            refusal = partial(_refusal, number, script.dump(BLOCK, 2))
            talk.verify(f"READ_FILE into {what}, size {size:#x}", refusal)
    talk.same("our base memory", script.dump((OURS_AT, BLOCK[1]), KEPT, via=True), before)
    talk.call("READ_FILE past 4 GiB", READ_FILE, _read_file(NAME, 0x2000, 0xFFFFF000), BAD_POINTER)
    again = talk.call("a sane READ_FILE after that", READ_FILE, _read_file(NAME, ENDLESS, HIGH))
    talk.word("its length", again, 130, LENGTH)


def _refusal(call: int, block: int, report: Report) -> str:
    """What is wrong with a call that must fail; its block was dumped by itself."""
    answer = report.answer(call)
    return answer_fault(replace(answer, block=report.bytes(block)), ANY)


def at_once(talk: Talk) -> None:
    """READ_FILE to memory, and to where there is too little of it."""
    segment = (0, HIGH // 16)
    talk.script.poke(segment, bytes(LENGTH + 16))
    got = talk.call("READ_FILE", READ_FILE, _read_file(NAME, LENGTH + 8, HIGH))
    talk.word("its length", got, 130, LENGTH)
    talk.holds("what it read", talk.script.dump(segment, LENGTH + 8), file_content() + bytes(8))
    talk.script.poke(segment, b"\xa5" * (LENGTH + 16))
    talk.call("READ_FILE into too little", READ_FILE, _read_file(NAME, 1000, HIGH), ANY)
    behind = talk.script.dump((1000, HIGH // 16), 16)
    talk.holds("memory behind that", behind, b"\xa5" * 16)
    talk.call("READ_FILE of no file", READ_FILE, _read_file("none", LENGTH, HIGH), NOT_FOUND)
    own_server = talk.call("READ_FILE, server 0", READ_FILE, _read_file(NAME, 8192, HIGH, bytes(4)))
    talk.word("its length", own_server, 130, LENGTH)


def extensions(talk: Talk) -> None:
    """FILE_*: the check, a file by URL and by path, and what is no handle or URL."""
    check = talk.call(
        "API_CHECK", FILE_CHECK, words(0, 20) + struct.pack("<IIII", CHECK_MAGIC, 0, 0, 0)
    )
    talk.verify("API_CHECK's answer", lambda r: r.answer(check).dword(4) == CHECK_ANSWER)
    wrong = words(0, 20) + struct.pack("<IIII", 0x12345678, 0, 0, 0)
    talk.call("API_CHECK without the magic", FILE_CHECK, wrong, ANY)
    for url in (f"tftp://10.77.0.1/{NAME}", NAME):
        _one_file(talk, url)
    for url in ("tftp://10.77.0.1/none", "none", "tftp://10.77.0.999/data", "http://10.77.0.1/x"):
        talk.script.poke(BUFFER, url.encode() + b"\0")
        talk.call(f"FILE_OPEN {url}", FILE_OPEN, words(0, 0) + far(BUFFER) + bytes(4), ANY)
    talk.script.poke(BUFFER, b"a" * 600)
    talk.call("FILE_OPEN of an endless name", FILE_OPEN, words(0, 0) + far(BUFFER) + bytes(4), ANY)
    talk.call("CMDLINE, size 0", FILE_CMDLINE, words(0, 0) + bytes(4))


def _one_file(talk: Talk, url: str) -> None:
    talk.script.poke(BUFFER, url.encode() + b"\0")
    opened = talk.call(f"FILE_OPEN {url}", FILE_OPEN, words(0, 0) + far(BUFFER) + bytes(4))
    size = talk.call("FILE_SIZE", FILE_SIZE, words(0, 1) + bytes(4))
    talk.verify("FILE_SIZE", lambda r: r.answer(size).dword(4) == LENGTH)
    talk.verify("the handle", lambda r: r.answer(opened).word(2) == 1)
    talk.call("FILE_SELECT", FILE_SELECT, words(0, 1, 0))
    talk.script.poke(BUFFER, bytes(LENGTH))
    for at in range(0, LENGTH, FILE_STEP):
        got = talk.call("FILE_READ", FILE_READ, words(0, 1, FILE_STEP) + far(moved(BUFFER, at)))
        talk.word(f"FILE_READ at {at}", got, 4, min(FILE_STEP, LENGTH - at))
    talk.holds("what FILE_READ gave", talk.script.dump(BUFFER, LENGTH), file_content())
    end = talk.call("FILE_READ at the end", FILE_READ, words(0, 1, FILE_STEP) + far(BUFFER))
    talk.word("nothing is left", end, 4, 0)
    talk.call("FILE_CLOSE", FILE_CLOSE, words(0, 1))


def not_offered(talk: Talk) -> None:
    """What API_CHECK does not promise must say so."""
    talk.call("FILE_EXEC", FILE_EXEC, words(0) + far(BUFFER), UNSUPPORTED)
    talk.call("EXIT_HOOK", 0xE7, words(0) + far(BUFFER), UNSUPPORTED)
