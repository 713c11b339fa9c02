# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests and demos: a participant that applies for registration, with keys of its own."""

import base64
import textwrap
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.rfc4716 import BEGIN, END, decode

WORKSTATIONS = ("127.0.10.31", "127.0.10.32")


@dataclass(frozen=True)
class KeyPair:
    """An RSA key pair on disk: the private key in OpenSSH form."""

    path: Path
    blob: bytes

    @classmethod
    def make(cls, path: Path, bits: int = 2048) -> "KeyPair":
        """Generate a key pair; the private key goes to `path`."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
        )
        line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        return cls(path, base64.b64decode(line.split()[1]))

    @property
    def ssh2(self) -> str:
        """The public key as an RFC 4716 file."""
        lines = textwrap.wrap(base64.b64encode(self.blob).decode(), 70)
        return "\n".join([BEGIN, 'Comment: "rehearsal"', *lines, END, ""])

    @property
    def fingerprint(self) -> str:
        """The MD5 fingerprint with colons."""
        return decode(self.blob).fingerprint


def package_members(
    customer_code: str, first: KeyPair, second: KeyPair, addresses: tuple[str, str] = WORKSTATIONS
) -> dict[str, bytes]:
    """The five members of a faultless registration package."""
    names = (f"{customer_code}001", f"{customer_code}002")
    members = {}
    for name, key in zip(names, (first, second), strict=True):
        members[f"{name}.pub"] = key.ssh2.encode()
        members[f"{name}.fpt"] = f"{key.fingerprint}\n".encode()
    rows = [f"{address},{name}.pub" for address, name in zip(addresses, names, strict=True)]
    members["addresses.csv"] = "\n".join(["workstation address,public key", *rows, ""]).encode()
    return members


def write_package(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write members into a zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return path
