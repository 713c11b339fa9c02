# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSH known_hosts: is this host key the one that was pinned? (sshd(8), 'SSH_KNOWN_HOSTS FILE FORMAT')"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    HostKeyMismatch,
    HostKeyRevoked,
    HostKeyUnknown,
    HostTrouble,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import parse_blob


@dataclass(frozen=True)
class HostCertificate:
    """A host certificate whose signature has been verified: who signed it, for whom, for how long (Unix seconds)."""

    authority: bytes
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int


@dataclass(frozen=True)
class HostKey:
    """What a server showed in the key exchange: its plain key, and the certificate where it sent one."""

    blob: bytes
    certificate: HostCertificate | None = None

    @property
    def fingerprint(self) -> str:
        return parse_blob(self.blob).fingerprint_sha256

    def line(self, address: Address) -> str:
        """Return the known_hosts line that would pin this key, for people who have compared its fingerprint."""
        encoded = base64.b64encode(self.blob).decode("ascii")
        return f"{_name(address)} {parse_blob(self.blob).key_type} {encoded}"


@dataclass(frozen=True)
class _Entry:
    marker: str
    hosts: str
    blob: bytes


def require_pinned(text: str, address: Address, key: HostKey, now: datetime) -> None:
    """Return if known_hosts vouches for the key at that address; raise HostKeyUnknown, -Mismatch or -Revoked if not."""
    entries = [entry for entry in _entries(text) if _names(entry.hosts, address)]
    authority = key.certificate.authority if key.certificate else None
    if any(entry.marker == "@revoked" and entry.blob in (key.blob, authority) for entry in entries):
        raise HostKeyRevoked(f"The host key of {address}, {key.fingerprint}, is revoked.")
    if any(entry.marker == "" and entry.blob == key.blob for entry in entries):
        return
    pinned = any(entry.marker == "" for entry in entries)
    if key.certificate and any(entry.marker == "@cert-authority" and entry.blob == authority for entry in entries):
        _require_valid(key.certificate, address, now)
    elif pinned:
        raise HostKeyMismatch(f"{address} shows the host key {key.fingerprint}, which is not the one in known_hosts.")
    elif key.certificate:
        raise HostKeyUnknown(f"{address} shows a certificate of {key.fingerprint}, signed by no known authority.")
    else:
        raise HostKeyUnknown(f"{address} shows the host key {key.fingerprint}; known_hosts has no key for it.")


def only_by_authority(text: str, address: Address) -> bool:
    """Say whether known_hosts vouches for an address by @cert-authority alone: a plain key would then be of no use."""
    markers = {entry.marker for entry in _entries(text) if _names(entry.hosts, address)}
    return "@cert-authority" in markers and "" not in markers


def _require_valid(certificate: HostCertificate, address: Address, now: datetime) -> None:
    if certificate.principals and address.host not in certificate.principals:
        raise HostKeyMismatch(f"The host certificate of {address} is made out to {', '.join(certificate.principals)}.")
    if not certificate.valid_after <= now.timestamp() < certificate.valid_before:
        raise HostKeyMismatch(f"The host certificate of {address} is not valid now.")


def _entries(text: str) -> Iterator[_Entry]:
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        marker = fields.pop(0) if fields[0].startswith("@") else ""
        try:
            yield _Entry(marker, fields[0], base64.b64decode(fields[2], validate=True))
        except (IndexError, binascii.Error):
            if marker == "@revoked":
                raise HostTrouble(f"known_hosts, line {number}: this @revoked line can't be read.") from None
            continue  # as OpenSSH does: a line that cannot be read vouches for nothing


def _names(hosts: str, address: Address) -> bool:
    name = _name(address)
    if hosts.startswith("|1|"):
        return _hashed(hosts, name)
    found = False
    for pattern in hosts.split(","):
        if pattern.startswith("!"):
            if _matches(pattern[1:], name):
                return False
        elif _matches(pattern, name):
            found = True
    return found


def _name(address: Address) -> str:
    return address.host if address.port == 22 else f"[{address.host}]:{address.port}"


def _matches(pattern: str, name: str) -> bool:
    escaped = "".join("[[]" if char == "[" else char for char in pattern.lower())  # only * and ? are wild
    return fnmatch.fnmatchcase(name.lower(), escaped)


def _hashed(hosts: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in hosts.split("|")[2:4])
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(hmac.new(salt, name.lower().encode(), hashlib.sha1).digest(), digest)
