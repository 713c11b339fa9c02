# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and making keys with ``cryptography``; private keys never leave this file except into one of mode 0600."""

from __future__ import annotations

import base64
import re
from functools import partial
from inspect import signature
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.crypto_policy import blaming_the_policy, prove
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.brought import text_of, without_mark
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadKeyType,
    BadPassphrase,
    BadPrivateKey,
    BadPublicKey,
    DcassError,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_BITS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_forms import cipher_of, is_endless, other_form
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey, parse_blob

_PEM = re.compile(rb"^-----BEGIN ([A-Z0-9 ]{1,60})", re.MULTILINE)
_KIND = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+")
_LATER = re.compile(r"\s(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w+)(?:-cert-v01@openssh\.com)?\s+AAAA")
_UNKNOWN_CIPHER = re.compile(r"unknown cipher|unknown key encryption|unsupported ?(cipher|algorithm)", re.IGNORECASE)
# one wrong passphrase in 256 leaves what looks decrypted and is no key; this sentence, too, speaks of an algorithm
_GARBLED = re.compile(r"could not deserialize", re.IGNORECASE)
_QUICK = "unsafe_skip_rsa_key_validation"  # an option of some versions of cryptography, for one or both formats


def generate() -> PrivateKey:
    """Make a new RSA key of 2048 bits (§3.2.1)."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    with blaming_the_policy():
        secret = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return PrivateKey(_public(secret.public_key()), False, secret)


def encode(key: PrivateKey, passphrase: str | None) -> bytes:
    """Return the private key as an OpenSSH private key file, encrypted where a passphrase is given."""
    from cryptography.hazmat.primitives import serialization

    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    secret: Any = key.secret  # of that library, which no rule knows
    encoded: bytes = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, protection)
    return encoded


def load_private(data: bytes, passphrase: str | None, whose: str) -> PrivateKey:
    """Read a private key (OpenSSH or PEM), or raise BadPrivateKey or BadPassphrase; an idle passphrase is ignored."""
    with blaming_the_policy():
        return _read_private(data, passphrase, whose)


def _read_private(data: bytes, passphrase: str | None, whose: str) -> PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm

    data = _as_key(data, whose, BadPrivateKey)
    if is_endless(data):
        raise BadPrivateKey(
            f"{whose} wants its passphrase hashed so often that no run can wait for it, or it is damaged.",
            hint="Protect it with fewer rounds: 'ssh-keygen -p -a 100 -f FILE'. The passphrase may stay what it is.",
        )
    load = _loader(data)
    try:
        return _attempt(load, data, None)
    except TypeError:  # it is protected
        if not passphrase:
            raise BadPassphrase(f"{whose} is protected by a passphrase, and none was given.") from None
    except UnsupportedAlgorithm as error:
        raise _unread(data, whose, error) from None
    except ValueError as error:
        raise _unread(data, whose, error) from None
    try:
        return _attempt(load, data, passphrase.encode())
    except (TypeError, UnsupportedAlgorithm) as error:
        raise _unread(data, whose, error) from None
    except ValueError as error:
        if _UNKNOWN_CIPHER.search(str(error)) and not _GARBLED.search(str(error)):
            raise _unread(data, whose, error) from None
        raise BadPassphrase(f"{whose} can't be read: the passphrase is wrong, or the file is damaged.") from None


def given_bytes(text: str) -> bytes:
    """Return the bytes of a key that was given as text, also where it was none."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a surrogate pair, which no file has; it is no key's in any case
        return text.encode("utf-8", "surrogatepass")


def read_any(data: bytes, passphrase: str | None, whose: str) -> PublicKey:
    """Return the public half of any key: SSH2 (RFC 4716), OpenSSH or PEM, public or private."""
    data = _as_key(data, whose, BadPublicKey)
    text = data.decode("utf-8", "surrogateescape")
    first = text.lstrip()
    if first.startswith("---- BEGIN SSH2 PUBLIC") or rfc4716.BEGIN in first:
        return rfc4716.read(text).key
    pem = _PEM.search(data)  # 'openssl -text' writes it below the figures
    if pem is None:
        return _openssh_public(first, whose)
    if pem[1].endswith(b"PRIVATE KEY"):
        return load_private(data[pem.start() :], passphrase, whose).public
    return _pem_public(data[pem.start() :], whose)


