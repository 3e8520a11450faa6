# SPDX-License-Identifier: BSD-2-Clause
"""The sample configurations: what is refused, what the page and the document get, and a boot through each of them."""

from __future__ import annotations

import contextlib
import ipaddress
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ci.images import Shop
from ci.lab.boot import served
from ci.lab.card import cards
from ci.packages import Unavailable
from ci.smoke.machines import MACHINES
from ci.smoke.plans import Selection
from ci.smoke.samples import sample_plans
from ci.tree import ROOT, need_tool, run_suite, unavailable
from factory.errors import FactoryError
from factory.samples import FILE, SERVER, Values, command, listing, rendered, samples, short_forms
from factory.samples import write_samples
from factory.spec import load_spec

DOCUMENT = ROOT / "docs/samples.md"
NAMES = [sample.name for sample in samples()]
# What is special in a shell, JSON, XML, PowerShell, RouterOS, QEMU's options, or a configuration file of some server.
HOSTILE = (
    *(
        'a"b',
        "a'b",
        "a\nb",
        "a\r\nb",
        "a b",
        "a;b",
        "a,b",
        "a`b`",
        "$(b)",
        "a\\b",
        "<b>",
        "a&b",
        "a#b",
        "{b}",
        "a=b",
    ),
    *("", "-b", "a\0b", "\u00e4", "a\n", "a" * 128),
)
TEXTS = (
    "bootfile",
    "second_stage",
    "interface",
    "tftp_root",
    "nfs_root",
    "kernel",
    "initrd",
    "card",
    "rom",
)
PATHS = ("tftp_root", "nfs_root", "kernel", "initrd", "rom")


@pytest.mark.parametrize("name", NAMES)
def test_hostile_boot_file(name: str) -> None:
    """No syntax ever sees it."""
    for value in HOSTILE:
        message = r"--bootfile: .* (is refused; hint: letters|at most 127)"
        with pytest.raises(FactoryError, match=message):
            rendered(name, Values(bootfile=value))


@pytest.mark.parametrize("field", TEXTS)
def test_hostile_text(field: str, tmp_path: Path) -> None:
    """The option is named, and nothing is written."""
    start = "/" if field in PATHS else ""
    for value in set(HOSTILE) - ({"-b"} if start else set()):
        values = replace(Values(), **{field: start + value})
        with pytest.raises(FactoryError, match=f"^--{field.replace('_', '-')}: "):
            write_samples(tmp_path / "out", values)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", ("a'b", 'a"b', "a\nb", "a  b", "$x", "`x`", "a\\b", " a"))
def test_hostile_arguments(value: str) -> None:
    with pytest.raises(FactoryError, match="^--arguments: .*hint: words of letters"):
        rendered("ltsp", Values(arguments=value))


@pytest.mark.parametrize(
    ("given", "message"),
    (
        ({"server": "192.0.2.1'"}, r"--server: .* is not an IPv4 address; hint: write it as"),
        ({"server": "192.0.2.1\n"}, r"--server: .* is not an IPv4 address"),
        ({"server": "boot.example"}, r"--server: .* is not an IPv4 address"),
        (
            {"server": "198.51.100.1"},
            r"--server: .* is not the address of a host in 192\.0\.2\.0/24",
        ),
        ({"server": "192.0.2.255"}, r"--server: .* is not the address of a host"),
        ({"subnet": "192.0.2.1/24"}, r"--subnet: .* is not the address of a subnet"),
        ({"subnet": "192.0.2.0/24; x"}, r"--subnet: .* is not the address of a subnet"),
        ({"subnet": "192.0.2.0/30"}, r"--subnet: /30 is not a subnet for clients"),
        ({"bootfile": "undi.zpxe"}, r"--bootfile: the same file as --second-stage"),
    ),
)
def test_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(FactoryError, match=message):
        replace(Values(), **given).checked()


def test_all_that_is_wrong_is_told() -> None:
    """At once, with the exit code of bad input."""
    result = CliRunner().invoke(command, ["--bootfile", "a b", "--rom", "x", "--server", "1"])
    assert isinstance(result.exception, FactoryError) and result.exception.exit_code == 2
    assert [problem.where for problem in result.exception.problems] == [
        "--bootfile",
        "--rom",
        "--server",
    ]


