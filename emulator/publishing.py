# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes reports: a whole day or an ad hoc call for everybody registered, or one file (§4.1, §4.2)."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from emulator.clock import parse_minute
from emulator.facility import Facility
from emulator.folders import BadReport
from emulator.housekeeping import KEPT_DAYS, is_kept
from emulator.reports import COMMON, Report, reports_for_all, reports_for_one, reports_of_call

LARGEST_REPORT = 2 * 1024**3  # bytes


async def publish_day(
    facility: Facility, day: date | None, scale: float = 1.0, *, due: bool = False, holiday: bool = False
) -> dict[str, Any]:
    """Publish a day's reports, today's where none is named, for everybody registered by now.

    `due`: only those that are made by now and, where no day is named, what was made in the night after the last one.
    `holiday`: what comes where HKCC alone works. What was published before stays as it is; a report whose time has not
    come is as old as the clock allows.
    """
    now = facility.clock.now()
    of = day or now.date()
    reports = list(_of_day(facility, of, holiday))
    if due and day is None:
        reports += _made_in_the_night_before(facility, of)
    if due:
        reports = [report for report in reports if report.made_at <= now]
    return await _publish(facility, [report.scaled(scale) for report in reports], of)


def _of_day(facility: Facility, day: date, holiday: bool) -> Iterator[Report]:
    monthly = facility.hours.is_first_of_month(day)
    yield from reports_for_all(day, holiday=holiday)
    for code in facility.registry.participants:
        yield from reports_for_one(code, day, holiday=holiday, monthly=monthly)


def _made_in_the_night_before(facility: Facility, day: date) -> list[Report]:
    """What the last day on which the facility was open has brought after midnight."""
    for before in (day - timedelta(days=number) for number in range(1, KEPT_DAYS)):
        if facility.hours.opens_on(before):
            return [report for report in reports_for_all(before) if report.is_late]
    return []


async def publish_call(
    facility: Facility, day: date, at: str, scale: float = 1.0, *, holiday: bool = False
) -> dict[str, Any]:
    """Publish what an ad hoc call for margin brings; `at` is its time, 13:20."""
    now = facility.clock.now()
    if datetime.combine(day, parse_minute(at), now.tzinfo) > now:
        raise BadReport(f"{day} {at} has not come yet: the facility's clock says {now:%Y-%m-%d %H:%M}")
    reports = reports_of_call(facility.registry.participants, day, at, holiday=holiday)
    return await _publish(facility, [report.scaled(scale) for report in reports], day)


async def publish_one(facility: Facility, day: date, name: str, folder: str, size: int) -> dict[str, Any]:
    """Publish one file; another size under the same name replaces it."""
    top = folder.partition("/")[0]
    if top != COMMON and top not in facility.registry.participants:
        raise BadReport(f"{folder} is neither {COMMON} nor the folder of a registered participant")
    if not 0 <= size <= LARGEST_REPORT:
        raise BadReport(f"a report of {size} bytes is out of reach")
    now = facility.clock.now()
    return await _publish(facility, [Report(folder, name, size, datetime.combine(day, now.timetz()), day)], day)


async def _publish(facility: Facility, reports: list[Report], day: date) -> dict[str, Any]:
    now = facility.clock.now()
    if day > now.date():
        raise BadReport(f"{day} has not come yet: the facility's clock says {now:%Y-%m-%d %H:%M}")
    if not is_kept(day, now.date()):
        raise BadReport(f"reports of {day} are gone: they stay {KEPT_DAYS} days, and it is {now:%Y-%m-%d}")

    def put(report: Report) -> bool:
        return facility.folders.publish(replace(report, made_at=min(report.made_at, now)))

    published = [report for report in reports if await asyncio.to_thread(put, report)]
    outcome: dict[str, Any] = {
        "date": day.isoformat(),
        "published": len(published),
        "unchanged": len(reports) - len(published),
        "bytes": sum(report.size for report in published),
    }
    facility.events.record("publish", **outcome)
    return outcome
