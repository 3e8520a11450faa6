# SPDX-License-Identifier: BSD-2-Clause
"""The gate: Linux's own driver on a chip model. What it does not take for the real chip proves nothing.

The guest reports each step as a line `EFCHIP name=value`. The driver binds, the link has the right speed, DHCP works,
checksummed transfers go both ways, the cable is pulled and put back, and the driver is unloaded and loaded again.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ci.chips.kernel import Kernel, modalias
from ci.chips.process import Chip, Report
from ci.lab.boot import write_files
from ci.lab.emulator import Emulator, Outcome
from ci.lab.machine import Machine
from ci.lab.network import TFTP, Plug
from ci.lab.qemu import Qemu
from ci.payloads.initrd import FILE, Entry

LARGE, SMALL = 8 << 20, 1 << 20  # bytes over TCP, each way; by TFTP
MEMORY = 256  # MiB
BINARY = "qemu-system-x86_64"
MAC = "52:54:00:12:34:56"
SINK, SOURCE = "10.0.2.100", "10.0.2.101"
APPEND = (
    "console=ttyS0 quiet panic=-1 no_timer_check ipv6.disable=1 mitigations=off nokaslr"
    " net.ifnames=0 random.trust_cpu=on"
)
LINE = re.compile(r"^EFCHIP (\w+)=(.*)$", re.MULTILINE)
STEP = re.compile(rb"^EFCHIP cable=(\w+)\r?\n", re.MULTILINE)
# Kernel messages that are a failure whoever they are about, and at which level others are.
ALARMS = re.compile(r"WARNING:|BUG:|Oops|Call Trace|NETDEV WATCHDOG|nobody cared|hung task")
MESSAGE = re.compile(r"^<(\d+)>\[ *[\d.]+\] (.*)$", re.MULTILINE)
WARNING_LEVEL = 4
# Drivers that look at the link once a minute: nothing sees them notice that the cable was pulled.
ONCE_A_MINUTE = frozenset({"3c59x"})
EXCUSED = re.compile(r"firmware")  # files that no package of Debian's main archive has

DHCP = """#!/bin/busybox sh
[ "$1" = bound ] && /bin/busybox ifconfig $interface $ip netmask $subnet && echo "EFCHIP dhcp=$ip"
exit 0
"""
# `within` tries a command for so many tenths of a second.
INIT = r"""#!/bin/busybox sh
b=/bin/busybox
net=/sys/class/net/eth0
say() { echo "EFCHIP $1=$2"; }
within() {
    tries=$1
    shift
    while ! "$@"; do
        [ $tries != 0 ] || return 1
        tries=$((tries - 1))
        $b usleep 100000
    done
}
carrier() { [ "$($b cat $net/carrier 2>/dev/null)" = $1 ]; }
there() { [ -e $net ]; }
start() {
    $b insmod /lib/MODULE.ko || say insmod failed
    within 50 there || say interface missing
    $b ifconfig eth0 up || say interface down
    within 100 carrier 1 || say carrier missing
}
echo
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
for module in NEEDED; do $b insmod /lib/$module.ko || say insmod $module; done
start
say driver $($b basename $($b readlink $net/device/driver))
say mac $($b cat $net/address)
say link $($b cat $net/speed)/$($b cat $net/duplex)
$b udhcpc -i eth0 -q -n -t 6 -T 1 -s /dhcp 2>/dev/null
$b tftp -g -l /small -r small -b 1428 10.0.2.2
say tftp $($b sha256sum </small)
$b nc SOURCE 1 >/large
say received $($b sha256sum </large)
say sent $($b nc SINK 1 </large)
say cable pulled
within 100 carrier 0 && say lost yes
say cable back
within 100 carrier 1 && say again $($b cat $net/speed)/$($b cat $net/duplex)
within 5 $b ping -c 1 -W 1 10.0.2.2 >/dev/null && say ping yes
for name in rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors collisions; do
    say $name $($b cat $net/statistics/$name)
done
$b ifconfig eth0 down
$b rmmod MODULE || say rmmod failed
start
$b ifconfig eth0 10.0.2.15 netmask 255.255.255.0
within 5 $b ping -c 1 -W 1 10.0.2.2 >/dev/null && say reloaded yes
$b ifconfig eth0 down
$b rmmod MODULE
$b dmesg -r
say end yes
$b poweroff -f
"""


@dataclass(frozen=True)
class Finding:
    """What a gate found."""

    chip: str
    module: str
    kernel: str
    seed: int
    reason: str  # why the model does not pass; "" when it does
    facts: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[str, ...] = ()  # the kernel's about the card
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    console: str = ""
    log: str = ""

    @property
    def passed(self) -> bool:
        """Whether boots on the model count."""
        return not self.reason


class Cable:
    """Pulls it and puts it back when the guest says so."""

    def __init__(self) -> None:
        self._seen = 0

    def __call__(self, emulator: Emulator) -> bool:
        steps = STEP.findall(bytes(emulator.streams["console"].data))
        for step in steps[self._seen :]:
            emulator.command(f"set_link net {'on' if step == b'back' else 'off'}\n")
        self._seen = len(steps)
        return False


@contextmanager
def network(folder: Path, files: Mapping[str, bytes]) -> Iterator[Plug]:
    """QEMU's own servers, and two addresses with programs of this machine behind them."""
    write_files(folder, files)
    sink = f"guestfwd=tcp:{SINK}:1-cmd:sha256sum"
    source = f"guestfwd=tcp:{SOURCE}:1-cmd:cat {folder / TFTP / 'large'}"
    yield Plug(f"user,restrict=on,tftp={TFTP},{sink},{source}")


