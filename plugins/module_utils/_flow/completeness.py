# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is outstanding after a run: what is missing, about to leave the facility, or lost (§4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from heapq import nsmallest
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Archive, Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_NAMED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import YEARS, days_from, operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import AttributesMissing, SizeImpossible
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import days_asked
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEPT_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import (
    EXPIRING_DAYS,
    RECENT,
    SHOWN_DAYS,
    Outstanding,
    arrived_late,
    expected_outstanding,
    last_fetch_day,
    note,
    report_day,
    settle,
    still_expected,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed, Policy, archive_path

_SOON = timedelta(days=EXPIRING_DAYS)


def outstanding_after(
    settings: Settings, policy: Policy, run: SyncRun, archive: Archive, manifest: Manifest, ended: bool
) -> list[Outstanding]:
    """Return what is outstanding after a run that has listed the folders, but for what people have closed."""
    closed = manifest.acknowledged()
    found = _outstanding_after(settings, policy, run, archive, manifest, ended)
    return [item for item in found if (item.kind, item.what, item.day) not in closed]


def _outstanding_after(
    settings: Settings, policy: Policy, run: SyncRun, archive: Archive, manifest: Manifest, ended: bool
) -> list[Outstanding]:
    """Return it with what people have closed.

    A run that has failed, or was for the intraday reports alone, adds what it saw and did not bring, and takes off what
    it brought; it calls nothing missing or lost.
    """
    on_record = manifest.outstanding()
    recorded = [item for item in on_record if not _is_odd(item, policy)]
    held = held_of(recorded, run, archive, manifest)
    outstanding = [
        _outstanding_report(settings.account, report, run) for report in run.not_held if policy.in_scope(report)
    ]
    outstanding += _odd_entries(run, on_record)
    if not ended or policy.scope != "all":
        return note(recorded, outstanding, held)
    today = run.today
    looked = _looked(manifest, today)
    days = days_from(looked - timedelta(days=KEPT_DAYS), today - timedelta(days=1))
    asked_of = days_asked(policy.expected, days, settings.calendar)
    lost_days = [item.day for item in recorded if item.kind == "expected" and item.lost_on]
    late = arrived_late(recorded, _brought(policy, run, manifest, lost_days)) if policy.expected else ()
    recorded = [item for item in recorded if item not in late]
    expected = expected_outstanding(asked_of, _brought(policy, run, manifest, days), recorded)
    outstanding += still_expected(expected, recorded, looked, today)
    asked = _asked(recorded)
    unseen = run.unseen(policy.folders, asked)
    waiting = [item for item in recorded if item.kind == "entry"]  # of folders that this run did not look at
    waiting += [item for item in recorded if item.what in unseen and item.day >= today - RECENT]
    aside = set(waiting)
    seen = [item for item in recorded if item not in aside]
    return note(
        waiting,
        settle(seen, outstanding, run.listed(asked), held, today),
        held,
    )


def _outstanding_report(account: Account, report: Listed, run: SyncRun) -> Outstanding:
    day = report_day(report.name, report.mtime) or run.today
    code, reason = run.reasons.get((report.folder, report.name), (None, None))
    size = None if code in (AttributesMissing.code, SizeImpossible.code) else report.size
    path = archive_path(account, report)
    return Outstanding("report", path, day, size=size, mtime=report.mtime, error_code=code, reason=reason)


def _is_odd(item: Outstanding, policy: Policy) -> bool:
    """Say whether it is an odd entry that a run of this policy looks at anew."""
    return item.kind == "entry" and item.what.partition("/")[0] in policy.folders


def _odd_entries(run: SyncRun, on_record: Sequence[Outstanding]) -> Iterator[Outstanding]:
    """Yield what is no report, and folders that could not be listed, with the day since when."""
    since = {item.what: item.day for item in on_record if item.kind == "entry"}
    for entry in run.odd:
        what = f"{entry.folder}/{entry.name}".rstrip("/")
        yield Outstanding("entry", what, since.get(what, run.today), error_code=entry.error_code, reason=entry.reason)


def describe(run: SyncRun, outstanding: Sequence[Outstanding]) -> dict[str, Any]:
    """Return the outstanding reports as a result tells them, each with names and days."""
    today = run.today
    expiring = [report for report in run.not_held if (last := _last_day(report)) and last - today <= _SOON]
    recent = today - timedelta(days=SHOWN_DAYS)
    lost = [item for item in outstanding if item.lost_on and item.lost_on >= recent]
    return {
        "missing": [
            {"expected": item.what, "day": item.day.isoformat()}
            for item in outstanding
            if item.kind == "expected" and not item.lost_on
        ],
        "expiring": [
            {"folder": one.folder, "name": one.name, "last_day": last.isoformat(), "days_left": (last - today).days}
            for last, one in nsmallest(MOST_NAMED, _by_last_day(expiring), key=_in_order)
        ],
        "expiring_count": len(expiring),
        "lost": [
            {"what": item.what, "day": item.day.isoformat(), "lost_on": item.lost_on.isoformat()}
            for item in lost[:MOST_NAMED]
            if item.lost_on
        ],
        "lost_count": len(lost),
    }


def _last_day(report: Listed) -> date | None:
    """The last day on which it can be fetched, as far as the facility tells when it was made."""
    last = None if report.mtime is None else last_fetch_day(report.mtime)
    return last if last and last.year in YEARS else None


def _by_last_day(reports: Iterable[Listed]) -> Iterator[tuple[date, Listed]]:
    return ((last, report) for report in reports if (last := _last_day(report)))


def _in_order(expiring: tuple[date, Listed]) -> tuple[date, str]:
    return expiring[0], expiring[1].name


def _asked(recorded: Sequence[Outstanding]) -> set[str]:
    return {item.what for item in recorded if item.kind == "report"}


def held_of(
    outstanding: Sequence[Outstanding], run: SyncRun, archive: Archive, manifest: Manifest
) -> dict[str, list[tuple[int, int | None]]]:
    """What the pair has of the reports that were outstanding, by path with size and time, and the disk has not lost."""
    asked = _asked(outstanding)
    mine = manifest.held(asked)
    absent = archive.absent(mine.values())
    copies = [report.as_listed() for path, report in mine.items() if path not in absent]
    copies += [copy for path, copy in run.partner.items() if path in asked]
    copies += [kept.held().as_listed() for kept in run.planned() if kept.item.path in asked]
    held: dict[str, list[tuple[int, int | None]]] = {}
    for copy in copies:
        held.setdefault(copy.path, []).append((copy.size, copy.mtime))
    return held


def _brought(policy: Policy, run: SyncRun, manifest: Manifest, days: Sequence[date]) -> Iterator[tuple[str, date]]:
    """Yield FOLDER/NAME and day of what the pair has, as far as those days are concerned."""
    if not (policy.expected and days):
        return
    yield from manifest.brought(policy.folders, min(days))
    for report in (kept.item.report for kept in run.planned()):  # which are not on record
        day = report_day(report.name, report.mtime)
        if day:
            yield f"{report.folder}/{report.name}", day
    for copy in run.partner.values():
        folder, _slash, name = copy.path.partition("/")
        day = report_day(name, copy.mtime)
        if day and folder in policy.folders:
            yield copy.path, day


def _looked(manifest: Manifest, today: date) -> date:
    """The day of the last full run, today where there was none: ten days before it is the first day to ask about."""
    last = manifest.last_full_sync()
    return min(today, operating_day(last)) if last else today
