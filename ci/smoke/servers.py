# SPDX-License-Identifier: BSD-2-Clause
"""Boots from real DHCP and TFTP servers, in network namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci.images import Shop
from ci.lab.case import Case
from ci.lab.network import Served, combination
from ci.net.servers import COMBINATIONS, DNSMASQ_NAMES, ISC_DHCPD_NAMES
from ci.smoke.http import http_plans
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
            yield named(plan, "named-server", _named_server)


def _served(name: str) -> Change:
    def change(case: Case) -> Case:
        return replace(case, network=combination(name, case.network.boot_file), timeout=TIMEOUT)

    return change


def _named_server(case: Case) -> Case:
    """Names from a second name server, for the first one is dead, and a second domain; an alias is one of them."""
    network = Served((ISC_DHCPD_NAMES, DNSMASQ_NAMES), case.network.boot_file)
    return replace(case, network=network, timeout=TIMEOUT)
