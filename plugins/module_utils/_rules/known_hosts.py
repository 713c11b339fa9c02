# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSH known_hosts: is this host key the one that was pinned? (sshd(8), 'SSH_KNOWN_HOSTS FILE FORMAT')"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.brought import save_as_utf8
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    HostKeyMismatch,
    HostKeyRevoked,
    HostKeyUnknown,
    LocalError,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import parse_blob

_AUTHORITY, _REVOKED = "@cert-authority", "@revoked"
INCOMPLETE = "it lacks the host, the kind of key or the key"
_WILD_OR_HASHED = re.compile(r"[*?|]")
_PORT = 22  # which alone is not written
_BLANKS = re.compile(r"[ \t]+")
_SIGNED_AS = {"rsa-sha2-256": "ssh-rsa", "rsa-sha2-512": "ssh-rsa"}  # names of signatures, which ssh takes for the kind


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
        """OpenSSH's form: 'SHA256:' and unpadded base64."""
        return parse_blob(self.blob).fingerprint_sha256

    def line(self, address: Address) -> str:
        """Return the known_hosts line that would pin this key, for people who have compared its fingerprint."""
        encoded = base64.b64encode(self.blob).decode("ascii")
        return f"{_name(address)} {parse_blob(self.blob).key_type} {encoded}"


@dataclass(frozen=True)
class _Entry:
    marker: str
    blob: bytes


def require_pinned(text: str, address: Address, key: HostKey, now: datetime) -> None:
    """Return if known_hosts vouches for the key at that address; raise HostKeyUnknown, -Mismatch or -Revoked if not.

    Lines without the port vouch where none with it knows the key, as with ssh; they revoke in any case.
    """
    if "\0" in text:  # it has been read as UTF-8
        raise LocalError("known_hosts is no text in UTF-8, but in UTF-16, it seems.", hint=save_as_utf8("known_hosts"))
    unread: list[str] = []
    entries = list(_entries(text, address, unread))
    portless = list(_entries(text, address, [], without_port=True))
    authority = key.certificate.authority if key.certificate else None
    if any(entry.marker == _REVOKED and entry.blob in (key.blob, authority) for entry in entries + portless):
        raise HostKeyRevoked(f"The host key of {address}, {key.fingerprint}, is revoked.")
    try:
        _require_vouched(entries, address, key, now, unread)
    except HostKeyUnknown:
        if not portless:
            raise
        _require_vouched(portless, address, key, now, unread)


def _require_vouched(entries: list[_Entry], address: Address, key: HostKey, now: datetime, unread: list[str]) -> None:
    authority = key.certificate.authority if key.certificate else None
    if any(entry.marker == "" and entry.blob == key.blob for entry in entries):
        return
    pinned = any(entry.marker == "" for entry in entries)
    if key.certificate and any(entry.marker == _AUTHORITY and entry.blob == authority for entry in entries):
        _require_valid(key.certificate, address, now)
    elif pinned:
        raise HostKeyMismatch(
            f"{address} shows the host key {key.fingerprint}, which is not the one in known_hosts.{_also(unread)}"
        )
    elif key.certificate:
        raise HostKeyUnknown(
            f"{address} shows a certificate of {key.fingerprint}, signed by no known authority.{_also(unread)}"
        )
    else:
        raise HostKeyUnknown(
            f"{address} shows the host key {key.fingerprint}; known_hosts has no key for it.{_also(unread)}"
        )


def only_by_authority(text: str, address: Address) -> bool:
    """Say whether known_hosts vouches for an address by @cert-authority alone: a plain key would then be of no use."""
    found = [_entries(text, address, [], may_raise=False, without_port=without) for without in (False, True)]
    markers = {entry.marker for entries in found for entry in entries}
    return _AUTHORITY in markers and "" not in markers


