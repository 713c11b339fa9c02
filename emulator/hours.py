# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the facility is open: from 07:00 to 03:30 on business days (§4.1)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from emulator.clock import parse_day

OPENS, CLOSES = time(7, 0), time(3, 30)


@dataclass
class Hours:
    """The days on which the facility opens: business days, which are weekdays, and whatever day is declared open.

    There is no calendar of holidays: a weekday is a business day, unless it is declared closed or, as a holiday on
    which derivatives trade or a Saturday of a drill is, open.

    `enforce` is `always`, `never` or `steered`: only while the clock is not the machine's, so that whoever works with
    the real clock can do so on a Sunday, and whoever rehearses a date meets the hours of that date.
    """

    enforce: str = "steered"
    closed_days: set[date] = field(default_factory=set)
    open_days: set[date] = field(default_factory=set)

    def change(
        self,
        enforce: str | None = None,
        closed_days: Collection[str] | None = None,
        open_days: Collection[str] | None = None,
    ) -> None:
        """Take over what is given, days as ISO dates; all of it or, where one cannot be read, nothing."""
        closed = None if closed_days is None else {parse_day(day) for day in closed_days}
        opened = None if open_days is None else {parse_day(day) for day in open_days}
        self.enforce = enforce or self.enforce
        self.closed_days = self.closed_days if closed is None else closed
        self.open_days = self.open_days if opened is None else opened

    def describe(self) -> dict[str, Any]:
        """The hours as JSON, and what `change` takes."""
        days = {"closed_days": self.closed_days, "open_days": self.open_days}
        return {
            "enforce": self.enforce,
            **{name: sorted(day.isoformat() for day in kept) for name, kept in days.items()},
        }

    def is_business_day(self, day: date) -> bool:
        """Whether it is a weekday of which nothing else is declared."""
        return day.weekday() < 5 and day not in self.closed_days | self.open_days

    def is_first_of_month(self, day: date) -> bool:
        """Whether it is a month's first business day, on which monthly reports are made."""
        return self.is_business_day(day) and not any(map(self.is_business_day, _days_before(day)))

    def opens_on(self, day: date) -> bool:
        """Whether the facility opens on that day."""
        return day in self.open_days or self.is_business_day(day)

    def is_open(self, moment: datetime) -> bool:
        """Whether the facility is open; the hours after midnight belong to the day before."""
        if moment.time() >= OPENS:
            return self.opens_on(moment.date())
        return moment.time() < CLOSES and self.opens_on(moment.date() - timedelta(days=1))

    def is_closed(self, moment: datetime, *, steered: bool) -> bool:
        """Whether nobody is let in at that moment."""
        enforced = self.enforce == "always" or (self.enforce == "steered" and steered)
        return enforced and not self.is_open(moment)


def _days_before(day: date) -> list[date]:
    return [day.replace(day=number) for number in range(1, day.day)]
