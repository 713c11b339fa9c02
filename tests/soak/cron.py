# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules, as lines of cron in Hong Kong time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG

ALL, INTRADAY = "all", "intraday"
CATCH_UP, HARVEST = "5 7 * * 1-5", "30 2 * * 2-6"
EVERY_QUARTER, EVERY_FIVE = "*/15 9-16 * * 1-5", "*/5 9-16 * * 1-5"


@dataclass(frozen=True)
class Schedule:
    """Lines of cron, each with the scope of its run."""

    name: str
    lines: Mapping[str, str]
    holiday_trading: bool = False

    def runs_of(self, day: date) -> list[tuple[datetime, str]]:
        """The moments of a calendar day at which a run begins, with its scope."""
        return sorted((moment, scope) for line, scope in self.lines.items() for moment in moments(line, day))


def moments(line: str, day: date) -> Iterator[datetime]:
    """The moments of a day at which a line of cron runs; it names weekdays, and neither days nor months."""
    minutes, hours, _days, _months, weekdays = line.split()
    if {day.isoweekday(), day.isoweekday() % 7} & set(_numbers(weekdays, 7)):  # Sunday is 0 and 7
        for hour in _numbers(hours, 24):
            for minute in _numbers(minutes, 60):
                yield datetime.combine(day, time(hour, minute), HONG_KONG)


def _numbers(field: str, end: int) -> range:
    """What 5, 9-16 or */15 stands for."""
    if field.startswith("*/"):
        return range(0, end, int(field[2:]))
    first, _dash, last = field.partition("-")
    return range(int(first), int(last or first) + 1)


NEW = {EVERY_FIVE: INTRADAY, HARVEST: ALL, CATCH_UP: ALL}
BEFORE = Schedule("before", {EVERY_QUARTER: INTRADAY, CATCH_UP: ALL})
AFTER = Schedule("after", NEW)
WITHOUT_POLLS = Schedule("after, without polls", {HARVEST: ALL, CATCH_UP: ALL})
ON_HOLIDAYS = Schedule("after, with holiday trading", NEW, holiday_trading=True)
SCHEDULES = {schedule.name: schedule for schedule in (BEFORE, AFTER, WITHOUT_POLLS, ON_HOLIDAYS)}