def flaw_of(line: str) -> str | None:
    """Return what is wrong with a line of known_hosts, None where nothing is; comments and blank lines are sound."""
    fields = _fields(line)
    if not fields:
        return None
    marker = fields.pop(0) if fields[0].startswith("@") else ""
    if marker not in ("", _AUTHORITY, _REVOKED):
        return f"{marker[:40]} is no marker that ssh knows"
    if len(fields) < 3:
        return INCOMPLETE
    return _flaw_of_key(fields[1], fields[2])


def _require_valid(certificate: HostCertificate, address: Address, now: datetime) -> None:
    if certificate.principals and address.host not in certificate.principals:
        raise HostKeyMismatch(f"The host certificate of {address} is made out to {', '.join(certificate.principals)}.")
    if not certificate.valid_after <= now.timestamp() < certificate.valid_before:
        raise HostKeyMismatch(f"The host certificate of {address} is not valid now.")


def _fields(line: str) -> list[str]:
    """Return the fields as ssh takes them apart: blanks and tabs part them, a line end of Windows' is passed over."""
    found = _BLANKS.split(line.strip(" \t\r\n\ufeff"), 4)
    return [] if not found[0] or found[0].startswith("#") else found


def _entries(
    text: str, address: Address, unread: list[str], may_raise: bool = True, without_port: bool = False
) -> Iterator[_Entry]:
    """Yield the entries for an address, named with its port or without.

    What makes no sense is passed over, as ssh does, and told in ``unread``. Lines of other hosts never matter. A key
    that can't be read can't be known to be revoked, so it stops everything.
    """
    host = address.host.lower()
    for number, line in enumerate(text.split("\n"), 1):
        if host not in line.lower() and not _WILD_OR_HASHED.search(line):
            continue
        fields = _fields(line)
        marker = fields[0] if fields and fields[0].startswith("@") else ""
        hosts = next(iter(fields[1 if marker else 0 :]), None)
        if hosts is None or not (_names_portless if without_port else _names)(hosts, address):
            continue
        flaw = flaw_of(line)
        if flaw is None:
            yield _Entry(marker, base64.b64decode(fields[3 if marker else 2]))
        elif marker == _REVOKED and may_raise:
            raise LocalError(f"known_hosts, line {number}: this @revoked line can't be read: {flaw}.")
        else:
            unread.append(f"line {number} names it, but can't be read: {flaw}")


def _flaw_of_key(kind: str, encoded: str) -> str | None:
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        return f"'{foreign.line(encoded, 40)}' is no base64 and so no key, but a placeholder, or damaged"
    size = int.from_bytes(blob[:4], "big")
    named = blob[4 : 4 + size]
    if len(blob) <= 4 + size:
        return f"'{foreign.line(encoded, 40)}' is no key, but a placeholder, or cut short"
    if named != _SIGNED_AS.get(kind, kind).encode("utf-8", "replace"):
        return f"it says {foreign.line(kind, 40)}, but its key is of another kind"
    return None


def _also(unread: list[str]) -> str:
    """What else is to be told: lines that were meant for the address, and are passed over."""
    return "".join(f" There, {flaw}." for flaw in unread[:3])


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


def _names_portless(hosts: str, address: Address) -> bool:
    """Say whether they name the host, and do not say that this port of it is another's."""
    barred = [pattern[1:] for pattern in hosts.split(",") if pattern.startswith("!")]
    return _names(hosts, replace(address, port=_PORT)) and not any(_matches(one, _name(address)) for one in barred)


def _name(address: Address) -> str:
    return address.host if address.port == _PORT else f"[{address.host}]:{address.port}"


def _matches(pattern: str, name: str) -> bool:
    """Match as ssh does: only * and ? are wild, capitals do not matter; in time that grows with both lengths alone."""
    pattern, name = pattern.lower(), name.lower()
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    at = seen = 0
    star = resumed = -1
    while seen < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, resumed = at, seen
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[seen]):
            at, seen = at + 1, seen + 1
        elif star >= 0:
            resumed += 1
            at, seen = star + 1, resumed
        else:
            return False
    return pattern[at:].strip("*") == ""


def _hashed(hosts: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in hosts.split("|")[2:])
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, name.lower().encode(), hashlib.sha1).digest(), digest)
