# SPDX-License-Identifier: BSD-2-Clause
"""mknbi: what it refuses, what it composes, and its stub running in an emulated PC under a loader of a few lines."""

from __future__ import annotations

import os
import random
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ci.payloads.initrd import Entry, cpio
from ci.payloads.payload import expected_line, make_payload
from ci.tree import ROOT, need_tool
from factory.errors import FactoryError
from factory.mknbi import command
from factory.nbi_linux import (
    Arguments,
    compose,
    join_initrds,
    parse_arguments,
    parse_kernel,
)

NONCE = "0123456789abcdef" * 2
KERNEL = make_payload("bzimage", NONCE, 20000)
PLAIN = Arguments("", bootif=False, ip=False)
PLAIN_BOOTIF = Arguments("", bootif=True, ip=False)
BOTH = Arguments("quiet", bootif=True, ip=True)
MAC = bytes.fromhex("5254000a0bfc")
RECORD_ADDRESS, FILE_ADDRESS = 0x2F00000, 0x3000000  # nbi_sector.asm
MEMORY_END = 0x7FE0000  # of RAM as SeaBIOS reports it with 128 MiB
INITRD_START = 0x1020000  # behind what the kernel says it needs


@pytest.fixture(scope="module")
def stub() -> bytes:
    """The assembled stub."""
    return assemble(ROOT / "src/mknbi/stub.asm")


def assemble(source: Path) -> bytes:
    """A flat binary."""
    output = Path("/dev/stdout")
    options = ["-w+all", "-Werror", "-f", "bin", "-i", f"{source.parent}/", "-o", str(output)]
    return subprocess.run(
        [need_tool("nasm"), *options, str(source)], check=True, stdout=subprocess.PIPE
    ).stdout


def changed(at: int, data: bytes) -> bytes:
    """The kernel with some bytes changed."""
    return KERNEL[:at] + data + KERNEL[at + len(data) :]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            b"\x7fELF" + bytes(2000),
            "k: an ELF file, not a bzImage; hint: use arch/x86/boot/bzImage",
        ),
        (b"#!/bin/sh\n" * 100, "k: not a Linux bzImage; hint: use a kernel for x86"),
        (KERNEL[:0x263], "k: not a Linux bzImage"),
        (changed(0x1FE, b"\0\0"), "k: not a Linux bzImage"),
        (changed(0x206, b"\1\2"), "k: boot protocol 2.01, and 2.02 is needed; hint: use Linux 2.4"),
        (changed(0x211, b"\0"), "k: a zImage, which runs below 1 MiB"),
        (changed(0x1F1, b"\x40"), "k: setup code of 33280 bytes; at most 32768 can be"),
        (KERNEL[:-16], "k: cut off: 19984 bytes, and its header says 20000"),
        (KERNEL[:3072], "k: cut off: 3072 bytes, and its header says 20000"),
    ],
)
def test_kernel_refused(data: bytes, text: str) -> None:
    """Each way of not being a usable kernel has its message."""
    with pytest.raises(FactoryError, match="^" + re.escape(text)):
        parse_kernel("k", data)


def test_kernel_needs() -> None:
    """What the header says of memory is read for each protocol version."""
    assert parse_kernel("k", KERNEL).end == INITRD_START
    assert parse_kernel("k", changed(0x260, b"\0\0\0\3")).end == 0x4000000
    old = parse_kernel("k", changed(0x206, b"\2\2"))
    assert (old.args_max, old.initrd_limit, old.end) == (
        255,
        0x38000000,
        0x100000 + 3 * (20000 - 3072),
    )
    new = parse_kernel("k", changed(0x22C, b"\xff\xff\xff\xff"))
    assert (new.args_max, new.initrd_limit) == (2047, 0xFFFFF000)


@pytest.mark.parametrize(
    ("append", "ip", "expected"),
    [
        ("", None, Arguments("", True, False)),
        ("quiet", "rom", Arguments("quiet", True, True)),
        ("", "dhcp", Arguments("ip=dhcp", True, False)),
        ("a b", "::::x::off", Arguments("a b ip=::::x::off", True, False)),
        ("BOOTIF=01-2 x", None, Arguments("BOOTIF=01-2 x", False, False)),
        ("noip=1", "off", Arguments("noip=1 ip=off", True, False)),
    ],
)
def test_arguments(append: str, ip: str | None, expected: Arguments) -> None:
    """Options become the command line and what the stub adds to it."""
    assert parse_arguments(append, ip, True) == expected


