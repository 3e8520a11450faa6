# SPDX-License-Identifier: BSD-2-Clause
"""mknbi of programs that are no Linux kernels, menus, and the list of what is in an image."""

from __future__ import annotations

import random
import re
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner

from ci.lab.judge import PAYLOAD_EXIT
from ci.lab.machine import Machine
from ci.net.scenario import Scenario
from ci.payloads import assembly
from ci.payloads.payload import CODE_ADDRESS, VIRTUAL, expected_line, make_payload
from ci.tree import ROOT
from ci.unit.test_mknbi import assemble, boot, record
from ci.unit.test_settings_boots import Bench, bench
from factory.errors import FactoryError
from factory.mknbi import command, compose_raw
from factory.nbi import (
    AFTER,
    AT,
    BEFORE,
    DOWN,
    LINEAR_ENTRY,
    Segment,
    compose_nbi,
    describe_nbi,
    parse_nbi,
)
from factory.nbi_elf import compose_multiboot, compose_program, parse_program
from factory.nbi_linux import compose, parse_arguments, parse_kernel
from factory.nbi_menu import compose_menu

__all__ = ["bench"]
NONCE = "0123456789abcdef" * 2
ELF_ENTRY = 24  # in an ELF header
OTHER = "fedcba9876543210" * 2
KERNEL = make_payload("multiboot", NONCE, 12000)
PROGRAM = make_payload("elf", NONCE, 20000)


@pytest.fixture(scope="module")
def stub() -> bytes:
    """The assembled stub."""
    return assemble(ROOT / "src/mknbi/stub.asm")


def run(*words: object) -> str:
    """Output of the command. Raises what it raises."""
    done = CliRunner().invoke(command, [str(word) for word in words])
    if done.exception is not None:
        raise done.exception
    return done.output


def test_multiboot(stub: bytes, tmp_path: Path) -> None:
    """The kernel has its command line, modules and the memory map."""
    modules = [("first a  b", b"module 1" * 700), ("second", b"2")]
    image = compose_multiboot(stub, parse_program("k", KERNEL), "kernel x=1", modules)
    assert image == compose_multiboot(stub, parse_program("k", KERNEL), "kernel x=1", modules)
    shown = boot(image, record(), tmp_path)
    (tmp_path / "shown").write_text(shown)
    assert f"EFPAYLOAD nonce={NONCE} sum=" in shown
    assert "kernel x=1" in shown and "first a  b" in shown and "second" in shown
    assert expected_line("multiboot", NONCE, KERNEL, b"".join(data for _, data in modules)) in shown


def test_kernel_of_elf(stub: bytes) -> None:
    """A Multiboot kernel without addresses is an ELF file."""
    header = struct.pack("<III", 0x1BADB002, 3, 0xFFFFFFFF & -(0x1BADB002 + 3))
    program = parse_program("k", PROGRAM + bytes(-len(PROGRAM) % 4))
    assert not program.multiboot
    at = 0xC0
    kernel = PROGRAM[:at] + header + PROGRAM[at + 12 :]
    program = parse_program("k", kernel)
    assert program.multiboot and len(program.parts) == 2
    assert program.end == max(part.address + part.room for part in program.parts)
    image = parse_nbi("x", compose_multiboot(stub, program, "k", []))
    assert [part.room for part in image.parts[1:]] == [part.room for part in program.parts]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x7fELF", "k: not an ELF file"),
        (PROGRAM[:4] + b"\2" + PROGRAM[5:], "k: an ELF file, but not a 32-bit one for x86; hint"),
        (PROGRAM[:0x2C] + b"\xff\xff" + PROGRAM[0x2E:], "k: its ELF program headers lie outside"),
        (PROGRAM[:-500], "k: its ELF segment 2 lies outside it; hint: copy"),
        (PROGRAM[:0x2C] + bytes(2) + PROGRAM[0x2E:], "k: an ELF file without anything to load"),
        (KERNEL[:0x110], "k: cut off in its Multiboot header"),
        (KERNEL[:0x114] + b"\xff\xff\xff\xff" + KERNEL[0x118:], "k: its Multiboot header loads"),
    ],
    ids=["short", "64-bit", "table", "segment", "nothing", "header", "addresses"],
)
def test_program_refused(data: bytes, text: str) -> None:
    """Each way of not being a usable program has its message."""
    with pytest.raises(FactoryError, match="^" + re.escape(text)):
        parse_program("k", data)


def test_parts_overlap(stub: bytes) -> None:
    """A program cannot be where the stub is."""
    kernel = parse_program("k", KERNEL)
    moved = type(kernel)((Segment(b"x", AT, 0x4F000),), 0x4F000, True)
    with pytest.raises(FactoryError, match="what goes to 0x4f000 overlaps what ends at 0x50000"):
        compose_multiboot(stub, moved, "", [])
    with pytest.raises(FactoryError, match="memory up to 0x100001000 is needed"):
        compose_program(type(kernel)((Segment(b"x", AT, 0xFFFFF000, 0x2000),), 0, False))


