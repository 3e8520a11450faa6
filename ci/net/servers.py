"""Real DHCP and TFTP servers inside a lab: what they are told, and how they are started and stopped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from ci.machine import die_with_parent
from ci.net.lab import SERVER_IP, Lab

START_SECONDS = 10.0
STOP_SECONDS = 5.0
FIRST_LEASE, LAST_LEASE, SUBNET, NETMASK = "10.77.0.10", "10.77.0.50", "10.77.0.0", "255.255.255.0"
DHCP_PORT, TFTP_PORT = 67, 69
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Setup:
    """What a server needs to know. `folder` takes its configuration, leases and log."""

    lab: Lab
    folder: Path
    tftp_root: Path
    boot_file: str


@dataclass
class Server:
    """A server process. Use as a context manager: entering waits until it listens, leaving ends it."""

    setup: Setup
    program: ClassVar[str] = ""
    package: ClassVar[str] = ""
    ports: ClassVar[tuple[int, ...]] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def missing(cls) -> str:
        """Why it cannot run here; "" when it can."""
        if shutil.which(cls.program, path=PATH):
            return ""
        return f"{cls.program} is not installed (package {cls.package})"

    def arguments(self) -> list[str]:
        """Its command line; writes its configuration."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.setup.folder / f"{type(self).__name__.lower()}.log"

    def __enter__(self) -> Server:
        words = self.arguments()
        command = [*self.setup.lab.inside(*die_with_parent()), *words]
        environment = {**os.environ, "PATH": PATH, **self.environment}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process, by force if it does not go."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace").strip().splitlines()[-3:]
                raise OSError(f"{self.program} does not start: {' | '.join(tail)}")
            time.sleep(0.02)

    def ready(self) -> bool:
        """True when it listens on its UDP ports, as seen in its own namespace."""
        process = Path("/proc", str(self.process.pid))
        try:
            if not (process / "ns/net").samefile(self.setup.lab.path):
                return False  # still on its way in
            table = (process / "net/udp").read_text()
        except OSError:
            return False
        bound = {line.split()[1].split(":")[1] for line in table.splitlines()[1:]}
        return all(f"{port:04X}" in bound for port in self.ports)


class Dnsmasq(Server):
    """DHCP and TFTP in one. Grants blksize and tsize."""

    program, package = "dnsmasq", "dnsmasq-base"
    ports: ClassVar[tuple[int, ...]] = (DHCP_PORT, TFTP_PORT)

    def arguments(self) -> list[str]:
        setup = self.setup
        router = ["--enable-ra", "--dhcp-range=fd77::,ra-only"] if setup.lab.ipv6 else []
        return [
            self.program,
            *router,
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--user=root",
            "--port=0",
            "--no-ping",
            f"--interface={setup.lab.interface}",
            "--bind-interfaces",
            f"--dhcp-range={FIRST_LEASE},{LAST_LEASE},{NETMASK},1h",
            f"--dhcp-boot={setup.boot_file}",
            f"--dhcp-leasefile={setup.folder}/dnsmasq.leases",
            "--enable-tftp",
            f"--tftp-root={setup.tftp_root}",
            "--log-facility=-",
            "--log-dhcp",
        ]


class DnsmasqDhcp(Dnsmasq):
    """Only its DHCP side."""

    ports = (DHCP_PORT,)

    def arguments(self) -> list[str]:
        return [word for word in super().arguments() if "tftp" not in word]


class Atftpd(Server):
    """Grants blksize, tsize and windowsize."""

    program, package, ports = "atftpd", "atftpd", (TFTP_PORT,)

    def arguments(self) -> list[str]:
        words = [self.program, "--daemon", "--no-fork", "--user", "root", "--group", "root"]
        words += ["--bind-address", SERVER_IP, "--logfile", "/dev/stdout"]
        return [*words, str(self.setup.tftp_root)]


@dataclass
class TftpdHpa(Server):
    """The TFTP server of most distributions; its package excludes atftpd's, so it may live elsewhere."""

    binary: Path = Path("/usr/sbin/in.tftpd")
    program, package, ports = "in.tftpd", "tftpd-hpa", (TFTP_PORT,)

    def arguments(self) -> list[str]:
        words = [str(self.binary), "--foreground", "--user", "root", "--secure", "--verbose"]
        return [*words, "--address", f"{SERVER_IP}:{TFTP_PORT}", str(self.setup.tftp_root)]


class IscDhcpd(Server):
    """ISC's DHCP server. It reads raw packets, so readiness shows on its UDP fallback socket."""

    program, package, ports = "dhcpd", "isc-dhcp-server", (DHCP_PORT,)

    def arguments(self) -> list[str]:
        folder, lab = self.setup.folder, self.setup.lab
        configuration, leases = folder / "dhcpd.conf", folder / "dhcpd.leases"
        leases.touch()
        configuration.write_text(
            "authoritative;\nping-check off;\n"
            f"subnet {SUBNET} netmask {NETMASK} {{\n"
            f"    range {FIRST_LEASE} {LAST_LEASE};\n"
            f"    option routers {SERVER_IP};\n"
            f"    next-server {SERVER_IP};\n"
            f'    filename "{self.setup.boot_file}";\n'
            "}\n"
        )
        words = [self.program, "-4", "-f", "-d", "-cf", str(configuration), "-lf", str(leases)]
        return [*words, "-pf", str(folder / "dhcpd.pid"), lab.interface]


class Kea(Server):
    """ISC's newer DHCP server. It wants an interface with carrier: a lab with a bridge."""

    program, package, ports = "kea-dhcp4", "kea-dhcp4-server", (DHCP_PORT,)

    def arguments(self) -> list[str]:
        setup = self.setup
        subnet = {
            "id": 1,
            "subnet": f"{SUBNET}/24",
            "pools": [{"pool": f"{FIRST_LEASE} - {LAST_LEASE}"}],
            "option-data": [{"name": "routers", "data": SERVER_IP}],
            "next-server": SERVER_IP,
            "boot-file-name": setup.boot_file,
        }
        document = {
            "interfaces-config": {"interfaces": [setup.lab.interface]},
            "lease-database": {"type": "memfile", "persist": False},
            "subnet4": [subnet],
            "loggers": [
                {
                    "name": "kea-dhcp4",
                    "severity": "INFO",
                    "output_options": [{"output": "stdout"}],
                }
            ],
        }
        configuration = setup.folder / "kea.json"
        configuration.write_text(json.dumps({"Dhcp4": document}))
        self.environment = {"KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(setup.folder)}
        return [self.program, "-c", str(configuration)]
