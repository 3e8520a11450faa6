# SPDX-License-Identifier: BSD-2-Clause
"""Boots with a user: the prompt, menus and questions of scripts, at the PC's keyboard and at a serial port alike."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Timer

import pytest

from ci.lab.case import NEXT_DEVICE
from ci.lab.emulator import Emulator, Outcome
from ci.lab.judge import NEXT_DEVICE_EXIT
from ci.lab.machine import Drive, Machine
from ci.net.scenario import Scenario
from ci.unit.test_settings_boots import PLUG, SILENT, Bench, bench

__all__ = ["bench"]

GOOD = Scenario("good")
UP, DOWN, LEFT = b"\x1b[A", b"\x1b[B", b"\x1b[D"
HOME, END, DELETE = b"\x1b[H", b"\x1b[F", b"\x1b[3~"
KEY = re.compile(rb"\x1b\[\d*[A-Z~]|.", re.DOTALL)
KEYBOARD, PORT = "keyboard", "port"
CARDS = {"rtl8139": "rtl8139/10ec8139", "virtio-net-pci": "virtio_net/1af41000"}
# What is shown, and how often, then the keys that are pressed.
Step = tuple[str, int, bytes]
SEABIOS_SECONDS = 0.3  # more than until it makes keys of what a terminal sent
VGA_TEXT, VGA_SIZE = 0xB8000, 80 * 25 * 2


@dataclass
class User:
    """Presses keys when something is shown, one at a time: the BIOS keeps no more than fifteen."""

    where: str
    steps: list[Step]
    opens: bool = False  # the prompt, with keys that do nothing there, of a machine from waiting()
    shown: str = ""
    done: int = field(default=0, init=False)
    left: list[bytes] = field(default_factory=list, init=False)

    def __call__(self, running: Emulator) -> bool:
        """Asked whenever there is new output; every key has some."""
        self.shown = running.port() if self.where == PORT else running.console()
        press = running.press_port if self.where == PORT else running.press
        if self.opens and "Etherforge" in self.shown:
            press(8 * b"\x08")
            plug = Timer(0 if self.where == PORT else SEABIOS_SECONDS, running.command, (PLUG,))
            plug.daemon = True
            plug.start()
            self.opens = False
        while not self.left and self.done < len(self.steps):
            text, count, keys = self.steps[self.done]
            if self.shown.count(text) < count:
                return False
            self.left = KEY.findall(keys)
            self.done += 1
        if self.left:
            press(self.left.pop(0))
        return False


def machine(bench: Bench, card: str, where: str) -> Machine:
    """With the card's ROM, and a next boot device."""
    name = f"{CARDS[card]}.rom"
    rom = (bench.out / "images" / name).read_bytes()
    if where == PORT:
        rom = bench.image(name, "serial=COM2,115200")
    disk = (Drive("floppy", NEXT_DEVICE),)
    return Machine(card, rom=rom, drives=disk, second_port=where == PORT)


def waiting(pc: Machine) -> Machine:
    """Its cable is put in once keys were pressed: they count while the link comes up."""
    return replace(pc, plugged=False)


def boot(bench: Bench, pc: Machine, user: User, files: Mapping[str, bytes], name: str) -> Outcome:
    """Boot, with every step of the user's taken."""
    pc = waiting(pc) if user.opens else pc
    outcome = bench.boot(pc, GOOD, files, user, name)
    assert user.done == len(user.steps), (user.steps[user.done], user.shown)
    return outcome


EVERYWHERE = pytest.mark.parametrize("where", [KEYBOARD, PORT])
BOTH_CARDS = pytest.mark.parametrize("card", CARDS)


@EVERYWHERE
@BOTH_CARDS
def test_prompt(bench: Bench, card: str, where: str) -> None:
    """A key opens it. Commands run, and a line that is none is the boot file."""
    files = bench.files() | {"other": b"no boot file"}
    prompt = "etherforge>"
    steps: list[Step] = [
        (prompt, 1, b"ech mac = ${mac}" + 13 * LEFT + b"o\r"),
        ("mac = 52:54:00:12:34:56", 1, b""),
        (prompt, 2, b"nonsense" + 8 * b"\x7f" + b"xecho mac = ${mac}" + HOME + DELETE + b"\r"),
        ("mac = 52:54:00:12:34:56", 2, b""),
        (prompt, 3, b"isset ${nothing}\r"),
        ("isset: condition is false (E43)", 1, b""),
        (prompt, 4, b"payyload\x1b"),
        (prompt, 5, b"payyload" + 4 * LEFT + b"\x08\r"),
    ]
    user = User(where, steps, opens=True)
    outcome = boot(bench, machine(bench, card, where), user, files, "other")
    bench.check(outcome, files)
    assert bench.asked() == ["payload"]
    assert "Boot file or command" in user.shown