@pytest.mark.parametrize(
    ("append", "ip", "text"),
    [
        ("a\nb", None, "--append: has characters that are not printable ASCII"),
        ("title=é", None, "--append: has characters that are not printable ASCII"),
        ("quiet ip=dhcp", "rom", "--ip: --append has an ip= already; hint: leave one of them out"),
        ("", "x y", "--ip: 'x y' is no value for ip=; hint: try"),
    ],
)
def test_arguments_refused(append: str, ip: str | None, text: str) -> None:
    """A command line that would not arrive as it was meant."""
    with pytest.raises(FactoryError, match="^" + re.escape(text)):
        parse_arguments(append, ip, True)


def test_parts_that_do_not_fit(stub: bytes) -> None:
    """Too long, too large, or not the stub."""
    kernel = parse_kernel("k", KERNEL)
    with pytest.raises(FactoryError, match="^--append: has 2048 characters, the kernel takes 2047"):
        compose(stub, kernel, b"", Arguments("x" * 2048, True, True))
    low = parse_kernel("k", changed(0x22C, struct.pack("<I", INITRD_START + 0xFFE)))
    assert compose(stub, low, bytes(0xFFF), PLAIN)
    with pytest.raises(
        FactoryError, match="^--initrd: 4096 bytes from 0x1020000 on .* above 0x1020fff"
    ):
        compose(stub, low, bytes(0x1000), PLAIN)
    with pytest.raises(FactoryError, match="^--stub: not the stub that belongs to this version"):
        compose(b"\x90" * 500, kernel, b"", PLAIN)


def test_image(stub: bytes) -> None:
    """Header and segments; the same input gives the same bytes."""
    kernel = parse_kernel("k", KERNEL)
    initrd = b"initrd" * 100
    image = compose(stub, kernel, initrd, BOTH)
    assert image == compose(stub, kernel, initrd, BOTH)
    assert struct.unpack_from("<IIII", image) == (0x1B031336, 0x80000024, 0x1F000000, 0x20000)
    records = [struct.unpack_from("<BBBBIII", image, 24 + 16 * n) for n in range(4)]
    assert [record[3] for record in records] == [0, 0, 0, 4]
    assert [record[4] for record in records] == [0x20000, 0x10000, 0x100000, INITRD_START]
    assert len(image) == 512 + sum(record[5] for record in records)
    assert image.endswith(KERNEL[3072:] + initrd)
    assert compose(stub, kernel, b"", BOTH)[24 + 32 + 3] == 4


def test_initrds_are_joined() -> None:
    """Each archive starts on a multiple of 4, as the kernel wants."""
    assert join_initrds([]) == b""
    assert join_initrds([b"12345"]) == b"12345"
    assert join_initrds([b"12345", b"1234", b"1"]) == b"12345\0\0\0" + b"1234" + b"1"


def test_command(stub: bytes, tmp_path: Path) -> None:
    """The command writes the image, and nothing when something is wrong."""
    for name, data in (("k", KERNEL), ("s", stub), ("i", b"initrd"), ("j", b"more")):
        (tmp_path / name).write_bytes(data)
    common = ["--kernel", f"{tmp_path}/k", "--stub", f"{tmp_path}/s", "-o", f"{tmp_path}/o/x.nbi"]
    initrds = ["--initrd", f"{tmp_path}/i", "--initrd", f"{tmp_path}/j"]
    done = CliRunner().invoke(command, [*common, *initrds, "--append", "quiet", "--ip", "rom"])
    assert done.exception is None, done.output
    image = (tmp_path / "o/x.nbi").read_bytes()
    assert image == compose(stub, parse_kernel("k", KERNEL), b"initrd\0\0more", BOTH)
    (tmp_path / "k").write_bytes(KERNEL[:-100])
    done = CliRunner().invoke(command, common)
    assert str(done.exception).startswith(f"{tmp_path}/k: cut off")
    done = CliRunner().invoke(command, [*common, "--initrd", f"{tmp_path}/none"])
    (tmp_path / "k").write_bytes(KERNEL)
    done = CliRunner().invoke(command, [*common, "--initrd", f"{tmp_path}/none"])
    assert str(done.exception) == f"{tmp_path}/none: cannot read it: No such file or directory"
    assert (tmp_path / "o/x.nbi").read_bytes() == image
    assert list((tmp_path / "o").iterdir()) == [tmp_path / "o/x.nbi"]


