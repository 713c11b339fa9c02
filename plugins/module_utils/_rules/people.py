# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does what needs people's word, and who has approved it: a second name that is not the first one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput

_LONGEST = 200  # characters of a name, or of a reason


@dataclass(frozen=True)
class Word:
    """People's word for a deed, each part on one line."""

    who: str
    why: str
    approved_by: str = ""


def one_line(text: object) -> str:
    """Return what somebody wrote as one line, "" where that is nothing."""
    return foreign.line(" ".join(str(text or "").split()), _LONGEST)


def is_second(who: object, approved_by: object) -> bool:
    """Say whether the second name is there and not the first one in other letters."""
    second = _letters(approved_by)
    return bool(second) and second != _letters(who)


def _letters(name: object) -> str:
    """What two ways to write a name have in common: letters and digits, whatever their case, width and decoration."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(name or "")).casefold())
    return "".join(one for one in plain if unicodedata.category(one)[0] in "LMN")


def word(who: object, why: object, approved_by: object) -> Word:
    """Return what people say, or raise BadInput where the name or the reason is missing, or nobody else approves."""
    said = Word(one_line(who), one_line(why), one_line(approved_by))
    for option, text in (("who", said.who), ("why", said.why)):
        if not text:
            raise BadInput(f"{option} is empty: it goes into the evidence.")
    if said.approved_by and not is_second(who, approved_by):
        raise BadInput(f"approved_by is {said.approved_by}, and {said.who} does it: it must be another person.")
    return said
