# SPDX-License-Identifier: BSD-2-Clause
"""Profile `small`, which no image of the standard matrix has: its size, that it boots, and what it says of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.net.scenario import Scenario
from ci.tree import ROOT, make_or_fail
from ci.unit.test_settings_boots import Bench, bench, of_rom
from factory.spec import load_spec

__all__ = ["bench"]

ROM = "images/rtl8139/10ec8139.rom"
LARGEST = 24_576  # bytes
SCRIPT = b"#!ipxe\nchain payload\n"
MATRIX = """
families:
  rtl8139: { driver: rtl8139, profile: small, ids: [10ec:8139] }
"""


@pytest.fixture(scope="module", name="rom")
def _rom(built: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Built by a private matrix: the project's own, with one card."""
    folder = tmp_path_factory.mktemp("small")
    text = (ROOT / "targets.yaml").read_text()
    spec = folder / "my.yaml"
    spec.write_text(text[: text.index("\nfamilies:")] + MATRIX)
    out = folder / "build"
    make_or_fail(f"{out}/{ROM}", f"O={out}", f"SPEC={spec}")
    return (out / ROM).read_bytes()


def test_parts() -> None:
    """What the default lacks, it lacks as well."""
    profiles = load_spec(ROOT / "targets.yaml").profiles
    assert set(profiles["default"].without) < set(profiles["small"].without)


def test_size(rom: bytes) -> None:
    """It is for what has less room than the other images need."""
    assert len(rom) <= LARGEST


def test_boots(bench: Bench, rom: bytes) -> None:
    """A kernel, over TFTP."""
    files = bench.files("bzimage")
    outcome = bench.boot(of_rom(rom), Scenario("good"), files, boot_file="payload")
    bench.check(outcome, files)


@pytest.mark.parametrize(
    ("boot_file", "message"),
    [("http://10.77.0.1/payload", "(E42)"), ("tftp://name/payload", "(E28)"), ("script", "(E21)")],
)
def test_what_it_lacks(bench: Bench, rom: bytes, boot_file: str, message: str) -> None:
    """No HTTP, no names, no scripts: each is said, and the next device starts."""
    files = bench.files() | {"script": SCRIPT}
    outcome = bench.boot(of_rom(rom), Scenario("good"), files, boot_file=boot_file)
    assert message in outcome.console and "Booting from Floppy" in outcome.console
