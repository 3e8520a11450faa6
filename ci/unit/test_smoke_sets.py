# SPDX-License-Identifier: BSD-2-Clause
"""`etherforge smoke`: download sets are booted where nothing was built, and damaged ones are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ci.images import Shop
from ci.lab.judge import FAIL
from ci.lab.machine import KVM, Machine
from ci.lab.network import User
from ci.smoke.plans import Selection, plans
from ci.smoke.sets import bad_files, matrix_of
from ci.tree import ROOT, need_tool
from ci.unit.set_copy import copy_set, etherforge, install
from factory.downloads import load_downloads
from factory.spec import load_spec

ROM = "rtl8139/10ec8139.rom"
SILENT_ROM = "rtl8139/018a0106.rom"  # no emulated card has this ID
CONTROLS = 5  # of a .rom


def test_same_boots_as_of_the_matrix(built: Path) -> None:
    """The catalogue says all that the matrix does of what is booted, and how."""
    shop = Shop(built / "out")
    ours, theirs = load_spec(ROOT / "targets.yaml"), matrix_of(load_downloads(built / "out"))
    assert list(theirs.images()) == list(ours.images())
    families = [(it.name, it.ids, it.models) for it in ours.families]
    bare = [(it.name, [entry.id for entry in it.ids], it.models) for it in theirs.families]
    assert bare == [(name, [entry.id for entry in ids], models) for name, ids, models in families]
    selection = Selection(family="rtl8139")
    found = [
        [(it.key, it.tier, it.card, it.reason, it.restamp) for it in plans(spec, shop, selection)]
        for spec in (ours, theirs)
    ]
    assert found[0] == found[1] and len(found[0]) > 40


def test_somewhere_else(built: Path, tmp_path: Path) -> None:
    """An installed command line, a set of two ROMs, nothing of the tree: both are proved, and all is written."""
    need_tool("qemu-system-i386")
    command, environment = install(built, tmp_path / "usr")
    folder = copy_set(built, tmp_path / "set", [ROM, SILENT_ROM])
    (tmp_path / "here").mkdir()
    words = ("smoke", "../set", "--medium", "rom", "--junit", "junit.xml")
    done = etherforge(command, environment, tmp_path / "here", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    # Three kinds of boot file, the copy with an emulated card's ID, and the controls.
    assert lines[-1] == f"{3 + 1 + CONTROLS} passed, 0 failed, 0 skipped"
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["junit.xml", "smoke"]
    results = tmp_path / "here/smoke"
    (folder / "evidence.json").write_bytes((results / "evidence.json").read_bytes())
    downloads = load_downloads(folder)
    proofs = {image["path"]: downloads.proof(image) for image in downloads.images}
    tiers = {path: proof["tier"] for path, proof in proofs.items() if proof}
    assert not downloads.remarks
    assert tiers == {f"images/{ROM}": "exact", f"images/{SILENT_ROM}": "family"}
    proof = proofs[f"images/{ROM}"]
    assert proof and proof["accelerator"] == "tcg" and "-accel" in proof["arguments"]
    assert (tmp_path / "here" / proof["console"]).is_file()
    again = etherforge(command, environment, tmp_path / "here", *words)
    assert "; 4 unchanged since they passed" in again.stdout


def test_second_stage_alone(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a ROM of ours or of ipxe-qemu nothing can load it: a skip says so."""
    folder = copy_set(built, tmp_path, ["rtl8139/10ec8139.zpxe"])
    monkeypatch.setattr("ci.stock.FOLDERS", ())
    spec, shop = matrix_of(load_downloads(folder)), Shop(folder, built / "out/bin/romtool")
    plan = next(iter(plans(spec, shop, Selection())))
    with pytest.raises(Exception, match="no PXE ROM to load it: no .*10ec8139.rom, and none of"):
        plan.make()


def test_images_for_any_card(built: Path, tmp_path: Path) -> None:
    """A set with nothing but undi.zpxe still boots it on every emulated card."""
    folder = copy_set(built, tmp_path, ["undi/"])
    cards = [
        family.models[0].card
        for family in load_spec(ROOT / "targets.yaml").families
        if family.models
    ]
    found = list(plans(matrix_of(load_downloads(folder)), Shop(folder), Selection()))
    assert list(dict.fromkeys(plan.card for plan in found)) == cards and {
        plan.tier for plan in found
    } == {"exact", "model"}


