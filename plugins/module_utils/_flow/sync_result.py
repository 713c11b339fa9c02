# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of report_sync tells of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Archive, Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import Kept, SyncRequest, SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_NAMED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import EXPIRY_WARNING, KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import report_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import archive_path, matches
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import is_answered

_ABSENT = "It is gone, or has another size, and the facility does not list it any more."
_MIXES = (
    "The facility gives several open files one handle, and mixes them up. From then on one was open at a time, which "
    "is right, and slow. Tell the exchange."
)
NOTHING_OUTSTANDING: dict[str, Any] = {
    "missing": [],
    "expiring": [],
    "expiring_count": 0,
    "lost": [],
    "lost_count": 0,
}
_MOST_WARNINGS = 20  # of a kind; the result names more


def done(run: SyncRun, archive: Archive) -> dict[str, Any]:
    """What a result tells of the run itself; of very many reports the first, since each would take memory four times.

    All are in the manifest, and in a list where one is asked for.
    """
    brought = run.brought
    return {
        **({"downloaded_list": run.list_path} if run.list_path else {}),
        "changed": bool(brought.reports),
        "connection": run.connection,
        "downloaded": [entry_of(kept, archive) for kept in brought.first()],
        "downloaded_count": brought.reports,
        "downloaded_shared": brought.shared,
        "bytes": brought.bytes,
        "unchanged": run.todo.unchanged,
        "held_by_partner": run.todo.held_by_partner,
        "refused": run.refused,
        "refused_count": run.refused_count,
        "absent": [{"path": path, "reason": _ABSENT} for path in run.absent[:MOST_NAMED]],
        "absent_count": len(run.absent),
    }


def entry_of(kept: Kept, archive: Archive) -> dict[str, Any]:
    """Tell a report that a run has brought."""
    return {
        "name": kept.item.report.name,
        "folder": kept.item.report.folder,
        "size": kept.size,
        "sha256": kept.sha256,
        "path": archive.locate(kept.item.path),
        "reason": kept.item.reason,
    }


def difference(run: SyncRun) -> dict[str, str]:
    """What a run has added to the archive, for who asks for the difference."""
    lines = [kept.item.path for kept in run.brought.first()]
    if run.brought.reports > len(lines):
        lines.append(f"and {run.brought.reports - len(lines)} more")
    return {"before": "", "after": "".join(f"{line}\n" for line in lines)}


def drill_warnings(run: SyncRun) -> list[str]:
    """Name the reports that came into the archive and are, by size and time, what a drill has brought before.

    Only people can say whether the exchange has left them there, so they come: one too many is a smaller evil.
    """
    return [
        f"{path}: It is the report that the drill of {day} has brought, by size and time."
        for path, day in sorted(run.of_drills.items())[:_MOST_WARNINGS]
    ]


def warnings(run: SyncRun, request: SyncRequest) -> list[str]:
    """What people should see at once, in sentences; a poll says less, since it comes every few minutes."""
    refused = [f"{entry['folder']}: {entry['reason']}" for entry in run.refused[:_MOST_WARNINGS]]
    absent = [f"{path}: {_ABSENT} Restore it from a backup." for path in run.absent[:_MOST_WARNINGS]]
    other = run.brought.of_other_size[:_MOST_WARNINGS]
    sizes = [f"{kept.item.path}: {kept.size} bytes came, {kept.item.report.size} are listed." for kept in other]
    odd_days = _brought_by_closed_days(run, request.settings.calendar) if request.policy.scope == "all" else []
    return [*odd_days, *([_MIXES] if (run.connection or {}).get("mixes_handles") else []), *refused, *absent, *sizes]


def _brought_by_closed_days(run: SyncRun, calendar: Calendar) -> list[str]:
    """Say which days that the operator has listed as closed have brought reports all the same."""
    listed = run.listing.reports if run.listing and calendar.closed else []
    days = (report_day(report.name, report.mtime) for report in listed if report.folder != KEY_MANAGEMENT)
    return calendar.brought_while_closed(Counter(day for day in days if day))


def expiry_warnings(
    run: SyncRun, account: Account, archive: Archive, manifest: Manifest, registered_on: Callable[[], date | None]
) -> list[dict[str, Any]]:
    """Name the warnings that a key is about to expire, and say which are about a key that has been renewed (§6.2)."""
    listed = {
        archive_path(account, report): report
        for report in (run.listing.reports if run.listing else [])
        if report.folder == KEY_MANAGEMENT and matches(report, (EXPIRY_WARNING,))
    }
    held, found = manifest.held(listed), []
    for path, report in sorted(listed.items()):
        day = report_day(report.name, report.mtime)
        where = archive.locate(path) if path in held else None
        answered = is_answered(day, registered_on())
        found.append(
            {"name": report.name, "day": day.isoformat() if day else None, "path": where, "answered": answered}
        )
    return found


def nothing(outcome: str, drill: str = "") -> dict[str, Any]:
    """The result of a run that had no login to make, and why by a word that stays the same."""
    return {
        "changed": False,
        "outcome": outcome,
        "drill": bool(drill),
        "connection": None,
        "downloaded": [],
        "downloaded_count": 0,
        "downloaded_shared": 0,
        "unchanged": 0,
        "held_by_partner": 0,
        "bytes": 0,
        "refused": [],
        "refused_count": 0,
        "absent": [],
        "absent_count": 0,
        **NOTHING_OUTSTANDING,
        "warnings_found": [],
    }
