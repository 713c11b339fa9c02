# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync with adopt_from: what people fetched by hand comes into the archive, against the listing (§4.1)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow import sync_result as result
from ansible_collections.dcass.sftp.plugins.module_utils._flow.completeness import held_of
from ansible_collections.dcass.sftp.plugins.module_utils._flow.leaving_out import leave_out
from ansible_collections.dcass.sftp.plugins.module_utils._flow.recording import Recording
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import ByHand, SyncPorts
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import SyncRequest, SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules import opening_hours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.by_hand import (
    HELD,
    NOT_LISTED,
    NOT_WANTED,
    LeftOut,
    Lying,
    why_not,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError, FolderRefused, as_ours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Fetched, Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import note
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    Fetch,
    Listed,
    archive_path,
    batches,
    plan_downloads,
)

_SCOPE = "adopt"  # of such a run, in the record of runs
_HELD = "The archive holds it."
_HELD_OTHERWISE = "The archive holds the report that the facility lists, with another content than this file's."


@dataclass
class _Adoption:
    """What lies there, by its path in the archive, and what of it is left out."""

    lying: dict[str, Lying] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave(self, path: str, found: LeftOut) -> None:
        """Leave out what was looked at."""
        del self.lying[path]
        self.left_out.append(found)


def adopt_reports(request: SyncRequest, ports: SyncPorts, by_hand: ByHand, plan_only: bool) -> dict[str, Any]:
    """Look, list, compare, take in; with ``plan_only`` all but the last. No login where nothing is to be compared.

    What the archive can't take fails the run at its end, as in a sync.
    """
    if not by_hand.is_there():
        return _to_result(_Adoption(), SyncRun(request.settings.account, ports.clock(), {}), ports, "no_folder")
    run, adoption = SyncRun(request.settings.account, ports.clock(), {}), _look(request, ports, by_hand)
    ports.afterwards.planned = run.planned
    if not adoption.lying:
        return _to_result(adoption, run, ports, "nothing_to_adopt")
    hours = opening_hours.check_hours(request.settings, run.began)
    if hours.skip_result:
        return {**_to_result(adoption, run, ports, "closed"), **hours.skip_result}
    ports.archive.require_usable()
    if not plan_only:
        ports.archive.sweep()
    try:
        with ports.log_in() as session:
            run.connection = session.connection
            run.listing = session.list(request.policy.folders)
        trouble = _take_in(request, ports, by_hand, run, adoption, plan_only)
        if trouble:
            raise trouble
    except Exception as raised:
        error = as_ours(raised)
        error.facts.update(_to_result(adoption, run, ports))
        with suppress(Exception):  # where it is the state that fails, the first error tells more
            _take_off(ports, run, plan_only)
        if error is raised:
            raise
        raise error from raised
    _take_off(ports, run, plan_only)
    done = _to_result(adoption, run, ports, "adopted")
    if not plan_only:
        ports.manifest.finish(_SCOPE, run.began, ports.clock(), run.brought.reports, run.brought.bytes, None)
    return {**done, "warnings": hours.warnings}


def _look(request: SyncRequest, ports: SyncPorts, by_hand: ByHand) -> _Adoption:
    """See what lies there, and leave out what the archive holds with the same content."""
    adoption, account = _Adoption(), request.settings.account
    for found in by_hand.look(request.policy.folders):
        if isinstance(found, LeftOut):
            adoption.left_out.append(found)
        else:
            if request.adopt_by:
                found = found._replace(origin=found.origin._replace(who=request.adopt_by))
            adoption.lying[archive_path(account, Listed(found.folder, found.name, found.size, None))] = found
    held = ports.manifest.held(adoption.lying)
    absent = ports.archive.absent(held.values())
    for path, mine in held.items():
        lying = adoption.lying[path]
        if path not in absent and mine.size == lying.size and mine.sha256 == by_hand.sha256(lying):
            adoption.leave(path, LeftOut(lying.path, HELD, _HELD))
    return adoption


def _take_in(
    request: SyncRequest, ports: SyncPorts, by_hand: ByHand, run: SyncRun, adoption: _Adoption, plan_only: bool
) -> DcassError | None:
    """Compare with the listing and take in what is listed; return why the run is to fail at its end, if so."""
    listing = run.listing or Listing()
    _compare(request, run, listing, adoption)
    _plan(request, ports, run, listing, adoption)
    trouble = leave_out(ports.archive, ports.manifest, run, may_write=not plan_only) if run.todo else None
    for (folder, name), (code, reason) in run.reasons.items():
        path = archive_path(request.settings.account, Listed(folder, name, 0, None))
        adoption.leave(path, LeftOut(adoption.lying[path].path, code, reason))
    if plan_only:
        run.keep_plan()
    elif run.todo:
        _copy(ports, by_hand, run, adoption)
    folders = [entry for entry in listing.refused if entry.error_code == FolderRefused.code]
    return trouble or (FolderRefused(folders[0].reason) if folders else None)


