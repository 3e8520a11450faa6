# SPDX-License-Identifier: BSD-2-Clause
"""A diskless client from the sample configurations: Debian's kernel in an NBI, its root on NFS."""

from __future__ import annotations

from ci.images import Shop
from ci.lab.card import Card
from ci.lab.case import Case
from ci.packages import Unavailable


def diskless(shop: Shop, card: Card) -> Case:
    raise Unavailable("x")
