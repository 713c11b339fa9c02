# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_info: what is known here of an account, and what is due next? No connection, no login."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._flow.watched import Watchers, watched
from ansible_collections.dcass.sftp.plugins.module_utils._rules.account_status import (
    AccountStatus,
    key_validity,
    rebuild_steps,
    relevant_renewal,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import (
    HONG_KONG,
    Calendar,
    calendar_from,
    days_from,
    iso,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.days_shown import calendar_days, expected_days
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import (
    AT_ONCE,
    CLOCK_OFF,
    EXPIRING,
    LOST,
    MISSING,
    Due,
    kept_state,
    of_allowance,
    of_calendar,
    of_clock,
    of_handovers,
    of_reports,
    of_room,
    of_runs,
    ranked,
    urgency,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    DcassError,
    LocalError,
    StateDamaged,
    StateNewer,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import Expected, on_holidays, parse_expected
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import (
    KEPT_DAYS,
    LOGINS,
    UPLOADS,
    UPLOADS_A_DAY,
    Limit,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import Waiting
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Allowance
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import (
    LOGIN_BUDGET,
    RENEW_BEFORE,
    absolute_path,
    metrics_file,
    passphrase,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    AWAITING_REREGISTRATION,
    Renewal,
    old_key_last_day,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import opens_on
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import RECENT, Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import (
    RENEWAL,
    SYNC,
    VERIFY,
    WITHDRAWAL,
    Run,
    by_days,
    failures,
    overdue_since,
    sync_due_at,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport, shared_folders
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts

__all__ = [
    "AccountInfoRequest",
    "AccountRecords",
    "Watchers",
    "account_info",
    "account_info_request",
    "watched",
]  # what the module wires

_MOST = 1000  # reports that are named; all are counted
_RUNS = 200  # the last ones: a day of polls, and what was before it
_OF_A_KIND = 20  # of which some tried nothing
_STEPPED = timedelta(seconds=CLOCK_OFF)  # by which a clock may have been put right since
_AHEAD = timedelta(days=45)  # of the calendar: six weeks and the rest of this one


@dataclass(frozen=True)
class AccountInfoRequest:
    """What the operator wants to know. ``renew_before`` is days; ``dest`` is where results are kept, if anywhere.

    ``expected`` is what days must have brought.
    """

    account: Account
    site: str
    key_dir: str
    state_dir: str
    both_accounts: bool
    login_budget: int
    calendar: Calendar
    renew_before: int
    dest: str | None
    expected: tuple[Expected, ...]
    passphrase: str | None = field(repr=False)
    control_time: float | None
    metrics_file: str | None
    events_file: str | None
    run_by: str


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
    def brought(self, folders: Collection[str], since: date) -> Iterable[tuple[str, date]]: ...
    def outstanding(self) -> list[Outstanding]: ...
    def shorter_than_listed(self, since: datetime) -> list[HeldReport]: ...
    def last_full_sync(self, until: datetime) -> datetime | None: ...
    def acknowledged(self) -> set[tuple[str, str, date]]: ...


class Handovers(Protocol):
    """What the back office has been handed, and what waits."""

    def waiting(self) -> list[Waiting]: ...
    def days(self) -> list[dict[str, Any]]: ...


class Runs(Protocol):
    """What has been run for the account, the newest first."""

    def last(self, most: int, kinds: Collection[str] = ()) -> list[Run]: ...


class Evidence(Protocol):
    """What is kept for an auditor: how many entries are on record, and the hash of the last."""

    def head(self) -> tuple[int, str | None]: ...


class Health(Protocol):
    """Whether a run could work here: why not, and the bytes that are free."""

    def libraries(self) -> DcassError | None: ...
    def key(self) -> DcassError | None: ...
    def archive(self) -> DcassError | None: ...
    def state(self) -> DcassError | None: ...
    def archive_room(self) -> int | None: ...
    def state_room(self) -> int | None: ...


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
    runs: Runs
    evidence: Evidence
    handovers: Handovers
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
        both_accounts=options["both_accounts"],
        login_budget=options["login_budget"],
        calendar=calendar_from(options),
        renew_before=options["renew_before"],
        dest=absolute_path("dest", options["dest"]) if options["dest"] else None,
        expected=(
            *(parse_expected("expected", text) for text in options["expected"]),
            *(on_holidays("expected_on_holidays", text) for text in options["expected_on_holidays"]),
        ),
        passphrase=passphrase(options["passphrase"]),
        control_time=options["control_time"],
        metrics_file=metrics_file(options["metrics_file"]),
        events_file=absolute_path("events_file", options["events_file"]) if options["events_file"] else None,
        run_by=options["run_by"],
    )


def account_info(
    request: AccountInfoRequest,
    files: KeyFiles,
    open_state: Callable[[], AccountRecords],
    recovery: RecoveryInfo,
    health: Health,
    now: datetime,
) -> dict[str, Any]:
    """Tell all that this workstation knows of the account; no connection, no login.

    Where the state can't be read nothing is guessed: the error carries what ``recovery`` tells from elsewhere.
    """
    try:
        return _account_info(request, files, open_state(), health, now)
    except (StateDamaged, StateNewer) as error:
        error.facts["rebuild"] = _rebuild(recovery, error)
        raise


def _account_info(
    request: AccountInfoRequest, files: KeyFiles, known: AccountRecords, health: Health, now: datetime
) -> dict[str, Any]:
    today = now.astimezone(HONG_KONG).date()
    opening = request.calendar.at(now)
    key, status = _key(request, files, known, today)
    outstanding = known.manifest.outstanding()
    reports = {
        **_reports(known.manifest, outstanding, now),
        "counts": _counts(outstanding, opening.day),
        "expected": _expected(request, known.manifest, outstanding, opening.day),
    }
    syncs = _syncs(request, known, key["state"], now)
    reports.update(last_full_sync=iso(syncs.last), sync_due_at=iso(syncs.due_at))
    logins, uploads = _budgets(request, known.ledger, now)
    runs = known.runs.last(_RUNS)
    waiting = known.handovers.waiting()
    looked = _look(request, key["state"], health, now)
    dues = ranked(
        [
            *status.due(today),
            *looked.due(request.account.name, reports["per_day"]),
            *of_runs(
                request.account.name,
                failures([*runs, *_seldom(known.runs, runs)], now),
                syncs.overdue_since(now),
            ),
            *of_reports(outstanding, today),
            *_other_report_dues(request.account, key, reports),
            *of_handovers(waiting),
            *of_allowance(request.account.name, LOGINS.what, logins),
            *of_allowance(request.account.name, UPLOADS.what, uploads),
            *of_calendar(request.calendar, today),
        ]
    )
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
        "calendar": calendar_days(request.calendar, opening.day - timedelta(days=KEPT_DAYS), opening.day + _AHEAD),
        "key": key,
        "logins": _budget(logins),
        "uploads": _budget(uploads),
        "reports": reports,
        "handover": {
            "waiting": [item.to_result() for item in waiting[:_MOST]],
            "waiting_count": len(waiting),
            "failed_count": sum(1 for item in waiting if item.error_code),
            "days": known.handovers.days(),
        },
        "runs": [_run(run) for run in runs],
        "evidence": _head(known.evidence),
        "run_days": [_summed(some) for some in by_days(runs)],
        "health": looked.to_result(),
        "due": [due.to_result() for due in dues],
        "urgency": urgency(dues),
        "next_actions": [due.sentence for due in dues],
        "warnings": [
            *([opening.warning] if opening.warning else []),
            *request.calendar.brought_while_closed(
                {date.fromisoformat(row["day"]): row["reports"] for row in reports["per_day"]}
            ),
        ],
    }


def _seldom(known: Runs, runs: Sequence[Run]) -> list[Run]:
    """Return what runs so seldom that polls have pushed it out of the last runs, and counts until it runs again."""
    kinds = (SYNC, RENEWAL, WITHDRAWAL, VERIFY)
    return [run for kind in kinds for run in known.last(_OF_A_KIND, [kind]) if run not in runs]


def _head(evidence: Evidence) -> dict[str, Any]:
    """Tell the anchor: who notes it elsewhere can prove that nobody has written the evidence anew."""
    entries, head = evidence.head()
    return {"entries": entries, "head": head}


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
        "old_key_last_day": iso(
            old_key_last_day(renewal.uploaded_on, None) if renewal and renewal.uploaded_on else None
        ),
        "old_fingerprint": renewal.old_fingerprint if renewal else None,
        "new_fingerprint": renewal.new_fingerprint if renewal else None,
        "result_name": renewal.result_name if renewal else None,
    }


def _budgets(request: AccountInfoRequest, ledger: Ledger, now: datetime) -> tuple[Allowance, Allowance]:
    """Return what is left of the logins, and of the uploads by the stricter of their limits."""
    uploads = (ledger.allowance(limit, limit.reached - 1, now) for limit in (UPLOADS, UPLOADS_A_DAY))
    return ledger.allowance(LOGINS, request.login_budget, now), min(uploads, key=lambda left: left.left)


def _budget(left: Allowance) -> dict[str, Any]:
    return {"used": left.used, "left": left.left, "retry_at": iso(left.retry_at)}


@dataclass(frozen=True)
class Syncs:
    """The full syncs of an account: the last one, and the day from which on each open one has one."""

    calendar: Calendar
    last: datetime | None
    since: date | None  # None while none is due

    @property
    def due_at(self) -> datetime | None:
        """By when the next one must have come to its end, None while none is due."""
        return sync_due_at(self.calendar, self.last, self.since) if self.since else None

    def overdue_since(self, now: datetime) -> date | None:
        """Return the first day without one, None where each had one."""
        return overdue_since(self.calendar, self.last, self.since, now) if self.since else None


def _syncs(request: AccountInfoRequest, known: AccountRecords, key: str, now: datetime) -> Syncs:
    """Return how the full syncs stand; before a key is registered none is due.

    One that ended after now, by a clock that was ahead, is none: it would keep silent until that day comes.
    """
    last = known.manifest.last_full_sync(now + _STEPPED)
    registered = [facts.registered_on for facts in known.record.known().values() if facts.registered_on]
    is_due = key == "registered" and (last or registered)
    first = min(registered, default=date.min) + timedelta(days=1)
    return Syncs(request.calendar, last, first if is_due else None)


def _counts(outstanding: Sequence[Outstanding], today: date) -> dict[str, int]:
    """Count what is outstanding by how long it can be fetched, and what is lost."""
    words = Counter(LOST if item.lost_on else kept_state(item.day, today) for item in outstanding)
    return {word: words[word] for word in (MISSING, EXPIRING, LOST)}


def _run(run: Run) -> dict[str, Any]:
    return {**asdict(run), "began": iso(run.began), "ended": iso(run.ended)}


def _summed(runs: Sequence[Run]) -> dict[str, Any]:
    """Tell runs that came to the same as one: the last of them, and what they were together."""
    together = {"times": len(runs), "first": iso(runs[-1].began), "fetched": sum(run.fetched or 0 for run in runs)}
    return {**_run(runs[0]), **together}


def _reports(manifest: Manifest, outstanding: Sequence[Outstanding], now: datetime) -> dict[str, Any]:
    by_day = sorted(outstanding, key=attrgetter("day"))
    there = [item for item in by_day if not item.lost_on]
    lost = [item for item in sorted(outstanding, key=attrgetter("day"), reverse=True) if item.lost_on]
    return {
        **manifest.summary(),
        "outstanding": [_outstanding(item) for item in there[:_MOST]],
        "outstanding_count": len(there),
        "lost": [{**_outstanding(item), "lost_on": iso(item.lost_on)} for item in lost[:_MOST]],
        "lost_count": len(lost),
        "acknowledged_count": len(manifest.acknowledged()),
        "shorter_than_listed": [
            {"path": held.path, "size": held.size, "listed_size": held.listed_size, "day": iso(held.day)}
            for held in manifest.shorter_than_listed(now - RECENT)
        ],
    }


def _expected(
    request: AccountInfoRequest, manifest: Manifest, outstanding: Sequence[Outstanding], today: date
) -> list[dict[str, Any]]:
    """Tell how what was expected of the last days stands here; where nothing is, nothing is looked for."""
    since = today - timedelta(days=KEPT_DAYS)
    brought = manifest.brought(shared_folders(request.account), since) if request.expected else ()
    closed = manifest.acknowledged() if request.expected else ()
    return expected_days(request.expected, days_from(since, today), request.calendar, brought, outstanding, closed)


def _outstanding(item: Outstanding) -> dict[str, Any]:
    """Tell a report, a pattern or a folder that is outstanding, and why it was left at the facility, if it was."""
    found = {"what": item.what, "day": iso(item.day)}
    return {**found, "error_code": item.error_code, "reason": item.reason} if item.error_code else found


def _other_report_dues(account: Account, key: dict[str, Any], reports: dict[str, Any]) -> list[Due]:
    dues = []
    if reports["last_sync"] is None and key["state"] == "registered":
        dues.append(Due("never_synced", None, f"Fetch the reports of {account}: playbook dcass.sftp.sync_reports."))
    if reports["shorter_than_listed"]:
        shorter = len(reports["shorter_than_listed"])
        said = f"Ask the exchange whether {shorter} reports are whole, which came shorter than it lists them."
        dues.append(Due("reports_shorter", None, said))
    return dues


@dataclass(frozen=True)
class Looked:
    """What a look at the workstation has found."""

    libraries: DcassError | None
    key: DcassError | None
    archive: DcassError | None
    state: DcassError | None
    archive_room: int | None
    state_room: int | None
    clock_off: float | None

    def due(self, account: str, per_day: Sequence[Mapping[str, Any]]) -> list[Due]:
        """Say what keeps a run from working."""
        largest = max((row["bytes"] for row in per_day), default=0)
        troubles = (
            ("libraries", self.libraries),
            ("key", self.key),
            ("archive", self.archive),
            ("state", self.state),
        )
        return [
            *(
                Due(f"{what}_unusable", AT_ONCE, f"No run of {account} can work: {error.code}: {error} {error.hint}")
                for what, error in troubles
                if error
            ),
            *of_room(self.archive_room, largest, "The disk of the archive"),
            *of_room(self.state_room, 0, "The disk of the state"),
            *of_clock(self.clock_off),
        ]

    def to_result(self) -> dict[str, Any]:
        """Return what the module tells of it."""
        return {
            "libraries": self.libraries.code if self.libraries else "ok",
            "key": self.key.code if self.key else "ok",
            "archive": self.archive.code if self.archive else "ok",
            "state": self.state.code if self.state else "ok",
            "archive_free_bytes": self.archive_room,
            "state_free_bytes": self.state_room,
            "clock_off_seconds": self.clock_off,
        }


def _look(request: AccountInfoRequest, key: str, health: Health, now: datetime) -> Looked:
    """Look whether a run could work; of a key that is not there, or is out of use, its own state says enough."""
    off = None if request.control_time is None else round(now.timestamp() - request.control_time, 1)
    return Looked(
        libraries=health.libraries(),
        key=health.key() if key in ("made", "registered", "unknown") else None,
        archive=health.archive(),
        state=health.state(),
        archive_room=health.archive_room(),
        state_room=health.state_room(),
        clock_off=off,
    )


def _rebuild(recovery: RecoveryInfo, error: LocalError) -> dict[str, Any]:
    found = {"versions": recovery.versions(), "evidence": recovery.evidence(), "results": recovery.results()}
    if isinstance(error, StateNewer):
        return {**found, "steps": [error.hint]}
    return {**found, "steps": rebuild_steps(recovery.state_path, found["evidence"], found["results"])}
