# SPDX-License-Identifier: BSD-2-Clause
"""What `dist` publishes: the same bytes anywhere, whole or not at all, and nothing of others is lost."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.tree import need_tool, run_tool
from ci.unit.small_dist import (
    BASE,
    DATE,
    IMAGES,
    Small,
    contents,
    matrix,
    minisign_key,
    openpgp_key,
)
from factory.archive import Member, read_archive, unpack, write_archive
from factory.contents import tool_members
from factory.downloads import load_downloads
from factory.errors import FactoryError
from factory.source import load_source


@pytest.fixture
def small(built: Path, tmp_path: Path) -> Small:  # the man pages take in what romtool says
    """A small tree."""
    return Small(tmp_path / "tree")


@pytest.fixture(autouse=True)
def no_date(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The date is that of the tree. `dist` sets the variable for what it calls."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "")
    yield


def refused(small: Small, *options: str) -> str:
    """What the message is; nothing new may be left."""
    before = sorted((small.out / "dist").glob("*")) if (small.out / "dist").exists() else []
    with pytest.raises(FactoryError) as caught:
        small.dist(*options)
    after = sorted(small.out.glob("dist/*")) + sorted(small.out.glob("dist/.*.tmp"))
    assert after == before
    return str(caught.value).replace(f"{small.root}/", "")


def test_two_packagers_get_the_same_bytes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In folders, time zones, languages and with masks that differ, on two days; one has booted the images."""
    first = contents(Small(tmp_path / "a").dist())
    other = Small(tmp_path / "another folder")
    other.evidence()
    for name, value in {"TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8", "USER": "someone"}.items():
        monkeypatch.setenv(name, value)
    time.tzset()
    for path in other.root.rglob("*"):
        os.utime(path, (1, 1))
    before = os.umask(0o077)
    try:
        folder = other.dist()
    finally:
        os.umask(before)
        monkeypatch.undo()
        time.tzset()
    second = contents(folder)
    assert second.pop("evidence.json")
    assert first == second
    modes = {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert (modes, folder.stat().st_mode & 0o777) == ({0o644}, 0o755)


def test_what_is_published(small: Small) -> None:
    """By name; checksums over all of it, as sha256sum wants them."""
    folder = small.dist()
    parts = ("", "-alpha", "-samples", "-source", "-tools", "-undi")
    archives = [f"{BASE}{part}.tar.xz" for part in parts]
    files = ["CHANGELOG.md", "LICENSE", "SHA256SUMS", "catalogue.json", *archives, "sbom.cdx.json"]
    assert [name for name in sorted(contents(folder)) if "-man" not in name] == sorted(files)
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == len(files) - 1
    run_tool("sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS", cwd=folder)


def test_objects_of_sources_that_have_gone(small: Small) -> None:
    """A build that is older than the sources has them, and nothing is taken from them."""
    before = contents(small.dist())
    (small.out / "obj/romtool/gone.d").write_text(
        "out/obj/romtool/gone.o: factory/romtool/gone.c\n"
    )
    assert contents(small.dist()) == before


@pytest.mark.parametrize("part", ["", "-alpha", "-undi"])
def test_archives_of_images_are_download_sets(small: Small, tmp_path: Path, part: str) -> None:
    """Unpacked by tar, each has its catalogue, its images to the last zero, and checksums of all files."""
    run_tool("tar", "-xf", str(small.dist() / f"{BASE}{part}.tar.xz"), cwd=tmp_path)
    folder = tmp_path / f"{BASE}{part}"
    found = load_downloads(folder)
    want = [key for key in IMAGES if part in ("", f"-{key[0]}")]
    assert [image["path"] for image in found.images] == [f"images/{f}/{n}" for f, n in want]
    for image, key in zip(found.images, want):
        assert found.file(image).read_bytes() == IMAGES[key]
    run_tool("sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS", cwd=folder)
    listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert listed == files - {"SHA256SUMS"} and {"README", "LICENSE"} < files


def test_zeros_are_holes_for_every_reader(tmp_path: Path) -> None:
    """GNU tar and Python read them; and what is unpacked takes as little room."""
    data = b"x" * 700 + bytes(1_000_000)
    members = [Member("disk", data), Member("b" * 150, data), Member("a", b"a", executable=True)]
    write_archive(tmp_path / "set.tar.xz", members, DATE)
    assert (tmp_path / "set.tar.xz").stat().st_size < 600
    run_tool("tar", "-xf", "set.tar.xz", cwd=tmp_path)
    by_tar, by_us = tmp_path / "set", unpack(tmp_path / "set.tar.xz", tmp_path / "ours")
    for folder in (by_tar, by_us):
        assert (folder / "disk").read_bytes() == (folder / ("b" * 150)).read_bytes() == data
        assert (folder / "disk").stat().st_blocks * 512 < 100_000
        assert (folder / "a").stat().st_mode & 0o111
    found = {info.name: info for info, _ in read_archive(tmp_path / "set.tar.xz")}
    info = found["set/disk"]
    assert (info.mtime, info.uid, info.uname, info.mode) == (DATE, 0, "", 0o644)


def test_evidence_of_other_bytes_is_not_published(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {"sha256": "c" * 64, "tier": "exact", "verdict": "pass"}
    small.evidence(**{"alpha/10ec8139.dsk": other, "gone/gone.rom": other})
    folder = small.dist()
    (record,) = json.loads((folder / "evidence.json").read_text())["records"].items()
    assert (record[0], record[1]["console_text"]) == ("alpha/10ec8139.rom", "DHCP")
    assert record[1]["console"] is record[1]["cases"][0]["console"] is None
    assert "evidence.json" not in (folder / "SHA256SUMS").read_text()
    said = capsys.readouterr().err
    assert "alpha/10ec8139.dsk: evidence of other bytes, ignored" in said
    assert "gone/gone.rom: evidence of no image here, ignored" in said


def test_no_evidence_is_said(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    assert not (small.dist() / "evidence.json").exists()
    said = capsys.readouterr().err
    assert "no evidence: there is no evidence.json" in said
    assert "not signed; hint: make dist KEY=minisign.key GPGKEY=fingerprint" in said


def test_signatures(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of checksums and evidence, by both tools; minisign's are the same every time."""
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "gpg"))
    fingerprint, (secret, public) = openpgp_key(tmp_path / "gpg"), minisign_key(tmp_path)
    small.evidence()
    keys = ["--key", str(secret), "--gpg-key", fingerprint]
    folder = small.dist(*keys)
    first = contents(folder)
    for name in ("SHA256SUMS", "evidence.json"):
        run_tool("gpg", "--batch", "--verify", f"{name}.asc", name, cwd=folder)
        words = ["minisign", "-V", "-Q", "-p", str(public), "-m", name]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
        assert done.stdout == f"etherforge 1.2 {name}\n"
    second = contents(small.dist(*keys))
    assert {name for name in first if first[name] != second[name]} <= {
        *("SHA256SUMS.asc", "evidence.json.asc")
    }
    assert set(contents(small.dist())) == {n for n in first if not n.endswith((".asc", ".minisig"))}


def test_password(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From standard input; a wrong one, or none, leaves nothing."""
    secret, public = minisign_key(tmp_path, "open sesame")
    for given, what in {"": "needs its password", "wrong\n": "cannot sign: Wrong password"}.items():
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        assert what in refused(small, "--key", str(secret))
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    folder = small.dist("--key", str(secret))
    run_tool("minisign", "-V", "-p", str(public), "-m", "SHA256SUMS", cwd=folder)


def test_wrong_keys(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told from the others, before anything is made."""
    hint = "hint: make one with minisign -G -s minisign.key -p minisign.pub"
    secret, public = minisign_key(tmp_path)
    missing, empty = tmp_path / "no.key", tmp_path / "empty"
    empty.touch()
    assert refused(small, "--key", str(missing)) == (
        f"{missing}: cannot read it: No such file or directory; {hint}"
    )
    for path in (public, empty):
        message = refused(small, "--key", str(path))
        assert message == f"{path}: not a secret key of minisign; {hint}"
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "gpg"))
    (tmp_path / "gpg").mkdir(mode=0o700)
    need_tool("gpg")
    assert refused(small, "--gpg-key", "F00D").startswith("GPGKEY=F00D: no secret key of that name")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused(small, "--key", str(secret)) == (
        "minisign: not installed; hint: install the package minisign"
    )


@pytest.mark.parametrize("name", ["photo.jpg", "SHA256SUMS.bak", "alpha/x"])
def test_folder_with_files_of_others(small: Small, name: str) -> None:
    """It is neither replaced nor changed."""
    folder = small.dist()
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("precious")
    message = refused(small)
    first = name.partition("/")[0]
    assert message == (
        f"out/dist/{BASE}: make dist did not write {first!r}, which is in it; hint: move it away"
    )
    assert (folder / name).read_text() == "precious"


def test_half_written_folder(small: Small) -> None:
    folder = small.dist()
    (folder / "SHA256SUMS").unlink()
    before = contents(folder)
    assert refused(small) == (
        f"out/dist/{BASE}: not what make dist wrote, or a part of it: there is no SHA256SUMS; "
        "hint: move it away"
    )
    assert contents(folder) == before


@pytest.mark.parametrize("kind", ["link", "file"])
def test_no_folder_at_all(small: Small, tmp_path: Path, kind: str) -> None:
    target = small.out / "dist" / BASE
    target.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    if kind == "link":
        target.symlink_to(tmp_path / "elsewhere")
    else:
        target.write_text("precious")
    assert "not a folder that make dist wrote; hint: move it away" in refused(small)
    assert os.path.lexists(target)


def test_damaged_image(small: Small) -> None:
    path = small.out / "images/alpha/10ec8139.rom"
    path.write_bytes(path.read_bytes() + b"x")
    what = "is not the image that catalogue.json names; hint: make or download the set again"
    assert refused(small) == f"out/images/alpha/10ec8139.rom: {what}"


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("out/catalogue.json", "out: there is no catalogue.json in it"),
        ("out/images/undi/undi.zpxe", "out/images/undi/undi.zpxe: cannot read it"),
        ("out/obj/romtool/main.d", "out/obj/romtool: romtool was not built here"),
        ("out/obj/mknbi/stub.bin", "out/obj/mknbi/stub.bin: cannot read it"),
        ("CHANGELOG.md", "CHANGELOG.md: it has gone; hint: unpack the archive again"),
        ("MANIFEST", "neither a git clone nor an unpacked source archive"),
    ],
)
def test_what_is_missing_is_named(small: Small, lost: str, message: str) -> None:
    (small.root / lost).unlink()
    assert message in refused(small) and "hint: " in refused(small)


