# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync: bring every report home exactly once, with one login."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow import owing
from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import holds, known_of_partner
from ansible_collections.dcass.sftp.plugins.module_utils._flow.recording import Kept, Recording, Run
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_request import Request, Tools
from ansible_collections.dcass.sftp.plugins.module_utils._rules import door
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    DcassError,
    DiskFull,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import RECENT, report_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    EXPIRY_WARNING,
    KEY_MANAGEMENT,
    Fetch,
    archive_path,
    batches,
    decide,
    matches,
)

_TRIES = 3  # for a report that changes while it is read
_ABSENT = "It is gone, or has another size, and the facility does not list it any more."
_MOST_WARNINGS = 20  # of a kind; the result names all


def stand_by(request: Request, tools: Tools, plan_only: bool) -> dict[str, Any]:
    """Take note of what the partner holds and tell what is held here, without a login."""
    known_of_partner(request.partner_holds, tools.manifest, plan_only)
    told = holds(request.facility.account, tools.archive, tools.manifest, tools.clock())
    return {**_nothing(), "holds": told}


def sync(request: Request, tools: Tools, plan_only: bool) -> dict[str, Any]:
    """List, decide, fetch, record; with ``plan_only`` list and decide (which costs the login, too).

    What the disk can't take fails the run at its end, after everything else has come home.
    """
    facility = request.facility
    run = Run(tools.clock(), known_of_partner(request.partner_holds, tools.manifest, plan_only))
    asked = door.ask(facility, run.began)
    if asked.shut:
        return {**_nothing(), **asked.shut, **_holds(request, run, tools)}
    tools.archive.require_usable()
    if not plan_only:
        tools.archive.sweep()
    try:
        with tools.log_in() as session:
            _look(session, request, tools, run)
            trouble = _leave_out(tools.archive, run)
            if plan_only:
                run.kept += [Kept(item, None) for item in run.todo.fetch]
            else:
                _fetch(session, request.window, tools, run)
        if trouble:
            raise trouble
    except DcassError as error:
        run.leave_behind()
        error.facts.update(_done(run, tools.archive))
        with suppress(DcassError):  # where it is the state that fails, the first error tells more
            error.facts.update(_holds(request, run, tools))
            if run.listing is not None:
                owed = owing.debts(facility, request.policy, run, tools.manifest)
                error.facts.update(owing.told(run, owed))
                if not plan_only:
                    tools.manifest.owe(owed)
        raise
    owed = owing.debts(facility, request.policy, run, tools.manifest)
    done = _done(run, tools.archive)
    if not plan_only:
        tools.manifest.finish(request.policy.scope, run.began, tools.clock(), len(run.kept), done["bytes"], owed)
    return {
        **done,
        **_holds(request, run, tools),
        **owing.told(run, owed),
        "connection": session.connection,
        "warnings_found": _expiry_warnings(facility, run, tools),
        "warnings": asked.warnings + _warnings(run),
        "diff": {"before": "", "after": "".join(sorted(f"{kept.item.path}\n" for kept in run.kept))},
    }


def _look(session: Any, request: Request, tools: Tools, run: Run) -> None:
    """List the folders, and decide what to do about each report."""
    account, archive, manifest = request.facility.account, tools.archive, tools.manifest
    run.listing = session.list(request.policy.folders)
    for batch in batches(account, run.listing.reports):
        held = manifest.held(batch)
        absent = archive.absent(held.values())
        decide(run.todo, batch, held, absent, run.partner, request.policy)
    run.refused += [dict(vars(refusal)) for refusal in run.listing.refused]
    run.not_held += run.todo.later
    absent = archive.absent(manifest.recent(request.policy.folders, run.began - RECENT))
    listed = {archive_path(account, report) for report in run.listing.reports} if absent else absent
    run.absent += sorted(absent - listed)


def _leave_out(archive: Any, run: Run) -> DcassError | None:
    """Leave out of the plan what the disk can't take, and return why the run is to fail for it."""
    trouble: DcassError | None = None
    for item in run.todo.leave_out(archive.in_the_way([item.path for item in run.todo.fetch])):
        place = archive.locate(item.path)
        trouble = ArchiveDamaged(
            f"{place} should be a report in a folder, and it or a folder above it is something else."
        )
        run.refuse(item, trouble.code, str(trouble))
    size, room = run.todo.size, archive.room()
    left_out = run.todo.leave_out(run.todo.too_much_for(room))
    if left_out:
        sizes = [item.report.size for item in left_out]
        trouble = DiskFull(
            f"{archive.dest} has room for {room >> 20} MiB; {size >> 20} MiB were to be fetched. "
            f"Left out: {len(left_out)} reports, the largest of {max(sizes) >> 20} MiB."
        )
    for item in left_out:
        run.refuse(item, DiskFull.code, f"{item.report.name} does not fit on the disk.")
    return trouble