def test_typed_ahead(bench: Bench) -> None:
    """What is typed in one go while a command waits is there for the next prompt; Esc drops it and ends the wait."""
    files = bench.files()
    steps: list[Step] = [
        ("etherforge>", 1, b""),
        ("etherforge>", 2, b""),
        ("etherforge>", 3, b""),
    ]
    texts = [b"sleep 3\rnot this\x1b", b"sleep 3\recho these words are typed ahead\r", b""]
    user = User(PORT, steps, opens=True)
    sent: list[bytes] = []

    def type_all(running: Emulator) -> bool:
        user(running)
        if len(sent) < user.done:
            sent.append(texts[len(sent)])
            running.press_port(sent[-1])
        if "\nthese words are typed ahead" in user.shown and len(sent) == 3:
            sent.append(b"payload\r")
            running.press_port(sent[-1])
        return False

    outcome = bench.boot(waiting(machine(bench, "rtl8139", PORT)), GOOD, files, type_all, "other")
    assert len(sent) == 4, user.shown
    bench.check(outcome, files)
    assert bench.asked() == ["payload"] and "etherforge> not" not in user.shown


COMMANDS: list[Step] = [
    ("etherforge>", 1, b"help\r"),
    ("help COMMAND: what it takes", 1, b"help choose\r"),
    ("choose --menu", 1, b"lspci\r"),
    ("10ec:8139 class 0200 rtl8139", 1, b"set a b ; iseq ${a} b && echo a is ${a}\r"),
    ("\na is b", 1, b"config\r"),
    ("Item 1 of", 1, b"\x1b"),
    ("etherforge>", 6, b"dhcp net1 || ifstat\r"),
    ("dhcp: no card that this image drives (E01), going on", 1, b""),
    ("net0: rtl8139 52:54:00:12:34:56, link up", 1, b""),
]
LAST_COMMANDS: list[Step] = [
    ("etherforge>", 7, UP + UP + UP + b"\r"),
    ("\na is b", 2, b"dhcp && kernel payload\r"),
    ("bytes loaded: payload", 1, b"imgstat\r"),
    ("payload: 20000 bytes", 1, b"boot\r"),
]


@EVERYWHERE
def test_commands(bench: Bench, where: str) -> None:
    """Those of images with everything, at a keyboard with a graphics card, and at a serial port."""
    files = bench.files() | {"other": b"no boot file"}
    data = bench.image("all/all.dsk", "serial=COM2,115200" if where == PORT else "timeout=30")
    pc = waiting(Machine("rtl8139", drives=(Drive("disk", data),), second_port=where == PORT))
    user = User(where, [*COMMANDS], opens=True)
    screens: list[str] = []

    def look(running: Emulator) -> bool:
        user(running)
        if user.done == len(COMMANDS) and not screens:
            screens.append(_vga_text(running) if where == KEYBOARD else user.shown)
            user.steps += LAST_COMMANDS
        return False

    pc = replace(pc, display=where == KEYBOARD, monitored=where == KEYBOARD)
    outcome = bench.boot(pc, GOOD, files, look, "other")
    assert user.done == len(user.steps), (user.steps[user.done], user.shown)
    bench.check(outcome, files)
    assert "net0: rtl8139 52:54:00:12:34:56, link up" in screens[0]
    assert bench.asked() == ["payload"]


def test_history(bench: Bench) -> None:
    """Images with everything have one: Up brings back what was typed before."""
    files = bench.files()
    disk = Drive("disk", (bench.out / "images/all/all.dsk").read_bytes())
    steps: list[Step] = [
        ("etherforge>", 1, b"show mac\r"),
        ("mac = 52:54:00:12:34:56", 1, b"show next\r"),
        ("etherforge>", 3, UP + UP + DOWN + UP + b"\r"),
        ("mac = 52:54:00:12:34:56", 2, b"payload\r"),
    ]
    user = User(KEYBOARD, steps, opens=True)
    bench.check(boot(bench, Machine("rtl8139", drives=(disk,)), user, files, "other"), files)
    assert bench.asked() == ["payload"]


def test_prompt_leads_on(bench: Bench) -> None:
    """`exit` and Enter go on with what the server says, Esc to the next device."""
    files = bench.files()
    for keys in (b"exit\r", b"\r"):
        user = User(KEYBOARD, [("etherforge>", 1, keys)], opens=True)
        outcome = boot(bench, machine(bench, "rtl8139", KEYBOARD), user, files, "payload")
        bench.check(outcome, files)
    user = User(KEYBOARD, [("etherforge>", 1, b"\x1b")], opens=True)
    outcome = boot(bench, machine(bench, "rtl8139", KEYBOARD), user, files, "payload")
    assert outcome.exit_code == NEXT_DEVICE_EXIT and not bench.asked()


def test_prompt_after_failure(bench: Bench) -> None:
    """A Shift that is held while a boot fails opens it once more."""
    held: list[str] = []
    user = User(KEYBOARD, [("etherforge>", 1, b"\x1b")])

    def hold(running: Emulator) -> bool:
        if bench.wire and bench.wire.events and not held:
            held.append("shift")
            running.command("sendkey shift 8000\n")
        return user(running)

    rom = bench.image("rtl8139/10ec8139.rom", "timeout=2")
    pc = replace(machine(bench, "rtl8139", KEYBOARD), rom=rom, display=True, monitored=True)
    outcome = bench.boot(pc, SILENT, {}, hold)
    assert held and user.done == 1 and outcome.exit_code == NEXT_DEVICE_EXIT
    assert outcome.console.index("(E08)") < outcome.console.index("etherforge>")


