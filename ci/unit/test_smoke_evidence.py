# SPDX-License-Identifier: BSD-2-Clause
"""The journal of evidence, what is made of it, and the table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ci.lab.journal import Journal, Record, compact, merge, still_valid, write_console
from ci.lab.judge import FAIL, PASS, SKIP, TIMEOUT
from ci.lab.report import last_line, layout, skip_reasons, table

RECORD = Record(
    case="e1000/8086100e.rom+e1000+rom",
    image="e1000/8086100e.rom",
    sha256="aa",
    medium="rom",
    family="e1000",
    tier="exact",
    card="e1000",
    boot="rom",
    payload="nbi",
    nonce="00",
    verdict=PASS,
    arguments=("-m", "32"),
    time_to_payload=0.2,
    console="SeaBIOS",
    when="2024-01-01T00:00:00+00:00",
)
LATER = "2024-01-02T00:00:00+00:00"


def journal_of(path: Path, *records: Record) -> Journal:
    """A journal with these records."""
    with Journal(path / "journal.jsonl") as journal:
        for record in records:
            journal.append(record)
    return journal


def test_journal_keeps_records(tmp_path: Path) -> None:
    """What is written is read again, and the last record of a case counts."""
    failed = replace(RECORD, verdict=FAIL, reason="no")
    journal = journal_of(tmp_path, failed, RECORD)
    assert list(journal.read()) == [failed, RECORD]
    assert journal.latest() == {RECORD.case: RECORD}


def test_journal_survives_an_interruption(tmp_path: Path) -> None:
    """A line cut short is ignored, and does not spoil the next one."""
    journal = journal_of(tmp_path, RECORD, RECORD)
    text = journal.path.read_text()
    journal.path.write_text(text[:-30])
    assert list(journal.read()) == [RECORD]
    other = replace(RECORD, case="other")
    journal_of(tmp_path, other)
    assert list(journal.read()) == [RECORD, other]


def test_journal_of_another_version_is_read(tmp_path: Path) -> None:
    """Keys that this version does not know are left out."""
    journal = journal_of(tmp_path, RECORD)
    item = json.loads(journal.path.read_text()) | {"colour": "blue"}
    journal.path.write_text(json.dumps(item) + "\nnot JSON\n[]\n")
    assert list(journal.read()) == [RECORD]


def test_full_disk_is_reported() -> None:
    """A record that cannot be written ends the run with what the system says."""
    with pytest.raises(OSError, match="No space left"):
        with Journal(Path("/dev/full")) as journal:
            journal.append(RECORD)


def test_only_a_pass_of_these_bytes_counts() -> None:
    """Other bytes, or another verdict, mean another boot."""
    assert still_valid(RECORD, "aa")
    assert not still_valid(RECORD, "bb")
    assert not still_valid(replace(RECORD, verdict=TIMEOUT), "aa")
    assert not still_valid(None, "aa")


def test_compact_drops_what_is_gone(tmp_path: Path) -> None:
    """Superseded records and those of other cases go."""
    gone = replace(RECORD, case="gone")
    journal = journal_of(tmp_path, replace(RECORD, verdict=FAIL), gone, RECORD)
    compact(journal.path, [RECORD.case])
    assert list(journal.read()) == [RECORD]


def merged(tmp_path: Path, *records: Record) -> dict[str, dict[str, object]]:
    """The records of evidence.json."""
    path = tmp_path / "smoke/evidence.json"
    merge(records, path)
    document = json.loads(path.read_text())
    found: dict[str, dict[str, object]] = document["records"]
    return found


def test_merge_takes_the_best_tier(tmp_path: Path) -> None:
    """One entry per image, with its best tier; controls are no evidence."""
    control = replace(RECORD, case="control", tier="control", verdict=FAIL)
    family = replace(RECORD, case="f", tier="family", verdict=FAIL, time_to_payload=None)
    entry = merged(tmp_path, control, family, RECORD)[RECORD.image]
    assert (entry["tier"], entry["verdict"], entry["sha256"]) == ("exact", PASS, "aa")
    assert entry["console"] == "smoke/console/e1000_8086100e.rom+e1000+rom.txt"
    assert entry["time_to_payload"] == 0.2


def test_merge_shows_the_worst_of_a_tier(tmp_path: Path) -> None:
    """An image with one failed boot at its tier has not passed."""
    failed = replace(RECORD, case="usb", boot="usb", verdict=FAIL, reason="no")
    entry = merged(tmp_path, RECORD, failed)[RECORD.image]
    assert (entry["verdict"], entry["reason"]) == (FAIL, "no")


def test_merge_leaves_out_older_bytes(tmp_path: Path) -> None:
    """Evidence of other bytes says nothing about these."""
    new = replace(RECORD, case="new", sha256="bb", tier="family", when=LATER)
    entry = merged(tmp_path, RECORD, new)[RECORD.image]
    assert (entry["sha256"], entry["tier"]) == ("bb", "family")


def test_console_text_is_kept(tmp_path: Path) -> None:
    """One readable file per case, with a safe name."""
    write_console(tmp_path, RECORD)
    assert (tmp_path / "e1000_8086100e.rom+e1000+rom.txt").read_text() == "SeaBIOS\n"


def test_table_and_last_line() -> None:
    """Counts per family, medium and tier; a timeout counts as failed at the end."""
    records = [RECORD, RECORD, replace(RECORD, verdict=TIMEOUT)]
    records.append(replace(RECORD, medium="zpxe", verdict=SKIP, reason="no stock ROM"))
    lines = table(records).splitlines()
    assert lines[0].split() == [
        "family",
        "medium",
        "tier",
        "passed",
        "failed",
        "timeout",
        "skipped",
    ]
    assert lines[1].split() == ["e1000", "rom", "exact", "2", "0", "1", "0"]
    assert lines[2].split() == ["e1000", "zpxe", "exact", "0", "0", "0", "1"]
    assert last_line(records) == "2 passed, 1 failed, 1 skipped"
    assert skip_reasons(records) == ["SKIP 1 x no stock ROM"]


def test_layout_aligns_numbers_right() -> None:
    """Numbers line up at their last digit."""
    assert (
        layout([("what", "size"), ("a", "5"), ("bb", "10")]) == "what  size\na        5\nbb      10"
    )
