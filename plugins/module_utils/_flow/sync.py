# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync: bring every report home exactly once, with one login."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow import owing
from ansible_collections.dcass.sftp.plugins.module_utils._flow import sync_result as result
from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import copies_from, holds, known_of_partner
from ansible_collections.dcass.sftp.plugins.module_utils._flow.recording import Kept, Recording, Run
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Archive, Manifest, Session
from ansible_collections.dcass.sftp.plugins.module_utils._rules import door
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_ODD
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AttributesMissing,
    BadInput,
    DcassError,
    FolderRefused,
    NothingReadable,
    SizeDiffers,
    SizeImpossible,
    UnsafeRemoteName,
    as_ours,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility, facility_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import COMMON, KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import safe_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import PROGRESS, WINDOW, absolute_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import (
    Fetched,
    Listing,
    Part,
    Refusal,
    Unreadable,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import Tally
from ansible_collections.dcass.sftp.plugins.module_utils._rules.refusals import too_much_refused
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import RECENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    SHORT,
    Copy,
    Fetch,
    Listed,
    Policy,
    batches,
    decide,
    matches,
)

__all__ = ["Request", "Session", "Tools", "request_from", "stand_by", "sync"]  # what the module wires


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

    archive: Archive
    manifest: Manifest
    log_in: Callable[[], AbstractContextManager[Session]]
    clock: Callable[[], datetime]
    registered_on: Callable[[], date | None] = lambda: None  # of the key in use: registered or renewed
    tally: Tally = field(default_factory=Tally)


def request_from(options: Mapping[str, Any]) -> Request:
    """Build the request from module options, or raise BadInput."""
    facility = facility_from(options)
    WINDOW.require(options["window"])
    PROGRESS.require(options["progress"])
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
    return {**result.nothing(), "holds": told}


def sync(request: Request, tools: Tools, plan_only: bool) -> dict[str, Any]:
    """List, decide, fetch, record; with ``plan_only`` list and decide (which costs the login, too).

    What the disk can't take fails the run at its end, after everything else has come home.
    """
    facility = request.facility
    run = Run(tools.clock(), known_of_partner(request.partner_holds, tools.manifest, plan_only))
    asked = door.ask(facility, run.began)
    if asked.shut:
        return {**result.nothing(), **asked.shut, **_holds(request, run, tools)}
    tools.archive.require_usable()
    if not plan_only:
        tools.archive.sweep()
    trouble: DcassError | None = None
    try:
        with tools.log_in() as session:
            _look(session, request, tools, run)
            trouble = _leave_out(tools, run, may_write=not plan_only)
            if plan_only:
                run.kept += [Kept(item, item.report.size) for item in run.todo.fetch]
            elif run.todo.fetch:
                _fetch(session, tools, run)
            run.connection = session.connection  # as it has turned out to be
        differing = _differing_sizes(run)
        trouble = _trouble_with_facility(request, run) or trouble or differing
        if trouble:
            raise trouble
    except Exception as raised:
        error = as_ours(raised)
        run.leave_behind()
        _tell(error, request, tools, run, plan_only, ended=error is trouble)
        run.forget()
        if error is raised:
            raise
        raise error from raised
    owed = owing.debts(facility, request.policy, run, tools.archive, tools.manifest, ended=True)
    done = result.done(run, tools.archive)
    if not plan_only:
        tools.manifest.finish(request.policy.scope, run.began, tools.clock(), len(run.kept), done["bytes"], owed)
    return {
        **done,
        **_holds(request, run, tools),
        **owing.told(run, owed),
        "warnings_found": _expiry_warnings(run, facility, tools),
        "warnings": asked.warnings + result.warnings(run),
        "diff": {"before": "", "after": "".join(sorted(f"{kept.item.path}\n" for kept in run.kept))},
    }


def _expiry_warnings(run: Run, facility: Facility, tools: Tools) -> list[dict[str, Any]]:
    return result.expiry_warnings(run, facility.account, tools.archive, tools.manifest, tools.registered_on)


def _tell(error: DcassError, request: Request, tools: Tools, run: Run, plan_only: bool, ended: bool) -> None:
    """Add to an error what the run has done and seen, and what is owed after it; ``ended`` tells that it got so far."""
    facility = request.facility
    error.facts.update(result.done(run, tools.archive))
    with suppress(Exception):  # where it is the state that fails, the first error tells more
        error.facts.update(_holds(request, run, tools))
        if run.listing is not None:
            ended = ended and not isinstance(error, FolderRefused)
            owed = owing.debts(facility, request.policy, run, tools.archive, tools.manifest, ended)
            error.facts.update(owing.told(run, owed))
            error.facts["warnings_found"] = _expiry_warnings(run, facility, tools)
            if not plan_only:
                tools.manifest.owe(owed)
            owed.clear()