MENU = b"""#!ipxe
:again
menu Boot what?
item --gap Systems
item first The first
item --key s second The second
item third The third
choose --default first what || goto left
echo chosen: ${what}
iseq ${what} third || goto again
echo -n Name:${space}
read name
echo -n File:${space}
read --secret hidden
prompt --key 0x147e Press F8 || goto again
echo ${name} ${hidden}
chain ${hidden}
:left
exit
"""
MENU_STEPS: list[Step] = [
    ("(Enter; Esc: leave)", 1, DOWN),
    ("Item 3 of 4", 1, UP + b"\r"),
    ("chosen: first", 1, b""),
    ("(Enter; Esc: leave)", 4, b"s"),
    ("chosen: second", 1, b""),
    ("(Enter; Esc: leave)", 5, END),
    ("Item 4 of 4", 1, b"\r"),
    ("Name:", 1, b"jo" + LEFT + b"e\r"),
    ("File:", 1, b"payload\r"),
    ("Press F8", 1, b"\x1b[19~"),
]


@EVERYWHERE
@BOTH_CARDS
def test_menu(bench: Bench, card: str, where: str) -> None:
    """Arrows, a key of an item's own, what the user types, what nobody sees, and a key that is asked for."""
    files = bench.files() | {"menu.ipxe": MENU}
    user = User(where, list(MENU_STEPS))
    outcome = boot(bench, machine(bench, card, where), user, files, "menu.ipxe")
    bench.check(outcome, files)
    assert re.search(r"^     The third\n", user.shown, re.MULTILINE)
    assert "jeo payload" in user.shown and "*******" in user.shown


def test_menu_is_left(bench: Bench) -> None:
    """Esc is an answer, with which this script goes to the next device; Ctrl-C ends the script at once."""
    files = {"menu.ipxe": MENU}
    for key in (b"\x1b", b"\x03"):
        user = User(KEYBOARD, [("(Enter; Esc: leave)", 1, key)])
        outcome = boot(bench, machine(bench, "rtl8139", KEYBOARD), user, files, "menu.ipxe")
        assert outcome.exit_code == NEXT_DEVICE_EXIT
        assert ("(E06)" in outcome.console) == (key == b"\x03")


def test_nobody_chooses(bench: Bench) -> None:
    """The default is taken after its time; the seconds are shown."""
    script = b"#!ipxe\nmenu\nitem no Not this\nitem --default payload This\nchoose --timeout 2000 it\nchain ${it}\n"
    files = bench.files() | {"menu.ipxe": script}
    user = User(KEYBOARD, [])
    outcome = boot(bench, machine(bench, "rtl8139", KEYBOARD), user, files, "menu.ipxe")
    bench.check(outcome, files)
    assert re.search(r"leave\) +2 .*leave\) +1$", outcome.console, re.MULTILINE)
    assert outcome.first_debug and 2 < outcome.first_debug < 6


def test_screen(bench: Bench) -> None:
    """What a graphics card shows of a menu, longer than a page, is what is in its memory."""
    items = "".join(f"item i{n} Number {n}\n" for n in range(30))
    script = f"#!ipxe\nmenu Many\n{items}choose it\n".encode()
    pc = replace(machine(bench, "rtl8139", KEYBOARD), display=True, monitored=True)
    screens: list[str] = []
    user = User(
        KEYBOARD,
        [("Item 1 of 30", 1, DOWN), ("Item 2 of 30", 1, END), ("Item 30 of 30", 1, UP + UP)],
    )

    def look(running: Emulator) -> bool:
        user(running)
        if "Item 28 of 30" in user.shown:
            screens.append(_vga_text(running))
        return bool(screens)

    bench.boot(pc, GOOD, {"menu.ipxe": script}, look, "menu.ipxe")
    rows = [row.rstrip() for row in screens[0].splitlines()]
    at = rows.index("Many")
    marks = {10: " ", 27: ">", 29: " "}
    for number, mark in marks.items():
        assert rows[at + 1 + number - 10] == f"{mark}    Number {number}"
    assert rows[at + 21] == "Item 28 of 30 (Enter; Esc: leave)"


def _vga_text(running: Emulator) -> str:
    """The characters on the screen, row by row."""
    file = running.folder / "screen"
    running.command(f"pmemsave {VGA_TEXT:#x} {VGA_SIZE} {file.name}\n")
    end = time.monotonic() + 10
    while not file.exists() or file.stat().st_size < VGA_SIZE:
        assert time.monotonic() < end
        time.sleep(0.02)
    text = file.read_bytes()[::2].decode("ascii", "replace")
    return "\n".join(text[at : at + 80] for at in range(0, len(text), 80))
