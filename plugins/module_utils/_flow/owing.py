# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive is owed after a run: what is missing, about to leave the facility, or lost (§4.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.recording import Run
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import (
    EXPIRING_DAYS,
    KEPT_DAYS,
    SHOWN_DAYS,
    Debt,
    expected_debts,
    last_fetch_day,
    report_day,
    settle,
    still_asked,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Policy, archive_path


def debts(facility: Facility, policy: Policy, run: Run, manifest: Any) -> list[Debt]:
    """Return what is owed after a run that has listed the facility's folders.

    A run for the intraday reports alone only settles what it has brought.
    """
    recorded: list[Debt] = manifest.debts()
    held = _held(recorded, run, manifest)
    if policy.scope != "all":
        return [debt for debt in recorded if debt.kind != "report" or not debt.settled_by(held)]
    account, today = facility.account, run.today
    looked = _looked(manifest, today)
    days = facility.calendar.trading_days(looked - timedelta(days=KEPT_DAYS), today - timedelta(days=1))
    owed = expected_debts(policy.expected, _brought(policy, run, manifest, days), days, recorded)
    owed = still_asked(owed, recorded, looked, today)
    for report in run.not_held:
        day = report_day(report.name, report.mtime) or today
        owed.append(Debt("report", archive_path(account, report), day, mtime=report.mtime))
    asked = _asked(recorded)
    reports = run.listing.reports if run.listing else []
    listed = asked and {path for path in (archive_path(account, report) for report in reports) if path in asked}
    return settle(recorded, owed, listed, held, today)


def told(run: Run, owed: Sequence[Debt]) -> dict[str, Any]:
    """Return the debts as a result tells them, each with names and days."""
    today = run.today
    expiring = [
        {"folder": report.folder, "name": report.name, "days_left": (last_fetch_day(report.mtime) - today).days}
        for report in run.not_held
        if report.mtime is not None and last_fetch_day(report.mtime) - today <= timedelta(days=EXPIRING_DAYS)
    ]
    recent = today - timedelta(days=SHOWN_DAYS)
    return {
        "missing": [
            {"expected": debt.what, "day": debt.day.isoformat()}
            for debt in owed
            if debt.kind == "expected" and not debt.lost_on
        ],
        "expiring": sorted(expiring, key=lambda entry: (entry["days_left"], entry["name"])),
        "lost": [
            {"what": debt.what, "day": debt.day.isoformat(), "lost_on": debt.lost_on.isoformat()}
            for debt in owed
            if debt.lost_on and debt.lost_on >= recent
        ],
    }


def _asked(recorded: Sequence[Debt]) -> set[str]:
    return {debt.what for debt in recorded if debt.kind == "report"}


def _held(recorded: Sequence[Debt], run: Run, manifest: Any) -> dict[str, float]:
    """What the pair has of the reports that were owed, by path, with the time of the latest; unknown is late enough."""
    asked = _asked(recorded)
    times: dict[str, float] = {}
    for path, mtime in (
        *((path, report.mtime) for path, report in manifest.held(asked).items()),
        *((path, copy.mtime) for path, copy in run.partner.items() if path in asked),
        *((kept.item.path, kept.item.report.mtime) for kept in run.kept if kept.item.path in asked),
    ):
        times[path] = max(times.get(path, 0), math.inf if mtime is None else mtime)
    return times


def _brought(policy: Policy, run: Run, manifest: Any, days: Sequence[date]) -> Iterator[tuple[str, date]]:
    """Yield FOLDER/NAME and day of what the pair has, as far as those days are concerned."""
    if not (policy.expected and days):
        return
    yield from manifest.brought(policy.folders, days[0])
    for report in (kept.item.report for kept in run.kept):  # in a plan they are not on record
        day = report_day(report.name, report.mtime)
        if day:
            yield f"{report.folder}/{report.name}", day
    for copy in run.partner.values():
        folder, _slash, name = copy.path.partition("/")
        day = report_day(name, copy.mtime)
        if day and folder in policy.folders:
            yield copy.path, day


def _looked(manifest: Any, today: date) -> date:
    """The day of the last full run, today where there was none: ten days before it is the first day to ask about."""
    last = manifest.last_full_sync()
    return min(today, operating_day(last)) if last else today
