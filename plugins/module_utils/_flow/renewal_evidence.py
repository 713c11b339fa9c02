# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays of a renewal: the evidence, the days of both keys, and the errors that show the exchange's words (§6)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    LocalError,
    RenewalRejected,
    ResultNotSeen,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.people import one_line
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Renewal, State, old_key_last_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import decode_text, reason
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import last_day


def keep_evidence(run: RenewalRun, renewal: Renewal) -> None:
    """Put on file what an auditor will ask for, once, however often it is called."""
    account, files = run.account, run.ports.files
    kept = {}
    for name in (account.public_key_name, account.fingerprint_name):
        with suppress(LocalError):  # somebody has taken a rejected key away: what is known is kept all the same
            kept[name] = files.content(name, renewal.version)
    is_rejection = renewal.state is State.REJECTED
    facts = {
        "renewal": renewal.id,
        "outcome": "rejected" if is_rejection else "renewed" if renewal.uploads else "re-registered",
        "began": renewal.began.isoformat(),
        "old_fingerprint": renewal.old_fingerprint,
        "new_fingerprint": renewal.new_fingerprint,
        "uploads": renewal.uploads,
        "uploaded_at": renewal.uploaded_at.isoformat() if renewal.uploaded_at else None,
        "result_file": renewal.result_name,
        "proven_at": renewal.proven_at.isoformat() if renewal.proven_at else None,
        "old_key_last_day": None if is_rejection else ends(run, renewal).isoformat(),
        "last_day": None if is_rejection or not renewal.uploaded_on else last_day(renewal.uploaded_on).isoformat(),
        "run_by": one_line(run.request.settings.run_by),  # whose run put it on file
        "steps": run.ports.journal.story(renewal),
    }
    at = renewal.proven_at or renewal.ended or renewal.began
    foreign = {renewal.result_name: renewal.result} if renewal.result is not None and renewal.result_name else {}
    run.ports.evidence.add(f"renewal {renewal.id} {facts['outcome']}", at, facts, kept, foreign)


def rejected(run: RenewalRun, renewal: Renewal, plan_only: bool = False) -> RenewalRejected:
    """Return the error that shows the exchange's own words."""
    if not plan_only:
        with suppress(LocalError):  # the next renewal keeps it before it begins; what the exchange said comes first
            keep_evidence(run, renewal)
    text = renewal.result or b""
    return RenewalRejected(
        f"The exchange rejected the new key of {run.account}: {reason(text)}", result=decode_text(text)
    )


def not_seen(run: RenewalRun, renewal: Renewal) -> ResultNotSeen:
    """Return the error for an upload that arrived and was not answered, with the moment of the next one."""
    until = renewal.patient_until()
    again = f" It is uploaded again after {until:%Y-%m-%d %H:%M} Hong Kong time." if until else ""
    return ResultNotSeen(
        f"The facility took the new key of {run.account} and has told nothing of it yet; the new key does not log in."
        f"{again}",
        retry_at=until.isoformat(timespec="seconds") if until else None,
    )


def ends(run: RenewalRun, renewal: Renewal) -> date:
    """Return the last day of the key that this renewal supersedes, as the facility will have it."""
    return _ends(run, renewal, renewal.uploaded_on or run.ports.clock().date())


def kept_through(run: RenewalRun, renewal: Renewal) -> date:
    """Return the last day on which the superseded key is kept: by the later clock, since it may never go early."""
    day = renewal.uploaded_on or run.ports.clock().date()
    return _ends(run, renewal, max(day, renewal.own_day or day))


def _ends(run: RenewalRun, renewal: Renewal, day: date) -> date:
    if not renewal.uploads:
        return day - timedelta(days=1)  # re-registered: the old one was removed at once (§5)
    old = run.ports.record.known().get(renewal.old_fingerprint)
    return old_key_last_day(day, last_day(old.registered_on) if old and old.registered_on else None)
