# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two workstations of a participant know of each other, so that the pair fetches each report once (§4.2).

They never talk: what one holds is told by its run, carried by the play, and remembered by the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Archive, Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import SyncRequest, SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, UnsafeRemoteName
from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import shown
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, safe_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import RECENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    MOST_BYTES,
    Copy,
    HeldReport,
    shared_folders,
)

_LAST_SECOND = 2**32


def copies_from(entries: Iterable[Mapping[str, Any]], account: Account, drill: str = "") -> list[Copy]:
    """Return what ``partner_index`` tells, or raise BadInput: it comes from another machine.

    In a drill it must be that ``drill``'s, as its paths tell; else never: neither shall pass for the other.
    """
    copies = {}
    for entry in entries:
        path = _shared_path(_below(entry["path"], drill), account)
        size, mtime = entry["size"], entry["mtime"]
        if path in copies:
            raise BadInput(f"partner_index names {path} twice.")
        if not 0 <= size <= MOST_BYTES:
            raise BadInput(f"partner_index: {path} can't have {size} bytes.")
        if mtime is not None and not 0 <= mtime < _LAST_SECOND:
            raise BadInput(f"partner_index: {path} can't be of {mtime}, which are to be Unix seconds.")
        copies[path] = Copy(path, size, mtime)
    return list(copies.values())


def _below(path: str, drill: str) -> str:
    """A path of the index below the folder of a drill, where there is one."""
    if not drill:
        return path
    folder, _slash, below = path.partition("/")
    if folder != drill:
        raise BadInput(f"partner_index: {path!a} is not below {drill}: it tells of no report of this drill.")
    return below


def _shared_path(path: str, account: Account) -> str:
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadInput(f"partner_index: {path!a} is no report's path: it holds half a character.") from None
    folder, *below = raw.split(b"/")
    try:
        if below and folder.decode("ascii", "replace") in shared_folders(account):
            return "/".join([folder.decode(), *map(safe_name, below)])
    except UnsafeRemoteName as unsafe:
        raise BadInput(f"partner_index: {shown(raw)} is no report's path. {unsafe}") from None
    folders = " or ".join(shared_folders(account))
    raise BadInput(f"partner_index: {shown(raw)} is not below {folders}, the folders that the pair shares.")


def known_of_partner(given: list[Copy] | None, manifest: Manifest, plan_only: bool) -> dict[str, Copy]:
    """Return what the partner holds, by path: what the play tells, which is remembered, else what is remembered."""
    if given is None:
        return manifest.partner_index()
    if not plan_only:
        manifest.remember_partner(given)
    return {copy.path: copy for copy in given}


def index_of(
    request: SyncRequest, archive: Archive, manifest: Manifest, now: datetime, run: SyncRun | None = None
) -> list[dict[str, Any]]:
    """Tell what this workstation holds of the shared folders' last two weeks, and what a run has brought of before.

    In check mode that is what it would hold; in a drill what the drill has brought, by paths that say so.
    """
    folders, within = shared_folders(request.settings.account), f"{request.drill}/" if request.drill else ""
    index: dict[str, dict[str, Any]] = {}
    for report in manifest.recent(folders, now - RECENT, run.began if run else None):
        if not archive.absent([report]):
            index[report.path] = _entry(within, report)
    for kept in run.planned() if run else ():
        if kept.item.report.folder in folders:
            index[kept.item.path] = _entry(within, kept.held())
    return [index[path] for path in sorted(index)]


def _entry(within: str, report: HeldReport) -> dict[str, Any]:
    copy = report.as_listed()
    return {"path": within + copy.path, "size": copy.size, "mtime": copy.mtime}
