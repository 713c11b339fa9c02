# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints as people bring them: as the exchange writes them, OpenSSH or PuTTYgen, alone or in their lines."""

from __future__ import annotations

import re

from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import FINGERPRINT_OCTETS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey

_QUOTES = "\"'`\u201c\u201d\u2018\u2019\ufeff"
_OCTETS = ":".join(["[0-9A-Fa-f]{2}"] * FINGERPRINT_OCTETS)
_MD5 = re.compile(rf"(?:MD5:)?({_OCTETS})", re.IGNORECASE)
_SHA256 = re.compile(r"(?:SHA256:)([A-Za-z0-9+/]{43})=?", re.IGNORECASE)
_KIND = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]+")
_BITS = re.compile(r"[1-9]\d{1,5}")


def is_of(key: PublicKey, given: str) -> bool | None:
    """Say whether a fingerprint is the key's; None where it is none.

    It may stand in quotation marks, in capitals, with MD5: or SHA256: before it, and in the whole line of
    ``ssh-keygen -l`` (2048 MD5:… comment (RSA)) or ``puttygen -l`` (ssh-rsa 2048 … comment).
    """
    word = _word(given)
    md5 = _MD5.fullmatch(word)
    if md5:
        return md5[1].lower() == key.fingerprint
    sha256 = _SHA256.fullmatch(word)
    return f"SHA256:{sha256[1]}" == key.fingerprint_sha256 if sha256 else None


def _word(given: str) -> str:
    """Return the one word of it that is the fingerprint, or all of it."""
    text = given.strip().strip(_QUOTES).strip()
    words = text.split()
    rest = words[1:] if words and _KIND.fullmatch(words[0]) else words
    return rest[1].strip(_QUOTES) if len(rest) > 1 and _BITS.fullmatch(rest[0]) else text
