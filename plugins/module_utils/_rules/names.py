# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, customer codes and file names as the exchange spells them (§3.1, §3.2, §5)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadAccount, UnsafeRemoteName

_CUSTOMER_CODE = re.compile(r"C[A-Z0-9]{3}\Z")
_ACCOUNT = re.compile(r"C[A-Z0-9]{3}00[12]\Z")
_EARLIER_VERSION = re.compile(r"\.~\d+~\Z")
NAME_BYTES = 200  # a file system takes 255; the rest is for our own prefixes and suffixes

# Spelled out and not asked of unicodedata: what one workstation's Python takes for a name, the other one's must, too,
# and a character of a later Unicode than theirs is one all the same.
_NO_CHARACTERS = "".join(chr(plane + low) for plane in range(0, 0x110000, 0x10000) for low in (0xFFFE, 0xFFFF))
_REFUSED = {
    "holds the control character {}": "\x00-\x1f\x7f-\x9f",
    "holds {}, which ends a line": "\u2028\u2029",
    "holds {}, which turns the direction of text": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "holds the invisible character {}": "\xad\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f",
    "holds {}, which is no character": "\ufdd0-\ufdef" + _NO_CHARACTERS,
}
_SHOWN = 120  # characters of a name in a message
_SUSPECT = re.compile(f"[{''.join(_REFUSED.values())}]")
_FIRST = {
    "-": "begins with '-', like the options of a command",
    ".": "begins with '.', which hides a file",
    "~": "begins with '~', which a shell takes for a home folder",
}
_JOINERS = "\u200c\u200d"  # invisible, too, but Indic and Arabic words and emoji are spelled with them
_EMOJI = ("So", "Sk", "Sm", "Cn")  # signs and shades of skin; Cn: emoji that this Python does not know yet


@dataclass(frozen=True)
class Account:
    """One of a participant's two SFTP user accounts (§3.1), such as CXYZ001."""

    name: str

    @property
    def customer_code(self) -> str:
        return self.name[:4]

    @property
    def sibling(self) -> Account:
        """The participant's other account."""
        return Account(f"{self.customer_code}00{'2' if self.name.endswith('1') else '1'}")

    @property
    def public_key_name(self) -> str:
        return self.name + ".pub"

    @property
    def fingerprint_name(self) -> str:
        return self.name + ".fpt"

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
    return Account(customer_code + "001"), Account(customer_code + "002")


def _correction(text: str, pattern: re.Pattern[str]) -> str:
    spelled = text.strip().upper()
    return f": write '{spelled}'." if pattern.match(spelled) else "."


def safe_name(raw: bytes) -> str:
    """Return a name from the facility's listing as one file name, or raise UnsafeRemoteName with the reason.

    Names are the server's data: whatever could leave the archive, hide in it, trick a terminal or a reader, or be
    taken for a file of our own making is refused. Every character that can be seen is a name's, in any script, private
    ones and those of a later Unicode included, and so are blanks of any width.
    """
    reason = _unsafe(raw)
    if reason:
        raise UnsafeRemoteName(f"The facility lists the name {shown(raw)}, which {reason}.")
    return raw.decode("utf-8")


def shown(raw: bytes) -> str:
    """Return any name in printable form, for messages."""
    text = ascii(raw[: 2 * _SHOWN].decode("utf-8", "backslashreplace"))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 4] + "...'"


def readable(raw: bytes) -> str:
    """Return any name or path as it is where nothing in it could trick a reader, and as ``shown`` does elsewhere."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return shown(raw)
    return shown(raw) if _trick(text) else text


def _unsafe(raw: bytes) -> str | None:
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


def _trick(text: str) -> str | None:
    for found in _SUSPECT.finditer(text):
        if not _joins(text, found.start()):
            reason = next(reason for reason, some in _REFUSED.items() if re.match(f"[{some}]", found.group()))
            return reason.format(f"U+{ord(found.group()):04X}")
    return None


def _unsafe_text(text: str) -> str | None:
    trick = _trick(text)
    if trick:
        return trick
    if text.isspace():
        return "is nothing but blanks"
    if text[0] in _FIRST:
        return _FIRST[text[0]]
    if _EARLIER_VERSION.search(text):
        return "is spelled like an earlier version kept by the archive"
    return None


def _joins(text: str, at: int) -> bool:
    """Say whether the character is a joiner where spelling needs one; elsewhere two names would look the same.

    That is after a virama, between letters of a script that runs from right to left, and between emoji.
    """
    if text[at] not in _JOINERS or at in (0, len(text) - 1):
        return False
    before, after = text[at - 1], text[at + 1]
    if unicodedata.combining(before) == 9:  # a virama
        return True
    if unicodedata.bidirectional(before) in ("AL", "R", "NSM") and unicodedata.bidirectional(after) in ("AL", "R"):
        return True
    return (before == "\ufe0f" or unicodedata.category(before) in _EMOJI) and unicodedata.category(after) in _EMOJI
