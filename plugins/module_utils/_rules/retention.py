# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is outstanding: reports stay ten calendar days at the facility, then they are gone (§4.1)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Optional

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, YEARS, operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEPT_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import fits

EXPIRING_DAYS = 3  # from here on a report that is not held is called expiring
RECENT = timedelta(days=KEPT_DAYS + 4)  # the facility may be late in clearing away, over a long weekend
SHOWN_DAYS = 30  # how long a lost report stays in every result
_FIRST_SECOND = datetime(YEARS[0], 1, 1, tzinfo=HONG_KONG).timestamp()
_LAST_SECOND = datetime(YEARS[-1] + 1, 1, 1, tzinfo=HONG_KONG).timestamp()
_DATES_IN_NAME = (  # the exchange writes 20261127, also before a time, and 261127 before a dot, a dash or the end
    re.compile(r"(?<!\d)(?P<year>20\d\d)(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)(?=(?:\d{4}|\d{6})?(?!\d))"),
    re.compile(r"(?<!\d)(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)(?=[-._]|\Z)"),
)
_SHORT_YEARS = range(2019, YEARS[-1] + 1)  # six digits that begin lower are a number

HeldVersions = Mapping[
    str, Collection[tuple[int, Optional[int]]]
]  # by path, size and time of each version that the pair has


@dataclass(frozen=True)
class Outstanding:
    """What a day owes the archive: a ``report`` (path) or an ``expected`` pattern; ``lost_on`` once that is over.

    ``size`` and ``mtime`` are what the facility told of an outstanding report: an earlier version does not satisfy it.
    ``error_code`` and ``reason`` say why it was left there. An ``entry`` that is no report, or a folder that can't be
    listed, is there as long as it is listed, and is never lost.
    """

    kind: str
    what: str
    day: date
    lost_on: date | None = None
    size: int | None = field(default=None, compare=False)
    mtime: int | None = field(default=None, compare=False)
    error_code: str | None = field(default=None, compare=False)
    reason: str | None = field(default=None, compare=False)

    def satisfied_by(self, held: HeldVersions) -> bool:
        """Say whether what is held is the outstanding report or a later version of it."""
        return any(self._is(size, mtime) for size, mtime in held.get(self.what, ()))

    def _is(self, size: int, mtime: int | None) -> bool:
        if mtime is None or self.mtime is None or mtime == self.mtime:
            return self.size in (None, size)
        return mtime > self.mtime


def listed_time(mtime: int | None) -> int | None:
    """Return a time that a facility tells, None where it can be none: some tell 1970 of what they do not know."""
    return mtime if mtime is not None and _FIRST_SECOND <= mtime < _LAST_SECOND else None


def report_day(name: str, mtime: int | None) -> date | None:
    """Return the business day a report is of: the date in its name, else the operating day it was made on.

    A date that is far from that day is something else, the day a new rule begins, for example. Of several the latest
    that is not after that day counts, since values and payments are of later days; then whichever is near.
    """
    made = None if mtime is None else operating_day(datetime.fromtimestamp(mtime, HONG_KONG))
    if made and made.year not in YEARS:  # some servers tell 1970 of what they do not know
        made = None
    named = [sorted(_dates_in(name, pattern)) for pattern in _DATES_IN_NAME]
    if made is None:
        return next((dates[-1] for dates in named if dates), None)
    near = [[day for day in dates if abs(day - made) <= timedelta(days=KEPT_DAYS)] for dates in named]
    past = (day for dates in near for day in reversed(dates) if day <= made)
    return next(past, next((dates[0] for dates in near if dates), made))


def _dates_in(name: str, pattern: re.Pattern[str]) -> Iterator[date]:
    """Yield the dates that a name tells in one way of writing."""
    for found in pattern.finditer(name):
        year, month, day = (int(found[part]) for part in ("year", "month", "day"))
        if year < 100:
            year += YEARS[0]
        if len(found["year"]) > 2 or year in _SHORT_YEARS:
            with suppress(ValueError):
                yield date(year, month, day)