def test_raw(tmp_path: Path) -> None:
    """A flat program is entered where it was asked for, in either mode."""
    code = b"\xe6\xe9" + bytes(30)
    image = parse_nbi("x", compose_raw(code, 0x100000, 0x100010, False))
    assert (image.linear_entry, image.entry, image.parts[0].address) == (True, 0x100010, 0x100000)
    image = parse_nbi("x", compose_raw(code, 0x7C00, 0x7C08, True))
    assert (image.linear_entry, image.entry, image.parts[0].address) == (False, 0x7C08, 0x7C00)
    low = parse_nbi("x", compose_raw(bytes(0x20000), 0x30000, 0x30000, True))
    assert low.location == 0x50000
    for words, text in (
        ((code, 0x7C00, 0x7C20, False), "--entry: 0x7c20 is not in the 32 bytes from 0x7c00 on"),
        ((code, 0xFFFF0, 0xFFFF0, True), "--real-mode: the program ends above 1 MiB"),
        ((bytes(0x11000), 0x10000, 0x20F00, True), "--entry: lies more than 64 KiB behind"),
    ):
        with pytest.raises(FactoryError, match="^" + re.escape(text)):
            compose_raw(*words)


def item(nonce: str = NONCE) -> bytes:
    """An image that a menu can hold."""
    return compose_program(parse_program("p", make_payload("elf", nonce, 20000)))


def test_menu(stub: bytes, tmp_path: Path) -> None:
    """Nobody touches a key: the first is taken. It gets the loader's BOOTP record."""
    image = compose_menu(stub, "Which?", 1, [("One", "a", item()), ("Two", "b", item(OTHER))])
    shown = boot(image, record(), tmp_path)
    assert f"EFPAYLOAD nonce={NONCE} sum=" in shown
    console = (tmp_path / "console").read_text()
    assert re.search(r"Which\?\s+1  One\s+2  Two\s+Enter: the first; Esc: next boot dev", console)


def test_menu_refused(stub: bytes) -> None:
    """What a menu cannot hold."""
    real = compose_raw(b"x", 0x7C00, 0x7C00, True)
    relative = compose_nbi(0x1F000, 0x100000, LINEAR_ENTRY, [Segment(b"x", AFTER, 0)])
    menu = compose_menu(stub, "t", 0, [("t", "a", item())])
    for data, words, text in (
        (b"x", "t", "a: not a Network Boot Image"),
        (real, "t", "a: has a 16-bit entry, which a menu cannot call"),
        (relative, "t", "a: has segments without an address, which a menu cannot place"),
        (item(), "", "--menu: '' is no title of 1 to 70 printable characters"),
        (item(), "x" * 71, "--menu: 'xxx"),
        (menu, "t", "mknbi: what goes to 0x5f000 overlaps what ends at 0x5f200"),
    ):
        with pytest.raises(FactoryError, match="^" + re.escape(text)):
            compose_menu(stub, "t", 0, [(words, "a", data)])
    with pytest.raises(FactoryError, match="^--menu: 36 items; 1 to 35 can be"):
        compose_menu(stub, "t", 0, [("t", "a", item())] * 36)


def test_list() -> None:
    """Everything that a header says, in each form of address."""
    segments = [
        Segment(b"abc", AT, 0x20000, 16),
        Segment(b"", AFTER, 0x10, 256),
        Segment(b"x" * 100, DOWN, 0x1000),
        Segment(b"x", BEFORE, 0x2000),
    ]
    data = compose_nbi(0x1F000, 0x20000008, 1 << 8, segments, b"maker\0\0\0") + b"more"
    assert describe_nbi(parse_nbi("x", data), len(data)) == (
        'header copy 0001f000, 16-bit entry 00020008, may return, made by "maker"\n'
        "segment  1:         3 bytes of        16 at 00020000\n"
        "segment  2:         0 bytes of       256 at 10 behind the one before\n"
        "segment  3:       100 bytes of       100 at 1000 below the end of memory\n"
        "segment  4:         1 bytes of         1 at 2000 before the one before\n"
        "4 bytes behind the last segment"
    )
    tagged = bytearray(data)
    tagged[24:40] = struct.pack("<BBBBIII", 0x14, 9, 0, LAST_TAGGED, 0x20000, 3, 16)
    tagged[40:44] = b"\1\2\3\4"
    listed = describe_nbi(parse_nbi("x", bytes(tagged)), len(tagged))
    assert "segment  1:         3 bytes of        16 at 00020000, tag 01 02 03 04" in listed


LAST_TAGGED = 4


