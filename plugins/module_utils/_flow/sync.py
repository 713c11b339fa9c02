# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync: bring every report home exactly once, with one login."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import copies_from, holds, known_of_partner
from ansible_collections.dcass.sftp.plugins.module_utils._flow.recording import Kept, Recording
from ansible_collections.dcass.sftp.plugins.module_utils._rules import door
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, DcassError, UnsafeRemoteName
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility, facility_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import safe_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import absolute_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched, Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import Tally
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
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    COMMON,
    EXPIRY_WARNING,
    KEY_MANAGEMENT,
    Copy,
    Fetch,
    Listed,
    Plan,
    Policy,
    archive_path,
    batches,
    decide,
    matches,
)

_TRIES = 3  # for a report that changes while it is read
_MOST_WINDOW = 1024


@dataclass(frozen=True)
class Request:
    """What the operator asks for: which facility, where the archive lies, what it shall hold.

    ``partner_holds`` is what the other workstation of the pair has told, None where it was not heard.
    """

    facility: Facility
    policy: Policy
    dest: str
    window: int
    partner_holds: list[Copy] | None
    stand_by: bool
    tell_holds: bool


@dataclass(frozen=True)
class Tools:
    """What the run works with, handed in: the archive on disk, the manifest, a login, the clock; what it counts."""

    archive: Any
    manifest: Any
    log_in: Callable[[], AbstractContextManager[Any]]
    clock: Callable[[], datetime]
    tally: Tally = field(default_factory=Tally)


@dataclass
class _Run:
    """What has come of a run so far."""

    kept: list[Kept] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    not_held: list[Listed] = field(default_factory=list)


def request_from(options: Mapping[str, Any]) -> Request:
    """Build the request from module options, or raise BadInput."""
    facility = facility_from(options)
    if not 1 <= options["window"] <= _MOST_WINDOW:
        raise BadInput(f"window is {options['window']}: it must be 1 to {_MOST_WINDOW} requests.")
    folders = options["folders"] or [COMMON, facility.account.customer_code, KEY_MANAGEMENT]
    if any("" in options[name] for name in ("include", "exclude", "intraday", "expected")):
        raise BadInput("include, exclude, intraday and expected: an empty glob matches nothing.")
    policy = Policy(
        folders=tuple(_folder(folder) for folder in folders),
        include=tuple(options["include"]),
        exclude=tuple(options["exclude"]),
        intraday=tuple(options["intraday"]),
        scope=options["scope"],
        expected=tuple(options["expected"]),
    )
    given = options["partner_holds"]
    return Request(
        facility,
        policy,
        absolute_path("dest", options["dest"]),
        options["window"],
        partner_holds=None if given is None else copies_from(given, facility.account),
        stand_by=options["stand_by"],
        tell_holds=options["tell_holds"],
    )


def _folder(text: str) -> str:
    try:
        return safe_name(text.strip("/").encode("utf-8", "surrogateescape"))
    except UnsafeRemoteName:
        raise BadInput(f"folders: '{text}' is not the name of one folder of the facility.") from None


def stand_by(request: Request, tools: Tools, plan_only: bool) -> dict[str, Any]:
    """Take note of what the partner holds and tell what is held here, without a login."""
    known_of_partner(request.partner_holds, tools.manifest, plan_only)
    told = holds(request.facility.account, tools.archive, tools.manifest, tools.clock())
    return {**_nothing(), "holds": told}


