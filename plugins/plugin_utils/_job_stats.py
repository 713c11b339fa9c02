# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves in the artifacts of a job (set_stats): for each account, and how much it is in all.

Artifacts become variables of the jobs that follow in a workflow, and Ansible would work out a template in them. What a
facility names and says stands in them, so no text begins one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import (
    about,
    blocked_by,
    failure_line,
    has_failed,
    lost_line,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_row import status_row
from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import (
    RESULTS,
    is_busy,
    partner_of,
    sync_failure,
)

Vars = Mapping[str, Any]
Found = Mapping[str, Any]  # a name of the artifacts → what one account has for it
NAMES = {
    "sync": ("dcass_next_actions", "dcass_missing", "dcass_expiring", "dcass_lost"),
    "renewals": ("dcass_next_actions", "dcass_renewals"),
    "verify": ("dcass_next_actions",),
    "failures": ("dcass_next_actions",),
    "status": ("dcass_next_actions", "dcass_missing", "dcass_expiring", "dcass_lost", "dcass_renewals"),
}
_ACTIONS = "dcass_next_actions"
_WHOLE_RUN = "all"  # in the place of an account
_MOST = 100  # entries of one account; the total counts all
_TEMPLATE = re.compile(r"\{(?=[{%#])")
_QUIET = ("none", "done", "abandoned")  # renewals that ask for nothing
_GLOB = set("*?[")


def job_stats(
    hosts: Collection[str],
    hostvars: Mapping[str, Vars],
    what: str,
    there: Collection[str] | None = None,
    refused: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what ``sync``, ``renewals``, ``verify`` or ``status`` leaves, from what its role has registered.

    ``failures`` is what all other playbooks leave; ``there`` are the hosts that are still in the play, ``refused`` the
    lines of a run that was refused as a whole.
    """
    if refused:
        return {_ACTIONS: _in_all({_WHOLE_RUN: list(refused)})}
    found = {host: _FINDERS[what](hostvars, host) for host in hosts}
    if there is not None:
        found.update({host: {_ACTIONS: [lost_line(hostvars[host], host)]} for host in hosts if host not in there})
    accounts = {host: _account(hostvars[host]) or host for host in hosts}
    return {
        name: _in_all({accounts[host]: its[name] for host, its in found.items() if its.get(name)})
        for name in NAMES[what]
    }


def _in_all(found: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What both workstations of a participant miss is one report, and counts once."""
    different = {(account[:4], json.dumps(entry, sort_keys=True)) for account, its in found.items() for entry in its}
    return {
        "total": len(different),
        "accounts": {account: plain(its[:_MOST]) for account, its in sorted(found.items())},
    }


def plain(value: Any) -> Any:
    """Return a value with each text on one line, and none of them the beginning of a template."""
    if isinstance(value, str):
        return _TEMPLATE.sub("{ ", foreign.line(str(value)))
    if isinstance(value, Mapping):
        return {plain(name): plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _of_sync(hostvars: Mapping[str, Vars], host: str) -> Found:
    its = hostvars[host]
    results = [its.get(name) or {} for name in RESULTS]
    last: Vars = next((result for result in reversed(results) if "missing" in result), {})
    failure = sync_failure(its, partner_of(its, hostvars), host) if "account" in about(its) else lost_line(its, host)
    said = [failure] if failure else [str(last.get("msg"))] if is_busy(last) else []
    return {"dcass_next_actions": said, **{f"dcass_{kind}": last.get(kind) for kind in ("missing", "expiring", "lost")}}


def _of_renewal(hostvars: Mapping[str, Vars], host: str) -> Found:
    its = hostvars[host]
    result = its.get("key_renewal_result") or {}
    result = blocked_by(result) or result
    failed = its.get("ansible_failed_result") or {} if its.get("dcass_has_failed") else {}
    task = (its.get("ansible_failed_task") or {}).get("name", "")
    word = result.get("error_code") or result.get("outcome") or ""
    entry = {
        "state": "failed" if has_failed(result, "state") else result.get("state"),
        "outcome": word,
        "reason": result.get("reason") or result.get("msg"),
        "last_day": result.get("last_day"),
    }
    return {
        "dcass_next_actions": [failure_line(failed, host, _account(its), task)] if failed else [],
        "dcass_renewals": [entry] if result and word != "not_due" else [],
    }


def _of_failures(hostvars: Mapping[str, Vars], host: str) -> Found:
    its = hostvars[host]
    failed = its.get("dcass_wrong") or (its.get("ansible_failed_result") if its.get("dcass_has_failed") else None)
    task = (its.get("ansible_failed_task") or {}).get("name", "")
    return {_ACTIONS: [failure_line(failed, host, _account(its), task)] if failed else []}


def _of_verify(hostvars: Mapping[str, Vars], host: str) -> Found:
    its = hostvars[host]
    row = its.get("proof_row")
    if row is None:
        return {"dcass_next_actions": [lost_line(its, host)]}
    return {"dcass_next_actions": [f"{host} {row['account']}: {row['failure']}"] if row["failure"] else []}


def _of_status(hostvars: Mapping[str, Vars], host: str) -> Found:
    its = hostvars[host]
    row = status_row(its, host, {})
    known, failure = row["known"] or {}, row["failure"]
    if failure or "key" not in known:
        return {"dcass_next_actions": [f"{host} {_account(its)}: {failure}"] if failure else [lost_line(its, host)]}
    outstanding = known["reports"]["outstanding"]
    expected = [item for item in outstanding if "/" not in item["what"] or _GLOB & set(item["what"])]
    key, renewal = known["key"], known["key"]["renewal"]
    is_due = renewal["state"] not in _QUIET or (renewal["opens_on"] or "9") <= known["facility"]["day"]
    entry = {
        "state": renewal["state"],
        "reason": renewal["reason"],
        **{day: key[day] for day in ("last_day", "days_left")},
    }
    return {
        "dcass_next_actions": known["next_actions"],
        "dcass_missing": expected,
        "dcass_expiring": [item for item in outstanding if item not in expected],
        "dcass_lost": known["reports"]["lost"],
        "dcass_renewals": [entry] if is_due else [],
    }


def _account(its: Vars) -> str:
    return str(about(its).get("account") or its.get("dcass_account") or "")


_FINDERS = {
    "sync": _of_sync,
    "renewals": _of_renewal,
    "verify": _of_verify,
    "status": _of_status,
    "failures": _of_failures,
}
