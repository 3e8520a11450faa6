# SPDX-License-Identifier: BSD-2-Clause
"""The judge: every way a boot can end, one small outcome each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ci.lab.emulator import Outcome, clean
from ci.lab.judge import ANY, FAIL, NEXT_DEVICE_EXIT, PASS, SKIP, TIMEOUT, Expected, judge

NONCE = "00112233445566778899aabbccddeeff"
OLD_NONCE = "ffeeddccbbaa99887766554433221100"
SUM = "1c306144"
LINE = f"EFPAYLOAD nonce={NONCE} sum={SUM} kind=nbi size=512"
GOOD = Outcome(
    exit_code=1,
    timed_out=False,
    console=f"SeaBIOS (version 1.16.2)\nBooting from ROM...\n\n{LINE}",
    debug=f"!EFENTRY a20=0\r\n{LINE}\r\n",
    first_debug=0.2,
    wall=0.21,
    cpu=0.2,
    errors="",
)
NOTHING = replace(
    GOOD, exit_code=None, console="SeaBIOS (version 1.16.2)", debug="", first_debug=None
)
GAVE_UP = replace(
    NOTHING, console="SeaBIOS\nEtherforge: image is damaged (E27)\nNo bootable device."
)
NEXT = replace(
    GAVE_UP, exit_code=NEXT_DEVICE_EXIT, console="no card here (E01)\nBooting from Hard Disk..."
)
MUST_BOOT = Expected(NONCE, SUM)
MUST_NOT_BOOT = Expected(NONCE, SUM, boots=False)


def test_good_boot_passes() -> None:
    """Nonce and checksum on both channels, a clean end."""
    assert judge(MUST_BOOT, GOOD).status == PASS


BAD_BOOTS = {
    "wrong nonce": (
        replace(GOOD, debug=GOOD.debug.replace(NONCE, "0" * 32)),
        FAIL,
        "not this boot's",
    ),
    "old nonce": (replace(GOOD, debug=GOOD.debug.replace(NONCE, OLD_NONCE)), FAIL, OLD_NONCE),
    "two nonces": (
        replace(GOOD, debug=GOOD.debug + LINE.replace(NONCE, OLD_NONCE)),
        FAIL,
        "2 different payloads",
    ),
    "wrong sum": (
        replace(GOOD, debug=GOOD.debug.replace(SUM, "1c306145")),
        FAIL,
        "damaged on the way",
    ),
    "short sum": (replace(GOOD, debug=GOOD.debug.replace(SUM, "1c30614")), FAIL, "status 1"),
    "no first instruction": (replace(GOOD, debug=GOOD.debug[1:]), FAIL, "first instruction"),
    "not on the console": (replace(GOOD, console="SeaBIOS"), FAIL, "INT 10h"),
    "old nonce on the console": (
        replace(GOOD, console=GOOD.console.replace(NONCE, OLD_NONCE)),
        FAIL,
        "INT 10h",
    ),
    "bad exit": (replace(GOOD, exit_code=3), FAIL, "status 3"),
    "reported, then hung": (replace(GOOD, timed_out=True, exit_code=None), TIMEOUT, "did not end"),
    "hung": (replace(NOTHING, timed_out=True), TIMEOUT, "no report from the payload"),
    "started, then hung": (
        replace(NOTHING, timed_out=True, debug="!"),
        TIMEOUT,
        "although it started",
    ),
    "reset": (replace(NOTHING, exit_code=0), FAIL, "reset or switched off"),
    "gave up": (GAVE_UP, FAIL, "image is damaged (E27)"),
    "went on": (NEXT, FAIL, "no card here (E01)"),
    "payload found damage": (
        replace(GOOD, debug="!EFERROR memory behind a segment is not zeros", exit_code=3),
        FAIL,
        "although it started",
    ),
    "emulator broken": (
        replace(NOTHING, console="", exit_code=1, errors="qemu: bad option"),
        FAIL,
        "QEMU did not start: qemu: bad option",
    ),
}


@pytest.mark.parametrize("name", BAD_BOOTS)
def test_bad_boot(name: str) -> None:
    """Anything but a good boot is told apart and explained."""
    outcome, status, reason = BAD_BOOTS[name]
    verdict = judge(MUST_BOOT, outcome)
    assert verdict.status == status
    assert reason in verdict.reason


def test_missing_card_is_a_skip() -> None:
    """An emulator that lacks the card proves nothing either way."""
    outcome = replace(NOTHING, errors="qemu: -device igb: 'igb' is not a valid device model name")
    verdict = judge(MUST_BOOT, outcome)
    assert (verdict.status, verdict.reason) == (SKIP, "this QEMU has no card igb")


def test_control_that_gives_up_passes() -> None:
    """The reason shows what the console said."""
    verdict = judge(MUST_NOT_BOOT, GAVE_UP)
    assert verdict.status == PASS
    assert "E27" in verdict.reason


BAD_CONTROLS = {
    "boots": (GOOD, FAIL, "booted, and must not"),
    "boots with another nonce": (
        replace(GOOD, debug=GOOD.debug.replace(NONCE, OLD_NONCE)),
        FAIL,
        "booted, and must not",
    ),
    "only the console shows it": (replace(GOOD, debug=""), FAIL, "booted, and must not"),
    "enters the payload": (replace(GAVE_UP, debug="!"), FAIL, "entered the payload"),
    "hangs": (replace(NOTHING, timed_out=True), TIMEOUT, "hung instead of giving up"),
    "resets": (replace(NOTHING, exit_code=0), FAIL, "reset or switched off"),
}


@pytest.mark.parametrize("name", BAD_CONTROLS)
def test_control_that_misbehaves(name: str) -> None:
    """A control that boots, hangs or resets is a failure of the run."""
    outcome, status, reason = BAD_CONTROLS[name]
    verdict = judge(MUST_NOT_BOOT, outcome)
    assert verdict.status == status
    assert reason in verdict.reason


def test_next_device_must_be_reached() -> None:
    """Giving up is not enough where the next boot device must answer."""
    expected = replace(MUST_NOT_BOOT, next_device=True)
    assert judge(expected, NEXT).status == PASS
    verdict = judge(expected, GAVE_UP)
    assert verdict.status == FAIL
    assert "next boot device" in verdict.reason


def test_texts_must_be_shown() -> None:
    """A message is part of what a control has to do."""
    assert judge(replace(MUST_NOT_BOOT, texts=(r"E27\b",)), GAVE_UP).status == PASS
    verdict = judge(replace(MUST_NOT_BOOT, texts=(r"E01\b",)), GAVE_UP)
    assert verdict.status == FAIL
    assert "does not show /E01" in verdict.reason


def test_character_copied_twice() -> None:
    """One character too many on the serial console is SeaBIOS's doing; a wrong or missing one is not."""
    double = GOOD.console.replace(NONCE, NONCE.replace("5566", "55566"))
    assert judge(MUST_BOOT, replace(GOOD, console=double)).status == PASS
    for spoilt in (NONCE.replace("5566", "566"), NONCE.replace("5566", "5766")):
        console = GOOD.console.replace(NONCE, spoilt)
        assert judge(MUST_BOOT, replace(GOOD, console=console)).status == FAIL