def sync(request: Request, tools: Tools, plan_only: bool) -> dict[str, Any]:
    """List, decide, fetch, record; with ``plan_only`` list and decide (which costs the login, too)."""
    facility, policy = request.facility, request.policy
    began = tools.clock()
    partner = known_of_partner(request.partner_holds, tools.manifest, plan_only)
    asked = door.ask(facility, began)
    run = _Run()
    if asked.shut:
        return {**_nothing(), **asked.shut, **_holds(request, run, tools)}
    tools.archive.require_usable()
    listing, todo = None, Plan()
    try:
        with tools.log_in() as session:
            listing, todo = _look(session, request, partner, tools)
            run.refused += [dict(vars(refusal)) for refusal in listing.refused]
            run.not_held += todo.later
            tools.archive.require_room(todo.size)
            if plan_only:
                run.kept += [Kept(item, None) for item in todo.fetch]
            else:
                _fetch(session, todo, request.window, tools, run)
    except DcassError as error:
        error.facts.update(changed=bool(run.kept), **_downloads(run, tools))
        with suppress(DcassError):  # where it is the state that fails, the first error tells more
            error.facts.update(_holds(request, run, tools))
            if listing is not None:
                run.not_held += _left_behind(facility, todo, run)
                debts = _debts(facility, policy, listing, partner, run, tools)
                error.facts.update(_owing(run, debts, operating_day(began)))
                if not plan_only:
                    tools.manifest.owe(debts)
        raise
    debts = _debts(facility, policy, listing, partner, run, tools)
    if not plan_only:
        size = sum(kept.item.report.size for kept in run.kept)
        tools.manifest.finish(policy.scope, began, tools.clock(), len(run.kept), size, debts)
    return {
        "changed": bool(run.kept),
        "connection": session.connection,
        **_downloads(run, tools),
        **_holds(request, run, tools),
        "unchanged": todo.unchanged,
        "held_by_partner": todo.held_by_partner,
        "refused": run.refused,
        **_owing(run, debts, operating_day(began)),
        "warnings_found": _expiry_warnings(facility, listing, tools),
        "warnings": asked.warnings + [f"{entry['folder']}: {entry['reason']}" for entry in run.refused[:20]],
        "diff": {"before": "", "after": "".join(sorted(f"{kept.item.path}\n" for kept in run.kept))},
    }


def _look(session: Any, request: Request, partner: Mapping[str, Copy], tools: Tools) -> tuple[Listing, Plan]:
    listing, todo = session.list(request.policy.folders), Plan()
    for batch in batches(request.facility.account, listing.reports):
        held = tools.manifest.held(batch)
        absent = tools.archive.absent({path: report.size for path, report in held.items()})
        decide(todo, batch, held, absent, partner, request.policy)
    return listing, todo


def _holds(request: Request, run: _Run, tools: Tools) -> dict[str, Any]:
    if not request.tell_holds:
        return {}
    return {"holds": holds(request.facility.account, tools.archive, tools.manifest, tools.clock(), run.kept)}


def _fetch(session: Any, todo: Plan, window: int, tools: Tools, run: _Run) -> None:
    """Fetch the plan; a report that changed meanwhile is fetched again as it is now, a few times."""
    tools.archive.sweep()
    tools.tally.expect(len(todo.fetch), todo.size)
    items = todo.fetch
    for _try in range(_TRIES):
        if items:
            items = _fetch_once(session, items, window, tools, run)
    for item in items:
        _refuse(run, item, "still_changing", f"{item.report.name} changed each of the {_TRIES} times it was read.")


def _fetch_once(session: Any, items: Iterable[Fetch], window: int, tools: Tools, run: _Run) -> list[Fetch]:
    again: list[Fetch] = []
    outcomes = session.fetch(items, window, _begin(tools))
    with Recording(tools.archive, tools.manifest, tools.clock, run.kept) as recording, closing(outcomes):
        for outcome in outcomes:
            tools.tally.end(outcome)
            if isinstance(outcome, Fetched):
                recording.add(outcome)
            elif isinstance(outcome, Changed):
                again.append(outcome.item._replace(report=outcome.now, reason="changed while it was read"))
            else:
                _refuse(
                    run, outcome.item, "not_readable", f"{outcome.item.report.name} can't be read: {outcome.reason}."
                )
    return again


def _begin(tools: Tools) -> Callable[[Fetch], Any]:
    archive, tally = tools.archive, tools.tally
    return lambda item: tally.begin(item, archive.begin(item.path, item.report.mtime, keep_earlier=not item.repair))


def _refuse(run: _Run, item: Fetch, code: str, reason: str) -> None:
    run.refused.append({"folder": item.report.folder, "name": item.report.name, "error_code": code, "reason": reason})
    run.not_held.append(item.report)


