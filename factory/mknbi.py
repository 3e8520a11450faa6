# SPDX-License-Identifier: BSD-2-Clause
"""mknbi: Network Boot Images out of kernels, programs and other such images. See docs/boot-files.md."""

from __future__ import annotations

from pathlib import Path

import click

from factory.errors import EXIT_INPUT, FactoryError, failure
from factory.files import check_spared, read_file, write_atomic
from factory.nbi import AT, LINEAR_ENTRY, Segment, compose_nbi, describe_nbi, parse_nbi
from factory.nbi_elf import (
    HEADER_ADDRESS,
    VENDOR,
    check_apart,
    compose_multiboot,
    compose_program,
    is_program,
    module_words,
    parse_program,
)
from factory.nbi_linux import compose, join_initrds, parse_arguments, parse_kernel
from factory.nbi_menu import compose_menu
from factory.places import stub as default_stub

REAL_MODE_END = 0x100000


class Number(click.ParamType):
    """A number as C writes it: 0x10000, 65536."""

    name = "number"

    def convert(self, value: object, param: object, ctx: object) -> int:
        """From the command line."""
        try:
            number = value if isinstance(value, int) else int(str(value), 0)
        except ValueError:
            number = -1
        if not 0 <= number < 1 << 32:
            self.fail(f"{value!r} is no address")
        return number


def compose_raw(data: bytes, address: int, entry: int, real_mode: bool) -> bytes:
    """The image of a flat binary."""
    if not address <= entry < address + len(data):
        what = f"{entry:#x} is not in the {len(data)} bytes from {address:#x} on"
        raise failure("--entry", what, "", EXIT_INPUT)
    flags, pointer = LINEAR_ENTRY, entry
    if real_mode:
        if address + len(data) > REAL_MODE_END:
            raise failure("--real-mode", "the program ends above 1 MiB", "", EXIT_INPUT)
        flags, pointer = 0, address // 16 << 16 | (entry - address // 16 * 16)
        if entry - address // 16 * 16 > 0xFFFF:
            what = "lies more than 64 KiB behind the program's start"
            raise failure("--entry", what, "", EXIT_INPUT)
    header = HEADER_ADDRESS
    if address < header + 512 and header < address + len(data):
        header = (address + len(data) + 15) // 16 * 16 if address + len(data) < 0x80000 else 0x800
    part = Segment(data, AT, address)
    check_apart([Segment(b"", AT, header, 512), part])
    return compose_nbi(header, pointer, flags, [part], VENDOR)


def _wrong_options(what: str, hint: str = "") -> FactoryError:
    return failure("mknbi", what, hint, EXIT_INPUT)


def _split(option: str, value: str, separator: str, first: str) -> tuple[str, str]:
    left, found, right = value.partition(separator)
    if not left or not found:
        raise failure(option, f"{value!r} has no {first}", "", EXIT_INPUT)
    return left, right


@click.command("mknbi")
@click.option(
    "--kernel",
    type=click.Path(path_type=Path),
    help="Linux bzImage, Multiboot kernel, or 32-bit ELF program",
)
@click.option(
    "--initrd",
    "initrds",
    multiple=True,
    type=click.Path(path_type=Path),
    help="for Linux; may be given several times; they are joined",
)
@click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="FILE[ ARGUMENTS]",
    help="for a Multiboot kernel; may be given several times",
)
@click.option("--append", default="", metavar="TEXT", help="kernel command line")
@click.option(
    "--ip",
    metavar="rom|dhcp|off|...",
    help="for Linux: add ip=...; `rom` takes addresses and hostname from the DHCP reply of the loader",
)
@click.option(
    "--bootif/--no-bootif",
    default=True,
    show_default=True,
    help="for Linux: add BOOTIF=01-mac of the card that booted",
)
@click.option("--raw", type=click.Path(path_type=Path), help="program without a format")
@click.option("--address", type=Number(), help="where the --raw program goes")
@click.option("--entry", type=Number(), help="where it is entered, if not at its start")
@click.option("--real-mode", is_flag=True, help="it is 16-bit code")
@click.option(
    "--menu",
    "items",
    multiple=True,
    metavar="TITLE=FILE.nbi",
    help="an item of a menu; may be given several times",
)
@click.option("--title", default="Boot menu", show_default=True, help="of the menu")
@click.option(
    "--timeout",
    default=0,
    show_default="wait",
    type=click.IntRange(0, 3600),
    help="seconds until the first item of the menu is taken",
)
@click.option(
    "--list",
    "listed",
    type=click.Path(path_type=Path),
    help="print what is in an image, of anybody's",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="the image to write")