def test_stub_belongs_to_the_package(stub: bytes, tmp_path: Path) -> None:
    """Found from any folder; where it isn't, the message says what to do."""
    for part in (ROOT / "factory").glob("*.py"):
        (tmp_path / "share/factory").mkdir(parents=True, exist_ok=True)
        (tmp_path / "share/factory" / part.name).write_bytes(part.read_bytes())
    (tmp_path / "k").write_bytes(KERNEL)
    words = [sys.executable, "-m", "factory", "mknbi", "--kernel", "k", "-o", "x.nbi"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "share")}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    place = tmp_path / "share/out/obj/mknbi/stub.bin"
    done = run()
    assert (done.returncode, done.stderr) == (
        2,
        f"{place}: cannot read it: No such file or directory; "
        "hint: run make, install etherforge-tools, or name it with --stub\n",
    )
    place.parent.mkdir(parents=True)
    place.write_bytes(stub)
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "x.nbi").read_bytes() == compose(
        stub, parse_kernel("k", KERNEL), b"", PLAIN_BOOTIF
    )


def test_output_that_is_no_file(stub: bytes, tmp_path: Path) -> None:
    """A device or pipe is not replaced by a file; behind a link, the file is."""
    (tmp_path / "k").write_bytes(KERNEL)
    (tmp_path / "s").write_bytes(stub)
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("pipe")
    common = ["--kernel", f"{tmp_path}/k", "--stub", f"{tmp_path}/s", "-o"]
    for path in (pipe, link, tmp_path):
        error = CliRunner().invoke(command, [*common, str(path)]).exception
        assert isinstance(error, FactoryError) and error.exit_code == 2
        hint = "name a file, not a folder or device"
        assert str(error) == f"{path}: not a regular file; hint: {hint}"
    assert pipe.is_fifo() and link.is_symlink()
    pipe.unlink()
    pipe.write_bytes(b"old")
    assert CliRunner().invoke(command, [*common, str(link)]).exception is None
    assert link.is_symlink() and pipe.read_bytes()[:4] == b"\x36\x13\x03\x1b"


def test_pipe_of_a_shell(stub: bytes, tmp_path: Path) -> None:
    """`--kernel <(zcat kernel.gz)`."""
    (tmp_path / "s").write_bytes(stub)
    reader, writer = os.pipe()
    try:
        assert os.write(writer, KERNEL) == len(KERNEL)
        os.close(writer)
        words = ["--kernel", f"/dev/fd/{reader}", "--stub", f"{tmp_path}/s", "-o", f"{tmp_path}/o"]
        assert CliRunner().invoke(command, words).exception is None
    finally:
        os.close(reader)
    assert (tmp_path / "o").read_bytes() == compose(
        stub, parse_kernel("k", KERNEL), b"", PLAIN_BOOTIF
    )


def test_cpio() -> None:
    """An archive that cpio itself reads."""
    entries = [
        Entry("d", 0o40755),
        Entry("d/file", 0o100644, b"content"),
        Entry("l", 0o120777, b"d"),
    ]
    listing = subprocess.run(
        [need_tool("cpio"), "-tv"], input=cpio(iter(entries)), capture_output=True, check=True
    )
    lines = [line.split() for line in listing.stdout.decode().splitlines()]
    assert [(line[0], line[4]) for line in lines] == [
        ("drwxr-xr-x", "0"),
        ("-rw-r--r--", "7"),
        ("lrwxrwxrwx", "1"),
    ]


def record(options: bytes = b"", server: bytes = bytes([10, 0, 2, 2])) -> bytes:
    """A BOOTP reply for 10.0.2.15."""
    head = bytes([2, 1, 6]).ljust(16, b"\0") + bytes([10, 0, 2, 15]) + server + bytes(4)
    return (head + MAC).ljust(236, b"\0") + b"\x63\x82\x53\x63" + options + b"\xff"


