"""Boots into failures: each must say what failed, where and with which code, and then let the next boot device start.

The guest's clock is sped up (warp): most of these cases wait for a server that does not answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ci.bad_files import BAD_FILES
from ci.cases import WARP, Plan, Selection, must_not_boot
from ci.images import Shop
from ci.media import MEDIA
from ci.net.wire import SERVER_IP, Scenario
from ci.runner import Case
from ci.stock import rom_file
from factory.spec import Family, Image, Spec

SERVER = r"10\.77\.0\.1"
ABSENT, ELSEWHERE = bytes([10, 77, 0, 99]), bytes([10, 99, 0, 1])
ROUTE_ELSEWHERE = bytes([16]) + ELSEWHERE[:2] + SERVER_IP
ROUTE_BESIDE = bytes([16, 10, 98]) + SERVER_IP  # the gateway does not count then
FILE = "@FILE@"  # stands for the boot file's name in a pattern
TIMEOUT = 60.0
SMALLEST_MEMORY = 2  # MiB; too little for the firmware and any boot file

Adjust = Callable[[Case], Case]

# A server that misbehaves, and what the console must show.
BAD_DHCP = (
    (Scenario("no-dhcp", dhcp=False), (r"DHCP.*E08\b",)),
    (Scenario("nak", nak=True), (r"DHCP.*E09\b",)),
    (Scenario("no-name", names_file=False), (r"E10\b",)),
    (Scenario("no-arp", boot_server=ABSENT), (r"10\.77\.0\.99/.*E13\b",)),
    (Scenario("no-route", boot_server=ELSEWHERE, gateway=False), (r"10\.99\.0\.1/.*E12\b",)),
    (Scenario("routes-elsewhere", boot_server=ELSEWHERE, routes=ROUTE_BESIDE), (r"E12\b",)),
    (Scenario("name-only", server_name="tftp.lan"), (r"tftp\.lan: .*\bE28\b",)),
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
    families = [f for f in spec.families if f.models and selection.family in ("", f.name)]
    for index, family in enumerate(families[:1] if selection.quick else families):
        for image in spec.images():
            if image.family != family.name or image.ids != (family.models[0].id,):
                continue
            if MEDIA[image.medium].second_stage and rom_file(family.models[0].device) is None:
                continue  # these servers name one boot file only, so our own ROM cannot load it
            if image.medium == "rom" or (index == 0 and not selection.quick):
                yield from _server_plans(family, image, shop)
                if index == 0:
                    yield from _file_plans(family, image, shop)
                    yield from _machine_plans(family, image, shop)


def _plan(family: Family, image: Image, shop: Shop, name: str, adjust: Adjust) -> Plan:
    model = family.models[0]
    boot = MEDIA[image.medium].sample
    sha256 = hashlib.sha256(shop.image(image).read_bytes()).hexdigest()
    key = f"input+{image.path}+{name}"
    return Plan(key, image, sha256, "input", model.device, model.id, boot=boot, adjust=adjust)


def _server_plans(family: Family, image: Image, shop: Shop) -> Iterator[Plan]:
    """A second stage is loaded by a first one that needs DHCP itself, so only TFTP can fail for it."""
    for scenario, texts in BAD_TFTP if MEDIA[image.medium].second_stage else BAD_DHCP + BAD_TFTP:
        yield _plan(family, image, shop, scenario.name, partial(_with_server, scenario, texts))
    for scenario in POOR_SERVERS:
        yield _plan(family, image, shop, scenario.name, partial(_with_server, scenario, ()))


def _with_server(scenario: Scenario, texts: tuple[str, ...], case: Case) -> Case:
    case = replace(case, network=scenario, warp=WARP, timeout=TIMEOUT)
    return _must_fail(case, texts) if texts else case


def _must_fail(case: Case, texts: tuple[str, ...]) -> Case:
    return must_not_boot(case, *(t.replace(FILE, re.escape(case.payload_name)) for t in texts))


def _file_plans(family: Family, image: Image, shop: Shop) -> Iterator[Plan]:
    for name in BAD_FILES:
        yield _plan(family, image, shop, name, partial(_with_file, name))


def _with_file(name: str, case: Case) -> Case:
    make, code = BAD_FILES[name]
    case = replace(case, payload=make(case.payload), warp=WARP, timeout=TIMEOUT)
    return _must_fail(case, (FILE, code))


def _machine_plans(family: Family, image: Image, shop: Shop) -> Iterator[Plan]:
    if not MEDIA[image.medium].second_stage:  # there the first stage runs out of memory before us
        yield _plan(family, image, shop, "little-memory", _with_little_memory)
    else:
        yield _plan(family, image, shop, "own-name", _with_own_name)


def _with_little_memory(case: Case) -> Case:
    # The payload places a segment at 2 MiB, where this machine has nothing.
    return must_not_boot(replace(case, memory=SMALLEST_MEMORY), r"E23\b")


def _with_own_name(case: Case) -> Case:
    """The server names the second stage itself, without the suffix: it would load itself for ever."""
    return must_not_boot(replace(case, payload=case.data, nbp_suffix=""), r"E11\b")
