# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the facility lists, and what a run is to do about each report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Manifest, Session, SyncPorts
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import SyncRequest, SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AttributesMissing,
    FolderRefused,
    SizeImpossible,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing, Refusal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import RECENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    Listed,
    Policy,
    batches,
    matches,
    plan_downloads,
    same,
)

_TOGETHER = 10_000  # that the disk lacks: each time all that is listed is gone through


def look(session: Session, request: SyncRequest, ports: SyncPorts, run: SyncRun) -> None:
    """List the folders, and decide what to do about each report."""
    account, archive, manifest = request.settings.account, ports.archive, ports.manifest
    run.connection = session.connection
    run.listing = session.list(request.policy.folders)
    for batch in batches(account, run.listing.reports):
        if request.drill:
            _leave_to_archive(batch, manifest, run)
        held = manifest.held(batch)
        absent = archive.absent(held.values())
        plan_downloads(run.todo, batch, held, absent, run.partner, request.policy)
    for entry in _refused(run.listing):
        _leave_there(entry, request.policy, run)
    if run.todo and not request.drill:
        for day, copy in manifest.drilled():
            run.drilled.setdefault(copy.path, []).append((day, copy))
    run.not_held += run.todo.later
    recent = manifest.recent(request.policy.folders, run.began - RECENT)
    gone = (report.path for report in recent if archive.absent([report]))
    while some := set(islice(gone, _TOGETHER)):
        run.absent += sorted(some - run.listed(some) - run.unseen(request.policy.folders, some))


def _refused(listing: Listing) -> Iterator[Refusal]:
    """Yield what the listing refuses, each once; what is listed as a report, too, is none of it."""
    refused = {(entry.folder, entry.name): entry for entry in listing.refused}.values()
    names = {(entry.folder, entry.spelled or entry.name) for entry in refused}
    listed = names.intersection((report.folder, report.name) for report in listing.reports) if names else ()
    yield from (entry for entry in refused if (entry.folder, entry.spelled or entry.name) not in listed)


def _leave_to_archive(batch: dict[str, Listed], manifest: Manifest, run: SyncRun) -> None:
    """Take out of a drill's batch what the pair holds already: no drill is a reason to fetch it once more (§4.1)."""
    for copy in list(manifest.held_outside(batch)):
        if copy.path in batch and same(copy, batch[copy.path]):
            del batch[copy.path]
            run.todo.unchanged += 1


def _leave_there(entry: Refusal, policy: Policy, run: SyncRun) -> None:
    """Take note of what the listing itself refuses, if it is wanted."""
    report = as_listed(entry)
    as_spelled = replace(report, name=entry.spelled or entry.name)
    is_folder = entry.error_code == FolderRefused.code
    is_wanted = is_folder or (policy.wants(as_spelled) and policy.in_scope(as_spelled))
    if matches(as_spelled, policy.exclude) or not is_wanted:
        return
    if entry.error_code in (AttributesMissing.code, SizeImpossible.code):
        run.leave_there(report, entry.error_code, entry.reason)
    else:
        run.leave_odd(entry)


def as_listed(entry: Refusal) -> Listed:
    """Return what the listing refuses as if it were listed, with what is known of it."""
    return Listed(entry.folder, entry.name, entry.size or 0, entry.mtime)
