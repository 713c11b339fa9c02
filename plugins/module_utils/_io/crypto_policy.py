# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this workstation lets its libraries do what the facility asks for: a crypto policy may forbid it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import CryptoForbidden
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_BITS

_SETTING = "OPENSSL_CONF"  # which every OpenSSL obeys, also the one that cryptography's wheels bring along


@cache
def require_crypto() -> None:
    """Raise CryptoForbidden unless RSA signatures with SHA-1 (§2.1) and MD5 fingerprints (§3.2.2) can be made.

    It is tried with a key that nobody uses: what a policy forbids can't be read from anything but a trial. Where the
    library is missing there is nothing to try, and whoever needs it says so.
    """
    try:
        hashlib.md5(b"", usedforsecurity=False)
    except ValueError as error:
        raise forbidden("fingerprints with MD5") from error
    try:
        from cryptography.hazmat.primitives.asymmetric import rsa
    except ImportError:
        return
    try:
        prove(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))
    except Exception as error:  # of the library's own kinds, another with each policy
        raise forbidden("RSA signatures with SHA-1") from error


def prove(secret: Any) -> None:
    """Let an RSA key sign as it does to log in (§2.1), or raise InvalidSignature, or what the library has to say."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    scheme, digest = padding.PKCS1v15(), hashes.SHA1()  # noqa: S303  # the facility takes no other
    secret.public_key().verify(secret.sign(b"", scheme, digest), b"", scheme, digest)


def forbidden(what: str) -> CryptoForbidden:
    """Return the error, which names the file of settings where the environment does."""
    named = os.environ.get(_SETTING)
    where = f"; {_SETTING} names {named}" if named else ""
    return CryptoForbidden(f"This workstation's crypto policy forbids {what}, which the facility asks for{where}.")


@contextmanager
def blaming_the_policy() -> Iterator[None]:
    """Let whatever fails here fail for the policy where that is the reason: a sound key can't be read under it."""
    try:
        yield
    except Exception:
        require_crypto()
        raise