def _holds(request: Request, run: Run, tools: Tools) -> dict[str, Any]:
    if not request.tell_holds:
        return {}
    return {"holds": holds(request.facility.account, tools.archive, tools.manifest, tools.clock(), run.kept)}


def _fetch(session: Any, window: int, tools: Tools, run: Run) -> None:
    """Fetch the plan; a report that changed meanwhile is fetched again as it is now, a few times."""
    tools.tally.expect(len(run.todo.fetch), run.todo.size)
    items = run.todo.fetch
    for _try in range(_TRIES):
        if items:
            items = _fetch_once(session, items, window, tools, run)
    for item in items:
        run.refuse(item, "still_changing", f"{item.report.name} changed each of the {_TRIES} times it was read.")


def _fetch_once(session: Any, items: Iterable[Fetch], window: int, tools: Tools, run: Run) -> list[Fetch]:
    again: list[Fetch] = []
    outcomes = session.fetch(items, window, _begin(tools))
    with Recording(tools.archive, tools.manifest, tools.clock, run.kept) as recording, closing(outcomes):
        for outcome in outcomes:
            tools.tally.end(outcome)
            item = outcome.item
            if isinstance(outcome, Fetched):
                recording.add(outcome)
            elif isinstance(outcome, Changed):
                again.append(item._replace(report=outcome.now, reason="changed while it was read"))
            else:
                run.refuse(item, "not_readable", f"{item.report.name} can't be read: {outcome.reason}.")
    return again


def _begin(tools: Tools) -> Callable[[Fetch], Any]:
    archive, tally = tools.archive, tools.tally
    return lambda item: tally.begin(item, archive.begin(item.path, item.report.mtime, keep_earlier=not item.repair))


def _done(run: Run, archive: Any) -> dict[str, Any]:
    """What a result tells of the run itself."""
    return {
        "changed": bool(run.kept),
        "downloaded": [
            {
                "name": kept.item.report.name,
                "folder": kept.item.report.folder,
                "size": kept.item.report.size,
                "sha256": kept.sha256,
                "path": archive.locate(kept.item.path),
                "reason": kept.item.reason,
            }
            for kept in sorted(run.kept, key=lambda kept: kept.item.path)
        ],
        "bytes": sum(kept.item.report.size for kept in run.kept),
        "unchanged": run.todo.unchanged,
        "held_by_partner": run.todo.held_by_partner,
        "refused": run.refused,
        "absent": [{"path": path, "reason": _ABSENT} for path in run.absent],
    }


def _warnings(run: Run) -> list[str]:
    refused = [f"{entry['folder']}: {entry['reason']}" for entry in run.refused[:_MOST_WARNINGS]]
    return refused + [f"{path}: {_ABSENT} Restore it from a backup." for path in run.absent[:_MOST_WARNINGS]]


def _expiry_warnings(facility: Facility, run: Run, tools: Tools) -> list[dict[str, Any]]:
    """Name the warnings that a key is about to expire (§6.2)."""
    warnings = {
        archive_path(facility.account, report): report
        for report in (run.listing.reports if run.listing else [])
        if report.folder == KEY_MANAGEMENT and matches(report, (EXPIRY_WARNING,))
    }
    held, found = tools.manifest.held(warnings), []
    for path, report in sorted(warnings.items()):
        day = report_day(report.name, report.mtime)
        where = tools.archive.locate(path) if path in held else None
        found.append({"name": report.name, "day": day.isoformat() if day else None, "path": where})
    return found


def _nothing() -> dict[str, Any]:
    return {
        "changed": False,
        "connection": None,
        "downloaded": [],
        "unchanged": 0,
        "held_by_partner": 0,
        "bytes": 0,
        "refused": [],
        "absent": [],
        "missing": [],
        "expiring": [],
        "lost": [],
        "warnings_found": [],
    }
