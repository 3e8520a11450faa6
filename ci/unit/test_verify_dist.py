# SPDX-License-Identifier: BSD-2-Clause
"""What `verify-dist` finds: files and signatures that are not right, and sources that give something else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.tree import ROOT, make_environment, need_tool, run_tool
from ci.unit.small_dist import BASE, DATE, Small, image, minisign_key, openpgp_key
from factory.archive import Member, read_archive, unpack, write_archive
from factory.cli import cli
from factory.compare import differences
from factory.errors import FactoryError
from factory.verify import read_checksums


@pytest.fixture
def small(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A small tree; what is made of it has its date."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "")
    monkeypatch.setattr("factory.compare._DIFFOSCOPE", "not here")
    return Small(tmp_path / "tree")


def verify(folder: Path, *options: str) -> None:
    """Without a build, unless an option says otherwise."""
    cli.main(["verify-dist", "--no-build", *options, str(folder)], standalone_mode=False)


def found(capsys: pytest.CaptureFixture[str], folder: Path, *options: str) -> str:
    """What is wrong, as it is printed."""
    capsys.readouterr()
    with pytest.raises(FactoryError) as caught:
        verify(folder, *options)
    assert caught.value.exit_code == 1 and "named above" in str(caught.value)
    return capsys.readouterr().out


def test_whole_set(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    small.evidence()
    folder = small.dist()
    verify(folder)
    printed = capsys.readouterr()
    assert printed.out.endswith(f"{folder}: 10 files are as SHA256SUMS says\n")
    assert "SHA256SUMS: whose it is was not checked: it is not signed" in printed.err


def _lose(folder: Path) -> str:
    (folder / f"{BASE}-undi.tar.xz").unlink()
    return f"{BASE}-undi.tar.xz: missing; hint: download it again\n"


def _cut(folder: Path) -> str:
    os.truncate(folder / f"{BASE}.tar.xz", 100)
    return f"{BASE}.tar.xz: not the file that SHA256SUMS names; hint: download it again\n"


def _link(folder: Path) -> str:
    (folder / "LICENSE").rename(folder.parent / "LICENSE")
    (folder / "LICENSE").symlink_to("../LICENSE")
    return "LICENSE: missing; hint: download it again\n"


def _add(folder: Path) -> str:
    (folder / "virus\x1b[2J.exe").touch()
    return "'virus\\x1b[2J.exe': SHA256SUMS does not name it; hint: remove it\n"


def _unlist(folder: Path) -> str:
    lines = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(x for x in lines if "sbom" not in x))
    return (
        "SHA256SUMS: does not name sbom.cdx.json\n"
        "'sbom.cdx.json': SHA256SUMS does not name it; hint: remove it\n"
    )


@pytest.mark.parametrize("damage", [_lose, _cut, _link, _add, _unlist])
def test_damaged_set(
    small: Small, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], str]
) -> None:
    folder = small.dist()
    expected = damage(folder)
    assert found(capsys, folder) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x", ":1: not the line of a file of its own"),
        (f"{'a' * 64}  ../../etc/passwd\n", ":1: not the line of a file of its own"),
        (f"{'a' * 64}  x\n{'b' * 64}  x\n", ":2: not the line of a file of its own"),
        (f"{'a' * 64}  SHA256SUMS\n", ":1: not the line of a file of its own"),
        (f"{'a' * 64}  x", ": ends within a line"),
        (None, ": cannot read it: No such file or directory"),
    ],
)
def test_wrong_checksums(tmp_path: Path, text: str | None, what: str) -> None:
    if text is not None:
        (tmp_path / "SHA256SUMS").write_text(text)
    with pytest.raises(FactoryError) as caught:
        read_checksums(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/SHA256SUMS{what}; hint: ")


def test_damaged_evidence(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    folder = small.dist()
    (folder / "evidence.json").write_text('{"metadata_version": 1, "records": {"x": 1}}')
    assert "records: has a name that is not <family>/<file>" in found(capsys, folder)


def test_signatures(
    small: Small,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of somebody else, of another file, of other bytes; or none."""
    secret, public = minisign_key(tmp_path)
    (tmp_path / "other").mkdir()
    _, stranger = minisign_key(tmp_path / "other")
    small.evidence()
    folder = small.dist("--key", str(secret))
    verify(folder, "--key", str(public))
    assert "SHA256SUMS.minisig: but the key id" in found(capsys, folder, "--key", str(stranger))
    sums, evidence = folder / "SHA256SUMS.minisig", folder / "evidence.json.minisig"
    document = json.loads((folder / "evidence.json").read_text())
    (folder / "evidence.json").write_text(json.dumps(document))
    assert "evidence.json.minisig: Signature verif" in found(capsys, folder, "--key", str(public))
    evidence.unlink()
    wrong = found(capsys, folder, "--key", str(public))
    assert wrong.startswith("evidence.json: not signed, though a key was given; hint: get evid")
    (folder / "evidence.json").unlink()
    words = [
        "minisign",
        "-S",
        "-s",
        str(secret),
        "-t",
        "etherforge 1.1 SHA256SUMS",
        "-x",
        str(sums),
    ]
    subprocess.run([*words, "-m", folder / "SHA256SUMS"], capture_output=True, check=True)
    assert found(capsys, folder, "--key", str(public)) == (
        "SHA256SUMS.minisig: a signature of 'etherforge 1.1 SHA256SUMS', "
        "not of 'etherforge 1.2 SHA256SUMS'\n"
    )
    with pytest.raises(FactoryError, match="nobody.pub: cannot read it: .*hint: name the public"):
        verify(folder, "--key", str(tmp_path / "nobody.pub"))


