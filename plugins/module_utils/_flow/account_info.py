# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_info: what is known here of an account, and what is due next? No connection, no login."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules.account_status import (
    AccountStatus,
    key_validity,
    rebuild_steps,
    relevant_renewal,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar, calendar_from, iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LocalError, StateDamaged, StateNewer
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS, UPLOADS_A_DAY, Limit
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Allowance
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import LOGIN_BUDGET, RENEW_BEFORE, absolute_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import AWAITING_REREGISTRATION, Renewal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import opens_on
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import RECENT, Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts


@dataclass(frozen=True)
class AccountInfoRequest:
    """What the operator wants to know. ``renew_before`` is days; ``dest`` is where results are kept, if anywhere."""

    account: Account
    site: str
    key_dir: str
    state_dir: str
    login_budget: int
    calendar: Calendar
    renew_before: int
    dest: str | None


class KeyFiles(Protocol):
    """The account's keys on disk."""

    def exists(self) -> bool: ...
    def withdrawn(self) -> bool: ...
    def public(self) -> PublicKey | None: ...


class KeyRecord(Protocol):
    """What is known of each key, by its fingerprint."""

    def known(self) -> dict[str, KeyFacts]: ...


class Ledger(Protocol):
    """The logins and uploads that count at the facility."""

    def allowance(self, limit: Limit, budget: int, now: datetime) -> Allowance: ...


class Manifest(Protocol):
    """What is held, outstanding and lost."""

    def summary(self) -> dict[str, Any]: ...
    def outstanding(self) -> list[Outstanding]: ...
    def shorter_than_listed(self, since: datetime) -> list[HeldReport]: ...


class Journal(Protocol):
    """The account's renewals."""

    def latest(self) -> Renewal | None: ...


