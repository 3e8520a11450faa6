# SPDX-License-Identifier: BSD-2-Clause
"""Records as JUnit XML, which CI systems show: a suite for each family, a test case for each boot."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

from ci.lab.journal import Record
from ci.lab.judge import FAIL, SKIP, TIMEOUT
from factory.files import write_atomic

# What XML 1.0 has no way to write; a console may show all of it.
_INVALID = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FACTS = ("tier", "image", "sha256", "booted_sha256", "nonce", "qemu", "accelerator", "bios")


def write_junit(records: Iterable[Record], path: Path) -> None:
    """Write the file. Raises FactoryError when it cannot be."""
    families: dict[str, list[Record]] = {}
    for record in records:
        families.setdefault(record.family or "other", []).append(record)
    everything = [record for found in families.values() for record in found]
    root = ET.Element("testsuites", {"name": "etherforge smoke", **_counts(everything)})
    for family, found in families.items():
        suite = ET.SubElement(root, "testsuite", {"name": family, **_counts(found)})
        for record in found:
            _add_case(suite, record)
    ET.indent(root, " ")
    write_atomic(path, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _counts(records: list[Record]) -> dict[str, str]:
    bad = sum(record.verdict in (FAIL, TIMEOUT) for record in records)
    skipped = sum(record.verdict == SKIP for record in records)
    return {
        "tests": str(len(records)),
        "failures": str(bad),
        "errors": "0",
        "skipped": str(skipped),
        "time": f"{sum(record.wall for record in records):.3f}",
    }


def _add_case(suite: ET.Element, record: Record) -> None:
    name = f"etherforge.{record.family or 'other'}.{record.medium or record.tier}"
    seconds = f"{record.wall:.3f}"
    case = ET.SubElement(suite, "testcase", classname=name, name=_text(record.case), time=seconds)
    if record.verdict == SKIP:
        ET.SubElement(case, "skipped", message=_text(record.reason))
    elif record.verdict in (FAIL, TIMEOUT):
        failure = ET.SubElement(case, "failure", message=_text(record.reason), type=record.verdict)
        failure.text = _text(record.console)
    facts = "".join(f"{key}: {getattr(record, key)}\n" for key in _FACTS if getattr(record, key))
    ET.SubElement(case, "system-out").text = _text(facts)


def _text(text: str) -> str:
    """The same with what XML cannot have as Python would write it: \\x1b."""
    return _INVALID.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
