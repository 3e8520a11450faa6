# SPDX-License-Identifier: BSD-2-Clause
"""iPXE's own drivers on chip models: a second witness beside Linux, where it has a driver that knows the chip."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ci.chips.process import chips, program_sha256
from ci.lab.case import Case, Label
from ci.lab.judge import Expected
from ci.lab.machine import Machine
from ci.lab.network import Wired
from ci.packages import CACHE, unpacked
from ci.payloads.payload import make_payload, payload_sum

TIER = "ipxe"
PACKAGE, FILE = "ipxe", "boot/ipxe.lkrn"
NAME = "payload"
KIND, SIZE = "bzimage", 128 * 1024
SEED = 1
MEMORY, TIMEOUT = 64, 90.0


def ipxe(folder: Path) -> Sequence[str]:
    """QEMU's arguments for it. Raises Unavailable."""
    return "-kernel", str((unpacked(PACKAGE, CACHE) / FILE).resolve())


@dataclass(frozen=True)
class IpxePlan:
    """It boots a payload over a model."""

    name: str
    keeps = False

    @property
    def key(self) -> str:
        """Of its case."""
        return f"{TIER}+{self.name}"

    @property
    def label(self) -> Label:
        """It is evidence of no image, and waits for no gate."""
        return Label(TIER, model_sha256=program_sha256())

    def make(self) -> Case:
        """With a nonce of its own."""
        nonce = secrets.token_hex(16)
        payload = make_payload(KIND, nonce, SIZE)
        machine = Machine(str(chips()[self.name]), memory=MEMORY, seed=SEED)
        return Case(
            self.key,
            self.label,
            replace(machine, extra=ipxe),
            Wired(NAME),
            {NAME: payload},
            Expected(nonce, payload_sum(payload), notes=True),
            timeout=TIMEOUT,
        )
