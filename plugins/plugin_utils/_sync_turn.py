# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The turns of a pair in one sync: who fetches, who stands by, what one is told of the other, who has failed (§4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import (
    Vars,
    about,
    blocked_by,
    failure_line,
    has_failed,
    is_unreachable,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils._hosts import as_hosts

_PROOF = "downloaded"  # what report_sync returns of a run that went well
# what the role registers, in its order, what a result has that went well, and the name of the task
RESULTS = {
    "report_sync_standby": (_PROOF, "Ask the standby what it holds, without a login"),
    "report_sync_first": (_PROOF, "Fetch what is new"),
    "report_sync_second": (_PROOF, "Fetch what is still outstanding"),
}


def sync_hosts(hostvars: Mapping[str, Vars], which: str) -> list[str]:
    """Return the workstations that take a turn now, or ``failed`` ones, as a play's hosts: others then cost nothing."""
    its = {host: variables for host in hostvars if _takes_part(variables := hostvars[host])}
    pairs = [(host, its[host], partner_of(its[host], its)) for host in its]
    if which == "failed":
        return as_hosts(host for host, own, partner in pairs if sync_failure(own, partner, host))
    return as_hosts(host for host, own, partner in pairs if takes(own, partner, which))


def takes(its: Vars, partner: Vars, turn: str) -> bool:
    """Say whether a workstation takes its ``standby``, ``first`` or ``second`` turn, as far as the play has come.

    The standby is asked what it holds, and fetches once it has told, unless there is nothing left for it.
    """
    here = _about(its)
    if not here.get("may_run") or here["is_second"] != (turn != "first"):
        return False
    if turn == "second":
        held = its.get("report_sync_standby") or {}
        return (not held or _PROOF in held or bool(held.get("skipped"))) and not sync_turn(its, partner)["is_idle"]
    return turn == "first" or (bool(here["python"]) and sync_turn(its, partner)["partner_is_up"])


def sync_turn(its: Vars, partner: Vars) -> dict[str, bool]:
    """Say how a workstation takes its turn, by its variables and its partner's.

    One that is alone has no partner, and no variables of one.

    ``partner_is_up``: there is somebody to share with. ``stands_by``: the second account only takes note of what the
    first one has fetched, since intraday reports are the first one's, or since another run is at work there, which
    brings them. ``is_idle``: and there is nothing to note.
    """
    shared, first = _about(its)["shares"], partner.get("report_sync_first") or {}
    is_up = bool(shared and _about(partner).get("may_run")) and not _fell_out(partner)
    has_polled = is_up and bool(first) and not has_failed(first, _PROOF)
    brings = is_busy(first) or (shared == "intraday" and has_polled)
    stands_by = bool(_about(its)["is_second"] and shared and brings)
    return {"partner_is_up": is_up, "stands_by": stands_by, "is_idle": stands_by and not first.get("changed")}


def partner_of(its: Vars, hostvars: Mapping[str, Vars]) -> Vars:
    """Return the variables of its partner; none of one that it has not, or that is not there."""
    other = _about(its).get("partner")
    there = hostvars[other] if other and other in hostvars else {}
    return there if _takes_part(there) else {}


def _about(its: Vars) -> Mapping[str, Any]:
    """What is known of a workstation, as far as its turns have come."""
    return about(its, *RESULTS)


def _takes_part(its: Vars) -> bool:
    """Whether this sync has asked it: what another play of the same run has asked is none of its turns."""
    return bool(its.get("report_sync_began")) and "account" in _about(its)


def partner_index(its: Vars, partner: Vars) -> dict[str, Any]:
    """Return as ``known`` what the partner holds, as it has told in this play; a failed run tells as well.

    Nothing where it has told nothing: then what is remembered of it counts. A standby that has fetched nothing of late
    holds nothing.
    """
    here = _about(its)
    if not here["shares"]:
        return {"known": []}
    result = partner.get("report_sync_first" if here["is_second"] else "report_sync_standby") or {}
    if "index" in result:
        return {"known": result["index"]}
    return {"known": []} if not here["is_second"] and _about(partner).get("has_recent") is False else {}


def sync_result(its: Vars, partner: Vars) -> Mapping[str, Any]:
    """Return what report_sync has returned, or would have, where the facility was closed to all of it.

    Nothing of a standby that has nothing to do.
    """
    here = _about(its)
    if here.get("closed") or not here["is_second"]:
        return here.get("closed") or _returned(its, "report_sync_first")
    return {} if sync_turn(its, partner)["is_idle"] else _returned(its, "report_sync_second")


def _returned(its: Vars, name: str) -> Mapping[str, Any]:
    result = its.get(name) or {}
    return {} if blocked_by(result) else result


def is_busy(result: Mapping[str, Any]) -> bool:
    """Say whether another run was at work there, be it that this one has failed for it or has left the work to it."""
    return Busy.code in (result.get("error_code"), result.get("outcome"))


def sync_failure(its: Vars, partner: Vars, host: str) -> str:
    """Return the line of a workstation whose sync has failed, or was not begun; nothing where all went well."""
    account, blocked = _about(its)["account"], _about(its)["blocked"]
    if blocked:
        return failure_line(blocked, host, account)
    results = {name: its.get(name) or {} for name in RESULTS}
    for name, (proof, task) in RESULTS.items():
        if has_failed(results[name], proof):
            return failure_line(results[name], host, account, task)
    if _fell_out(its):
        broken = (its.get("ansible_failed_task") or {}).get("name", "")
        return failure_line(its.get("ansible_failed_result") or {}, host, account, broken)
    turn = "second" if _about(its)["is_second"] else "first"
    if takes(its, partner, turn) and not results[f"report_sync_{turn}"]:  # it was left out, and nobody would know
        return failure_line({}, host, account, RESULTS[f"report_sync_{turn}"][1])
    return ""


def _fell_out(its: Vars) -> bool:
    """Whether a workstation could not take its turn, or not to the end."""
    gone = is_unreachable(its.get("report_sync_standby") or {})
    return bool(gone or _about(its).get("blocked") or its.get("report_sync_broken"))
