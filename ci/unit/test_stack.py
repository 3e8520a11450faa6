# SPDX-License-Identifier: BSD-2-Clause
"""The firmware's stack is deep enough: by the compiler's own count, and the counting itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci import stack
from ci.stack import NESTED, Depths, Graph, Unknown
from ci.tree import need_tool


def graph(*lines: str) -> Graph:
    """Lines as `name size` and `caller > called`."""
    text = ""
    for line in lines:
        words = line.split()
        if words[1] == ">":
            text += f'edge: {{ sourcename: "{words[0]}" targetname: "{words[2]}" label: "" }}\n'
        else:
            label = f"{words[0]}\\nfile.c:1:1\\n{words[1]} bytes (static)"
            text += f'node: {{ title: "{words[0]}" label: "{label}" }}\n'
    found = Graph()
    found.add(text)
    return found


def test_the_deepest_chain() -> None:
    """Not the longest one."""
    found = graph("a 8", "b 100", "c 20", "d 20", "a > b", "a > c", "c > d")
    chain = Depths(found).of("a")
    assert chain and (chain.size, chain.names) == (108, ("a", "b"))
    chain = Depths(found, "d").of("a")
    assert chain and (chain.size, chain.names) == (48, ("a", "c", "d"))


def test_a_guard_ends_a_circle() -> None:
    """net_poll_frame, called from a receive handler, returns at once: its own frame counts once more."""
    found = graph("net_poll_frame 10", "b 5", "net_poll_frame > b", "b > net_poll_frame")
    chain = Depths(found).of("net_poll_frame")
    assert chain and chain.size == 25


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("a 4", "b 4", "a > b", "b > a"), "recursion: a > b > a"),
        (("a 4", "a > b"), "nothing is known of b"),
        (("a 4", "a > __indirect_call"), "a calls through a pointer"),
    ],
)
def test_what_is_not_known_is_said(lines: tuple[str, ...], message: str) -> None:
    """Nothing is left out of the sum silently."""
    with pytest.raises(Unknown, match=message):
        Depths(graph(*lines)).of("a")


def test_the_stack_holds(
    built: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A boot, a program, a call by it, and handlers of its that call in between."""
    need_tool("gcc")
    found = stack.worst(stack.compile_graph(built, tmp_path))
    size = stack.stack_size(built)
    record_property("figures", f"at most {found.total(NESTED)} of {size} bytes of stack")
    assert found.total(NESTED) <= size, "\n".join(found.lines())
