# SPDX-License-Identifier: BSD-2-Clause
"""Configuration files of PXELINUX with every directive, found by each name that is looked for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from ci.lab.card import Build, Card
from ci.lab.case import Case
from ci.lab.judge import Expected
from ci.lab.machine import Drive
from ci.lab.network import Network, Wired
from ci.net.scenario import Scenario
from ci.payloads.payload import make_payload, payload_sum
from ci.pxe.programs import disk, nonce, payload
from ci.pxe.start import boots, full, goes_on
from ci.smoke.bootfile import told
from ci.smoke.plans import PAYLOAD_SIZE
from ci.smoke.templates import SMBIOS

UUID = "67452301-ab89-efcd-0123-456789abcdef"  # as DHCP option 97 has the machine's
BY_UUID = f"pxelinux.cfg/{UUID}"
BY_MAC = "pxelinux.cfg/01-52-54-00-12-34-56"
BY_IP = "pxelinux.cfg/0A4D0"  # of 10.77.0.15, in part

PROMPTED = """# Nobody answers at the prompt.
SERIAL 0 115200
PATH modules
DISPLAY nothing.txt
SAY Good morning
PROMPT 1
NOESCAPE 1
TIMEOUT 10
DEFAULT nothing
ONTIMEOUT late
APPEND for all
LABEL nothing
 KERNEL nothing
 TEXT HELP
LABEL late
 KERNEL nothing
 ENDTEXT
INCLUDE more.cfg
LABEL behind
"""
MORE = """LABEL late
 LINUX kern
 APPEND a b=c
 INITRD first,second
 IPAPPEND 7
"""
CMDLINE = (
    r"a b=c  initrd=first,second ip=10\.77\.0\.15:10\.77\.0\.1:10\.77\.0\.1:255\.255\.255\.0 "
    rf"BOOTIF=01-52-54-00-12-34-56 SYSUUID={UUID}"
)
MENU = """UI menu.c32
MENU TITLE Systems
LABEL nothing
 MENU LABEL Nothing
 MENU DISABLED
LABEL hidden
 MENU HIDE
MENU INCLUDE sub.cfg
LABEL out
 MENU LABEL ^Out
 MENU QUIT
"""
SUB = """MENU BEGIN sub
 MENU LABEL ^More
 MENU TITLE More systems
 LABEL back
  MENU LABEL ^Back
  MENU EXIT
 LABEL top
  MENU LABEL ^Top
  MENU GOTO .top
 LABEL other
  MENU LABEL ^Other file
  MENU DEFAULT
  CONFIG other.cfg
MENU END
"""
OTHER = """DEFAULT it with words
LABEL it
 KERNEL kern
 SYSAPPEND 2
"""


def _network() -> Network:
    """A server that names pxelinux.0, and does not have it."""
    return Wired("pxelinux.0", Scenario("pxelinux"), mac=None)


def _prompt(card: Card) -> Case:
    """Found by UUID: a prompt that times out, an included file, all that a command line gets."""
    fresh = nonce()
    image = make_payload("bzimage", fresh, PAYLOAD_SIZE)
    first, second = (random.Random(f"{fresh} {n}").randbytes(n) for n in (5001, 77))
    files = {BY_UUID: PROMPTED.encode(), "more.cfg": MORE.encode(), "kern": image}
    files |= {"first": first, "second": second, "pxelinux.cfg/default": b"DEFAULT nothing\n"}
    expected = Expected(fresh, payload_sum(image, first + bytes(-len(first) % 4) + second))
    case = boots(full(card), _network(), files, expected, "Good morning")
    return told(case.on(smbios=SMBIOS), CMDLINE)


def _menu(card: Card) -> Case:
    """Found by hardware address: a menu in a menu, and another file."""
    program = payload("bzimage")
    texts = {BY_MAC: MENU, "sub.cfg": SUB, "other.cfg": OTHER, BY_IP: "DEFAULT nothing\n"}
    files = {"kern": program.data, **{name: text.encode() for name, text in texts.items()}}
    case = boots(full(card), _network(), files, program.expected, "Systems", "More systems")
    case = told(case, " with words BOOTIF=01-52-54-00-12-34-56")
    keys = ((" of 2", b"m"), (" of 3", b"t"), (" of 2", b"m"), (" of 3", b"b"))
    return replace(case, keys=(*keys, (" of 2", b"m"), (" of 3", b"o")))


def _drive(card: Card) -> Case:
    """Found by a part of the IP address: a local disk."""
    program = disk()
    start = full(card)
    drives = (*start.machine.drives[:1], Drive("disk", program.data))
    files = {BY_IP: b"DEFAULT it\nLABEL it\n LOCALBOOT 0x80\n"}
    return boots(start.on(drives=drives), _network(), files, program.expected)


def _next(card: Card) -> Case:
    """Found as `default`: the next boot device."""
    files = {"pxelinux.cfg/default": b"DEFAULT it\nLABEL it\n LOCALBOOT 0\n"}
    return goes_on(full(card), _network(), files, "Local boot: next boot device")


BUILDS: Mapping[str, Build] = {
    "pxelinux-uuid": _prompt,
    "pxelinux-mac": _menu,
    "pxelinux-ip": _drive,
    "pxelinux-default": _next,
}
