"""romtool on damaged input."""

from __future__ import annotations

from ci.host.romtool_fixtures import (
    R_32,
    R_PC32,
    Elf,
    Workshop,
    build,
    firmware,
    foreign_rom,
    run_checked,
    workshop,
)

__all__ = ["workshop"]
ROUNDS = 30000


def test_fuzz(workshop: Workshop) -> None:
    """Whatever the bytes are, nothing is read or written outside them, and nothing loops."""
    images = {
        "a.rom": workshop.image("rom", devices="8139,8129", settings="a=1"),
        "b.zpxe": workshop.image("zpxe"),
        "c.dsk": workshop.image("dsk")[:2048],
        "d.rom": foreign_rom(indicator=0) + foreign_rom(code_type=3),
        "e.rom": foreign_rom(revision=3),
        "f.elf": firmware().encode(),
        "g.elf": Elf(bytes(900), [(4, R_32, "_data_end"), (500, R_PC32, "_data_end")]).encode(),
    }
    paths = [workshop.file(name, data) for name, data in images.items()]
    fuzzer = build("romtool_fuzz", "ci/host/romtool_fuzz.c")
    done = run_checked([fuzzer, str(ROUNDS), *paths])
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{ROUNDS} inputs from {len(paths)} files\n"
