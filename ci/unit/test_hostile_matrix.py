# SPDX-License-Identifier: BSD-2-Clause
"""Matrices that are meant to do harm: one line with file, line and hint for each, and in no time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ci.unit.test_spec import GOOD
from factory.errors import EXIT_INPUT, FactoryError
from factory.spec import PROBLEMS_SHOWN, load_spec

SECONDS = 3  # of this process; each takes a few milliseconds
LAST = GOOD.count("\n") + 1  # where text that is appended stands


def _bomb(levels: int) -> str:
    """Each level names the one before nine times."""
    lines = ["l0: &l0 [x, x]\n"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, levels)]
    return "".join(lines)


def _problems(folder: Path, text: str | bytes) -> list[str]:
    path = folder / "targets.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    started = time.process_time()
    with pytest.raises(FactoryError) as caught:
        load_spec(path)
    assert time.process_time() - started < SECONDS
    assert caught.value.exit_code == EXIT_INPUT
    found = [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]
    assert all(line.isascii() and line.isprintable() and len(line) < 300 for line in found)
    return found


NAME_HINT = "; hint: use lower-case letters, digits and _, starting with a letter, 64 at most"
HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "newline after a name": (
        GOOD.replace("  beta:", '  "beta\\n":'),
        f'15: families: "beta\\n" is not a name{NAME_HINT}',
    ),
    "newline after a driver": (
        GOOD.replace("driver: beta", 'driver: "beta\\n"'),
        f'16: families.beta.driver: "beta\\n" is not a name{NAME_HINT}',
    ),
    "newline after an ID": (
        GOOD.replace("- 10ec:8139", '- "10ec:8139\\n"'),
        '13: families.alpha.ids[0]: "10ec:8139\\n" is not a PCI ID; '
        "hint: write four hex digits, a colon, four hex digits, e.g. 10ec:8139",
    ),
    "newline after a version": (
        GOOD.replace('"1.2"', '"1.2\\n"'),
        '1: version: "1.2\\n" is not a version; '
        'hint: write numbers and dots in quotes, e.g. "0.1.0"',
    ),
    "newline in a block scalar": (
        GOOD.replace("driver: beta", "driver: |\n      beta"),
        f'16: families.beta.driver: "beta\\n" is not a name{NAME_HINT}',
    ),
    "newline in a setting": (
        GOOD.replace("wait: 3", 'wait: "3\\n"'),
        '7: profiles.default.settings.wait: "3\\n" is no value of wait; '
        "hint: write a whole number of seconds, 1 to 300, for example 5",
    ),
    "long name": (
        GOOD.replace("  beta:", f"  b{'a' * 300}:"),
        f'15: families: "b{"a" * 55}... is not a name{NAME_HINT}',
    ),
    "long number": (
        GOOD.replace("24576", "9" * 5000),
        f'2: media.rom.budget: "{"9" * 56}... is a number of 5000 digits; '
        "hint: at most 18 make sense; quote it as text",
    ),
    "long number in a setting": (
        GOOD.replace("wait: 3", "wait: -" + "9" * 5000),
        f'7: profiles.default.settings.wait: "-{"9" * 55}... is a number of 5001 digits; '
        "hint: at most 18 make sense; quote it as text",
    ),
    "brackets": (
        GOOD + "x: " + "[" * 5000,
        f'{LAST}: x{"[0]" * 20}: "[...]" is nested more than 20 deep; hint: no matrix needs that',
    ),
    "brackets that close": (
        GOOD + "x: " + "[" * 5000 + "]" * 5000,
        f'{LAST}: x{"[0]" * 20}: "[...]" is nested more than 20 deep; hint: no matrix needs that',
    ),
    "braces": (
        "{a: " * 5000,
        f'1: a{".a" * 20}: "{{...}}" is nested more than 20 deep; hint: no matrix needs that',
    ),
    "dashes": (
        "- " * 5000 + "x",
        f'1: {"[0]" * 21}: "[...]" is nested more than 20 deep; hint: no matrix needs that',
    ),
    "alias bomb": (
        _bomb(9),
        '5: l4[3]: "*l3" is one alias too many: they repeat more than 10000 values; '
        "hint: write out what is meant",
    ),
    "alias of itself": (
        GOOD + "x: &x [*x]\n",
        f'{LAST}: x[0]: "*x" is an alias of what it stands in; hint: write it out',
    ),
    "alias of nothing": (
        GOOD + "x: *y\n",
        f'{LAST}: x: "*y" is an alias of nothing; hint: write it out',
    ),
    "tag": (
        GOOD.replace("driver: beta", "driver: !!python/name:os.system beta"),
        '16: families.beta.driver: "tag:yaml.org,2002:python/name:os.system" is a tag; '
        "hint: leave it out",
    ),
    "duplicate key": (
        GOOD.replace("driver: beta", "driver: beta\n    driver: alpha"),
        '17: families.beta: "driver" is there twice, first on line 16; '
        "hint: merge the two or rename one",
    ),
    "tab": (
        GOOD.replace("    driver: beta", "\tdriver: beta"),
        '16: behind families.alpha.ids[1].name: "driver: beta" is not YAML: '
        "found character that cannot start any token; "
        "hint: check indentation, colons and quotes on this line and the one above",
    ),
    "NUL": (
        GOOD.replace("beta", "be\0ta", 1),
        '15: behind families.alpha.ids[1].name: "U+0000" is a control character; hint: it is not text; remove it',
    ),
    "escape sequence": (
        GOOD.replace("beta", '"\\e[2Jbeta"', 1),
        f'15: families: "\\u001b[2Jbeta" is not a name{NAME_HINT}',
    ),
    "key with a newline, above an error": (
        GOOD.replace("    ids: [8086:100E", '    "i\\nds": [8086:100E'),
        '15: families.beta: {"driver": "beta", "uses": ["shared"], "family_rom": true... has no "ids"; '
        "hint: PCI IDs of the cards, one a line",
    ),
    "not UTF-8": (
        GOOD.replace("A Card", "Caf\u00e9").encode("latin-1"),
        '14: behind families.alpha.ids[1].name: "0xe9" at byte 360 is not UTF-8 text; hint: save it as UTF-8',
    ),
    "UTF-16": (
        GOOD.encode("utf-16"),
        '1: top level: "0xff" at byte 0 is not UTF-8 text; hint: save it as UTF-8',
    ),
    "second document": (
        GOOD + "---\n" + GOOD,
        f'{LAST}: top level: "---" starts a second document; hint: one file, one matrix',
    ),
    "list where a word is": (
        GOOD.replace("driver: beta", "driver: [beta]"),
        f'16: families.beta.driver: ["beta"] is not a name{NAME_HINT}',
    ),
    "medium twice": (
        GOOD.replace("media: [dsk]", "media: [dsk, dsk]", 1),
        '21: specials.undi.media[1]: "dsk" is listed twice; hint: remove one',
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_in_one_line(tmp_path: Path, name: str) -> None:
    text, message = HOSTILE[name]
    found = _problems(tmp_path, text)
    assert f"targets.yaml:{message}" in found
    assert len(found) == 1 or name == "key with a newline, above an error"


def test_huge(tmp_path: Path) -> None:
    for text in (b"#" * (64 << 20), b"[" * (1 << 20) + b"x"):
        (line,) = _problems(tmp_path, text)
        assert line == "targets.yaml: larger than 1048576 bytes; hint: is it a matrix?"


def test_something_that_is_not_a_file() -> None:
    """It never ends, and is not read until it does."""
    with pytest.raises(FactoryError, match="larger than 1048576 bytes"):
        load_spec(Path("/dev/zero"))


def test_many_problems(tmp_path: Path) -> None:
    """The first ones, in the order of the file, and that there are more."""
    found = _problems(tmp_path, GOOD.replace("[8086:100E", "[" + "x, " * 5000 + "8086:100E"))
    assert len(found) == PROBLEMS_SHOWN + 1
    assert found[1].startswith('targets.yaml:19: families.beta.ids[1]: "x" is not a PCI ID')
    assert (
        found[-1]
        == "targets.yaml:19: families.beta.ids[19]: there are more problems behind this one; "
        "hint: correct those that are named first"
    )


def test_lines_of_what_is_far_down(tmp_path: Path) -> None:
    """Errors of form come in the order of their lines."""
    text = GOOD.replace("10ec:8139\n", "10ec:813\n").replace("drivers: every", "drivers: any")
    lines = [problem.split(":")[1] for problem in _problems(tmp_path, text)]
    assert lines == ["13", "22"]


def test_aliases_that_are_no_bomb(tmp_path: Path) -> None:
    """They save typing; an error in what they name is on the line where it is written."""
    path = tmp_path / "targets.yaml"
    text = GOOD.replace("drivers: none", "drivers: none, budget: &b { dsk: 512 }")
    text = text.replace("budget: { dsk: 2048 }", "budget: *b")
    path.write_text(text)
    assert load_spec(path).specials[1].budget == {"dsk": 512}
    (line, other) = _problems(tmp_path, text.replace("512", "513"))
    assert line.startswith("targets.yaml:21: specials.all.budget.dsk: 513 is not a budget")
    assert other.startswith("targets.yaml:21: specials.undi.budget.dsk: 513 is not a budget")
