# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often an account may log in and upload before the facility locks it (§4.3, §6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """The facility acts at the ``reached``-th event ``within`` a span; ``what`` names the event."""

    what: str
    reached: int
    within: timedelta


LOGINS = Limit("login", reached=5, within=timedelta(minutes=5))  # §4.3
UPLOADS = Limit("upload", reached=5, within=timedelta(hours=1))  # §6.3
UPLOADS_A_DAY = Limit("upload", reached=120, within=timedelta(days=1))  # §6.3

MARGIN = timedelta(seconds=2)  # our clock and the facility's do not tick together
UNSETTLED = timedelta(seconds=60)  # an attempt that a crash left without an answer reached the facility within this


@dataclass(frozen=True)
class Attempt:
    """One recorded event: begun just before it was sent, settled when the facility had answered."""

    began: datetime
    settled: datetime | None

    @property
    def latest(self) -> datetime:
        """The last moment at which the facility can have counted it: what keeps the sum safe on slow lines."""
        return self.settled or self.began + UNSETTLED


@dataclass(frozen=True)
class Allowance:
    """What is left of a budget at one moment; ``retry_at`` is set when that is less than is needed."""

    used: int
    left: int
    retry_at: datetime | None


def allowance(limit: Limit, budget: int, attempts: Sequence[Attempt], now: datetime, needed: int = 1) -> Allowance:
    """Say how many more events fit now, so that the facility never sees the one that locks (§4.3, §6.3).

    ``budget`` is the most that this workstation may use of the span, at most one less than the limit; who needs
    more than that gets along with it. An attempt from the future (the clock was set back) counts until it is past.
    """
    budget = min(budget, limit.reached - 1)
    needed = min(needed, budget)
    span = limit.within + MARGIN
    inside = sorted(attempt.latest for attempt in attempts if attempt.latest + span > now)
    left = max(0, budget - len(inside))
    retry_at = None if left >= needed else _next_second(inside[len(inside) - budget + needed - 1] + span)
    return Allowance(len(inside), left, retry_at)


def _next_second(moment: datetime) -> datetime:
    """Round up: whoever comes back at the second that was told must not be a fraction too early."""
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)
