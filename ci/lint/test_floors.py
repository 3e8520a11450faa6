# SPDX-License-Identifier: BSD-2-Clause
"""Floors: a source file includes only from its own folder and from those that its line here names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ci.tree import ROOT, sources_named

# From the ground up: a folder, and what else it may include. A name that ends in .h is one header, not a folder.
FLOORS = """
firmware/lib
firmware/net                 lib
firmware/image               lib
firmware/platform/bios       lib net image
firmware/platform/bios/boot
drivers                      lib platform/bios/pci.h platform/bios/io.h platform/bios/timer.h
firmware/platform            lib net image platform/bios drivers/net_driver.h
firmware/pxe                 lib net image platform/bios platform drivers/net_driver.h
firmware/loader              lib net image platform/bios platform drivers/net_driver.h pxe
mknbi
"""
INCLUDE = re.compile(r'^\s*[#%]\s*include\s+"([^"]+)"')
# Where the compiler and the assembler look (Makefile), after the file's own folder.
C_PATH = ("firmware", "drivers")
ASM_PATH = ("firmware/platform/bios/boot", "firmware/platform/bios", "firmware/pxe", "mknbi")
# From pxe/layout.c, which sees every header that assembly is for; and from factory/settings.yaml.
GENERATED = ("layout.inc", "settings_list.h")


def floors() -> dict[str, tuple[str, ...]]:
    """What a folder may include, as paths below src/."""
    rows = [line.split() for line in FLOORS.splitlines() if line]
    full = {name.removeprefix("firmware/"): name for name, *_ in rows}
    return {
        name: tuple(
            full.get(item) or f"{full[str(Path(item).parent)]}/{Path(item).name}" for item in items
        )
        for name, *items in rows
    }


def _included(source: Path, name: str, src: Path) -> Path | None:
    path = C_PATH if source.suffix in (".c", ".h") else ASM_PATH
    for folder in (source.parent, *(src / folder for folder in path)):
        if (folder / name).is_file():
            return (folder / name).relative_to(src)
    return None


def violations(src: Path, files: Iterable[Path]) -> Iterator[str]:
    """`file:line: what; hint` for each include that the floors forbid."""
    allowed = floors()
    for file in files:
        folder = str(file.parent.relative_to(src))
        if folder not in allowed:
            yield f"{file.relative_to(src)}:1: {folder} is on no floor; hint: give it a line in FLOORS"
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            found = _included(file, match[1], src)
            if match[1] in GENERATED:
                continue
            where = f"{file.relative_to(src)}:{number}"
            if not found:
                yield f"{where}: there is no {match[1]}; hint: C_PATH and ASM_PATH say where to look"
            elif not {str(found), str(found.parent)}.intersection((folder, *allowed[folder])):
                hint = "have the floor above pass it down, as data or a hook"
                yield f"{where}: {folder} may not include {found}; hint: {hint}"


def test_nothing_is_included_from_above() -> None:
    """In all of src/."""
    src = ROOT / "src"
    files = [ROOT / path for path in sources_named(".c", ".h", ".asm", ".inc")]
    found = violations(src, (path for path in files if path.is_relative_to(src)))
    bad = list(found)
    assert not bad, "\n".join(bad)


def test_floors_stand_on_floors() -> None:
    """Each line names only what lines above it have, so that no two folders include each other."""
    seen: list[str] = []
    for name, items in floors().items():
        folders = {str(Path(item).parent) if item.endswith(".h") else item for item in items}
        assert folders <= set(seen), f"{name}: {folders - set(seen)}"
        seen.append(name)


def test_violations_are_seen(tmp_path: Path) -> None:
    """In C and assembly, of a folder and of a single header; and a folder that has no line."""
    texts = {
        "firmware/lib/print.h": '#include "net/net.h"\n',
        "firmware/net/net.h": '/* why */\n#include "lib/print.h"\n#include "net/net.h"\n',
        "firmware/platform/bios/io.h": "",
        "firmware/platform/bios/rm.inc": '%include "entry.inc"\n',
        "firmware/platform/bios/console.h": "",
        "firmware/pxe/entry.inc": '%include "rm.inc"\n',
        "drivers/card.c": '#include "platform/bios/io.h"\n\n #include "platform/bios/console.h"\n',
        "firmware/usb/usb.c": "",
        "mknbi/stub.asm": '%include "nowhere.inc"\n',
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = list(violations(tmp_path, (tmp_path / name for name in texts)))
    assert [line.split(";")[0] for line in found] == [
        "firmware/lib/print.h:1: firmware/lib may not include firmware/net/net.h",
        "firmware/platform/bios/rm.inc:1: firmware/platform/bios may not include firmware/pxe/entry.inc",
        "drivers/card.c:3: drivers may not include firmware/platform/bios/console.h",
        "firmware/usb/usb.c:1: firmware/usb is on no floor",
        "mknbi/stub.asm:1: there is no nowhere.inc",
    ]
    assert all("; hint: " in line for line in found)
