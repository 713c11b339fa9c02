# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys in SSH2 form as RFC 4716 defines it (§3.2.1) and their MD5 fingerprints (§3.2.2)."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

BEGIN = "---- BEGIN SSH2 PUBLIC KEY ----"
END = "---- END SSH2 PUBLIC KEY ----"
LONGEST_LINE = 72
LONGEST_FILE = 16 * 1024
_HEADER = re.compile(r"[^\s:]{1,64}: ?.*")


class BadKey(ValueError):
    """A public key the exchange would not take, with the reason."""


@dataclass(frozen=True)
class PublicKey:
    """A decoded public key: its type, its size in bits and the bytes that SSH exchanges."""

    algorithm: str
    bits: int
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """Sixteen lower-case hexadecimal octets with colons: an identifier, not protection."""
        return hashlib.md5(self.blob, usedforsecurity=False).digest().hex(":")


def parse(data: bytes) -> PublicKey:
    """Read an SSH2 public key file."""
    if len(data) > LONGEST_FILE:
        raise BadKey(f"is {len(data)} bytes long, which no public key file is")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadKey("is not text") from None
    try:
        blob = base64.b64decode("".join(_body(_lines(text))), validate=True)
    except binascii.Error:
        raise BadKey("has a body that is not base64") from None
    return decode(blob)


def parse_rsa_2048(data: bytes) -> PublicKey:
    """Read an SSH2 public key file and insist on RSA with 2048 bits, the one kind the exchange accepts."""
    key = parse(data)
    if key.algorithm != "ssh-rsa":
        raise BadKey(f"is {key.algorithm}, not RSA")
    if key.bits != 2048:
        raise BadKey(f"has {key.bits} bits, not 2048")
    return key


def decode(blob: bytes) -> PublicKey:
    """Read the bytes of a public key: the type first, and for RSA the exponent and the modulus after it."""
    name, rest = _string(blob)
    try:
        algorithm = name.decode("ascii")
    except UnicodeDecodeError:
        raise BadKey("names no key type") from None
    if not re.fullmatch(r"[a-z0-9][a-z0-9@.-]{1,63}", algorithm):
        raise BadKey("names no key type")
    if algorithm != "ssh-rsa":
        return PublicKey(algorithm, 0, blob)
    exponent, rest = _number(rest)
    modulus, rest = _number(rest)
    if rest:
        raise BadKey(f"has {len(rest)} bytes after the key")
    if exponent < 3 or exponent % 2 == 0 or modulus % 2 == 0:
        raise BadKey("is not a usable RSA key")
    return PublicKey(algorithm, modulus.bit_length(), blob)


def _lines(text: str) -> list[str]:
    lines = [line.rstrip(" \t") for line in re.split(r"\r\n|\r|\n", text)]
    while lines and not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        if len(line.encode()) > LONGEST_LINE:
            raise BadKey(f"has a line {number} of more than {LONGEST_LINE} bytes")
    if not lines or lines[0] != BEGIN:
        raise BadKey(f"does not begin with '{BEGIN}'")
    if lines[-1] != END:
        raise BadKey(f"does not end with '{END}'")
    return lines[1:-1]


def _body(lines: list[str]) -> list[str]:
    position = 0
    while position < len(lines) and _HEADER.fullmatch(lines[position]):
        while lines[position].endswith("\\"):
            position += 1
            if position == len(lines):
                raise BadKey("ends within a header")
        position += 1
    body = lines[position:]
    if not any(body):
        raise BadKey("holds no key")
    return body


def _string(data: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 or len(data) < 4 + length:
        raise BadKey("is cut short")
    return data[4 : 4 + length], data[4 + length :]


def _number(data: bytes) -> tuple[int, bytes]:
    digits, rest = _string(data)
    if not digits or digits[0] & 0x80 or (digits[0] == 0 and len(digits) > 1 and not digits[1] & 0x80):
        raise BadKey("holds a number that is not positive or not in its shortest form")
    return int.from_bytes(digits, "big"), rest
