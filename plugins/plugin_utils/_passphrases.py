# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passphrases that come in files, as they stand; and those in variables that Ansible would work out as templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

VARIABLE = "dcass_passphrase"
TEMPLATED = (
    f"{VARIABLE} has braces, which Ansible works out as a template: put the passphrase into a file on the control node "
    f"and name that as {VARIABLE}_file (in AWX, dcass_awx_passphrase_by: file)."
)
_TEMPLATE = re.compile(r"\{[{%#]")
_REFERENCE = re.compile(r"\s*\{\{[^{}]*[a-z_][^{}]*\}\}\s*")  # to another variable, or to what looks one up
_LINE_END = re.compile(r"(\r?\n|\r)\Z")


def passphrase_of(text: str, code: str) -> str:
    """Return the passphrase in a file: all of it but the mark of UTF-8 before it, and a line end.

    With a code it is what follows that in its line. Nothing has a meaning but the code, the colon and one space after
    it, so a passphrase needs no quotation marks.
    """
    text = text.removeprefix("\ufeff")
    if not code:
        return _LINE_END.sub("", text)
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    found = (line[len(code) + 1 :] for line in lines if line.startswith(f"{code}:"))
    return next(found, "").removeprefix(" ")


def templated(hostvars: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a passphrase was meant as it stands, as far as can be seen, and Ansible takes it for a template.

    An extra variable is one, unless it is marked as unsafe, as those of older AWX are and of newer are not. What is
    nothing but a reference, to a variable of a vault for instance, is meant as one.
    """
    raw_of = getattr(hostvars, "raw_get", None)  # what is not worked out yet
    raw = raw_of("localhost").get(VARIABLE) if raw_of else None
    if not isinstance(raw, str) or not _TEMPLATE.search(raw) or _REFERENCE.fullmatch(raw):
        return False
    try:
        return str(hostvars["localhost"][VARIABLE]) != str(raw)
    except Exception:  # whatever a template raises; it may quote the passphrase
        return True
