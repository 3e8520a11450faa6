# SPDX-License-Identifier: BSD-2-Clause
"""JUnit XML of a run: what CI systems read of it, whatever a console showed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from ci.lab.journal import Record
from ci.lab.junit import write_junit

RECORDS = [
    Record("a.rom+x", "exact", "1" * 32, "pass", family="a", medium="rom", wall=0.25, qemu="7.2"),
    Record(
        *("a.rom+y", "exact", "2" * 32, "fail"),
        reason='the <payload> & "nonce"',
        family="a",
        medium="rom",
        wall=0.5,
        console="]]>\x00\x1b[2J\ufffe\ud800 E14 \u20ac\r\nlast",
    ),
    Record("b.rom+z", "family", "", "skip", reason="no card", family="b", medium="rom"),
    Record("b.rom+w", "family", "", "timeout", reason="30 s", family="b", medium="rom", wall=30.0),
]


def test_form(tmp_path: Path) -> None:
    """Suites count; a pass has facts, a skip its reason, a failure the reason and the console."""
    write_junit(RECORDS, tmp_path / "junit.xml")
    root = ET.parse(tmp_path / "junit.xml").getroot()
    counts = {"tests": "4", "failures": "2", "errors": "0", "skipped": "1", "time": "30.750"}
    assert root.tag == "testsuites" and root.attrib == {"name": "etherforge smoke", **counts}
    assert [suite.get("name") for suite in root] == ["a", "b"]
    passed, failed, skipped, late = root.iter("testcase")
    assert passed.attrib == {"classname": "etherforge.a.rom", "name": "a.rom+x", "time": "0.250"}
    assert "qemu: 7.2" in (passed.findtext("system-out") or "")
    assert passed.find("failure") is None and failed.find("skipped") is None
    trouble, reason = failed.find("failure"), skipped.find("skipped")
    assert trouble is not None and trouble.get("message") == 'the <payload> & "nonce"'
    assert trouble.text == "]]>\\x00\\x1b[2J\\xfffe\\xd800 E14 \u20ac\nlast"
    assert reason is not None and reason.get("message") == "no card"
    kind = late.find("failure")
    assert kind is not None and kind.get("type") == "timeout"


def test_nothing_found(tmp_path: Path) -> None:
    """A run that was stopped at once writes a file that can be read."""
    write_junit([], tmp_path / "junit.xml")
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert root.get("tests") == "0" and not list(root)