class RecoveryInfo(Protocol):
    """What can be known where the state can't be read."""

    @property
    def state_path(self) -> str: ...
    def versions(self) -> list[dict[str, Any]]: ...
    def evidence(self) -> list[dict[str, Any]]: ...
    def results(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class AccountRecords:
    """The records of one account, handed in."""

    record: KeyRecord
    ledger: Ledger
    manifest: Manifest
    journal: Journal
    environment: str | None = None  # that all of it belongs to


def account_info_request(options: Mapping[str, Any]) -> AccountInfoRequest:
    """Build the request from module options, or raise BadInput or BadAccount."""
    for option in (LOGIN_BUDGET, RENEW_BEFORE):
        option.require(options[option.name])
    return AccountInfoRequest(
        account=parse_account(options["account"]),
        site=options["site"],
        key_dir=absolute_path("key_dir", options["key_dir"]),
        state_dir=absolute_path("state_dir", options["state_dir"]),
        login_budget=options["login_budget"],
        calendar=calendar_from(options),
        renew_before=options["renew_before"],
        dest=absolute_path("dest", options["dest"]) if options["dest"] else None,
    )


def account_info(
    request: AccountInfoRequest,
    files: KeyFiles,
    open_state: Callable[[], AccountRecords],
    recovery: RecoveryInfo,
    now: datetime,
) -> dict[str, Any]:
    """Tell all that this workstation knows of the account; no connection, no login.

    Where the state can't be read nothing is guessed: the error carries what ``recovery`` tells from elsewhere.
    """
    try:
        return _account_info(request, files, open_state(), now)
    except (StateDamaged, StateNewer) as error:
        error.facts["rebuild"] = _rebuild(recovery, error)
        raise


def _account_info(request: AccountInfoRequest, files: KeyFiles, known: AccountRecords, now: datetime) -> dict[str, Any]:
    today = now.astimezone(HONG_KONG).date()
    opening = request.calendar.at(now)
    key, status = _key(request, files, known, today)
    reports = _reports(known.manifest, now)
    return {
        "changed": False,
        "account": request.account.name,
        "facility": {
            "site": request.site,
            "environment": known.environment,
            "open": opening.is_open,
            "changes_at": opening.changes_at.isoformat(),
            "day": iso(opening.day),
            "day_kind": opening.kind.value,
            "msg": opening.sentence,
        },
        "key": key,
        "logins": _allowance(known.ledger, LOGINS, request.login_budget, now),
        "uploads": min(
            (_allowance(known.ledger, limit, limit.reached - 1, now) for limit in (UPLOADS, UPLOADS_A_DAY)),
            key=lambda found: found["left"],
        ),
        "reports": reports,
        "next_actions": [*status.next_actions(today), *_report_actions(request.account, key, reports)],
        "warnings": [
            *([opening.warning] if opening.warning else []),
            *request.calendar.brought_while_closed(
                {date.fromisoformat(row["day"]): row["reports"] for row in reports["per_day"]}
            ),
        ],
    }


def _key(
    request: AccountInfoRequest, files: KeyFiles, known: AccountRecords, today: date
) -> tuple[dict[str, Any], AccountStatus]:
    public, all_facts = files.public(), known.record.known()
    renewal = relevant_renewal(known.journal.latest(), public.fingerprint if public else None)
    facts = all_facts.get(public.fingerprint) if public else None
    span = key_validity(facts, renewal) if facts else None
    state = _key_state(files, public, facts, all_facts.values(), renewal)
    if span and span.days_left(today) < 0 and state in ("made", "registered"):
        state = "expired"
    opens = opens_on(span, request.renew_before) if span else None
    status = AccountStatus(request.account.name, state, span, renewal, opens)
    return {
        "state": state,
        "fingerprint": public.fingerprint if public else None,
        "fingerprint_sha256": public.fingerprint_sha256 if public else None,
        "made_on": iso(facts.made_on if facts else None),
        "uploaded_on": iso(facts.registered_on if facts else None),
        "last_day": iso(span.last_day if span else None),
        "last_day_counted_from": span.counted_from if span else None,
        "days_left": span.days_left(today) if span else None,
        "renewal": _renewal(renewal, status),
    }, status


def _key_state(
    files: KeyFiles,
    public: PublicKey | None,
    facts: KeyFacts | None,
    all_facts: Iterable[KeyFacts],
    renewal: Renewal | None,
) -> str:
    if files.withdrawn() or (facts and facts.compromised) or (renewal and renewal.state in AWAITING_REREGISTRATION):
        return "withdrawn"
    if not files.exists():
        return "lost" if any(one.is_registered for one in all_facts) else "absent"
    if public is None:
        return "unreadable"
    if facts is None:
        return "unknown"
    return "registered" if facts.is_registered else "made"


def _renewal(renewal: Renewal | None, status: AccountStatus) -> dict[str, Any]:
    """Tell the last renewal; ``state`` and ``uploaded_on`` are also what the pair's other account goes by."""
    return {
        "state": renewal.state.value if renewal else "none",
        "reason": status.renewal_words,
        "opens_on": iso(status.opens_on),
        "began": iso(renewal.began if renewal else None),
        "ended": iso(renewal.ended if renewal else None),
        "uploaded_on": iso(renewal.uploaded_on if renewal else None),
        "old_fingerprint": renewal.old_fingerprint if renewal else None,
        "new_fingerprint": renewal.new_fingerprint if renewal else None,
        "result_name": renewal.result_name if renewal else None,
    }


def _allowance(ledger: Ledger, limit: Limit, budget: int, now: datetime) -> dict[str, Any]:
    left = ledger.allowance(limit, budget, now)
    return {"used": left.used, "left": left.left, "retry_at": iso(left.retry_at)}


def _reports(manifest: Manifest, now: datetime) -> dict[str, Any]:
    outstanding = manifest.outstanding()
    return {
        **manifest.summary(),
        "outstanding": [_outstanding(item) for item in outstanding if not item.lost_on],
        "lost": [{**_outstanding(item), "lost_on": iso(item.lost_on)} for item in outstanding if item.lost_on],
        "shorter_than_listed": [
            {"path": held.path, "size": held.size, "listed_size": held.listed_size, "day": iso(held.day)}
            for held in manifest.shorter_than_listed(now - RECENT)
        ],
    }


def _outstanding(item: Outstanding) -> dict[str, Any]:
    """Tell a report, a pattern or a folder that is outstanding, and why it was left at the facility, if it was."""
    found = {"what": item.what, "day": iso(item.day)}
    return {**found, "error_code": item.error_code, "reason": item.reason} if item.error_code else found


def _report_actions(account: Account, key: dict[str, Any], reports: dict[str, Any]) -> list[str]:
    actions = []
    if reports["last_sync"] is None and key["state"] == "registered":
        actions.append(f"Fetch the reports of {account}: playbook dcass.sftp.sync_reports.")
    if reports["outstanding"]:
        actions.append(
            f"Look into {len(reports['outstanding'])} reports that are outstanding, before they leave the facility."
        )
    if reports["shorter_than_listed"]:
        shorter = len(reports["shorter_than_listed"])
        actions.append(f"Ask the exchange whether {shorter} reports are whole, which came shorter than it lists them.")
    return actions


def _rebuild(recovery: RecoveryInfo, error: LocalError) -> dict[str, Any]:
    found = {"versions": recovery.versions(), "evidence": recovery.evidence(), "results": recovery.results()}
    if isinstance(error, StateNewer):
        return {**found, "steps": [error.hint]}
    return {**found, "steps": rebuild_steps(recovery.state_path, found["evidence"], found["results"])}
