# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's own arithmetic: rates, shares, tables."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from ci.bench_boot import Timing, medians, rates_of, times_of
from ci.bench_report import markdown
from ci.bench_transfer import FileWatch, share_waiting
from ci.net.packets import udp_frame

READER = """
import sys, time
with open(sys.argv[1], "rb", buffering=0) as file:
    while file.read(100_000):
        time.sleep(0.01)
"""
MACS = (bytes(6), bytes(6))
IPS = (bytes(4), bytes(4))


def pcap(*packets: tuple[float, bytes]) -> bytes:
    """A capture of UDP payloads at the given times."""
    data = bytes(24)
    for when, payload in packets:
        frame = udp_frame(MACS, IPS, (1, 2), payload)
        micros = round(when * 1e6)
        data += (
            struct.pack("=IIII", micros // 10**6, micros % 10**6, len(frame), len(frame))
            + frame
        )
    return data


def tftp(opcode: int, block: int) -> bytes:
    """A TFTP packet's head."""
    return struct.pack("!HH", opcode, block)


def test_share_of_waiting() -> None:
    """From each acknowledgement to the next block, of the time from the first block to the last."""
    capture = pcap(
        (10.0, tftp(3, 1)),
        (10.1, tftp(4, 1)),
        (10.4, tftp(3, 2)),
        (10.5, tftp(4, 2)),
        (11.0, tftp(3, 3)),
        (11.5, tftp(4, 3)),
    )
    assert share_waiting(capture) == pytest.approx(0.8)


def test_share_of_no_transfer() -> None:
    """A capture without data says nothing."""
    assert share_waiting(pcap((1.0, tftp(4, 0)))) is None
    assert share_waiting(bytes(24)) is None


def test_reading_is_watched(tmp_path: Path) -> None:
    """The rate at which another process reads a file: 100 kB each 10 ms or a little more."""
    file = tmp_path / "file"
    file.write_bytes(bytes(5_000_000))
    process = subprocess.Popen([sys.executable, "-c", READER, str(file)])
    with FileWatch(process.pid, file) as watch:
        assert process.wait(60) == 0
    assert watch.seen >= 4_000_000
    assert watch.rate is not None
    assert 1 < watch.rate < 12


def test_nothing_read(tmp_path: Path) -> None:
    """No rate is made up."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    with FileWatch(process.pid, tmp_path / "file") as watch:
        process.wait(60)
    assert watch.rate is None
    assert watch.seen == 0


def test_medians() -> None:
    """Of times, and of the rates that were seen."""
    samples = [Timing(0.3, 10.0), Timing(0.1, None), Timing(0.2, 20.0)]
    both = {"ours": samples, "stock": [Timing(0.1, None)]}
    assert medians(both, times_of, 4) == {
        **{"ours": 0.2, "ours_samples": [0.3, 0.1, 0.2]},
        **{"stock": 0.1, "stock_samples": [0.1]},
    }
    assert medians(both, rates_of, 3) == {
        **{"ours": 15.0, "ours_samples": [10.0, 20.0]},
        **{"stock": None, "stock_samples": []},
    }


def test_tables() -> None:
    """Every part that was measured has a table; what was skipped is listed."""
    family = {
        "family": "e1000",
        "card": "e1000",
        "size": {"rom": 21000, "zpxe": 21000, "dsk": 21000, "stock": 75264},
        "to_payload": {"ours": 0.2, "stock": 5.4},
        "rate": {"user": {"ours": 50.0, "stock": 25.0, "ratio": 2.0}},
        "waiting": {"ours": 0.4, "stock": None},
        "skipped": ["tap, atftpd: network namespaces need root"],
    }
    results = {
        "qemu": "7.2",
        "cores": 2,
        "rounds": 5,
        "load_before": 0.1,
        "load_after": 0.2,
        "families": [family],
        "smoke": {"boots": 900, "passed": 900, "seconds": 100.0, "per_second": 9.0},
    }
    text = markdown(results)
    assert "| e1000 | 21,000 | 21,000 | 21,000 | 75,264 |" in text
    assert "| e1000 (e1000) | 0.200 | 5.400 |" in text
    assert "| e1000 | user | 50.0 | 25.0 | 2.00 |" in text
    assert "| e1000 | 40% | – |" in text
    assert "| 900 boots, 900 passed | 100.0 | 9.0 |" in text
    assert "- SKIP e1000: tap, atftpd: network namespaces need root" in text
    assert "from clean" not in text


def test_table_without_peer() -> None:
    """A card for which there is no stock ROM has our figures, and dashes."""
    family = {
        "family": "tulip",
        "card": "tulip",
        "size": {"rom": 23040, "zpxe": 22528, "dsk": 23040},
        "to_payload": {"ours": 0.2, "stock": None},
        "rate": {"user": {"ours": 50.0, "stock": None}},
        "waiting": {},
        "skipped": [],
    }
    head = {"qemu": "7.2", "cores": 2, "rounds": 5, "load_before": 0.1, "load_after": 0.2}
    text = markdown({**head, "families": [family]})
    assert "| tulip | 23,040 | 22,528 | 23,040 | – |" in text
    assert "| tulip (tulip) | 0.200 | – |" in text
    assert "| tulip | user | 50.0 | – | – |" in text