def _look(session: Session, request: Request, tools: Tools, run: Run) -> None:
    """List the folders, and decide what to do about each report."""
    account, archive, manifest = request.facility.account, tools.archive, tools.manifest
    run.connection = session.connection
    run.listing = session.list(request.policy.folders)
    for batch in batches(account, run.listing.reports):
        held = manifest.held(batch)
        absent = archive.absent(held.values())
        decide(run.todo, batch, held, absent, run.partner, request.policy)
    reports = {(report.folder, report.name) for report in run.listing.reports} if run.listing.refused else ()
    for entry in {(entry.folder, entry.name): entry for entry in run.listing.refused}.values():
        if (entry.folder, entry.spelled or entry.name) not in reports:  # a name may be listed twice
            _leave_there(entry, request.policy, run)
    run.not_held += run.todo.later
    absent = archive.absent(manifest.recent(request.policy.folders, run.began - RECENT))
    absent -= run.listed(account, absent) | run.unseen(account, request.policy.folders, absent)
    run.absent += sorted(absent)


def _leave_out(tools: Tools, run: Run, may_write: bool) -> DcassError | None:
    """Leave out of the plan what the archive can't take, and return why the run is to fail for it."""
    if not run.todo.fetch:
        return None
    # imported here: most runs find nothing new, and shall not wait for it
    from ansible_collections.dcass.sftp.plugins.module_utils._flow.leaving_out import leave_out

    return leave_out(tools.archive, tools.manifest, run, may_write)


def _leave_there(entry: Refusal, policy: Policy, run: Run) -> None:
    """Take note of what the listing itself refuses, if it is wanted."""
    report = _as_listed(entry)
    as_spelled = replace(report, name=entry.spelled or entry.name)
    is_folder = entry.error_code == FolderRefused.code
    is_wanted = is_folder or (policy.wants(as_spelled) and policy.in_scope(as_spelled))
    if matches(as_spelled, policy.exclude) or not is_wanted:
        return
    if entry.error_code in (AttributesMissing.code, SizeImpossible.code):
        run.leave_there(report, entry.error_code, entry.reason)
    else:
        run.leave_odd(entry)


def _as_listed(entry: Refusal) -> Listed:
    return Listed(entry.folder, entry.name, entry.size or 0, entry.mtime)


def _trouble_with_facility(request: Request, run: Run) -> DcassError | None:
    """Why the run must not end green: a folder that could not be listed, or too much that could not be had."""
    policy, listing = request.policy, run.listing or Listing()
    folders = [entry for entry in run.odd if entry.error_code == FolderRefused.code]
    if folders:
        more = f" So it is with {len(folders) - 1} more." if len(folders) > 1 else ""
        return FolderRefused(folders[0].reason + more)
    wanted = (report for report in listing.reports if policy.wants(report) and policy.in_scope(report))
    odd = [_as_listed(entry) for entry in run.odd if entry.error_code != FolderRefused.code]
    sentences = too_much_refused(wanted, run.left_there, odd, run.today)
    if not sentences:
        return None
    return NothingReadable(f"{' '.join(sentences)} The first: {run.refused[0]['reason']}")


def _differing_sizes(run: Run) -> DcassError | None:
    """Why what came is not known to be whole: the facility lists more, and has handed out the same less twice."""
    short = [kept for kept in run.kept if kept.size < kept.item.report.size]
    for kept in short:
        if kept.item.reason != SHORT:
            run.wait_for(kept.item.report, SizeDiffers.code, f"{kept.size} bytes came of {kept.item.report.size}.")
    if not short:
        return None
    first = short[0]
    more = f", and {len(short) - 1} more are shorter than listed" if len(short) > 1 else ""
    return SizeDiffers(
        f"{first.item.report.name} has {first.size} bytes, read twice, where the facility lists "
        f"{first.item.report.size}{more}."
    )


def _holds(request: Request, run: Run, tools: Tools) -> dict[str, Any]:
    if not request.tell_holds:
        return {}
    return {"holds": holds(request.facility.account, tools.archive, tools.manifest, tools.clock(), run.kept)}


def _fetch(session: Session, tools: Tools, run: Run) -> None:
    """Fetch the plan, and let what arrives be recorded while more does."""
    tools.tally.expect(len(run.todo.fetch), run.todo.size)
    outcomes = session.fetch(run.todo.fetch, _begin(tools))
    with Recording(tools.archive, tools.manifest, tools.clock, run.kept) as recording, closing(outcomes):
        for outcome in outcomes:
            tools.tally.end(outcome)
            if isinstance(outcome, Fetched):
                recording.add(outcome)
            elif isinstance(outcome, Unreadable):
                report = outcome.item.report
                run.leave_there(report, outcome.error_code, f"{report.name} can't be read: {outcome.reason}.")
                _require_some_readable(run)


def _require_some_readable(run: Run) -> None:
    """Ask for no more where more can't be had than any honest facility lists."""
    if len(run.left_there) > MOST_ODD:
        raise NothingReadable(
            f"More than {MOST_ODD} reports can't be had, and no more were asked for. The first: "
            f"{run.refused[0]['reason']}"
        )


def _begin(tools: Tools) -> Callable[[Fetch], Part]:
    archive, tally = tools.archive, tools.tally
    return lambda item: tally.begin(item, archive.begin(item.path, item.report.mtime, keep_earlier=not item.repair))
