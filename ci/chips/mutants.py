# SPDX-License-Identifier: BSD-2-Clause
"""Do the models find bugs of drivers? Makes each of those in ci/chips/mutants.yaml, one at a time, and boots it.

A bug is found when a boot on one of the family's models fails, with the shortest or with seeded latencies. The tree
itself is not changed: a copy below out/ is.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from ci.chips.gate import MAC
from ci.images import Shop, stamped
from ci.lab.boot import run_case
from ci.lab.case import Case, Label
from ci.lab.judge import PASS, Expected
from ci.lab.machine import Machine
from ci.lab.network import Wired
from ci.payloads.payload import make_payload, payload_sum
from ci.tree import ROOT, copy_tree, make
from factory.errors import EXIT_FAILURE, EXIT_INPUT
from factory.spec import Family, Model, Spec, load_spec

LIST = ROOT / "ci/chips/mutants.yaml"
TREE = ROOT / "out/chips/mutants"
KIND = "nbi"
PAYLOAD_SIZE = 192 * 1024  # more frames than any ring has descriptors
SEEDS = (0, 1)  # of latencies: the shortest, and some
TIMEOUT = 20.0
KILLED = "killed"
GIVEN_UP = r"\(E\d\d\)"  # an error code ends the boot


class Broken(Exception):
    """A mutant that cannot be made, or a driver that fails without one."""


@dataclass(frozen=True)
class Mutant:
    """One bug of a driver."""

    file: str  # src/drivers/….c
    old: str
    new: str
    why: str

    def problem(self) -> str:
        """Why it cannot be made; "" when it can."""
        path = ROOT / self.file
        if not path.is_file():
            return f"{self.file}: {self.why}: there is no such file"
        count = path.read_text(encoding="utf-8").count(self.old)
        return "" if count == 1 else f"{self.file}: {self.why}: old text occurs {count} times"

    def words(self, spec: Spec) -> str:
        """What it may be chosen by."""
        return " ".join([self.file, self.why, *(family.name for family in self.families(spec))])

    def families(self, spec: Spec) -> list[Family]:
        """The families of the matrix that have it and a chip model."""
        name = Path(self.file).stem.removesuffix("_regs")
        users = (it for it in spec.families if name in (it.driver, *it.uses))
        return [it for it in users if any(model.is_chip for model in it.models)]


def read() -> list[Mutant]:
    """The list."""
    return [Mutant(**each) for each in yaml.safe_load(LIST.read_text(encoding="utf-8")) or []]


class Workshop:
    """A copy of the tree that is built anew with each bug."""

    def __init__(self, folder: Path = TREE) -> None:
        self._folder = folder
        self._shop = Shop(folder / "out")
        self._alone = threading.Lock()
        shutil.rmtree(folder, ignore_errors=True)
        copy_tree(folder)
        flags = folder / "build/compile.mk"  # a bug may leave something unused
        flags.write_text(flags.read_text("utf-8").replace(" -Werror", ""), "utf-8")

    def roms(self, family: Family, mutant: Mutant | None) -> dict[Model, bytes]:
        """A `.rom` for each chip model of the family, with the bug or without. Raises Broken when it does not build."""
        first, *others = (model for model in family.models if model.is_chip)
        path = self._folder / mutant.file if mutant else None
        with self._alone:
            text = path.read_text(encoding="utf-8") if path else ""
            if path and mutant:
                path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
            try:
                image = self._built(family, first)
                found = {first: image.read_bytes()}
                return found | {model: stamped(image, model.id, self._shop) for model in others}
            finally:
                if path:
                    path.write_text(text, encoding="utf-8")

    def _built(self, family: Family, model: Model) -> Path:
        done = make("-s", "SETUP=no", "image", f"T={model.id}", cwd=self._folder)
        if done.returncode:
            raise Broken(f"does not build: {done.stdout.strip().splitlines()[-1]}")
        return self._shop.out / "images" / family.name / f"{model.id.hex}.rom"


def boot_case(model: Model, rom: bytes, seed: int) -> Case:
    """A boot of the ROM on the model."""
    nonce = secrets.token_hex(16)
    payload = make_payload(KIND, nonce, PAYLOAD_SIZE)
    return Case(
        f"{model.card} seed {seed}",
        Label("mutant", card=model.card),
        Machine(model.card, rom, seed=seed),
        Wired(KIND),
        {KIND: payload},
        Expected(nonce, payload_sum(payload), texts=(MAC,)),
        until=GIVEN_UP,
        timeout=TIMEOUT,
    )


def failures(workshop: Workshop, family: Family, mutant: Mutant | None) -> Iterator[str]:
    """What failed, and on which model."""
    for model, rom in workshop.roms(family, mutant).items():
        for seed in SEEDS:
            found = run_case(boot_case(model, rom, seed))
            if found.verdict != PASS:
                yield f"{found.case}: {found.reason}"


def killer(workshop: Workshop, spec: Spec, mutant: Mutant) -> tuple[str, str, float]:
    """What became of it, the first failure that it causes, if any, and the seconds that it took."""
    started = time.monotonic()
    try:
        found = (
            it for family in mutant.families(spec) for it in failures(workshop, family, mutant)
        )
        reason = next(found, "")
        verdict = KILLED if reason else "SURVIVED"
    except Broken as error:
        verdict, reason = "BROKEN", str(error)
    return verdict, reason, time.monotonic() - started


def try_all(mutants: Sequence[Mutant], spec: Spec, jobs: int) -> int:
    """Try them, print what came of each; how many were not killed. Raises Broken when a driver fails without a bug."""
    workshop = Workshop()
    for family in dict.fromkeys(it.name for each in mutants for it in each.families(spec)):
        found = spec.family(family)
        if found and (reason := next(failures(workshop, found, None), "")):
            raise Broken(f"{family} fails without a bug: {reason}")
    living = 0
    with ThreadPoolExecutor(jobs) as pool:
        for mutant, (verdict, reason, seconds) in zip(
            mutants, pool.map(partial(killer, workshop, spec), mutants)
        ):
            living += verdict != KILLED
            print(
                f"{verdict:8} {Path(mutant.file).stem}: {mutant.why} ({seconds:.1f} s)", flush=True
            )
            print(f"         {reason}" if reason else "", end="\n" if reason else "", flush=True)
    return living


def main(words: Sequence[str], jobs: int) -> int:
    """Those whose file or description has the words. The exit code."""
    spec = load_spec(ROOT / "targets.yaml")
    mutants = [it for it in read() if all(word in it.words(spec) for word in words)]
    problems = [it.problem() for it in mutants if it.problem()]
    problems += [f"{it.file}: {it.why}: no chip model" for it in mutants if not it.families(spec)]
    if problems or not mutants:
        print("\n".join(problems) or f"no bug has the words {' '.join(words)}")
        return EXIT_INPUT
    try:
        living = try_all(mutants, spec, jobs)
    except Broken as error:
        print(f"FAIL {error}")
        return EXIT_FAILURE
    print(f"{len(mutants) - living} killed, {living} not")
    return EXIT_FAILURE if living else 0
