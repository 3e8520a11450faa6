"""How many smoke boots per second this machine makes."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from ci.cases import Selection, plans, prepare
from ci.images import Shop
from ci.judge import PASS
from ci.pool import Pool, default_jobs
from ci.smoke import why_not
from factory.spec import Spec


def boots_per_second(spec: Spec, shop: Shop) -> dict[str, Any]:
    """Boot everything that can be booted here, as `make smoke` does, without keeping the evidence."""
    chosen = [
        plan for plan in plans(spec, shop, Selection()) if plan.boot and not why_not(plan, shop)
    ]
    started = time.monotonic()
    makers = [partial(prepare, plan, shop) for plan in chosen]
    records = list(Pool(default_jobs()).run(makers))
    seconds = time.monotonic() - started
    return {
        "boots": len(records),
        "passed": sum(record.verdict == PASS for record in records),
        "seconds": round(seconds, 2),
        "per_second": round(len(records) / seconds, 2),
        "jobs": default_jobs(),
        "qemu_cpu": round(sum(record.cpu for record in records), 2),
    }
