# SPDX-License-Identifier: BSD-2-Clause
"""Boots into failures: each must say what failed, where and with which code, and then let the next boot device start.

The guest's clock is sped up (warp): most of these cases wait for a server that does not answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ci.images import Shop
from ci.lab.case import Case
from ci.lab.machine import WARP
from ci.lab.network import User
from ci.media import MEDIA
from ci.net.scenario import ALWAYS, NOWHERE, SERVER_IP, Scenario
from ci.smoke.bad_files import BAD_FILES
from ci.smoke.plans import Change, Plan, Selection, named, payload_name, samples, wired
from ci.stock import rom_file
from factory.spec import Spec

SERVER = r"10\.77\.0\.1"
ABSENT, ELSEWHERE = bytes([10, 77, 0, 99]), bytes([10, 99, 0, 1])
ROUTE_ELSEWHERE = bytes([16]) + ELSEWHERE[:2] + SERVER_IP
ROUTE_BESIDE = bytes([16, 10, 98]) + SERVER_IP  # the gateway does not count then
DNS = 6  # option: name servers
FILE = "@FILE@"  # stands for the boot file's name in a pattern
TIMEOUT = 60.0
SMALLEST_MEMORY = 2  # MiB; too little for the firmware

# A server that misbehaves, and what the console must show.
BAD_DHCP = (
    (Scenario("no-dhcp", dhcp=False), (r"DHCP.*E08\b",)),
    (Scenario("nak", naks=ALWAYS), (r"DHCP.*E09\b",)),
    (Scenario("no-name", place=NOWHERE), (r"E10\b",)),
    (Scenario("no-arp", boot_server=ABSENT), (r"10\.77\.0\.99/.*E13\b",)),
    (Scenario("no-route", boot_server=ELSEWHERE, gateway=False), (r"10\.99\.0\.1/.*E12\b",)),
    (Scenario("routes-elsewhere", boot_server=ELSEWHERE, routes=ROUTE_BESIDE), (r"E12\b",)),
    (Scenario("name-only", server_name="tftp.lan"), (r"tftp\.lan: .*\bE28\b",)),
    (
        Scenario("dead-dns", server_name="tftp.lan", further=((DNS, ABSENT),)),
        (r"tftp\.lan: .*E13\b",),
    ),
    (Scenario("closed", closed=True), (f"{SERVER}/{FILE}.*E29\\b",)),
)
BAD_TFTP = (
    (Scenario("missing", error=1), (f"{SERVER}/{FILE}.*E14\\b",)),
    (Scenario("refused", error=2), (f"{SERVER}/{FILE}.*E15\\b",)),
    (Scenario("silent", stop_after=0, options=()), (f"{SERVER}/{FILE}.*E(05|17)\\b",)),
    (Scenario("stops", stop_after=5), (f"{SERVER}/{FILE}", r"E17\b")),
    (Scenario("breaks", error_after=5), (f"{SERVER}/{FILE}", r"E16\b.*disk on fire")),
    (Scenario("short", announces=1), (f"{SERVER}/{FILE}", r"E20\b")),
)

# A server that is merely old, busy or far away: these must boot.
POOR_SERVERS = (
    Scenario("no-options", options=()),
    Scenario("only-blksize", options=("blksize",)),
    Scenario("refuses-options", refuse_options=True),
    Scenario("loses-packets", lose_every=7),
    Scenario("routes", boot_server=ELSEWHERE, gateway=False, routes=ROUTE_ELSEWHERE),
    Scenario("host-mask", mask=b"\xff" * 4),
    Scenario("hasty", hasty=True),
    Scenario("hasty-lock-step", hasty=True, options=("tsize", "blksize")),
    Scenario("announces-less", announces=-5000),
    Scenario("padded", padding=1),
)


def bad_input_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Every failure on every medium for the first family, the server's failures on the ROM of each other.

    In a quick run, the first family's ROM only.
    """
    first = ""
    for plan in samples(spec, shop, replace(selection, id=""), "input"):
        first, medium = first or plan.card, plan.image.medium
        if MEDIA[medium].second_stage and rom_file(plan.card) is None:
            continue  # these servers name one boot file only, so our own ROM cannot load it
        if medium == "rom" or (plan.card == first and not selection.quick):
            yield from _server_plans(plan)
            if plan.card == first:
                yield from _other_plans(plan)


def _server_plans(plan: Plan) -> Iterator[Plan]:
    """A second stage is loaded by a first one that needs DHCP itself, so only TFTP can fail for it."""
    for scenario, texts in (
        BAD_TFTP if MEDIA[plan.image.medium].second_stage else BAD_DHCP + BAD_TFTP
    ):
        yield named(plan, scenario.name, wired(scenario), _waiting, _fails(*texts))
    for scenario in POOR_SERVERS:
        yield named(plan, scenario.name, wired(scenario), _waiting)


def _waiting(case: Case) -> Case:
    return replace(case.on(warp=WARP), timeout=TIMEOUT)


def _fails(*texts: str) -> Change:
    def change(case: Case) -> Case:
        return case.failing(*(t.replace(FILE, re.escape(payload_name(case))) for t in texts))

    return change


def _other_plans(plan: Plan) -> Iterator[Plan]:
    """Boot files that are bad; machines and names that are."""
    for name, (_, code) in BAD_FILES.items():
        yield named(plan, name, _with_file(name), _waiting, _fails(FILE, code))
    if MEDIA[plan.image.medium].second_stage:  # there the first stage runs out of memory before us
        yield named(plan, "own-name", _with_own_name, _fails(r"E11\b"))
    else:
        # The firmware is unpacked where this machine has nothing.
        little: Change = lambda case: case.on(memory=SMALLEST_MEMORY)
        yield named(plan, "little-memory", little, _fails(r"memory too small \(E27\)"))


def _with_file(name: str) -> Change:
    def change(case: Case) -> Case:
        file = payload_name(case)
        spoilt = BAD_FILES[name][0](case.files[file])
        return replace(case, files={**case.files, file: spoilt})

    return change


def _with_own_name(case: Case) -> Case:
    """The server names the second stage itself, without the suffix: it would load itself for ever."""
    name = payload_name(case)
    return replace(case, files={name: case.files[case.network.boot_file]}, network=User(name))
