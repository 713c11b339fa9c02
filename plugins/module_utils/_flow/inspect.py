# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""facility_info: can the facility be reached and trusted? account_info: what is known here, and what is due next?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import door
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility, facility_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import LOGINS, UPLOADS, UPLOADS_A_DAY
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import COMMON, KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import Life, life

_SOON_DAYS = 60  # when a key's end enters next_actions


@dataclass(frozen=True)
class FacilityTools:
    """Reaching one address, judging its host key, and the clock, handed in."""

    exchange_keys: Callable[[Any], Any]
    require_trust: Callable[[Any, datetime], None]
    clock: Callable[[], datetime]


request_from = facility_from  # the shared options are all that both modules take


def facility_info(facility: Facility, tools: FacilityTools, log_in: Callable[[], Any] | None = None) -> dict[str, Any]:
    """Finish the key exchange with every address, and log in where a way to is given.

    Raises the first error where no address can be used at all. A host key that is not pinned yet is told,
    not an error: nothing is authenticated to it.
    """
    found, errors = [], []
    for address in facility.addresses:
        told, error = _look_at(address, tools)
        found.append(told)
        if error is not None:
            errors.append(error)
    unusable = [error for error in errors if error.code != "host_key_unknown"]
    if len(unusable) == len(found):
        raise type(unusable[0])(" ".join(str(error) for error in unusable), unusable[0].hint, addresses=found)
    result: dict[str, Any] = {"changed": False, "addresses": found}
    if log_in is None:
        return result
    asked = door.ask(facility, tools.clock())
    if asked.shut:
        return {**result, **asked.shut}
    with log_in() as session:
        folders = (COMMON, facility.account.customer_code, KEY_MANAGEMENT)
        reports = session.list(folders).reports
    counts = {folder: sum(report.folder == folder for report in reports) for folder in folders}
    return {**result, "connection": session.connection, "folders": counts, "warnings": asked.warnings}


def _look_at(address: Any, tools: FacilityTools) -> tuple[dict[str, Any], DcassError | None]:
    told: dict[str, Any] = {
        "address": str(address),
        "reachable": False,
        "host_key_fingerprint": None,
        "known_hosts_line": None,
        "offered": None,
        "agreed": None,
        "round_trip_ms": None,
        "error_code": None,
        "msg": None,
    }
    error: DcassError | None = None
    try:
        reached = tools.exchange_keys(address)
        with reached:
            told.update(reached.told())
            tools.require_trust(reached, tools.clock())
    except DcassError as problem:
        error = problem
        told.update(
            error_code=error.code,
            msg=str(error),
            **{key: error.facts[key] for key in ("offered",) if key in error.facts},
        )
        told["reachable"] = error.code != "unreachable"
    return told, error


def account_info(
    facility: Facility, files: Any, record: Any, ledger: Any, manifest: Any, now: datetime
) -> dict[str, Any]:
    """Tell all that this workstation knows of the account; no connection, no login."""
    today = now.astimezone(HONG_KONG).date()
    opening = facility.calendar.at(now)
    key, key_life = _key(files, record, today)
    owed = manifest.debts()
    reports = {
        **manifest.summary(),
        "owed": [{"what": debt.what, "day": debt.day.isoformat()} for debt in owed if not debt.lost_on],
        "lost": [
            {"what": debt.what, "day": debt.day.isoformat(), "lost_on": debt.lost_on.isoformat()}
            for debt in owed
            if debt.lost_on
        ],
    }
    logins = _allowance(ledger, LOGINS, facility.login_budget, now)
    return {
        "changed": False,
        "account": facility.account.name,
        "facility": {
            "site": facility.site,
            "open": opening.is_open,
            "changes_at": opening.changes_at.isoformat(),
            "msg": opening.sentence,
        },
        "key": key,
        "logins": logins,
        "uploads": min(
            (_allowance(ledger, limit, limit.reached - 1, now) for limit in (UPLOADS, UPLOADS_A_DAY)),
            key=lambda told: told["left"],
        ),
        "reports": reports,
        "next_actions": _next_actions(facility, key, key_life, reports, today),
        "warnings": [opening.warning] if opening.warning else [],
    }


def _key(files: Any, record: Any, today: date) -> tuple[dict[str, Any], Life | None]:
    public = files.public() if files.exists() else None
    if public is None:
        state = "unreadable" if files.exists() else "absent"
        return {"state": state, "fingerprint": None, "uploaded_on": None, "last_day": None, "days_left": None}, None
    facts = record.known().get(public.fingerprint)
    known = life(facts.made_on, facts.registered_on) if facts else None
    state = "registered" if facts and facts.in_use else "made"
    if known and known.days_left(today) < 0:
        state = "expired"
    return {
        "state": state,
        "fingerprint": public.fingerprint,
        "fingerprint_sha256": public.fingerprint_sha256,
        "made_on": facts.made_on.isoformat() if facts and facts.made_on else None,
        "uploaded_on": facts.registered_on.isoformat() if facts and facts.registered_on else None,
        "last_day": known.last_day.isoformat() if known else None,
        "last_day_counted_from": known.basis if known else None,
        "days_left": known.days_left(today) if known else None,
    }, known


def _allowance(ledger: Any, limit: Any, budget: int, now: datetime) -> dict[str, Any]:
    left = ledger.allowance(limit, budget, now)
    return {
        "used": left.used,
        "left": left.left,
        "retry_at": left.retry_at.isoformat(timespec="seconds") if left.retry_at else None,
    }


def _next_actions(
    facility: Facility, key: dict[str, Any], key_life: Life | None, reports: dict[str, Any], today: date
) -> list[str]:
    account, actions = facility.account, []
    if key["state"] == "absent":
        actions.append(f"Make the key of {account}: playbook dcass.sftp.rollout.")
    elif key["state"] == "unreadable":
        actions.append(f"Mend the public key file of {account}: playbook dcass.sftp.rollout.")
    elif key["state"] == "made":
        actions.append(
            f"Register the key of {account} with the exchange: playbook dcass.sftp.register, then Client Connect."
        )
    if key_life is None and key["state"] in ("made", "registered"):
        actions.append(
            f"Tell account_key when the key of {account} was registered (registered_on): its last day is not known."
        )
    elif key_life and key_life.days_left(today) < 0:
        actions.append(f"Register {account} anew: its key expired on {key_life.last_day} (§5).")
    elif key_life and key_life.days_left(today) <= _SOON_DAYS:
        actions.append(
            f"Renew the key of {account}: its last day is {key_life.last_day}, in {key_life.days_left(today)} days."
        )
    if reports["last_sync"] is None and key["state"] == "registered":
        actions.append(f"Fetch the reports of {account}: playbook dcass.sftp.sync_reports.")
    if reports["owed"]:
        actions.append(f"Look into {len(reports['owed'])} reports that are owed, before they leave the facility.")
    return actions
