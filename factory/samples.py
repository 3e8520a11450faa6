# SPDX-License-Identifier: BSD-2-Clause
"""samples: configurations of DHCP servers, boot menus and virtual machines, filled in for one network.

templates/samples/table.yaml lists them. The checks boot through each one as it is rendered here (ci/smoke/samples.py).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import click

from factory.document import load_document
from factory.errors import EXIT_INPUT, FactoryError, failure
from factory.files import check_inside, write_atomic
from factory.places import TEMPLATES
from factory.templates import Engine

_TEMPLATES = TEMPLATES / "samples"
TABLE = "table.yaml"
SERVER, FILE = "{server}", "{file}"  # what stands for them in short forms

# A value stands in shell scripts, XML, JSON and the languages of six servers. Nothing that is special in any of them is
# needed in a file name, so nothing of it is taken.
_NAME = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./:@+-]*")
_PATH = re.compile(r"/[A-Za-z0-9_./@+-]+")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_WORDS = re.compile(r"[A-Za-z0-9_./:@+=-]+( [A-Za-z0-9_./:@+=-]+)*|")
NAME_MAX = 127  # characters in BOOTP's field `file`
INTERFACE_MAX = 15
SMALLEST = 29  # prefix length of a subnet that has room for clients


@dataclass(frozen=True)
class Sample:
    """One row of the table, which explains the fields."""

    name: str
    file: str
    title: str
    whom: str
    proof: str


@dataclass(frozen=True)
class ShortForm:
    """The lines that matter, with SERVER and FILE where the boot server's address and the boot file belong."""

    name: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Values:
    """What the templates are filled in with."""

    server: str = "192.0.2.1"
    subnet: str = "192.0.2.0/24"
    bootfile: str = "vmlinuz"
    second_stage: str = "undi.zpxe"
    interface: str = "eth0"
    tftp_root: str = "/srv/tftp"
    nfs_root: str = "/srv/nfs"
    kernel: str = "/boot/vmlinuz"
    initrd: str = "/boot/initrd.img"
    arguments: str = "quiet"
    card: str = "rtl8139"
    rom: str = "/usr/share/qemu/etherforge/10ec8139.rom"
    virt_type: str = "kvm"
    memory: int = 1024
    machine_number: int = 100

    def checked(self) -> dict[str, object]:
        """For the templates, with all that follows from it. Raises FactoryError with every value that is refused."""
        errors = [error for error in self._refused() if error]
        if errors:
            problems = [problem for error in errors for problem in error.problems]
            raise FactoryError(*problems, exit_code=EXIT_INPUT)
        return self._all()

    def _refused(self) -> Iterator[FactoryError | None]:
        names = "letters, digits and _ . / : @ + - can be in it"
        yield _unless(_NAME, "--bootfile", self.bootfile, names, NAME_MAX)
        yield _unless(_NAME, "--second-stage", self.second_stage, names, NAME_MAX)
        if self.bootfile == self.second_stage:
            what = "the same file as --second-stage, which would load itself"
            yield failure("--bootfile", what, "name the kernel or NBI", EXIT_INPUT)
        words = "letters, digits and _ . - can be in it"
        yield _unless(_WORD, "--interface", self.interface, words, INTERFACE_MAX)
        yield _unless(_WORD, "--card", self.card, words, NAME_MAX)
        paths = "it begins with a slash; letters, digits and _ . / @ + - can follow"
        for name in ("tftp_root", "nfs_root", "kernel", "initrd", "rom"):
            option = "--" + name.replace("_", "-")
            yield _unless(_PATH, option, getattr(self, name), paths, NAME_MAX)
        words = "words of letters, digits and _ . / : @ + = - with a space between them"
        yield _unless(_WORDS, "--arguments", self.arguments, words, 255)
        yield self._refused_network()

    def _refused_network(self) -> FactoryError | None:
        try:
            network = ipaddress.IPv4Network(self.subnet)
        except ValueError:
            what = f"{self.subnet!r} is not the address of a subnet and its length"
            return failure("--subnet", what, "write it as 192.0.2.0/24", EXIT_INPUT)
        if network.prefixlen > SMALLEST or network.prefixlen < 8:
            what = f"/{network.prefixlen} is not a subnet for clients"
            return failure("--subnet", what, f"/8 to /{SMALLEST} can be used", EXIT_INPUT)
        try:
            server = ipaddress.IPv4Address(self.server)
        except ValueError:
            what = f"{self.server!r} is not an IPv4 address"
            return failure("--server", what, "write it as 192.0.2.1", EXIT_INPUT)
        if server not in network or server in (network[0], network[-1]):
            what = f"{server} is not the address of a host in {network}"
            return failure("--server", what, "give --subnet, too", EXIT_INPUT)
        return None

    def _all(self) -> dict[str, object]:
        network, server = ipaddress.IPv4Network(self.subnet), ipaddress.IPv4Address(self.server)
        size = network.num_addresses // 4
        # Clients get the third quarter of the subnet, or the second when the server is in the third.
        offset = size if 2 * size <= int(server) - int(network[0]) < 3 * size else 2 * size
        return asdict(self) | {
            "server_hex": f"{int(server):08X}",
            "network": str(network[0]),
            "netmask": str(network.netmask),
            "address": f"{server}/{network.prefixlen}",
            "first": str(network[offset]),
            "last": str(network[offset + size - 1]),
            "pool_offset": offset,
            "pool_size": size,
            "kernel_name": Path(self.kernel).name,
            "initrd_name": Path(self.initrd).name,
            "rom_name": Path(self.rom).name,
        }


