# SPDX-License-Identifier: BSD-2-Clause
"""Every command of scripts, in an image that has them all: ci/scripts/commands.ipxe, and those that end the boot."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from ci.lab.card import Build, Card
from ci.lab.case import Case, Key
from ci.lab.judge import POWER_OFF_EXIT, Expected
from ci.lab.network import Served, Wired
from ci.net.http import ODD
from ci.net.namespace import SERVER_IP
from ci.net.odd_http import CHUNKED
from ci.net.scenario import PROXY_IP, Scenario
from ci.net.scenario import SERVER_IP as SERVER
from ci.net.servers import ALIAS, DNSMASQ_DNS
from ci.payloads.payload import make_payload, payload_sum
from ci.pxe.programs import nonce, payload
from ci.pxe.start import boots, full, shows
from ci.smoke.bootfile import SCRIPT, script, told
from ci.smoke.plans import PAYLOAD_SIZE
from ci.smoke.templates import HEXHYP, NOT_REACHED, SMBIOS, UUID, template_script

KERNEL = "kern"
TIMEOUT = 60.0
NAME_SERVED, OF_CLASS = 66, 135  # DHCP options
OPTIONS = (
    f"--dhcp-option-force={NAME_SERVED},boot.lab.test",
    "--dhcp-userclass=set:lab,lab",
    f"--dhcp-option-force=tag:lab,{OF_CLASS},for-the-lab",
)
CMDLINE = (
    rf"{HEXHYP} 10\.77\.0\.\d+ {re.escape(SERVER_IP)} http://\S+/commands\.ipxe {UUID} "
    r"Maker S1 Rack-7 boot\.lab\.test pcbios i386 lab \d\S+"
)
# What the script waits for, and what the user does then.
KEYS: tuple[Key, ...] = (
    ("Press y:", b"y"),
    ("Your name:", b"Ada\r"),
    ("User name:", b"lab\r"),
    ("Password:", b"secret\r"),
    ("Item 3 of 3", b"f"),
    ("etherforge>", b"set typed yes\r"),
    ("etherforge>", b"exit\r"),
    ("(Enter; Esc", b"\x1b"),
)
SHOWN = (
    "Half a line, and its end",
    r"commands\.ipxe:18: frobnicate: no such command \(E35\), going on",
    r"net0: \S+ 52:54:00:12:34:56, link up",
    r"1000 bytes from 10\.77\.0\.1: 1, \d+ ms",
    r"class 0200 \w+",
    r"help \[COMMAND\]",
    "No such drive",
    "Nothing was pressed",
    r"Password: \*{6}",
    "No such file",
    r"first: 5001 bytes",
)


def _every(card: Card) -> Case:
    """The script, its user, and a kernel that reports what all variables were."""
    fresh = nonce()
    image = make_payload("bzimage", fresh, PAYLOAD_SIZE)
    parts = [random.Random(f"{fresh} {n}").randbytes(5001) for n in range(3)]
    names = ("first", "second", "third")
    files = {"chunks": image, **dict(zip(names, parts))}
    files |= {f"{it}.ipxe": template_script(it) for it in ("commands-returns", "commands-boots")}
    files["commands.ipxe"] = template_script("commands")
    initrd = b"".join(part + bytes(-len(part) % 4) for part in parts[:-1]) + parts[-1]
    network = Served((DNSMASQ_DNS.told(*OPTIONS), ODD), f"http://{ALIAS}/{CHUNKED}/commands.ipxe")
    expected = Expected(fresh, payload_sum(image, initrd)).hiding(NOT_REACHED)
    case = boots(full(card), network, files, expected, *SHOWN)
    return replace(told(case.on(smbios=SMBIOS), CMDLINE), keys=KEYS, timeout=TIMEOUT)


def _proxy(card: Card) -> Case:
    """What the proxyDHCP server said is told apart from the rest."""
    program = payload("bzimage")
    line = "chain kern ${proxydhcp/filename} ${proxydhcp/54:ipv4} ${dhcp/54:ipv4} ${dhcp/filename}."
    network = Wired(SCRIPT, Scenario("proxy", place="proxy67"), mac=None)
    files = {SCRIPT: script(line), KERNEL: program.data}
    proxy, server = (r"\.".join(map(str, it)) for it in (PROXY_IP, SERVER))
    case = boots(full(card), network, files, program.expected)
    return told(case, rf"{re.escape(SCRIPT)} {proxy} {server} \.")


def _reboot(card: Card) -> Case:
    """The machine starts again, and is told to boot another file then."""
    program = payload("bzimage")
    network = Wired(SCRIPT, Scenario("reboot", then_names=KERNEL), mac=None)
    files = {SCRIPT: script("reboot", f"echo {NOT_REACHED}"), KERNEL: program.data}
    case = boots(full(card), network, files, program.expected.hiding(NOT_REACHED))
    return case.on(resets=True)


def _poweroff(card: Card) -> Case:
    """The machine would start again after a reset."""
    network = Wired(SCRIPT, Scenario("poweroff"), mac=None)
    files = {SCRIPT: script("poweroff", f"echo {NOT_REACHED}")}
    case = shows(full(card).on(resets=True), network, files)
    return replace(case, expected=replace(case.expected, exit=POWER_OFF_EXIT).hiding(NOT_REACHED))


BUILDS: Mapping[str, Build] = {
    "every-command": _every,
    "proxydhcp": _proxy,
    "reboot": _reboot,
    "poweroff": _poweroff,
}
