# SPDX-License-Identifier: BSD-2-Clause
"""Chip models that cannot be used, or fail: each has a clear verdict, never a pass, and nothing is left running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ci.chips import gate, mutants, process
from ci.chips.gate import gate_case
from ci.chips.process import PROGRAM, CardProcess, Chip, Report, chips
from ci.chips.validated import GatePlan, validated, with_gates
from ci.lab import qemu
from ci.lab.boot import run_case, served
from ci.lab.case import Label
from ci.lab.journal import Record, still_valid
from ci.lab.judge import FAIL, PASS, SKIP, judge
from ci.lab.qemu import Qemu
from ci.packages import Unavailable
from ci.tree import ROOT, make_or_fail, need_tool
from factory.spec import Model, PciId, load_spec

CARD = "chip:dp83816@100b:0020"
END = "END syncs=1 configs=1 reads=1 writes=1 irqs=0 sent=1 received=1 held=0 faults={} resets=0\n"
FOREIGN = Model(PciId(0x10EC, 0x8139), "chip:dp83816")  # shows the ID of another chip


@pytest.fixture(name="program", scope="module", autouse=True)
def _program() -> None:
    need_tool("qemu-system-i386")
    make_or_fail(str(PROGRAM))


def record(tier: str, card: str, verdict: str = PASS, reason: str = "") -> Record:
    """Of a boot or a gate."""
    return Record(f"{tier}+{card}", tier, "", verdict, reason, card=card)


def test_reports() -> None:
    """Faults, a log without its end, what a sanitizer said."""
    assert Report.read(END.format(0)).trouble() == ""
    faults = "0.1 FAULT a ring at 0x3 is not aligned\n0.2 FAULT another\n" + END.format(2)
    assert (
        Report.read(faults).trouble()
        == "2 faults on the chip, the first: a ring at 0x3 is not aligned"
    )
    assert Report.read(faults).trouble(driven=False) == ""
    assert Report.read(faults).trouble(excused="an.*") == (
        "1 faults on the chip, the first: a ring at 0x3 is not aligned"
    )
    assert Report.read(faults).trouble(excused="a.*") == ""
    died = "0.1 a note\n==7==ERROR: AddressSanitizer: heap-buffer-overflow\n  #0 somewhere\n"
    assert "died: ==7==ERROR: AddressSanitizer" in Report.read(died).trouble(driven=False)
    assert Report.read("").trouble() == "the card process died: it said nothing"


def test_boots_wait_for_their_gate() -> None:
    """What passed on a model counts once its gate passed, whichever comes first; other cards do not wait."""
    good, bad, none = (f"chip:{name}@10ec:8168" for name in ("good", "bad", "none"))
    records = [
        record("model", good),
        record("exact", "rtl8139"),
        record("model", bad),
        record("model", none),
        record("gate", good),
        record("gate", bad, FAIL, "no link"),
        record("model", bad),
        record("model", good, FAIL, "E07"),
    ]
    found = [(it.tier, it.card, it.verdict, it.reason) for it in validated(records)]
    assert found == [
        ("exact", "rtl8139", PASS, ""),
        ("gate", good, PASS, ""),
        ("model", good, PASS, ""),
        ("gate", bad, FAIL, "no link"),
        ("model", bad, FAIL, "the model is not validated: no link"),
        ("model", bad, FAIL, "the model is not validated: no link"),
        ("model", good, FAIL, "E07"),
        ("model", none, FAIL, "the model is not validated: it was not tried"),
    ]


def test_one_gate_for_each_model() -> None:
    """Before the boots, whatever IDs the model shows."""
    plans = [GatePlan("seen")]
    boots = [replace(plan, name=name) for plan in plans for name in ("seen", "new")]
    labelled = [_Plan(f"{plan.name}@1:2") for plan in boots] + [_Plan("new@3:4")]
    found = with_gates([*plans, *labelled])
    assert [plan.key for plan in found][:2] == ["gate+new", "gate+seen"] and len(found) == 5


class _Plan(GatePlan):
    @property
    def label(self) -> Label:
        return Label("model", card=f"chip:{self.name}")


def test_kept_with_the_same_program_only() -> None:
    """Another card program proves nothing of the boots of this one."""
    kept = replace(record("model", CARD), sha256="image", model_sha256="program")
    assert still_valid(kept, "image", "program") and not still_valid(kept, "image", "other")


def test_kernel_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate is left out, and so is what booted on its model."""

    def refused(cache: Path) -> None:
        raise Unavailable("linux-image-amd64: apt-get is not here to fetch it")

    monkeypatch.setattr(gate, "kernel", refused)
    found = run_case(gate_case(chips()["dp83816"], 1, Label("gate", card=CARD)))
    assert (found.verdict, found.reason) == (
        SKIP,
        "linux-image-amd64: apt-get is not here to fetch it",
    )
    (_, boots) = validated([found, record("model", CARD)])
    assert boots.verdict == SKIP and "not validated: linux-image-amd64" in boots.reason