def last_fetch_day(mtime: int) -> date:
    """Return the last calendar day on which a report made then can be fetched, read the careful way (§4.1).

    As in the example for keys (§6.1), the day it was made is the first of the ten.
    """
    return datetime.fromtimestamp(mtime, HONG_KONG).date() + timedelta(days=KEPT_DAYS - 1)


def expected_outstanding(
    asked: Sequence[tuple[str, date]],
    known: Iterable[tuple[str, date]],
    recorded: Iterable[Outstanding] = (),
) -> list[Outstanding]:
    """Return what was asked, globs and days, and has not come.

    ``known`` are paths and days of the reports in hand. Days before the first of them, and before the first that was
    ever outstanding, do not count: the participant may not have been registered yet.
    """
    globs = tuple(dict.fromkeys(glob for glob, _day in asked))
    first = min((item.day for item in recorded if item.kind == "expected"), default=date.max)
    brought: set[tuple[str, date]] = set()
    for path, of in known:
        first = min(first, of)
        brought.update((glob, of) for glob in globs if (glob, of) not in brought and fits(glob, path))
    return [Outstanding("expected", glob, day) for glob, day in asked if day >= first and (glob, day) not in brought]


def still_expected(
    outstanding: Iterable[Outstanding], recorded: Iterable[Outstanding], looked: date, today: date
) -> list[Outstanding]:
    """Leave out what was there when it was last looked at, on the day ``looked``, and is too old to be told again.

    The pair's other workstation, which may have brought it, tells of the last two weeks only.
    """
    then = {(item.what, item.day) for item in recorded}
    since = min(looked, today - timedelta(days=KEPT_DAYS))
    return [item for item in outstanding if item.day >= since or (item.what, item.day) in then]


def note(recorded: Iterable[Outstanding], outstanding: Sequence[Outstanding], held: HeldVersions) -> list[Outstanding]:
    """Add what is outstanding now to what was, and take off what is held: all that a run without an end can say."""
    now = {item.what for item in outstanding}
    return sorted(
        [*(item for item in recorded if item.what not in now and not item.satisfied_by(held)), *outstanding],
        key=_in_order,
    )


def settle(
    recorded: Iterable[Outstanding],
    outstanding: Sequence[Outstanding],
    listed: Collection[str],
    held: HeldVersions,
    today: date,
) -> list[Outstanding]:
    """Bring the outstanding reports up to date: what is outstanding now, and what was lost, which stays on record.

    A report is lost when it was outstanding, never came, and the facility no longer lists it; an expected pattern
    when its day has left the facility's ten days (§4.1). ``listed`` are paths.
    """
    unsettled = [item for item in recorded if not item.satisfied_by(held)]
    lost = {_key(item): item for item in unsettled if item.lost_on and item.what not in listed}
    gone = [item for item in unsettled if item.kind == "report" and not item.lost_on and item.what not in listed]
    gone += [item for item in outstanding if item.kind == "expected" and item.day < today - timedelta(days=KEPT_DAYS)]
    for item in gone:
        if _key(item) not in lost:
            lost[_key(item)] = replace(item, lost_on=today)
    return sorted([*lost.values(), *(item for item in outstanding if _key(item) not in lost)], key=_in_order)


def arrived_late(recorded: Iterable[Outstanding], known: Iterable[tuple[str, date]]) -> set[Outstanding]:
    """Return the expected patterns that were called lost, and that reports in hand have brought since, path and day."""
    lost = [item for item in recorded if item.kind == "expected" and item.lost_on]
    return {item for path, of in known for item in lost if item.day == of and fits(item.what, path)} if lost else set()


def _key(item: Outstanding) -> tuple[str, str, date]:
    return item.kind, item.what, item.day


def _in_order(item: Outstanding) -> tuple[date, str]:
    return item.day, item.what
