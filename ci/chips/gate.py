# SPDX-License-Identifier: BSD-2-Clause
"""The gate: Linux's own driver on a chip model. A model that it does not take for the real chip proves nothing.

The guest prints each step as `EFCHIP name=value`: the driver binds, the link has the right speed, DHCP works,
checksummed transfers go both ways, the cable is pulled and put back, the driver is unloaded and loaded again. Then it
prints what the kernel said of the card.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ci.chips.kernel import kernel, modalias
from ci.chips.process import Chip
from ci.lab.case import Boot, Case, Failed, Label
from ci.lab.journal import Record
from ci.lab.judge import ANY, POWER_OFF_EXIT, Expected
from ci.lab.machine import Machine
from ci.lab.network import TFTP, Plug
from ci.packages import CACHE
from ci.payloads.initrd import FILE, Entry

TIER = "gate"
LARGE, SMALL = 8 << 20, 1 << 20  # bytes over TCP, each way; by TFTP
MEMORY = 256  # MiB
BINARY = "qemu-system-x86_64"
MAC = "52:54:00:12:34:56"
SINK, SOURCE = "10.0.2.100", "10.0.2.101"
TIMEOUT = 120.0  # on a loaded machine
APPEND = (
    "console=ttyS0 quiet panic=-1 no_timer_check ipv6.disable=1 mitigations=off nokaslr"
    " net.ifnames=0 random.trust_cpu=on"
)
CABLE = (
    ("EFCHIP cable=pulled", "set_link net off\n"),
    ("EFCHIP cable=back", "set_link net on\n"),
)
LINE = re.compile(r"^EFCHIP (\w+)=(.*)$", re.MULTILINE)
MESSAGE = re.compile(r"^<(\d+)>\[ *[\d.]+\] (.*)$", re.MULTILINE)
# Messages that are a failure whoever they are about, and at which level others are.
ALARMS = re.compile(r"WARNING:|BUG:|Oops|Call Trace|NETDEV WATCHDOG|nobody cared|hung task")
WARNING_LEVEL = 4
ONCE_A_MINUTE = ("3c59x",)  # drivers that look so seldom at the link; and when they are opened
EARLY = ("sundance",)  # drivers that say there is a link before the PHY has negotiated
# Drivers that never say whether there is a link. Without one, the speed that they report is not the chip's.
SILENT = ("epic100",)
# Drivers that clear an event which came after they looked. Where nothing else happens, neither they nor TCP ever go on.
FORGETFUL = ("epic100",)
CARRIER = '[ "$($b cat $net/carrier 2>/dev/null)" = $1 ]'
NEGOTIATED = '[ "$($b cat $net/speed 2>/dev/null)" != SPEED ]; [ $? = $1 ]'
# Faults of a model that are races in Linux itself: ixgbe looks at the link while another of its threads resets a chip.
RACES = dict.fromkeys(
    ("i82598", "i82599", "i82599_kx4", "x540", "x550"),
    r"register \S+ is (?:read|written) during a reset",
)
# A warning of several lines: the interrupt of Linux's tlan may start the timer that it is about to start.
TIMER_RACE = re.compile(r"[^\n]*WARNING: [^\n]* add_timer\+.*?end trace", re.DOTALL)
EXCUSED = re.compile(
    r"firmware: failed to load|load firmware|firmware load"  # files that Debian's main archive does not have
    r"|^bnxt_en .* NIC Link is Down$"  # which that driver prints as an error; the gate does pull the cable
    r"|Enabling MSI-X interrupts failed|Unable to allocate MSI interrupt"  # models interrupt by their pin
    r"|Failed to allocate MSI|Disabling (SR-IOV|RSS) support"  # the same
    r"|disabling VPD access"  # Linux says so of every card of Attansic's, real or not
    r"|^, |^ +[a-z]"  # the rest of a line, which the kernel puts at this level
    r"|NAPI poll function epic_poll\+"  # it counts the buffers that it allocates as frames
)

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
carrier() { CARRIER; }
there() { [ -e $net ]; }
full() { [ "$($b cat $net/duplex)" = full ]; }
counted() { [ $($b cat $net/statistics/tx_bytes) -ge LARGE ]; } # some chips' counters are read once a second
look() { [ -z "SLOW" ] || { $b usleep 500000; $b ifconfig eth0 down; $b ifconfig eth0 up; }; }
finish() {
    $b dmesg -r | $b grep -E '^<[0-4]>|ABOUT' # all of it would outrun the serial port
    say end $1
    $b usleep 300000
    $b poweroff -f
}
need() {
    step=$1
    shift
    "$@" && return
    say trouble "$step"
    finish early
}
start() {
    need module $b insmod /lib/MODULE.ko
    need interface within 50 there
    need "the interface, which does not come up" $b ifconfig eth0 up
    need link within 100 carrier 1
    [ -z "EARLY" ] || within 100 full
}
echo
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
say kernel $($b uname -r)
say build "$($b uname -v)"
say module MODULE
for module in NEEDED; do need $module $b insmod /lib/$module.ko; done
start
say driver $($b basename $($b readlink $net/device/driver))
say mac $($b cat $net/address)
say link $($b cat $net/speed)/$($b cat $net/duplex)
$b udhcpc -i eth0 -q -n -t 6 -T 1 -s /dhcp 2>/dev/null
[ -z "FORGETFUL" ] || { $b ping 10.0.2.2 >/dev/null & }
$b tftp -g -l /small -r small -b 1428 10.0.2.2
say tftp $($b sha256sum </small)
$b nc SOURCE 1 >/large
say received $($b sha256sum </large)
say sent $($b nc SINK 1 </large)
[ -z "FORGETFUL" ] || kill $!
$b usleep 300000 # what is left of the connections: drivers complain of a frame that a lost link keeps
say cable pulled
look
within 100 carrier 0 && say lost yes
say cable back
look
within 100 carrier 1 && say again $($b cat $net/speed)/$($b cat $net/duplex)
within 5 $b ping -c 1 -W 1 10.0.2.2 >/dev/null && say ping yes
within 20 counted
for name in rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors; do
    say $name $($b cat $net/statistics/$name)
done
$b ifconfig eth0 down
need "removal of the module" $b rmmod MODULE
start
$b ifconfig eth0 10.0.2.15 netmask 255.255.255.0
within 5 $b ping -c 1 -W 1 10.0.2.2 >/dev/null && say reloaded yes
$b ifconfig eth0 down
$b rmmod MODULE
finish yes
"""


