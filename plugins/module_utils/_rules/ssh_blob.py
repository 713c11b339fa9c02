# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH public key blobs (RFC 4253 section 6.6): what kind of key, how many bits, which fingerprints (§3.2)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadKeyType, BadPublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_BITS

_CURVE_BITS = {"nistp256": 256, "nistp384": 384, "nistp521": 521}
_NUMBERS = {"ssh-rsa": 2, "ssh-dss": 4}  # e, n; p, q, g, y
_CERTIFICATE = "-cert-v01@openssh.com"
_UNCOMPRESSED = b"\x04"  # how a point of a curve begins, for SSH (RFC 5656 section 3.1)


@dataclass(frozen=True)
class PublicKey:
    """A public key by its blob; two keys are the same exactly when their blobs are."""

    blob: bytes
    key_type: str
    bits: int

    @property
    def fingerprint(self) -> str:
        """The exchange's form: MD5, 16 lowercase octets with colons (§3.2.2). An identifier, not a protection."""
        return hashlib.md5(self.blob, usedforsecurity=False).digest().hex(":")

    @property
    def fingerprint_text(self) -> bytes:
        """The content of its fingerprint file: the exchange's form and a line end (§3.2.2)."""
        return self.fingerprint.encode("ascii") + b"\n"

    @property
    def fingerprint_sha256(self) -> str:
        """OpenSSH's present form: 'SHA256:' and unpadded base64."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class PrivateKey:
    """A private key in memory. ``encrypted`` tells how its file was; nothing of it is ever shown."""

    public: PublicKey
    encrypted: bool
    secret: object = field(repr=False)


def parse_blob(blob: bytes) -> PublicKey:
    """Take a blob apart to its last byte, or raise BadPublicKey (truncated, corrupt, trailing bytes)."""
    if not blob:
        raise BadPublicKey("The public key is empty.")
    key_type = next(_strings(blob)).decode("ascii", "replace")
    if key_type.endswith(_CERTIFICATE):
        raise BadPublicKey(
            f"This is an OpenSSH certificate ({key_type[:60]}), and no key.",
            hint="Give the key that it certifies: id_rsa.pub, which lies beside id_rsa-cert.pub.",
        )
    return PublicKey(blob, key_type, _bits(key_type, list(_strings(blob))[1:]))


def require_rsa_2048(key: PublicKey, whose: str = "The key") -> PublicKey:
    """Return the key if the exchange takes it, or raise BadKeyType (§3.2.1)."""
    if key.key_type != "ssh-rsa":
        raise BadKeyType(f"{whose} is {key.key_type}, not RSA {KEY_BITS}.")
    if key.bits != KEY_BITS:
        raise BadKeyType(f"{whose} is RSA {key.bits}, not RSA {KEY_BITS}.")
    return key


def _strings(blob: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        if at + 4 + size > len(blob):
            raise BadPublicKey("The public key is truncated or corrupt: a field reaches beyond its end.")
        yield blob[at + 4 : at + 4 + size]
        at += 4 + size


def _bits(key_type: str, fields: list[bytes]) -> int:
    if key_type in _NUMBERS:
        _expect(len(fields) == _NUMBERS[key_type], key_type)
        numbers = [int.from_bytes(field, "big", signed=True) for field in fields]
        _expect(all(number > 0 for number in numbers), key_type)
        if key_type == "ssh-rsa":
            exponent, modulus = numbers
            _expect(exponent != 1 and exponent % 2 == 1 and modulus % 2 == 1, key_type)
            return modulus.bit_length()
        return numbers[0].bit_length()
    if key_type == "ssh-ed25519":
        _expect([len(field) for field in fields] == [32], key_type)
        return 256
    if key_type.startswith("ecdsa-sha2-"):
        curve = key_type[len("ecdsa-sha2-") :]
        _expect(len(fields) == 2 and fields[0] == curve.encode() and curve in _CURVE_BITS, key_type)
        _expect(fields[1].startswith(_UNCOMPRESSED), key_type)
        return _CURVE_BITS[curve]
    raise BadPublicKey(f"{key_type[:40]!a} is not a known kind of public key.")


def _expect(true: bool, key_type: str) -> None:
    if not true:
        raise BadPublicKey(f"The public key is corrupt: its fields do not make an {key_type} key.")
