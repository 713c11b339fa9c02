# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the facility is open: 07:00 to 03:30 of the next morning on business days, Hong Kong time (§4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import CLOSES, OPENS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import LAST_YEAR, WEEKDAY_HOLIDAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import day

HONG_KONG = timezone(timedelta(hours=8), "HKT")  # no daylight saving since 1979
YEARS = range(2000, 2100)  # a date outside them is a slip, wherever it comes from
_NOTICE_DAYS = 60  # how early the end of the known calendar is warned of
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Opening:
    """The facility at one moment: open until ``changes_at``, or closed until then."""

    is_open: bool
    changes_at: datetime
    warning: str | None

    @property
    def clause(self) -> str:
        """Whether the facility is open and until when, as a part of a sentence."""
        state = "open" if self.is_open else "closed"
        return f"the facility is {state} until {self.changes_at:%A %Y-%m-%d %H:%M} Hong Kong time"

    @property
    def sentence(self) -> str:
        """The same as a sentence of its own."""
        return f"T{self.clause[1:]}."


@dataclass(frozen=True)
class Calendar:
    """The exchange's business days: weekdays less holidays, with the operator's overlay on top (§4.1)."""

    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def knows(self, day: date) -> bool:
        """Say whether a day is settled: by the table of holidays, or by the operator."""
        return day.year <= LAST_YEAR or day in self.opened or day in self.closed

    def is_business_day(self, day: date) -> bool:
        """Say whether a day is a business day; past ``LAST_YEAR`` every weekday counts, and ``warning`` says so."""
        if day in self.opened:
            return True
        if day in self.closed or day.weekday() >= 5:
            return False
        return f"{day:%m%d}" not in WEEKDAY_HOLIDAYS.get(day.year, "").split()

    def business_days(self, first: date, last: date) -> list[date]:
        """Return the business days from first to last, both included."""
        days = (first + _DAY * number for number in range((last - first).days + 1))
        return [day for day in days if self.is_business_day(day)]

    def at(self, now: datetime) -> Opening:
        """Return the state of the facility at an aware moment (§4.1)."""
        now = now.astimezone(HONG_KONG)
        day = operating_day(now)
        if self.is_business_day(day) and opening_time(day) <= now:
            return Opening(True, closing_time(day), self.warning(day))
        while not self.is_business_day(day):
            day += _DAY
        return Opening(False, opening_time(day), self.warning(now.date()))

    def warning(self, today: date) -> str | None:
        """Return a sentence when the known holidays have run out or soon will, else None."""
        if today.year > LAST_YEAR:
            return (
                f"The exchange's holidays are known to the end of {LAST_YEAR} only: every weekday is taken for a "
                "business day. Update the collection or list the holidays under closed_days."
            )
        if today + _DAY * _NOTICE_DAYS >= date(LAST_YEAR, 12, 31):
            return (
                f"The exchange's holidays are known to the end of {LAST_YEAR} only. Update the collection before then."
            )
        return None


def operating_day(moment: datetime) -> date:
    """Return the day to which a moment belongs: the hours up to 03:30 are the day before's (§4.1)."""
    moment = moment.astimezone(HONG_KONG)
    return moment.date() - _DAY if moment.time() < CLOSES else moment.date()


def opening_time(day: date) -> datetime:
    """Return the moment at which an operating day begins (§4.1)."""
    return datetime.combine(day, OPENS, HONG_KONG)


def closing_time(day: date) -> datetime:
    """Return when it closes after a day: on the next morning (§4.1)."""
    return datetime.combine(day + _DAY, CLOSES, HONG_KONG)


def iso(day: date | None) -> str | None:
    """Write a day, or a moment to the second, as results have it; None stays None."""
    if isinstance(day, datetime):
        return day.isoformat(timespec="seconds")
    return day.isoformat() if day else None


def overlay(closed: Iterable[str], opened: Iterable[str]) -> Calendar:
    """Build a calendar from the operator's ISO dates, or raise BadInput naming the option and the date."""
    closed_days = [day("closed_days", text) for text in closed]
    open_ = [day("open_days", text) for text in opened]
    both = sorted(set(closed_days) & set(open_))
    if both:
        raise BadInput(f"{both[0]} stands under both closed_days and open_days.")
    return Calendar(frozenset(closed_days), frozenset(open_))
