# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The turns of a pair in one sync: who fetches, who stands by, what one is told of the other, who has failed (§4.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import (
    about,
    failure_line,
    has_failed,
    is_unreachable,
)

Vars = Mapping[str, Any]
_PROOF = "downloaded"  # what report_sync returns of a run that went well
# what the role registers, in its order, what a result has that went well, and the name of the task
RESULTS = {
    "report_sync_standby": (_PROOF, "Ask the standby what it holds, without a login"),
    "report_sync_first": (_PROOF, "Fetch what is new"),
    "report_sync_second": (_PROOF, "Fetch what is still outstanding"),
}


def sync_turn(partner: Vars, is_second: bool, play_hosts: Collection[str], shared: str) -> dict[str, bool]:
    """Say how a workstation takes its turn, by the variables of its partner, and by what one fetches for both.

    One that is alone has no partner, and no variables of one.

    ``partner_is_up``: there is somebody to share with. ``stands_by``: the second account only takes note of what the
    first one has fetched, since intraday reports are the first one's, or since another run is at work there, which
    brings them. ``is_idle``: and there is nothing to note.
    """
    first = partner.get("report_sync_first") or {}
    is_up = bool(shared) and partner.get("inventory_hostname") in play_hosts and not _fell_out(partner)
    brings = is_busy(first) or (shared == "intraday" and is_up and not has_failed(first, _PROOF))
    stands_by = is_second and bool(shared) and brings
    return {"partner_is_up": is_up, "stands_by": stands_by, "is_idle": stands_by and not first.get("changed")}


def partner_index(partner: Vars, is_second: bool, shared: str) -> dict[str, Any]:
    """Return as ``known`` what the partner holds, as it has told in this play; a failed run tells as well.

    Nothing where it has told nothing: then what is remembered of it counts. A standby that was not asked, since it has
    fetched nothing of late, holds nothing.
    """
    if not shared:
        return {"known": []}
    result = partner.get("report_sync_first" if is_second else "report_sync_standby") or {}
    if "index" in result:
        return {"known": result["index"]}
    asked = about(partner)
    return {"known": []} if not is_second and asked.get("rc") == 0 and not asked["has_recent"] else {}


def sync_result(its: Vars, turn: str) -> Vars:
    """Return what report_sync has returned in a turn, or would have, where the facility was closed to all of it."""
    return about(its).get("closed") or its.get(turn) or {}


def is_busy(result: Vars) -> bool:
    """Say whether another run was at work there, be it that this one has failed for it or has left the work to it."""
    return Busy.code in (result.get("error_code"), result.get("outcome"))


def has_sync_failed(its: Vars) -> bool:
    """Say whether a workstation's sync has failed, or was not begun."""
    return _fell_out(its) or any(has_failed(its.get(name) or {}, proof) for name, (proof, _task) in RESULTS.items())


def sync_failure(its: Vars, host: str) -> str:
    """Return the line of a workstation whose sync has failed, or was not begun; nothing where all went well."""
    account, blocked = about(its)["account"], about(its)["blocked"]
    if blocked:
        return failure_line(blocked, host, account)
    for name, (proof, task) in RESULTS.items():
        result = its.get(name) or {}
        if has_failed(result, proof):
            return failure_line(result, host, account, task)
    if _fell_out(its):
        broken = (its.get("ansible_failed_task") or {}).get("name", "")
        return failure_line(its.get("ansible_failed_result") or {}, host, account, broken)
    return ""


def _fell_out(its: Vars) -> bool:
    """Whether a workstation could not take its turn, or not to the end."""
    gone = is_unreachable(its.get("report_sync_standby") or {})
    return bool(gone or about(its).get("blocked") or its.get("report_sync_broken"))
