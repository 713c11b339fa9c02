# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result file says of an upload: the name decides, the text tells (§6)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import EXPIRY_WARNING, RESULT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account

_NAME = re.compile(RESULT, re.IGNORECASE)
_DATED = re.compile(rf"(?:Result|{EXPIRY_WARNING.partition('_')[0]})[._](\d{{8}})", re.IGNORECASE)
_REASON_OR_MARK = re.compile(r"\breason\b|[:=]", re.IGNORECASE)
_SOMETHING = re.compile(r"\S.*")
_SENTENCE = 300  # characters of a reason; whoever wants more reads the result itself


@dataclass(frozen=True)
class ResultName:
    """A result file by its name alone; ``at`` is the facility's own time."""

    name: str
    at: datetime
    good: bool


def parse_name(name: str) -> ResultName | None:
    """Take a result file's name apart, None where it is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        at = datetime.strptime(found[1], "%Y%m%d.%H%M%S").replace(tzinfo=HONG_KONG)
    except ValueError:
        return None
    return ResultName(name, at, found[2].lower() == "success")


def fresh(names: Iterable[str], seen_before: Collection[str]) -> list[ResultName]:
    """Return the results that were not there before the upload, the oldest first: only such a one can be its own."""
    found = (parse_name(name) for name in set(names) - set(seen_before))
    return sorted((result for result in found if result), key=lambda result: (result.at, result.name))


def is_about(text: bytes, account: Account) -> bool:
    """Say whether a result's text names the account's public key file, in any case and whatever its encoding."""
    return account.public_key_name.lower().encode() in text.replace(b"\0", b"").lower()


def decode_text(text: bytes) -> str:
    """Return a result's text for people to read: lines that end in LF, with nothing that acts on a terminal."""
    return foreign.lines(_text(text))


def reason(text: bytes) -> str:
    """Return why an upload failed, in one line: what the line with the word 'reason' gives, or all of the text."""
    whole = _text(text)
    given = next(_reasons(whole), None)
    return foreign.line(" ".join(whole.split()) if given is None else given, _SENTENCE)


def _text(text: bytes) -> str:
    """Decode a result, whatever its encoding: what is no Unicode is read as Big5 where it is that."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace").strip()
    if text.count(b"\0") * 3 > len(text):
        return text.decode("utf-16-le" if text[1:2] == b"\0" else "utf-16-be", "replace").strip("\0 \r\n\t")
    for encoding in ("utf-8-sig", "big5hkscs"):
        with suppress(UnicodeDecodeError):
            return text.decode(encoding).strip()
    return text.decode("utf-8", "replace").strip()


def _reasons(text: str) -> Iterator[str]:
    """Yield what stands behind the last ':' or '=' that is a word 'reason''s first, line by line; each read once."""
    begins = 0
    for line in text.split("\n"):
        marks, is_named = [], False
        for found in _REASON_OR_MARK.finditer(line):
            if is_named and found[0] in ":=":
                marks.append(begins + found.end())
            is_named = found[0] not in ":="
        for mark in reversed(marks):
            value = _SOMETHING.search(text, mark)  # it may stand on a line below
            if value:
                yield value[0].rstrip()
        begins += len(line) + 1


def newest_day_shown(names: Iterable[str]) -> tuple[datetime, str] | None:
    """Return the latest day in the names that the facility itself dates, to hold this workstation's clock against."""
    days = []
    for name in names:
        found = _DATED.match(name)
        if found:
            with suppress(ValueError):
                days.append((datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=HONG_KONG), name))
    return max(days, default=None)


def near(result: ResultName, first: datetime, last: datetime, margin: timedelta) -> bool:
    """Say whether a result is dated between two moments, give or take a margin."""
    return first - margin <= result.at <= last + margin