@click.option(
    "--stub",
    default=default_stub,
    show_default="the one that make built, or the installed one",
    type=click.Path(path_type=Path),
    help="the code in front of the kernel",
)
def command(  # one argument for each option
    kernel: Path | None,
    initrds: tuple[Path, ...],
    modules: tuple[str, ...],
    append: str,
    ip: str | None,
    bootif: bool,
    raw: Path | None,
    address: int | None,
    entry: int | None,
    real_mode: bool,
    items: tuple[str, ...],
    title: str,
    timeout: int,
    listed: Path | None,
    output: Path | None,
    stub: Path,
) -> None:
    """Make a Network Boot Image of a kernel, a program or a menu."""
    kinds = [kernel, raw, listed, items or None]
    if sum(kind is not None for kind in kinds) != 1:
        raise _wrong_options("one of --kernel, --raw, --menu and --list is needed")
    if listed is not None:
        data = read_file(listed, "", EXIT_INPUT)
        click.echo(describe_nbi(parse_nbi(str(listed), data), len(data)))
        return
    if output is None:
        raise _wrong_options("-o is needed, the image to write")
    named = [_split("--module", f"{module} ", " ", "file") for module in modules]
    entries = [_split("--menu", item, "=", "title, as in TITLE=FILE") for item in items]
    inputs = {f"initrd {path}": path for path in initrds}
    inputs |= {f"module {path}": Path(path) for path, _ in named}
    inputs |= {f"item {path}": Path(path) for _, path in entries}
    inputs |= {"the kernel": kernel} if kernel else {}
    inputs |= {"the program": raw} if raw else {}
    check_spared("-o", output, {"the stub": stub, **inputs})

    def read(path: Path | str) -> bytes:
        return read_file(Path(path), "", EXIT_INPUT)

    def read_stub() -> bytes:
        hint = "run make, install etherforge-tools, or name it with --stub"
        return read_file(stub, hint, EXIT_INPUT)

    if raw is not None:
        if address is None:
            raise _wrong_options("--raw needs --address")
        image = compose_raw(read(raw), address, address if entry is None else entry, real_mode)
    elif kernel is None:
        image = compose_menu(
            read_stub(), title, timeout, [(text, path, read(path)) for text, path in entries]
        )
    else:
        data = read(kernel)
        # A bzImage may hold an ELF file, never begin with one; a Multiboot header may be by chance in its code.
        if data[0x202:0x206] == b"HdrS" or not is_program(data):
            if named:
                raise _wrong_options("--module is for Multiboot kernels", "use --initrd for Linux")
            arguments = parse_arguments(append, ip, bootif)
            parsed = parse_kernel(str(kernel), data)
            image = compose(
                read_stub(), parsed, join_initrds([read(path) for path in initrds]), arguments
            )
        else:
            if initrds or ip is not None:
                raise _wrong_options("--initrd and --ip are for Linux", "use --module")
            program = parse_program(str(kernel), data)
            if program.multiboot:
                parts = [(module_words(path, words), read(path)) for path, words in named]
                image = compose_multiboot(
                    read_stub(), program, module_words(str(kernel), append), parts
                )
            elif named or append:
                raise failure(
                    str(kernel),
                    "no Multiboot kernel, so it takes no command line and modules",
                    "",
                    EXIT_INPUT,
                )
            else:
                image = compose_program(program)
    write_atomic(output, image)
    click.echo(f"{output}: {len(image)} bytes")
