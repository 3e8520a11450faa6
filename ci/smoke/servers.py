# SPDX-License-Identifier: BSD-2-Clause
"""Boots from real DHCP and TFTP servers, in network namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci.images import Shop
from ci.lab.case import Case
from ci.lab.network import combination
from ci.net.servers import COMBINATIONS
from ci.smoke.http import http_plans
from ci.smoke.names import name_plans
from ci.smoke.plans import Change, Plan, Selection, named, samples
from ci.stock import rom_file
from factory.spec import Spec

TIMEOUT = 60.0


def server_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Every combination of servers with every medium of each family's first card.

    A second stage needs a stock first stage here: our own would take the boot file by the same name.
    """
    for plan in samples(spec, shop, selection, "server"):
        if plan.boot != "nbp" or rom_file(plan.card) is not None:
            yield from (named(plan, name, _served(name)) for name in COMBINATIONS)
            yield from http_plans(plan, shop)
            yield from name_plans(plan)


def _served(name: str) -> Change:
    def change(case: Case) -> Case:
        return replace(case, network=combination(name, case.network.boot_file), timeout=TIMEOUT)

    return change

