# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a run that has come to its end must not end green."""

from __future__ import annotations

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_listing import as_listed
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import SyncRequest, SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    DcassError,
    FolderRefused,
    NothingReadable,
    SizeDiffers,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.refusals import too_much_refused


def trouble_with_facility(request: SyncRequest, run: SyncRun) -> DcassError | None:
    """Why the run must not end green: a folder that could not be listed, or too much that could not be had."""
    policy, listing = request.policy, run.listing or Listing()
    folders = [entry for entry in run.odd if entry.error_code == FolderRefused.code]
    if folders:
        more = f" So it is with {len(folders) - 1} more." if len(folders) > 1 else ""
        return FolderRefused(folders[0].reason + more)
    wanted = (report for report in listing.reports if policy.wants(report) and policy.in_scope(report))
    odd = [as_listed(entry) for entry in run.odd if entry.error_code != FolderRefused.code]
    sentences = too_much_refused(wanted, run.left_there, odd, run.today)
    if not sentences:
        return None
    return NothingReadable(f"{' '.join(sentences)} The first: {run.refused[0]['reason']}")


def differing_sizes(run: SyncRun) -> DcassError | None:
    """Why what came is not known to be whole: the facility lists more, and has handed out the same less twice."""
    first, shorter = run.brought.first_shorter, run.brought.shorter
    if first is None:
        return None
    more = f", and {shorter - 1} more are shorter than listed" if shorter > 1 else ""
    return SizeDiffers(
        f"{first.item.report.name} has {first.size} bytes, read twice, where the facility lists "
        f"{first.item.report.size}{more}."
    )
