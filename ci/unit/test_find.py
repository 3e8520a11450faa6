# SPDX-License-Identifier: BSD-2-Clause
"""`etherforge find`: from what somebody knows of a card to its images, and what is known of them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ci.tree import ROOT
from factory.find import cards_here

RTL8139, STRANGE = "10ec:8139", "1234:5678"
LSPCI = "00:03.0 Ethernet controller: Realtek RTL-8139 (rev 20)\n00:05.0 VGA compatible controller: Device 1111\n"


def _image(medium: str, device: str, sha256: str, **more: object) -> dict[str, Any]:
    family = "rtl8139" if device else "undi"
    return {
        "path": f"images/{family}/{f'10ec{device}' if device else family}.{medium}",
        "medium": medium,
        "family": family,
        "vendor": "10ec" if device else "0000",
        "device": device or None,
        "devices": [device] if device else [],
        "names": {
            "vendor": "Realtek" if device else None,
            "device": f"RTL-{device}" if device else None,
        },
        "size": 21504,
        "sha256": sha256 * 64,
        "rom_bar": 32768,
        "headroom": 0,
        "payload": "f" * 64,
        **more,
    }


NO_CHIP = {"chip": None, "flashrom": None, "note": "has no chip of its own"}


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """A set with two cards: one proved in part, one untested."""
    flash = {"chip": 32768, "flashrom": "nicrealtek", "note": "a socket is empty on most cards"}
    images = [
        _image("rom", "8139", "a", flash=flash),
        _image("zpxe", "8139", "b"),
        _image("rom", "8129", "c", untested="the PHY\x1b[31m is not followed", flash=NO_CHIP),
        _image("zpxe", "", "d"),
    ]
    boot = {"tier": "exact", "verdict": "pass", "card": "rtl8139", "when": "2026-11-26T07:00:00"}
    records = {
        "rtl8139/10ec8139.rom": {**boot, "sha256": "a" * 64, "qemu": "7.2.22", "bios": "SeaBIOS"},
        "rtl8139/10ec8139.zpxe": {**boot, "sha256": "e" * 64},
    }
    toolchain = dict.fromkeys(("compiler", "assembler", "linker", "pci_ids"), "x 1")
    head: dict[str, Any] = {"metadata_version": 1, "version": "0.1.0", "licence": "BSD-2-Clause"}
    catalogue: dict[str, Any] = {**head, "toolchain": toolchain, "images": images}
    (tmp_path / "catalogue.json").write_text(json.dumps(catalogue))
    evidence = {"metadata_version": 1, "records": records}
    (tmp_path / "evidence.json").write_text(json.dumps(evidence))
    return tmp_path


def find(folder: Path, *words: str, text: bytes = b"") -> tuple[int, str, str]:
    """Exit code, output and errors, in the folder of the set."""
    done = subprocess.run(
        [sys.executable, "-m", "factory", "find", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=text,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_proved_card(downloads: Path) -> None:
    """Files, sizes, checksums, what was proved on what, the chip, and coreboot's name."""
    code, text, errors = find(downloads, RTL8139)
    assert code == 0
    assert text.splitlines() == [
        "10ec:8139  Realtek RTL-8139",
        "  images/rtl8139/10ec8139.rom  21,504 bytes; the file is not in this folder",
        f"    sha256 {'a' * 64}",
        "    proved: booted on an emulated card with exactly this ID (rtl8139); 2026-11-26, QEMU 7.2.22, SeaBIOS",
        "  images/rtl8139/10ec8139.zpxe  21,504 bytes; the file is not in this folder",
        f"    sha256 {'b' * 64}",
        "    not proved: no boot of these bytes is on record",
        "  flash chip: 32 KiB at least; flashrom -p nicrealtek",
        "  a socket is empty on most cards",
        "  in coreboot or SeaBIOS: the .rom as pci10ec,8139.rom",
    ]
    assert "rtl8139/10ec8139.zpxe: evidence of other bytes, ignored" in errors


def test_untested_comes_first(downloads: Path) -> None:
    """What is not known stands before the files, and a name's control characters reach no terminal."""
    code, text, _ = find(downloads, "realtek", "8129")
    assert code == 0
    assert text.splitlines()[:2] == [
        "10ec:8129  Realtek RTL-8129",
        "  not tested: the PHY\ufffd[31m is not followed",
    ]


