# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a registration package as the exchange would: one CXXX.zip with five members (§3.2, §5, §7)."""

import io
import ipaddress
import re
import zipfile
import zlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import load_der_private_key

from emulator.rfc4716 import BadKey, PublicKey, parse_rsa_2048

PACKAGE_NAME = re.compile(r"(C[A-Z0-9]{3})\.zip")
LARGEST_MEMBER = 256 * 1024
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)")
_FINGERPRINT = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){15}")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
_PRIVATE_KEY_MARKS = (
    re.compile(rb"BEGIN [A-Z0-9 ]*PRIVATE KEY"),
    re.compile(rb"PuTTY-User-Key-File-\d"),
    re.compile(rb"openssh-key-v1"),
    re.compile(rb"b3BlbnNzaC1rZXktdjE"),
)


@dataclass(frozen=True)
class Application:
    """What a faultless package applies for."""

    customer_code: str
    addresses: tuple[str, str]
    keys: dict[str, PublicKey]


class Refused(ValueError):
    """A package that was not accepted, with all that is wrong with it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def check_package(name: str, data: bytes) -> Application:
    """Return what the package applies for, or raise `Refused` with every reason at once."""
    named = PACKAGE_NAME.fullmatch(name)
    if not named:
        raise Refused([f"the package is named {name!r}, not CXXX.zip with the customer code in capitals"])
    code = named[1]
    members = _read_members(data)
    reasons = _private_keys(members)
    template, missing = _sort_members(code, members)
    reasons += missing
    keys = {}
    for account in (f"{code}001", f"{code}002"):
        key, wrong = _check_key(account, members)
        reasons += wrong
        if key:
            keys[account] = key
    if len(keys) == 2 and len({key.blob for key in keys.values()}) == 1:
        reasons.append("both accounts have the same public key, where each account needs its own")
    addresses: list[str] = []
    if template is not None:
        addresses, wrong = _check_template(code, template, members[template])
        reasons += wrong
    if reasons:
        raise Refused(reasons)
    return Application(code, (addresses[0], addresses[1]), keys)


def _read_members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            listed = package.infolist()
            reasons = [f"{entry.filename} is too large" for entry in listed if entry.file_size > LARGEST_MEMBER]
            reasons += [f"{entry.filename} is encrypted" for entry in listed if entry.flag_bits & 1]
            names = [entry.filename for entry in listed]
            reasons += [f"{name} is in the package twice" for name in sorted({n for n in names if names.count(n) > 1})]
            if len(listed) > 20:
                reasons.append(f"the package has {len(listed)} members where 5 are expected")
            if reasons:
                raise Refused(reasons)
            return {entry.filename: package.read(entry) for entry in listed}
    except _UNREADABLE as problem:
        if isinstance(problem, Refused):
            raise
        raise Refused([f"the package is not a readable zip file: {problem}"]) from None


def _private_keys(members: dict[str, bytes]) -> list[str]:
    guilty = [name for name, data in members.items() if is_private(data)]
    return [f"{name} holds private key material: never send a private key" for name in guilty]


def is_private(data: bytes) -> bool:
    """Whether the bytes hold a private key, in whatever form."""
    if any(mark.search(data) for mark in _PRIVATE_KEY_MARKS):
        return True
    if not data.startswith(b"\x30"):
        return False
    try:
        load_der_private_key(data, password=None)
    except TypeError:
        return True  # encrypted, and a private key all the same
    except Exception:  # whatever it is, it does not load as a key
        return False
    return True


def _sort_members(code: str, members: dict[str, bytes]) -> tuple[str | None, list[str]]:
    expected = [f"{code}{number}.{ending}" for number in ("001", "002") for ending in ("pub", "fpt")]
    reasons = [f"{name} is missing" for name in expected if name not in members]
    others = [name for name in members if name not in expected]
    if not others:
        return None, [*reasons, "the IP address template is missing"]
    if len(others) > 1:
        return None, [*reasons, f"beside keys and fingerprints one IP address template is expected, not {len(others)}"]
    return others[0], reasons


def _check_key(account: str, members: dict[str, bytes]) -> tuple[PublicKey | None, list[str]]:
    public, printed = members.get(f"{account}.pub"), members.get(f"{account}.fpt")
    reasons: list[str] = []
    fingerprint = None
    if printed is not None:
        fingerprint = printed.decode("ascii", "replace").strip()
        if not _FINGERPRINT.fullmatch(fingerprint):
            reasons.append(f"{account}.fpt does not hold 16 lower-case hexadecimal octets with colons between them")
            fingerprint = None
    if public is None:
        return None, reasons
    try:
        key = parse_rsa_2048(public)
    except BadKey as problem:
        return None, [*reasons, f"{account}.pub {problem}"]
    if fingerprint and fingerprint != key.fingerprint:
        reasons.append(f"{account}.fpt says {fingerprint}, but {account}.pub has {key.fingerprint}")
    return key, reasons


def _check_template(code: str, name: str, data: bytes) -> tuple[list[str], list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [f"{name} (taken for the IP address template) is not text"]
    reasons = [f"{name} does not name {key}" for key in (f"{code}001.pub", f"{code}002.pub") if key not in text]
    addresses: list[str] = []
    wrong: list[str] = []
    for written in dict.fromkeys(_ADDRESS.findall(text)):
        (addresses if _is_usable(written) else wrong).append(written)
    reasons += [f"{name} has {written}, which is no workstation's IPv4 address" for written in wrong]
    if len(addresses) != 2:
        reasons.append(f"{name} names {len(addresses)} different workstation addresses, not 2")
    elif addresses[0].rsplit(".", 1)[0] != addresses[1].rsplit(".", 1)[0]:
        reasons.append(f"{addresses[0]} and {addresses[1]} are not in one subnet: the first three octets differ")
    return addresses, reasons


def _is_usable(written: str) -> bool:
    try:
        address = ipaddress.IPv4Address(written)
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or int(address) >= 0xF0000000)
