# SPDX-License-Identifier: BSD-2-Clause
"""`python3 -m ci.screenshot` takes the picture in README.md: the screen of an emulated PC that boots from our ROM."""

from __future__ import annotations

from pathlib import Path

from ci.lab.boot import served
from ci.lab.emulator import Emulator
from ci.lab.machine import Machine
from ci.lab.network import User
from ci.pxe.loaders import configured

PICTURE = Path("docs/boot.png")
ROM = Path("images/rtl8139/10ec8139.rom")
LOADER, PROMPT = "pxelinux.0", "boot:"
END = b"IEND\xaeB`\x82"
TIMEOUT = 60.0


def screenshot(out: Path, picture: Path) -> None:
    """Boot pxelinux, which asks what to do next, and keep what the screen shows then. Raises RuntimeError."""
    machine = Machine("rtl8139", (out / ROM).read_bytes(), display=True, monitored=True)
    with served(configured(LOADER, "PROMPT 1"), User(LOADER)) as place:
        file = place.folder / "screen.png"
        taken: list[bytes] = []

        def done(emulator: Emulator) -> bool:
            if file.exists() and (data := file.read_bytes()).endswith(END):
                taken.append(data)
            elif emulator.console().endswith(PROMPT):
                emulator.command(f"screendump {file.name} -f png\n")
            return bool(taken)

        place.boot(machine, TIMEOUT, done)
        if not taken:
            raise RuntimeError("QEMU took no picture of the screen")
        picture.write_bytes(taken[0])


if __name__ == "__main__":
    screenshot(Path("out"), PICTURE)
