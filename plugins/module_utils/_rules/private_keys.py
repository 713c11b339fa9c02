# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys where none may be: they are looked for in all that leaves a workstation or is kept (§3.2.2, §5)."""

from __future__ import annotations

import base64
import re

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import PrivateKeyInPackage
from ansible_collections.dcass.sftp.plugins.module_utils._rules.package_zip import MOST_UNPACKED, unpack, unpacked_size

_PRIVATE_MARKS = (b"PRIVATE KEY", b"PUTTY-USER-KEY-FILE", b"OPENSSH-KEY-V1", b"B3BLBNNZAC1RZXKTDJE")
# PKCS#1, PKCS#8 and SEC 1 in binary: a sequence that begins with a version of 0 or 1, as no public key does
_PRIVATE_DER = re.compile(
    rb"\x30(?:\x82..|\x81.|[\x20-\x7f])\x02\x01[\x00\x01](?:\x02\x82|\x02\x81|\x30|\x04)", re.DOTALL
)
_PRIVATE_JWK = re.compile(rb'"d"\s*:\s*"[A-Za-z0-9_-]{20}')
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/\r\n]{64,}")
_DEEPEST = 3  # zips in zips


def refuse_private(name: str, content: bytes) -> None:
    """Raise PrivateKeyInPackage if a file holds a private key in any usual form (§3.2.2, §5)."""
    text = content.replace(b"\0", b"").upper()  # as UTF-16 it would be full of them
    decoded = b"".join(_decoded(run) for run in _BASE64_RUN.findall(content.replace(b"\0", b"")))
    seen = any(mark in text or mark in decoded.upper() for mark in _PRIVATE_MARKS)
    if seen or _PRIVATE_DER.search(content) or _PRIVATE_DER.search(decoded) or _PRIVATE_JWK.search(content):
        raise PrivateKeyInPackage(f"'{name}' holds a private key.")


def _decoded(run: bytes) -> bytes:
    run = b"".join(run.split())
    return base64.b64decode(run[: len(run) // 4 * 4])


def refuse_private_inside(name: str, content: bytes) -> None:
    """Raise PrivateKeyInPackage if a file, or a zip in it (an office program's form is one), holds a private key.

    So is what unpacks to more than can be looked through: a small file may, to any size.
    """
    waiting, left = [(name, content, 0)], MOST_UNPACKED
    while waiting:
        name, content, depth = waiting.pop()
        refuse_private(name, content)
        left -= unpacked_size(content) if depth < _DEEPEST else 0
        if left < 0:
            raise PrivateKeyInPackage(
                f"'{name}' unpacks to more than the {MOST_UNPACKED >> 20} MB that can be looked through, "
                "so nobody can say that it holds no private key.",
                hint="Leave it out, or put into it what is needed alone.",
            )
        members = (unpack(content) or {}) if depth < _DEEPEST else {}
        waiting += [(f"{name}/{inner}", data, depth + 1) for inner, data in members.items()]
