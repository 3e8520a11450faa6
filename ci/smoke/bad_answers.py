# SPDX-License-Identifier: BSD-2-Clause
"""A script that gets one bad answer and one bad file after the other, and boots in the end; and one that never ends."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Mapping
from dataclasses import replace

from ci.lab.card import Build, Card
from ci.lab.case import Case
from ci.lab.network import Served, User
from ci.net.http import ODD
from ci.net.namespace import SERVER_IP
from ci.net.odd_http import CHUNKED, CIRCLE, ENDLESS, LYING, RESET, SHORT
from ci.net.servers import DNSMASQ_DNS
from ci.payloads.payload import make_payload
from ci.pxe.programs import nonce, payload
from ci.pxe.start import boots, full, goes_on
from ci.smoke.bootfile import SCRIPT, script
from ci.smoke.plans import PAYLOAD_SIZE

TIMEOUT = 90.0
ANSWERS = {CIRCLE: 34, ENDLESS: 18, LYING: 18, SHORT: 32, RESET: 32}  # code of each error
MULTIBOOT_MAGIC = struct.pack("<I", 0x1BADB002)
LOAD_ADDRESS, LOAD_END, BSS_END = 16, 20, 24  # in a Multiboot header
PHOFF, PHENTSIZE = 28, 42  # in an ELF header


def _patched(kind: str, at: int, value: int) -> bytes:
    """A kernel with another word in its header."""
    data = bytearray(make_payload(kind, nonce(), PAYLOAD_SIZE))
    at += data.index(MULTIBOOT_MAGIC) if kind == "multiboot" else 0
    data[at : at + 4] = struct.pack("<I", value)
    return bytes(data)


def _files() -> dict[str, tuple[bytes, int]]:
    """Files that nothing can be made of, each with its error's code."""
    packed = gzip.compress(make_payload("multiboot", nonce(), PAYLOAD_SIZE))
    return {
        "text": (b"This is no boot file.\n" * 99, 21),
        "multiboot-ends-early": (_patched("multiboot", LOAD_END, 1), 20),
        "multiboot-starts-early": (_patched("multiboot", LOAD_ADDRESS, 0), 20),
        "multiboot-over-all": (_patched("multiboot", BSS_END, 0xF0000000), 23),
        "elf-table-outside": (_patched("elf", PHOFF, 0xFFFFFFF0), 20),
        "elf-no-segments": (_patched("elf", PHENTSIZE, 0), 22),
        "gzip-cut": (packed[: len(packed) // 2], 40),
        "gzip-damaged": (packed[:999] + b"\0\0\0\0\0\0\0\0" + packed[1007:], 40),
    }


def _one_after_the_other(card: Card) -> Case:
    """Each is said, with the script's line, and the next request is made."""
    program = payload("bzimage")
    bad = _files()
    lines, shown = [], []
    for way, code in ANSWERS.items():
        lines.append(f"imgfetch /{way}/kern ||")
        shown.append(rf"boot\.ipxe:{len(lines) + 1}: imgfetch: .*\(E{code}\), going on")
    for name, (_, code) in bad.items():
        lines.append(f"chain {name} ||")
        shown.append(rf"boot\.ipxe:{len(lines) + 1}: chain: .*\(E{code}\), going on")
    files = {"kern": program.data, **{name: data for name, (data, _) in bad.items()}}
    files[SCRIPT] = script(*lines, "chain kern")
    network = Served((DNSMASQ_DNS, ODD), f"http://{SERVER_IP}/{CHUNKED}/{SCRIPT}")
    case = boots(full(card), network, files, program.expected, *shown)
    return replace(case, timeout=TIMEOUT)


def _for_ever(card: Card) -> Case:
    """Esc ends it, with the line that it was at."""
    files = {SCRIPT: script("echo begins", ":again", "goto again || goto again")}
    case = goes_on(full(card), User(SCRIPT), files, r"boot\.ipxe:[34]: .*\(E06\)")
    return replace(case, keys=(("begins", b"\x1b"),))


BUILDS: Mapping[str, Build] = {"bad-answers": _one_after_the_other, "endless-script": _for_ever}
