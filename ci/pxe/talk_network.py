# SPDX-License-Identifier: BSD-2-Clause
"""Conversations about datagrams and frames: UDP_* and UNDI_* (PXE 2.1 sections 3.3 and 3.4)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from ci.lab.card import Card
from ci.net.dhcp import SERVER_MAC
from ci.net.packets import udp_frame
from ci.net.scenario import CLIENT_IP, SERVER_IP
from ci.net.wire import ECHO_PORT, MANIFOLD, TIMES
from ci.pxe.probe import BLOCK, BUFFER, Report, far
from ci.pxe.talk import ANY, DATA, FAILURE, UDP_CLOSED, UDP_OPEN, UNSUPPORTED, Talk, moved, words

OPEN, CLOSE, READ, WRITE = 0x30, 0x31, 0x32, 0x33
CLIENT_MAC = bytes.fromhex("525400123456")  # QEMU's default
ELSEWHERE, EVERYBODY = bytes([10, 99, 0, 7]), b"\xff" * 4
DEFAULT_PORT = 2069  # PXE 2.1 section 3.3.4

STARTUP, CLEANUP, INITIALIZE, RESET, SHUTDOWN, UNDI_OPEN, UNDI_CLOSE, TRANSMIT = range(0x01, 0x09)
SET_MCAST, SET_STATION, SET_FILTER, INFORMATION, STATISTICS, CLEAR_STATISTICS = range(0x09, 0x0F)
GET_MCAST, NIC_TYPE, IFACE_INFO, ISR = range(0x11, 0x15)
ISR_START, ISR_PROCESS, ISR_GET_NEXT = 1, 2, 3
OURS, NOT_OURS, DONE, SENT, RECEIVED = 0, 1, 0, 2, 3
STATUS_AT, FUNCTION_AT, KIND_AT = 0, 2, 14
SUPPORTS_MULTICAST, SUPPORTS_INTERRUPTS = 0x2, 0x1000  # service flags of GET_IFACE_INFO
DIRECTED_ARP, MULTICAST_IP = 0x0002, 0x0201  # packet type and protocol of a received frame
# Groups by IP and Ethernet address (RFC 1112 section 6.4), in different bits of a hash filter.
GROUPS = (
    (bytes([224, 129, 1, 2]), bytes.fromhex("01005e010102")),
    (bytes([239, 255, 255, 250]), bytes.fromhex("01005e7ffffa")),
)
MOST_GROUPS = 8  # PXE 2.1: MAXNUM_MCADDR
WAYS_TO_JOIN = {"UNDI_OPEN": UNDI_OPEN, "SET_MCAST_ADDRESS": SET_MCAST, "RESET": RESET}
PCI_INTERRUPT = 0x3C  # register: line, pin
POLLS = 10  # more than it takes to be known as a program that polls (docs/pxe.md)


def _port(number: int) -> bytes:
    return struct.pack("!H", number)


def _write(to: bytes, data_length: int, source: int = 0, gateway: bytes = bytes(4)) -> bytes:
    ports = _port(source) + _port(ECHO_PORT)
    return words(0) + to + gateway + ports + words(data_length) + far(DATA)


def _read(port: int, size: int = 512, to: bytes = bytes(4)) -> bytes:
    return words(0) + bytes(4) + to + bytes(2) + _port(port) + words(size) + far(BUFFER)


def udp_closed(talk: Talk) -> None:
    """Nothing is open."""
    talk.call("UDP_WRITE without OPEN", WRITE, _write(SERVER_IP, 4), UDP_CLOSED)
    talk.call("UDP_READ without OPEN", READ, _read(0), UDP_CLOSED)
    talk.call("UDP_CLOSE without OPEN", CLOSE, bytes(2), UDP_CLOSED)


def udp(talk: Talk) -> None:
    """There and back by source port, by default port, as a broadcast, through a gateway; then what must fail."""
    talk.call("UDP_OPEN", OPEN, words(0) + CLIENT_IP)
    talk.call("a second UDP_OPEN", OPEN, words(0) + CLIENT_IP, UDP_OPEN)
    _there_and_back(talk, "own port", SERVER_IP, 1234)
    _there_and_back(talk, "default port", SERVER_IP, 0)
    _there_and_back(talk, "broadcast", EVERYBODY, 1235)
    _there_and_back(talk, "by gateway", ELSEWHERE, 1236, gateway=SERVER_IP)
    _there_and_back(talk, "filtered by address", SERVER_IP, 1237, filtered=CLIENT_IP)
    talk.call("UDP_READ of nothing", READ, _read(999), FAILURE)
    talk.call("too long a UDP_WRITE", WRITE, _write(SERVER_IP, 3000), ANY)
    _short_read(talk)
    _fragments(talk)
    talk.call("an empty UDP_WRITE", WRITE, _write(SERVER_IP, 0, 1239))
    empty = talk.call("its echo", READ, _read(1239), until=(STATUS_AT, 0))
    talk.word("length of the empty echo", empty, 14, 0)
    talk.call("UDP_CLOSE", CLOSE, bytes(2))


def _there_and_back(
    talk: Talk,
    what: str,
    to: bytes,
    port: int,
    gateway: bytes = bytes(4),
    filtered: bytes = bytes(4),
) -> None:
    text = f"to {what}: ".encode() + bytes(range(200))
    talk.script.poke(DATA, text)
    talk.script.poke(BUFFER, bytes(len(text)))
    talk.call(f"UDP_WRITE {what}", WRITE, _write(to, len(text), port, gateway))
    expected = port or DEFAULT_PORT
    got = talk.call(f"UDP_READ {what}", READ, _read(expected, to=filtered), until=(STATUS_AT, 0))
    sender = SERVER_IP if to == EVERYBODY else to
    addresses = sender + CLIENT_IP + _port(ECHO_PORT) + _port(expected)
    talk.verify(f"addresses of the echo, {what}", lambda r: r.answer(got).block[2:14] == addresses)
    talk.word(f"length of the echo, {what}", got, 14, len(text))
    talk.holds(f"echo, {what}", talk.script.dump(BUFFER, len(text)), text)


def udp_after_shutdown(talk: Talk) -> None:
    """A card that was shut down is opened by UDP_OPEN."""
    talk.call("UNDI_OPEN", UNDI_OPEN, words(0, 0, 3, 0))
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))
    talk.call("SHUTDOWN", SHUTDOWN, bytes(2))
    talk.call("UDP_OPEN after SHUTDOWN", OPEN, words(0) + CLIENT_IP)
    _there_and_back(talk, "a card that was shut down", SERVER_IP, 1240)
    talk.call("UDP_CLOSE", CLOSE, bytes(2))


def _short_read(talk: Talk) -> None:
    """A buffer that is shorter than the datagram."""
    talk.script.poke(BUFFER, b"\xa5" * 64)
    talk.call("UDP_WRITE", WRITE, _write(SERVER_IP, 100, 1238))
    got = talk.call("a short UDP_READ", READ, _read(1238, size=20), until=(STATUS_AT, 0))
    talk.word("its length", got, 14, 20)
    talk.holds("memory behind it", talk.script.dump(moved(BUFFER, 20), 16), b"\xa5" * 16)


def _fragments(talk: Talk) -> None:
    """A datagram that is larger than a frame."""
    text = MANIFOLD + bytes(range(191))
    talk.script.poke(DATA, text)
    talk.script.poke(BUFFER, bytes(8))
    talk.call("UDP_WRITE", WRITE, _write(SERVER_IP, len(text), 1241))
    got = talk.call("UDP_READ", READ, _read(1241, size=0x3000), until=(STATUS_AT, 0))
    talk.word("length of a large datagram", got, 14, TIMES * len(text))
    talk.holds("a large datagram", talk.script.dump(BUFFER, TIMES * len(text)), TIMES * text)


def information(card: Card, talk: Talk) -> None:
    """Who the card is."""
    got = talk.call("GET_INFORMATION", INFORMATION, bytes(52))
    talk.word("hardware type", got, 8, 1)
    talk.word("address length", got, 10, len(CLIENT_MAC))
    talk.verify("MAC address", lambda r: r.answer(got).block[12:18] == CLIENT_MAC)
    talk.verify("MTU", lambda r: 1500 <= r.answer(got).word(6) <= 1514)
    nic = talk.call("GET_NIC_TYPE", NIC_TYPE, bytes(19))
    ids = struct.pack("<HH", card.model.id.vendor, card.model.id.device)
    talk.verify("NIC type and IDs", lambda r: r.answer(nic).block[2:7] == b"\2" + ids)
    interface = talk.call("GET_IFACE_INFO", IFACE_INFO, bytes(42))
    talk.verify("interface", lambda r: b"DIX" in r.answer(interface).block[2:18])
    group = talk.call(
        "GET_MCAST_ADDRESS", GET_MCAST, words(0) + bytes([224, 129, 1, 2]) + bytes(16)
    )
    talk.verify("group", lambda r: r.answer(group).block[6:12] == bytes.fromhex("01005e010102"))
    talk.call("SET_STATION_ADDRESS to its own", SET_STATION, words(0) + CLIENT_MAC + bytes(10))
    other = words(0) + bytes.fromhex("020000000077") + bytes(10)
    talk.call("SET_STATION_ADDRESS to another", SET_STATION, other, UNSUPPORTED)
    talk.call("GET_STATISTICS", STATISTICS, bytes(18))
    talk.call("CLEAR_STATISTICS", CLEAR_STATISTICS, bytes(2))


def arp_request(ip: bytes = SERVER_IP) -> bytes:
    """A frame that asks who has an address."""
    body = bytes.fromhex("0001080006040001") + CLIENT_MAC + CLIENT_IP + bytes(6) + ip
    return b"\xff" * 6 + CLIENT_MAC + b"\x08\x06" + body


def transmit_block(protocol: int = 0, flag: int = 0, descriptor: tuple[int, int] = DATA) -> bytes:
    return words(0) + bytes([protocol, flag]) + bytes(4) + far(descriptor) + bytes(8)


def _isr(function: int) -> bytes:
    return words(0, function, 0, 0, 0) + bytes(6)


FRAME = moved(DATA, 0x100)


def place_frame(talk: Talk, frame: bytes, pieces: int = 0) -> None:
    """The frame, and its descriptor: as one piece, or with the end in further blocks."""
    talk.script.poke(FRAME, frame)
    size = len(frame) // (pieces + 1)
    blocks = b""
    for n in range(pieces):
        start = size * (n + 1)
        length = size if n < pieces - 1 else len(frame) - start
        blocks += bytes([1, 0]) + words(length) + far(moved(FRAME, start))
    first = size if pieces else len(frame)
    talk.script.poke(DATA, words(first) + far(FRAME) + words(pieces) + blocks)


def _receive(talk: Talk, what: str) -> None:
    """UNDI_ISR until a frame is handed out: the ARP answer."""
    _handed_out(talk, what, DIRECTED_ARP, 42, arp_fault)


def _handed_out(
    talk: Talk, what: str, kind: int, size: int, fault: Callable[[Report, int], str]
) -> None:
    """UNDI_ISR until a frame is handed out, of that kind and at least that size."""
    talk.call(f"ISR START {what}", ISR, _isr(ISR_START), until=(FUNCTION_AT, OURS))
    _processed(talk, what, kind, size, fault)


def _processed(
    talk: Talk, what: str, kind: int, size: int, fault: Callable[[Report, int], str]
) -> None:
    """The same without START, which an interrupt handler has called."""
    got = talk.call(f"ISR PROCESS {what}", ISR, _isr(ISR_PROCESS), until=(FUNCTION_AT, RECEIVED))
    talk.word(f"something was received, {what}", got, FUNCTION_AT, RECEIVED)
    talk.word(f"packet type and protocol, {what}", got, KIND_AT, kind)
    frame = talk.script.dump(moved(BLOCK, 10), size, via=True)
    talk.verify(f"the frame, {what}", lambda r: fault(r, frame))
    talk.verify(
        f"lengths of the frame, {what}",
        lambda r: r.answer(got).word(4) == r.answer(got).word(6) >= size
        and r.answer(got).word(8) == 14,
    )
    rest = talk.call(f"ISR GET_NEXT {what}", ISR, _isr(ISR_GET_NEXT))
    talk.word(f"nothing more, {what}", rest, FUNCTION_AT, DONE)


def arp_fault(report: Report, number: int) -> str:
    """What is wrong with a received frame that must be the ARP answer."""
    frame = report.bytes(number)
    wanted = CLIENT_MAC + SERVER_MAC + b"\x08\x06"
    if frame[:14] != wanted:
        return f"header {frame[:14].hex()}, not {wanted.hex()}"
    return "" if frame[20:22] == b"\0\2" and frame[28:32] == SERVER_IP else frame.hex()


def frames(talk: Talk) -> None:
    """Frames out and in; the card stopped and started in between."""
    talk.call("UNDI_OPEN", UNDI_OPEN, words(0, 0, 3, 0))
    talk.call("SET_PACKET_FILTER", SET_FILTER, words(0) + b"\x03")
    for pieces in (0, 1, 8):
        place_frame(talk, arp_request(), pieces)
        talk.call(f"TRANSMIT in {pieces + 1}", TRANSMIT, transmit_block())
        _receive(talk, f"after {pieces + 1} pieces")
    place_frame(talk, arp_request()[14:])
    talk.call("TRANSMIT, our header", TRANSMIT, transmit_block(protocol=2, flag=1))
    _receive(talk, "after our header")
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))
    talk.call("SHUTDOWN", SHUTDOWN, bytes(2))
    for what, opcode in (("STARTUP", STARTUP), ("INITIALIZE", INITIALIZE), ("RESET", RESET)):
        talk.call(what, opcode, bytes(8))
    talk.call("UNDI_OPEN again", UNDI_OPEN, words(0, 0, 3, 0))
    place_frame(talk, arp_request())
    talk.call("TRANSMIT again", TRANSMIT, transmit_block())
    _receive(talk, "after a new start")
    talk.call("UNDI_CLOSE again", UNDI_CLOSE, bytes(2))


def frames_unopened(talk: Talk) -> None:
    """UNDI_TRANSMIT without UNDI_OPEN opens the card: what comes back is received."""
    place_frame(talk, arp_request())
    talk.call("TRANSMIT without OPEN", TRANSMIT, transmit_block())
    _receive(talk, "without OPEN")
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))


def transmitted(talk: Talk) -> None:
    """UNDI_ISR tells of each frame that was sent, once, before anything else (PXE 2.1 section 3.4.18)."""
    talk.call("UNDI_OPEN", UNDI_OPEN, words(0, 0, 3, 0))
    place_frame(talk, arp_request(ELSEWHERE))  # nobody answers
    for count in (1, 2):
        for number in range(count):
            talk.call(f"TRANSMIT {number + 1} of {count}", TRANSMIT, transmit_block())
        start = talk.call("ISR START after frames were sent", ISR, _isr(ISR_START))
        talk.word("START says ours", start, FUNCTION_AT, OURS)
        for number, function in enumerate((ISR_PROCESS, ISR_GET_NEXT)[:count]):
            got = talk.call(f"ISR function {function}", ISR, _isr(function))
            talk.word(f"frame {number + 1} of {count} has been sent", got, FUNCTION_AT, SENT)
        rest = talk.call("ISR GET_NEXT after that", ISR, _isr(ISR_GET_NEXT))
        talk.word("no more frames have been sent", rest, FUNCTION_AT, DONE)
        again = talk.call("ISR START after that", ISR, _isr(ISR_START))
        talk.word("START has nothing more to say", again, FUNCTION_AT, NOT_OURS)
    place_frame(talk, arp_request())
    talk.call("TRANSMIT of a question", TRANSMIT, transmit_block())
    talk.call("ISR START", ISR, _isr(ISR_START), until=(FUNCTION_AT, OURS))
    first = talk.call("ISR PROCESS", ISR, _isr(ISR_PROCESS))
    talk.word("sent goes before received", first, FUNCTION_AT, SENT)
    _receive(talk, "after what was sent")
    place_frame(talk, arp_request(ELSEWHERE))
    talk.call("TRANSMIT before CLOSE", TRANSMIT, transmit_block())
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))
    talk.call("UNDI_OPEN again", UNDI_OPEN, words(0, 0, 3, 0))
    stale = talk.call("ISR PROCESS after a new OPEN", ISR, _isr(ISR_PROCESS))
    talk.verify("nothing old is told of", lambda r: r.answer(stale).word(FUNCTION_AT) != SENT)
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))


def bad_frames(talk: Talk) -> None:
    """Frames that cannot be sent."""
    talk.call("UNDI_OPEN", UNDI_OPEN, words(0, 0, 3, 0))
    talk.script.poke(FRAME, arp_request())
    for what, length, blocks in (("3000 bytes", 3000, 0), ("no byte", 0, 0), ("9 blocks", 42, 9)):
        talk.script.poke(DATA, words(length) + far(FRAME) + words(blocks) + bytes(80))
        talk.call(f"TRANSMIT of {what}", TRANSMIT, transmit_block(), ANY)
    place_frame(talk, arp_request())
    talk.call("TRANSMIT of protocol 9", TRANSMIT, transmit_block(protocol=9), ANY)
    talk.call("ISR function 7", ISR, _isr(7), ANY)
    talk.call("TRANSMIT", TRANSMIT, transmit_block())
    _receive(talk, "after all that")
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))


def interrupts(card: Card, over_undi: bool, talk: Talk) -> None:
    """A card with an INTx pin interrupts on the line that GET_INFORMATION names, but not a program that polls.

    Every emulated card's driver can do that; over UNDI there are no interrupts, and the program is told to poll.
    """
    interface = talk.call("GET_IFACE_INFO", IFACE_INFO, bytes(42))
    talk.call("GET_NIC_TYPE", NIC_TYPE, bytes(19))
    function_at = moved(BLOCK, 11)
    ids = talk.script.pci_read(0, function_at)
    pins = talk.script.pci_read(PCI_INTERRUPT, function_at)
    talk.call("UNDI_OPEN", UNDI_OPEN, words(0, 0, 3, 0))
    talk.call(
        "what came late, of our own transfer", ISR, _isr(ISR_PROCESS), until=(FUNCTION_AT, DONE)
    )
    counted = []
    for which in ("its interrupt", "the next one"):
        counted.append(_interrupts_of_an_answer(talk))
        _processed(talk, f"after {which}", DIRECTED_ARP, 42, arp_fault)
    for _ in range(POLLS):
        vain = talk.call("ISR START in vain", ISR, _isr(ISR_START))
        talk.word("nothing has come", vain, FUNCTION_AT, NOT_OURS)
    counted.append(_interrupts_of_an_answer(talk))
    _processed(talk, "without an interrupt", DIRECTED_ARP, 42, arp_fault)
    counted.append(_interrupts_of_an_answer(talk))
    _processed(talk, "after another interrupt", DIRECTED_ARP, 42, arp_fault)
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))
    talk.holds("where the card is", ids, words(card.model.id.vendor, card.model.id.device))

    def check(report: Report) -> str:
        promised = bool(report.answer(interface).dword(22) & SUPPORTS_INTERRUPTS)
        wired, pin = report.bytes(pins)[:2]
        counts = [report.interrupts(number) for number in counted]
        return interrupt_fault(wired if pin and not over_undi else 0, promised, counts)

    talk.verify("interrupts", check)


def _interrupts_of_an_answer(talk: Talk) -> int:
    """Send an ARP request, and count the interrupts until its answer is certainly there."""
    talk.call("GET_INFORMATION", INFORMATION, bytes(52))
    talk.script.irq_on(moved(BLOCK, 4))  # IntNumber in the answer
    place_frame(talk, arp_request())
    talk.call("TRANSMIT", TRANSMIT, transmit_block())
    talk.script.wait(9)
    return talk.script.irq_off()


def multicast(talk: Talk) -> None:
    """GET_IFACE_INFO promises multicast, and more groups than a stack keeps are refused."""
    interface = talk.call("GET_IFACE_INFO", IFACE_INFO, bytes(42))
    talk.verify(
        "multicast promised", lambda r: bool(r.answer(interface).dword(22) & SUPPORTS_MULTICAST)
    )
    too_many = words(0, MOST_GROUPS + 1) + bytes(16 * MOST_GROUPS)
    talk.call("SET_MCAST_ADDRESS of too many", SET_MCAST, too_many, ANY)


def joins(way: str, group: tuple[bytes, bytes], talk: Talk) -> None:
    """Join a group by UNDI_OPEN, SET_MCAST_ADDRESS or RESET: what is sent to it comes back to it."""
    opcode = WAYS_TO_JOIN[way]
    ip, mac = group
    none = words(0) + bytes(16 * MOST_GROUPS)
    one = words(1) + mac.ljust(16 * MOST_GROUPS, b"\0")
    talk.call("UNDI_OPEN", UNDI_OPEN, words(0, 0, 3) + (one if opcode == UNDI_OPEN else none))
    if opcode != UNDI_OPEN:
        talk.call(way, opcode, words(0) + one)
    _group_echo(talk, f"to the group of {way}", ip, mac)
    talk.call("UNDI_CLOSE", UNDI_CLOSE, bytes(2))


def _group_echo(talk: Talk, what: str, ip: bytes, mac: bytes) -> None:
    text = f"{what}: ".encode() + bytes(range(100))
    sent = udp_frame((CLIENT_MAC, mac), (CLIENT_IP, ip), (1240, ECHO_PORT), text)
    wanted = udp_frame((SERVER_MAC, mac), (SERVER_IP, ip), (ECHO_PORT, 1240), text)
    place_frame(talk, sent)
    talk.call(f"TRANSMIT {what}", TRANSMIT, transmit_block())

    def fault(report: Report, number: int) -> str:
        frame = report.bytes(number)
        return "" if frame == wanted else f"begins with {frame[:34].hex()}, not {wanted[:34].hex()}"

    _handed_out(talk, what, MULTICAST_IP, len(wanted), fault)


def interrupt_fault(wanted: int, promised: bool, counts: Sequence[tuple[int, int]]) -> str:
    """What is wrong with what a card says and does; `wanted`: the line it is wired to, 0 = it must be polled.

    Programs are to poll, so no card promises its interrupt (docs/pxe.md); it has to come all the same. counts: line
    and number of interrupts for a program that waits, twice; for the same after it has polled; and when it waits again.
    """
    lines = {line for line, _ in counts}
    if lines != {wanted} or promised:
        return f"lines {lines}, promised: {promised}; wired to {wanted or 'none'}"
    *waiting, polling, again = (count for _, count in counts)
    if wanted and not all((*waiting, again)):
        return f"line {wanted} stayed silent: {waiting}, {again}"
    return f"line {wanted} interrupted a program that polls" if polling else ""
