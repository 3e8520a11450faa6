# SPDX-License-Identifier: BSD-2-Clause
"""Archives (.tar.xz) that depend on nothing but what is in them: same files and date, same bytes.

Order, owner, modes and times are fixed. Zeros at the end of a file, as a .dsk has them, are a hole: GNU's sparse
format, which GNU tar, bsdtar, 7-Zip and Python read. It makes such an archive a fifth smaller and quick to unpack.
"""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from factory.errors import failure
from factory.files import read_file

UNPACKED_MAX = 1 << 28  # bytes of an archive that is read; the largest of ours has a tenth
_SMALLEST_DICTIONARY = 1 << 20
_LONGEST_MATCH = 273  # of LZMA: what is searched for, since most images repeat most of another
_BLOCK = 512
_SPARSE = b"S"
_SMALLEST_HOLE = 64 * 1024  # of less a hole is not worth its entry
_MAP, _REAL_SIZE, _CHECKSUM = 386, 483, 148  # where GNU's header has them


@dataclass(frozen=True)
class Member:
    """A file of an archive. `content` is the file that has it, or the bytes themselves."""

    name: str  # below the archive's folder
    content: Path | bytes
    executable: bool = False
    sha256: str = ""  # when it is known already

    def read(self) -> bytes:
        """All of it."""
        return (
            self.content if isinstance(self.content, bytes) else read_file(self.content, "run make")
        )


def write_archive(path: Path, members: Iterable[Member], epoch: int) -> None:
    """Write path, a .tar.xz with one folder named as the archive. `epoch` is the time of everything in it.

    Raises FactoryError when a member cannot be read, and OSError when the archive cannot be written.
    """
    folder = path.name.removesuffix(".tar.xz")
    stream = bytearray()
    for member in sorted(members, key=lambda member: member.name):
        info = tarfile.TarInfo(f"{folder}/{member.name}")
        info.mode = 0o755 if member.executable else 0o644
        info.mtime = epoch
        data = member.read()
        stored = data.rstrip(b"\0")
        stored += bytes(-len(stored) % _BLOCK)
        if len(data) - len(stored) >= _SMALLEST_HOLE:
            stream += _sparse_header(info, len(stored), len(data)) + stored
        else:
            info.size = len(data)
            stream += info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % _BLOCK)
    stream += bytes(2 * _BLOCK)
    path.write_bytes(_packed(stream))


def _packed(stream: bytearray) -> bytes:
    """As .xz. All of it fits into the dictionary, so that a payload that many images have is packed once."""
    size = max(_SMALLEST_DICTIONARY, 1 << (len(stream) - 1).bit_length())
    lzma2 = {"id": lzma.FILTER_LZMA2, "preset": lzma.PRESET_DEFAULT, "dict_size": size}
    lzma2 |= {"mf": lzma.MF_HC4, "nice_len": _LONGEST_MATCH}
    return lzma.compress(stream, check=lzma.CHECK_CRC64, filters=[lzma2])


def _sparse_header(info: tarfile.TarInfo, stored: int, size: int) -> bytes:
    """Of a file of `size` bytes, of which only the first `stored` follow."""
    info.size, info.type = stored, _SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    start = len(header) - _BLOCK  # before that stands a name that is too long for the header

    def put(at: int, *numbers: int) -> None:
        text = b"".join(b"%011o\0" % number for number in numbers)
        header[start + at : start + at + len(text)] = text

    put(_MAP, 0, stored, size, 0)
    put(_REAL_SIZE, size)
    header[start + _CHECKSUM : start + _CHECKSUM + 8] = b" " * 8
    header[start + _CHECKSUM : start + _CHECKSUM + 8] = b"%06o\0 " % sum(header[start:])
    return bytes(header)


def read_archive(path: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Every file of an archive with its content. Raises FactoryError for what is no such archive."""
    try:
        # All of it, to the end of the file: tarfile itself stops before.
        decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        stream = decoder.decompress(path.read_bytes(), UNPACKED_MAX)
        if not decoder.eof or decoder.unused_data:
            what = f"not one whole .tar.xz of at most {UNPACKED_MAX >> 20} MiB"
            raise failure(str(path), what)
        with tarfile.open(fileobj=io.BytesIO(stream), mode="r:") as archive:
            for info in archive:
                file = archive.extractfile(info) if info.isfile() else None
                if file is None:
                    raise failure(f"{path}: {info.name}", "not a regular file")
                yield info, file.read()
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise failure(str(path), f"not one whole .tar.xz: {error}") from None
    except OSError as error:
        raise failure(str(path), f"cannot read it: {error.strerror}") from None


def unpack(path: Path, folder: Path) -> Path:
    """Write what an archive of ours has below `folder`; the folder that it made there.

    Raises FactoryError for an archive with names that lead elsewhere.
    """
    top = path.name.removesuffix(".tar.xz")
    for info, data in read_archive(path):
        parts = info.name.split("/")
        if parts[0] != top or len(parts) < 2 or {"", ".", ".."} & set(parts):
            raise failure(f"{path}: {info.name!r}", f"not below {top}/")
        target = folder.joinpath(*parts)
        if target.exists():
            raise failure(f"{path}: {info.name}", "is in it twice")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            _write_sparse(file, data)
        target.chmod(info.mode & 0o755)
    return folder / top


def _write_sparse(file: BinaryIO, data: bytes) -> None:
    file.write(data.rstrip(b"\0"))
    file.truncate(len(data))
