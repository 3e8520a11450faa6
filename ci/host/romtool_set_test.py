# SPDX-License-Identifier: BSD-2-Clause
"""romtool set: what it changes, what it leaves alone, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.host.romtool_fixtures import (
    PREFIXES,
    Workshop,
    accepted,
    case,
    foreign_rom,
    refused,
    romtool,
    workshop,
)
from ci.host.romtool_reading import identity_offset, image_length, packed_payload, text_at, u16
from factory.settings import settings

__all__ = ["workshop"]
EVERY = tuple(
    f"{setting.key}={setting.example.ljust(600 if setting.key == 'args' else 0, '.')}"
    for setting in settings().values()
)


def changed(workshop: Workshop, image: bytes, *changes: str) -> bytes:
    """The image with other settings; it has to be clean afterwards."""
    source, target = workshop.file("in", image), workshop.folder / "changed"
    accepted("set", source, *changes, "-o", target)
    assert accepted("lint", "--strict", target).endswith("0 errors, 0 warnings\n")
    assert source.read_bytes() == image
    return target.read_bytes()


def settings_of(image: bytes) -> str:
    """As the identity block has them."""
    block = identity_offset(image)
    return text_at(image, block + u16(image, block + 0x0E))


@pytest.mark.parametrize("medium", PREFIXES)
def test_set_gives_what_pack_gives(workshop: Workshop, medium: str) -> None:
    """Whatever the order of the words; without settings again, it is the old image."""
    plain = workshop.image(medium, devices="8139,8129")
    packed = workshop.image(medium, *EVERY, devices="8139,8129")
    assert image_length(packed) > image_length(plain)
    every = changed(workshop, plain, *reversed(EVERY))
    assert every == packed and settings_of(every) == "\n".join(EVERY)
    assert changed(workshop, every, *(f"{key}=" for key in settings())) == plain


@pytest.mark.parametrize("medium", PREFIXES)
def test_set_changes_what_it_must(workshop: Workshop, medium: str) -> None:
    """The block's length, the payload's place, image lengths and checksums. All other bytes stay."""
    image = workshop.image(medium)
    new = changed(workshop, image, "args=a b=c", "wait=3")
    words, block = image.index(b"EFPX"), identity_offset(image)
    end = block + u16(image, block + 0x0E)
    allowed = {*range(words + 8, words + 16), block + 5, *range(block + 0x10, block + 0x14)}
    if medium == "rom":
        allowed |= {2, 6, 0x2C, 0x32}
    assert {i for i in range(end) if image[i] != new[i]} <= allowed
    assert packed_payload(new) == packed_payload(image) and len(new) % 512 == 0
    assert settings_of(new) == "args=a b=c\nwait=3"
    assert settings_of(changed(workshop, new, "args=", "timeout=9")) == "timeout=9\nwait=3"


def test_set_of_a_stamped_image(workshop: Workshop) -> None:
    """The room that its longer list and name had stays, for stamping it back."""
    image = workshop.image("rom", devices="8139,8129,8136")
    stamped = workshop.folder / "stamped"
    source = workshop.file("in", image)
    accepted("stamp", source, "--id", "8086:100e", "--name", "Short", "-o", stamped)
    new = changed(workshop, stamped.read_bytes(), *EVERY)
    assert changed(workshop, new, *(f"{key}=" for key in settings())) == stamped.read_bytes()


@pytest.mark.parametrize("growth", [1, 600])
def test_set_in_a_merged_file(workshop: Workshop, growth: int) -> None:
    """Each image of ours gets them; a stranger's behind it moves, and what follows the last one stays."""
    ours = workshop.file("ours", workshop.image("rom"))
    other = workshop.file("other", workshop.image("rom", vendor="8086", devices="100e"))
    efi = foreign_rom(code_type=3)
    merged = workshop.folder / "merged"
    accepted("merge", ours, workshop.file("efi", efi), other, "-o", merged)
    image = merged.read_bytes() + b"\xff" * 512
    new = changed(workshop, image, "args=" + "x" * growth)
    listed = json.loads(accepted("list", "--json", workshop.folder / "changed"))["files"][0]
    assert [entry["code_type"] for entry in listed["images"]] == [0, 3, 0]
    assert listed["identity"]["settings"] == {"args": "x" * growth} and new.endswith(b"\xff" * 512)
    assert new.count(b"args=" + b"x" * growth + b"\0") == 2
    assert bytes(efi[:0x34]) in new
    assert changed(workshop, new, "args=") == image


