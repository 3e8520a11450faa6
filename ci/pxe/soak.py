"""Many chain boots in a row, on all cards in turn: our ROM, our undi.zpxe, pxelinux, a kernel with its initrd."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ci import qemu
from ci.machine import Network
from ci.newer_qemu import BINARY
from ci.packages import Unavailable
from ci.pxe.boot import boot_in, driver_line, must_boot, ours, write_files
from ci.pxe.case import Card, Failed, Keeper
from ci.pxe.loaders import BANNER, LOADERS, configured, entry
from ci.pxe.programs import small_system
from ci.pxe.second_stage import LOADED, UNDI
from ci.pxe.servers import Stages, staged

LOADER = LOADERS[0]


def soak(cards: Sequence[Card], count: int, evidence: Path) -> int:
    """Make `count` boots, print what fails, and last how many did; 0 when none. Keeps the evidence of failures."""
    started, failures = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        write_files(folder, {LOADED: cards[0].special("undi"), **configured(LOADER)})
        with staged(folder, Stages(LOADED, LOADER, LOADED)) as network:
            for number in range(1, count + 1):
                card = cards[number % len(cards)]
                reason = _one(folder, card, network, Keeper(evidence, f"soak+{number}"))
                failures += bool(reason)
                if reason:
                    print(f"FAIL soak+{number}+{card.family}: {reason}", flush=True)
    families = ", ".join(card.family for card in cards)
    print(f"{count} chain boots in {time.monotonic() - started:.0f} s on {families}")
    passed = max(count, 0) - failures
    print(f"{passed} passed, {failures} failed, 0 skipped")
    return 0 if passed and not failures else 1


def _one(folder: Path, card: Card, network: Network, keeper: Keeper) -> str:
    """One boot; what went wrong with it."""
    system = small_system()
    lines = entry("kern", "INITRD ird", f"APPEND nonce={system.expected.nonce}")
    files = configured(LOADER, *lines) | {"kern": system.kernel, "ird": system.initrd}
    write_files(folder, files)
    try:
        outcome = boot_in(folder, ours(card), network, keeper)
        must_boot(system.expected, outcome, driver_line(card, UNDI), BANNER)
    except (Failed, OSError) as reason:
        return str(reason) or type(reason).__name__
    keeper.forget()
    return ""


def bootable(cards: Sequence[Card]) -> list[Card]:
    """Those that there is an emulator for here. Raises Unavailable when there is none for any."""
    if not qemu.installed(BINARY):
        raise Unavailable(f"{BINARY} is not installed")
    found = [card for card in cards if qemu.has_card(card.binary(), card.device)]
    if not found:
        raise Unavailable("no QEMU here has any of the cards")
    return found