def _unless(
    pattern: re.Pattern[str], option: str, value: str, hint: str, most: int
) -> FactoryError | None:
    if len(value) > most:
        return failure(
            option, f"has {len(value)} characters, at most {most} can be", "", EXIT_INPUT
        )
    return (
        None
        if pattern.fullmatch(value)
        else failure(option, f"{value!r} is refused", hint, EXIT_INPUT)
    )


@cache
def samples() -> tuple[Sample, ...]:
    """The table. Raises FactoryError when it is not there."""
    return tuple(Sample(**row) for row in load_document(_TEMPLATES / TABLE).data)


def rendered(name: str, values: Values) -> str:
    """The text of one sample. Raises FactoryError when a value is refused."""
    return Engine(_TEMPLATES).render(f"{name}.j2", **values.checked()).decode()


def short_forms() -> tuple[ShortForm, ...]:
    """Of every sample that has one, in the order of the table. They are cut from the same templates.

    SERVER and FILE are to be replaced as they stand: braces elsewhere, as in Kea's, mean nothing.
    """
    engine = Engine(_TEMPLATES)
    values: dict[str, object] = {**Values().checked(), "server": SERVER, "bootfile": FILE}
    found = []
    for sample in samples():
        lines = engine.render_block(f"{sample.name}.j2", "short", **values)
        if lines is not None:
            found.append(ShortForm(sample.name, sample.title, _dedented(lines)))
    return tuple(found)


def _dedented(text: str) -> tuple[str, ...]:
    """Its lines, without the indentation that they have in common."""
    lines = text.strip("\n").splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    return tuple(line[indent:] for line in lines)


def write_samples(out: Path, values: Values) -> list[Path]:
    """Render every sample into a folder; the paths. Nothing is written when a value is refused."""
    texts = {sample.file: rendered(sample.name, values) for sample in samples()}
    for file, text in texts.items():
        check_inside(out, out / file)
        write_atomic(out / file, text.encode())
    return [out / file for file in texts]


def listing() -> str:
    """The table in Markdown, as docs/samples.md has it."""
    rows = ["| file | what | for | in the checks |", "| --- | --- | --- | --- |"]
    rows += [f"| `{it.file}` | {it.title} | {it.whom} | {it.proof} |" for it in samples()]
    return "".join(f"{row}\n" for row in rows)


_DEFAULT = Values()
_FOLDER = click.Path(path_type=Path)


def _option(name: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """For a value that is a text."""
    return click.option("--" + name.replace("_", "-"), default=getattr(_DEFAULT, name), help=text)


@click.command("samples", context_settings={"show_default": True})
@click.option("--list", "only_list", is_flag=True, help="print what there is, and write nothing")
@click.option("--out", type=_FOLDER, default=Path("out/samples"), help="folder to write to")
@_option("server", "address of the TFTP server")
@_option("subnet", "that the clients and the TFTP server are in")
@_option("bootfile", "what the clients boot; X.zpxe where PXE ROMs of other makers load it")
@_option("second_stage", "what such PXE ROMs load, where the server can tell clients apart")
@_option("interface", "network interface to the clients; of virtual machines: the bridge")
@_option("tftp_root", "folder that the TFTP server serves")
@_option("nfs_root", "folder that is the root of diskless clients")
@_option("kernel", "Linux kernel of the menu and of diskless clients")
@_option("initrd", "initrd of that kernel")
@_option("arguments", "command line of that kernel")
@_option("card", "model of a virtual machine's network card")
@_option("rom", "file with the ROM of that card")
@click.option(
    "--virt-type",
    type=click.Choice(["kvm", "qemu"]),
    default=_DEFAULT.virt_type,
    help="how libvirt runs its machine; qemu where there is no KVM",
)
@click.option(
    "--memory",
    type=click.IntRange(16, 1 << 20),
    default=_DEFAULT.memory,
    help="of a virtual machine, in MiB",
)
@click.option(
    "--machine-number",
    type=click.IntRange(100, 999999999),
    default=_DEFAULT.machine_number,
    help="of the virtual machine in Proxmox VE",
)
def command(out: Path, only_list: bool, **options: object) -> None:
    """Write sample configurations of servers and virtual machines, filled in for your network."""
    if only_list:
        click.echo(listing(), nl=False)
        return
    for path in write_samples(out, Values(**options)):  # type: ignore[arg-type]
        click.echo(path)