def _compare(request: SyncRequest, run: SyncRun, listing: Listing, adoption: _Adoption) -> None:
    """Leave out what is not the report that the facility lists, or is not to be in the archive."""
    account, policy = request.settings.account, request.policy
    listed = {path: report for report in listing.reports if (path := archive_path(account, report)) in adoption.lying}
    unseen = run.unseen(policy.folders, adoption.lying)
    for path, lying in list(adoption.lying.items()):
        report = listed.get(path)
        found = why_not(lying, report)
        if report is None and path in unseen:
            found = LeftOut(lying.path, NOT_LISTED, "What the facility lists there is refused, or could not be listed.")
        elif report is not None and found is None and not policy.wants(report):
            found = LeftOut(lying.path, NOT_WANTED, "The globs of the inventory leave it out.")
        if found:
            adoption.leave(path, found)
    listing.reports = [listed[path] for path in adoption.lying]


def _plan(request: SyncRequest, ports: SyncPorts, run: SyncRun, listing: Listing, adoption: _Adoption) -> None:
    """Plan what the archive does not hold as it is listed, as a sync does; what it holds so is left out."""
    policy = replace(request.policy, scope="all")
    for batch in batches(request.settings.account, listing.reports):
        held = ports.manifest.held(batch)
        plan_downloads(run.todo, batch, held, ports.archive.absent(held.values()), {}, policy)
    planned = set(run.todo.paths())
    for path, lying in list(adoption.lying.items()):
        if path not in planned:
            adoption.leave(path, LeftOut(lying.path, HELD, _HELD_OTHERWISE))


def _copy(ports: SyncPorts, by_hand: ByHand, run: SyncRun, adoption: _Adoption) -> None:
    """Take in the plan, the way of a report that is fetched: hidden, whole, synced, named, recorded."""
    ports.tally.expect(len(run.todo), run.todo.size)
    with Recording(ports.archive, ports.manifest, ports.clock, run.keep) as recording:
        for item in run.todo.fetches():
            origin = adoption.lying[item.path].origin
            done = _copied(ports, by_hand, item._replace(origin=origin), adoption)
            if done:
                ports.tally.end(done)
                recording.add(done)


def _copied(ports: SyncPorts, by_hand: ByHand, item: Fetch, adoption: _Adoption) -> Fetched | None:
    """Copy one file into a part; None where it has changed meanwhile, or can't be read after all."""
    part = ports.archive.begin(item.path, item.report.mtime, keep_earlier=not item.repair)
    ports.tally.begin(item, part)
    try:
        trouble = by_hand.copy(adoption.lying[item.path], part)
    except BaseException:
        part.abort()
        raise
    if trouble is None:
        return Fetched(item, part, part.size)
    part.abort()
    adoption.leave(item.path, trouble)
    return None


def _take_off(ports: SyncPorts, run: SyncRun, plan_only: bool) -> None:
    """Take what is here now off the record of what is outstanding; the next sync looks at the rest."""
    if run.brought.reports and not plan_only:
        outstanding = ports.manifest.outstanding()
        held = held_of(outstanding, run, ports.archive, ports.manifest)
        ports.manifest.record_outstanding(note(outstanding, [], held))


def _to_result(adoption: _Adoption, run: SyncRun, ports: SyncPorts, outcome: str = "") -> dict[str, Any]:
    """What such a run tells: nothing was downloaded, whatever was adopted. One that has failed has no outcome."""
    done = result.done(run, ports.archive)
    adopted = [
        {**result.entry_of(kept, ports.archive), "origin": origin.path, "who": origin.who}
        for kept in run.brought.first()
        for origin in [adoption.lying[kept.item.path].origin]
    ]
    facts = {
        **result.nothing(outcome),
        "changed": done["changed"],
        "connection": run.connection,
        "bytes": done["bytes"],
        "adopted": adopted,
        "adopted_count": run.brought.reports,
        "left_out": [left._asdict() for left in sorted(adoption.left_out)],
        "diff": result.difference(run),
    }
    if not outcome:
        del facts["outcome"]
    return facts
