# SPDX-License-Identifier: BSD-2-Clause
"""Proving a download set: its images are booted as they were downloaded, where nothing was built."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from factory.cards import find_cards
from factory.errors import EXIT_INPUT, failure
from factory.places import BUILT, download_set
from factory.tools import find_romtool

QEMUS = ("qemu-system-i386", "qemu-system-x86_64", "qemu-kvm", "/usr/libexec/qemu-kvm")
KVM = Path("/dev/kvm")
_path = click.Path(path_type=Path)


@dataclass(frozen=True)
class Options:
    """The command line; see its help."""

    folder: Path | None
    pci_id: str
    family: str
    medium: str
    quick: bool
    again: bool
    only_list: bool
    qemu: str
    accel: str
    jobs: int | None
    workers: str
    tls_ca: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    results: Path
    junit: Path | None

    @property
    def emulator(self) -> str:
        """The QEMU to boot in: the one that was named, else the first that is here."""
        here = (name for name in QEMUS if shutil.which(name))
        return self.qemu or (QEMUS[0] if self.workers else next(here, QEMUS[0]))


@click.command("smoke")
@click.argument("folder", metavar="[SET]", required=False, type=_path)
@click.option("--t", "--id", "pci_id", default="", metavar="VVVV:DDDD", help="images of one card")
@click.option("--family", default="", help="images of one family")
@click.option("--medium", default="", help="images of one medium: rom, zpxe or dsk")
@click.option("--quick", is_flag=True, help="one card of each family")
@click.option("--all", "again", is_flag=True, help="boot what has passed before, too")
@click.option("--list", "only_list", is_flag=True, help="print the names of the boots")
@click.option(
    "--qemu", default="", metavar="NAME", help="qemu-system-x86_64, or the path of another"
)
@click.option(
    "--accel",
    type=click.Choice(["tcg", "kvm"]),
    default="tcg",
    show_default=True,
    help="what runs the guest's instructions",
)
@click.option("--jobs", type=click.IntRange(1, 1024), help="boots at a time")
@click.option("--workers", default="", metavar="tcp://HOST:PORT", help="Dask scheduler to boot on")
@click.option("--tls-ca", type=_path, metavar="FILE", help="who signed the cluster's certificates")
@click.option("--tls-cert", type=_path, metavar="FILE", help="our certificate")
@click.option("--tls-key", type=_path, metavar="FILE", help="its key")
@click.option(
    "--results",
    type=_path,
    default=Path("smoke"),
    show_default=True,
    help="folder for journal, console texts and evidence.json",
)
@click.option("--junit", type=_path, metavar="FILE", help="write JUnit XML, too")
def command(**options: Any) -> int:
    """Boot the images of a download set in QEMU, and keep the evidence.

    SET is a folder with catalogue.json, SHA256SUMS and images/; by default this folder, out/, or the installed one.
    Every file has to be what the catalogue says. Then each image boots as it is, and has to load a boot file that was
    made for this boot alone. That needs QEMU, nasm and romtool. ipxe-qemu has other PXE ROMs to load a .zpxe by.

    An image that passed is not booted again until it changes. Ctrl-C keeps what was found, and the next run goes on
    from there. The last line counts; the exit code is 0 when something passed and nothing failed.

    \b
    A cluster is started with these, and used with --workers tcp://HOST:8786:
      dask-scheduler                               on one host
      dask-worker tcp://HOST:8786 --nthreads 2     on each that boots
    With TLS, --workers tls://HOST:8786 and the --tls options. All have
    certificates that ca.pem signed:
      dask-scheduler --protocol tls
          --tls-ca-file ca.pem --tls-cert c.pem --tls-key k.pem
      dask-worker tls://HOST:8786 --nthreads 2
          --tls-ca-file ca.pem --tls-cert c.pem --tls-key k.pem
    """
    given = Options(**options)
    if given.pci_id:
        given = replace(given, pci_id=_one_card(given.pci_id))
    _check_tools(given)
    # The lab is loaded only when something is booted.
    from ci.lab.run import guarded
    from ci.smoke.sets import smoke

    folder = download_set(given.folder)
    romtool = find_romtool(BUILT)
    hint = f"hint: {romtool} has to be of the release that the set is of"
    return guarded("smoke", lambda: smoke(folder, given, romtool), hint)


def _one_card(text: str) -> str:
    """An ID in any usual form, as the catalogue has it."""
    found = find_cards(text)
    if len(found) != 1:
        raise failure(f"--t {text}", "not the ID of one card", "write 10ec:8139", EXIT_INPUT)
    return found[0]


def _check_tools(given: Options) -> None:
    """Say what is not here before anything is read or booted."""
    tls = (given.tls_ca, given.tls_cert, given.tls_key)
    if any(tls) and not (all(tls) and given.workers.startswith("tls://")):
        what = "need each other, and --workers tls://HOST:PORT"
        raise failure("--tls-ca, --tls-cert, --tls-key", what, "", EXIT_INPUT)
    if shutil.which("nasm") is None:
        what = "not installed, and boot files are made with it"
        raise failure("nasm", what, "sudo apt-get install nasm")
    if given.workers:
        return
    if shutil.which(given.emulator) is None:
        what = "not installed, and images are booted in it"
        hint = "sudo apt-get install qemu-system-x86, or name another with --qemu"
        raise failure(given.emulator, what, hint)
    if given.accel == "kvm" and not os.access(KVM, os.R_OK | os.W_OK):
        what = "may not be opened" if KVM.exists() else "is not there"
        hint = "join the group kvm, or leave --accel kvm out"
        raise failure("--accel kvm", f"{KVM} {what}", hint)
