# SPDX-License-Identifier: BSD-2-Clause
"""Boots by name: servers that DNS knows, and scripts that only those get who say that they take them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.images import Shop
from ci.lab.case import Case
from ci.lab.network import Served
from ci.net.servers import ALIAS, DNSMASQ_DNS, DNSMASQ_NAMES, FILES_HOST, HTTP, ISC_DHCPD_NAMES
from ci.smoke.plans import Change, Plan, named

TIMEOUT = 60.0
SHORT_ALIAS, SHORT_HOST = (name.partition(".")[0] for name in (ALIAS, FILES_HOST))
SCRIPT = "boot.ipxe"
# A second lease, a failing one, and what the network commands say of it.
LINES = """#!ipxe
dhcp net0 || goto failed
dhcp net1 || echo no second card
ifclose && ifopen net0 || goto failed
ifstat
chain http://{alias}/{file} || goto failed
:failed
echo This must not be reached
"""
SHOWN: tuple[str, ...] = (
    r"DHCP: 10\.77\.0\.\d+ from",
    "no second card",
    "link up",
    rf"http://{re.escape(ALIAS)}/",
)
# How dnsmasq tells who takes scripts: by option 175, or by the user class.
BY_FEATURES, BY_CLASS = "--dhcp-match=set:scripts,175", "--dhcp-userclass=set:scripts,iPXE"


def name_plans(plan: Plan) -> Iterator[Plan]:
    """Of one image. A stock first stage would take the scripts itself."""
    if plan.boot != "nbp":  # Debian's iPXE gives up where the first name server is dead
        yield named(plan, "named-server", _named_server)
    yield named(plan, "tftp-by-name", _by_uri(f"tftp://{SHORT_ALIAS}/"))
    yield named(plan, "http-by-alias", _by_uri(f"http://{ALIAS}/"))
    if plan.boot != "nbp":
        yield named(plan, "script-by-175", partial(_script, BY_FEATURES))
    if plan.image.medium == "rom":
        of_class = partial(_of_class, plan.shop)
        yield named(plan, "script-by-class", partial(_script, BY_CLASS), of_class)


def _named_server(case: Case) -> Case:
    """The first name server is dead, and the name is an alias in the second domain."""
    network = Served((ISC_DHCPD_NAMES, DNSMASQ_NAMES), case.network.boot_file)
    return replace(case, network=network, timeout=TIMEOUT)


def _by_uri(start: str) -> Change:
    def change(case: Case) -> Case:
        network = Served((DNSMASQ_DNS, HTTP), start + case.network.boot_file)
        return replace(case, network=network, timeout=TIMEOUT)

    return change


def _script(how: str, case: Case) -> Case:
    """Who does not say that it takes scripts is given a file that is not there."""
    file = case.network.boot_file
    script = LINES.format(alias=ALIAS, file=file)
    server = DNSMASQ_DNS.told(how, f"--dhcp-boot=tag:scripts,http://{SHORT_HOST}/{SCRIPT}")
    files = {**case.files, SCRIPT: script.encode()}
    network = Served((server, HTTP), "nothing")
    return replace(case, network=network, files=files, timeout=TIMEOUT).showing(*SHOWN)


def _of_class(shop: Shop, case: Case) -> Case:
    """The ROM with the user class of iPXE."""
    with tempfile.TemporaryDirectory(prefix="set-") as folder:
        path, changed = Path(folder, "its.rom"), Path(folder, "other.rom")
        path.write_bytes(case.machine.rom)
        shop.run("set", str(path), "user-class=iPXE", "-o", str(changed))
        return case.on(rom=changed.read_bytes())
