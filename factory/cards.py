# SPDX-License-Identifier: BSD-2-Clause
"""PCI IDs of network cards in whatever somebody pastes: lspci, Windows, dmesg, file names, an ID as one types it.

The catalogue page does the same in JavaScript; ci/cards_pasted.json has texts, with the cards that both must find.
The time that it takes grows with the length of the text, and with nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NETWORK = 2  # base class of network controllers
_NO_CARD = ("0000", "ffff")  # reserved, as vendor and as device


def _pattern(text: str) -> re.Pattern[str]:
    """`V` and `D` are the groups for vendor and device, `C` for the base class, `H` four hex digits, `@` a bus address.

    ASCII only, as in JavaScript.
    """
    parts = {
        "V": "(?P<vendor>[0-9a-f]{4})",
        "D": "(?P<device>[0-9a-f]{4})",
        "C": "(?P<base>[0-9a-f]{2})",
        "H": "[0-9a-f]{4}",
        "@": r"(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]",
    }
    expanded = re.sub("[VDCH@]", lambda letter: parts[letter[0]], text)
    return re.compile(expanded, re.IGNORECASE | re.ASCII)


# The first that is found in a line settles it: with every card that it finds there, or with none.
_LINES = (
    # Windows. An audio codec has FUNC_01& in front.
    _pattern(
        r"(?:^|[^&;\w])ven_V&(?:amp;)?dev_D(?:&(?:amp;)?(?!cc_)[a-z]+_[0-9a-f]+)*(?:&(?:amp;)?cc_C)?"
    ),
    # modalias, in sysfs and in what modinfo prints
    _pattern(r"\bpci:v0000Vd0000D(?:sv[0-9a-f]{8}sd[0-9a-f]{8}bcC)?"),
    # 10ec8139.rom, and pci10ec,8139.rom of coreboot; without .rom on macOS
    _pattern(r"(?:^|\W)(?:pci)?V[,_-]?D\.(?:rom|zpxe|dsk)\b"),
    _pattern(r"(?:^|\W)pciV,D(?![\w,])"),
    # pciconf of FreeBSD, new and old
    _pattern(r"\bclass=0xCH .{0,40}\bvendor=0xV device=0xD\b"),
    _pattern(r"\bclass=0xCH .{0,40}\bchip=0xDV\b"),
    # "vendor 10ec device 8139", "Vendor ID: 10ec, Product ID: 8139"
    _pattern(
        r"\bven(?:dor)?(?:[ _]?id)?\s?[:=]?\s?(?:0x)?V\b[\s,;]{1,3}"
        r"(?:dev(?:ice)?|product)(?:[ _]?id)?\s?[:=]?\s?(?:0x)?D\b"
    ),
    # what is no card: subsystems, and USB
    _pattern(r"sub[ _-]?(?:sys|vendor|device)|\bbus \d+ device \d+: id |\busb\b"),
    # lspci -mm, -n, -nn; another line that begins with a bus address; the ID is the last in brackets
    _pattern(r'^[\s>]*@ "(?:[^"]*\[)?C[0-9a-f]{2}\]?" "(?:[^"]*\[)?V\]?" "(?:[^"]*\[)?D\]?"'),
    _pattern(r"^[\s>]*@ (?:class )?C[0-9a-f]{2}: V:D\b"),
    _pattern(r"^[\s>]*@ [^\[]*\[C[0-9a-f]{2}\][^:]{0,8}:.*\[V:D\]"),
    _pattern(r"^[\s>]*@ V:D\b"),  # vmkchdev -l
    _pattern(r"^[\s>]*@ "),
    # /proc/bus/pci/devices, dmesg
    _pattern(r"^H\tVD\t"),
    _pattern(r"\bpci @: \[V:D\] type \w+ class (?:0x)?C"),
    # all of the line: 10ec8139, 10ec 8139, 10ec-8139, 0x10ec 0x8139
    _pattern(r"^\s*(?:0x)?V(?:[\s:,;/_&-]{1,3}(?:0x)?)?D\s*$"),
    # anywhere: 10ec:8139 and, in what may be a longer list of numbers, 0x10ec, 0x8139
    _pattern(r"(?:^|[^\w:.-])(?:0x)?V:(?:0x)?D(?![\w:]|[.-]\w)"),
    _pattern(r"(?:^|[^\w:.-])0xV[\s,;:/]{1,3}0xD\b(?:[\s,;:/]{1,3}0x[0-9a-f]+)*"),
)
_DIGITS = _pattern("H")  # no line without these says anything
_FIELD = _pattern(r"^\s*(?:pci_)?(class|vendor|device)(?:[ _]?id)?\s?[:=]\s*(?:pci )?(.*)$")
_FIELD_ID = _pattern(r"^(?:0x)?(H)(?!\S)|\[(H)\]$")
_FIELD_CLASS = _pattern(r"(?:^|\[)(?:0x)?([0-9a-f]{4,6})\]?$")
_LSHW = _pattern(r"^\s*\*-([a-z]+)")

# For the catalogue page (templates/site/find.js), which compiles the same in JavaScript.
PATTERNS = {
    "lines": [pattern.pattern for pattern in _LINES],
    "digits": _DIGITS.pattern,
    "field": _FIELD.pattern,
    "field_id": _FIELD_ID.pattern,
    "field_class": _FIELD_CLASS.pattern,
    "section": _LSHW.pattern,
}


class _Record:
    """What the lines of a card say one by one: lspci -vmm, uevent, hwinfo, lshw. An empty line ends it."""

    def __init__(self) -> None:
        self.base: int | None = None  # class
        self.vendor = ""

    def read(self, line: str) -> str:
        """The card that this line completes, or ""."""
        if not line.strip():
            self.base, self.vendor = None, ""
        elif section := _LSHW.match(line):
            self.base, self.vendor = _NETWORK * (section[1].lower() == "network"), ""
        elif field := _FIELD.match(line):
            return self._field(field[1].lower(), field[2].strip())
        return ""

    def _field(self, key: str, value: str) -> str:
        if key == "class":
            digits = _FIELD_CLASS.search(value)
            # 0200, or 20000 with subclass and interface
            self.base = int(digits[1], 16) >> (16 if len(digits[1]) > 4 else 8) if digits else None
            return ""
        found = _FIELD_ID.search(value)
        pci_id = (found[1] or found[2]) if found else ""
        if key == "vendor":
            self.vendor = pci_id
        elif pci_id and self.vendor:
            vendor, self.vendor = self.vendor, ""
            return f"{vendor}:{pci_id}" if self.base in (None, _NETWORK) else ""
        return ""


def _found(text: str) -> Iterator[str]:
    record = _Record()
    for line in re.split("\r\n|\r|\n", text.replace("\u00a0", " ")):
        if card := record.read(line):
            yield card
            continue
        if not _DIGITS.search(line):
            continue
        found = (list(pattern.finditer(line)) for pattern in _LINES)
        matches: list[re.Match[str]] = next(filter(None, found), [])
        for parts in (match.groupdict() for match in matches):
            base = int(parts["base"], 16) if parts.get("base") else record.base
            if "vendor" in parts and base in (None, _NETWORK):
                yield f"{parts['vendor']}:{parts['device']}"


def find_cards(text: str) -> list[str]:
    """Network cards in a text, "10ec:8139", each once, in the order of the text.

    Cards of another class are left out where the text says the class. So are numbers that only look like IDs:
    subsystems, revisions, bus and hardware addresses.
    """
    found = dict.fromkeys(card.lower() for card in _found(text))
    return [card for card in found if not {card[:4], card[5:]} & {*_NO_CARD}]
