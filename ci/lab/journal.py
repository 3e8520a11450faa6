# SPDX-License-Identifier: BSD-2-Clause
"""Evidence of boots: the record of one case, the journal they are kept in, and evidence.json for those who download.

The journal is one JSON object per line, appended as cases end; a line that an interruption cut short
is ignored. Only the process that runs the smoke boots writes it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ci.lab.judge import PASS

# Best first. An image may have records of several tiers; evidence.json shows the best.
TIERS = ("exact", "family", "model", "static")


@dataclass(frozen=True)
class Record:
    """What one case showed. Times in seconds."""

    case: str  # its key
    tier: str  # exact, family, static, control, linux, input …; of the PXE suite: the group
    nonce: str
    verdict: str
    reason: str = ""  # or a remark
    image: str = ""  # path below out/images
    sha256: str = ""  # of the image as built
    medium: str = ""
    family: str = ""
    card: str = ""  # QEMU device, or chip model
    boot: str = ""  # rom, nbp, floppy, disk, usb …
    payload: str = ""  # kind of boot file
    first_stage: str = ""  # which PXE ROM loaded a .zpxe
    booted_sha256: str = ""  # of what was booted: restamped for tier family, damaged for a control
    model_sha256: str = ""  # of the program with the chip models, where one was the card
    seed: int = 0  # of that one's latencies
    qemu: str = ""
    accelerator: str = ""  # QEMU's: tcg or kvm
    bios: str = ""
    arguments: tuple[str, ...] = ()
    time_to_payload: float | None = None
    wall: float = 0.0
    cpu: float = 0.0
    console: str = ""
    debug: str = ""  # port E9h; this and what follows are not in the journal
    errors: str = ""  # QEMU's
    card_log: str = ""  # of the process of a chip model
    when: str = ""  # UTC

    def line(self) -> str:
        """As it is printed."""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.verdict.upper()} {self.case}{reason} ({self.wall:.1f} s)"

    @classmethod
    def from_json(cls, item: dict[str, Any]) -> Record:
        """From asdict()'s form; unknown keys of another version are ignored."""
        known = {f.name for f in fields(cls)}
        values = {key: value for key, value in item.items() if key in known}
        values["arguments"] = tuple(values.get("arguments", ()))
        return cls(**values)


class Journal:
    """Append-only file of records. Use as a context manager to append."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1

    def __enter__(self) -> Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        self._descriptor = os.open(self.path, flags, 0o644)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")  # end the line an interruption cut short
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    def append(self, record: Record) -> None:
        """Add one record, in a single write."""
        item = asdict(replace(record, debug="", errors="", card_log=""))
        line = json.dumps(item, separators=(",", ":")) + "\n"
        data = line.encode()
        written = os.write(self._descriptor, data)
        if written != len(data):
            raise OSError(
                f"{self.path}: only {written} of {len(data)} bytes written; hint: is the disk full?"
            )

    def read(self) -> Iterator[Record]:
        """Every whole record, in the order they were made."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    yield Record.from_json(json.loads(line))
                except (ValueError, TypeError, AttributeError):
                    continue

    def latest(self) -> dict[str, Record]:
        """The last record of every case."""
        return {record.case: record for record in self.read()}


def still_valid(record: Record | None, sha256: str, model_sha256: str = "") -> bool:
    """True when the record proves an image of these bytes, on these chip models, so that it needs no new boot."""
    if record is None or record.verdict != PASS:
        return False
    return (record.sha256, record.model_sha256) == (sha256, model_sha256)


def compact(journal: Path, keep: Iterable[str]) -> None:
    """Rewrite the journal with only the last record of the cases in `keep`."""
    wanted = set(keep)
    records = [record for key, record in Journal(journal).latest().items() if key in wanted]
    beside = journal.with_suffix(".tmp")
    beside.unlink(missing_ok=True)
    with Journal(beside) as out:
        for record in records:
            out.append(record)
    beside.replace(journal)


def file_name(case: str, suffix: str) -> str:
    """Name of a file of a case's evidence."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", case) + suffix


def write_console(folder: Path, record: Record) -> None:
    """Keep what was printed as a file of its own, for reading."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [record.console, f"--- port E9h\n{record.debug}" if record.debug else ""]
    parts += [f"--- QEMU\n{record.errors}" if record.errors else ""]
    parts += [f"--- chip model\n{record.card_log}" if record.card_log else ""]
    text = "\n".join(part for part in parts if part)
    (folder / file_name(record.case, ".txt")).write_text(text + "\n", encoding="utf-8")


def merge(
    records: Iterable[Record],
    path: Path,
    gates: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Write evidence.json: per image path its sha256, best tier, the verdict there, and what each of its cases showed.

    A record counts only for an image that has this sha256. Console paths are relative to the folder
    that the evidence's folder is in. `gates`: how Linux passed on chip models, by the models' names.
    """
    from factory.downloads import METADATA_VERSION  # workers have none of what that imports

    by_image: dict[str, list[Record]] = {}
    for record in records:
        if record.tier in TIERS:
            by_image.setdefault(record.image, []).append(record)
    folder = path.resolve().parent.name
    document: dict[str, Any] = {
        "metadata_version": METADATA_VERSION,
        "records": {image: _summary(found, folder) for image, found in by_image.items()},
    }
    for entry in document["records"].values():
        if entry["tier"] == "model":
            entry["gate"] = gates.get(entry["card"].partition("@")[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    beside.replace(path)


def _summary(records: list[Record], folder: str) -> dict[str, Any]:
    """An image's best tier, and there its worst verdict: every boot of that tier must have passed."""
    latest = max(records, key=lambda record: record.when)
    current = [record for record in records if record.sha256 == latest.sha256]
    best = min((record.tier for record in current), key=TIERS.index)
    of_tier = [record for record in current if record.tier == best]
    shown = next((record for record in of_tier if record.verdict != PASS), of_tier[0])
    times = [record.time_to_payload for record in of_tier if record.time_to_payload is not None]
    entry = _slim(shown, folder)
    entry["time_to_payload"] = min(times) if times else None
    entry["console_text"] = shown.console
    entry["cases"] = [_slim(record, folder) for record in current]
    return entry


def _slim(record: Record, folder: str) -> dict[str, Any]:
    """A record with a path in place of the console text."""
    item = asdict(record)
    console = f"{folder}/console/{file_name(record.case, '.txt')}"
    item["console"] = console if record.console else None
    del item["debug"], item["errors"], item["card_log"]
    return item