def test_message_over_two_lines() -> None:
    """A line of the screen's width goes on in the next one; a shorter line does not."""
    message = f"tftp://10.77.0.1/{'x' * 60} no answer (E05)"
    expected = replace(MUST_NOT_BOOT, texts=(r"x no answer \(E05\)",))
    for width, copied, status in ((80, "", PASS), (80, "t", PASS), (79, "", FAIL)):
        console = f"{copied}{message[:width]}\n{message[width:]}\nNo bootable device."
        assert judge(expected, replace(GAVE_UP, console=console)).status == status


def test_console_is_cleaned() -> None:
    """Control sequences go, what was erased with backspaces is gone."""
    raw = b"\x1bc\x1b[?7l\x1b[2J\x1b[0mSeaBIOS\r\nwait...\b\b\b   \b\b\bs \r\nend\r\n"
    assert clean(raw) == "SeaBIOS\nwaits\nend"


def test_anybody_may_report() -> None:
    """Only how it ends counts, where that is told."""
    anybody = Expected("", "", report=ANY)
    assert judge(anybody, GOOD).status == judge(anybody, NOTHING).status == PASS
    goes_on = replace(anybody, exit=NEXT_DEVICE_EXIT)
    assert judge(goes_on, NEXT).status == PASS
    assert judge(goes_on, GOOD).reason.startswith("QEMU ended with status 1, not 5; last line: ")
    hung = replace(GAVE_UP, timed_out=True)
    assert judge(goes_on, hung).status == TIMEOUT


def test_what_must_not_be_shown() -> None:
    """The console is looked at once more when all else is as expected."""
    assert judge(MUST_BOOT.hiding("E14"), GOOD).status == PASS
    assert judge(MUST_BOOT.hiding("Booting from ROM"), GOOD).status == FAIL


def test_notes_before_the_payload() -> None:
    """Another program may write to port E9h first, where that is told."""
    noted = replace(GOOD, debug="stack notes\n" + GOOD.debug)
    assert judge(MUST_BOOT, noted).reason == "the payload was not entered at its first instruction"
    assert judge(replace(MUST_BOOT, notes=True), noted).status == PASS
