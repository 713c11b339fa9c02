# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our modules are asked with, by the variables of a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import options as known
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import about
from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import (
    partner_index,
    partner_of,
    sync_turn,
    takes,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import Variables, texts

_VARIABLE = {option.name: variable for variable, option in known.VARIABLES.items()}
_OF_ONE = (known.SITE.name, known.RENEW_BEFORE.name)  # which are worked out, or are not for all
_STATE = [option.name for option in known.OF_STATE if option.name not in _OF_ONE]
_FACILITY = [option.name for option in known.OF_FACILITY if option.name in _VARIABLE]
_SYNC = [option.name for option in known.OF_SYNC if option.name in _VARIABLE]
_DAYS = ("closed_days", "open_days", "holidays")
_FILES = ("metrics_file", "events_file")


def of_state(its: Variables) -> dict[str, Any]:
    """Return what all modules are asked with that read the state of an account."""
    days = {name: texts(its[_VARIABLE[name]]) for name in _DAYS}
    return {"site": about(its)["site"], **_named(its, _STATE), **days}


def of_facility(its: Variables) -> dict[str, Any]:
    """Return what all modules are asked with that talk to the facility."""
    asked, addresses = of_state(its), its["dcass_addresses"]
    return {
        **asked,
        **_named(its, _FACILITY),
        **_given(its, _FILES, "dcass_"),
        **_passphrase(its),
        "addresses": _at(addresses, asked["site"]),
        "source_address": its["dcass_workstation_address"],
        "known_hosts": f"{its['dcass_config_dir']}/known_hosts",
        "run_by": of_run(its)["run_by"],
    }


def at_site(its: Variables, asked: Mapping[str, Any], site: str) -> dict[str, Any]:
    """Return what a module is asked with, for a workstation that is at another site than was presumed."""
    there = {"site": site, "addresses": _at(its["dcass_addresses"], site)}
    return {**asked, **{name: value for name, value in there.items() if name in asked}}


def of_run(its: Variables) -> dict[str, str]:
    """Return who has started the run, for the record: ``run_by``, and of it who has ``approved``."""
    job = its.get("awx_job_id") or its.get("tower_job_id")
    whom = its.get("awx_user_name") or its.get("awx_schedule_name") or "its schedule"
    user, second = its["dcass_run_by_user"], its["dcass_approved_by"]
    approved = f", approved by {second}" if second else ""
    return {"run_by": (f"job {job} of {whom}" if job else user) + approved, "approved": approved}


def of_sync(its: Variables) -> dict[str, Any]:
    """Return what report_sync is asked with in its turn."""
    here, partner = about(its), partner_of(its, its.get("hostvars"))
    turn, index = sync_turn(its, partner), partner_index(its, partner)
    return {
        **of_facility(its),
        **_named(its, _SYNC),
        **_given(its, ["folders"], "dcass_report_"),
        **_given(its, ["handover_dir"], "dcass_"),
        "account": here["account"],
        "dest": its["dcass_report_dir"],
        "renew_before": its["dcass_renew_before"],
        known.BUSY.name: its["dcass_busy"],
        **({"partner_index": index["known"]} if "known" in index else {}),
        "standby": turn["stands_by"],
        "return_index": turn["partner_is_up"] and not here["is_second"],
    }


def of_turn(its: Variables) -> dict[str, bool]:
    """Return whether a workstation takes its ``standby``, ``first`` or ``second`` turn."""
    partner = partner_of(its, its.get("hostvars"))
    return {turn: takes(its, partner, turn) for turn in ("standby", "first", "second")}


OPTIONS = {"state": of_state, "facility": of_facility, "sync": of_sync, "turn": of_turn, "run": of_run}


def _at(addresses: Any, site: str) -> Any:
    return addresses[site] if isinstance(addresses, Mapping) else addresses


def _named(its: Variables, names: list[str]) -> dict[str, Any]:
    return {name: its[_VARIABLE[name]] for name in names}


def _given(its: Variables, names: Any, prefix: str) -> dict[str, Any]:
    """Return those that have a value."""
    values = {name: its[prefix + name] for name in names}
    return {name: value for name, value in values.items() if value}


def _passphrase(its: Variables) -> dict[str, Any]:
    """Return it where there is one, or where an inventory meant to have one, which then is refused."""
    files = ("dcass_passphrase_file", "dcass_passphrases_file")
    is_wanted = its["dcass_passphrase"] != "" or any(its[name] for name in files)
    return {"passphrase": its["dcass_passphrase_given"]} if is_wanted else {}