def test_family_rom_alone(built: Path, tmp_path: Path) -> None:
    """It boots on its family's emulated card, not on every card as an image for any of them would."""
    folder = copy_set(built, tmp_path, ["rtl8139/rtl8139.rom"])
    found = list(plans(matrix_of(load_downloads(folder)), Shop(folder), Selection()))
    assert {(plan.card, plan.tier) for plan in found} == {("rtl8139", "exact")}


def test_damaged_files(built: Path, tmp_path: Path) -> None:
    """A line for each; nothing is booted, and nothing of them is evidence."""
    names = ("10ec8139.rom", "10ec8139.zpxe", "10ec8138.rom", "10ec8138.zpxe", "018a0106.rom")
    folder = copy_set(built, tmp_path / "set", [f"rtl8139/{name}" for name in names])
    images = folder / "images/rtl8139"
    (images / names[0]).write_bytes(bytes((images / names[0]).stat().st_size))
    whole = (images / names[1]).read_bytes()
    (images / names[1]).write_bytes(whole[:7000])
    (images / names[2]).unlink()
    (images / "other.rom").write_bytes(b"")
    sums = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    kept = [f"{'0' * 64}  {line[66:]}" if names[3] in line else line for line in sums]
    (folder / "SHA256SUMS").write_text("".join(line for line in kept if names[4] not in line))
    command, environment = install(built, tmp_path / "usr")
    done = etherforge(command, environment, tmp_path, "smoke", "set", "--junit", "junit.xml")
    assert done.returncode == 1 and not (tmp_path / "smoke").exists()
    assert sorted(done.stderr.splitlines()[:-1]) == [
        f"FAIL images/rtl8139/{names[4]}: SHA256SUMS has no sum for it",
        f"FAIL images/rtl8139/{names[2]}: cannot read it: No such file or directory; download it again",
        f"FAIL images/rtl8139/{names[3]}: SHA256SUMS has another sum for it",
        f"FAIL images/rtl8139/{names[0]}: its SHA-256 is not that of catalogue.json: "
        "changed or damaged, download it again",
        f"FAIL images/rtl8139/{names[1]}: only 7000 of {len(whole)} bytes: download it again",
        "FAIL images/rtl8139/other.rom: not in catalogue.json: remove it",
    ]
    assert done.stderr.splitlines()[-1] == "nothing was booted"
    assert done.stdout == "0 passed, 6 failed, 0 skipped\n"
    assert (tmp_path / "junit.xml").read_text().count("<failure") == 6
    assert {it.verdict for it in bad_files(load_downloads(folder), Selection())} == {FAIL}


def test_only_what_is_booted_is_looked_at(built: Path, tmp_path: Path) -> None:
    """A damaged file spoils boots of it, and those that it is the first stage of; not those of other cards."""
    names = ["rtl8139/10ec8139.", "pcnet32/10222000."]
    folder = copy_set(
        built, tmp_path, [f"{name}{medium}" for name in names for medium in ("rom", "zpxe")]
    )
    (folder / "images" / ROM).write_bytes(b"")
    downloads = load_downloads(folder)
    for medium in ("", "zpxe"):
        (found,) = bad_files(downloads, Selection(family="rtl8139", medium=medium))
        assert found.case == f"images/{ROM}"
    assert not bad_files(downloads, Selection(family="pcnet32"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: there is no catalogue.json in it; hint: "),
        (["set", "--t", "1234:5678"], "SET: has no such image; hint: set/catalogue.json lists"),
        (["set", "--t", "rtl8139"], "--t rtl8139: not the ID of one card; hint: write 10ec:8139"),
        (
            ["set", "--qemu", "qemu-none"],
            "qemu-none: not installed, and images are booted in it; hint: ",
        ),
        (
            ["set", "--tls-ca", "x"],
            "--tls-ca, --tls-cert, --tls-key: need each other, and --workers tls://",
        ),
        (["set", "--accel", "hvf"], "Invalid value for '--accel'"),
    ],
)
def test_wrong_input(built: Path, tmp_path: Path, words: list[str], message: str) -> None:
    """Where, what, and what to do; nothing is written."""
    copy_set(built, tmp_path / "set", [ROM])
    command, environment = install(built, tmp_path / "usr")
    (tmp_path / "here").mkdir()
    (tmp_path / "here/set").symlink_to(tmp_path / "set")
    done = etherforge(command, environment, tmp_path / "here", "smoke", *words)
    assert done.returncode in (1, 2) and message in done.stderr
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["set"]


