# SPDX-License-Identifier: BSD-2-Clause
"""dist: what gets published of a build, as archives with checksums and signatures (docs/distribution.md).

All but evidence and signatures is the same bytes for the same sources and tools. Everything is made in a folder beside
the real one, and moved there when it is whole.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path

import click

from factory.archive import Member, write_archive
from factory.contents import (
    LICENCE_FILES,
    family_members,
    full_members,
    licence_members,
    made_members,
    tool_members,
)
from factory.downloads import (
    CATALOGUE,
    CHECKSUMS,
    EVIDENCE,
    DownloadSet,
    check_images,
    load_downloads,
    published,
)
from factory.errors import EXIT_INPUT, failure
from factory.files import read_file
from factory.folders import replacing
from factory.sbom import sbom
from factory.signing import MINISIGN, OPENPGP, Signer, load_signer
from factory.source import Source, load_source

PRODUCT = "etherforge"
SBOM = "sbom.cdx.json"
CHANGES = "CHANGELOG.md"
UNSUMMED = (CHECKSUMS, EVIDENCE)  # not in SHA256SUMS: itself, and what is not reproducible
UNLISTED = {*UNSUMMED, *(name + end for name in UNSUMMED for end in (MINISIGN, OPENPGP))}
_REMARKS_SHOWN = 5
_path = click.Path(path_type=Path)
# Files that other commands make, each a folder of its own in the archives.
_MADE = ("man", "samples")


@click.command("dist")
@click.option("--out", type=_path, default=Path("out"), show_default=True, help="of the build")
@click.option(
    "--spec",
    type=_path,
    default=Path("targets.yaml"),
    show_default=True,
    help="the matrix of the build, for the archives with sources",
)
@click.option(
    "--source", type=_path, default=Path("."), show_default=True, help="folder of the sources"
)
@click.option("--key", type=_path, help="secret key of minisign, to sign with")
@click.option("--gpg-key", default="", help="fingerprint of an OpenPGP key, to sign with")
@click.pass_context
def command(
    context: click.Context, out: Path, spec: Path, source: Path, key: Path | None, gpg_key: str
) -> None:
    """Write the download set of a build: archives, checksums, signatures, a bill of materials.

    It becomes OUT/dist/etherforge-VERSION. The same sources and tools give the same bytes, but for evidence of boots
    and for signatures. Without a key, nothing is signed.
    """
    signer = load_signer(key, gpg_key)
    tree = load_source(source)
    downloads = load_downloads(out)
    _say((*tree.remarks, *downloads.remarks))
    target = out / "dist" / f"{PRODUCT}-{downloads.version}"
    others = _commands(context, tree.epoch)
    _check_ours(target)
    with replacing(target) as folder:
        _write(folder, downloads, tree, spec, others)
        _sign(folder, downloads.version, signer)
        _let_read(folder)
    files = list(target.iterdir())
    size = sum(file.stat().st_size for file in files)
    click.echo(f"{target}: {len(files)} files, {size / 1e6:.1f} MB")
    if key is None and not gpg_key:
        click.echo("not signed; hint: make dist KEY=minisign.key GPGKEY=fingerprint", err=True)


def _say(remarks: Sequence[str]) -> None:
    for remark in remarks[:_REMARKS_SHOWN]:
        click.echo(remark, err=True)
    if len(remarks) > _REMARKS_SHOWN:
        click.echo(f"and {len(remarks) - _REMARKS_SHOWN} more remarks like these", err=True)


def _commands(context: click.Context, epoch: int) -> Mapping[str, click.Command]:
    """The commands whose files are published. What they date, they date by SOURCE_DATE_EPOCH."""
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)
    group = context.find_root().command
    known = group.commands if isinstance(group, click.Group) else {}
    return {name: known[name] for name in _MADE if name in known}


def _write(
    folder: Path,
    downloads: DownloadSet,
    source: Source,
    matrix: Path,
    commands: Mapping[str, click.Command],
) -> None:
    """Everything that is published, but for signatures."""
    base = f"{PRODUCT}-{downloads.version}"
    check_images(downloads)
    with tempfile.TemporaryDirectory() as scratch:
        made = {
            name: _made(name, made_by, matrix, Path(scratch)) for name, made_by in commands.items()
        }
        man, samples = made.get("man", []), made.get("samples", [])
        archives: dict[str, Sequence[Member]] = {
            base: full_members(downloads, source, [*man, *samples]),
            f"{base}-source": list(source.members(matrix)),
            f"{base}-tools": tool_members(downloads, source, matrix, man),
        }
        if samples:
            archives[f"{base}-samples"] = [*samples, *licence_members(source)]
        for family in dict.fromkeys(image["family"] for image in downloads.images):
            archives[f"{base}-{family}"] = family_members(downloads, family, source)
        with ThreadPoolExecutor() as threads:  # packing lets go of the interpreter
            jobs = [
                threads.submit(write_archive, folder / f"{name}.tar.xz", members, source.epoch)
                for name, members in archives.items()
            ]
            for job in jobs:
                job.result()
    for path in (downloads.folder / CATALOGUE, *(source.root / name for name in LICENCE_FILES)):
        _write_file(folder / path.name, read_file(path, "run make"))
    _write_file(folder / CHANGES, read_file(source.root / CHANGES, "restore it"))
    sums = _checksums(folder)
    _write_file(folder / SBOM, sbom(downloads, sums, f"{base}-source.tar.xz", source.epoch))
    text = "".join(f"{sha256}  {name}\n" for name, sha256 in _checksums(folder).items())
    _write_file(folder / CHECKSUMS, text.encode())
    if downloads.evidence:
        _write_file(folder / EVIDENCE, published(downloads.evidence))


def _made(name: str, made_by: click.Command, matrix: Path, scratch: Path) -> list[Member]:
    takes_matrix = any("--spec" in parameter.opts for parameter in made_by.params)

    def write(place: Path) -> None:
        words = ["--out", str(place), *(["--spec", str(matrix)] if takes_matrix else [])]
        with redirect_stdout(io.StringIO()):  # where it wrote them is of no interest
            made_by.main(words, standalone_mode=False)

    return made_members(name, write, scratch)


def _write_file(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


def _checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file there, by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


def _sign(folder: Path, version: str, signer: Signer) -> None:
    for name in UNSUMMED:
        if (folder / name).exists():
            signer.sign(folder / name, f"{PRODUCT} {version} {name}")


def _let_read(folder: Path) -> None:
    """What is published is for everybody, whatever the umask."""
    for path in folder.iterdir():
        path.chmod(0o644)
    folder.chmod(0o755)


def _check_ours(target: Path) -> None:
    """Refuse to replace what `dist` has not written: a link, a folder with other files, or without checksums."""
    hint = "move it away"
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise failure(str(target), "not a folder that make dist wrote", hint, EXIT_INPUT)
    if not target.exists():
        return
    if not (target / CHECKSUMS).is_file():
        what = f"not what make dist wrote, or a part of it: there is no {CHECKSUMS}"
        raise failure(str(target), what, hint, EXIT_INPUT)
    lines = read_file(target / CHECKSUMS, hint).decode(errors="replace").splitlines()
    known = {line.partition("  ")[2] for line in lines} | UNLISTED
    for path in sorted(target.iterdir()):
        if path.name not in known or path.is_dir():
            what = f"make dist did not write {path.name!r}, which is in it"
            raise failure(str(target), what, hint, EXIT_INPUT)