def test_set_in_place(workshop: Workshop) -> None:
    """The input may be the output."""
    image = workshop.image("dsk")
    path = workshop.file("disk", image)
    accepted("set", path, "server=10.0.0.1", "-o", path)
    assert settings_of(path.read_bytes()) == "server=10.0.0.1" and len(path.read_bytes()) == len(
        image
    )
    accepted("set", path, "server=", "-o", path)
    assert path.read_bytes() == image


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("foo=1", "set: 'foo=1' is no setting; hint: known: serial bootfile server args"),
        ("Wait=1", "'Wait=1' is no setting; hint: known: "),
        ("wait", "'wait' is no setting; hint: write key=value"),
        ("=1", "'=1' is no setting"),
        ("wait=0", "'0' is no value of wait; hint: a whole number of seconds, 1 to 300, for"),
        ("wait=3 ", "'3 ' is no value of wait"),
        ("timeout=9999999999999999999999", "is no value of timeout; hint: a whole number of"),
        ("server=10.0.0", "'10.0.0' is no value of server; hint: an IPv4 address, not 0.0.0.0"),
        ("serial=COM5,9600", "is no value of serial; hint: COM1 to COM4, a comma, and a speed"),
        ("args=caf\u00e9", "'caf??' is no value of args; hint: 1 to 1024 characters of print"),
        ("args=a\nwait=3", "is no value of args"),
        ("bootfile=" + "x" * 401, "is no value of bootfile; hint: 1 to 400 characters"),
    ],
    ids=case,
)
def test_set_refuses_changes(workshop: Workshop, change: str, text: str) -> None:
    """Before any file is read; nothing is written."""
    out = workshop.folder / "out.rom"
    refused(text, "set", workshop.folder / "missing", "user-class=x", change, "-o", out, status=2)
    assert not out.exists()


def test_set_refuses_images(workshop: Workshop) -> None:
    """Damaged ones and strangers'; and settings that a block has no room for."""
    out = workshop.folder / "new"

    def refuse(text: str, image: bytes, *changes: str) -> None:
        path = workshop.file("in", image)
        refused(text, "set", path, *(changes or ("wait=3",)), "-o", out)
        assert not list(workshop.folder.glob("new*")) and path.read_bytes() == image

    rom = bytearray(workshop.image("rom"))
    rom[-400] ^= 1
    refuse("in: the image is damaged; nothing is written; hint: take an intact one", bytes(rom))
    refuse("no image of ours in it; hint: only images of this factory have", bytes(foreign_rom()))
    refuse("in: the image is damaged", b"x" * 1000)


def test_set_too_much(workshop: Workshop) -> None:
    """A long list of devices leaves little room in the block."""
    image = workshop.image("zpxe", devices=",".join(f"{n:04x}" for n in range(1, 1900)))
    path, out = workshop.file("in", image), workshop.folder / "new"
    text = "with these settings the identity block has 4368 bytes, over 4080; hint: shorten them"
    refused(text, "set", path, "args=" + "x" * 500, "-o", out)
    assert not out.exists()
    accepted("set", path, "args=" + "x" * 100, "-o", out)


def test_set_usage(workshop: Workshop) -> None:
    """Wrong arguments."""
    text = "an image, settings and -o are needed"
    refused(text, "set", "x", "wait=3", status=2)
    refused(text, "set", "x", "-o", "y", status=2)
    refused("a value is missing after -o", "set", "x", "wait=3", "-o", status=2)
    refused("unknown argument --force", "set", "x", "--force", status=2)
    refused("missing: cannot open", "set", Path("missing"), "wait=3", "-o", "x", status=2)


VALUES = {
    "server": ["1.2.3.4", "0.0.0.0", "0.0.0.1", "01.2.3.004", "1.2.3", "1.2.3.4.5", "1.2.3.256"],
    "wait": ["1", "300", "301", "0", "-1", "007", "4294967297", "00000000000000005", "+1", "1 "],
    "serial": [
        "COM1,115200",
        "COM4,9600",
        "COM0,9600",
        "COM5,1",
        "COM1,7",
        "COM1,115201",
        "COM1,1",
    ],
    "bootfile": ["x", "x" * 400, "x" * 401, "a b", "~!", "tab\t", "\x7f"],
}
MORE = {
    "server": ["a.b.c.d", "1..2.3", " 1.2.3.4", "1.2.3.4 ", "1.2.3.99999999999999999999"],
    "serial": ["com1,9600", "COM1", "COM1,", "COM1 9600", "COM1,9600,8n1", "COM1,0", "COM12,9600"],
}


def test_both_languages_judge_alike(workshop: Workshop) -> None:
    """factory.settings, which the matrix and the page ask, and what firmware and romtool share."""
    path, verdicts = workshop.file("in", workshop.image("zpxe")), set()
    for key in VALUES:
        for value in VALUES[key] + MORE.get(key, []):
            done = romtool("set", path, f"{key}={value}", "-o", workshop.folder / "new")
            assert settings()[key].takes(value) == (done.returncode == 0), (key, value)
            verdicts.add((key, done.returncode))
    assert len(verdicts) == 2 * len(VALUES)
