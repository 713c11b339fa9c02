# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a schedule, and the tables that tell it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, closing_time, operating_day
from tests.soak.exchange import KINDS, Version, kind_of

LOGIN_SPAN = timedelta(minutes=5)
MOST_LOGINS = 9  # that are looked at together; a fifth is a violation
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
OF_REPORTS = ("schedule", "reports of", "published", "home after: median", "95 % within", "all within", "after 03:30")
OF_RUNS = (
    "schedule",
    "runs",
    "while closed",
    "polls left out",
    "logins a day: median, most",
    "in 5 minutes",
    "minutes",
)


@dataclass(frozen=True)
class Figures:
    """When each report was home, and what that took."""

    name: str
    home: dict[Version, datetime]
    daily_logins: list[int]  # of the operating days that were lived with all polls
    logins: list[datetime]
    runs: int
    while_closed: int  # of the runs
    left_out: int  # polls
    violations: list[dict[str, Any]]
    seconds: float

    def until_home(self, kind: str) -> list[int]:
        """Seconds between publication and arrival of each report of a kind, the shortest first."""
        return sorted(
            int(home.timestamp()) - made for (path, made), home in self.home.items() if kind_of(path, made) == kind
        )

    def late(self, kind: str | None = None) -> list[Version]:
        """The reports that came when the facility had closed after their operating day."""
        return [
            (path, made)
            for (path, made), home in self.home.items()
            if kind in (None, kind_of(path, made))
            and home > closing_time(operating_day(datetime.fromtimestamp(made, HONG_KONG)))
        ]

    @property
    def worst_span(self) -> int:
        """The most logins in any five minutes."""
        near = (self.logins[number : number + MOST_LOGINS] for number in range(len(self.logins)))
        return max(sum(other < few[0] + LOGIN_SPAN for other in few) for few in near)


def tables(lived: Sequence[Figures]) -> list[str]:
    """What the schedules came to, in Markdown."""
    return [
        *_table(OF_REPORTS, (_of_reports(figures, kind) for figures in lived for kind in KINDS)),
        "",
        *_table(OF_RUNS, map(_of_runs, lived)),
    ]


def _of_reports(figures: Figures, kind: str) -> list[object]:
    seconds, late = figures.until_home(kind), len(figures.late(kind))
    of_95 = seconds[-(-len(seconds) * 95 // 100) - 1]
    told = map(span, (int(statistics.median(seconds)), of_95, seconds[-1]))
    return [figures.name, kind, f"{len(seconds):,}", *told, f"{late:,}"]


def _of_runs(figures: Figures) -> list[object]:
    days = f"{statistics.median(figures.daily_logins):g}, {max(figures.daily_logins)}"
    counts = (f"{count:,}" for count in (figures.runs, figures.while_closed, figures.left_out))
    return [figures.name, *counts, days, figures.worst_span, round(figures.seconds / 60)]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return [_line(head), "|" + "---|" * len(head), *map(_line, rows)]


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def span(seconds: int) -> str:
    """So many seconds, in the two largest units."""
    index = next((number for number, (_name, size) in enumerate(UNITS) if seconds >= size), len(UNITS) - 1)
    words = []
    for name, size in UNITS[index : index + 2]:
        count, seconds = divmod(seconds, size)
        words.append(f"{count} {name}")
    return " ".join(words)