def test_unknown_card(downloads: Path) -> None:
    """undi.zpxe, and why; the exit code tells scripts."""
    code, text, _ = find(downloads, "-", text=f"PCI\\VEN_1234&DEV_5678\n{RTL8139}\n".encode())
    assert code == 1
    lines = text.splitlines()
    assert lines[:2] == [STRANGE, "  no image for this card: no driver here knows it"]
    assert lines[2].startswith("  undi.zpxe can use it, where the card or the BIOS has a PXE ROM")
    assert "images/undi/undi.zpxe" in lines[3] and "10ec:8139  Realtek RTL-8139" in lines


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["RTL-8139"], b""),
        (["-"], LSPCI.encode()),
        ([], LSPCI.encode("utf-16")),
        ([], b"\xff\x00 10ec:8139"),
        (
            ["00:03.0 Ethernet controller [0200]: Realtek [10ec:8139]\n00:04.0 x [0300]: y [1:2]"],
            b"",
        ),
    ],
)
def test_texts(downloads: Path, words: list[str], text: bytes) -> None:
    """A name, lspci without numbers, PowerShell's UTF-16, bytes that are no text, several lines in one argument."""
    code, output, _ = find(downloads, *words, text=text)
    assert code == 0 and output.startswith("10ec:8139  ")


def test_no_programmer(downloads: Path) -> None:
    """flashrom may know the card nevertheless, and write something else on it."""
    catalogue = json.loads((downloads / "catalogue.json").read_text())
    catalogue["images"][0]["flash"]["flashrom"] = None
    (downloads / "catalogue.json").write_text(json.dumps(catalogue))
    text = find(downloads, RTL8139)[1]
    assert "  flash chip: 32 KiB at least; flashrom does not write its boot ROM" in text


def test_for_programs(downloads: Path) -> None:
    """Catalogue entries with their evidence; none of other bytes."""
    code, text, _ = find(downloads, "--json", RTL8139)
    document = json.loads(text)
    (card,) = document["cards"]
    assert code == 0 and (document["version"], card["id"]) == ("0.1.0", RTL8139)
    evidence = {image["medium"]: image["evidence"] for image in card["images"]}
    assert evidence["rom"]["tier"] == "exact" and evidence["zpxe"] is None
    assert [image["family"] for image in document["any_card"]] == ["undi"]


@pytest.mark.parametrize("words", [["toaster"], ["-"], ["00:03.0"]])
def test_no_card(downloads: Path, words: list[str]) -> None:
    """One line says what to paste."""
    code, text, errors = find(downloads, *words)
    assert (code, text) == (2, "")
    assert errors.splitlines()[-1].startswith(
        "the text: no network card in it, by ID or name; hint: "
    )


def test_too_much(downloads: Path) -> None:
    """A file that somebody piped in by mistake is not read to its end."""
    code, _, errors = find(downloads, "-", text=bytes((16 << 20) + 1))
    assert code != 0 and "standard input: more than 16 MiB" in errors


def test_no_set(tmp_path: Path) -> None:
    """Which folders were looked at, and what to do."""
    code, _, errors = find(tmp_path, RTL8139)
    assert code == 2 and f"{tmp_path}: there is no catalogue.json, nor in out or " in errors
    assert find(tmp_path, "--set", "nowhere", RTL8139)[0] == 2


def test_cards_of_a_machine(tmp_path: Path) -> None:
    """Network cards only, out of sysfs."""
    devices = {"0000:00:02.0": ("0x030000", "0x1234"), "0000:00:03.0": ("0x020000", "0x10ec")}
    for slot, (kind, vendor) in devices.items():
        (tmp_path / slot).mkdir()
        for name, value in (("class", kind), ("vendor", vendor), ("device", "0x8139")):
            (tmp_path / slot / name).write_text(f"{value}\n")
    (tmp_path / "0000:00:04.0").mkdir()
    assert cards_here(tmp_path) == [RTL8139]


def test_cards_by_lspci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sysfs is not there: BSD, or a container."""
    program = tmp_path / "lspci"
    program.write_text('#!/bin/sh\n[ "$1" = -n ] && echo "00:03.0 0200: 10ec:8139 (rev 20)"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}", prepend=":")
    assert cards_here(tmp_path / "none") == [RTL8139]


def test_at_a_terminal(downloads: Path) -> None:
    """Without a text it looks at this machine, and does not wait for one to be typed."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "factory", "find"],
        cwd=downloads,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    nothing = "this machine: no network card on its PCI buses; hint: paste what lspci -nn prints"
    assert cards_here() or nothing in done.stderr
    assert done.returncode == (2 if not cards_here() else 1 if "no image" in done.stdout else 0)


def test_card_without_a_chip(downloads: Path) -> None:
    """Only what is known of it is said."""
    code, output, _ = find(downloads, "10ec:8129")
    assert code == 0 and "  has no chip of its own\n" in output and "flash chip" not in output
