# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what is due makes a look at the status end red: at once, as soon as anything is, or within some days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import AT_ONCE_WORD, DAYS_WORD, SOON_WORD
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import NEVER, SOON, Row, days_left, in_words

CODE = "status"  # of the line, before how urgent it is
_NAMED = 3  # things that are due and named one by one; the page has them all


def failure(row: Row, limit: Any) -> str:
    """Return the line with which a workstation ends red; nothing where it stays green."""
    days = days_left(row)
    if days > _limit(limit):
        return ""
    due = (row.known or {}).get("due") or []
    said = [str(one["sentence"]) for one in due if one["within_days"] is None or one["within_days"] <= _limit(limit)]
    more = f" And {len(said) - _NAMED} more." if len(said) > _NAMED else ""
    words = " ".join(said[:_NAMED]) or row.failure or "The page tells why."
    return foreign.line(f"{row.host} {row.account}: {CODE}_{_code(days)}: Due {in_words(days)}: {words}{more}")


def _limit(limit: Any) -> int:
    """Return the most days that are red."""
    if str(limit) == "":
        return -NEVER
    return {AT_ONCE_WORD: -1, SOON_WORD: SOON}.get(str(limit)) or int(str(limit))


def _code(days: int) -> str:
    return AT_ONCE_WORD if days < 0 else SOON_WORD if days == SOON else DAYS_WORD


def of_rows(row: Mapping[str, Any], limit: Any, host: str) -> str:
    """Return the line of a row as the role keeps it."""
    return failure(Row(host, **row), limit)
