# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key files of other programs, named as what they are, with the way to one that can be read."""

from __future__ import annotations

import base64
import re
from math import prod
from typing import NamedTuple

_HEAD = 4096  # bytes that tell what a file is
_PUTTYGEN = (
    "Export it, for the private key 'puttygen FILE -O private-openssh-new -o NEW', for the public one "
    "'puttygen FILE -O public -o NEW'; in PuTTYgen's window 'Conversions', or 'Save public key'."
)


class Form(NamedTuple):
    """A kind of file that is no key that can be read here: what it is, what to do, and whether it is private."""

    what: str
    hint: str
    private: bool = False


_FORMS = (
    (rb"\s*PuTTY-User-Key-File-", Form("a private key in PuTTY's own format (.ppk)", _PUTTYGEN, True)),
    (
        rb"\s*---- BEGIN SSH2 [A-Z ]*PRIVATE KEY",
        Form("a private key in the format of ssh.com (Tectia)", "Convert it with 'ssh-keygen -i -f FILE > NEW'.", True),
    ),
    (
        rb"SSH PRIVATE KEY FILE FORMAT",
        Form("a private key for SSH 1", "SSH 1 is no longer used: make a key with dcass.sftp.account_key.", True),
    ),
    (
        rb"\0\0\0.(?:ssh-|ecdsa-sha2-)[a-z0-9-]+\0\0",
        Form(
            "a key in binary, as Dropbear keeps a private one",
            "Convert it with 'dropbearconvert dropbear openssh FILE NEW'.",
            True,
        ),
    ),
    (
        rb"\x30[\x81\x82]",
        Form(
            "a key, or a certificate, in binary (DER or PKCS#12)",
            "Convert it: 'openssl pkey -inform DER -in FILE -out NEW', with -pubin for a public key.",
        ),
    ),
    (
        rb"\s*-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----",
        Form("an X.509 certificate, and no key", "Take the key out of it: 'openssl x509 -in FILE -pubkey -noout'."),
    ),
    (
        rb"\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----",
        Form(
            "a request for a certificate, and no key", "Take the key out of it: 'openssl req -in FILE -pubkey -noout'."
        ),
    ),
    (
        rb"\s*-----BEGIN PGP ",
        Form("a file of PGP's", "Export the key in SSH's format: 'gpg --export-ssh-key KEY'."),
    ),
)
_KNOWN = [(re.compile(pattern, re.DOTALL), form) for pattern, form in _FORMS]
_OPENSSH = re.compile(rb"-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]{1,4000})")
_MAGIC = b"openssh-key-v1\0"
_DEK = re.compile(rb"^DEK-Info: ?([A-Za-z0-9-]{1,40})", re.MULTILINE)
_ENCRYPTED = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]{1,600})")
_MOST_BCRYPT = 4000  # rounds: half a minute, at each run; ssh-keygen takes 24
_MOST_PBKDF2 = 5_000_000  # seconds; openssl takes 2048, and a million is the most that anybody advises
_MOST_SCRYPT = 1 << 21  # N times r times p; openssl takes 1 << 17, and that many need 256 MiB
_PBKDF2 = re.compile(rb"\x2a\x86\x48\x86\xf7\x0d\x01(?:\x05.|\x0c\x01.)\x30.\x04(.)", re.DOTALL)  # and older ones
_SCRYPT = re.compile(rb"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b\x30.\x04(.)", re.DOTALL)
_OBJECTS = {  # how PKCS#8 names ciphers that not every library knows
    b"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01": "Camellia",
    b"\x2a\x83\x1a\x8c\x9a\x6e\x01\x01": "ARIA",
    b"\x2a\x83\x1a\x8c\x9a\x44\x01": "SEED",
}


def other_form(data: bytes) -> Form | None:
    """Return what a file is where it is no key in SSH2's, OpenSSH's or PEM's format but one that people take for it."""
    return next((form for pattern, form in _KNOWN if pattern.match(data[:_HEAD])), None)


def cipher_of(data: bytes) -> str | None:
    """Return the cipher with which a private key file says that it is protected, None where it says none."""
    openssh = _OPENSSH.search(data)
    if openssh:
        blob = _decoded(openssh[1])
        at = len(_MAGIC)
        size = int.from_bytes(blob[at : at + 4], "big")
        name = blob[at + 4 : at + 4 + min(size, 64)].decode("ascii", "replace")
        return name if blob.startswith(_MAGIC) and name not in ("", "none") else None
    named = _DEK.search(data[:_HEAD])
    if named:
        return named[1].decode("ascii")
    encrypted = _ENCRYPTED.search(data)
    blob = _decoded(encrypted[1]) if encrypted else b""
    return next((name for mark, name in _OBJECTS.items() if mark in blob), None)


def is_endless(data: bytes) -> bool:
    """Say whether a file wants its passphrase hashed so often that it would hold a run: a damaged one may."""
    openssh, encrypted = _OPENSSH.search(data), _ENCRYPTED.search(data)
    if openssh:
        rest = _decoded(openssh[1])[len(_MAGIC) :]
        for _cipher_and_function in range(2):
            rest = _field(rest)[1]
        rounds = _field(_field(rest)[0])[1]
        return int.from_bytes(rounds[:4], "big") > _MOST_BCRYPT
    blob = _decoded(encrypted[1]) if encrypted else b""
    by_pbkdf2, by_scrypt = _PBKDF2.search(blob), _SCRYPT.search(blob)
    if by_pbkdf2:
        return prod(_after_salt(blob, by_pbkdf2)[:1]) > _MOST_PBKDF2
    return by_scrypt is not None and prod(_after_salt(blob, by_scrypt)[:3]) > _MOST_SCRYPT


def _field(blob: bytes) -> tuple[bytes, bytes]:
    """Return the string that an SSH blob begins with, and what follows it."""
    size = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + size], blob[4 + size :]


def _after_salt(blob: bytes, salt: re.Match[bytes]) -> list[int]:
    """Return the whole numbers that DER has after a salt, of which the length was found."""
    found: list[int] = []
    blob = blob[salt.end() + ord(salt[1]) :]
    while len(blob) > 2 and blob[0] == 2:
        found.append(int.from_bytes(blob[2 : 2 + blob[1]], "big"))
        blob = blob[2 + blob[1] :]
    return found


def _decoded(text: bytes) -> bytes:
    """Decode as much as there is of base64, up to the first '=': what follows belongs to nothing."""
    letters = b"".join(text.split()).partition(b"=")[0]
    return base64.b64decode(letters[: len(letters) // 4 * 4])
