# SPDX-License-Identifier: BSD-2-Clause
"""Real DHCP, TFTP and HTTP servers in a network namespace, as data; how they are started and stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ci.net.namespace import SERVER_IP, Namespace, die_with_parent
from ci.packages import CACHE, offered, unpacked

START_SECONDS = 10.0
STOP_SECONDS = 5.0
FIRST_LEASE, LAST_LEASE, SUBNET, NETMASK = "10.77.0.10", "10.77.0.50", "10.77.0.0", "255.255.255.0"
DHCP_PORT, DNS_PORT, TFTP_PORT, HTTP_PORT = 67, 53, 69, 80
FILES_HOST, ALIAS, DOMAIN = "files.lab.test", "www.lab.test", "lab.test"  # that DNS knows
DEAD_SERVER = "10.77.0.99"  # nobody's address
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LISTENING = "0A"  # TCP's state in /proc
_fetching = threading.Lock()


@dataclass(frozen=True)
class Setup:
    """What a server needs to know. `folder` takes its configuration, leases and log."""

    namespace: Namespace
    folder: Path
    tftp_root: Path
    boot_file: str


@dataclass(frozen=True)
class Server:
    """A server. `command` is its command line, and writes its configuration."""

    program: str
    package: str
    command: Callable[[Setup], list[str]]
    ports: tuple[int, ...]
    protocol: str = "udp"
    unpacked: bool = False  # from its package, which cannot be installed beside another
    bridge: bool = False  # it wants an interface with carrier
    ends_by: signal.Signals = signal.SIGTERM
    more: tuple[str, ...] = ()  # words behind the command line
    without: tuple[str, ...] = ()  # words that begin so are left out of it

    def missing(self) -> str:
        """Why it cannot run here, as far as can be told before it is fetched; "" when it can."""
        if self.unpacked or shutil.which(self.program, path=PATH):
            return ""
        if not offered(self.package):
            return f"{self.program}: this release has no package {self.package}"
        return f"{self.program} is not installed (package {self.package})"

    def told(self, *more: str, without: tuple[str, ...] = ()) -> Server:
        """The same with more words, and without those that begin so."""
        return replace(self, more=self.more + more, without=self.without + without)

    def words(self, setup: Setup) -> list[str]:
        """The whole command line. Raises ci.packages.Unavailable when the program cannot be fetched."""
        words = [w for w in self.command(setup) if not w.startswith(self.without)]
        if self.unpacked:
            with _fetching:
                files = unpacked(self.package, CACHE)
            words[0] = str((files / "usr/sbin" / self.program).resolve())
        return [*words, *self.more]

    @contextmanager
    def running(self, setup: Setup) -> Iterator[subprocess.Popen[bytes]]:
        """The process, once it listens. Raises OSError with what it said when it does not, or ends by itself.

        dnsmasq listens before it looks for the folder that it is to serve.
        """
        command = [*setup.namespace.inside(*die_with_parent()), *self.words(setup)]
        log = setup.folder / f"{Path(self.program).name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PATH": PATH},
            )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not self._listens(process.pid, setup.namespace):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise OSError(f"{self.program} does not start: {_last_lines(log)}")
                time.sleep(0.02)
            yield process
            if process.poll() is not None:
                raise OSError(f"{self.program} has ended: {_last_lines(log)}")
        finally:
            process.send_signal(self.ends_by)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _listens(self, pid: int, namespace: Namespace) -> bool:
        """Whether it listens on its ports, as seen in its own namespace."""
        process = Path("/proc", str(pid))
        try:
            if not (process / "ns/net").samefile(namespace.path):
                return False  # still on its way in
            files = (process / "net" / f"{self.protocol}{version}" for version in ("", "6"))
            tables = [file.read_text() for file in files if file.exists()]
        except OSError:
            return False
        rows = [line.split() for table in tables for line in table.splitlines()[1:]]
        bound = {r[1].split(":")[1] for r in rows if self.protocol == "udp" or r[3] == LISTENING}
        return all(f"{port:04X}" in bound for port in self.ports)


def _last_lines(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").strip().splitlines()[-3:])


def _dnsmasq(setup: Setup) -> list[str]:
    router = ["--enable-ra", "--dhcp-range=fd77::,ra-only"] if setup.namespace.ipv6 else []
    return [
        "dnsmasq",
        *router,
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--user=root",
        "--port=0",
        "--no-ping",
        f"--interface={setup.namespace.interface}",
        "--bind-interfaces",
        f"--dhcp-range={FIRST_LEASE},{LAST_LEASE},{NETMASK},1h",
        f"--dhcp-boot={setup.boot_file}",
        f"--dhcp-leasefile={setup.folder}/dnsmasq.leases",
        f"--pid-file={setup.folder}/dnsmasq.pid",
        "--enable-tftp",
        f"--tftp-root={setup.tftp_root}",
        "--log-facility=-",
        "--log-dhcp",
    ]


def _atftpd(setup: Setup) -> list[str]:
    words = ["atftpd", "--daemon", "--no-fork", "--user", "root", "--group", "root"]
    words += ["--bind-address", SERVER_IP, "--logfile", "/dev/stdout"]
    return [*words, str(setup.tftp_root)]


def _tftpd_hpa(setup: Setup) -> list[str]:
    words = ["in.tftpd", "--foreground", "--user", "root", "--secure", "--verbose"]
    return [*words, "--address", f"{SERVER_IP}:{TFTP_PORT}", str(setup.tftp_root)]


def _isc_dhcpd(setup: Setup, server: str = f"next-server {SERVER_IP}") -> list[str]:
    configuration, leases = setup.folder / "dhcpd.conf", setup.folder / "dhcpd.leases"
    leases.touch()
    configuration.write_text(
        "authoritative;\nping-check off;\n"
        f"subnet {SUBNET} netmask {NETMASK} {{\n"
        f"    range {FIRST_LEASE} {LAST_LEASE};\n"
        f"    option routers {SERVER_IP};\n"
        f"    {server};\n"
        f'    filename "{setup.boot_file}";\n'
        "}\n"
    )
    words = ["dhcpd", "-4", "-f", "-d", "-cf", str(configuration), "-lf", str(leases)]
    return [*words, "-pf", str(setup.folder / "dhcpd.pid"), setup.namespace.interface]


def _kea(setup: Setup) -> list[str]:
    subnet = {
        "id": 1,
        "subnet": f"{SUBNET}/24",
        "pools": [{"pool": f"{FIRST_LEASE} - {LAST_LEASE}"}],
        "option-data": [{"name": "routers", "data": SERVER_IP}],
        "next-server": SERVER_IP,
        "boot-file-name": setup.boot_file,
    }
    log = {"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}
    document = {
        "interfaces-config": {"interfaces": [setup.namespace.interface]},
        "lease-database": {"type": "memfile", "persist": False},
        "subnet4": [subnet],
        "loggers": [log],
    }
    configuration = setup.folder / "kea.json"
    configuration.write_text(json.dumps({"Dhcp4": document}))
    environment = ["KEA_LOCKFILE_DIR=none", f"KEA_PIDFILE_DIR={setup.folder}"]
    return ["env", *environment, "kea-dhcp4", "-c", str(configuration)]


def _http(setup: Setup) -> list[str]:
    words = [sys.executable, "-m", "http.server", "--bind", SERVER_IP]
    return [*words, "--directory", str(setup.tftp_root), str(HTTP_PORT)]


# DHCP and TFTP in one; it grants blksize and tsize.
DNSMASQ = Server("dnsmasq", "dnsmasq-base", _dnsmasq, (DHCP_PORT, TFTP_PORT))
DNSMASQ_DHCP = replace(DNSMASQ, ports=(DHCP_PORT,), without=("--enable-tftp", "--tftp-root"))
# The same with DNS: FILES_HOST is the server, ALIAS another name of it. DHCP names it as name server, and DOMAIN.
DNSMASQ_DNS = replace(
    DNSMASQ.told(
        "--no-resolv",
        "--no-hosts",
        f"--domain={DOMAIN}",
        f"--local=/{DOMAIN}/",
        f"--host-record={FILES_HOST},{SERVER_IP}",
        f"--cname={ALIAS},{FILES_HOST}",
        without=("--port=",),
    ),
    ports=(*DNSMASQ.ports, DNS_PORT),
)
# TFTP; it grants blksize, tsize and windowsize.
ATFTPD = Server("atftpd", "atftpd", _atftpd, (TFTP_PORT,))
# The TFTP server of most distributions; its package excludes atftpd's.
TFTPD_HPA = Server("in.tftpd", "tftpd-hpa", _tftpd_hpa, (TFTP_PORT,), unpacked=True)
# DNS and TFTP.
DNSMASQ_NAMES = replace(DNSMASQ_DNS.told(without=("--dhcp",)), ports=(TFTP_PORT, DNS_PORT))
# It reads raw packets, so readiness shows on its UDP fallback socket.
ISC_DHCPD = Server("dhcpd", "isc-dhcp-server", _isc_dhcpd, (DHCP_PORT,))
# It names the boot server by its name alone, and a name server that is dead before the one that is there.
ISC_DHCPD_NAMES = replace(
    ISC_DHCPD,
    command=partial(
        _isc_dhcpd,
        server=f"option domain-name-servers {DEAD_SERVER}, {SERVER_IP};\n"
        f'    option domain-search "nothing.test", "{DOMAIN}";\n'
        f'    option tftp-server-name "{ALIAS.partition(".")[0]}"',
    ),
)
# ISC's newer one.
KEA = Server("kea-dhcp4", "kea-dhcp4-server", _kea, (DHCP_PORT,), bridge=True)
HTTP = Server("python3", "python3", _http, (HTTP_PORT,), protocol="tcp")

# Sets of servers to boot from, by name.
COMBINATIONS: Mapping[str, tuple[Server, ...]] = {
    "dnsmasq": (DNSMASQ,),
    "isc-dhcpd+tftpd-hpa": (ISC_DHCPD, TFTPD_HPA),
    "kea+atftpd": (KEA, ATFTPD),
    "dnsmasq+atftpd": (DNSMASQ_DHCP, ATFTPD),
}