def test_clients_addresses() -> None:
    """They are in the subnet, and the server's is not among them."""
    subnet = ipaddress.IPv4Network("192.0.2.0/24")
    for server in subnet.hosts():
        values = Values(server=str(server)).checked()
        first, last = (ipaddress.IPv4Address(str(values[name])) for name in ("first", "last"))
        assert subnet[0] < first <= last < subnet[-1] and not first <= server <= last
        assert first == subnet[int(str(values["pool_offset"]))]
        assert int(first) + int(str(values["pool_size"])) == int(last) + 1


def test_files(tmp_path: Path) -> None:
    """The command writes each file of the table, with the values that were given."""
    out = tmp_path / "samples"
    given = ["--server", "198.51.100.7", "--subnet", "198.51.100.0/24", "--bootfile", "x/y.nbi"]
    result = CliRunner().invoke(command, ["--out", str(out), *given])
    assert result.exit_code == 0
    assert result.output.splitlines() == [str(out / sample.file) for sample in samples()]
    assert "dhcp-boot=x/y.nbi,,198.51.100.7\n" in (out / "dnsmasq.conf").read_text()
    assert 'value="0xC6336407"' in (out / "mikrotik.rsc").read_text()
    assert not any("192.0.2." in (out / sample.file).read_text() for sample in samples())


def test_short_forms() -> None:
    """With values in place of what stands for them, the lines are those of the sample."""
    forms = short_forms()
    assert {
        "dnsmasq",
        "dnsmasq-proxy",
        "kea",
        "dhcpd",
        "networkd",
        "windows",
        "mikrotik",
        "opnsense",
    } == {form.name for form in forms}
    values = Values(bootfile="x.nbi")
    for form in forms:
        text = "\n".join(form.lines)
        assert SERVER in text and FILE in text and len(form.lines) <= 6
        whole = [line.strip() for line in rendered(form.name, values).splitlines()]
        for line in form.lines:
            assert line.replace(SERVER, values.server).replace(FILE, "x.nbi").strip() in whole


def test_document_lists_them() -> None:
    """hint: python3 -m factory samples --list"""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert listing() in text


def test_each_is_booted_through() -> None:
    """Every sample has a boot in the full run, and in the quick one."""
    for quick in (False, True):
        plans = sample_plans(load_spec(ROOT / "targets.yaml"), Shop(), Selection(quick=quick))
        booted = {plan.name.split("+")[0] for plan in plans} | {"ganesha"}  # with ltsp
        assert booted == set(NAMES)


def _running(folder: Path) -> list[str]:
    """Command lines that name the folder."""
    lines = list[bytes]()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            lines.append((process / "cmdline").read_bytes())
    return [line.decode(errors="replace") for line in lines if bytes(folder) in line]


@pytest.mark.parametrize(("name", "seconds"), (("qemu", 0.6), ("libvirt", 1.5)))
def test_nothing_is_left(name: str, seconds: float, built: Path, tmp_path: Path) -> None:
    """Of a machine that another program started, and that would wait for a key, when its time is out."""
    need_tool("qemu-system-i386")
    shop, rom = Shop(built / "out"), tmp_path / "waits.rom"
    card = cards(load_spec(ROOT / "targets.yaml"), shop, "rtl8139")[0]
    shop.run("set", str(shop.out / "images/rtl8139/10ec8139.rom"), "wait=300", "-o", str(rom))
    try:
        case = MACHINES[name](card)
        with served({}, case.network) as place:
            machine = replace(case.machine, rom=rom.read_bytes())
            outcome, _ = place.boot(machine, seconds)
    except Unavailable as reason:
        unavailable(str(reason))
    assert outcome.timed_out
    deadline = time.monotonic() + 5
    while (left := _running(place.folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def test_boots(own_out: Path, record_property: Callable[[str, object], None]) -> None:
    """python3 -m ci.smoke --samples --quick"""
    need_tool("qemu-system-i386")
    run_suite(
        record_property, sys.executable, "-m", "ci.smoke", "--samples", "--quick", "--out", own_out
    )
