# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must have come, and of which days: a glob alone means every business day (§4.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar, Kind
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput

_SEPARATOR = re.compile(r"(?:\A|\s)@(?:\s|\Z)")
_DATE = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})\Z", re.ASCII)
_DAY = timedelta(days=1)
_LEAP_YEAR = 2000  # in which each day that a year may have can be tried
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
When = Callable[[date, Calendar], bool]


@dataclass(frozen=True)
class Expected:
    """A glob, and the words that say on which days it must bring something; without one, on every business day."""

    glob: str
    words: tuple[str, ...] = ("business-day",)

    def asks(self, day: date, calendar: Calendar) -> bool:
        """Say whether a day must have brought it."""
        return any(_when(word)(day, calendar) for word in self.words)


def parse_expected(option: str, text: str) -> Expected:
    """Read ``GLOB`` or ``GLOB @ DAYS``, DAYS one or more words with blanks between them, or raise BadInput."""
    glob, *rest = _SEPARATOR.split(text.strip())
    if not rest and _names_days(text.rpartition("@")[2]) and "@" in text:
        raise BadInput(f"{option}: '{text}': leave a blank on both sides of the @.")
    if not glob.strip() or len(rest) > 1 or (rest and not rest[0].strip(" ,")):
        raise BadInput(f"{option}: '{text}' is not GLOB or GLOB @ DAYS.")
    words = _words_of(rest[0]) if rest else Expected.words
    for word in words:
        if not _is_known(word):
            raise BadInput(f"{option}: '{text}': '{word}' is none of {', '.join(_WORDS)}, or a date.")
    return Expected(glob.strip(), words)


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(text.lower().replace(",", " ").split())


def _names_days(text: str) -> bool:
    words = _words_of(text)
    return bool(words) and all(_is_known(word) for word in words)


def on_holidays(option: str, text: str) -> Expected:
    """Read a glob that every holiday trading day must bring, or raise BadInput."""
    if not text.strip() or _SEPARATOR.search(text):
        raise BadInput(f"{option}: '{text}' is not a glob.")
    return Expected(text.strip(), ("holidays",))


def days_asked(expected: Iterable[Expected], days: Iterable[date], calendar: Calendar) -> list[tuple[str, date]]:
    """Return what those days must have brought, as globs and days, in the order of the days, each once."""
    rules = tuple(expected)
    return list(dict.fromkeys((rule.glob, day) for day in days for rule in rules if rule.asks(day, calendar)))


def _is_business_day(day: date, calendar: Calendar) -> bool:
    return calendar.is_business_day(day)


def _is_first_of_month(day: date, calendar: Calendar) -> bool:
    return calendar.business_days(day.replace(day=1), day) == [day]


def _is_last_of_month(day: date, calendar: Calendar) -> bool:
    next_month = (day.replace(day=28) + 4 * _DAY).replace(day=1)
    return calendar.business_days(day, next_month - _DAY) == [day]


def _is_holiday(day: date, calendar: Calendar) -> bool:
    """A holiday trading day, where the participant clears on those."""
    return calendar.kind(day) is Kind.HOLIDAY and calendar.holiday_trading


def _is_weekday(number: int) -> When:
    return lambda day, calendar: day.weekday() == number and calendar.is_business_day(day)


_WORDS: dict[str, When] = {
    "business-day": _is_business_day,
    **{name: _is_weekday(number) for number, name in enumerate(WEEKDAYS)},
    "month-start": _is_first_of_month,
    "month-end": _is_last_of_month,
    "holidays": _is_holiday,
}


def _when(word: str) -> When:
    """Return what a word says of a day: a date is that day, whatever it is; without its year, of each year."""
    return _WORDS.get(word) or (lambda day, _calendar: word in (day.isoformat(), day.isoformat()[5:]))


def _is_known(word: str) -> bool:
    found = _DATE.match(word)
    if word in _WORDS or not found:
        return word in _WORDS
    try:
        date(int(found[1] or _LEAP_YEAR), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True