def _as_key(data: bytes, whose: str, error: type[DcassError]) -> bytes:
    """Return a file without the mark of UTF-8, or raise what else it is: in another encoding, or another format."""
    text_of(data, whose, error)
    data = without_mark(data)
    form = other_form(data)
    if form:
        raise (BadPrivateKey if form.private else error)(f"{whose} is {form.what}.", hint=form.hint)
    return data


def _attempt(load: Any, data: bytes, passphrase: bytes | None) -> PrivateKey:
    """Load a key. Libraries stumble over damaged ones in ways that they do not name: all but three are ValueError."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return _with_public(_proven(load(data, passphrase)), encrypted=passphrase is not None)
    except (TypeError, ValueError, UnsupportedAlgorithm, DcassError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a library in another language panics, which is no Exception
        raise ValueError(type(error).__name__) from None


def _unread(data: bytes, whose: str, error: BaseException) -> BadPrivateKey:
    """Tell why a key is not read though nobody has a wrong passphrase: its cipher, or itself."""
    cipher = cipher_of(data)
    if cipher is None or not _UNKNOWN_CIPHER.search(f"{type(error).__name__} {error}"):
        return BadPrivateKey(f"{whose} can't be read as a private key: it is damaged or of an unknown kind.")
    convert = "'ssh-keygen -p -Z aes256-ctr -f FILE'"
    if b"OPENSSH PRIVATE KEY" not in data:
        convert = "'openssl pkey -in FILE -aes256 -out NEW', and keep NEW to mode 0600"
    return BadPrivateKey(
        f"{whose} is protected with the cipher {cipher}, which the library cryptography does not know.",
        hint=f"Protect it with another one: {convert}. The passphrase may stay what it is.",
    )


def _loader(data: bytes) -> Any:
    """Return what loads such a key, if possible without testing anew whether an RSA key's factors are primes.

    That takes longer than a whole login, and looks for malice where the file is our own; damage shows in ``_proven``.
    """
    from cryptography.hazmat.primitives import serialization

    is_openssh = b"OPENSSH PRIVATE KEY" in data
    load: Any = serialization.load_ssh_private_key if is_openssh else serialization.load_pem_private_key
    return partial(load, **{_QUICK: True}) if _QUICK in signature(load).parameters else load


def _proven(secret: Any) -> Any:
    """Return the private key, or raise ValueError where what it signs is not what its public half verifies.

    A policy that forbids such a signature is noticed by this, before a login is spent.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import rsa

    if isinstance(secret, rsa.RSAPrivateKey):
        try:
            prove(secret)
        except InvalidSignature:
            raise ValueError("the two halves do not belong together") from None
    return secret


def _with_public(secret: Any, encrypted: bool) -> PrivateKey:
    return PrivateKey(_public(secret.public_key()), encrypted, secret)


def _openssh_public(text: str, whose: str) -> PublicKey:
    fields = text.split(None, 2)
    if not fields or not _KIND.fullmatch(fields[0]):
        if _LATER.search(text):
            raise BadPublicKey(
                f"{whose} is a line of authorized_keys or known_hosts, with something before the key.",
                hint="Give the line from the kind of the key on: 'ssh-rsa AAAAB3…'.",
            )
        raise BadPublicKey(f"{whose} is neither an SSH2, an OpenSSH nor a PEM key.")
    try:
        key = parse_blob(base64.b64decode(fields[1], validate=True))
    except IndexError:
        raise BadPublicKey(f"{whose} says {fields[0][:40]}, and no key follows.") from None
    except ValueError:
        raise BadPublicKey(f"{whose} says {fields[0][:40]}, but what follows is no base64.") from None
    if key.key_type != fields[0]:
        raise BadPublicKey(f"{whose} calls itself {fields[0][:40]} but holds an {key.key_type} key.")
    return key


def _pem_public(data: bytes, whose: str) -> PublicKey:
    from cryptography.hazmat.primitives import serialization

    try:
        return _public(serialization.load_pem_public_key(data))
    except (DcassError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # as in _attempt
        raise BadPublicKey(f"{whose} can't be read as a PEM public key.") from None


def _public(key: Any) -> PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    except (ValueError, UnsupportedAlgorithm, AttributeError):
        raise BadKeyType("The key is of a kind that SSH does not know.") from None
    return parse_blob(base64.b64decode(line.split()[1]))