def test_list_of_anything(tmp_path: Path) -> None:
    """Damaged headers are refused with a message, whatever is wrong."""
    good = compose_nbi(0x1F000, 0x20000, LINEAR_ENTRY, [Segment(b"abc", AT, 0x20000)] * 3)
    chance = random.Random(1)
    refused = set()
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            data[4 + chance.randrange(80)] = chance.choice((0, 0xFF, chance.randrange(256)))
        try:
            image = parse_nbi("x", bytes(data[: chance.choice((len(data), 600))]))
            assert describe_nbi(image, len(data)).isprintable() is False
        except FactoryError as error:
            refused.add(re.sub(r"\d+|0x[0-9a-f]+", "N", str(error)))
    assert {text.split(" ")[1] for text in refused} >= {"no", "the", "segment"}
    path = tmp_path / "x"
    path.write_bytes(b"#!ipxe\n" * 100)
    with pytest.raises(FactoryError, match="x: not a Network Boot Image"):
        run("--list", path)
    path.write_bytes(good)
    assert run("--list", path).count("segment") == 3


def test_options(stub: bytes, tmp_path: Path) -> None:
    """What does not go together is said."""
    for name, data in (("k", KERNEL), ("p", PROGRAM), ("s", stub), ("m", b"module")):
        (tmp_path / name).write_bytes(data)
    kernel = ("--kernel", tmp_path / "k", "--stub", tmp_path / "s", "-o", tmp_path / "x")
    program = ("--kernel", tmp_path / "p", "-o", tmp_path / "x")
    for words, text in (
        ((), "mknbi: one of --kernel, --raw, --menu and --list is needed"),
        (("--kernel", "a", "--list", "b"), "mknbi: one of --kernel, --raw"),
        (("--kernel", "a"), "mknbi: -o is needed, the image to write"),
        (("--raw", tmp_path / "k", "-o", tmp_path / "x"), "mknbi: --raw needs --address"),
        (("--menu", "title", "-o", tmp_path / "x"), "--menu: 'title' has no title, as in"),
        ((*kernel, "--initrd", "x"), "mknbi: --initrd and --ip are for Linux; hint: use --module"),
        ((*program, "--append", "x"), f"{tmp_path}/p: no Multiboot kernel, so it takes no comm"),
        ((*kernel, "--module", tmp_path / "x"), f"{tmp_path}/x: cannot read it"),
        ((*kernel[:-1], tmp_path / "k"), f"-o {tmp_path}/k: it is the kernel itself"),
    ):
        with pytest.raises(FactoryError, match="^" + re.escape(text)):
            run(*words)
    assert run(*kernel, "--module", f"{tmp_path}/m a b", "--append", "x") == (
        f"{tmp_path}/x: {(tmp_path / 'x').stat().st_size} bytes\n"
    )
    assert b"m a b\0k x\0" in (tmp_path / "x").read_bytes()
    assert "bytes" in run("--raw", tmp_path / "k", "--address", "0x20000", "-o", tmp_path / "y")
    assert "bytes" in run(*program)
    menu = ("--menu", f"One={tmp_path}/x", "--menu", f"Two={tmp_path}/x", "--timeout", 1)
    assert "bytes" in run(*menu, "--stub", tmp_path / "s", "-o", tmp_path / "z")


@pytest.mark.parametrize("card", ["rtl8139", "virtio-net-pci"])
@pytest.mark.parametrize("kind", ["linux", "multiboot", "elf", "raw", "menu"])
def test_our_loader(bench: Bench, stub: bytes, card: str, kind: str) -> None:
    """Each kind is accepted, and runs."""
    form = {"linux": "bzimage", "multiboot": "multiboot"}.get(kind, "elf")
    size = len(assembly.assemble("kernel", "-DCONTRACT=0")) if kind == "raw" else 12000
    payload = make_payload(form, bench.nonce, size)
    initrd = b""
    if kind == "linux":
        initrd = random.Random(bench.nonce).randbytes(5001)
        image = compose(stub, parse_kernel("p", payload), initrd, parse_arguments("", None, True))
    elif kind == "raw":
        (entry,) = struct.unpack_from("<I", payload, ELF_ENTRY)
        image = compose_raw(payload, CODE_ADDRESS, entry - VIRTUAL + CODE_ADDRESS, False)
    elif kind == "multiboot":
        image = compose_multiboot(stub, parse_program("p", payload), "p", [])
    else:
        image = compose_program(parse_program("p", payload))
    if kind == "menu":
        image = compose_menu(stub, "Menu", 1, [("This", "a", image), ("Other", "b", item())])
    rom = {"rtl8139": "rtl8139/10ec8139.rom", "virtio-net-pci": "virtio_net/1af41000.rom"}[card]
    machine = Machine(card, rom=(bench.out / "images" / rom).read_bytes())
    outcome = bench.boot(machine, Scenario("plain"), {"p.nbi": image}, boot_file="p.nbi")
    assert outcome.exit_code == PAYLOAD_EXIT, outcome.console
    bench.check(outcome, {"payload": payload}, initrd)
