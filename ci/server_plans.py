"""Boots from real DHCP and TFTP servers, in network namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ci.cases import Plan, Selection, sample_plans
from ci.images import Shop
from ci.net.combinations import COMBINATIONS
from ci.runner import Case
from ci.stock import rom_file
from factory.spec import Spec

TIMEOUT = 60.0


def server_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Every combination of servers with every medium of each family's first card.

    A second stage needs a stock first stage here: our own would take the boot file by the same name.
    """
    for plan in sample_plans(spec, shop, selection, "server", COMBINATIONS):
        if plan.boot == "nbp" and rom_file(plan.card) is None:
            continue
        name = plan.key.split("+", 2)[2]
        yield replace(plan, adjust=partial(_served, name))


def _served(name: str, case: Case) -> Case:
    return replace(case, servers=name, timeout=TIMEOUT)
