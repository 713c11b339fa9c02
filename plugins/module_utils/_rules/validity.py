# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long keys live (§6, §6.1). Days are calendar days in Hong Kong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

VALID_DAYS = 730  # §6.1: uploaded on 1 March 2020, last day 1 March 2022
OLD_KEY_DAYS = 14  # §6.1: the old key works on the day of the upload and thirteen days more


def last_day(registered_on: date) -> date:
    """Return the last day on which a key registered or uploaded on that day logs in (§6.1)."""
    return registered_on + timedelta(days=VALID_DAYS)


@dataclass(frozen=True)
class Life:
    """A key's last day as far as this workstation can know it, and what that rests on."""

    last_day: date
    basis: str

    def days_left(self, today: date) -> int:
        """Days that remain after today; 0 on the last day, negative when it is past."""
        return (self.last_day - today).days


def life(made_on: date | None, registered_on: date | None) -> Life | None:
    """Say until when a key is good, or None where no date is known.

    Until its registration day is recorded a key is counted from the day it was made. The exchange cannot
    have registered it earlier, so it lives at least that long.
    """
    if registered_on is not None:
        return Life(last_day(registered_on), "registered")
    if made_on is not None:
        return Life(last_day(made_on), "made")
    return None


def is_answered(day: date | None, registered_on: date | None) -> bool:
    """Say whether a warning of that day is about a key that the one in use has superseded since (§6.2)."""
    return day is not None and registered_on is not None and day < registered_on + timedelta(days=OLD_KEY_DAYS)
