# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often an account may log in and upload before the facility locks it (§4.3, §6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import UPLOADS_A_DAY, Limit

MARGIN = timedelta(seconds=2)  # our clock and the facility's do not tick together
ANSWER_TIMEOUT = timedelta(
    seconds=60
)  # an attempt that a crash left without an answer reached the facility within this


@dataclass(frozen=True)
class Uptime:
    """How many seconds the kernel has been running, asleep or not: nobody sets this clock.

    ``boot`` names this run of the kernel, None where it can't be told.
    """

    boot: str | None
    seconds: float

    def is_after_a_start(self, then: Uptime) -> bool:
        """Say whether the kernel has been started since then, or may have been."""
        known = None not in (self.boot, then.boot)
        return self.boot != then.boot if known else self.seconds < then.seconds

    def since(self, then: Uptime) -> timedelta:
        """Return the least that has passed since then: where the kernel was started meanwhile, what it runs for."""
        passed = self.seconds if self.is_after_a_start(then) else self.seconds - then.seconds
        return timedelta(seconds=max(0.0, passed))


@dataclass(frozen=True)
class Attempt:
    """One recorded event: begun just before it was sent, settled when the facility had answered, by both clocks."""

    began: datetime
    settled: datetime | None
    began_up: Uptime | None = None
    settled_up: Uptime | None = None

    @property
    def latest(self) -> datetime:
        """The last moment at which the facility can have counted it: what keeps the sum safe on slow lines."""
        return self.settled or self.began + ANSWER_TIMEOUT

    def passed(self, uptime: Uptime) -> timedelta | None:
        """The least that has passed since ``latest`` by the clock that nobody sets; None where it wasn't read.

        Where the kernel may have been started since, its whole uptime has passed at least. Where it is not known
        whether it was, the shorter of both counts.
        """
        then = self.began_up
        if then is None:
            return None
        if uptime.is_after_a_start(then):
            return timedelta(seconds=uptime.seconds)
        took = timedelta(seconds=self.settled_up.seconds - then.seconds) if self.settled_up else ANSWER_TIMEOUT
        return timedelta(seconds=uptime.seconds - then.seconds) - took

    def righted(self, now: datetime, uptime: Uptime | None) -> Attempt:
        """Return it as it is to be counted where a clock was set back, or was not read when it was made.

        A moment that has not come yet was before now; how long before, the other clock knows, or it counts as now.
        """
        repaired, then = self, self.began_up
        if uptime and then and then.boot and then.boot == uptime.boot and then.seconds > uptime.seconds:
            repaired = replace(self, began_up=uptime, settled_up=uptime)  # some containers set this clock after all
        if max(repaired.began, repaired.settled or repaired.began) > now:
            repaired = repaired._brought_back(now, uptime)
        if uptime and repaired.began_up is None and now - repaired.latest < UPLOADS_A_DAY.within + MARGIN:
            repaired = replace(
                repaired,
                began_up=_before(uptime, now - repaired.began),
                settled_up=_before(uptime, now - repaired.settled) if repaired.settled else None,
            )
        return repaired

    def _brought_back(self, now: datetime, uptime: Uptime | None) -> Attempt:
        passed = self.passed(uptime) if uptime else None
        if self.settled is None:
            return replace(self, began=min(now, now - passed - ANSWER_TIMEOUT) if passed is not None else now)
        latest = min(now, now - (passed or timedelta(0)))
        return replace(self, began=min(self.began, latest), settled=latest)


@dataclass(frozen=True)
class Allowance:
    """What is left of a budget at one moment; ``retry_at`` is set when that is less than is needed."""

    used: int
    left: int
    retry_at: datetime | None


def allowance(
    limit: Limit,
    budget: int,
    attempts: Sequence[Attempt],
    now: datetime,
    needed: int = 1,
    uptime: Uptime | None = None,
) -> Allowance:
    """Say how many more events fit now, so that the facility never sees the one that locks (§4.3, §6.3).

    ``budget`` is the most that this workstation may use of the span, at most one less than the limit; who needs
    more than that gets along with it. An attempt counts until it is past by both clocks, the one on the wall and the
    one that nobody sets. One from the future (the clock was set back) counts until it is past.
    """
    budget = min(budget, limit.reached - 1)
    needed = min(needed, budget)
    waits = sorted(wait for wait in (_wait(limit, one, now, uptime) for one in attempts) if wait > timedelta(0))
    left = max(0, budget - len(waits))
    retry_at = None if left >= needed else _next_second(now + waits[len(waits) - budget + needed - 1])
    return Allowance(len(waits), left, retry_at)


def _wait(limit: Limit, attempt: Attempt, now: datetime, uptime: Uptime | None) -> timedelta:
    """How long an attempt counts yet, by whichever clock says longer."""
    span = limit.within + MARGIN
    by_wall = attempt.latest + span - now
    passed = attempt.passed(uptime) if uptime else None
    return by_wall if passed is None else max(by_wall, span - passed)


def _before(uptime: Uptime, passed: timedelta) -> Uptime:
    return Uptime(uptime.boot, uptime.seconds - passed.total_seconds())


def _next_second(moment: datetime) -> datetime:
    """Round up: whoever comes back at the second that was told must not be a fraction too early."""
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)