def _left_behind(facility: Facility, todo: Plan, run: _Run) -> list[Listed]:
    """What a run that failed was to fetch, and has neither fetched nor refused: it is owed, and may be lost one day."""
    done = {kept.item.path for kept in run.kept}
    done.update(archive_path(facility.account, report) for report in run.not_held)
    return [item.report for item in todo.fetch if item.path not in done]


def _debts(
    facility: Facility, policy: Policy, listing: Listing, partner: Mapping[str, Copy], run: _Run, tools: Tools
) -> list[Debt]:
    """Work out what is owed after this run. A run for the intraday reports alone leaves the record as it is."""
    recorded: list[Debt] = tools.manifest.debts()
    if policy.scope != "all":
        return recorded
    account, today = facility.account, operating_day(tools.clock())
    looked = _looked(tools, today)
    days = facility.calendar.trading_days(looked - timedelta(days=KEPT_DAYS), today - timedelta(days=1))
    owed = expected_debts(policy.expected, _brought(policy, partner, run, tools, days), days, recorded)
    owed = still_asked(owed, recorded, looked, today)
    for report in run.not_held:
        owed.append(Debt("report", archive_path(account, report), report_day(report.name, report.mtime) or today))
    asked = {debt.what for debt in recorded if debt.kind == "report"}
    listed = asked and {path for path in (archive_path(account, report) for report in listing.reports) if path in asked}
    held = {*tools.manifest.held(asked), *partner, *(kept.item.path for kept in run.kept)}
    return settle(recorded, owed, listed, held, today)


def _brought(
    policy: Policy, partner: Mapping[str, Copy], run: _Run, tools: Tools, days: Sequence[date]
) -> Iterator[tuple[str, date]]:
    """Yield FOLDER/NAME and day of what the pair has, as far as those days are concerned."""
    if not (policy.expected and days):
        return
    yield from tools.manifest.brought(policy.folders, days[0])
    for report in (kept.item.report for kept in run.kept):  # in a plan they are not on record
        day = report_day(report.name, report.mtime)
        if day:
            yield f"{report.folder}/{report.name}", day
    for copy in partner.values():
        folder, _slash, name = copy.path.partition("/")
        day = report_day(name, copy.mtime)
        if day and folder in policy.folders:
            yield copy.path, day


def _looked(tools: Tools, today: date) -> date:
    """The day of the last full run, today where there was none: ten days before it is the first day to ask about."""
    last = tools.manifest.last_full_sync()
    return min(today, operating_day(last)) if last else today


def _downloads(run: _Run, tools: Tools) -> dict[str, Any]:
    return {
        "downloaded": [
            {
                "name": kept.item.report.name,
                "folder": kept.item.report.folder,
                "size": kept.item.report.size,
                "sha256": kept.sha256,
                "path": tools.archive.locate(kept.item.path),
                "reason": kept.item.reason,
            }
            for kept in sorted(run.kept, key=lambda kept: kept.item.path)
        ],
        "bytes": sum(kept.item.report.size for kept in run.kept),
    }


def _owing(run: _Run, debts: list[Debt], today: date) -> dict[str, Any]:
    expiring = [
        {"folder": report.folder, "name": report.name, "days_left": (last_fetch_day(report.mtime) - today).days}
        for report in run.not_held
        if report.mtime is not None and last_fetch_day(report.mtime) - today <= timedelta(days=EXPIRING_DAYS)
    ]
    recent = today - timedelta(days=SHOWN_DAYS)
    return {
        "missing": [
            {"expected": debt.what, "day": debt.day.isoformat()}
            for debt in debts
            if debt.kind == "expected" and not debt.lost_on
        ],
        "expiring": sorted(expiring, key=lambda entry: (entry["days_left"], entry["name"])),
        "lost": [
            {"what": debt.what, "day": debt.day.isoformat(), "lost_on": debt.lost_on.isoformat()}
            for debt in debts
            if debt.lost_on and debt.lost_on >= recent
        ],
    }


def _expiry_warnings(facility: Facility, listing: Listing, tools: Tools) -> list[dict[str, Any]]:
    """Name the warnings that a key is about to expire (§6.2)."""
    warnings = {
        archive_path(facility.account, report): report
        for report in listing.reports
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
        "missing": [],
        "expiring": [],
        "lost": [],
        "warnings_found": [],
    }
