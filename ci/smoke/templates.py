# SPDX-License-Identifier: BSD-2-Clause
"""Scripts as the templates of provisioning servers write them (ci/scripts), over HTTP, from a server with a name."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from ci.lab.card import Build, Card
from ci.lab.case import Case
from ci.lab.judge import Expected
from ci.net.namespace import SERVER_IP
from ci.net.servers import DOMAIN
from ci.payloads.payload import make_payload, payload_sum
from ci.pxe.programs import nonce
from ci.pxe.start import boots, ours
from ci.smoke.bootfile import SCRIPT, by_name
from ci.smoke.plans import PAYLOAD_SIZE
from ci.tree import ROOT

UUID = "01234567-89ab-cdef-0123-456789abcdef"
SMBIOS = (f"type=1,uuid={UUID},manufacturer=Maker,product=PC,serial=S1", "type=3,asset=Rack-7")
NOT_REACHED = "This must not be reached"
HEXHYP = "(?:[0-9a-f]{2}-){5}[0-9a-f]{2}"
BASE = rf"http://{re.escape(SERVER_IP)}"


@dataclass(frozen=True)
class Template:
    """A script, what else the server has, and what the kernel is told."""

    cmdline: str  # pattern
    files: Mapping[str, str] = field(
        default_factory=dict
    )  # other scripts of ci/scripts, by the names that they are asked for
    initrds: tuple[str, ...] = ("initrd",)
    shown: tuple[str, ...] = ()


TEMPLATES: Mapping[str, Template] = {
    "provisioning": Template(
        rf"initrd=initrd\.img ks={BASE}/tree/unattended\?token=a%3db&mac={HEXHYP} BOOTIF=01-{HEXHYP} "
        rf"nameserver=[0-9.]+ ip=10\.77\.0\.\d+::[0-9.]*:255\.255\.255\.0:::none",
        shown=(rf"Hosts of {re.escape(DOMAIN)}", "Install"),
    ),
    "profiles": Template(
        rf"text ksdevice=bootif lang= inst\.ks={BASE}/svc/op/ks/profile/server-x86_64 -- "
        r"\"quoted words\"",
        {"hosts/default.ipxe": "profiles-default"},
        shown=(r"boot\.ipxe:5: chain: server does not have the file \(E14\), going on",),
    ),
    "thin-client": Template(
        r"initrd=ltsp\.img initrd=x86_64\.img root=/dev/nfs ro ip=dhcp ltsp\.root=[0-9.]+:/srv host=\S+",
        initrds=("first", "second"),
        shown=(r"\(bios, i386, \S+\)", "Nobody registers hosts here"),
    ),
    "cluster": Template(
        rf"initrd=container initrd=system crashkernel=no wwid={HEXHYP} asset=Rack-7 uuid={UUID}",
        initrds=("first", "second"),
        shown=("machine Maker PC S1", "container: "),
    ),
    "menus": Template(
        r" ?ipv6\.disable=1 priority=critical auto=true url=http://files\.lab\.test/p\.cfg --- quiet",
        {"menus-linux.ipxe": "menus-linux"},
        shown=("Linux network installs", "Linux of today"),
    ),
    "matching": Template(
        r"initrd=main coreos\.first_boot=1 console=tty0 console=ttyS0 "
        rf"ignition\.config\.url={BASE}/ignition\?uuid={UUID}&mac={HEXHYP}",
        {"ipxe": "matching-profile"},
    ),
    "installer": Template(r"vga=788 --- quiet", initrds=("first", "second")),
}


def template_script(name: str) -> bytes:
    """A file of ci/scripts."""
    return (ROOT / "ci/scripts" / f"{name}.ipxe").read_bytes()


def _template(name: str, card: Card) -> Case:
    template = TEMPLATES[name]
    fresh = nonce()
    image = make_payload("bzimage", fresh, PAYLOAD_SIZE)
    parts = [random.Random(f"{fresh} {n}").randbytes(5001) for n in template.initrds]
    files = {"tree/kern": image, **{f"tree/{n}": part for n, part in zip(template.initrds, parts)}}
    files |= {path: template_script(other) for path, other in template.files.items()}
    files[SCRIPT] = template_script(name)
    initrd = b"".join(part + bytes(-len(part) % 4) for part in parts[:-1]) + parts[-1]
    expected = Expected(fresh, payload_sum(image, initrd)).hiding(NOT_REACHED)
    case = boots(
        ours(card),
        by_name(card, SCRIPT),
        files,
        expected,
        f'cmdline="{template.cmdline}"',
        *template.shown,
    )
    return case.on(smbios=SMBIOS)


BUILDS: Mapping[str, Build] = {name: partial(_template, name) for name in TEMPLATES}
