# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch of site: a transaction over the two workstations of a participant, both or neither (§2.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Unreachable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import SITES
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import has_failed, sentence
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import is_true

ABSENT = "it does not take part, or could not be asked."
ONE_LIST = "its dcass_addresses are those of one site alone: write them by site, primary and secondary."
_UNTRIED = "The site could not be tried."

Vars = Mapping[str, Any]


@dataclass(frozen=True)
class Order:
    """What the operator has said, and what is missing from it."""

    missing: list[str]
    who: str = ""
    why: str = ""
    line: str = ""  # of the record


@dataclass(frozen=True)
class Switch:
    """How the pair's switch stands: what is in its way, and which of the two could not record it."""

    obstacles: list[str]
    unwritten: list[str]
    why_unwritten: str


def order(to: Any, why: Any, who: Any, confirmed: Any, at: str) -> Order:
    """Judge the operator's own words; whoever reads the record later sees them on one line."""
    reason = " ".join(str(why).split()) if isinstance(why, (str, int, float)) else ""
    name = " ".join(str(who or "").split())
    wanted = {
        "dcass_switch_to, primary or secondary": to in SITES,
        "dcass_switch_why, the reason": reason,
        "dcass_switch_who, your name": name,
        "dcass_switch_confirmed=true": is_true(confirmed),
    }
    missing = [what for what, given in wanted.items() if not given]
    if missing:
        return Order(missing)
    return Order([], name, reason, f"{to} {at} {json.dumps({'who': name, 'why': reason})}")


def switch(variables: Mapping[str, Vars], pair: Sequence[str]) -> Switch:
    """See how far the two are, by the facts and results of roles/dcass/tasks/switch.yml that are there by now."""
    found = {host: _obstacle(variables[host]) for host in pair}
    written = {host: variables[host].get("dcass_switch_written") or {} for host in pair}
    unwritten = [host for host in pair if has_failed(written[host])]
    return Switch(
        obstacles=[f"{host}: {obstacle}" for host, obstacle in found.items() if obstacle],
        unwritten=unwritten,
        why_unwritten=sentence(written[unwritten[0]]) if unwritten else "",
    )


def _obstacle(its: Vars) -> str | None:
    """Why a workstation can't go to the other site; None where it is there already, nothing where it can.

    Of two addresses one may be down. None may show a host key that is not pinned: it would stop the first login there.
    """
    if "dcass_switch_due" not in its:
        return ABSENT
    if not its["dcass_switch_due"]:
        return None
    if its["dcass_switch_blind"]:
        return ONE_LIST
    trial = its.get("dcass_switch_trial") or {}
    if "addresses" not in trial:
        return sentence(trial) if trial.get("msg") else _UNTRIED
    bearable = (None,) if "error_code" in trial else (None, Unreachable.code)
    return " ".join(str(one["msg"]) for one in trial["addresses"] if one["error_code"] not in bearable)
