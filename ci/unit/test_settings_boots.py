# SPDX-License-Identifier: BSD-2-Clause
"""Boots of images that `romtool set` changed: each setting does what docs/settings.md says of it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ci.host.romtool_reading import image_crc
from ci.images import Shop
from ci.lab.boot import served
from ci.lab.case import NEXT_DEVICE
from ci.lab.emulator import Emulator, Outcome
from ci.lab.judge import NEXT_DEVICE_EXIT, PAYLOAD_EXIT, REPORT
from ci.lab.machine import Drive, Machine
from ci.lab.network import Wired
from ci.lab.qemu import CABLE
from ci.net.scenario import NOWHERE, SERVER_IP, Scenario
from ci.net.wire import Wire
from ci.payloads.payload import make_payload, payload_sum
from ci.tree import ROOT, need_tool
from factory.render import render
from factory.spec import load_spec

SERVER = "10.77.0.1"
ADDRESS_ONLY = Scenario("address-only", place=NOWHERE)
SILENT = Scenario("silent", dhcp=False)
INITRD = bytes(range(256)) * 20
PLUG = f"{CABLE}on\n"
Stop = Callable[[Emulator], bool]


@dataclass
class Bench:
    """Where images are changed and booted, with a payload that has a fresh nonce."""

    out: Path
    folder: Path
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    wire: Wire | None = None
    terminal: Emulator | None = None

    def image(self, name: str, *changes: str) -> bytes:
        """A shipped image with settings."""
        path = self.folder / Path(name).name
        Shop(self.out).run("set", str(self.out / "images" / name), *changes, "-o", str(path))
        return path.read_bytes()

    def files(self, kind: str = "nbi") -> dict[str, bytes]:
        """The payload, as the boot file "payload"."""
        return {"payload": make_payload(kind, self.nonce, 20_000)}

    def boot(
        self,
        machine: Machine,
        scenario: Scenario,
        files: Mapping[str, bytes],
        stop: Stop | None = None,
        boot_file: str = "",
    ) -> Outcome:
        """Boot, and keep the wire and the emulator to look at."""

        def watch(running: Emulator) -> bool:
            self.terminal = running
            return bool(stop and stop(running))

        with served(files, Wired(boot_file, scenario)) as place:
            self.wire = place.plugs[0].wire
            return place.boot(machine, 40, watch)[0]

    def asked(self) -> list[str]:
        """What the server was asked for."""
        assert self.wire
        return [event.split()[1] for event in self.wire.events if event.startswith("rrq ")]

    def check(self, outcome: Outcome, files: Mapping[str, bytes], initrd: bytes = b"") -> None:
        """The payload of this boot ran, and was whole."""
        assert outcome.exit_code == PAYLOAD_EXIT, outcome.console
        expected = (self.nonce, payload_sum(files["payload"], initrd))
        assert set(REPORT.findall(outcome.debug)) == {expected}, outcome.console


@pytest.fixture
def bench(built: Path, tmp_path: Path) -> Bench:
    """Skipped without QEMU."""
    need_tool("qemu-system-i386")
    return Bench(built / "out", tmp_path)


def of_rom(rom: bytes, **more: object) -> Machine:
    """A machine with the ROM in its card, and a next boot device."""
    return Machine("rtl8139", rom=rom, drives=(Drive("floppy", NEXT_DEVICE),), **more)  # type: ignore[arg-type]


CARD = "rtl8139/10ec8139"
NEEDED = ("bootfile=payload", f"server={SERVER}")
ARGS = "args=initrd=initrd one two"


@pytest.mark.parametrize("medium", ["rom", "dsk", "native", "undi", "all-dsk", "all-zpxe"])
def test_server_that_gives_only_an_address(bench: Bench, medium: str) -> None:
    """bootfile, server and args are all else that a boot needs, in each medium and stage."""
    files = bench.files("bzimage") | {"initrd": INITRD}
    settings = (*NEEDED, ARGS)
    seconds = {"native": f"{CARD}.zpxe", "undi": "undi/undi.zpxe", "all-zpxe": "all/all.zpxe"}
    if medium in seconds:
        files["second"] = bench.image(seconds[medium], *settings)
        machine = of_rom(bench.image(f"{CARD}.rom", "bootfile=second", f"server={SERVER}"))
    elif medium == "rom":
        machine = of_rom(bench.image(f"{CARD}.rom", *settings))
    else:
        disk = bench.image("all/all.dsk" if medium == "all-dsk" else f"{CARD}.dsk", *settings)
        machine = Machine("rtl8139", drives=(Drive("disk", disk),))
    outcome = bench.boot(machine, ADDRESS_ONLY, files)
    bench.check(outcome, files, INITRD)
    assert 'cmdline="initrd=initrd one two"' in outcome.console
    assert bench.asked() == ["second"] * (medium in seconds) + ["payload", "initrd"]
    driver = "undi" if medium == "undi" else "rtl8139"
    assert re.search(rf"Etherforge \S+ {driver} 10ec:8139", outcome.console)


def test_settings_go_before_dhcp(bench: Bench) -> None:
    """Another file, and another server, than DHCP names. Without the settings the same image does what DHCP says."""
    files = bench.files() | {"other": b"no boot file"}
    away = Scenario("away", boot_server=bytes([10, 77, 0, 99]))
    rom = bench.image(f"{CARD}.rom", *NEEDED)
    outcome = bench.boot(of_rom(rom), away, files, boot_file="other")
    bench.check(outcome, files)
    assert bench.asked() == ["payload"] and "10.77.0.99/" not in outcome.console
    plain = (bench.out / "images" / f"{CARD}.rom").read_bytes()
    assert "10.77.0.99/other" in bench.boot(of_rom(plain), away, files, boot_file="other").console


def test_uri_goes_before_server(bench: Bench) -> None:
    """A boot file that says where it is."""
    files = bench.files()
    rom = bench.image(f"{CARD}.rom", f"bootfile=tftp://{SERVER}/payload", "server=10.77.0.99")
    bench.check(bench.boot(of_rom(rom), ADDRESS_ONLY, files), files)


def test_what_is_typed_goes_before_settings(bench: Bench) -> None:
    """At the prompt, which a key opens on the serial port, too."""
    files = bench.files() | {"other": b"no boot file"}
    rom = bench.image(f"{CARD}.rom", "bootfile=other", f"server={SERVER}", "serial=COM2,9600")
    typed: list[bytes] = []

    def type_it(running: Emulator) -> bool:
        if not typed and "Etherforge" in running.port():
            typed.append(b"\x08")  # does nothing at the prompt
            running.press_port(typed[0])
            running.command(PLUG)
        elif len(typed) == 1 and "Boot file" in running.port():
            typed.append(b"pax\x08yload\r")
            running.press_port(typed[1])
        return False

    pc = of_rom(rom, second_port=True, plugged=False)
    outcome = bench.boot(pc, ADDRESS_ONLY, files, type_it)
    assert len(typed) == 2 and bench.terminal
    bench.check(outcome, files)
    assert bench.asked() == ["payload"] and "payload" in bench.terminal.port()


def test_serial(bench: Bench) -> None:
    """All that the firmware prints comes to the port, where the BIOS copies nothing; just once."""
    files = bench.files()
    rom = bench.image(f"{CARD}.rom", *NEEDED, "serial=COM2,115200")
    outcome = bench.boot(of_rom(rom, second_port=True), ADDRESS_ONLY, files)
    bench.check(outcome, files)
    assert bench.terminal
    port = bench.terminal.port()
    assert "SeaBIOS" in outcome.console and "SeaBIOS" not in port
    assert len(re.findall(r"^Etherforge \S+ rtl8139 10ec:8139 at ", port, re.MULTILINE)) == 1
    assert port.count("bytes loaded: payload") == 1
    shown = [line for line in port.splitlines() if line]
    assert all(line in outcome.console for line in shown) and len(shown) >= 3


def test_serial_port_that_is_not_there(bench: Bench) -> None:
    """The boot goes on without it."""
    files = bench.files()
    rom = bench.image(f"{CARD}.rom", *NEEDED, "serial=COM4,9600")
    bench.check(bench.boot(of_rom(rom), ADDRESS_ONLY, files), files)


@pytest.mark.parametrize("key", [b"\x1b", b"\x03"], ids=["Esc", "Ctrl-C"])
def test_keys_of_the_serial_port_cancel(bench: Bench, key: bytes) -> None:
    """As those of the keyboard do."""
    pressed: list[bytes] = []

    def press(running: Emulator) -> bool:
        if not pressed and bench.wire and bench.wire.events:
            pressed.append(key)
            running.press_port(key)
        return False

    rom = bench.image(f"{CARD}.rom", "serial=COM2,115200")
    outcome = bench.boot(of_rom(rom, second_port=True), SILENT, {}, press)
    assert pressed and outcome.exit_code == NEXT_DEVICE_EXIT and "(E06)" in outcome.console
    assert bench.terminal and "(E06)" in bench.terminal.port()


def test_menu_on_the_serial_port(bench: Bench) -> None:
    """Its arrow keys move, and do not count as the Esc that they begin with.

    On a loaded machine the bytes of one may come apart and count as further keys; so Enter is pressed until it is seen.
    """
    files, sent = bench.files(), list[bytes]()
    menu = Scenario("menu", menu=(SERVER_IP,), prompt=255)

    def choose(running: Emulator) -> bool:
        keys = (b"\x1b[B", b"\x1b[A", b"\r")
        if len(sent) < running.port().count("Item 1 of"):
            sent.append(keys[min(len(sent), len(keys) - 1)])
            running.press_port(sent[-1])
        return False

    rom = bench.image(f"{CARD}.rom", "serial=COM2,115200")
    outcome = bench.boot(of_rom(rom, second_port=True), menu, files, choose, "payload")
    bench.check(outcome, files)
    assert len(sent) >= 3 and bench.terminal and "1  One" in bench.terminal.port()


def test_user_class(bench: Bench) -> None:
    """DHCP servers see it in every message, of both stages."""
    files = bench.files()
    second, first = NEEDED, ("bootfile=second", NEEDED[1])
    files["second"] = bench.image(f"{CARD}.zpxe", *second, "user-class=lab two")
    rom = bench.image(f"{CARD}.rom", *first, "user-class=lab")
    bench.check(bench.boot(of_rom(rom), ADDRESS_ONLY, files), files)
    assert bench.wire
    assert bench.wire.user_classes == [b"lab"] * 2 + [b"lab two"] * 2
    files["second"] = bench.image(f"{CARD}.zpxe", *second)
    rom = bench.image(f"{CARD}.rom", *first)
    bench.check(bench.boot(of_rom(rom), ADDRESS_ONLY, files), files)
    assert bench.wire.user_classes == [b"Etherforge"] * 2 + [b"Etherforge.zpxe"] * 2


@pytest.mark.parametrize("seconds", [2, 5])
def test_timeout(bench: Bench, seconds: int) -> None:
    """DHCP is given up after so long, not earlier and not much later."""
    times: list[float] = []

    def watch(running: Emulator) -> bool:
        for text in ("10ec:8139", "(E08)"):
            if len(times) < 2 and text in running.console() and (not times or text == "(E08)"):
                times.append(running.seconds())
        return False

    rom = bench.image(f"{CARD}.rom", f"timeout={seconds}")
    outcome = bench.boot(of_rom(rom), SILENT, {}, watch)
    assert outcome.exit_code == NEXT_DEVICE_EXIT and "(E08)" in outcome.console
    assert seconds - 0.6 < times[1] - times[0] < seconds + 2.5


@pytest.mark.parametrize("port", [False, True])
def test_wait(bench: Bench, port: bool) -> None:
    """A key gives the next boot device, before the network is asked; without one, the boot goes on after that."""
    pressed: list[bytes] = []

    def press(running: Emulator) -> bool:
        if not pressed and "Any key: next device" in running.console():
            pressed.append(b"k")
            (running.press_port if port else running.press)(b"k")
        return False

    rom = bench.image(f"{CARD}.rom", *NEEDED, "wait=20", "serial=COM2,115200")
    outcome = bench.boot(of_rom(rom, second_port=True), ADDRESS_ONLY, bench.files(), press)
    assert outcome.exit_code == NEXT_DEVICE_EXIT and outcome.wall < 15
    assert bench.wire and not bench.wire.events


def test_wait_ends(bench: Bench) -> None:
    """Nobody touches a key."""
    files = bench.files()
    outcome = bench.boot(of_rom(bench.image(f"{CARD}.rom", *NEEDED, "wait=2")), ADDRESS_ONLY, files)
    bench.check(outcome, files)
    assert outcome.first_debug and outcome.first_debug > 2


def test_wrong_settings(bench: Bench) -> None:
    """What something else wrote: each wrong line is named, with its code; the others count."""
    files = bench.files()
    args = "args=" + ".".join(["#"] * 60)
    rom = bench.image(f"{CARD}.rom", *NEEDED, "serial=COM2,115200", args)
    lines = ["colour=blue", "wait=soon", "server=10.77.0.999", "nonsense"]
    wrong = "\n".join(lines)[: len(args)].ljust(len(args), "~").encode()
    at = rom.index(args.encode())
    changed = bytearray(rom)
    changed[at : at + len(args)] = wrong
    rom = _sealed(bytes(changed))
    outcome = bench.boot(of_rom(rom, second_port=True), ADDRESS_ONLY, files)
    bench.check(outcome, files)
    shown = [*lines[:3], wrong.decode().splitlines()[-1]]
    assert bench.terminal
    for console in (outcome.console.replace("\n", ""), bench.terminal.port().replace("\n", "")):
        for line in shown:
            assert f"{line}: setting is unknown or malformed (E30)" in console
        assert console.count("(E30)") == len(shown)


def test_profile_of_a_private_matrix(bench: Bench) -> None:
    """Its settings are in every image of the families that name it, and are obeyed."""
    text = (ROOT / "targets.yaml").read_text(encoding="utf-8")
    profile = (
        f"profiles:\n  lab: {{ settings: {{ bootfile: payload, server: {SERVER}, timeout: 9 }} }}\n"
    )
    text = text.replace("profiles:\n", profile, 1)
    text = text.replace("driver: rtl8139\n", "driver: rtl8139\n    profile: lab\n", 1)
    matrix, gen, images = (bench.folder / name for name in ("my.yaml", "gen", "images"))
    matrix.write_text(text, encoding="utf-8")
    render(load_spec(matrix, ROOT / "src"), ROOT / "templates", gen)
    shop, words = Shop(bench.out), list[str]()
    for medium, prefix in (("rom", "rom"), ("zpxe", "pxe"), ("dsk", "disk")):
        words += ["--prefix", f"{medium}={bench.out}/obj/boot/{prefix}.bin"]
    elf, tsv = bench.out / "elf/rtl8139.elf", gen / "rtl8139/images.tsv"
    shop.run("pack", "--elf", str(elf), *words, "--images", str(tsv), "--out", str(images))
    paths = [str(path) for path in images.rglob("*.*")]
    listed = json.loads(shop.run("list", "--json", *paths))["files"]
    wanted = {"bootfile": "payload", "server": SERVER, "timeout": "9"}
    assert len(paths) > 50 and all(it["identity"]["settings"] == wanted for it in listed)
    assert "bootfile" not in (gen / "tulip/images.tsv").read_text(encoding="utf-8")
    files = bench.files()
    outcome = bench.boot(of_rom((images / f"{CARD}.rom").read_bytes()), ADDRESS_ONLY, files)
    bench.check(outcome, files)


def _sealed(rom: bytes) -> bytes:
    """With good checksums again, of the image and of the ROM."""
    data = bytearray(rom)
    words = data.index(b"EFPX")
    data[words + 12 : words + 16] = image_crc(bytes(data)).to_bytes(4, "little")
    data[6] = (data[6] - sum(data)) & 0xFF
    return bytes(data)
