# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which days are business days, and when the facility is open: 07:00 to 03:30 of the next morning (§4.1)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import CLOSES, OPENS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import CLOSED, HOLIDAYS, LAST_YEAR, PREDICTED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import day

HONG_KONG = timezone(timedelta(hours=8), "HKT")  # no daylight saving since 1979
YEARS = range(2000, 2100)  # a date outside them is a slip, wherever it comes from
HOLIDAY_TRADING_SINCE = date(2022, 5, 9)  # derivatives trade on public holidays, but for 1 January
_NOTICE_DAYS = 60  # how early the end of the known calendar is warned of
_DAY = timedelta(days=1)
_IN_TIME = "Update the collection before then."
_UPDATE = "Update the collection, or list that year's public holidays under dcass_holidays."


class Kind(str, enum.Enum):
    """What a day is: only a business day brings what is expected, and is one to renew or register on.

    ``OPENED`` is what the operator has opened besides: a drill's Saturday, for instance.
    """

    BUSINESS = "business day"
    HOLIDAY = "holiday trading day"
    OPENED = "opened day"
    CLOSED = "closed day"


@dataclass(frozen=True)
class Opening:
    """The facility at one moment: open until ``changes_at``, or closed until then; ``kind`` is the operating day's.

    ``skipped`` is said where a holiday trading day passes unused; ``warning`` where the calendar itself is in doubt.
    """

    is_open: bool
    changes_at: datetime
    warning: str | None
    day: date
    kind: Kind
    skipped: str | None = None

    @property
    def clause(self) -> str:
        """Whether the facility is open and until when, as a part of a sentence."""
        state = "open" if self.is_open else "closed"
        return f"the facility is {state} until {self.changes_at:%A %Y-%m-%d %H:%M} Hong Kong time"

    @property
    def sentence(self) -> str:
        """The same as a sentence of its own, and what passes unused."""
        return f"T{self.clause[1:]}." + (f" {self.skipped}" if self.skipped else "")


