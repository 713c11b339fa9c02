# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange's side of a year: each day's reports are made at their hours, and a few calls for margin are ad hoc."""

from __future__ import annotations

import functools
import pathlib
import random
from datetime import date, datetime, time, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar, Kind, days_from
from emulator.folders import KEY_MANAGEMENT
from emulator.names import is_intraday
from emulator.reports import reports_for_all, reports_for_one
from tests.soak.shown import Shown

SCALE = 0.01  # of the usual sizes of reports
AD_HOC = 0.1  # of the days have such a call
TAKES = timedelta(minutes=5)  # until all reports of a call are made
OPENS, CLOSES = time(7), time(3, 30)
KINDS = ("margin calls", "the morning", "the evening", "midnight")
Version = tuple[str, int]  # a report's path at the facility, and the second in which it was made


class Exchange:
    """Publishes through the rehearsal facility, and remembers what and when.

    It works on business days; with ``holidays`` HKCC works on holiday trading days, too.
    """

    def __init__(self, emulator: Any, code: str, first: date, last: date, *, holidays: bool) -> None:
        self._control, self._code = emulator.control, code
        kinds = {day: Calendar().kind(day) for day in days_from(first, last + timedelta(days=20))}
        self._holidays = {day for day, kind in kinds.items() if kind is Kind.HOLIDAY and holidays}
        self._works = self._holidays | {day for day, kind in kinds.items() if kind is Kind.BUSINESS and day <= last}
        self._control.hours(
            enforce="always",
            open_days=[day.isoformat() for day in self._holidays],
            closed_days=[
                day.isoformat()
                for day, kind in kinds.items()
                if kind is not Kind.BUSINESS and day not in self._holidays
            ],
        )
        self.shown = Shown(pathlib.Path(emulator.root) / "folders")
        self._until = self._began = datetime.combine(first, CLOSES, HONG_KONG)
        self.made: set[Version] = set()

    def is_due(self, now: datetime) -> bool:
        """Whether anything was made since it was last published."""
        return any(self._until < moment <= now for moment in self._moments(_operating_day(now)))

    def publish(self, now: datetime) -> None:
        """Publish what was made by now; the facility's clock stands there."""
        day = _operating_day(now)
        order = {"scale": SCALE, "holiday": day in self._holidays}
        self._control.publish(due=True, **order)
        called = ad_hoc(day)
        if called and self._until < called + TAKES <= now:
            self._control.publish(adhoc=f"{called:%H:%M}", **order)
        self._until = now
        self.shown.look()
        for path, (_size, mtime_ns, _sha256) in self.shown.present.items():
            made = mtime_ns // 10**9
            if not path.startswith(KEY_MANAGEMENT) and made >= self._began.timestamp():
                self.made.add((f"/{path}", made))

    @functools.lru_cache(maxsize=4)  # noqa: B019
    def _moments(self, day: date) -> list[datetime]:
        if day not in self._works:
            return []
        holiday, called = day in self._holidays, ad_hoc(day)
        reports = [*reports_for_all(day, holiday=holiday), *reports_for_one(self._code, day, holiday=holiday)]
        return [report.made_at for report in reports] + ([called + TAKES] if called else [])


def ad_hoc(day: date) -> datetime | None:
    """When there is an ad hoc call on a day, if there is one: between 9:15 and 16:25, to five minutes."""
    dice = random.Random(day.isoformat())
    if dice.random() >= AD_HOC:
        return None
    return datetime.combine(day, time(9, 15), HONG_KONG) + timedelta(minutes=5 * dice.randrange(87))


def kind_of(path: str, made: int) -> str:
    """What a report is of, by its name and its hour."""
    at = datetime.fromtimestamp(made, HONG_KONG).time()
    if is_intraday(path):
        return KINDS[0]
    if at < CLOSES:
        return KINDS[3]
    return KINDS[1] if at < OPENS else KINDS[2]


def _operating_day(moment: datetime) -> date:
    return moment.date() if moment.time() >= OPENS else moment.date() - timedelta(days=1)