def test_sums_are_needed(built: Path, tmp_path: Path) -> None:
    """A set without checksums, or with something else in their place, is not taken for whole."""
    folder = copy_set(built, tmp_path, [ROM])
    downloads = load_downloads(folder)
    for text, message in (
        ("<html>", "SHA256SUMS:1: not as sha256sum writes it"),
        (None, "cannot read it"),
    ):
        (folder / "SHA256SUMS").unlink()
        if text:
            (folder / "SHA256SUMS").write_text(text)
        with pytest.raises(Exception, match=message):
            bad_files(downloads, Selection())


def test_cards_are_only_names(built: Path, tmp_path: Path) -> None:
    """A catalogue cannot slip options to QEMU, and one without emulated cards cannot be booted."""
    folder = copy_set(built, tmp_path, [ROM])
    catalogue = json.loads((folder / "catalogue.json").read_text())
    catalogue["families"]["rtl8139"]["models"][0]["device"] = "rtl8139,romfile=other"
    (folder / "catalogue.json").write_text(json.dumps(catalogue))
    with pytest.raises(Exception, match="is not a QEMU device name"):
        load_downloads(folder)
    del catalogue["families"]
    (folder / "catalogue.json").write_text(json.dumps(catalogue))
    with pytest.raises(Exception, match="names no emulated cards"):
        matrix_of(load_downloads(folder))


def test_kvm(built: Path, tmp_path: Path) -> None:
    """QEMU is told so, and the guest's clock, which is the host's then, is left alone; without it one line says so."""
    with User("x").plugged(tmp_path) as plug:
        streams = {"console": 3, "debug": 4}
        machines = [Machine("rtl8139", warp=8), Machine("rtl8139", warp=8, accelerator=KVM)]
        arguments = [machine.arguments([plug], streams) for machine in machines]
    for words, accelerator in zip(arguments, ("tcg", "kvm")):
        assert words[words.index("-accel") + 1] == accelerator
    assert "-icount" in arguments[0] and "-icount" not in arguments[1]
    if not Path("/dev/kvm").exists():
        need_tool("qemu-system-i386")
        copy_set(built, tmp_path / "set", [ROM])
        command, environment = install(built, tmp_path / "usr")
        done = etherforge(command, environment, tmp_path, "smoke", "set", "--accel", "kvm")
        message = "--accel kvm: /dev/kvm is not there; hint: join the group kvm, or leave --accel kvm out\n"
        assert (done.returncode, done.stderr) == (1, message)


def test_interrupted(built: Path, tmp_path: Path) -> None:
    """What was found is kept, in the JUnit file, too; the next run goes on from there."""
    need_tool("qemu-system-i386")
    command, environment = install(built, tmp_path / "usr")
    copy_set(built, tmp_path / "set", ["rtl8139/10ec8139"])
    words = [*command, "smoke", "set", "--jobs", "1", "--junit", "junit.xml"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True
    ) as process:
        journal = tmp_path / "smoke/journal.jsonl"
        deadline = time.monotonic() + 60
        while not journal.exists() or journal.stat().st_size == 0:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        text, errors = process.communicate(timeout=60)
    done = len(journal.read_text().splitlines())
    assert process.returncode == 1
    assert errors == "interrupted; run it again to go on from here\n"
    assert text.splitlines()[-1] == f"{done} passed, 0 failed, 0 skipped"
    assert (tmp_path / "junit.xml").read_text().count("<testcase") == done
    assert (tmp_path / "smoke/evidence.json").exists()