def test_openpgp(
    small: Small,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the keys that gpg has; without the key, that is said."""
    home = tmp_path / "gpg"
    monkeypatch.setenv("GNUPGHOME", str(home))
    folder = small.dist("--gpg-key", openpgp_key(home))
    verify(folder)
    assert "not checked: its key" not in capsys.readouterr().err
    (folder / "SHA256SUMS.asc").rename(tmp_path / "kept")
    words = [
        "gpg",
        "--batch",
        "--yes",
        "--armor",
        "-o",
        f"{folder}/SHA256SUMS.asc",
        "--detach-sign",
    ]
    subprocess.run([*words, folder / "LICENSE"], check=True, capture_output=True)
    assert "SHA256SUMS.asc: gpg: BAD signature" in found(capsys, folder)
    (tmp_path / "empty").mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "empty"))
    shutil.copy(tmp_path / "kept", folder / "SHA256SUMS.asc")
    verify(folder)
    assert "SHA256SUMS.asc: not checked: its key is not in your keyring" in capsys.readouterr().err


def _rebuilt(small: Small, change: Callable[[Small], None], tmp_path: Path) -> list[str]:
    """What differs between the set and one that was built after a change."""
    small.dist().rename(tmp_path / "published")
    change(small)
    return list(differences(tmp_path / "published", small.dist(), tmp_path))


def _image(small: Small) -> None:
    entry = small.catalogue["images"][0]
    data = bytearray((small.out / entry["path"]).read_bytes())
    data[17] ^= 0xFF
    small.write(f"out/{entry['path']}", bytes(data))
    entry.update(image("alpha", "10ec8139.rom", bytes(data)))
    small.write("out/catalogue.json", json.dumps(small.catalogue, indent=1).encode() + b"\n")


def test_other_image_is_named_wherever_it_is(small: Small, tmp_path: Path) -> None:
    romtool = tmp_path / "tree-again" / "out/bin/romtool"
    romtool.parent.mkdir(parents=True)
    romtool.write_text('#!/bin/sh\necho "$1: byte 11h of ${2##*/}"\n')
    romtool.chmod(0o755)
    texts = _rebuilt(small, _image, tmp_path)
    listed = "SHA256SUMS, catalogue.json, images/alpha/10ec8139.rom"
    by_name = {text.partition(":")[0]: text for text in texts}
    for part in ("", "-alpha"):
        text = by_name.pop(f"{BASE}{part}.tar.xz")
        assert text.splitlines()[0] == f"{BASE}{part}.tar.xz: differs in {listed}"
        assert text.splitlines()[-2:] == [
            *("  images/alpha/10ec8139.rom:", "    diff: byte 11h of 10ec8139.rom")
        ]
    assert sorted(by_name) == ["catalogue.json", "sbom.cdx.json"]
    assert '    -   "sha256": ' in by_name["catalogue.json"]


def test_other_sources(small: Small, tmp_path: Path) -> None:
    def change(small: Small) -> None:
        small.write("ci/unit/test.py", b"\0\1")
        small.write("ci/unit/new.py", b"")
        small.write_manifest()

    (text,) = [t for t in _rebuilt(small, change, tmp_path) if t.startswith(f"{BASE}-source")]
    assert f"{BASE}-source.tar.xz: differs in MANIFEST, ci/unit/new.py (only in the build)," in text


def test_missing_and_additional_files(small: Small, tmp_path: Path) -> None:
    small.dist().rename(tmp_path / "published")
    folder = small.dist()
    (folder / "LICENSE").unlink()
    (tmp_path / "published" / "CHANGELOG.md").unlink()
    assert list(differences(tmp_path / "published", folder, tmp_path)) == [
        "CHANGELOG.md: the sources give it, too",
        "LICENSE: the sources do not give it",
    ]


def test_archives_that_only_are_packed_differently(tmp_path: Path) -> None:
    for name, date in (("a", DATE), ("b", DATE), ("c", DATE + 1)):
        (tmp_path / name).mkdir()
        write_archive(tmp_path / name / "x.tar.xz", [Member("y", b"z")], date)
    path = tmp_path / "b/x.tar.xz"
    xz = need_tool("xz")
    data = subprocess.run([xz, "-dc", path], capture_output=True, check=True).stdout
    path.write_bytes(subprocess.run([xz, "-1"], input=data, capture_output=True, check=True).stdout)
    (packed,) = differences(tmp_path / "a", tmp_path / "b", tmp_path)
    assert packed == "x.tar.xz: the same files, packed differently: by another liblzma"
    (dated,) = differences(tmp_path / "a", tmp_path / "c", tmp_path)
    assert dated == "x.tar.xz: differs in y (date or mode)"


def test_archive_with_a_file_twice(tmp_path: Path) -> None:
    write_archive(tmp_path / "set.tar.xz", [Member("a", b"1"), Member("a", b"2")], DATE)
    with pytest.raises(FactoryError, match="set.tar.xz: set/a: is in it twice"):
        unpack(tmp_path / "set.tar.xz", tmp_path / "here")


@pytest.mark.parametrize("name", ["../x", "set/../../x", "/etc/x", "other/x", "set"])
def test_hostile_archive(tmp_path: Path, name: str) -> None:
    path = tmp_path / "set.tar.xz"
    with tarfile.open(path, "w:xz") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(FactoryError, match="not below set/"):
        unpack(path, tmp_path / "here")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FactoryError, match="not one whole .tar.xz"):
        list(read_archive(path))


def test_archive_that_would_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_archive(tmp_path / "set.tar.xz", [Member("a", b"a" * (2 << 20))], DATE)
    assert list(read_archive(tmp_path / "set.tar.xz"))
    monkeypatch.setattr("factory.archive.UNPACKED_MAX", 1 << 20)
    with pytest.raises(FactoryError, match="not one whole .tar.xz of at most 1 MiB"):
        list(read_archive(tmp_path / "set.tar.xz"))


def test_sources_are_built_and_compared(
    small: Small,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a folder that is gone afterwards; another toolchain is named, and sources that do not build are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    small.can_be_built()
    folder = small.dist()
    verify(folder, "--build")
    assert f"{folder}: its sources give the same 10 files" in capsys.readouterr().out
    small.catalogue["toolchain"] = {**small.catalogue["toolchain"], "compiler": "gcc 2"}
    small.write("prebuilt/catalogue.json", json.dumps(small.catalogue, indent=1).encode() + b"\n")
    folder = small.dist()
    with pytest.raises(FactoryError, match="differences, named above"):
        verify(folder, "--build")
    printed = capsys.readouterr()
    assert "compiler: the set was made with 'gcc 1'; here is 'gcc 2'" in printed.err
    assert "catalogue.json: differs" in printed.out
    small.write("Makefile", b"all:\n\t@echo no nasm here; exit 1\n")
    folder = small.dist()
    with pytest.raises(FactoryError, match="make all: its sources do not build here; hint: what"):
        verify(folder, "--build")
    assert "no nasm here" in capsys.readouterr().err
    assert list((tmp_path / "scratch").iterdir()) == []


def test_stopped_while_it_builds(small: Small, tmp_path: Path) -> None:
    """TERM ends the build, too, and leaves nothing."""
    small.write("Makefile", f"all:\n\ttouch {tmp_path}/started; sleep 60\n".encode())
    small.write_manifest()
    folder, scratch = small.dist(), tmp_path / "scratch"
    scratch.mkdir()
    words = [sys.executable, "-m", "factory", "verify-dist", str(folder)]
    environment = {**make_environment(), "TMPDIR": str(scratch)}
    with subprocess.Popen(words, cwd=ROOT, env=environment) as process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM
    assert list(scratch.iterdir()) == []


def test_the_real_set(built: Path, tmp_path: Path) -> None:
    """Signed, and built again of its source archive: in another folder and time zone, with another mask."""
    secret, public = minisign_key(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    for path in (built / "out").iterdir():
        if path.name != "dist":
            (out / path.name).symlink_to(path)
    words = [sys.executable, "-m", "factory"]
    run_tool(*words, "dist", "--out", str(out), "--key", str(secret), cwd=built)
    (folder,) = (out / "dist").iterdir()
    other = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHON": sys.executable}
    done = subprocess.run(
        ["sh", "-c", 'umask 077; exec "$@"', "-", *words, "verify-dist", "--key", public, folder],
        cwd=built,
        env={**make_environment(), **other},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "its sources give the same" in done.stdout