def boot(image: bytes, bootp: bytes, folder: Path, timeout: float = 20) -> str:
    """Run an image from the boot sector; what it wrote to the debug port and on the console."""
    sector = assemble(ROOT / "ci/payloads/nbi_sector.asm")
    for name, data in (("sector", sector), ("image", image), ("record", bootp.ljust(548, b"\0"))):
        (folder / name).write_bytes(data)
    place = "loader,force-raw=on,file={},addr={:#x}"
    done = subprocess.run(
        [
            need_tool("qemu-system-i386"),
            "-nodefaults",
            "-no-reboot",
            "-display",
            "none",
            "-vga",
            "none",
        ]
        + ["-machine", "pc,graphics=off", "-accel", "tcg", "-m", "128"]
        + ["-drive", "file=sector,format=raw,if=floppy,snapshot=on", "-boot", "a"]
        + ["-device", place.format("image", FILE_ADDRESS)]
        + ["-device", place.format("record", RECORD_ADDRESS)]
        + ["-debugcon", "file:debug", "-serial", "file:console"]
        + ["-device", "isa-debug-exit,iobase=0x501,iosize=2"],
        cwd=folder,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 1
    return (folder / "debug").read_text()


@pytest.mark.parametrize(
    ("options", "server", "ip"),
    [
        (
            bytes([1, 4, 255, 255, 255, 0, 0, 0, 3, 8, 10, 0, 2, 2, 10, 0, 2, 3, 12, 4]) + b"node",
            bytes([10, 0, 2, 200]),
            "10.0.2.15:10.0.2.200:10.0.2.2:255.255.255.0:node::off",
        ),
        (b"", bytes(4), "10.0.2.15::::::off"),
        (bytes([12, 9]) + b"bad name\n", bytes([10, 0, 2, 2]), "10.0.2.15:10.0.2.2:::bad::off"),
        (
            bytes([12, 0, 1, 2, 9, 9]) + bytes(250) + bytes([3, 255]),
            bytes([10, 0, 2, 2]),
            "10.0.2.15:10.0.2.2:::::off",
        ),
    ],
    ids=["full", "none", "bad-name", "bad-lengths"],
)
def test_added_arguments(
    stub: bytes, tmp_path: Path, options: bytes, server: bytes, ip: str
) -> None:
    """BOOTIF= and ip= are taken from the BOOTP record; what it does not say stays empty."""
    image = compose(stub, parse_kernel("k", KERNEL), b"", BOTH)
    shown = boot(image, record(options, server), tmp_path)
    assert f'cmdline="quiet BOOTIF=01-52-54-00-0a-0b-fc ip={ip}"' in shown
    assert expected_line("bzimage", NONCE, KERNEL) in shown


def test_nothing_added(stub: bytes, tmp_path: Path) -> None:
    """Without the options, and for BOOTIF also without a BOOTP record, the command line is the one given."""
    kernel = parse_kernel("k", KERNEL)
    shown = boot(compose(stub, kernel, b"", Arguments("a  b", False, False)), record(), tmp_path)
    assert 'cmdline="a  b"' in shown
    shown = boot(compose(stub, kernel, b"", Arguments("quiet", True, False)), b"", tmp_path)
    assert 'cmdline="quiet"' in shown


@pytest.mark.parametrize(
    ("length", "limit", "address"),
    [
        (100, 0x7FFFFFFF, MEMORY_END - 0x1000),
        (0x1001, 0x7FFFFFFF, MEMORY_END - 0x2000),
        (100, 0x37FFFFF, 0x37FF000),
        (100, 0x3800000, 0x3800000 - 0x1000),
        (0x1A00003, 0x37FFFFF, 0x1DFF000),  # overlaps where it comes from
        (100, INITRD_START + 0x1000, INITRD_START),  # nowhere higher
    ],
)
def test_initrd_place(stub: bytes, tmp_path: Path, length: int, limit: int, address: int) -> None:
    """The initrd is whole and as high as kernel and memory map allow."""
    data = changed(0x22C, struct.pack("<I", limit))
    initrd = random.Random(length).randbytes(length)
    shown = boot(compose(stub, parse_kernel("k", data), initrd, PLAIN), b"", tmp_path)
    assert f"initrd={address:08x}+{length:08x} " in shown
    assert expected_line("bzimage", NONCE, data, initrd) in shown


@pytest.mark.parametrize(
    ("arguments", "bootp", "init_size", "text"),
    [
        (
            Arguments("x", True, True),
            b"",
            0,
            "the loader hands over no BOOTP reply to take ip= from",
        ),
        (
            Arguments("x" * 2020, True, False),
            record(),
            0,
            "command line is too long with what is added to it",
        ),
        (
            PLAIN,
            b"",
            MEMORY_END + 1 - 0x1000000,
            f"the kernel needs memory up to {MEMORY_END + 1:#x}, and there is less",
        ),
    ],
    ids=["no-record", "too-long", "no-memory"],
)
def test_stub_refuses(
    stub: bytes, tmp_path: Path, arguments: Arguments, bootp: bytes, init_size: int, text: str
) -> None:
    """The stub says what is wrong, waits for a key, and does not enter the kernel."""
    kernel = parse_kernel("k", changed(0x260, struct.pack("<I", init_size)))
    image = compose(stub, kernel, b"", arguments)
    with pytest.raises(subprocess.TimeoutExpired):
        boot(image, bootp, tmp_path, timeout=1.5)
    console = (tmp_path / "console").read_text()
    assert f"mknbi: {text}" in console
    assert "Press a key to restart." in console
    assert (tmp_path / "debug").read_text() == ""
