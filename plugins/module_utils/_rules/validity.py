# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long keys live (§6, §6.1). Days are calendar days in Hong Kong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import OLD_KEY_DAYS, VALID_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime


def last_day(registered_on: date) -> date:
    """Return the last day on which a key registered or uploaded on that day logs in (§6.1)."""
    return registered_on + timedelta(days=VALID_DAYS)


@dataclass(frozen=True)
class Validity:
    """A key's last day as far as this workstation can know it, and what that rests on."""

    last_day: date
    counted_from: str

    def days_left(self, today: date) -> int:
        """Days that remain after today; 0 on the last day, negative when it is past."""
        return (self.last_day - today).days

    def is_over(self, today: date) -> bool:
        """Whether the facility has removed the key (§5); one that was only made may have been registered later."""
        return self.counted_from != "made" and today > self.last_day


def validity(made_on: date | None, registered_on: date | None) -> Validity | None:
    """Say until when a key is good, or None where no date is known.

    Until its registration day is recorded a key is counted from the day it was made. The exchange cannot
    have registered it earlier, so it lives at least that long.
    """
    if registered_on is not None:
        return Validity(last_day(registered_on), "registered")
    if made_on is not None:
        return Validity(last_day(made_on), "made")
    return None


def is_answered(day: date | None, registered_on: date | None) -> bool:
    """Say whether a warning of that day is about a key that the one in use has superseded since (§6.2)."""
    return day is not None and registered_on is not None and day < registered_on + timedelta(days=OLD_KEY_DAYS)


@dataclass(frozen=True)
class Wait:
    """How long a superseded key is kept yet, by the clock that nobody sets; ``read`` is what that said last.

    A clock on the wall that was set weeks ahead must not destroy a key that the facility still takes (§6.1).
    """

    left: timedelta
    read: Uptime

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it."""
        return self.left <= timedelta(0)

    def at(self, uptime: Uptime) -> Wait:
        """Return what is left of it at a later reading."""
        return Wait(max(timedelta(0), self.left - uptime.since(self.read)), uptime)


@dataclass(frozen=True)
class KeyFacts:
    """The record of one key, by its MD5 fingerprint."""

    fingerprint: str
    made_on: date | None
    registered_on: date | None
    proven: bool
    last_day: date | None = None  # of a key that another one has superseded
    compromised: bool = False
    wait: Wait | None = None  # for its end, by the clock that nobody sets

    @property
    def ends(self) -> date | None:
        """The last day on which it logs in, None where that is not known."""
        return self.last_day or (last_day(self.registered_on) if self.registered_on else None)

    @property
    def is_registered(self) -> bool:
        """Whether the exchange knows the key: told by the operator, or seen by a login that worked."""
        return self.proven or self.registered_on is not None

    def works_on(self, today: date) -> bool:
        """Whether the exchange may still let the key in (§6.1)."""
        return self.is_registered and (self.ends is None or today <= self.ends)


def wait_for(last_day: date, now: datetime, uptime: Uptime) -> Wait:
    """Return the wait for the end of a key's last day; where that is not two weeks ahead, all of the two weeks.

    It begins with the run in which the key was superseded. A day that comes sooner, or that is past, tells that this is
    another run, or that a clock is wrong.
    """
    weeks = timedelta(days=OLD_KEY_DAYS)
    left = datetime.combine(last_day + timedelta(days=1), time(), HONG_KONG) - now
    return Wait(left if weeks - timedelta(days=1) <= left <= weeks else weeks, uptime)
