# SPDX-License-Identifier: BSD-2-Clause
"""One boot of a `.rom` of ours on a chip model, by hand: `python3 -m ci.chips boot CHIP ROM`."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from ci.chips.process import Chip
from ci.lab.boot import served
from ci.lab.judge import PASS, Expected, judge
from ci.lab.machine import Machine
from ci.lab.network import Wired
from ci.payloads.payload import make_payload, payload_sum

PAYLOAD_SIZE = 24 * 1024
KIND = "nbi"


def boot(chip: Chip, rom: Path, seed: int, timeout: float, binary: str) -> int:
    """Boot it, show what it did. The exit code."""
    nonce = secrets.token_hex(16)
    payload = make_payload(KIND, nonce, PAYLOAD_SIZE)
    machine = Machine(str(chip), rom.read_bytes(), seed=seed, binary=binary)
    with served({KIND: payload}, Wired(KIND)) as place:
        outcome, _ = place.boot(machine, timeout)
    verdict = judge(Expected(nonce, payload_sum(payload)), outcome)
    print(f"--- console\n{outcome.console}\n--- card\n{outcome.cards[0]}", end="")
    good = verdict.status == PASS
    when = f"{outcome.first_debug:.2f} s to the payload" if outcome.first_debug else "no payload"
    print(f"--- {'pass' if good else 'FAIL'}: {verdict.reason or chip}; {when}, seed {seed}")
    sys.stdout.flush()
    return 0 if good else 1
