"""Compiling the C tests of ci/host/ and the fuzz targets of ci/fuzz/.

Each says in the comments of its first lines what it is made of:

    // sources: src/firmware/net/dhcp.c …
    // flags: -DLOW_MEMORY=0x10000u …      for the compiler
    // libs: -no-pie …                     for the linker
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ci.tree import ROOT

FLAGS = """-std=gnu11 -g -fno-omit-frame-pointer -Wno-unused-parameter
    -Isrc/firmware -Isrc/drivers -Ici/host -Ici/fuzz -Ifactory/romtool -include out/gen/default/options.h""".split()


def words_after(label: str, text: str) -> list[str]:
    """The words of every `// label:` comment."""
    lines = re.findall(rf"^// {label}:(.*)$", text, re.MULTILINE)
    return " ".join(lines).split()


@dataclass(frozen=True)
class Unit:
    """A test or a fuzz target: its own file first, and what else it is made of."""

    sources: tuple[str, ...]
    flags: tuple[str, ...] = ()
    libs: tuple[str, ...] = ()

    @staticmethod
    def read(path: Path) -> Unit:
        """By the comments in the file."""
        text = path.read_text(encoding="utf-8")
        sources = [str(path.relative_to(ROOT)), *words_after("sources", text)]
        return Unit(
            tuple(sources), tuple(words_after("flags", text)), tuple(words_after("libs", text))
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _headers() -> str:
    """A digest of every header there is: whichever changes, all is compiled anew."""
    folders = [
        "src/firmware",
        "src/drivers",
        "ci/host",
        "ci/fuzz",
        "factory/romtool",
        "out/gen/default",
    ]
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.h"))]
    return _digest("".join(path.read_text(encoding="utf-8") for path in paths))


@dataclass
class Workbench:
    """One compiler and a folder: what several programs share is compiled once."""

    folder: Path
    compiler: Sequence[str]
    replaced: Mapping[str, Path] = field(default_factory=dict)  # other text for a source

    def _run(self, *words: str | Path) -> None:
        done = subprocess.run(
            [*self.compiler, *map(str, words)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stderr}")

    def object_of(self, source: str, flags: Sequence[str] = ()) -> Path:
        """A source, compiled with flags of its own."""
        text = self.replaced.get(source, ROOT / source)
        own = text == ROOT / source
        name = f"{source.removesuffix('.c').replace('/', '-')}-{_digest(' '.join(flags))[:8]}"
        output = self.folder / f"{name}{'' if own else '-replaced'}.o"
        made_of = output.with_suffix(".from")
        key = _digest(" ".join([*self.compiler, text.read_text(encoding="utf-8"), _headers()]))
        if output.exists() and made_of.exists() and made_of.read_text(encoding="utf-8") == key:
            return output
        home = [] if own else ["-iquote", str(Path(source).parent)]
        made_of.unlink(missing_ok=True)
        first = [flag for flag in flags if flag.startswith("-I")]  # a test's own headers
        self._run(*first, *FLAGS, *home, *flags, "-c", "-o", output, text)
        made_of.write_text(key, encoding="utf-8")
        return output

    def program(self, unit: Unit, *extra: str) -> Path:
        """The linked program; `extra`: more for the linker."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda source: self.object_of(source, unit.flags), unit.sources))
        output = self.folder / Path(unit.sources[0]).stem
        self._run("-o", output, *parts, *unit.libs, *extra)
        return output
