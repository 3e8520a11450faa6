"""The picture in README.md: the screen of an emulated PC that boots from one of our ROMs. `python3 -m ci.screenshot` makes it."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from ci.machine import Machine, UserNetwork
from ci.payloads.payload import make_payload
from ci.qemu import Emulator

PICTURE = Path("docs/boot.png")
ROM = Path("images/rtl8139/10ec8139.rom")
BOOT_FILE, SIZE = "vmlinuz", 8 << 20  # large enough for the picture to be taken before it has ended
RUNS, END = "EFENTRY ", b"IEND\xaeB`\x82"
TIMEOUT = 60.0


def screenshot(out: Path, picture: Path) -> None:
    """Boot, stop the machine when the boot file runs, and keep what the screen shows. Raises RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="screenshot-") as name:
        folder = Path(name)
        (folder / "tftp").mkdir()
        nonce = secrets.token_hex(16)
        (folder / "tftp" / BOOT_FILE).write_bytes(make_payload("bzimage", nonce, SIZE))
        (folder / "card.rom").write_bytes((out / ROM).read_bytes())
        taken = folder / "screen.png"
        network = UserNetwork("tftp", BOOT_FILE)
        screen = ("-vga", "std")
        machine = Machine("rtl8139", network, rom="card.rom", extra=screen, monitored=True)

        def done(emulator: Emulator) -> bool:
            if RUNS in emulator.console():
                emulator.command(f"stop\nscreendump {taken.name} -f png\n")
            return taken.exists() and taken.read_bytes().endswith(END)

        with Emulator(machine, cwd=name) as emulator:
            emulator.run(TIMEOUT, done)
        if not taken.exists():
            raise RuntimeError("QEMU took no picture of the screen")
        picture.write_bytes(taken.read_bytes())


if __name__ == "__main__":
    screenshot(Path("out"), PICTURE)
