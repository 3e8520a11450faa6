# SPDX-License-Identifier: BSD-2-Clause
"""The catalogue page: its scripts in node, and all of it in Chromium. ci/site/ has the cases."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ci.npm import installed
from ci.packages import Unavailable
from ci.site.sets import add_evidence, make_set
from ci.tree import ROOT, need_tool, run_suite, unavailable
from factory.cards import PATTERNS, find_cards
from factory.downloads import load_downloads
from factory.settings import settings
from factory.site import write_site

TEMPLATES = ROOT / "templates/site"
CARD = "rtl8139/10ec8139"
PASTED: list[dict[str, Any]] = json.loads((ROOT / "ci/cards_pasted.json").read_bytes())
HOSTILE = "</script><script>hacked=1</script><img src=x onerror=hacked=2>\u2028'\"&amp;"
MEGABYTE = 1_000_000
# By image: few settings, all of them, so many that the image gets longer, and too many.
SETTINGS: list[dict[str, str]] = [
    {},
    {"wait": "5"},
    {"server": "192.0.2.1", "args": "initrd=initrd.img root='a b' \"$HOME\""},
    {key: setting.example for key, setting in settings().items()},
    {"args": "x" * 1024, "bootfile": "y" * 400, "user-class": "z" * 255},
]
VALUES = (
    *(
        "",
        "0",
        "1",
        "5",
        "05",
        "300",
        "301",
        "3600",
        "3601",
        "1e2",
        "-1",
        "1.5",
        "a",
        " ",
        "a b",
        "\u00e4",
        "~",
        "\n",
    ),
    *(
        "99999999999999999999",
        "192.0.2.1",
        "0.0.0.0",
        "192.0.2.256",
        "192.0.2",
        "1.2.3.4.5",
        "01.2.3.4",
        "COM1,115200",
    ),
    *(
        "COM5,9600",
        "com1,9600",
        "COM1",
        "COM1,",
        "COM2,9600,8n1",
        "COM1,100",
        "COM4,50",
        "COM1,1",
        "COM1,0",
        "x" * 256,
        "x" * 1025,
    ),
)


class Pages:
    """Download sets and the pages made from them."""

    def __init__(self, out: Path, folder: Path) -> None:
        self.out = out
        self.folder = folder
        self.romtool = out / "bin" / "romtool"
        full = make_set(out, folder / "set")
        add_evidence(full)
        self.downloads = load_downloads(full)
        self.full = self.page(full)

    def page(self, downloads: Path) -> Path:
        """Make the page of a set."""
        site = downloads.with_name(downloads.name + "-site")
        write_site(load_downloads(downloads), self.romtool, TEMPLATES, site)
        return site

    def small(self, name: str, **how: Any) -> Path:
        """A set of a few images."""
        few = (CARD, "undi/", "all/")
        return make_set(
            self.out,
            self.folder / name,
            lambda image: str(image["path"]).removeprefix("images/").startswith(few),
            **how,
        )

    def set(self, image: Path, values: Mapping[str, str], output: Path) -> None:
        """`romtool set`, which must do it."""
        changes = [f"{key}={value}" for key, value in values.items()] or ["wait="]
        command = [str(self.romtool), "set", str(image), *changes, "-o", str(output)]
        subprocess.run(command, capture_output=True, check=True)


@pytest.fixture(scope="module")
def pages(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """A page of every image, with evidence for each."""
    return Pages(built / "out", tmp_path_factory.mktemp("site"))


def run_cases(
    pages: Pages, record: Callable[[str, object], None], script: str, cases: dict[str, Any]
) -> None:
    """Run a script of ci/site/ with these cases; show its figures."""
    file = pages.folder / f"{script}.json"
    file.write_text(json.dumps(cases))
    lines = run_suite(record, need_tool("node"), f"ci/site/{script}", file)
    found = [line.removeprefix("FIGURE ") for line in lines if line.startswith("FIGURE ")]
    record("figures", "\n".join(found))


def scripts_cases(pages: Pages) -> dict[str, Any]:
    """What ci/site/scripts.js checks."""
    images = [image["path"].removeprefix("images/") for image in pages.downloads.images]
    cards = {it["vendor"] + ":" + str(it["device"]): it for it in pages.downloads.images}
    texts = [
        f"{it['names']['vendor'] or ''} {it['names']['device'] or ''} {it['family']} {card}"
        for card, it in cards.items()
    ]
    return {
        "site": str(pages.full),
        "folder": str(pages.out / "images"),
        "patterns": PATTERNS,
        "pasted": PASTED,
        "mutated": list(mutated_texts(random.Random(1), 400)),
        "texts": texts,
        "names": [
            {"words": words, "contain": contain, "without": without}
            for words, contain, without in NAMES
        ],
        "settings": [asdict(setting) for setting in settings().values()],
        "values": [
            {"setting": asdict(setting), "value": value, "takes": setting.takes(value)}
            for setting in settings().values()
            for value in VALUES
        ],
        "images": images,
        "sets": list(set_cases(pages)),
        "damaged": list(damaged_cases(pages)),
    }


NAMES: tuple[tuple[str, list[str], list[str]], ...] = (
    ("realtek 8139", ["10ec:8139"], ["8086:100e"]),
    ("Intel 82574L", ["8086:10d3"], ["8086:100e"]),
    ("RTL8139D", ["10ec:8139"], ["8086:100e"]),
    ("rtl-8139", ["10ec:8139", "10ec:8138"], ["10ec:8029"]),
    ("virtio", ["1af4:1000", "1af4:1041"], ["10ec:8139"]),
    ("10ec", ["10ec:8139", "10ec:8029"], ["8086:100e"]),
    ("no such card", [], ["10ec:8139"]),
)


def mutated_texts(chance: random.Random, number: int) -> Iterator[dict[str, Any]]:
    """Texts that nobody wrote: pieces of the known ones with other letters. factory/cards.py decides."""
    letters = "".join(case["text"] for case in PASTED)
    for _ in range(number):
        text = ""
        for case in chance.choices(PASTED, k=3):
            start, end = sorted(chance.choices(range(len(case["text"]) + 1), k=2))
            text += case["text"][start:end] + chance.choice(["", " ", "\n", "\n\n", ":", '"'])
        for place in chance.choices(range(len(text)), k=3):
            text = text[:place] + chance.choice(letters) + text[place + 1 :]
        yield {"text": text, "cards": find_cards(text)}


def set_cases(pages: Pages) -> Iterator[dict[str, Any]]:
    """Images and settings, and what romtool makes of them."""
    images = [f"{CARD}.rom", f"{CARD}.zpxe", f"{CARD}.dsk", "igb/igb.rom", "undi/undi.zpxe"]
    images += ["all/all.zpxe", "all/all.dsk", "tulip/10110009.rom", "virtio_net/1af41041.dsk"]
    for place, image in enumerate(images):
        for number, values in enumerate([*SETTINGS, *growing(pages, image)]):
            output = pages.folder / f"set-{place}-{number}{Path(image).suffix}"
            pages.set(pages.out / "images" / image, values, output)
            yield {"image": image, "values": values, "file": str(output)}


def growing(pages: Pages, image: str) -> Iterator[dict[str, str]]:
    """So much that the payload's end is at, before and behind the end of a 512-byte unit."""
    report = subprocess.run(
        [str(pages.romtool), "list", "--json", str(pages.out / "images" / image)],
        capture_output=True,
        check=True,
    )
    payload = json.loads(report.stdout)["files"][0]["payload"]
    room = -(payload["offset"] + payload["packed_length"]) % 512
    for length in (room - 32, room, room + 32):
        yield {"bootfile": "b" * max(1, min(length, 400))}


