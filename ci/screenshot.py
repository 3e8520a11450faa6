"""`python3 -m ci.screenshot` takes the picture in README.md: the screen of an emulated PC that boots from our ROM."""

from __future__ import annotations

import secrets
from pathlib import Path

from ci.lab.boot import served
from ci.lab.emulator import Emulator
from ci.lab.machine import Machine
from ci.lab.network import User
from ci.payloads.payload import make_payload

PICTURE = Path("docs/boot.png")
ROM = Path("images/rtl8139/10ec8139.rom")
BOOT_FILE, SIZE = "vmlinuz", 8 << 20  # large enough for the picture to be taken before it has ended
RUNS, END = 'cmdline=""', b"IEND\xaeB`\x82"
TIMEOUT = 60.0


def screenshot(out: Path, picture: Path) -> None:
    """Boot, stop the machine when the boot file runs, and keep what the screen shows. Raises RuntimeError."""
    payload = make_payload("bzimage", secrets.token_hex(16), SIZE)
    machine = Machine("rtl8139", (out / ROM).read_bytes(), display=True, monitored=True)
    with served({BOOT_FILE: payload}, User(BOOT_FILE)) as place:
        taken = place.folder / "screen.png"

        def done(emulator: Emulator) -> bool:
            if RUNS in emulator.console():
                emulator.command(f"stop\nscreendump {taken.name} -f png\n")
            return taken.exists() and taken.read_bytes().endswith(END)

        place.boot(machine, TIMEOUT, done)
        if not taken.exists():
            raise RuntimeError("QEMU took no picture of the screen")
        picture.write_bytes(taken.read_bytes())


if __name__ == "__main__":
    screenshot(Path("out"), PICTURE)
