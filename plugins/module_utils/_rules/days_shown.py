# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people look at by days: those of the calendar that are out of the ordinary, and what the last ones brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar, Kind, days_from, iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import Expected, days_asked
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import fits


def calendar_days(calendar: Calendar, first: date, last: date) -> dict[str, Any]:
    """Return the days from first to last that are no ordinary weekday and no ordinary weekend, both included."""
    return {
        "first": iso(first),
        "last": iso(last),
        "known_to": iso(calendar.known_to(first)),
        "days": [
            {"day": iso(day), "kind": calendar.kind(day).value, "open": calendar.is_open_on(day)}
            for day in days_from(first, last)
            if calendar.kind(day) is not (Kind.BUSINESS if day.weekday() < 5 else Kind.CLOSED)
        ],
    }


def expected_days(
    expected: Iterable[Expected],
    days: Sequence[date],
    calendar: Calendar,
    brought: Iterable[tuple[str, date]],
    outstanding: Iterable[Outstanding],
    closed: Collection[tuple[str, str, date]] = (),
) -> list[dict[str, Any]]:
    """Return of each glob and day that was asked how it stands here; ``brought`` are FOLDER/NAME and day (§4.1).

    ``closed`` are kind, what and day of what people have acknowledged.
    """
    asked = days_asked(expected, days, calendar)
    globs = tuple(dict.fromkeys(glob for glob, _day in asked))
    held = Counter((glob, day) for path, day in brought for glob in globs if fits(glob, path))
    recorded = {(what, day): "acknowledged" for kind, what, day in closed if kind == "expected"}
    for item in outstanding:
        if item.kind == "expected":
            recorded[item.what, item.day] = "lost" if item.lost_on else "missing"
    return [
        {"what": glob, "day": iso(day), "reports": held[glob, day], "state": state}
        for glob, day in asked
        for state in ["held" if held[glob, day] else recorded.get((glob, day), "not_here")]
    ]
