# SPDX-License-Identifier: BSD-2-Clause
"""Signatures of published files, made and checked by minisign and GnuPG."""

from __future__ import annotations

import base64
import getpass
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from factory.errors import EXIT_INPUT, FactoryError, failure
from factory.files import read_file

_PACKAGES = {"minisign": "minisign", "gpg": "gnupg"}
MINISIGN, OPENPGP = ".minisig", ".asc"  # what a signature's name ends in


@dataclass(frozen=True)
class Signer:
    """A packager's keys. No key makes no signatures."""

    secret: Path | None  # minisign's secret key
    password: bytes | None  # of that
    gpg: str  # fingerprint of an OpenPGP key, or empty

    def sign(self, path: Path, what: str) -> None:
        """Write signatures beside a file. `what` it is: signed with it, as the trusted comment."""
        if self.secret is not None:
            signature = path.with_name(path.name + MINISIGN)
            words = [
                "minisign",
                "-S",
                "-s",
                str(self.secret),
                "-x",
                str(signature),
                "-m",
                str(path),
            ]
            words += ["-c", f"signature of {path.name}", "-t", what]
            done = _run(words, (self.password or b"") + b"\n")
            if done.returncode != 0:
                raise _failed(
                    str(self.secret), done, "is it the secret key, and its password right?"
                )
        if self.gpg:
            words = ["gpg", "--batch", "--yes", "--armor", "--local-user", self.gpg]
            words += ["--output", str(path) + OPENPGP, "--detach-sign", str(path)]
            done = _run(words)
            if done.returncode != 0:
                hint = "gpg --list-secret-keys names those that there are"
                raise _failed(f"GPGKEY={self.gpg}", done, hint)


def load_signer(secret: Path | None, gpg: str) -> Signer:
    """Look at the keys, so that what is wrong with one is said before anything is made.

    A password is asked for at a terminal; else it is the first line of standard input.
    """
    password = None
    if secret is not None:
        _find("minisign")
        if _has_password(secret):
            password = _ask(secret)
    if gpg:
        _find("gpg")
        words = ["gpg", "--batch", "--list-secret-keys", "--", gpg]
        if _run(words).returncode != 0:
            hint = "gpg --list-secret-keys names those that there are"
            raise failure(f"GPGKEY={gpg}", "no secret key of that name", hint, EXIT_INPUT)
    return Signer(secret, password, gpg)


def _has_password(secret: Path) -> bool:
    """Whether a secret key is encrypted: bytes 2 and 3 name the function that makes a key of the password."""
    hint = "make one with minisign -G -s minisign.key -p minisign.pub"
    lines = read_file(secret, hint, EXIT_INPUT).splitlines()
    try:
        key = base64.b64decode(lines[1], validate=True)
    except (IndexError, ValueError):
        key = b""
    if len(key) != 158 or key[:2] != b"Ed":
        raise failure(str(secret), "not a secret key of minisign", hint, EXIT_INPUT)
    return key[2:4] != b"\0\0"


def _ask(secret: Path) -> bytes:
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {secret}: ").encode()
    password = sys.stdin.readline().rstrip("\n").encode()
    if not password:
        hint = "type it at a terminal, or give it on standard input"
        raise failure(str(secret), "needs its password", hint, EXIT_INPUT)
    return password


def check_minisign(path: Path, public: Path, what: str) -> str | None:
    """Why the signature of a file is not that of the public key for `what`, its trusted comment; None when it is."""
    read_file(public, "name the public key of who published the set", EXIT_INPUT)
    done = _run(["minisign", "-V", "-p", str(public), "-m", str(path)])
    if done.returncode != 0:
        return _said(done)
    comment = done.stdout.decode(errors="replace").rpartition("Trusted comment: ")[2].strip()
    return None if comment == what else f"a signature of {comment!r}, not of {what!r}"


def check_openpgp(path: Path) -> tuple[bool | None, str]:
    """Whether gpg finds the signature good, None when it does not have the key; and what it said."""
    signature = str(path) + OPENPGP
    done = _run(["gpg", "--batch", "--status-fd", "1", "--verify", signature, str(path)])
    status = done.stdout.decode(errors="replace")
    if "[GNUPG:] NO_PUBKEY" in status or "[GNUPG:] ERRSIG" in status:
        return None, "its key is not in your keyring"
    good = done.returncode == 0 and "[GNUPG:] VALIDSIG" in status
    return good, _said(done)


def _run(words: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(words, input=given, capture_output=True, check=False)
    except OSError:
        raise _missing(words[0]) from None


def _find(tool: str) -> None:
    _run([tool, "-v" if tool == "minisign" else "--version"])


def _missing(tool: str) -> FactoryError:
    return failure(tool, "not installed", f"install the package {_PACKAGES[tool]}")


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of what a tool said, behind its question for a password."""
    text = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
    lines = [line for line in text.splitlines() if "[GNUPG:]" not in line]
    said = lines[-1].rpartition("Password: ")[2].strip() if lines else ""
    return said or f"exit code {done.returncode}"


def _failed(where: str, done: subprocess.CompletedProcess[bytes], hint: str) -> FactoryError:
    return failure(where, f"cannot sign: {_said(done)}", hint, EXIT_INPUT)
