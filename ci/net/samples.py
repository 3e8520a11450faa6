# SPDX-License-Identifier: BSD-2-Clause
"""Servers that run with a sample configuration (factory.samples), as it is rendered for the network of a boot."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from ci.net.namespace import SERVER_IP
from ci.net.scenario import NOWHERE, Scenario
from ci.net.servers import DHCP_PORT, DNSMASQ, ISC_DHCPD, KEA, SUBNET, Server, Setup
from factory.samples import Values, rendered, samples

TFTP_SERVERS = 150  # option: a list of addresses
NFS_PORT, NFS_FOLDER = 2049, "nfs"  # the folder is below that of the TFTP server
HERE = Values(server=SERVER_IP, subnet=f"{SUBNET}/24")
# `ip netns exec` has made the mounts private: where a program keeps its state goes away with the boot.
START_KEA = 'mount -t tmpfs none /var/lib && mkdir -p /var/lib/kea && exec "$@"'
NETWORKD = "/lib/systemd/systemd-networkd"
# networkd takes a /sys that can be written to for a sign that udev runs, and would wait for it. It gives the
# interface its address, and waits for ever where the address is there already.
START_NETWORKD = """for folder in /run /etc/systemd/network; do mount -t tmpfs none $folder || exit; done
mkdir -p /run/systemd/netif/leases /run/systemd/netif/links && chown -R systemd-network: /run/systemd/netif &&
mount -o remount,bind,ro /sys && cp "$1" /etc/systemd/network && ip address flush dev "$2" &&
SYSTEMD_LOG_TARGET=console exec "$3"
"""
# It tells rpcbind of its services. What both keep, and where the root is, is theirs alone; as PID 1 they end together.
GANESHA = "ganesha.nfsd"
START_GANESHA = """for folder in /var/lib /run /srv; do mount -t tmpfs none $folder || exit; done
mkdir -p /var/lib/nfs/ganesha /run/rpcbind /run/ganesha /srv/nfs && mount --bind "$1" /srv/nfs || exit
rpcbind -f -w &
until [ -S /run/rpcbind.sock ]; do sleep 0.05; done
exec "$2" -F -L STDOUT -f "$3" -p /run/ganesha.pid
"""


def values(setup: Setup, **more: str) -> Values:
    """For the network of a boot."""
    place = {"interface": setup.namespace.interface, "tftp_root": str(setup.tftp_root)}
    return replace(HERE, **place, **more)


def written(name: str, filled_in: Values, folder: Path) -> Path:
    """The rendered sample, as a file in a folder."""
    (sample,) = (it for it in samples() if it.name == name)
    path = folder / sample.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rendered(name, filled_in))
    return path


def _file(name: str, setup: Setup, more: dict[str, str]) -> str:
    boot_file = {"bootfile": setup.boot_file} if setup.boot_file else {}
    return str(written(name, values(setup, **boot_file, **more), setup.folder))


def _dnsmasq(name: str, more: dict[str, str], setup: Setup) -> list[str]:
    words = ["dnsmasq", "--keep-in-foreground", f"--conf-file={_file(name, setup, more)}"]
    words += ["--user=root", "--no-ping", f"--dhcp-leasefile={setup.folder}/dnsmasq.leases"]
    words += [f"--pid-file={setup.folder}/dnsmasq.pid", "--log-facility=-", "--log-dhcp"]
    return words


def _kea(name: str, more: dict[str, str], setup: Setup) -> list[str]:
    words = ["env", "KEA_LOCKFILE_DIR=none", f"KEA_PIDFILE_DIR={setup.folder}"]
    words += ["sh", "-c", START_KEA, "sh"]
    return [*words, "kea-dhcp4", "-c", _file(name, setup, more)]


def _dhcpd(name: str, more: dict[str, str], setup: Setup) -> list[str]:
    leases = setup.folder / "dhcpd.leases"
    leases.touch()
    words = ["dhcpd", "-4", "-f", "-d", "-cf", _file(name, setup, more), "-lf", str(leases)]
    return [*words, "-pf", str(setup.folder / "dhcpd.pid"), setup.namespace.interface]


def _networkd(name: str, more: dict[str, str], setup: Setup) -> list[str]:
    words = ["sh", "-c", START_NETWORKD, "sh"]
    return [*words, _file(name, setup, more), setup.namespace.interface, NETWORKD]


def _ganesha(name: str, more: dict[str, str], setup: Setup) -> list[str]:
    root = setup.tftp_root / NFS_FOLDER
    for path in root.rglob("*"):
        path.chmod(0o755)
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"]
    return [*words, START_GANESHA, "sh", str(root), GANESHA, _file(name, setup, more)]


_Command = Callable[[str, dict[str, str], Setup], list[str]]
PROGRAMS: dict[str, tuple[Server, _Command]] = {
    "dnsmasq": (DNSMASQ, _dnsmasq),
    "kea": (KEA, _kea),
    "dhcpd": (ISC_DHCPD, _dhcpd),
    "networkd": (
        Server(NETWORKD, "systemd", lambda setup: [], (DHCP_PORT,), bridge=True),
        _networkd,
    ),
    "ganesha": (
        Server(
            GANESHA,
            "nfs-ganesha-vfs",
            lambda setup: [],
            (NFS_PORT,),
            protocol="tcp",
            ends_by=signal.SIGKILL,
        ),
        _ganesha,
    ),
}


def configured(name: str, **more: str) -> Server:
    """The server of a sample. It names the boot file of its Setup; `more` are other values of the sample."""
    server, command = PROGRAMS[name.split("-")[0]]
    return replace(server, command=partial(command, name, more))


# Servers that cannot run here: what the lines of their samples make them send.
_WINDOWS = re.compile(r"^(# )?Set-DhcpServerv4OptionValue -OptionId (\d+) -Value '([^']*)'", re.M)
_WINDOWS_CLASS = re.compile(r"^Add-DhcpServerv4Class -Type User -Name '(.*)' -Data '(.*)'", re.M)
_WINDOWS_POLICY = re.compile(
    r"^Add-DhcpServerv4Policy -Name Etherforge .* -UserClass EQ,(.*)", re.M
)
_WINDOWS_OF_POLICY = re.compile(r"-PolicyName Etherforge -OptionId (\d+) -Value '(.*)'")
_MIKROTIK = re.compile(r'next-server=(\S+) boot-file-name="([^"]*)"')
_MIKROTIK_OPTION = re.compile(r"option add name=\S+ code=(\d+) value=\"(?:s'([^']*)'|0x(\w+))\"")
_OPNSENSE = re.compile(r"next-server IP: +(\S+)\nSet default BIOS filename: (\S+)")
_OPNSENSE_OPTION = re.compile(r"^Option (\d+), (text|IP address): +(\S+)", re.M)


# The boot file in the message's field, and everything else.
Sent = tuple[str, Scenario]


def windows(boot_file: str, siaddr: bytes, remarks: bool) -> Sent:
    """Windows counts the NUL behind a text. `remarks`: with the lines that are comments in the sample."""
    text = rendered("windows", replace(HERE, bootfile=boot_file))
    lines = [line for line in _WINDOWS.finditer(text) if remarks or not line[1]]
    options = tuple((int(line[2]), line[3].encode() + b"\0") for line in lines)
    return "", Scenario("windows", place=NOWHERE, boot_server=siaddr, further=options)


def windows_chain(boot_file: str, second_stage: str) -> Sent:
    """The same with a policy for the user classes that it names."""
    text = rendered("windows-chain", replace(HERE, bootfile=boot_file, second_stage=second_stage))
    options = tuple((int(it[2]), it[3].encode() + b"\0") for it in _WINDOWS.finditer(text))
    named, values = dict(_WINDOWS_CLASS.findall(text)), _WINDOWS_OF_POLICY.findall(text)
    (classes,) = _WINDOWS_POLICY.findall(text)
    of_class = tuple(
        (named[name].encode(), int(code), value.encode() + b"\0")
        for name in re.findall("'([^']*)'", classes)
        for code, value in values
    )
    return "", Scenario("windows", place=NOWHERE, further=options, of_class=of_class)


def mikrotik(boot_file: str, options: tuple[int, ...], second: bytes = b"") -> Sent:
    """The fields of the message; or only these options, and no next server. `second`: an address for option 150."""
    text = rendered("mikrotik", replace(HERE, bootfile=boot_file))
    server, name = _found(_MIKROTIK, text)
    found = {
        int(line[1]): line[2].encode() if line[2] else bytes.fromhex(line[3])
        for line in _MIKROTIK_OPTION.finditer(text)
    }
    found[TFTP_SERVERS] += second
    return _sent(server, name, {code: found[code] for code in options})


def beside_phones(boot_file: str, theirs: bytes) -> Sent:
    """The fields, and the option 150 of IP phones, which have a TFTP server of their own."""
    name, scenario = mikrotik(boot_file, ())
    return name, replace(scenario, further=((TFTP_SERVERS, theirs),))


def opnsense(boot_file: str, options: tuple[int, ...]) -> Sent:
    """As mikrotik()."""
    text = rendered("opnsense", replace(HERE, bootfile=boot_file))
    server, name = _found(_OPNSENSE, text)
    found = {
        int(line[1]): line[3].encode() if line[2] == "text" else _address(line[3])
        for line in _OPNSENSE_OPTION.finditer(text)
    }
    return _sent(server, name, {code: found[code] for code in options})


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """Next server and boot file. Raises LookupError when the sample does not set them."""
    for server, name in pattern.findall(text):
        return server, name
    raise LookupError(f"the sample has no line like {pattern.pattern}")


def _sent(server: str, name: str, options: dict[int, bytes]) -> Sent:
    if not options:
        return name, Scenario("fields", boot_server=_address(server))
    return "", Scenario(
        "options", place=NOWHERE, boot_server=bytes(4), further=tuple(options.items())
    )


def _address(text: str) -> bytes:
    return bytes(map(int, text.split(".")))
