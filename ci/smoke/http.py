# SPDX-License-Identifier: BSD-2-Clause
"""Boots over HTTP, from real servers and from one of ours that does what they do not, in network namespaces."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from ci.images import Shop
from ci.lab.case import Case
from ci.lab.network import Served
from ci.media import MEDIA
from ci.net.http import HTTP_COMBINATIONS, NGINX, ODD
from ci.net.namespace import SERVER_IP
from ci.net.odd_http import CHUNKED, CUT, FORM, MOVED, PASSWORD, SECRET, USER, WORDS
from ci.net.servers import DNSMASQ, Server
from ci.payloads.payload import payload_sum
from ci.smoke.plans import Change, Plan, named, payload_name

TIMEOUT = 60.0
BOOT_FILE, ARGUMENTS = 67, 129  # DHCP options
HERE = f"http://{SERVER_IP}/"

MENU, ASKS = "menu.ipxe", "asks.ipxe"

TYPED = 8  # characters at a time

PROMPT_OPENS, PROMPT = "SeaBIOS", "etherforge>"  # a key pressed at the first opens the second


def http_plans(plan: Plan, shop: Shop) -> Iterator[Plan]:
    """Of one image, which a stock first stage loads by HTTP, too; and for a .rom, the ways to name a file."""
    second_stage = MEDIA[plan.image.medium].second_stage
    for name, (_, server) in HTTP_COMBINATIONS.items():
        if server is NGINX or not second_stage:
            yield named(plan, name, _by(server, f"{HERE}dir/"))
    if plan.image.medium != "rom":
        return
    secret = f"{HERE.replace('//', f'//{USER}:{quote(PASSWORD)}@')}{SECRET}/dir/"
    for way in (MOVED, CHUNKED, CUT):
        yield named(plan, f"http-{way}", _by(ODD, f"{HERE}{way}/dir/"))
    yield named(plan, f"http-{SECRET}", _by(ODD, secret))
    yield named(plan, "http-no-secret", _by(ODD, f"{HERE}{SECRET}/dir/"), _refused)
    yield named(plan, "http-absent", _by(NGINX, f"{HERE}nowhere/"), _absent)
    yield named(plan, "http-option67", _by(NGINX, f"{HERE}dir/"), _in_option)
    yield named(plan, "http-setting", _by(NGINX, f"{HERE}dir/"), partial(_set, shop))
    yield named(plan, "http-prompt", _by(NGINX, f"{HERE}dir/"), _typed)
    yield named(plan, "http-menu", _by(NGINX, f"{HERE}dir/"), _chosen)
    yield named(plan, "http-form", _by(ODD, f"{HERE}{CHUNKED}/dir/"), _asked)
    yield named(plan, "http-initrd", _by(NGINX, f"{HERE}dir/"), _with_initrd, kind="bzimage")


def _by(server: Server, base: str) -> Change:
    """The boot file lies in a folder, and DHCP names it by its URI."""

    def change(case: Case) -> Case:
        network = Served((DNSMASQ, server), base + case.network.boot_file)
        files = {f"dir/{name}": data for name, data in case.files.items()}
        return replace(case, network=network, files=files, timeout=TIMEOUT)

    return change


def _network(case: Case) -> Served:
    assert isinstance(case.network, Served)
    return case.network


def _told(case: Case, *more: str, without: tuple[str, ...] = ()) -> Case:
    """Its DHCP server has more words, and not those that begin so."""
    dhcp, *others = _network(case).servers
    servers = (dhcp.told(*more, without=without), *others)
    return replace(case, network=replace(_network(case), servers=servers))


def _absent(case: Case) -> Case:
    return case.failing(rf"{HERE}nowhere/{payload_name(case)}.*\bE14\b.*404 Not Found")


def _refused(case: Case) -> Case:
    return case.failing(rf"{payload_name(case)}.*\bE15\b.*401 Unauthorized")


def _in_option(case: Case) -> Case:
    """As it is named to clients that ask for option 67, and nowhere else."""
    more = f"--dhcp-option-force={BOOT_FILE},{case.network.boot_file}"
    return _told(case, more, without=("--dhcp-boot",))


def _set(shop: Shop, case: Case) -> Case:
    """A setting of the image names it, and DHCP nothing."""
    with tempfile.TemporaryDirectory(prefix="set-") as folder:
        rom = Path(folder, "set.rom")
        source = rom.with_name("source.rom")
        source.write_bytes(case.machine.rom)
        shop.run("set", str(source), f"bootfile={case.network.boot_file}", "-o", str(rom))
        return _told(case, without=("--dhcp-boot",)).on(rom=rom.read_bytes())


def _typed(case: Case) -> Case:
    """The user types it, while DHCP names nothing."""
    name = case.network.boot_file
    parts = [name[at : at + TYPED] for at in range(0, len(name), TYPED)]
    keys = [(after, part.encode()) for after, part in zip([PROMPT, *parts], [*parts, "\r"])]
    return replace(_told(case, without=("--dhcp-boot",)), keys=((PROMPT_OPENS, b" "), *keys))


def _chosen(case: Case) -> Case:
    """The user chooses it from a script's menu, with an arrow; its name is relative to the script's."""
    menu = f"#!ipxe\nmenu\nitem nothing\nitem {payload_name(case)}\nchoose file\nchain ${{file}}\n"
    keys = (("Item 1 of 2", b"\x1b[B"), ("Item 2 of 2", b"\r"))
    network = replace(_network(case), boot_file=f"{HERE}dir/{MENU}")
    files = {**case.files, f"dir/{MENU}": menu.encode()}
    return replace(case, network=network, files=files, keys=keys)


def _asked(case: Case) -> Case:
    """A script asks for it with a form; the server's answer is the script that boots it."""
    script = (
        "#!ipxe\nparams\nparam mac ${net0/mac}\n"
        f"param words {WORDS}\nparam file dir/{payload_name(case)}\nchain /{FORM}##params\n"
    )
    network = replace(_network(case), boot_file=f"{HERE}{CHUNKED}/dir/{ASKS}")
    return replace(case, network=network, files={**case.files, f"dir/{ASKS}": script.encode()})


def _with_initrd(case: Case) -> Case:
    """The kernel's arguments name it by a name relative to the kernel; one connection is enough for both."""
    initrd = random.Random(case.expected.nonce).randbytes(50_001)
    kernel = case.files[f"dir/{payload_name(case)}"]
    expected = replace(case.expected, sum=payload_sum(kernel, initrd))
    files = {**case.files, "other/initrd": initrd}
    case = replace(case, files=files, expected=expected)
    return _told(case, f"--dhcp-option-force={ARGUMENTS},initrd=../other/initrd quiet")
