# SPDX-License-Identifier: BSD-2-Clause
"""Boots with the option ROMs of an installed package, as QEMU takes them by itself: it is only told their folder.

Every card of the matrix that QEMU has a ROM for by default gets ours in its place (-L). QEMU writes the card's ID
into it. A card that it has none for gets the image for its ID (romfile=).
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ci.images import Shop
from ci.lab.card import Card, CardPlan
from ci.lab.case import Case, Label
from ci.lab.judge import Expected
from ci.lab.machine import Machine
from ci.lab.network import User
from ci.lab.run import add_options, boot_all, guarded
from ci.payloads.payload import make_payload, payload_sum
from ci.stock import ROM_OF_CARD
from factory.errors import EXIT_INPUT, failure
from factory.spec import Spec, load_spec

KIND, SIZE = "nbi", 24 * 1024


def has_default_rom(card: str) -> bool:
    """Whether QEMU gives the card a ROM when it is told of none."""
    return card.startswith(tuple(ROM_OF_CARD))


def build(roms: Path, card: Card) -> Case:
    """Boot a payload with a fresh nonce."""
    nonce = secrets.token_hex(16)
    payload = make_payload(KIND, nonce, SIZE)
    if has_default_rom(card.device):
        machine = Machine(card.device, rom_folder=str(roms))
    else:
        machine = Machine(card.device, rom=(roms / f"{card.model.id.hex}.rom").read_bytes())
    expected = Expected(nonce, payload_sum(payload)).showing("Etherforge ")
    return Case(card.device, Label(""), machine, User(KIND), {KIND: payload}, expected)


def plans(spec: Spec, roms: Path, family: str = "") -> Iterator[CardPlan]:
    """A boot for each name of a card in QEMU, of one family or all. Chip models have no names there."""
    for each in spec.families:
        for model in each.models if family in ("", each.name) else ():
            if model.is_chip:
                continue
            card = Card(each.name, model, Shop())
            yield CardPlan("installed", model.device, card, partial(build, roms), captured=False)


def installed(options: argparse.Namespace) -> int:
    """Boot; the exit code."""
    roms = options.roms.absolute()
    if not roms.is_dir():
        raise failure(str(roms), "no such folder", "name the one with the option ROMs", EXIT_INPUT)
    chosen = list(plans(load_spec(Path("targets.yaml")), roms, options.family))
    return boot_all(options, chosen, options.out / "installed")


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.installed", description=__doc__)
    add_options(parser)
    folder = Path("/usr/share/qemu/etherforge")
    parser.add_argument("roms", type=Path, nargs="?", default=folder, help=f"default: {folder}")
    return guarded("installed", partial(installed, parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