@dataclass(frozen=True)
class Programs:
    """QEMU's own servers, and two addresses with programs of this machine behind them."""

    seed: int
    boot_file = ""

    @contextmanager
    def plugged(self, folder: Path) -> Iterator[Plug]:
        """See ci.lab.network.Network."""
        for name, data in files(self.seed).items():
            (folder / TFTP / name).write_bytes(data)
        sink = f"guestfwd=tcp:{SINK}:1-cmd:sha256sum"
        source = f"guestfwd=tcp:{SOURCE}:1-cmd:cat {folder / TFTP / 'large'}"
        yield Plug(f"user,restrict=on,tftp={TFTP},{sink},{source}")


def files(seed: int) -> dict[str, bytes]:
    """What is transferred."""
    noise = random.Random(seed).randbytes(LARGE)
    return {"large": noise, "small": noise[:SMALL]}


def linux(chip: Chip, folder: Path) -> Sequence[str]:
    """QEMU's arguments for Linux and the driver of a chip. Raises Unavailable."""
    found = kernel(CACHE)
    module = found.module_for(modalias(chip.id, chip.subsystem))
    *needed, _ = found.with_needed(module)
    text = INIT.replace("NEEDED", " ".join(needed)).replace("MODULE", module)
    text = text.replace("SLOW", module if module in ONCE_A_MINUTE else "")
    text = text.replace("FORGETFUL", module if module in FORGETFUL else "")
    text = text.replace("EARLY", module if module in EARLY else "")
    text = text.replace("CARRIER", NEGOTIATED if module in SILENT else CARRIER)
    text = text.replace("SPEED", str(chip.speed))
    text = (
        text.replace("LARGE", str(LARGE))
        .replace("SOURCE", SOURCE)
        .replace("SINK", SINK)
        .replace("ABOUT", about(module))
    )
    dhcp = Entry("dhcp", FILE | 0o755, DHCP.encode())
    content = found.initramfs(module, text, (dhcp,))
    (folder / "initramfs").write_bytes(content)
    return "-kernel", str(found.image.resolve()), "-initrd", "initramfs", "-append", APPEND