def gate(chip: Chip, linux: Kernel, folder: Path, seed: int, timeout: float = 60.0) -> Finding:
    """Let Linux try the model. Raises Unavailable when Linux has no driver for it."""
    module = linux.module_for(modalias(chip.id, chip.subsystem))
    noise = random.Random(seed).randbytes(LARGE)
    files = {"large": noise, "small": noise[:SMALL]}
    init = _init(linux.with_needed(module)[:-1], module)
    dhcp = Entry("dhcp", FILE | 0o755, DHCP.encode())
    (folder / "initramfs").write_bytes(linux.initramfs(module, init, (dhcp,)))
    boot = ("-kernel", str(linux.image.resolve()), "-initrd", "initramfs", "-append", APPEND)
    machine = Machine(str(chip), memory=MEMORY, binary=BINARY, seed=seed, interrupts=True)
    with network(folder, files) as plug, Qemu(machine, (plug,), folder, boot) as emulator:
        outcome = emulator.run(timeout, Cable())
    report = Report.read(outcome.card or "")
    facts = dict(LINE.findall(outcome.console))
    mine = tuple(messages(outcome.console, module))
    reason = report.trouble or fault_of(facts, chip, module, files) or alarm(outcome, mine)
    return Finding(
        str(chip),
        module,
        linux.version,
        seed,
        reason,
        facts,
        tuple(text for _, text in mine),
        report.counts or {},
        outcome.wall,
        outcome.console,
        outcome.card or "",
    )


def _init(needed: list[str], module: str) -> str:
    text = INIT.replace("NEEDED", " ".join(needed)).replace("MODULE", module)
    return text.replace("SOURCE", SOURCE).replace("SINK", SINK)


def expected(chip: Chip, module: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """What the guest has to report, in the order of its steps."""
    link, large = f"{chip.speed}/full", hashlib.sha256(files["large"]).hexdigest()
    unseen = {"lost", "again"} if module in ONCE_A_MINUTE else set()
    if not chip.speed:  # without a PHY that Linux could ask
        unseen |= {"link", "again"}
    every = {
        "driver": module.replace("_", "-"),
        "mac": MAC,
        "link": link,
        "dhcp": "10.0.2.15",
        "tftp": hashlib.sha256(files["small"]).hexdigest(),
        "received": large,
        "sent": large,
        "lost": "yes",
        "again": link,
        "ping": "yes",
        "rx_errors": "0",
        "tx_errors": "0",
        "reloaded": "yes",
        "end": "yes",
    }
    return {name: value for name, value in every.items() if name not in unseen}


def fault_of(facts: Mapping[str, str], chip: Chip, module: str, files: Mapping[str, bytes]) -> str:
    """The first step that did not go as it must; "" when all did."""
    for name, value in expected(chip, module, files).items():
        found = (
            facts.get(name, "nothing").replace("_", "-") if name == "driver" else facts.get(name)
        )
        if found != value:
            return f"Linux's {module} reports {name}={found or 'nothing'}, not {value}"
    wrong = [name for name in ("insmod", "rmmod", "interface", "carrier") if name in facts]
    if wrong:
        return f"Linux's {module} reports {wrong[0]}={facts[wrong[0]]}"
    for name, least in (("rx", LARGE + SMALL), ("tx", LARGE)):
        if int(facts.get(f"{name}_bytes", "0")) < least:
            return f"Linux's {module} counts {name}_bytes={facts.get(f'{name}_bytes')}"
    return ""


def messages(console: str, module: str) -> Iterator[tuple[int, str]]:
    """The kernel's messages about the card: level and text."""
    about = re.compile(rf"{module.replace('_', '[-_]')}|eth0|0000:00:0[2-9]")
    for level, text in MESSAGE.findall(console):
        if about.search(text) or ALARMS.search(text):
            yield int(level) & 7, text


def alarm(outcome: Outcome, mine: tuple[tuple[int, str], ...]) -> str:
    """The first message that a real card would not cause; "" when there is none."""
    for level, text in mine:
        if (level <= WARNING_LEVEL or ALARMS.search(text)) and not EXCUSED.search(text):
            return f"Linux warns: {text}"
    return "the guest did not end" if outcome.timed_out else ""
