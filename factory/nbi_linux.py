# SPDX-License-Identifier: BSD-2-Clause
"""A Network Boot Image out of a Linux kernel, initrds and a command line.

What the loader does not do for a kernel (its command line, the initrd's place, entering it) is done by a small stub,
src/mknbi/, which the image carries. See docs/boot-files.md.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factory.errors import EXIT_INPUT, FactoryError, failure
from factory.nbi import AT, LINEAR_ENTRY, Segment, compose_nbi
from factory.nbi_stub import LINUX_PART, STUB_MAGIC, stub_part, wrong_stub

# Where the parts go; src/mknbi/stub.asm knows these, too.
SETUP_ADDRESS = 0x10000
SETUP_STACK = 0xE000
HEADER_ADDRESS = 0x1F000
STUB_ADDRESS = 0x20000
STUB_ROOM = 0x10000
STUB_CODE_MAX = 0x8000
KERNEL_ADDRESS = 0x100000

ARGS_MAX = HEADER_ADDRESS - SETUP_ADDRESS - SETUP_STACK - 1
SETUP_MAX = 0x8000
PAGE = 4096
ADDRESS_LIMIT = 0xFFFFF000
VENDOR = b"EF mknbi"

# The setup header of a bzImage: names of Documentation/arch/x86/boot.rst, each with its format for struct.
_HEADER_AT = 0x1F1
_HEADER = """
    setup_sects:B root_flags:H syssize:I ram_size:H vid_mode:H root_dev:H boot_flag:H jump:H header:4s version:H
    realmode_swtch:I start_sys_seg:H kernel_version:H type_of_loader:B loadflags:B setup_move_size:H code32_start:I
    ramdisk_image:I ramdisk_size:I bootsect_kludge:I heap_end_ptr:H ext_loader_ver:B ext_loader_type:B cmd_line_ptr:I
    initrd_addr_max:I kernel_alignment:I relocatable_kernel:B min_alignment:B xloadflags:H cmdline_size:I
    hardware_subarch:I hardware_subarch_data:Q payload_offset:I payload_length:I setup_data:Q pref_address:Q init_size:I
"""
_HEADER_NAMES = re.findall(r"(\w+):", _HEADER)
_HEADER_LAYOUT = struct.Struct("<" + "".join(re.findall(r":(\w+)", _HEADER)))

_STUB_FIELDS = struct.Struct("<8sHHIIIIHH")
_ADD_BOOTIF = 1
_ADD_IP = 2

_BOOT_FLAG = 0xAA55
_LOADED_HIGH = 1
_CAN_USE_HEAP = 0x80
_LOADER_UNREGISTERED = 0xFF


@dataclass(frozen=True)
class Kernel:
    """A bzImage, and what its setup header says of it."""

    setup: bytes
    code: bytes  # the protected-mode part
    args_max: int  # longest command line
    initrd_limit: int  # the initrd lies below
    end: int  # of the memory it needs from KERNEL_ADDRESS on, until it has unpacked itself


def parse_kernel(name: str, data: bytes) -> Kernel:
    """Check a bzImage. Raises FactoryError saying what is wrong with the file."""

    def wrong(what: str, hint: str = "") -> FactoryError:
        return failure(name, what, hint, EXIT_INPUT)

    if data[:4] == b"\x7fELF":
        raise wrong(
            "an ELF file, not a bzImage", "use arch/x86/boot/bzImage, or vmlinuz, not vmlinux"
        )
    header = _header(data)
    if header.get("boot_flag") != _BOOT_FLAG or header["header"] != b"HdrS":
        raise wrong("not a Linux bzImage", "use a kernel for x86, such as /boot/vmlinuz-…-amd64")
    version = header["version"]
    if version < 0x202:
        raise wrong(
            f"boot protocol {version >> 8}.{version & 0xFF:02}, and 2.02 is needed",
            "use Linux 2.4 or later",
        )
    if not header["loadflags"] & _LOADED_HIGH:
        raise wrong("a zImage, which runs below 1 MiB", "build it as bzImage")
    setup_length = ((header["setup_sects"] or 4) + 1) * 512
    if setup_length > SETUP_MAX:
        raise wrong(f"setup code of {setup_length} bytes; at most {SETUP_MAX} can be")
    paragraphs = header["syssize"] if version >= 0x204 else header["syssize"] & 0xFFFF
    length = len(data) - setup_length
    if length <= 0 or (version >= 0x204 and (length + 15) // 16 < paragraphs):
        raise wrong(
            f"cut off: {len(data)} bytes, and its header says {setup_length + paragraphs * 16}",
            "copy or download it again",
        )
    return _kernel(header, data, setup_length)


def _header(data: bytes) -> dict[str, Any]:
    """By name; empty when the file is too short."""
    if len(data) < _HEADER_AT + _HEADER_LAYOUT.size:
        return {}
    return dict(zip(_HEADER_NAMES, _HEADER_LAYOUT.unpack_from(data, _HEADER_AT)))


def _kernel(header: Mapping[str, Any], data: bytes, setup_length: int) -> Kernel:
    version, alignment = header["version"], header["kernel_alignment"]
    length = len(data) - setup_length
    start, size = KERNEL_ADDRESS, 3 * length
    if version >= 0x20A:
        start, size = header["pref_address"], header["init_size"]
        if header["relocatable_kernel"]:
            start = max(start, -(-KERNEL_ADDRESS // (alignment or 1)) * alignment)
    args_max = header["cmdline_size"] if version >= 0x206 else 255
    initrd_max = header["initrd_addr_max"] if version >= 0x203 else 0x37FFFFFF
    return Kernel(
        setup=data[:setup_length],
        code=data[setup_length:],
        args_max=min(args_max, ARGS_MAX),
        initrd_limit=min(initrd_max + 1, ADDRESS_LIMIT),
        end=max(KERNEL_ADDRESS + length, start + size),
    )


@dataclass(frozen=True)
class Arguments:
    """The command line, and what the stub adds to it from the loader's BOOTP record."""

    text: str
    bootif: bool
    ip: bool