def gate_case(chip: Chip, seed: int, label: Label, binary: str = BINARY) -> Case:
    """Let Linux try the model, with latencies of this seed."""
    machine = Machine(
        str(chip),
        memory=MEMORY,
        binary=binary,
        seed=seed,
        extra=partial(linux, chip),
    )
    return Case(
        f"{TIER}+{chip.name}",
        label,
        machine,
        Programs(seed),
        {},
        Expected("", "", report=ANY, exit=POWER_OFF_EXIT, excused=RACES.get(chip.name, "")),
        check=partial(_check, chip, seed),
        keys=CABLE,
        timeout=TIMEOUT,
    )


def _check(chip: Chip, seed: int, boot: Boot) -> str:
    """A remark on what Linux found. Raises Failed."""
    console = boot.outcome.console
    facts = facts_of(console)
    module = facts.get("module", "?")
    sent = files(seed)
    wanted = expected(chip, module, sent)
    reason = fault_of(facts, wanted, sent) or alarm(console, module)
    if reason:
        raise Failed(f"Linux's {module}: {reason}")
    return f"Linux {facts['kernel']}, {module}: link {link_of(facts)}, seed {seed}"


def summary(record: Record) -> dict[str, Any]:
    """What evidence.json has of a gate."""
    facts = facts_of(record.console)
    module = facts.get("module", "")
    return {
        "verdict": record.verdict,
        "reason": record.reason,
        "when": record.when,
        "model_sha256": record.model_sha256,
        "seed": record.seed,
        "kernel": f"{facts.get('kernel', '')} {facts.get('build', '')}".strip(),
        "driver": module,
        "link": link_of(facts),
        "messages": [text for _, text in messages(record.console, module)],
    }


def facts_of(console: str) -> dict[str, str]:
    """What the guest said, by name."""
    return dict(LINE.findall(console))


def link_of(facts: Mapping[str, str]) -> str:
    """Mbit/s and duplex as Linux told them; some drivers cannot be asked."""
    link = facts.get("link", "")
    return "not told" if link == "/" else link


def expected(chip: Chip, module: str, sent: Mapping[str, bytes]) -> dict[str, str]:
    """What the guest has to say, in the order of its steps."""
    link, large = f"{chip.speed}/full", hashlib.sha256(sent["large"]).hexdigest()
    wanted = {
        "driver": module,
        "mac": MAC,
        "link": link,
        "dhcp": "10.0.2.15",
        "tftp": hashlib.sha256(sent["small"]).hexdigest(),
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
    if not chip.speed:  # nothing that Linux could ask
        del wanted["link"], wanted["again"]
    return wanted


def fault_of(facts: Mapping[str, str], wanted: Mapping[str, str], sent: Mapping[str, bytes]) -> str:
    """The first step that did not go as it must; "" when all did."""
    if "trouble" in facts:
        return f"there is trouble with the {facts['trouble']}"
    for name, value in wanted.items():
        found = facts.get(name, "nothing")
        if name == "driver":
            found = found.replace("-", "_").lower()  # as its module's file
        if found != value:
            return f"{name} is {found}, not {value}"
    large, small = len(sent["large"]), len(sent["small"])
    for name, least in (("rx_bytes", large + small), ("tx_bytes", large)):
        if int(facts.get(name, "0")) < least:
            return f"{name} counts {facts.get(name)}, less than went over the wire"
    return ""


def about(module: str) -> str:
    """A pattern for the kernel's messages about the card."""
    return rf"{module.replace('_', '[-_]')}|eth0|0000:00:0[2-9]"


def messages(console: str, module: str) -> Iterator[tuple[int, str]]:
    """The kernel's messages about the card, and alarms about anything: level and text."""
    for level, text in MESSAGE.findall(console):
        if re.search(about(module), text) or ALARMS.search(text):
            yield int(level) & 7, text


def alarm(console: str, module: str) -> str:
    """The first message that a real card would not cause; "" when there is none."""
    for level, text in messages(
        TIMER_RACE.sub("", console) if module == "tlan" else console, module
    ):
        if ALARMS.search(text) or (level <= WARNING_LEVEL and not EXCUSED.search(text)):
            return f"warning: {text}"
    return ""
