# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a sync goes, and the line that people read of it."""

from __future__ import annotations

import math

from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import Counts

_LAST = 10.0  # seconds that the rate is taken of; longer where one looks more seldom
_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3), ("bytes", 1))


class Pace:
    """Makes lines of the counts that come in, each with the rate of the last seconds."""

    def __init__(self) -> None:
        self._seen: list[Counts] = []

    def line(self, now: Counts | None) -> str | None:
        """Return the line for these counts; None where they stand still, as those that a dead run has left do."""
        if now is None or now in self._seen:
            return None
        fetching = [before for before in self._seen if before.run == now.run and before.since is not None]
        young = [before for before in fetching if now.seconds - before.seconds <= _LAST] or fetching[-1:]
        self._seen = [*young, now]
        return _line(now, young)

    def ignore(self, now: Counts | None) -> None:
        """Take what was there before the run began for what it is: an earlier run's."""
        self._seen = [now] if now else []


def _line(now: Counts, before: list[Counts]) -> str:
    """Tell the rate since the oldest counts that are young enough; else since the fetch began."""
    if now.since is None:
        return "looks what there is"
    if not now.of_reports:
        return "nothing to fetch"
    then, there = (before[0].seconds, before[0].bytes) if before else (now.since, 0)
    rate = max(0, now.bytes - there) / max(now.seconds - then, 0.1)
    name, unit = _unit(now.of_bytes)
    parts = [
        f"{now.reports} of {now.of_reports} reports",
        f"{now.bytes // unit} of {now.of_bytes // unit} {name}",
        "{1:.0f} {0}/s".format(*_in_unit(rate)),
    ]
    if now.bytes >= now.of_bytes:
        return ", ".join([*parts[:2], "being settled"])
    return ", ".join([*parts, f"{_span((now.of_bytes - now.bytes) / rate)} left"] if rate else parts)


def _unit(size: float) -> tuple[str, int]:
    """The largest unit of which there are ten or more: whole numbers of it tell enough."""
    return next(((name, unit) for name, unit in _UNITS if size >= 10 * unit), _UNITS[-1])


def _in_unit(size: float) -> tuple[str, float]:
    name, unit = _unit(size)
    return name, size / unit


def _span(seconds: float) -> str:
    if seconds <= 90:
        return f"{math.ceil(seconds)} s"
    if seconds <= 90 * 60:
        return f"{math.ceil(seconds / 60)} min"
    return f"{math.ceil(seconds / 3600)} h"