@pytest.mark.parametrize("date", ["yesterday", "-1", "1.5", "99999999999999", "٣"])
def test_wrong_date(small: Small, date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    assert refused(small) == (
        f"SOURCE_DATE_EPOCH={date}: not a date; "
        "hint: give seconds since 1970: SOURCE_DATE_EPOCH=$(date +%s)"
    )


@pytest.mark.parametrize("line", ["# date x", "../../etc/passwd", "/etc/passwd", "a b", ""])
def test_wrong_manifest(small: Small, line: str) -> None:
    lines = [line] if line.startswith("# date") else [f"# date {DATE}", line]
    small.write("MANIFEST", "\n".join(lines).encode() + b"\n")
    assert "MANIFEST: " in refused(small)


def test_source_archive_makes_itself_again(small: Small, tmp_path: Path) -> None:
    """Unpacked, with things lying about that are no sources, it gives the same source archive."""
    archive = small.dist() / f"{BASE}-source.tar.xz"
    root = unpack(archive, tmp_path)
    (root / "notes.txt").write_text("mine")
    source = load_source(root)
    write_archive(tmp_path / archive.name, source.members(root / "targets.yaml"), source.epoch)
    assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()
    assert (root / "ci/lab/run.sh").stat().st_mode & 0o111


def test_sources_from_git(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that are tracked, dated by the last commit; what is not committed is named."""
    (small.root / "MANIFEST").unlink()
    date = {"GIT_COMMITTER_DATE": f"{DATE} +0900", "GIT_AUTHOR_DATE": f"{DATE} +0000"}
    names = {
        f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    for words in (["init", "-q"], ["add", "."], ["rm", "-q", "--cached", "-r", "out"]):
        subprocess.run(["git", *words], cwd=small.root, check=True)
    words = ["git", "commit", "-q", "-m", "All"]
    subprocess.run(words, cwd=small.root, env={**os.environ, **date, **names}, check=True)
    small.write("new.c", b"")
    small.write("LICENSE", b"Changed.\n")
    found = dict(read_names(small.dist() / f"{BASE}-source.tar.xz"))
    assert "new.c" not in found and found["LICENSE"] == b"Changed.\n"
    assert found["MANIFEST"].startswith(f"# date {DATE}\n".encode())
    said = capsys.readouterr().err
    assert "new.c: not committed, and so not in the source archive" in said
    assert "LICENSE: not committed\n" in said
    (small.root / "CHANGELOG.md").unlink()
    assert "'CHANGELOG.md': git tracks it, but it is no plain file" in refused(small)


def read_names(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Files of an archive, below its folder."""
    return ((info.name.partition("/")[2], data) for info, data in read_archive(archive))


@pytest.mark.parametrize("part", ["source", "tools"])
def test_private_matrix_goes_into_the_sources(small: Small, tmp_path: Path, part: str) -> None:
    """So that they build what the set has."""
    (tmp_path / "my.yaml").write_text(matrix("1.2-mine"))
    folder = small.dist("--spec", str(tmp_path / "my.yaml"))
    files = dict(read_names(folder / f"{BASE}-{part}.tar.xz"))
    assert files["targets.yaml"] == matrix("1.2-mine").encode()
    if part == "tools":
        assert b'"Etherforge 1.2-mine"' in files["man/etherforge.1"]


def test_tools_run_where_they_are_unpacked(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """romtool builds with one make and any C compiler; the command line runs from anywhere, with that romtool."""
    monkeypatch.chdir(built)
    downloads = load_downloads(Path("out"))
    archive = tmp_path / "tools.tar.xz"
    write_archive(
        archive, tool_members(downloads, load_source(Path(".")), Path("targets.yaml"), []), DATE
    )
    root = unpack(archive, tmp_path)
    run_tool("make", "-s", "CC=gcc", "CFLAGS=-O0", cwd=root)
    image = downloads.file(downloads.images[0]).resolve()
    run_tool("out/bin/romtool", "lint", str(image), cwd=root)
    etherforge = [sys.executable, str(root / "out/bin/etherforge")]
    run_tool(*etherforge, "set", str(image), "timeout=5", "-o", "other", cwd=tmp_path)
    assert b"timeout=5\0" in (tmp_path / "other").read_bytes()
