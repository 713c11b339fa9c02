# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration package (§5): what goes into CXXX.zip, and what must never."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.brought import text_of, without_mark
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadAccount,
    BadPublicKey,
    BadTemplate,
    FingerprintMismatch,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.fingerprints import is_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import line
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import (
    FINGERPRINT_ENDING,
    LINE_BYTES,
    PACKAGE_ENDING,
    PUBLIC_KEY_ENDING,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, accounts_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.private_keys import refuse_private
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey, require_rsa_2048

_OUR_ENDINGS = (PUBLIC_KEY_ENDING, FINGERPRINT_ENDING, PACKAGE_ENDING)
_PLACEHOLDER = re.compile(r"\{(customer_code|address_[12]|public_key_[12])\}")
_OWN_TEMPLATE = (
    "customer_code,item,value\r\n"
    "{customer_code},workstation IP address 1,{address_1}\r\n"
    "{customer_code},workstation IP address 2,{address_2}\r\n"
    "{customer_code},public key file 1,{public_key_1}\r\n"
    "{customer_code},public key file 2,{public_key_2}\r\n"
)


@dataclass(frozen=True)
class Template:
    """The operator's own address template: its file name and content."""

    name: str
    content: bytes


def package_members(
    customer_code: str,
    addresses: tuple[str, str],
    keys: Mapping[str, str | bytes],
    fingerprints: Mapping[str, str],
    template: Template | None,
) -> dict[str, bytes]:
    """Return the package's five members by name, in their order in the file, or raise what is wrong with the input.

    A key goes in as the bytes that were given, or not at all.
    """
    accounts = accounts_of(customer_code)
    if set(keys) != {account.name for account in accounts}:
        raise BadAccount(
            f"The package of {customer_code} holds the keys of {accounts[0]} and {accounts[1]}; "
            f"given: {', '.join(sorted(keys)) or 'none'}.",
            hint="Give the public keys of both accounts, and of no other.",
        )
    for name in fingerprints:
        if name not in keys:
            raise BadAccount(f"A fingerprint is given for {name}, which is none of the two accounts.")
    given = {name: _as_given(name, key) for name, key in keys.items()}
    for name, content in given.items():
        refuse_private(name, content)
    public = [_key(account, given[account.name], fingerprints) for account in accounts]
    if public[0].blob == public[1].blob:
        raise BadPublicKey(f"{accounts[0]} and {accounts[1]} have the same key; each account needs its own (§3.2).")
    members = dict([_filled(customer_code, addresses, accounts, template)])
    for account in accounts:
        members[account.public_key_name] = given[account.name]
    for account, key in zip(accounts, public):
        members[account.fingerprint_name] = key.fingerprint_text
    for member, packed in members.items():
        refuse_private(member, packed)
    return members


def remarks(members: Mapping[str, bytes]) -> list[str]:
    """Return what people should know of a package before they submit it."""
    long = [
        name
        for name, content in members.items()
        if name.endswith(PUBLIC_KEY_ENDING) and rfc4716.has_long_lines(content)
    ]
    return [
        f"{name} has a header of more than {LINE_BYTES} bytes on a line, which RFC 4716 does not allow and not "
        "every program reads. It goes in as it was given; a shorter comment is safer."
        for name in long
    ]


def _as_given(name: str, key: object) -> bytes:
    """Return a public key's bytes."""
    if isinstance(key, bytes):
        return key
    if not isinstance(key, str):
        raise BadPublicKey(f"{name} has no public key yet.", hint="Make it first: playbook dcass.sftp.rollout.")
    try:
        return key.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadPublicKey(f"The public key of {name} holds half a surrogate pair, which no file can.") from None


def _key(account: Account, content: bytes, fingerprints: Mapping[str, str]) -> PublicKey:
    whose = f"The public key of {account}"
    text = text_of(content, whose, BadPublicKey)
    if without_mark(content) != content:
        raise BadPublicKey(
            f"{whose} begins with a byte order mark (BOM), which not every program reads.",
            hint="Save it as UTF-8 without BOM, or export it again: 'ssh-keygen -e -m RFC4716'.",
        )
    try:
        key = require_rsa_2048(rfc4716.read(text).key, f"The key of {account}")
    except BadPublicKey as error:
        raise BadPublicKey(f"{whose}: {error}", hint=error.hint) from None
    given = fingerprints.get(account.name)
    if given is not None and is_of(key, str(given)) is not True:
        raise FingerprintMismatch(
            f"The fingerprint given for {account}, '{line(str(given).strip(), 120)}', is not that of its key, "
            f"{key.fingerprint}."
        )
    return key


def _filled(
    customer_code: str, addresses: tuple[str, str], accounts: Sequence[Account], template: Template | None
) -> tuple[str, bytes]:
    values = {
        "customer_code": customer_code,
        "address_1": addresses[0],
        "address_2": addresses[1],
        "public_key_1": accounts[0].public_key_name,
        "public_key_2": accounts[1].public_key_name,
    }
    if template is None:
        return f"{customer_code}.csv", _PLACEHOLDER.sub(lambda found: values[found[1]], _OWN_TEMPLATE).encode()
    if template.name.endswith(_OUR_ENDINGS) or not re.match(r"[A-Za-z0-9][A-Za-z0-9._ -]*\Z", template.name):
        raise BadTemplate(f"'{template.name}' is no name for an address template.")
    refuse_private(template.name, template.content)
    try:
        text = template.content.decode("utf-8")
    except UnicodeDecodeError:
        return template.name, template.content  # a form of an office program, which people have filled in
    text = _PLACEHOLDER.sub(lambda found: values[found[1]], text)
    absent = [value for value in values.values() if value not in text]
    if absent:
        raise BadTemplate(f"The address template '{template.name}' lacks {', '.join(absent)}.")
    return template.name, text.encode()
