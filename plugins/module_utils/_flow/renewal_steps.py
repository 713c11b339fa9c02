# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a renewal (§6), one a state: each does one thing, records what came of it, and returns the renewal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time

from ansible_collections.dcass.sftp.plugins.module_utils._flow.facility_clock import require_right_clock
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_answer import (
    Names,
    await_answer,
    dated,
    names_of,
    remark_on_no,
    results_of,
    take_answer,
)
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_evidence import (
    keep_evidence,
    kept_through,
    not_seen,
    rejected,
)
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_ports import Session
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import PURPOSE, RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AuthenticationFailed,
    BadInput,
    ClockWrong,
    DcassError,
    NewKeyRefused,
    NoConnection,
    NoKey,
    OldKeyAccepted,
    UploadRefused,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT, UPLOADS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    COSTS,
    Event,
    Renewal,
    State,
)


def carry_on(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Go from step to step to the renewal's end; a step that cannot go on raises."""
    while renewal.in_flight:
        if is_new_key_missing(run, renewal):
            return run.note(renewal, Event.GIVEN_UP)
        run.require(COSTS[renewal.state])
        renewal = _STEPS[renewal.state](run, renewal)
    return renewal


def is_new_key_missing(run: RenewalRun, renewal: Renewal) -> bool:
    """Say whether somebody has taken the new key away; raise NoKey where that can't be helped.

    It can if nobody knows that key yet, or by force.
    """
    if renewal.state in (State.PLANNED, State.WITHDRAWING) or run.ports.files.has(renewal.version):
        return False
    if renewal.state is State.MADE or run.request.force:
        return True
    raise NoKey(
        f"The new key of {run.account}, version {renewal.version}, is not on disk any more.",
        hint="Restore it from its backup. If it is lost, -e dcass_renewal_force=true makes and uploads another one.",
    )


def make_pair(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Write the new pair beside the old one. A chosen pair that a crash kept from the disk is chosen anew."""
    ports, today = run.ports, run.ports.clock().date()
    if not ports.files.has(renewal.version):
        key = run.chosen
        if key is None:
            key, version = run.choose()
            renewal = run.note(renewal, Event.KEY_CHOSEN, new_fingerprint=key.public.fingerprint, version=version)
        ports.record.made(renewal.new_fingerprint, today)
        ports.files.make(key, run.account.name, run.request.settings.passphrase, today)
    return run.note(renewal, Event.KEY_MADE)


def withdraw(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Put the compromised key out of use, for good and at once; then make the pair that is re-registered (§5)."""
    run.ports.record.compromised(renewal.old_fingerprint, run.ports.clock())
    run.ports.files.withdraw()
    return make_pair(run, renewal)


def _send(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Log in with the current key, look whether the exchange has answered already, upload, wait for its answer."""
    settings, ports = run.request.settings, run.ports
    if renewal.state is State.SILENT and run.waited:
        raise not_seen(run, renewal)
    try:
        key = ports.files.load_to_log_in(settings.passphrase)
        with ports.log_in(key, PURPOSE) as session:
            run.connection = session.connection
            names = names_of(session)
            answered = take_answer(run, session, names, renewal) if renewal.uploads else renewal
            return answered if answered is not renewal else _upload(run, session, names, renewal)
    except (AuthenticationFailed, BadInput, ClockWrong) as refusal:
        if not renewal.uploads:
            raise
        return _last_resort(run, renewal, refusal)


def _upload(run: RenewalRun, session: Session, names: Names, renewal: Renewal) -> Renewal:
    ports, now = run.ports, run.ports.clock()
    patient_until = renewal.patient_until()
    if patient_until and now < patient_until:
        raise not_seen(run, renewal)
    require_right_clock(run, session, names)
    content = ports.files.content(run.account.public_key_name, renewal.version)
    number = ports.ledger.spend(UPLOADS, UPLOADS.reached - 1, PURPOSE, now)
    outcome = "lost"
    try:
        renewal = run.note(
            renewal,
            Event.UPLOAD_STARTED,
            uploads=renewal.uploads + 1,
            uploaded_at=now,
            seen_before=tuple(sorted(names)),
        )
        session.upload(KEY_MANAGEMENT, run.account.public_key_name, content)
        outcome = "accepted"
    except UploadRefused:
        outcome = "refused"
        run.note(renewal, Event.UPLOAD_REFUSED, uploads=renewal.uploads - 1)
        raise
    finally:
        ports.ledger.settle(number, outcome, ports.clock())
    return await_answer(run, session, run.note(renewal, Event.UPLOAD_DONE))


def _prove(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Log in with the new key: that it is registered is known only then."""
    known = run.ports.record.known().get(renewal.new_fingerprint)
    if known and known.proven:  # it logged in, and the run was killed before the journal heard of it
        return run.note(renewal, Event.NEW_KEY_LOGGED_IN, proven_at=run.ports.clock())
    try:
        with run.ports.log_in(run.load_new(renewal), PURPOSE) as session:
            run.connection = session.connection
            return _proven(run, session, renewal)
    except AuthenticationFailed as refusal:
        renewal = run.note(renewal, Event.NEW_KEY_REFUSED)
        if renewal.state is State.ACCEPTED and run.request.force:
            return run.note(renewal, Event.GIVEN_UP)
        if renewal.state is State.ACCEPTED:
            raise NewKeyRefused(
                f"The exchange reported the new key of {run.account} as imported ({renewal.result_name}), "
                "but the facility refuses its login."
            ) from refusal
        if renewal.state is State.REJECTED:
            raise rejected(run, renewal) from refusal
        return renewal


def _proven(run: RenewalRun, session: Session, renewal: Renewal) -> Renewal:
    """Record the proof, with a result that has come late; whatever its date, it is kept."""
    facts: dict[str, object] = {}
    if renewal.result is None and renewal.uploads:
        with suppress(NoConnection):  # the proof stands without it
            names = names_of(session)
            for name, text in results_of(run, session, names, renewal):
                if name.good:
                    facts = {"result_name": name.name, "result": text}
                    facts.update(dated(run, session, names, renewal, name))
                else:
                    remark_on_no(run, name.name, text)
        if not run.answers:
            run.warnings.append(
                f"The exchange has told no result of the upload. The new key of {run.account} logs in, which is proof."
            )
    elif renewal.state is State.CONTESTED and renewal.result_name:
        remark_on_no(run, renewal.result_name, renewal.result or b"")
    return run.note(renewal, Event.NEW_KEY_LOGGED_IN, proven_at=run.ports.clock(), **facts)


def _last_resort(run: RenewalRun, renewal: Renewal, refusal: DcassError) -> Renewal:
    """The current key is of no help, or a clock is wrong, and the new key was uploaded: it may have taken over."""
    before = renewal.state
    renewal = _prove(run, renewal)
    if renewal.state is before and run.request.force:
        return run.note(renewal, Event.GIVEN_UP)
    if renewal.state is before:
        raise refusal
    return renewal


def _prove_reregistered(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Log in with the key that was registered in place of a compromised one (§5)."""
    registered_on = run.request.registered_on or run.ports.clock().date()
    noon = datetime.combine(registered_on, time(12), HONG_KONG)
    with run.ports.log_in(run.load_new(renewal), PURPOSE) as session:
        run.connection = session.connection
    return run.note(renewal, Event.NEW_KEY_LOGGED_IN, uploaded_at=noon, proven_at=run.ports.clock())


def _refuse_old(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Make sure that the compromised key does not log in any more: being refused is what is hoped for."""
    key = run.ports.files.load_withdrawn(run.request.settings.passphrase)
    with suppress(AuthenticationFailed):
        with run.ports.log_in(key, PURPOSE):
            pass
        raise OldKeyAccepted(f"The facility still lets the compromised key of {run.account} in.")
    return run.note(renewal, Event.OLD_KEY_REFUSED)


def _switch(run: RenewalRun, renewal: Renewal) -> Renewal:
    """Let the proven key be the current one, in one step, with all that is known of both on record before."""
    ports, day = run.ports, renewal.uploaded_on or run.ports.clock().date()
    ports.record.registered(renewal.new_fingerprint, day)
    ports.record.superseded(renewal.new_fingerprint, kept_through(run, renewal))
    ports.files.switch(renewal.version)  # before the evidence: nothing that can be wrong with that may hold it up
    keep_evidence(run, renewal)
    return run.note(renewal, Event.SWITCHED)


_STEPS: dict[State, Callable[[RenewalRun, Renewal], Renewal]] = {
    State.PLANNED: make_pair,
    State.MADE: _send,
    State.SENDING: _send,
    State.UNSURE: _send,
    State.SILENT: _send,
    State.SENT: _prove,
    State.ACCEPTED: _prove,
    State.CONTESTED: _prove,
    State.WITHDRAWING: withdraw,
    State.WITHDRAWN: _prove_reregistered,
    State.REPLACED: _refuse_old,
    State.PROVEN: _switch,
}
