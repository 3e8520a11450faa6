# SPDX-License-Identifier: BSD-2-Clause
"""Virtual machines from the sample configurations of QEMU, libvirt and Proxmox VE."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.lab.card import Build, Card
from ci.lab.case import Case
from ci.lab.given import STATUS
from ci.lab.machine import ROM
from ci.lab.network import TFTP, Plug, Served, User
from ci.net.samples import HERE, configured, written
from ci.packages import Unavailable
from ci.pxe.programs import payload
from ci.pxe.start import boots, ours
from factory.samples import Values

NAME = "boot.nbi"
MEMORY = 64
TIMEOUT = 60.0
# What Debian's libvirt-daemon-system would set up; `ip netns exec` has made the mounts private. The shell is the
# first process of its PID namespace, so it has to wait for whatever ends there. libvirt's program would go on when QEMU
# has ended, and not tell its status.
START_LIBVIRT = """
for name in passwd group; do cp /etc/$name . && chmod u+w $name; done &&
{ grep -q ^libvirt-qemu: passwd || echo libvirt-qemu:x:64055:64055::/:/bin/false >>passwd; } &&
{ grep -q ^libvirt-qemu: group || echo libvirt-qemu:x:64055: >>group; } &&
mount --bind passwd /etc/passwd && mount --bind group /etc/group || exit
virt-qemu-run --root="$1" "$2" &
runner=$!
{ read -r status <"$3"; echo "$status" >ended; kill -KILL $runner; } &
wait $runner
exit "$(cat ended)"
"""
LIBVIRT_SETTINGS = """user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
stdio_handler = "file"
"""
PROXMOX_ARGS = re.compile(r"--args '([^']*)'")
PROXMOX_NET = re.compile(r"--net0 ([\w-]+),bridge=")
# How Proxmox VE 8 describes a net device to QEMU, with QEMU's own servers in place of a bridge.
PROXMOX_DEVICE = (
    "{model},mac=BC:24:11:00:00:01,netdev=net0,bus=pci.0,addr=0x12,id=net0,bootindex=100"
)


def _values(folder: Path, device: str) -> Values:
    place = {"rom": str(folder / ROM), "tftp_root": str(folder / TFTP), "virt_type": "qemu"}
    return replace(HERE, bootfile=NAME, card=device, memory=MEMORY, **place)


def _script(device: str, folder: Path, plug: Plug) -> list[str]:
    """QEMU's sample, as it is."""
    return ["sh", str(written("qemu", _values(folder, device), folder))]


def _proxmox(device: str, folder: Path, plug: Plug) -> list[str]:
    """QEMU with what the sample sets, behind a net device as Proxmox VE describes it."""
    text = written("proxmox", _values(folder, device), folder).read_text()
    arguments, model = PROXMOX_ARGS.findall(text)[0], PROXMOX_NET.findall(text)[0]
    words = ["qemu-system-x86_64", "-m", str(MEMORY), "-nographic", "-boot", "strict=on"]
    words += ["-netdev", f"{plug.netdev},id=net0", "-device", PROXMOX_DEVICE.format(model=model)]
    return [*words, *arguments.split()]


def _libvirt(device: str, folder: Path, plug: Plug) -> list[str]:
    """libvirt's QEMU driver, without its daemon, starts the machine of the sample."""
    assert plug.namespace
    values = replace(_values(folder, device), interface=plug.namespace.interface)
    machine, root = written("libvirt", values, folder), folder / "libvirt"
    subprocess.run(["virt-xml-validate", machine, "domain"], check=True, capture_output=True)
    (root / "etc").mkdir(parents=True)
    (root / "etc/qemu.conf").write_text(LIBVIRT_SETTINGS)
    return ["sh", "-c", START_LIBVIRT, "sh", str(root), str(machine), STATUS]


def _boots(name: str, card: Card) -> Case:
    program = payload("nbi")
    start = replace(ours(card).on(program=partial(PROGRAMS[name], card.device)), timeout=TIMEOUT)
    if name != "libvirt":
        return boots(start, User(NAME), {NAME: program.data}, program.expected)
    for tool in ("virt-qemu-run", "virt-xml-validate", "xmllint"):  # the second calls the third
        if shutil.which(tool) is None:
            packages = "libvirt-clients, libvirt-daemon-driver-qemu, libxml2-utils"
            raise Unavailable(f"{tool} is not installed (packages {packages})")
    place = Served((configured("dnsmasq"),), NAME, bridge=True)
    return boots(start, place, {NAME: program.data}, program.expected)


PROGRAMS: Mapping[str, Callable[[str, Path, Plug], list[str]]] = {
    "qemu": _script,
    "proxmox": _proxmox,
    "libvirt": _libvirt,
}
MACHINES: Mapping[str, Build] = {name: partial(_boots, name) for name in PROGRAMS}
