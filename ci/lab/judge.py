# SPDX-License-Identifier: BSD-2-Clause
"""From what a boot did to a verdict. Pure: the same input gives the same verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ci.chips.process import Report
from ci.lab.emulator import Outcome

PASS, FAIL, TIMEOUT, SKIP = "pass", "fail", "timeout", "skip"
STATUSES = (PASS, FAIL, TIMEOUT, SKIP)

PAYLOAD, LINUX, ANY = "payload", "linux", "any"  # who reports; ANY: whoever, which is not judged
FIRST_INSTRUCTION = "!"  # what a payload writes to port E9h first
PAYLOAD_EXIT = 1  # QEMU's status after a payload wrote 0 to the exit port
NEXT_DEVICE_EXIT = 5  # after the boot sector ci.lab.case.NEXT_DEVICE wrote 2
REPORT = re.compile(r"EFPAYLOAD nonce=([0-9a-f]{32}) sum=([0-9a-f]{8})(?![0-9a-f])")
REPORT_START = re.compile(r"EFPAYLOAD nonce=([0-9a-f]{32})")
LINUX_REPORT = re.compile(r"EFLINUX nonce=([0-9a-f]{32}) cmdline=([0-9a-f]{32})")
COLUMNS = 80
USERLAND_ERROR = "EFERROR"
POWER_OFF_EXIT = 0
NO_DEVICE = "No bootable device"
NO_MODEL = re.compile(r"'([^']+)' is not a valid device model name")


@dataclass(frozen=True)
class Expected:
    """What a boot must do to pass: run what carries this nonce; or, as a control, run nothing."""

    nonce: str  # 32 hex digits, lower case
    sum: str  # 8 hex digits
    report: str = PAYLOAD
    boots: bool = True
    next_device: bool = False  # the BIOS must reach the boot sector that answers after us
    exit: int | None = None  # status that QEMU must end with where anybody may report
    notes: bool = False  # something else writes to port E9h before the payload
    texts: tuple[str, ...] = ()  # patterns (re.search) that the console must show
    absent: tuple[str, ...] = ()  # patterns that it must not show
    excused: str = ""  # a pattern (re.fullmatch) of faults of a chip model that do not count

    def showing(self, *texts: str) -> Expected:
        """The same with these patterns, too."""
        return replace(self, texts=self.texts + texts)

    def hiding(self, *texts: str) -> Expected:
        """The same without these patterns."""
        return replace(self, absent=self.absent + texts)


@dataclass(frozen=True)
class Verdict:
    """status is one of STATUSES; reason is "" only for a plain pass."""

    status: str
    reason: str = ""


def judge(expected: Expected, outcome: Outcome) -> Verdict:
    """Did the boot do what was expected?"""
    missing = NO_MODEL.search(outcome.errors)
    if missing:
        return Verdict(SKIP, f"this QEMU has no card {missing[1]}")
    verdict = _judged(expected, outcome)
    found = (Report.read(log).trouble(expected.boots, expected.excused) for log in outcome.cards)
    trouble = next((reason for reason in found if reason), "")
    if trouble and verdict.status == PASS:
        return Verdict(FAIL, trouble)
    return Verdict(verdict.status, f"{verdict.reason}; {trouble}") if trouble else verdict


def _judged(expected: Expected, outcome: Outcome) -> Verdict:
    if outcome.errors and not outcome.console:
        return Verdict(FAIL, f"QEMU did not start: {outcome.errors.splitlines()[0]}")
    if expected.report == ANY:
        verdict = _anybody(expected, outcome)
    elif not expected.boots:
        verdict = _control(expected, outcome)
    elif expected.report == LINUX:
        verdict = _linux(expected, outcome)
    else:
        verdict = _boot(expected, outcome)
    if verdict.status != PASS:
        return verdict
    for text in expected.texts:
        if not shows(outcome.console, text):
            last = last_line(outcome.console)
            return Verdict(FAIL, f"the console does not show /{text}/; last line: {last}")
    for text in expected.absent:
        if re.search(text, joined(outcome.console)):
            return Verdict(FAIL, f"the console shows /{text}/")
    return verdict


def joined(console: str) -> str:
    """Its text with lines joined that the screen's width broke; a character may have been copied twice there."""
    return re.sub(rf"^(.{{{COLUMNS}}}.?)\n", r"\1", console, flags=re.MULTILINE)


def shows(console: str, pattern: str) -> bool:
    """True when the console matches.

    SeaBIOS copies a character to COM1 once more than it should when its timer tick comes at the
    wrong moment (seen in one boot of 150), so the text is also tried with one of two equal neighbours
    left out.
    """
    text = joined(console)
    if re.search(pattern, text):
        return True
    doubled = (at for at in range(1, len(text)) if text[at] == text[at - 1])
    return any(re.search(pattern, text[:at] + text[at + 1 :]) for at in doubled)


