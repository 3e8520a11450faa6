# SPDX-License-Identifier: BSD-2-Clause
"""Boots over HTTP, from real servers and from one of ours that does what they do not, in network namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci.lab.case import Case
from ci.lab.network import Served
from ci.net.http import HTTP_COMBINATIONS
from ci.net.namespace import SERVER_IP
from ci.net.servers import Server
from ci.smoke.plans import Change, Plan, named

TIMEOUT = 60.0


def http_plans(plan: Plan) -> Iterator[Plan]:
    """Of one image, which a first stage may have to load by HTTP, too."""
    for name, servers in HTTP_COMBINATIONS.items():
        yield named(plan, name, _by_http(servers))


def _by_http(servers: tuple[Server, ...], folder: str = "dir/") -> Change:
    """The boot file lies in a folder, and DHCP names it by its URI."""

    def change(case: Case) -> Case:
        boot_file = f"http://{SERVER_IP}/{folder}{case.network.boot_file}"
        files = {f"{folder}{name}": data for name, data in case.files.items()}
        network = Served(servers, boot_file)
        return replace(case, network=network, files=files, timeout=TIMEOUT)

    return change