def parse_arguments(append: str, ip: str | None, bootif: bool) -> Arguments:
    """From the options. `ip` is "rom" for the loader's address, or a value for `ip=`."""
    words = append.split(" ")
    if not append.isprintable() or not append.isascii():
        raise failure("--append", "has characters that are not printable ASCII", "", EXIT_INPUT)
    if ip is not None and any(word.startswith("ip=") for word in words):
        raise failure("--ip", "--append has an ip= already", "leave one of them out", EXIT_INPUT)
    if ip is not None and not re.fullmatch(r"[\w.:,/-]+", ip, re.ASCII):
        raise failure(
            "--ip", f"{ip!r} is no value for ip=", 'try "rom", "dhcp" or "off"', EXIT_INPUT
        )
    if ip not in (None, "rom"):
        append = f"{append} ip={ip}".strip()
    named = any(word.startswith("BOOTIF=") for word in words)
    return Arguments(append, bootif and not named, ip == "rom")


def join_initrds(parts: Sequence[bytes]) -> bytes:
    """One initrd out of several: the kernel wants each archive to start on a multiple of 4."""
    return b"".join(part + bytes(-len(part) % 4) for part in parts[:-1]) + b"".join(parts[-1:])


def compose(stub: bytes, kernel: Kernel, initrd: bytes, arguments: Arguments) -> bytes:
    """The image. Raises FactoryError when the parts do not fit together."""
    if len(arguments.text) > kernel.args_max:
        raise failure(
            "--append",
            f"has {len(arguments.text)} characters, the kernel takes {kernel.args_max}",
            "",
            EXIT_INPUT,
        )
    address = -(-kernel.end // PAGE) * PAGE
    if initrd and address + len(initrd) > kernel.initrd_limit:
        raise failure(
            "--initrd",
            f"{len(initrd)} bytes from {address:#x} on (behind the kernel) end above {kernel.initrd_limit:#x}, "
            "the highest the kernel takes",
            "use a smaller one",
            EXIT_INPUT,
        )
    segments = [
        Segment(_stub(stub, kernel, initrd, address, arguments), AT, STUB_ADDRESS, STUB_ROOM),
        Segment(_setup(kernel.setup), AT, SETUP_ADDRESS, HEADER_ADDRESS - SETUP_ADDRESS),
        Segment(kernel.code, AT, KERNEL_ADDRESS),
    ]
    if initrd:
        segments.append(Segment(initrd, AT, address))
    return compose_nbi(HEADER_ADDRESS, STUB_ADDRESS, LINEAR_ENTRY, segments, VENDOR)


def _stub(stub: bytes, kernel: Kernel, initrd: bytes, address: int, arguments: Arguments) -> bytes:
    code = stub_part(stub, LINUX_PART)
    at = code.find(STUB_MAGIC)
    text = arguments.text.encode() + b"\0"
    no_memory = b"the kernel needs memory up to %#x, and there is less\0" % kernel.end
    if len(code) + len(text) + len(no_memory) > STUB_CODE_MAX:
        raise wrong_stub()
    fields = _STUB_FIELDS.pack(
        STUB_MAGIC,
        _ADD_BOOTIF * arguments.bootif | _ADD_IP * arguments.ip,
        SETUP_STACK + kernel.args_max,
        address if initrd else 0,
        len(initrd),
        kernel.initrd_limit,
        min(kernel.end, ADDRESS_LIMIT),
        len(code),
        len(code) + len(text),
    )
    return code[:at] + fields + code[at + _STUB_FIELDS.size :] + text + no_memory


def _setup(setup: bytes) -> bytes:
    """The setup code with everything filled in that is known here."""
    header = _header(setup)
    header["type_of_loader"] = _LOADER_UNREGISTERED
    header["loadflags"] |= _CAN_USE_HEAP
    header["code32_start"] = KERNEL_ADDRESS
    header["ramdisk_image"] = header["ramdisk_size"] = 0
    header["heap_end_ptr"] = SETUP_STACK - 0x200
    header["cmd_line_ptr"] = SETUP_ADDRESS + SETUP_STACK
    filled = bytearray(setup)
    _HEADER_LAYOUT.pack_into(filled, _HEADER_AT, *header.values())
    return bytes(filled)
