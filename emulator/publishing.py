# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes reports: a whole business day for everybody registered, or one file (§4.1, §4.2)."""

import asyncio
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from emulator.facility import Facility
from emulator.folders import BadReport
from emulator.housekeeping import KEPT_DAYS, is_kept
from emulator.reports import COMMON, Report, reports_for_all, reports_for_one

LARGEST_REPORT = 2 * 1024**3  # bytes


async def publish_day(facility: Facility, day: date, scale: float = 1.0, *, due: bool = False) -> dict[str, Any]:
    """Publish a day's reports for everybody registered by now (`due`: only those that the day's run has made by now).

    What was published before stays as it is; a report whose time has not come is as old as the clock allows.
    """
    reports = list(reports_for_all(day))
    for code in facility.registry.participants:
        reports += reports_for_one(code, day)
    if due:
        reports = [report for report in reports if report.made_at <= facility.clock.now()]
    if scale != 1.0:
        reports = [replace(report, size=max(1, int(report.size * scale))) for report in reports]
    return await _publish(facility, reports, day)


async def publish_one(facility: Facility, day: date, name: str, folder: str, size: int) -> dict[str, Any]:
    """Publish one file; another size under the same name replaces it."""
    top = folder.partition("/")[0]
    if top != COMMON and top not in facility.registry.participants:
        raise BadReport(f"{folder} is neither {COMMON} nor the folder of a registered participant")
    if not 0 <= size <= LARGEST_REPORT:
        raise BadReport(f"a report of {size} bytes is out of reach")
    now = facility.clock.now()
    return await _publish(facility, [Report(folder, name, size, datetime.combine(day, now.timetz()))], day)


async def _publish(facility: Facility, reports: list[Report], day: date) -> dict[str, Any]:
    now = facility.clock.now()
    if day > now.date():
        raise BadReport(f"{day} has not come yet: the facility's clock says {now:%Y-%m-%d %H:%M}")
    if not is_kept(day, now.date()):
        raise BadReport(f"reports of {day} are gone: they stay {KEPT_DAYS} days, and it is {now:%Y-%m-%d}")

    def put(report: Report) -> bool:
        return facility.folders.publish(replace(report, made_at=min(report.made_at, now)), day)

    published = [report for report in reports if await asyncio.to_thread(put, report)]
    outcome: dict[str, Any] = {
        "date": day.isoformat(),
        "published": len(published),
        "unchanged": len(reports) - len(published),
        "bytes": sum(report.size for report in published),
    }
    facility.events.record("publish", **outcome)
    return outcome
