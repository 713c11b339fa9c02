# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a status keeps of a workstation, for the page and all that follows from it (§4.1, §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import about, failure_line, has_failed
from ansible_collections.dcass.sftp.plugins.plugin_utils._hosts import as_hosts
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory import is_participant
from ansible_collections.dcass.sftp.plugins.plugin_utils._site_record import site_record
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_fail import of_rows

Vars = Mapping[str, Any]
Groups = Mapping[str, Sequence[str]]
_KNOWN = "status_known"  # the result of account_info, as the role registers it
_PROOF = "key"  # what account_info returns of an account that it could read
_TASK = "Ask what is known of the account"


def status_row(its: Vars, host: str, groups: Groups) -> dict[str, Any]:
    """Return the row of a workstation, as its role has registered what it said; one that has said nothing has no more.

    It is what Row takes: ``known`` is the result of account_info, ``failure`` why there is none.
    """
    participant = next((name for name, hosts in groups.items() if is_participant(name) and host in hosts), "")
    here, known = about(its, _KNOWN), its.get(_KNOWN)
    found = here.get("blocked") or known or {}
    task = str(found.get("task") or _TASK)
    return {
        "participant": participant,
        "account": str(here.get("account") or its.get("dcass_account") or ""),
        **({"site": str(its.get("dcass_site"))} if its.get("dcass_site") else {}),
        "is_alone": len(groups.get(participant, ())) == 1,
        "known": known,
        "switch": site_record(str(here.get("stdout", ""))),
        "failure": failure_line(found, "", "", task) if has_failed(found, _PROOF) else "",
        "error_code": found.get("error_code", ""),
    }


def status_hosts(hosts: Sequence[str], hostvars: Mapping[str, Vars], groups: Groups, limit: Any = None) -> list[str]:
    """Return the workstations that end red, as a play's hosts: others then cost nothing.

    Hosts that this status was not for, and those that are no workstations, were not asked, and are none of them. A
    ``limit`` that the play itself has goes before the inventory's.
    """
    asked = {host: its for host in hosts if _was_asked(its := hostvars[host])}
    return as_hosts(host for host, its in asked.items() if _is_red(its, host, groups, limit))


def _was_asked(its: Vars) -> bool:
    return its.get(_KNOWN) is not None or bool(about(its).get("blocked"))


def _is_red(its: Vars, host: str, groups: Groups, limit: Any) -> bool:
    row = status_row(its, host, groups)
    is_unwritten = bool(its.get("status_unwritten")) and its.get("status_written_by") == host
    of_its_own = its.get("dcass_status_fail", "")
    return bool(row["failure"] or is_unwritten or of_rows(row, of_its_own if limit is None else limit, host))
