# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a renewal (§6), one a state: each does one thing, records what came of it, and returns the renewal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_ports import (
    Evidence,
    Journal,
    KeyFiles,
    KeyRecord,
    Ledger,
    Session,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import FIRST_LOOK, MOST_SMALL_BYTES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AuthenticationFailed,
    BadInput,
    ClockWrong,
    ConnectionLost,
    DcassError,
    HostTrouble,
    NewKeyRefused,
    NoConnection,
    NoKey,
    OldKeyAccepted,
    RenewalRejected,
    ResultNotSeen,
    UploadRefused,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import (
    COMMON,
    KEY_MANAGEMENT,
    LOGINS,
    UPLOADS,
    UPLOADS_A_DAY,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_versions import version_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    CLOCK_MARGIN,
    COSTS,
    UNACKNOWLEDGED,
    Cost,
    Event,
    Renewal,
    State,
    old_key_last_day,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import Other
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import (
    ResultName,
    fresh,
    is_about,
    near,
    newest_day_told,
    reason,
    told,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import told_time
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import last_day

PURPOSE = "key_renewal"
_MANY = 3  # reports that are dated after our clock: so many are no slip
_LONGEST_PAUSE = timedelta(days=14)  # in which the facility may show no new reports
_PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds between two looks for the result; the last one goes on


@dataclass(frozen=True)
class Request:
    """What the operator wants. ``renew_before`` is days, ``result_timeout`` seconds."""

    facility: Facility
    renew_before: int
    force: bool
    result_timeout: float
    retire_old: bool
    other: Other | None = None
    compromised: str | None = None
    registered_on: date | None = None


@dataclass(frozen=True)
class Tools:
    """What a renewal works with, handed in: keys on disk, the records, a login, a key maker, the clock."""

    files: KeyFiles
    record: KeyRecord
    journal: Journal
    ledger: Ledger
    evidence: Evidence
    warning_days: Callable[[], Iterable[date]]
    log_in: Callable[[PrivateKey, str], AbstractContextManager[Session]]
    generate: Callable[[], PrivateKey]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    sibling: Callable[[], Renewal | None] = lambda: None  # the other account's renewal, where it is kept here, too
    uptime: Callable[[], Uptime | None] = lambda: None  # without it the days alone tell when a key has ended


@dataclass
class Run:
    """One run of the module: what it was asked, what it works with, and what it has done so far."""

    request: Request
    tools: Tools
    changed: bool = False
    connection: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    chosen: PrivateKey | None = None  # a pair in memory, not on disk yet
    waited: bool = False  # for a result, in this run
    last_chance: bool = False  # the key in force is about to end
    read: dict[str, bytes] = field(default_factory=dict)  # results that this run has read
    remarks: dict[str, str] = field(default_factory=dict)  # what is to be told of those that decide nothing, by name
    reports_until: float | None = None  # Unix seconds of the newest reports that the facility shows

    @property
    def account(self) -> Account:
        """The account whose key is renewed."""
        return self.request.facility.account

    @property
    def all_warnings(self) -> list[str]:
        """What people are warned of, in sentences: what the run met, then what it remarked of single files."""
        return [*self.warnings, *(remark for _name, remark in sorted(self.remarks.items()))]

    def note(self, renewal: Renewal, event: Event, **facts: object) -> Renewal:
        """Write into the journal what happened."""
        self.changed = True
        return self.tools.journal.record(renewal, event, self.tools.clock(), **facts)

    def require(self, cost: Cost, plan_only: bool = False) -> None:
        """Raise where the next step's logins and uploads do not all fit, before the first of them is made."""
        now, ledger = self.tools.clock(), self.tools.ledger
        ask = ledger.check if plan_only else ledger.require
        if cost.uploads:  # first, since they may have to wait for an hour, and the run waits for logins by itself
            for limit in (UPLOADS, UPLOADS_A_DAY):
                ask(limit, limit.reached - 1, now, cost.uploads)
        if cost.logins:
            ask(LOGINS, self.request.facility.login_budget, now, cost.logins)

    def choose(self) -> tuple[PrivateKey, str]:
        """Make a pair in memory; return it and the name that its folder will have."""
        self.chosen = self.tools.generate()
        return self.chosen, version_name(self.chosen, self.tools.clock().date())

    def begin(self, state: State, old: PublicKey) -> Renewal:
        """Record that a renewal of the key in force begins, with the pair that it is for."""
        record, files = self.tools.record, self.tools.files
        if old.fingerprint not in record.known():  # what is not on record could never be told from a stranger
            record.made(old.fingerprint, files.made_on())
        key, version = self.choose()
        self.changed = True
        return self.tools.journal.begin(state, old.fingerprint, key.public.fingerprint, version, self.tools.clock())

    def load_new(self, renewal: Renewal) -> PrivateKey:
        """Read the new private key, to log in with it."""
        return self.tools.files.load_to_log_in(self.request.facility.passphrase, renewal.version)


def carry_on(run: Run, renewal: Renewal) -> Renewal:
    """Go from step to step to the renewal's end; a step that cannot go on raises."""
    while renewal.in_flight:
        if lacks_new_key(run, renewal):
            return run.note(renewal, Event.GIVEN_UP)
        run.require(COSTS[renewal.state])
        renewal = _STEPS[renewal.state](run, renewal)
    return renewal


def lacks_new_key(run: Run, renewal: Renewal) -> bool:
    """Say whether somebody has taken the new key away; raise NoKey where that can't be helped.

    It can if nobody knows that key yet, or by force.
    """
    if renewal.state in (State.PLANNED, State.WITHDRAWING) or run.tools.files.has(renewal.version):
        return False
    if renewal.state is State.MADE or run.request.force:
        return True
    raise NoKey(
        f"The new key of {run.account}, version {renewal.version}, is not on disk any more.",
        hint="Restore it from its backup. If it is lost, force makes and uploads another one.",
    )


def make_pair(run: Run, renewal: Renewal) -> Renewal:
    """Write the new pair beside the old one. A chosen pair that a crash kept from the disk is chosen anew."""
    tools, today = run.tools, run.tools.clock().date()
    if not tools.files.has(renewal.version):
        key = run.chosen
        if key is None:
            key, version = run.choose()
            renewal = run.note(renewal, Event.KEY_CHOSEN, new_fingerprint=key.public.fingerprint, version=version)
        tools.record.made(renewal.new_fingerprint, today)
        tools.files.make(key, run.account.name, run.request.facility.passphrase, today)
    return run.note(renewal, Event.KEY_MADE)


def withdraw(run: Run, renewal: Renewal) -> Renewal:
    """Put the compromised key out of use, for good and at once; then make the pair that is registered anew (§5)."""
    run.tools.record.compromised(renewal.old_fingerprint, run.tools.clock())
    run.tools.files.withdraw()
    return make_pair(run, renewal)


Names = Mapping[str, Listed]  # what KEY_MANAGEMENT shows


def _send(run: Run, renewal: Renewal) -> Renewal:
    """Log in with the key in force, look whether the exchange has answered already, upload, wait for its answer."""
    facility, tools = run.request.facility, run.tools
    if renewal.state is State.SILENT and run.waited:
        raise _not_seen(run, renewal)
    try:
        key = tools.files.load_to_log_in(facility.passphrase)
        with tools.log_in(key, PURPOSE) as session:
            run.connection = session.connection
            names = _names(session)
            answered = _take_answer(run, session, names, renewal) if renewal.uploads else renewal
            return answered if answered is not renewal else _upload(run, session, names, renewal)
    except (AuthenticationFailed, BadInput, ClockWrong) as refusal:
        if not renewal.uploads:
            raise
        return _last_resort(run, renewal, refusal)


def _upload(run: Run, session: Session, names: Names, renewal: Renewal) -> Renewal:
    tools, now = run.tools, run.tools.clock()
    patient_until = renewal.patient_until()
    if patient_until and now < patient_until:
        raise _not_seen(run, renewal)
    _require_right_clock(run, session, names)
    content = tools.files.content(run.account.public_key_name, renewal.version)
    number = tools.ledger.spend(UPLOADS, UPLOADS.reached - 1, PURPOSE, now)
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
        tools.ledger.settle(number, outcome, tools.clock())
    return _await_answer(run, session, run.note(renewal, Event.UPLOAD_DONE))


def _await_answer(run: Run, session: Session, renewal: Renewal) -> Renewal:
    """Look until the result of this upload appears, or the time for it is over, also in the middle of a look."""
    with session.within(_patience(run)) as wait:
        try:
            return _look_for_answer(run, session, renewal)
        except ConnectionLost:
            if not wait.over:
                raise
            run.waited = True
            return renewal


def _patience(run: Run) -> float:
    return max(run.request.result_timeout, FIRST_LOOK)


def _look_for_answer(run: Run, session: Session, renewal: Renewal) -> Renewal:
    pauses = iter(_PAUSES)
    pause = next(pauses)
    until = run.tools.clock() + timedelta(seconds=run.request.result_timeout)
    while True:
        answered = _take_answer(run, session, _names(session), renewal)
        if answered is not renewal:
            return answered
        if run.tools.clock() >= until or run.read:  # an answer of an impossible day tells no more by waiting
            run.waited = True
            return renewal
        run.tools.sleep(pause)
        pause = next(pauses, pause)


def _take_answer(run: Run, session: Session, names: Names, renewal: Renewal) -> Renewal:
    """Record the result of this renewal's upload if there is one, else return the renewal as it is."""
    now = run.tools.clock()
    own = []
    for name, text in _results(run, session, names, renewal):
        if not name.good or _day_of(run, session, names, renewal, name):  # a no may be of any day: the new key is tried
            own.append((name, text))
        else:
            run.remarks[name.name] = (
                f"The facility shows {name.name}, which names {run.account.public_key_name}; its day is too far from "
                "this upload's, so it is not taken for the result."
            )
    if renewal.state in UNACKNOWLEDGED:  # what was cut short is refused for that, and is uploaded again, whole
        own = [(name, text) for name, text in own if name.good]
    if not own:
        return renewal
    name, text = min(own, key=lambda result: not result[0].good)
    facts = _dated(run, session, names, renewal, name)
    renewal = run.note(renewal, renewal.verdict(name, now), result_name=name.name, result=text, **facts)
    if renewal.state is State.REJECTED:
        raise rejected(run, renewal)
    return renewal


def _results(run: Run, session: Session, names: Names, renewal: Renewal) -> list[tuple[ResultName, bytes]]:
    """Return the results that were not there before the upload and whose text names the account's key."""
    found = []
    with session.within(_patience(run)):
        for name in fresh(names, renewal.seen_before):
            size = names[name.name].size
            if size > MOST_SMALL_BYTES:
                run.remarks[name.name] = (
                    f"The facility shows {name.name}, of {size} bytes: too large to be read here. The next sync brings "
                    "it home."
                )
                continue
            if name.name not in run.read:
                run.read[name.name] = session.read(names[name.name]) or b""
            text = run.read[name.name]
            if not text:
                del run.read[name.name]  # it is being written: another look will tell
            if is_about(text, run.account):
                found.append((name, text))
                if len(text) < size:
                    run.warnings.append(f"{name.name}: {len(text)} bytes came of {size}.")
            elif not name.good:
                run.remarks[name.name] = (
                    f"The facility shows {name.name}, which does not name {run.account.public_key_name}: "
                    f"{reason(text) or 'it is empty'}"
                )
    return found


def _names(session: Session) -> Names:
    with session.within():
        listing = session.list((KEY_MANAGEMENT,))
    if listing.trouble:
        raise listing.trouble
    return {report.name: report for report in listing.reports}


def _require_right_clock(run: Run, session: Session, names: Names) -> None:
    """Refuse to upload by a clock that is behind: the days of the new key would be counted wrong.

    Where the key in force is about to end it is uploaded all the same: a name may lie.
    """
    now = run.tools.clock()
    newest = newest_day_told(names)
    later = newest[1] if newest and newest[0] > now + CLOCK_MARGIN else _later_reports(run, session, now)
    if later is None:
        return
    if run.last_chance:
        run.warnings.append(f"{_other_clock(later, now)} The key was uploaded all the same.")
    else:
        raise ClockWrong(_other_clock(later, now))


def _later_reports(run: Run, session: Session, now: datetime) -> str | None:
    """Name one of the reports that are dated after our clock, if there are so many that it must be the clock."""
    latest = (now + CLOCK_MARGIN).timestamp()
    later = [report.remote for report in _reports(run, session) if (told_time(report.mtime) or 0) > latest]
    return later[0] if len(later) >= _MANY else None


def _reports(run: Run, session: Session) -> Sequence[Listed]:
    return session.list((COMMON, run.account.customer_code)).reports


def _newest(reports: Iterable[Listed]) -> float:
    """When the newest reports were made, in Unix seconds, so many that no slip tells; 0 where there are fewer."""
    times = sorted((told_time(report.mtime) or 0 for report in reports), reverse=True)
    return times[_MANY - 1] if len(times) >= _MANY else 0


def _other_clock(name: str, now: datetime) -> str:
    return f"The facility has a file {name} of a later day, but this workstation's clock says {now:%Y-%m-%d %H:%M}."


def _prove(run: Run, renewal: Renewal) -> Renewal:
    """Log in with the new key: that it is registered is known only then."""
    known = run.tools.record.known().get(renewal.new_fingerprint)
    if known and known.proven:  # it logged in, and the run was killed before the journal heard of it
        return run.note(renewal, Event.NEW_KEY_LOGGED_IN, proven_at=run.tools.clock())
    try:
        with run.tools.log_in(run.load_new(renewal), PURPOSE) as session:
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


def _proven(run: Run, session: Session, renewal: Renewal) -> Renewal:
    """Record the proof, with a result that has come late; whatever its date, it is kept."""
    facts: dict[str, object] = {}
    if renewal.result is None and renewal.uploads:
        with suppress(NoConnection):  # the proof stands without it
            names = _names(session)
            for name, text in _results(run, session, names, renewal):
                if name.good:
                    facts = {"result_name": name.name, "result": text}
                    facts.update(_dated(run, session, names, renewal, name))
                else:
                    _remark_on_no(run, name.name, text)
        if not (facts or run.remarks):
            run.warnings.append(
                f"The exchange has told no result of the upload. The new key of {run.account} logs in, which is proof."
            )
    elif renewal.state is State.CONTESTED and renewal.result_name:
        _remark_on_no(run, renewal.result_name, renewal.result or b"")
    return run.note(renewal, Event.NEW_KEY_LOGGED_IN, proven_at=run.tools.clock(), **facts)


def _remark_on_no(run: Run, name: str, text: bytes) -> None:
    run.remarks[name] = (
        f"The facility shows {name}, which refuses {run.account.public_key_name}: {reason(text)} The new key of "
        f"{run.account} logs in all the same."
    )


def _day_of(run: Run, session: Session, names: Names, renewal: Renewal, name: ResultName) -> date | None:
    """Return the facility's day of a result, None where it can't be believed.

    A day far from this journal's must be that of its file as well, and fit the reports that the facility shows.
    """
    now = run.tools.clock()
    day = renewal.day_of(name, names[name.name].mtime, now)
    if day is None or near(name, renewal.began, now, CLOCK_MARGIN):
        return day
    if run.reports_until is None:
        run.reports_until = _newest(_reports(run, session))
    newest = run.reports_until
    fits = not newest or -CLOCK_MARGIN.total_seconds() <= name.at.timestamp() - newest <= _LONGEST_PAUSE.total_seconds()
    return day if fits else None


def _dated(run: Run, session: Session, names: Names, renewal: Renewal, name: ResultName) -> dict[str, date | None]:
    """Return the day of a result for the journal, and warn where it is not that of this workstation's clock."""
    now = run.tools.clock()
    day = _day_of(run, session, names, renewal, name)
    run.remarks.pop(name.name, None)
    if not near(name, renewal.began, now, CLOCK_MARGIN):
        if day:
            counts = "The facility's day was taken, since its file is of that time as well."
        else:
            counts = f"The days of the new key are counted from {renewal.uploaded_on}, by this clock."
        run.warnings.append(
            f"The facility dates the result of this upload on {name.at.date()} ({name.name}); this workstation's "
            f"clock says {now:%Y-%m-%d}. {counts} Set this workstation's clock right (chrony, NTP), if it is wrong."
        )
    return {"result_day": day}


def _last_resort(run: Run, renewal: Renewal, refusal: DcassError) -> Renewal:
    """The key in force is of no help, or a clock is wrong, and the new key was uploaded: it may have taken over."""
    before = renewal.state
    renewal = _prove(run, renewal)
    if renewal.state is before and run.request.force:
        return run.note(renewal, Event.GIVEN_UP)
    if renewal.state is before:
        raise refusal
    return renewal


def _prove_anew(run: Run, renewal: Renewal) -> Renewal:
    """Log in with the key that was registered in place of a compromised one (§5)."""
    registered_on = run.request.registered_on or run.tools.clock().date()
    noon = datetime.combine(registered_on, time(12), HONG_KONG)
    with run.tools.log_in(run.load_new(renewal), PURPOSE) as session:
        run.connection = session.connection
    return run.note(renewal, Event.NEW_KEY_LOGGED_IN, uploaded_at=noon, proven_at=run.tools.clock())


def _refuse_old(run: Run, renewal: Renewal) -> Renewal:
    """Make sure that the compromised key does not log in any more: being refused is what is hoped for."""
    key = run.tools.files.load_withdrawn(run.request.facility.passphrase)
    with suppress(AuthenticationFailed):
        with run.tools.log_in(key, PURPOSE):
            pass
        raise OldKeyAccepted(f"The facility still lets the compromised key of {run.account} in.")
    return run.note(renewal, Event.OLD_KEY_REFUSED)


def _switch(run: Run, renewal: Renewal) -> Renewal:
    """Let the proven key be the current one, in one step, with all that is known of both on record before."""
    tools, day = run.tools, renewal.uploaded_on or run.tools.clock().date()
    tools.record.registered(renewal.new_fingerprint, day)
    tools.record.superseded(renewal.new_fingerprint, _kept_through(run, renewal))
    tools.files.switch(renewal.version)  # before the evidence: nothing that can be wrong with that may hold it up
    keep_evidence(run, renewal)
    return run.note(renewal, Event.SWITCHED)


def ends(run: Run, renewal: Renewal) -> date:
    """Return the last day of the key that this renewal supersedes, as the facility will have it."""
    return _ends(run, renewal, renewal.uploaded_on or run.tools.clock().date())


def _kept_through(run: Run, renewal: Renewal) -> date:
    """Return the last day on which the superseded key is kept: by the later clock, since it may never go early."""
    day = renewal.uploaded_on or run.tools.clock().date()
    return _ends(run, renewal, max(day, renewal.own_day or day))


def _ends(run: Run, renewal: Renewal, day: date) -> date:
    if not renewal.uploads:
        return day - timedelta(days=1)  # registered anew: the old one was removed at once (§5)
    old = run.tools.record.known().get(renewal.old_fingerprint)
    return old_key_last_day(day, last_day(old.registered_on) if old and old.registered_on else None)


def keep_evidence(run: Run, renewal: Renewal) -> None:
    """Put on file what an auditor will ask for, once, however often it is called."""
    account, files = run.account, run.tools.files
    kept = {}
    for name in (account.public_key_name, account.fingerprint_name):
        with suppress(HostTrouble):  # somebody has taken a rejected key away: what is known is kept all the same
            kept[name] = files.content(name, renewal.version)
    rejected_ = renewal.state is State.REJECTED
    facts = {
        "renewal": renewal.id,
        "outcome": "rejected" if rejected_ else "renewed" if renewal.uploads else "registered anew",
        "began": renewal.began.isoformat(),
        "old_fingerprint": renewal.old_fingerprint,
        "new_fingerprint": renewal.new_fingerprint,
        "uploads": renewal.uploads,
        "uploaded_at": renewal.uploaded_at.isoformat() if renewal.uploaded_at else None,
        "result_file": renewal.result_name,
        "proven_at": renewal.proven_at.isoformat() if renewal.proven_at else None,
        "old_key_last_day": None if rejected_ else ends(run, renewal).isoformat(),
        "last_day": None if rejected_ or not renewal.uploaded_on else last_day(renewal.uploaded_on).isoformat(),
        "steps": run.tools.journal.story(renewal),
    }
    at = renewal.proven_at or renewal.ended or renewal.began
    foreign = {renewal.result_name: renewal.result} if renewal.result is not None and renewal.result_name else {}
    run.tools.evidence.add(f"renewal {renewal.id} {facts['outcome']}", at, facts, kept, foreign)


def rejected(run: Run, renewal: Renewal, plan_only: bool = False) -> RenewalRejected:
    """Return the error that shows the exchange's own words."""
    if not plan_only:
        with suppress(HostTrouble):  # the next renewal keeps it before it begins; what the exchange said comes first
            keep_evidence(run, renewal)
    text = renewal.result or b""
    return RenewalRejected(f"The exchange rejected the new key of {run.account}: {reason(text)}", result=told(text))


def _not_seen(run: Run, renewal: Renewal) -> ResultNotSeen:
    until = renewal.patient_until()
    return ResultNotSeen(
        f"The facility took the new key of {run.account} and has told nothing of it yet; the new key does not log in.",
        retry_at=until.isoformat(timespec="seconds") if until else None,
    )


_STEPS: dict[State, Callable[[Run, Renewal], Renewal]] = {
    State.PLANNED: make_pair,
    State.MADE: _send,
    State.SENDING: _send,
    State.UNSURE: _send,
    State.SILENT: _send,
    State.SENT: _prove,
    State.ACCEPTED: _prove,
    State.CONTESTED: _prove,
    State.WITHDRAWING: withdraw,
    State.WITHDRAWN: _prove_anew,
    State.REPLACED: _refuse_old,
    State.PROVEN: _switch,
}
