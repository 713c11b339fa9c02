# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facility's clock, in Hong Kong time (UTC+8 all year): real, running ahead or behind, or standing still."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from datetime import time as dt_time
from typing import Any

HONG_KONG = timezone(timedelta(hours=8), "HKT")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_MINUTE = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")
_EARLIEST, _LATEST = 2000, 2100


class BadTime(ValueError):
    """A time or duration that cannot be read, with a sentence that says why."""


def parse_moment(text: str) -> datetime:
    """Read ISO 8601; a moment that names no zone is meant in Hong Kong time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadTime(f"{text!r} is not an ISO 8601 time such as 2027-03-01T12:45:00") from None
    moment = moment.replace(tzinfo=HONG_KONG) if moment.tzinfo is None else moment
    return _within_reach(moment)


def parse_day(text: str) -> date:
    """Read an ISO 8601 date."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadTime(f"{text!r} is not an ISO 8601 date such as 2027-03-01") from None
    _within_reach(datetime(day.year, day.month, day.day, tzinfo=HONG_KONG))
    return day


def parse_minute(text: str) -> dt_time:
    """Read a time of day, 13:20."""
    if not _MINUTE.fullmatch(text):
        raise BadTime(f"{text!r} is not a time of day such as 13:20")
    return dt_time.fromisoformat(text)


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `5m`, `1h30m`, `14d`; a bare number means seconds."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        text += "s"
    if not _DURATION.fullmatch(text):
        raise BadTime(f"{text!r} is not a duration such as 90s, 5m, 1h30m or 14d")
    parts = re.findall(r"(\d+(?:\.\d+)?)([dhms])", text)
    try:
        return sum((timedelta(**{_UNITS[unit]: float(number)}) for number, unit in parts), timedelta())
    except OverflowError:
        raise BadTime(f"{text!r} is longer than any rehearsal") from None


def _within_reach(moment: datetime) -> datetime:
    try:
        local = moment.astimezone(HONG_KONG)
    except OverflowError:
        raise BadTime("that time is out of reach") from None
    if not _EARLIEST <= local.year < _LATEST:
        raise BadTime(f"{local.date()} is out of reach: the clock goes from {_EARLIEST} to {_LATEST - 1}")
    return local


@dataclass
class Clock:
    """What everything in the facility asks for the time; nothing else may look at the machine's clock."""

    offset: timedelta = timedelta()
    held_at: datetime | None = None
    machine: Callable[[], float] = time.time

    def now(self) -> datetime:
        """The present moment in Hong Kong time."""
        return self.held_at or datetime.fromtimestamp(self.machine(), tz=HONG_KONG) + self.offset

    def today(self) -> date:
        """The present calendar day in Hong Kong."""
        return self.now().date()

    @property
    def mode(self) -> str:
        """`real`, `offset` (runs, but away from the machine's clock) or `fixed` (stands still)."""
        if self.held_at:
            return "fixed"
        return "offset" if self.offset else "real"

    def real(self) -> None:
        """Go back to the machine's clock."""
        self.offset, self.held_at = timedelta(), None

    def set(self, moment: datetime, *, hold: bool = False) -> None:
        """Jump to a moment, and run on from there or (`hold`) stand still until advanced."""
        moment = _within_reach(moment)
        self.offset = timedelta() if hold else moment - datetime.fromtimestamp(self.machine(), tz=HONG_KONG)
        self.held_at = moment if hold else None

    def advance(self, by: timedelta) -> None:
        """Move forward; a clock that stood still stands still again afterwards."""
        try:
            target = _within_reach(self.now() + by)
        except OverflowError:
            raise BadTime("that time is out of reach") from None
        if self.held_at:
            self.held_at = target
        else:
            self.offset += by

    def describe(self) -> dict[str, Any]:
        """The clock as JSON."""
        return {"now": self.now().isoformat(timespec="seconds"), "mode": self.mode}

    def dump(self) -> dict[str, Any]:
        """The setting that brings the clock back after a restart."""
        return {"offset": self.offset.total_seconds(), "held_at": self.held_at and self.held_at.isoformat()}

    def load(self, saved: dict[str, Any]) -> None:
        """Take up a setting that `dump` returned."""
        self.offset = timedelta(seconds=saved["offset"])
        self.held_at = datetime.fromisoformat(saved["held_at"]) if saved["held_at"] else None
