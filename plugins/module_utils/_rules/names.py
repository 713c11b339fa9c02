# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, customer codes and file names as the exchange spells them (§3.1, §3.2, §5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadAccount, UnsafeRemoteName
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import (
    ACCOUNT_ENDINGS,
    CUSTOMER_CODE,
    FINGERPRINT_ENDING,
    PUBLIC_KEY_ENDING,
)

_CUSTOMER_CODE = re.compile(rf"{CUSTOMER_CODE}\Z")
_ACCOUNT = re.compile(rf"{CUSTOMER_CODE}(?:{'|'.join(ACCOUNT_ENDINGS)})\Z")
_EARLIER_VERSION = re.compile(r"\.~\d+~\Z")
NAME_BYTES = 200  # a file system takes 255; the rest is for our own prefixes and suffixes

shown, readable = foreign.shown, foreign.readable  # a name is shown as any text of others

_FIRST = {
    "-": "begins with '-', like the options of a command",
    ".": "begins with '.', which hides a file",
    "~": "begins with '~', which a shell takes for a home folder",
}


@dataclass(frozen=True)
class Account:
    """One of a participant's two SFTP user accounts (§3.1), such as CXYZ001."""

    name: str

    @property
    def customer_code(self) -> str:
        """The DCASS customer code (§3.1)."""
        return self.name[: -len(ACCOUNT_ENDINGS[0])]

    @property
    def sibling(self) -> Account:
        """The participant's other account."""
        first, second = accounts_of(self.customer_code)
        return second if self == first else first

    @property
    def public_key_name(self) -> str:
        """The name of its public key file (§3.2.1)."""
        return self.name + PUBLIC_KEY_ENDING

    @property
    def fingerprint_name(self) -> str:
        """The name of its fingerprint file (§3.2.2)."""
        return self.name + FINGERPRINT_ENDING

    def __str__(self) -> str:
        return self.name


def parse_account(text: str) -> Account:
    """Return the account, or raise BadAccount, with the right spelling where capitals are all that is wrong (§3.1)."""
    if _ACCOUNT.match(text):
        return Account(text)
    raise BadAccount(f"'{text}' is not an SFTP user account" + _correction(text, _ACCOUNT))


def parse_customer_code(text: str) -> str:
    """Return the DCASS customer code, or raise BadAccount (§3.1)."""
    if _CUSTOMER_CODE.match(text):
        return text
    raise BadAccount(
        f"'{text}' is not a DCASS customer code" + _correction(text, _CUSTOMER_CODE),
        hint="A customer code is C and three capitals or digits: CXYZ.",
    )


def accounts_of(customer_code: str) -> tuple[Account, Account]:
    """Return the two accounts that the exchange assigns to a participant (§3.1)."""
    first, second = ACCOUNT_ENDINGS
    return Account(customer_code + first), Account(customer_code + second)


def _correction(text: str, pattern: re.Pattern[str]) -> str:
    spelled = text.strip().upper()
    return f": write '{spelled}'." if pattern.match(spelled) else "."


def safe_name(raw: bytes) -> str:
    """Return a name from the facility's listing as one file name, or raise UnsafeRemoteName with the reason.

    Names are the server's data: whatever could leave the archive, hide in it, trick a terminal or a reader, or be
    taken for a file of our own making is refused. Every character that can be seen is a name's, in any script, private
    ones and those of a later Unicode included, and so are blanks of any width.
    """
    reason = unsafe(raw)
    if reason:
        raise UnsafeRemoteName(f"The facility lists the name {foreign.shown(raw)}, which {reason}.")
    return raw.decode("utf-8")


def unsafe(raw: bytes) -> str | None:
    """Return why a name is refused, as the end of a sentence; None where it may be one."""
    if not raw or raw in (b".", b".."):
        return "names a folder itself"
    if b"/" in raw:
        return "is a path, and no name"
    if b"\\" in raw:
        return "holds a backslash, which makes it a path on other systems"
    if len(raw) > NAME_BYTES:
        return f"is {len(raw)} bytes long (most: {NAME_BYTES})"
    try:
        return _unsafe_text(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return "is not UTF-8"


def _unsafe_text(text: str) -> str | None:
    trick = foreign.trick(text)
    if trick:
        return trick
    if text.isspace():
        return "is nothing but blanks"
    if text[0] in _FIRST:
        return _FIRST[text[0]]
    if _EARLIER_VERSION.search(text):
        return "is spelled like an earlier version kept by the archive"
    return None
