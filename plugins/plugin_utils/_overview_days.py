# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A participant's last report days, and the calendar of the coming weeks (§4.1).

``days_of`` returns ``days``, those shown; ``held``, of each account how many reports of each day it holds; and
``patterns``, each with its ``what`` and for each day a cell: ``state``, who holds it (``by``) and until the end of
which day it can be fetched, in days (``days_left``). States: ``held``; ``missing``, ``expiring`` within three days,
``lost``; ``acknowledged``, people have closed it; ``not_yet``, it is today's; ``not_asked``, no run has asked for it;
``not_expected``; ``unknown``, a workstation that may hold it has not answered. ``others`` are reports that no pattern
stands for and that are outstanding, in the same form; ``reports`` tells how many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Kind, days_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import last_day_at_facility
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import EXPIRING_DAYS

_WEEKS = 6
_DAY = timedelta(days=1)
Known = Mapping[str, Mapping[str, Any]]  # of each account that has answered what account_info told


def days_of(known: Known, workstations: int) -> dict[str, Any]:
    """Return it; ``workstations`` are all that the participant has, whether they have answered or not."""
    if not known:
        return {"days": [], "held": {}, "patterns": [], "others": []}
    today = max(its["facility"]["day"] for its in known.values())
    days = _days(known, today)
    states = {
        (one["what"], one["day"], account): one["state"]
        for account, its in known.items()
        for one in its["reports"]["expected"]
    }
    asked = {(what, day) for what, day, _account in states}
    patterns = list(dict.fromkeys(what for what, _day, _account in states))
    return {
        "days": days,
        "held": {account: _held(its, days) for account, its in sorted(known.items())},
        "patterns": [
            {
                "what": what,
                "cells": [
                    _cell(
                        {account: states.get((what, day, account)) for account in sorted(known)},
                        day,
                        today,
                        workstations,
                    )
                    if (what, day) in asked
                    else {"state": "not_expected"}
                    for day in days
                ],
            }
            for what in patterns
        ],
        "others": _others(known, days, today, asked),
    }


def _days(known: Known, today: str) -> list[str]:
    """The open days of the last ten and today, and each other day of which there is anything to tell."""
    first = min(its["calendar"]["first"] for its in known.values())
    days = {day for its in known.values() for day in _open_days(its["calendar"], first, today)}
    days |= {row["day"] for its in known.values() for row in its["reports"]["per_day"]}
    days |= {item["day"] for its in known.values() for item in its["reports"]["outstanding"]}
    return sorted(day for day in days if first <= day <= today)


def _open_days(calendar: Mapping[str, Any], first: str, last: str) -> list[str]:
    special = {one["day"]: one["open"] for one in calendar["days"]}
    days = days_from(date.fromisoformat(first), date.fromisoformat(last))
    return [str(day) for day in days if special.get(str(day), day.weekday() < 5)]


def _held(its: Mapping[str, Any], days: Sequence[str]) -> list[int]:
    held = {row["day"]: row["reports"] for row in its["reports"]["per_day"]}
    return [held.get(day, 0) for day in days]


def _left(day: str, today: str) -> int:
    return (last_day_at_facility(date.fromisoformat(day)) - date.fromisoformat(today)).days


def _cell(states: Mapping[str, str | None], day: str, today: str, workstations: int) -> dict[str, Any]:
    by = [account for account, state in states.items() if state == "held"]
    if by:
        return {"state": "held", "by": by}
    if "lost" in states.values():
        return {"state": "lost"}
    if "missing" in states.values():
        return _outstanding(day, today)
    if "acknowledged" in states.values():
        return {"state": "acknowledged"}
    if len(states) < workstations:
        return {"state": "unknown"}
    return {"state": "not_yet" if day == today else "not_asked"}


def _outstanding(day: str, today: str) -> dict[str, Any]:
    left = _left(day, today)
    return {"state": "expiring" if left <= EXPIRING_DAYS else "missing", "days_left": left}


def _others(known: Known, days: Sequence[str], today: str, asked: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Count, day by day, what is outstanding besides; nothing where there is none."""
    found = {
        (item["what"], item["day"])
        for its in known.values()
        for item in its["reports"]["outstanding"]
        if (item["what"], item["day"]) not in asked
    }
    if not found:
        return []
    counts = [sum(of == day for _what, of in found) for day in days]
    return [
        {**_outstanding(day, today), "reports": count} if count else {"state": "not_expected"}
        for day, count in zip(days, counts)
    ]


def weeks_of(calendar: Mapping[str, Any], today: str) -> dict[str, Any]:
    """Return the weeks from the one of today on, each seven days from Monday on."""
    special = {one["day"]: one for one in calendar["days"]}
    known_to = calendar["known_to"] or ""
    first = date.fromisoformat(today)
    first -= _DAY * first.weekday()
    last = min(first + _DAY * (7 * _WEEKS - 1), date.fromisoformat(calendar["last"]))
    days = []
    for day in days_from(first, last):
        is_weekday = day.weekday() < 5
        plain = {"day": str(day), "kind": (Kind.BUSINESS if is_weekday else Kind.CLOSED).value, "open": is_weekday}
        days.append({**plain, **special.get(str(day), {}), "predicted": is_weekday and str(day) > known_to})
    return {
        "today": today,
        "known_to": calendar["known_to"],
        "weeks": [days[at : at + 7] for at in range(0, len(days), 7)],
    }
