# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What key_renewal returns: of a renewal that is over or under way, or of the current key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_evidence import ends
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadInput,
    Busy,
    DcassError,
    KeyExpired,
    LocalError,
    RenewalRejected,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import decode_text
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, Validity, last_day, validity


@dataclass(frozen=True)
class Ending:
    """How a run ends: the state of the key, what came of the run as a word that stays the same, and why in words."""

    state: str
    outcome: str | None
    reason: str
    more: Mapping[str, Any] = field(default_factory=dict)


def to_result(run: RenewalRun, ending: Ending) -> dict[str, Any]:
    """Return what a run that ended well says."""
    result = {**_common(run, ending.state, ending.reason), "outcome": ending.outcome}
    key = {"before": result["old_fingerprint"], "after": result["new_fingerprint"] or result["old_fingerprint"]}
    diff = {side: f"{run.account}: {fingerprint}\n" for side, fingerprint in key.items()}
    return {**result, "diff": diff, **ending.more}


def nothing_decided(reason: str) -> dict[str, Any]:
    """Return what a run says that looked at nothing, since another one holds the account."""
    unknown = ("old_fingerprint", "new_fingerprint", "uploaded_on", "last_day", "old_key_last_day")
    return {
        **dict.fromkeys((*unknown, "result_file", "result")),
        **_run(False, "unknown", reason.rstrip("."), None),
        "outcome": Busy.code,
        "msg": reason,
    }


def failed(run: RenewalRun, error: DcassError) -> dict[str, Any]:
    """Return what a run that failed says beside its error."""
    return _common(run, _state_after(run, error), str(error))


def _common(run: RenewalRun, state: str, reason: str) -> dict[str, Any]:
    about = _of_current_key if _is_about_current_key(run, state) else _of_renewal
    return {**_run(run.changed, state, reason, run.connection), **about(run, state)}


def _run(changed: bool, state: str, reason: str, connection: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "changed": changed,
        "state": state,
        "reason": reason,
        "connection": connection,
        "resumed": False,
        "destroyed": [],
        "plan": None,
    }


def _is_about_current_key(run: RenewalRun, state: str) -> bool:
    return run.ports.journal.latest() is None or (state in ("current", "expired") and not run.changed)


def _of_current_key(run: RenewalRun, _state: str) -> dict[str, Any]:
    public = run.ports.files.public()
    facts, validity = facts_of(run, public), validity_of(run, public)
    return {
        "old_fingerprint": public.fingerprint if public else None,
        "new_fingerprint": None,
        "uploaded_on": iso(facts.registered_on if facts else None),
        "last_day": iso(validity.last_day if validity else None),
        "old_key_last_day": None,
        "result_file": None,
        "result": None,
    }


def _of_renewal(run: RenewalRun, state: str) -> dict[str, Any]:
    renewal = run.ports.journal.latest()
    if renewal is None:
        return {}
    uploaded_on = renewal.uploaded_on
    has_days = uploaded_on is not None and state != "rejected"
    return {
        "old_fingerprint": renewal.old_fingerprint,
        "new_fingerprint": renewal.new_fingerprint,
        "uploaded_on": iso(uploaded_on),
        "last_day": iso(last_day(uploaded_on)) if uploaded_on and has_days else None,
        "old_key_last_day": iso(ends(run, renewal)) if has_days else None,
        "result_file": renewal.result_name,
        "result": decode_text(renewal.result) if renewal.result is not None else None,
    }


def _state_after(run: RenewalRun, error: DcassError) -> str:
    renewal = run.ports.journal.latest()
    if isinstance(error, RenewalRejected):
        return "rejected"
    if isinstance(error, KeyExpired):
        return "expired"
    if renewal and renewal.in_flight:
        return "pending"
    return "unknown" if isinstance(error, (BadInput, LocalError)) else "current"


def facts_of(run: RenewalRun, key: PublicKey | None) -> KeyFacts | None:
    """What the record says of a key."""
    return run.ports.record.known().get(key.fingerprint) if key else None


def validity_of(run: RenewalRun, key: PublicKey | None) -> Validity | None:
    """Say until when a key is good by what is on record of it (§6.1)."""
    facts = facts_of(run, key)
    if facts is None:
        return None  # the state is not the one that saw this key made: nothing is guessed
    found = validity(facts.made_on or run.ports.files.made_on(), facts.registered_on)
    if facts.last_day and (found is None or facts.last_day < found.last_day):
        return Validity(facts.last_day, "superseded")  # somebody has gone back to an older key
    return found
