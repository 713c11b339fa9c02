# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a fleet's renewals go on: a failure is kept apart, many at once are not theirs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.plugin_utils._events import Section
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import about, has_failed, is_unreachable
from ansible_collections.dcass.sftp.plugins.plugin_utils._hosts import as_hosts
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import MAX_FAIL

_VARIABLE = f"dcass_{MAX_FAIL.name}"
_PROOF = "key"  # what account_info has told of one that could be asked


def renewal_hosts(hostvars: Mapping[str, Mapping[str, Any]], turn: str) -> list[str]:
    """Return the workstations that have the ``first`` turn or the ``second``, as a play's hosts: who could be asked."""
    return as_hosts(_hosts_of(hostvars, turn))


def renewals_stopped(hostvars: Mapping[str, Mapping[str, Any]]) -> str:
    """Return why nothing more is begun: more than so many in a hundred of a turn have failed, and more than one.

    A workstation that is unreachable has no renewal that failed. How many may is asked of those that have a turn: of
    all others the inventory may be wrong.
    """
    for turn in (_hosts_of(hostvars, name) for name in ("first", "second")):
        failed = [host for host in turn if _has_failed(hostvars[host].get("key_renewal_result") or {})]
        may = min((int(hostvars[host].get(_VARIABLE, MAX_FAIL.default)) for host in turn), default=0)
        if len(failed) > max(1, len(turn) * may // 100):
            return (
                f"{len(failed)} of the {len(turn)} renewals of this turn have failed ({', '.join(failed)}), "
                "so nothing more is begun."
            )
    return ""


def idle_lines(hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    """Return a line for each participant whose renewals had nothing to do; an account that had says it itself."""
    idle: dict[str, list[tuple[str, str, str]]] = {}
    for host in hosts:
        its = hostvars[host]
        result = its.get("key_renewal_result") or {}
        if result.get("outcome") == "not_due" and not result.get("destroyed"):
            account = str(about(its)["account"])
            idle.setdefault(account[:4], []).append((host, account, str(result["reason"])))
    return [Section(its[0][0], [_idle(its)]) for its in idle.values()]


def _idle(its: Sequence[tuple[str, str, str]]) -> str:
    """The accounts with their reasons; those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for _host, account, reason in its:
        reasons.setdefault(reason, []).append(account)
    return "; ".join(f"{' and '.join(accounts)}: {reason}" for reason, accounts in reasons.items()) + "."


def _hosts_of(hostvars: Mapping[str, Mapping[str, Any]], turn: str) -> list[str]:
    asked = (host for host in hostvars if _PROOF in (hostvars[host].get("key_renewal_known") or {}))
    return [host for host in asked if bool(about(hostvars[host]).get("is_second")) == (turn == "second")]


def _has_failed(result: Mapping[str, Any]) -> bool:
    return has_failed(result, "state") and not is_unreachable(result)
