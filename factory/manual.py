# SPDX-License-Identifier: BSD-2-Clause
"""The manual: what --help says of each command, as man pages and as docs/commands.md.

A page is made from the command itself, so that neither can say something else.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from factory.files import write_atomic
from factory.places import TEMPLATES
from factory.source import given_date, iso_date
from factory.templates import Engine
from factory.tools import run_romtool

PROGRAM = "etherforge"
_VERBATIM = "\b"  # click's mark in front of a paragraph whose lines stay
_ROMTOOL = "romtool"
_ROMTOOL_SUMMARY = "pack, check and change network-boot images"
_ROMTOOL_TEXT = "It knows the formats of the images, and PCI option ROMs of other makers."
_WIDTH = 78
_LINE, _TEXT = re.compile(r"  (\S.*)"), re.compile(r"      (\S.*)")


@dataclass(frozen=True)
class Paragraph:
    """Text, or lines that stay as they are."""

    text: str
    verbatim: bool = False


@dataclass(frozen=True)
class Item:
    """An option or a command, and what it does."""

    term: str
    text: str


@dataclass(frozen=True)
class Page:
    """One command."""

    name: str  # etherforge-find
    command: str  # etherforge find
    summary: str
    usage: str  # what follows the command
    paragraphs: tuple[Paragraph, ...]
    options: tuple[Item, ...] = ()
    commands: tuple[Item, ...] = ()
    others: tuple[str, ...] = ()  # names of pages to look at, too


def pages(group: click.Group, romtool: Path) -> list[Page]:
    """The program's page, one for each command, and romtool's."""
    commands = {name: it for name, it in sorted(group.commands.items()) if not it.hidden}
    names = [f"{PROGRAM}-{name}" for name in commands]
    listed = tuple(Item(f"{PROGRAM} {name}", _summary(it)) for name, it in commands.items())
    top = _page(group, PROGRAM, PROGRAM, listed, (*names, _ROMTOOL))
    found = [top]
    for name, command in commands.items():
        others = (PROGRAM, _ROMTOOL)
        found.append(_page(command, f"{PROGRAM}-{name}", f"{PROGRAM} {name}", (), others))
    return [*found, _romtool_page(romtool)]


def _page(
    command: click.Command,
    name: str,
    words: str,
    commands: tuple[Item, ...],
    others: tuple[str, ...],
) -> Page:
    context = click.Context(command, info_name=words, help_option_names=["-h", "--help"])
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    options = tuple(Item(term, text) for term, text in filter(None, records))
    usage = " ".join(command.collect_usage_pieces(context))
    paragraphs = tuple(_paragraphs(inspect.cleandoc(command.help or "")))
    return Page(name, words, _summary(command), usage, paragraphs, options, commands, others)


def _summary(command: click.Command) -> str:
    """The first sentence, as a line of an index: without capital and full stop."""
    sentence = (command.help or "").split("\n\n", maxsplit=1)[0]
    text = " ".join(sentence.split()).split(". ", maxsplit=1)[0].rstrip(".")
    return text[:1].lower() + text[1:]


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for part in re.split(r"\n\s*\n", text.strip("\n")):
        if part.startswith(_VERBATIM):
            yield Paragraph(part.removeprefix(_VERBATIM).strip("\n"), verbatim=True)
        else:
            yield Paragraph(" ".join(part.split()))


def _romtool_page(romtool: Path) -> Page:
    """From its own --help: lines of two spaces are commands, of six what they do; then a paragraph."""
    done = run_romtool(romtool, ["--help"])
    usage, *lines = (done.stdout or done.stderr).decode().splitlines()
    commands: list[Item] = []
    rest: list[str] = []
    for line in lines:
        if text := _TEXT.fullmatch(line):
            commands[-1] = Item(commands[-1].term, f"{commands[-1].text} {text[1]}".strip())
        elif command := _LINE.fullmatch(line):
            commands.append(Item(f"{_ROMTOOL} {command[1]}", ""))
        else:
            rest.append(line)
    paragraphs = (Paragraph(_ROMTOOL_TEXT), *_paragraphs("\n".join(rest)))
    words = usage.removeprefix(f"usage: {_ROMTOOL} ")
    others = (PROGRAM, f"{PROGRAM}-set")
    return Page(
        _ROMTOOL, _ROMTOOL, _ROMTOOL_SUMMARY, words, paragraphs, (), tuple(commands), others
    )


def filled(text: str) -> str:
    """Text in lines, as troff takes it."""
    return roff(
        textwrap.fill(
            " ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False
        )
    )


def roff(text: str) -> str:
    """Text as troff takes it: `code` is bold, and nothing of it is a request."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("\u2026", "...")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fP", text)
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE).replace('"', r"\(dq")


def write_man(found: list[Page], version: str, out: Path) -> list[Path]:
    """Write a page of section 1 for each; the paths.

    The date is SOURCE_DATE_EPOCH's, which builds of packages set; without it a page has none, and stays the same.
    """
    epoch = given_date()
    date = "" if epoch is None else iso_date(epoch)[:10]
    engine = Engine(TEMPLATES)
    texts = {
        out
        / f"{page.name}.1": engine.render(
            "manual/page.1.j2", page=page, filled=filled, roff=roff, version=version, date=date
        )
        for page in found
    }
    for path, text in texts.items():
        write_atomic(path, text)
    return list(texts)


def write_document(found: list[Page], path: Path) -> None:
    """Write the reference in Markdown."""
    write_atomic(path, Engine(TEMPLATES).render("manual/commands.md.j2", pages=found))