def damaged_cases(pages: Pages) -> Iterator[dict[str, Any]]:
    """Files that are no image of ours, or not a whole one, and what is said of them."""
    rom = (pages.out / "images" / f"{CARD}.rom").read_bytes()
    flipped = bytearray(rom)
    flipped[-600] ^= 1
    older = rom.replace(b"EFID\x04", b"EFID\x03")
    wild = rom[:0x1A] + b"\xfe\xff" + rom[0x1C:]  # where its PnP header is
    disk = (pages.out / "images" / f"{CARD}.dsk").read_bytes()
    files = {
        "nothing": (b"", "not an Etherforge image"),
        "another maker's": (b"\x55\xaa" + bytes(2046), "not an Etherforge image"),
        "half of one": (rom[: len(rom) // 2], "cut, or damaged"),
        "one bit flipped": (bytes(flipped), "checksum does not match"),
        "another version": (older, "of another version"),
        "two in one file": (rom + rom, "not one whole image"),
        "a wild pointer": (wild, "changed by another program"),
        "a disk with a file behind it": (disk[:-512] + b"x" * 512, "changed by another program"),
    }
    for what, (content, message) in files.items():
        file = pages.folder / f"damaged-{len(content)}-{message[:3]}"
        file.write_bytes(content)
        yield {"what": what, "file": str(file), "message": message}


def test_scripts(pages: Pages, record_property: Callable[[str, object], None]) -> None:
    """Pasted texts, names, values and images, without a browser."""
    run_cases(pages, record_property, "scripts.js", scripts_cases(pages))


def page_cases(pages: Pages) -> dict[str, Any]:
    """What ci/site/page.js checks."""
    images = pages.out / "images"
    card = [it for it in pages.downloads.images if it["path"].startswith(f"images/{CARD}.")]
    sets = []
    for number, (values, changes) in enumerate(COMMANDS):
        file = pages.folder / f"page-{number}.rom"
        pages.set(images / f"{CARD}.rom", values, file)
        command = f"romtool set 10ec8139.rom {changes} -o 10ec8139-custom.rom"
        sets.append({"values": values, "file": str(file), "command": command})
    return {
        "modules": str(installed(ROOT / "ci/site")),
        "chromium": need_tool("chromium"),
        "sites": {
            "full": str(pages.full),
            "hostile": str(pages.page(hostile_set(pages))),
            "bare": str(pages.page(pages.small("bare"))),
        },
        "hostile": HOSTILE,
        "count": len(pages.downloads.images),
        "card": [{"file": Path(it["path"]).name, "sha256": it["sha256"]} for it in card],
        "image": str(images / f"{CARD}.rom"),
        "sets": sets,
        "others": list(other_images(pages)),
        "own": own_image(pages),
        "lspci": lspci(pages),
    }


COMMANDS: list[tuple[dict[str, str], str]] = [
    (
        {"server": "192.0.2.1", "args": "root='a b' $HOME", "wait": "5"},
        "server=192.0.2.1 'args=root='\\''a b'\\'' $HOME' wait=5",
    ),
    ({"args": "x" * 1024}, "args=" + "x" * 1024),
]


def hostile_set(pages: Pages) -> Path:
    """Whose names and consoles try to leave their place."""

    def rename(image: dict[str, Any]) -> None:
        image["names"] = {"vendor": HOSTILE, "device": HOSTILE}

    def shout(record: dict[str, Any]) -> None:
        record["console_text"] = "</pre><script>hacked=3</script>"
        record["reason"] = record["card"] = HOSTILE

    folder = pages.small("hostile", change=rename)
    add_evidence(folder, shout)
    return folder


def other_images(pages: Pages) -> Iterator[dict[str, str]]:
    """Images for more than one card, with a setting, and what to look for to get them."""
    chosen = (("10ec:8139", "rtl8139/rtl8139.rom"), ("10ec:8139", "all/all.dsk"))
    for query, image in (*chosen, ("dead:beef", "undi/undi.zpxe")):
        file = pages.folder / f"other-{Path(image).name}"
        pages.set(pages.out / "images" / image, {"wait": "5"}, file)
        yield {"query": query, "name": Path(image).name, "file": str(file)}


def own_image(pages: Pages) -> dict[str, str]:
    """An image with a setting of its own, the same with one more, and a file that is no image."""
    image, file, text = (pages.folder / name for name in ("own.dsk", "own-set.dsk", "own.txt"))
    pages.set(pages.out / "images/undi/undi.zpxe", {"args": "quiet"}, image)
    pages.set(image, {"wait": "5"}, file)
    text.write_text("text")
    return {"image": str(image), "file": str(file), "text": str(text)}


def lspci(pages: Pages) -> dict[str, Any]:
    """`lspci -nn` of a machine with one card, with all of them, and one that is very long."""
    line = "00:03.0 Ethernet controller [0200]: {} {} [{}:{}] (rev 20)\n"
    single = [it for it in pages.downloads.images if it["medium"] == "rom" and it["device"]]
    lines = [line.format(*it["names"].values(), it["vendor"], it["device"]) for it in single]
    other = (
        "00:{:02x}.0 Bridge [0604]: Somebody Corporation Bridge number {} [8086:{:04x}] (rev 02)\n"
    )
    machine = "".join(other.format(slot, slot, 0x1230 + slot) for slot in range(30))
    whole = machine + "".join(lines)
    return {
        "one": machine + lines[0],
        "all": whole,
        "cards": len(lines),
        "big": whole * (MEGABYTE // len(whole) + 1),
    }


def test_page(pages: Pages, record_property: Callable[[str, object], None]) -> None:
    """What people do with it, how fast it is, how large, and what axe says."""
    try:
        cases = page_cases(pages)
    except Unavailable as error:
        unavailable(str(error))
    run_cases(pages, record_property, "page.js", cases)
