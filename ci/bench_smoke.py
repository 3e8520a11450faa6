# SPDX-License-Identifier: BSD-2-Clause
"""How many smoke boots per second this machine makes."""

from __future__ import annotations

import time
from typing import Any

from ci.images import Shop
from ci.lab.judge import PASS, SKIP
from ci.lab.pool import Pool, default_jobs
from ci.smoke.plans import Selection, plans
from factory.spec import Spec


def boots_per_second(spec: Spec, shop: Shop) -> dict[str, Any]:
    """Boot everything that can be booted here, as `make smoke` does, without keeping the evidence."""
    chosen = [plan for plan in plans(spec, shop, Selection()) if plan.boot]
    started = time.monotonic()
    records = [it for it in Pool(default_jobs()).run(chosen) if it.verdict != SKIP]
    seconds = time.monotonic() - started
    return {
        "boots": len(records),
        "passed": sum(record.verdict == PASS for record in records),
        "seconds": round(seconds, 2),
        "per_second": round(len(records) / seconds, 2),
        "jobs": default_jobs(),
        "qemu_cpu": round(sum(record.cpu for record in records), 2),
    }