@dataclass(frozen=True)
class Calendar:
    """The exchange's days, with the operator's word on top (§4.1).

    ``holidays`` are public holidays that the table does not have: of a year that is not gazetted, all there are. With
    ``holiday_trading`` the facility counts as open on those that are weekdays, 1 January excepted.
    """

    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    holiday_trading: bool = False
    holidays: frozenset[date] = frozenset()

    def knows(self, day: date) -> bool:
        """Say whether a day is settled: by the gazetted holidays, by the operator, or since it is a weekend."""
        return self._knows_year(day.year) or not _is_weekday(day) or day in self.opened or day in self.closed

    def known_to(self, day: date) -> date | None:
        """Return the last day of the years from this one on that are settled, None where not even its own is."""
        years = range(day.year, YEARS[-1] + 1)
        end = next((year for year in years if not self._knows_year(year)), years[-1] + 1)
        return date(end - 1, 12, 31) if end > day.year else None

    def kind(self, day: date) -> Kind:
        """Say what a day is; past the years that are known or predicted each weekday counts as a business day."""
        if day in self.closed:
            return Kind.CLOSED
        is_holiday = self._is_holiday(day)
        if _is_weekday(day) and not is_holiday and not _is_in(CLOSED, day):
            return Kind.BUSINESS
        trades = is_holiday and _is_weekday(day) and day >= HOLIDAY_TRADING_SINCE and not _is_new_year(day)
        if day in self.opened and not (trades and self.holiday_trading):
            return Kind.OPENED
        return Kind.HOLIDAY if trades else Kind.CLOSED

    def _is_holiday(self, day: date) -> bool:
        """Say whether it is a public holiday; the operator's list of a year that is not gazetted is the whole one."""
        if day in self.holidays or _is_new_year(day):
            return True
        if day.year > LAST_YEAR and self._knows_year(day.year):
            return False
        return _is_in(HOLIDAYS, day) or _is_in(PREDICTED, day)

    def _knows_year(self, year: int) -> bool:
        return year <= LAST_YEAR or any(day.year == year for day in self.holidays)

    def is_open_on(self, day: date) -> bool:
        """Say whether the facility opens on a day: then there are reports, and one may log in."""
        kind = self.kind(day)
        return kind in (Kind.BUSINESS, Kind.OPENED) or (kind is Kind.HOLIDAY and self.holiday_trading)

    def is_business_day(self, day: date) -> bool:
        """Say whether a day is a business day."""
        return self.kind(day) is Kind.BUSINESS

    def business_days(self, first: date, last: date) -> list[date]:
        """Return the business days from first to last, both included."""
        return [day for day in days_from(first, last) if self.is_business_day(day)]

    def at(self, now: datetime) -> Opening:
        """Return the state of the facility at an aware moment (§4.1)."""
        now = now.astimezone(HONG_KONG)
        today = operating_day(now)
        kind, skipped = self.kind(today), self._skipped(today)
        if self.is_open_on(today) and opening_time(today) <= now:
            return Opening(True, closing_time(today), self.warning(today), today, kind)
        opens = _next(today, self.is_open_on)
        return Opening(False, opening_time(opens), self.warning(now.date()), today, kind, skipped)

    def _skipped(self, day: date) -> str | None:
        """Say that a holiday trading day passes unused, and how to use it."""
        if self.kind(day) is not Kind.HOLIDAY or self.holiday_trading:
            return None
        return (
            f"{day} is a holiday trading day: derivatives trade on it, and its reports are skipped, since "
            "dcass_holiday_trading is false. Set it to true if you clear on holidays."
        )

    def brought_while_closed(self, brought: Mapping[date, int]) -> list[str]:
        """Say which days that the operator has listed as closed have brought reports, by the number of each day's."""
        return [
            f"{day} is listed under dcass_closed_days, but brought {number} report{'s' if number > 1 else ''}. Was the "
            "facility open? Then take the day off that list: what was expected of it is not asked for."
            for day, number in sorted(brought.items())
            if day in self.closed
        ]

    def warning(self, today: date) -> str | None:
        """Return a sentence when the gazetted holidays have run out or soon will, else None."""
        if not self._knows_year(today.year):
            return doubt(today.year)
        ends = date(today.year, 12, 31)
        if today.year >= LAST_YEAR and today + _DAY * _NOTICE_DAYS >= ends and not self._knows_year(today.year + 1):
            return f"The exchange's holidays are known to the end of {today.year} only. {_IN_TIME}"
        return None


def doubt(year: int) -> str:
    """Return the sentence that goes with everything that rests on holidays which are not gazetted."""
    if year in PREDICTED:
        return f"The holidays of {year} are predicted: this version does not have them as gazetted. {_UPDATE}"
    return (
        f"The exchange's holidays are known to the end of {LAST_YEAR} only: every weekday of {year} is taken for a "
        f"business day. {_UPDATE}"
    )


def days_from(first: date, last: date) -> list[date]:
    """Return the calendar days from first to last, both included."""
    return [first + _DAY * number for number in range((last - first).days + 1)]


def _is_new_year(day: date) -> bool:
    return (day.month, day.day) == (1, 1)


def _is_weekday(day: date) -> bool:
    return day.weekday() < 5


def _is_in(table: Mapping[int, str], day: date) -> bool:
    return f"{day:%m%d}" in table.get(day.year, "").split()


def _next(day: date, fits: Callable[[date], bool]) -> date:
    while not fits(day):
        day += _DAY
    return day


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


def overlay(
    closed: Iterable[str], opened: Iterable[str], holidays: Iterable[str] = (), holiday_trading: bool = False
) -> Calendar:
    """Build a calendar from the operator's ISO dates, or raise BadInput naming the option and the date."""
    closed_days = [day("closed_days", text) for text in closed]
    open_ = [day("open_days", text) for text in opened]
    both = sorted(set(closed_days) & set(open_))
    if both:
        raise BadInput(f"{both[0]} stands under both closed_days and open_days.")
    listed = frozenset(day("holidays", text) for text in holidays)
    return Calendar(frozenset(closed_days), frozenset(open_), holiday_trading, listed)


def calendar_from(options: Mapping[str, Any]) -> Calendar:
    """Build the calendar from module options, or raise BadInput."""
    return overlay(options["closed_days"], options["open_days"], options["holidays"], options["holiday_trading"])