def test_qemu_without_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the proxy nor vfio-user; or a proxy that crashes without KVM."""
    case = mutants.boot_case(FOREIGN, b"", 0).on(newer=False)
    monkeypatch.setattr(qemu, "has_card", lambda binary, card: False)
    assert "has no card chip:dp83816" in run_case(case).reason
    monkeypatch.undo()
    for version, way in (("8.1.5", process.PROXY), ("8.2.0", ""), ("10.0.8", "")):
        monkeypatch.setattr(qemu, "version", lambda binary, it=version: it)
        monkeypatch.setattr(qemu, "has_card", lambda binary, card: card == process.PROXY)
        qemu.transport.cache_clear()
        assert qemu.transport("qemu") == way
    qemu.transport.cache_clear()


def test_program_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not built; or another one than the case was planned with."""
    case = mutants.boot_case(FOREIGN, b"", 0)
    planned = replace(case, label=replace(case.label, model_sha256="0" * 64))
    assert run_case(planned).reason == f"{PROGRAM} is another one here"
    monkeypatch.setattr(process, "program_sha256", lambda: "")
    found = run_case(case)
    assert (found.verdict, found.reason) == (SKIP, f"{PROGRAM} is not built; hint: make {PROGRAM}")


def test_model_that_is_not_there() -> None:
    """A matrix that names one is told so."""
    with pytest.raises(Unavailable, match="there is no chip model nosuch in ci/chips/model"):
        GatePlan("nosuch").make()
    found = run_case(
        replace(mutants.boot_case(FOREIGN, b"", 0).on(card="chip:nosuch@1:2"), timeout=5.0)
    )
    assert found.verdict != PASS and "card: there is no chip model nosuch" in found.card_log


def test_driver_of_another_chip(built: Path) -> None:
    """It programs nonsense: a failure, with what it did wrong."""
    rom = (built / "out/images/rtl8139/10ec8139.rom").read_bytes()
    found = run_case(replace(mutants.boot_case(FOREIGN, rom, 0), timeout=3.0))
    assert found.verdict != PASS and "faults on the chip, the first: register 0x" in found.reason


def test_every_model_of_the_matrix_is_there() -> None:
    """targets.yaml and ci/chips/model agree."""
    spec = load_spec(ROOT / "targets.yaml")
    named = {Chip.of(model.card) for family in spec.families for model in family.models}
    assert {chip.name for chip in named if chip} <= set(chips())


@pytest.fixture(name="running")
def _running(tmp_path: Path) -> Iterator[tuple[Qemu, CardProcess]]:
    """A machine with a model, and nothing that would end it."""
    case = mutants.boot_case(FOREIGN, b"", 0)
    with served(case.files, case.network) as place:
        emulator = Qemu(case.machine, place.plugs, tmp_path)
        with emulator:
            (card,) = emulator.cards
            assert card
            yield emulator, card


def test_card_that_dies(running: tuple[Qemu, CardProcess]) -> None:
    """QEMU, which would wait for it, is ended, and the verdict names the card."""
    emulator, card = running
    card.process.kill()
    outcome = emulator.run(20.0)
    assert outcome.wall < 10 and emulator.process.returncode is not None
    verdict = judge(mutants.boot_case(FOREIGN, b"", 0).expected, outcome)
    assert verdict.status == FAIL and "the card process died" in verdict.reason


def test_card_ends_with_its_qemu(running: tuple[Qemu, CardProcess]) -> None:
    """Without being told."""
    emulator, card = running
    assert card.process.poll() is None
    emulator.process.kill()
    assert card.process.wait(5) == 0


def test_mutants_can_be_made() -> None:
    """Each text is there once, each bug is another one, and its driver has a model to be found on."""
    spec = load_spec(ROOT / "targets.yaml")
    listed = mutants.read()
    problems = [it.problem() for it in listed if it.problem()]
    problems += [f"{it.file}: {it.why}: no chip model" for it in listed if not it.families(spec)]
    assert not problems, "\n".join(problems)
    assert len({(it.file, it.why) for it in listed}) == len(listed)


@pytest.mark.parametrize("old", ["no such text", "return"])
def test_stale_mutant(old: str) -> None:
    """Text that is not there, or not only once, is an error."""
    mutant = mutants.Mutant("src/drivers/rtl8139.c", old, "", "old")
    assert "old text occurs" in mutant.problem()
    assert "there is no such file" in replace(mutant, file="src/drivers/nosuch.c").problem()


def test_bug_that_does_not_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not found, and the others are tried all the same."""

    def broken(*_: object) -> Iterator[str]:
        raise mutants.Broken("does not build")
        yield

    spec = load_spec(ROOT / "targets.yaml")
    bug = mutants.read()[0]
    monkeypatch.setattr(mutants, "failures", broken)
    verdict, reason, _ = mutants.killer(None, spec, bug)  # type: ignore[arg-type]
    assert (verdict, reason) == ("BROKEN", "does not build")
