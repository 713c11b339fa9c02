# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has been run for an account, and what that says: the last one has failed, or none has come to its end in time.

A run is noted when it begins and again when it ends, whether it failed or not, also where it never connected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import (
    HONG_KONG,
    Calendar,
    closing_time,
    opening_time,
    operating_day,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy

SYNC, INTRADAY, DRILL, ADOPT = "sync", "intraday", "drill", "adopt"
RENEWAL, WITHDRAWAL, LOGIN, VERIFY = "renewal", "withdrawal", "login", "verify"
SYNCED, CLOSED = "synced", "closed"
NOTHING_TRIED = (CLOSED, Busy.code)  # outcomes of a run that left it to another moment, or to another run
RUN_FAILED, RUN_KILLED = FAILED_DUES = "run_failed", "run_killed"  # what is due then
_LONGEST = timedelta(hours=25)  # run_timeout is at most a day
_LOOKED_BACK = 30  # days
_LOOKED_AHEAD = 60  # days, in which there is an open one
_LAST_DAYS = 5
_JUDGED = (
    (SYNC,),
    (SYNC, INTRADAY),
    (RENEWAL,),
    (WITHDRAWAL,),
    (VERIFY,),
)  # each by the last run that is one of them


@dataclass(frozen=True)
class Run:
    """One run. ``ended`` is None while it goes on, and where it was killed; ``fetched`` are reports."""

    what: str
    run_by: str
    began: datetime
    ended: datetime | None = None
    outcome: str | None = None
    fetched: int | None = None
    error_code: str | None = None
    msg: str | None = None
    hint: str | None = None
    number: int = field(default=0, compare=False)  # in the record, where it grows from run to run

    @property
    def has_failed(self) -> bool:
        """Whether it came to an end that is none."""
        return self.error_code is not None


def killed(runs: Sequence[Run], now: datetime) -> list[Run]:
    """Return the runs that can't go on any more and never said how they ended; the newest run comes first.

    A later run of the account has had it to itself, unless that found it busy. One that begins long after now was begun
    by a clock that was ahead.
    """
    found, is_later = [], False
    for run in runs:
        if run.ended is None and (is_later or abs(now - run.began) > _LONGEST):
            found.append(run)
        is_later = is_later or (run.ended is not None and Busy.code not in (run.error_code, run.outcome))
    return found


def failures(runs: Sequence[Run], now: datetime) -> list[Run]:
    """Return the last run of each kind where that has failed, or was killed, of ``runs``, the newest first.

    One that tried nothing says nothing of the one before it.
    """
    dead = killed(runs, now)
    ended = [run for run in runs if run in dead or (run.ended is not None and run.outcome not in NOTHING_TRIED)]
    last = (next((run for run in ended if run.what in kinds), None) for kinds in _JUDGED)
    return list(dict.fromkeys(run for run in last if run and (run.has_failed or run.ended is None)))


def by_days(runs: Sequence[Run]) -> list[list[Run]]:
    """Put together the runs of a day that were of one kind and came to the same, of ``runs``, the newest first.

    Only the last days on which there were any are told.
    """
    found: dict[tuple[date, str, str | None], list[Run]] = {}
    days: list[date] = []
    for run in runs:
        day = run.began.astimezone(HONG_KONG).date()
        if day not in days:
            if len(days) == _LAST_DAYS:
                break
            days.append(day)
        found.setdefault((day, run.what, run.error_code or run.outcome), []).append(run)
    return list(found.values())


def overdue_since(calendar: Calendar, last_good: datetime | None, since: date, now: datetime) -> date | None:
    """Return the first open day that has passed without a full sync, None where each had one.

    A day has had one if a run came to its end when the day had opened, or later. Where there was none ever, days count
    from ``since`` on.
    """
    first = since if last_good is None else operating_day(last_good)
    first = max(first, now.astimezone(HONG_KONG).date() - timedelta(days=_LOOKED_BACK))
    days = (first + timedelta(days=number) for number in range(_LOOKED_BACK + 1))
    passed = (day for day in days if calendar.is_open_on(day) and closing_time(day) <= now)
    return next((day for day in passed if last_good is None or last_good < opening_time(day)), None)


def sync_due_at(calendar: Calendar, last_good: datetime | None, since: date) -> datetime | None:
    """Return the moment by which the next full sync must have come to its end, so that no open day is left without.

    It is past as soon as ``overdue_since`` tells a day. None where no open day is in sight.
    """
    first = since if last_good is None else operating_day(last_good)
    days = (first + timedelta(days=number) for number in range(_LOOKED_AHEAD))
    to_come = (day for day in days if last_good is None or last_good < opening_time(day))
    return next((closing_time(day) for day in to_come if calendar.is_open_on(day)), None)
