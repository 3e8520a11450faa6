# SPDX-License-Identifier: BSD-2-Clause
"""Boot files of every format on a .rom: those of ours report their nonce, and look at what they are told."""

from __future__ import annotations

import gzip
import lzma
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from ci.images import Shop
from ci.lab.card import Build, Card, CardPlan, cards
from ci.lab.case import Case
from ci.lab.judge import Expected
from ci.lab.network import Network
from ci.payloads.payload import KERNELS, make_payload, payload_sum
from ci.pxe.programs import assemble, nonce, rolling_sum
from ci.pxe.start import boots, full, ours
from ci.smoke import bad_answers, commands, directives, strangers, templates
from ci.smoke.bootfile import SCRIPT, by_name, named, script
from ci.smoke.plans import PAYLOAD_SIZE, Selection
from factory.spec import Spec

GROUP = "format"
QUICK = ("rtl8139", "virtio_net")  # families


PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": partial(lzma.compress, check=lzma.CHECK_CRC32),
}


def format_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[CardPlan]:
    """Each on a card of each family; in a quick run, on two."""
    builds: dict[str, Build] = {kind: partial(_kernel, kind) for kind in KERNELS}
    builds |= {"sector": _sector, "initrds": _initrds}
    builds |= {name: partial(_packed, pack) for name, pack in PACKERS.items()}
    for group in (strangers, templates, commands, directives, bad_answers):
        builds |= group.BUILDS
    for card in cards(spec, shop, selection.family):
        if card.family in QUICK or not selection.quick:
            for name, build in builds.items():
                yield CardPlan(GROUP, name, card, build, captured=False)


def _kernel(kind: str, card: Card) -> Case:
    """A kernel that is entered in 32-bit mode."""
    fresh = nonce()
    image = make_payload(kind, fresh, PAYLOAD_SIZE)
    modules = {f"module{n}": random.Random(f"{fresh} {n}").randbytes(n * 5001) for n in (1, 2)}
    arguments = "a b=c initrd=module1,module2"
    if kind == "elf":
        modules, arguments = {}, ""
    files = {"kern": image, **modules}
    expected = Expected(fresh, payload_sum(image, b"".join(modules.values())))
    told: Network = named("kern", arguments)
    if kind == "multiboot":
        told = by_name(card, "kern", arguments)
    return boots(full(card), told, files, expected, *_told(kind, arguments))


def _told(kind: str, arguments: str) -> Iterator[str]:
    """Patterns of what it prints: base memory, and as much above 1 MiB as SeaBIOS leaves of 64 MiB."""
    yield r"EFENTRY magic=[0-9a-f]{8}.* lower=0000027f upper=0000fb80"
    yield r"ram=0000fdff"
    if kind == "elf":
        yield r"ip=10\.77\.0\.15\.\n"
        return
    yield r' loader="Etherforge"'
    yield rf' cmdline="kern {arguments}"'
    yield r' module="module1" module="module2"'


def _sector(card: Card) -> Case:
    """A boot sector."""
    fresh = nonce()
    image = assemble("sector", NONCE=f'"{fresh}"')
    expected = Expected(fresh, rolling_sum(image))
    return boots(full(card), named("mbr"), {"mbr": image}, expected)


def _initrds(card: Card) -> Case:
    """An archive, and two files that the kernel finds in its initrd by the names they are given, as wimboot does."""
    fresh = nonce()
    image = make_payload("bzimage", fresh, PAYLOAD_SIZE)
    archive, first, second = (random.Random(f"{fresh} {n}").randbytes(n) for n in (999, 5, 7001))
    initrd = archive + _member(b"boot.wim", first, len(archive))
    initrd += _member(b"/etc/second", second, len(initrd))
    lines = ("kernel kern a=b", "initrd archive", "initrd x/1 boot.wim", "initrd x/2 /etc/second")
    files = {"kern": image, "archive": archive, "x/1": first, "x/2": second}
    files[SCRIPT] = script(*lines, "boot")
    expected = Expected(fresh, payload_sum(image, initrd))
    return boots(ours(card), by_name(card, SCRIPT), files, expected, r'cmdline="a=b"')


def _packed(pack: Callable[[bytes], bytes], card: Card) -> Case:
    """A compressed kernel; its module is left as it is."""
    fresh = nonce()
    image, module = make_payload("multiboot", fresh, PAYLOAD_SIZE), pack(fresh.encode())
    expected = Expected(fresh, payload_sum(image, module))
    files = {"kern.packed": pack(image), "module": module}
    network = by_name(card, "kern.packed", "initrd=module")
    return boots(full(card), network, files, expected)


def _member(name: bytes, data: bytes, at: int) -> bytes:
    """A file of a cpio archive (newc): its header begins at a multiple of 4, and so does its content."""
    numbers = (0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    header = b"070701" + b"".join(b"%08x" % value for value in numbers) + name + b"\0"
    return bytes(-at % 4) + header + bytes(-len(header) % 4) + data