def _boot(expected: Expected, outcome: Outcome) -> Verdict:
    reports = set(REPORT.findall(outcome.debug))
    if not reports:
        return _no_report(outcome)
    if len(reports) > 1:
        return Verdict(FAIL, f"{len(reports)} different payloads reported")
    nonce, checksum = reports.pop()
    if nonce != expected.nonce:
        return Verdict(FAIL, f"nonce {nonce} is not this boot's nonce {expected.nonce}")
    if checksum != expected.sum:
        return Verdict(FAIL, f"checksum {checksum} differs from {expected.sum}: damaged on the way")
    if not (expected.notes or outcome.debug.startswith(FIRST_INSTRUCTION)):
        return Verdict(FAIL, "the payload was not entered at its first instruction")
    if not shows(outcome.console, f"EFPAYLOAD nonce={nonce}\\b"):
        return Verdict(FAIL, "the payload's report is not on the console (INT 10h)")
    if outcome.timed_out:
        return Verdict(
            TIMEOUT, f"the payload reported, but did not end within {outcome.wall:.1f} s"
        )
    if outcome.exit_code != PAYLOAD_EXIT:
        return Verdict(FAIL, f"QEMU ended with status {outcome.exit_code}, not {PAYLOAD_EXIT}")
    return Verdict(PASS)


def _anybody(expected: Expected, outcome: Outcome) -> Verdict:
    if expected.exit in (None, outcome.exit_code):
        return Verdict(PASS)
    last = last_line(outcome.console)
    if outcome.timed_out:
        return Verdict(TIMEOUT, f"hung for {outcome.wall:.0f} s; last line: {last}")
    ended = f"QEMU ended with status {outcome.exit_code}, not {expected.exit}"
    return Verdict(FAIL, f"{ended}; last line: {last}")


def _linux(expected: Expected, outcome: Outcome) -> Verdict:
    """Userland prints the nonce that it finds in the initrd and the one on its command line."""
    if USERLAND_ERROR in outcome.console:
        return Verdict(FAIL, "userland found its initrd damaged")
    reports = set(LINUX_REPORT.findall(outcome.console))
    if not reports:
        return _no_report(outcome)
    for nonces in reports:
        if nonces != (expected.nonce, expected.nonce):
            return Verdict(
                FAIL, f"nonces {' and '.join(nonces)} are not this boot's {expected.nonce}"
            )
    if outcome.timed_out or outcome.exit_code != POWER_OFF_EXIT:
        return Verdict(
            TIMEOUT if outcome.timed_out else FAIL, "userland did not switch the machine off"
        )
    return Verdict(PASS)


def _no_report(outcome: Outcome) -> Verdict:
    started = ", although it started" if FIRST_INSTRUCTION in outcome.debug else ""
    last = last_line(outcome.console)
    if outcome.timed_out:
        return Verdict(
            TIMEOUT,
            f"no report from the payload within {outcome.wall:.1f} s{started}; last line: {last}",
        )
    if NO_DEVICE in outcome.console:
        return Verdict(FAIL, f"did not boot{started}: {_own_message(outcome.console)}")
    if outcome.exit_code == NEXT_DEVICE_EXIT:
        return Verdict(
            FAIL, f"the BIOS went on to the next device{started}: {_own_message(outcome.console)}"
        )
    return Verdict(
        FAIL,
        f"the machine was reset or switched off{started} (status {outcome.exit_code}); last line: {last}",
    )


def _control(expected: Expected, outcome: Outcome) -> Verdict:
    if REPORT_START.search(outcome.debug) or REPORT_START.search(outcome.console):
        return Verdict(FAIL, "booted, and must not")
    if FIRST_INSTRUCTION in outcome.debug:
        return Verdict(FAIL, "entered the payload, and must not")
    if outcome.timed_out:
        last = last_line(outcome.console)
        return Verdict(
            TIMEOUT, f"hung instead of giving up within {outcome.wall:.1f} s; last line: {last}"
        )
    if outcome.exit_code == NEXT_DEVICE_EXIT:
        return Verdict(PASS, f"did not boot: {_own_message(outcome.console)}")
    if NO_DEVICE not in outcome.console:
        last = last_line(outcome.console)
        return Verdict(
            FAIL,
            f"the machine was reset or switched off (status {outcome.exit_code}); last line: {last}",
        )
    if expected.next_device:
        return Verdict(FAIL, "the BIOS did not reach the next boot device")
    return Verdict(PASS, f"did not boot: {_own_message(outcome.console)}")


def last_line(console: str) -> str:
    """The last thing on it."""
    lines = [line.strip() for line in console.splitlines() if line.strip()]
    return lines[-1] if lines else "(nothing)"


def _own_message(console: str) -> str:
    """The line with an error code (E07); else the last line that isn't the BIOS's."""
    lines = [line.strip() for line in console.splitlines() if line.strip()]
    coded = [line for line in lines if re.search(r"\bE\d\d\b", line)]
    if coded:
        return coded[-1]
    ours = [
        line for line in lines if not line.startswith(("SeaBIOS", "Boot", "No bootable", "EFNEXT"))
    ]
    return ours[-1] if ours else "the BIOS found nothing to run"


def gave_up(console: str) -> bool:
    """True once the BIOS has nothing more to try, so that waiting longer is pointless."""
    return NO_DEVICE in console
