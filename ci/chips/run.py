# SPDX-License-Identifier: BSD-2-Clause
"""`make chips`: Linux's driver on every chip model, our ROMs on all of them, and bugs that the models have to find."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice

from ci.chips import mutants
from ci.chips.ipxe import IpxePlan
from ci.chips.process import program_sha256
from ci.chips.validated import GatePlan
from ci.images import Shop
from ci.lab.case import Case, Label, Plan
from ci.lab.run import add_options, boot_all, guarded
from factory.spec import Family, Model, Spec, load_spec

TIER = "chips"


@dataclass(frozen=True)
class BootPlan:
    """A boot of a family's ROM on one of its models."""

    family: str
    model: Model
    shop: Shop
    seed: int
    number: int = 0  # of boots in a row
    alone: bool = False  # without the model's gate: it only shows that both still work
    keeps = False

    @property
    def key(self) -> str:
        """Of its case."""
        return f"{TIER}+{self.family}+{self.model.device}+{self.number or self.seed}"

    @property
    def label(self) -> Label:
        """It is evidence of no image: `make smoke` boots those as they are."""
        card = "" if self.alone else self.model.card
        return Label(TIER, self.family, card, model_sha256=program_sha256())

    def make(self) -> Case:
        """With a nonce of its own."""
        image = self.shop.out / "images" / self.family / f"{self.model.id.hex}.rom"
        case = mutants.boot_case(self.model, image.read_bytes(), self.seed)
        return replace(case, key=self.key, label=self.label)


def models(spec: Spec, family: str = "") -> Iterator[tuple[Family, Model]]:
    """Every chip model of the matrix."""
    for each in spec.families:
        for model in each.models if family in ("", each.name) else ():
            if model.is_chip:
                yield each, model


def boot_plans(spec: Spec, shop: Shop, family: str = "", alone: bool = False) -> list[Plan]:
    """Each model with the shortest latencies, and with seeded ones."""
    return [
        BootPlan(each.name, model, shop, seed, alone=alone)
        for each, model in models(spec, family)
        for seed in mutants.SEEDS
    ]


def in_a_row(spec: Spec, shop: Shop, family: str, count: int) -> list[Plan]:
    """So many boots on all models in turn, each with other latencies."""
    turns = islice(cycle(models(spec, family)), count)
    return [
        BootPlan(each.name, model, shop, secrets.randbelow(1 << 31), number)
        for number, (each, model) in enumerate(turns, 1)
    ]


def gate_plans(spec: Spec, family: str = "") -> list[Plan]:
    """A gate for each of these models."""
    return [GatePlan(name) for name in _names(spec, family)]


def _names(spec: Spec, family: str) -> list[str]:
    """Every model that the matrix has, of one family or of all."""
    names = (model.device.partition(":")[2] for _, model in models(spec, family))
    return list(dict.fromkeys(names))


def run(options: argparse.Namespace) -> int:
    """The exit code."""
    spec, shop = load_spec(options.spec), Shop(options.out)
    if options.ipxe:
        plans: list[Plan] = [IpxePlan(name) for name in _names(spec, options.family)]
    elif options.count:
        plans = in_a_row(spec, shop, options.family, options.count)
    else:
        alone = options.quick or options.boots
        gates = gate_plans(spec, options.family)[: 1 if alone else None]
        plans = boot_plans(spec, shop, options.family, alone)
        plans = plans if options.boots else gates + plans
    status = boot_all(options, plans, options.out / TIER)
    if options.ipxe or options.count or options.quick or options.boots or options.list:
        return status
    return mutants.main([options.family] if options.family else [], options.jobs) or status


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.chips.run", description=__doc__)
    add_options(parser)
    parser.add_argument(
        "--count", type=int, default=0, metavar="N", help="instead: N boots in a row"
    )
    parser.add_argument("--ipxe", action="store_true", help="instead: iPXE's drivers on the models")
    parser.add_argument("--boots", action="store_true", help="boots alone, which prove nothing")
    return guarded("chips", partial(run, parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
