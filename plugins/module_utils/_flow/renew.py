# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_renewal: an account's key is renewed in time, and none is lost on the way, whatever happens in between (§6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_steps import (
    Request,
    Run,
    Tools,
    carry_on,
    ends,
    keep_evidence,
    lacks_new_key,
    rejected,
)
from ansible_collections.dcass.sftp.plugins.module_utils._flow.withdraw import replace_compromised
from ansible_collections.dcass.sftp.plugins.module_utils._rules import door
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso as _iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadInput,
    BadPrivateKey,
    ConnectionLost,
    DcassError,
    DiskFull,
    HostTrouble,
    KeyDateUnknown,
    KeyExpired,
    KeyOfAnother,
    KeyUnclear,
    NoKey,
    RenewalRejected,
    as_ours,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import facility_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import RENEW_BEFORE, RESULT_TIMEOUT, day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    ANEW,
    COSTS,
    UNSENT,
    Event,
    Renewal,
    State,
    old_key_last_day,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import (
    LAST_CHANCE_DAYS,
    Due,
    Other,
    decide,
    last_operating_day,
    warned,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import told
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey, require_rsa_2048
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, Life, last_day, life, wait_for

__all__ = ["Tools", "renew", "request_from"]  # what the module wires

_RESTORE = (
    "The exchange knows this key: restore it from its backup. If there is none, move the account's key folder away, "
    "make another key with regenerate: always (playbook dcass.sftp.rollout), and register it anew (§5)."
)
_GOES_ON = "The key in force stays in force. Run again: the renewal goes on from there."
_FINGERPRINT = re.compile(r"([0-9a-f]{2}:){15}[0-9a-f]{2}")


def request_from(options: Mapping[str, Any]) -> Request:
    """Build the request from module options, or raise BadInput or BadAccount."""
    RENEW_BEFORE.require(options["renew_before"])
    RESULT_TIMEOUT.require(options["result_timeout"])
    compromised, registered_on = options["compromised_fingerprint"], options["registered_on"]
    if compromised and not _FINGERPRINT.fullmatch(compromised):
        raise BadInput("compromised_fingerprint must be the MD5 fingerprint: 16 octets in small letters with colons.")
    facility = facility_from(options)
    return Request(
        facility=facility,
        renew_before=options["renew_before"],
        force=options["force"],
        result_timeout=options["result_timeout"],
        retire_old=options["retire_old"],
        other=_other(facility.account, options["other_account"]),
        compromised=compromised or None,
        registered_on=day("registered_on", registered_on) if registered_on else None,
    )


def _other(account: Account, said: Mapping[str, Any] | None) -> Other | None:
    if not said:
        return None
    other = parse_account(said["account"])
    if other == account or other.customer_code != account.customer_code:
        raise BadInput(f"other_account: {other} is not the other account of {account.customer_code}.")
    uploaded_on = said["uploaded_on"]
    return Other(other.name, said["state"], day("other_account.uploaded_on", uploaded_on) if uploaded_on else None)


def renew(request: Request, tools: Tools, plan_only: bool) -> dict[str, Any]:
    """Decide, go on where the last run stopped, and tell; with ``plan_only`` decide and predict, without a login."""
    run = Run(request, tools)
    try:
        if request.compromised:
            state, reason, more = replace_compromised(run, request.compromised, plan_only)
        else:
            state, reason, more = _renew(run, plan_only)
        more["destroyed"] = _retire(run, plan_only)
    except Exception as raised:
        error = as_ours(raised)
        if isinstance(error, (ConnectionLost, DiskFull)):
            error.hint = _GOES_ON
        error.facts = {**_told(run, _state_after(run, error), str(error)), **error.facts}
        error.facts.pop("diff")
        error.facts["warnings"] = run.all_warnings
        if error is raised:
            raise
        raise error from raised
    return {**_told(run, state, reason), **more, "warnings": run.all_warnings}


Outcome = tuple[str, str, dict[str, Any]]  # state, reason, and what else there is to tell


def _renew(run: Run, plan_only: bool) -> Outcome:
    renewal = run.tools.journal.latest()
    if renewal and renewal.state in ANEW:
        return "pending", "the compromised key is withdrawn; the new one waits for its registration", {}
    under_way = renewal if renewal and renewal.in_flight else None
    # once the new key may be registered, the renewal can come to its end without the old one
    without_old = under_way and (under_way.uploads or under_way.state is State.PROVEN)
    key = run.tools.files.public() if without_old else _key_in_force(run)
    known = _life(run, key)
    run.last_chance = bool(known and known.days_left(run.tools.clock().date()) <= LAST_CHANCE_DAYS)
    if under_way and key and key.fingerprint not in (under_way.old_fingerprint, under_way.new_fingerprint):
        _give_up(run, under_way, plan_only)
        under_way, key = None, _key_in_force(run)
    if under_way and under_way.state in UNSENT and _expired(run, key):
        if not plan_only:  # nobody knows the new key, and the old one can't introduce it any more
            run.note(under_way, Event.GIVEN_UP)
        under_way = None
    due = _under_way(under_way) if under_way else _due(run, key or _key_in_force(run), renewal, plan_only)
    if not due.due:
        facts = _facts(run, key)
        unknown = "" if facts and facts.in_use else "; that it is registered with the exchange is not on record"
        return "current", due.reason + unknown, {}
    shut = _door(run, under_way)
    if shut:
        until = shut["msg"].rstrip(".").replace("The", "the", 1)
        return "pending" if under_way else "current", f"{due.reason}; {until}", shut
    if plan_only:
        return "renewed", due.reason, {"changed": True, "resumed": bool(under_way), "plan": _plan(run, key, under_way)}
    _go(run, under_way)
    return "renewed", due.reason, {"resumed": bool(under_way)}


def _key_in_force(run: Run) -> PublicKey:
    """Return the public key in force, whose private half has been read and fits; raise what is wrong with it."""
    tools = run.tools
    try:
        key = tools.files.load_to_log_in(run.request.facility.passphrase)
    except (NoKey, BadPrivateKey) as lack:
        if any(facts.works_on(tools.clock().date()) for facts in tools.record.known().values()):
            lack.hint = _RESTORE
        raise
    require_rsa_2048(key.public, f"The key of {run.account}")
    tools.files.require_pair(key)
    if tools.files.comment() == run.account.sibling.name:
        raise KeyOfAnother(f"The key of {run.account} on this workstation calls itself {run.account.sibling}'s.")
    owner = tools.record.owner(key.public.fingerprint)
    if owner:
        raise KeyOfAnother(f"The key of {run.account} on this workstation is the key of {owner}.")
    return key.public


def _give_up(run: Run, renewal: Renewal, plan_only: bool) -> None:
    old = run.tools.record.known().get(renewal.old_fingerprint)
    if not run.request.force and (old is None or old.works_on(run.tools.clock().date())):
        raise KeyUnclear(
            f"The renewal of {run.account} that is under way began with another key than the one now in use.",
            hint="Point the link 'current' at the version it began with; or begin anew with force.",
        )
    if not plan_only:
        run.note(renewal, Event.GIVEN_UP)


def _under_way(renewal: Renewal) -> Due:
    return Due(True, f"goes on with the renewal begun on {renewal.began:%Y-%m-%d}")


def _due(run: Run, key: PublicKey, last: Renewal | None, plan_only: bool) -> Due:
    request, tools, now = run.request, run.tools, run.tools.clock()
    known = _life(run, key)
    _require_alive(run, key)
    if request.force:
        return Due(True, "asked for by force")
    if last and last.state is State.REJECTED and last.ended and operating_day(last.ended) == operating_day(now):
        raise rejected(run, last, plan_only)
    if known is None:
        raise KeyDateUnknown(f"When the key of {run.account} was made or registered is not known here.")
    facts = _facts(run, key)
    warned_on = warned(tools.warning_days(), facts.registered_on if facts else None, now.date())
    last_chance = last_operating_day(request.facility.calendar, known.last_day, now.date())
    return decide(known, request.renew_before, warned_on, _other_account(run), now.date(), last_chance)


def _expired(run: Run, key: PublicKey | None) -> bool:
    known = _life(run, key)
    return known is not None and known.basis != "made" and known.days_left(run.tools.clock().date()) < 0


def _require_alive(run: Run, key: PublicKey) -> None:
    if _expired(run, key):
        ended = _life(run, key)
        day_ = ended.last_day if ended else None
        raise KeyExpired(f"The key of {run.account} expired on {day_}; the facility has removed it.")


def _facts(run: Run, key: PublicKey | None) -> KeyFacts | None:
    """What the record says of a key."""
    return run.tools.record.known().get(key.fingerprint) if key else None


def _life(run: Run, key: PublicKey | None) -> Life | None:
    facts = _facts(run, key)
    if facts is None:
        return None  # the state is not the one that saw this key made: nothing is guessed
    found = life(facts.made_on or run.tools.files.made_on(), facts.registered_on)
    if facts.last_day and (found is None or facts.last_day < found.last_day):
        return Life(facts.last_day, "superseded")  # somebody has gone back to an older key
    return found


def _other_account(run: Run) -> Other | None:
    """What is known of the participant's other account: told by the play, or, where both are kept here, on record."""
    sibling = run.tools.sibling()
    if run.request.other or sibling is None:
        return run.request.other
    return Other("the other account", sibling.state.value, sibling.uploaded_on)


def _door(run: Run, under_way: Renewal | None) -> dict[str, Any] | None:
    """Return the result with which to end where the facility is shut and the next step needs it, None to go on."""
    if not COSTS[under_way.state if under_way else State.PLANNED].logins:
        return None
    asked = door.ask(run.request.facility, run.tools.clock())
    run.warnings += asked.warnings
    if asked.shut:
        asked.shut.pop("warnings")
    return asked.shut


def _require_known(run: Run) -> None:
    """Refuse to begin beside keys that the record does not know: one of them may be registered."""
    known = run.tools.record.known()
    strangers = [version for version, found in run.tools.files.fingerprints().items() if found not in known]
    if strangers and not run.request.force:
        raise KeyUnclear(
            f"{run.account} has keys that the record does not know ({', '.join(strangers)}): one may be registered.",
            hint="Restore state_dir from its backup, or look at account_info. With force they are left alone.",
        )


def _go(run: Run, under_way: Renewal | None) -> None:
    renewal = carry_on(run, under_way or _begin(run))
    if renewal.state is State.ABANDONED:
        carry_on(run, _begin(run))


def _begin(run: Run) -> Renewal:
    key, last = _key_in_force(run), run.tools.journal.latest()
    _require_alive(run, key)
    _require_known(run)
    run.require(COSTS[State.PLANNED])
    if last and last.state is State.REJECTED:
        keep_evidence(run, last)  # the run that was told of it may have been killed before it had kept it
    return run.begin(State.PLANNED, key)


def _plan(run: Run, key: PublicKey | None, under_way: Renewal | None) -> dict[str, Any]:
    """Predict: what is uploaded, what it costs, and the days that follow from it."""
    today, known = run.tools.clock().date(), _life(run, key)
    if under_way is None or lacks_new_key(run, under_way):
        _require_known(run)
        under_way = None
    cost = COSTS[under_way.state if under_way else State.PLANNED]
    run.require(cost, plan_only=True)
    uploaded_on = under_way.uploaded_on if under_way and not cost.uploads else today
    ends_on = known.last_day if known else None
    calendar = run.request.facility.calendar
    return {
        "upload": run.account.public_key_name if cost.uploads else None,
        "logins": cost.logins,
        "uploads": cost.uploads,
        "uploaded_on": _iso(uploaded_on or today),
        "old_key_last_day": _iso(old_key_last_day(uploaded_on or today, ends_on)),
        "last_day": _iso(last_day(uploaded_on or today)),
        "last_operating_day": _iso(last_operating_day(calendar, ends_on, today) if ends_on else None),
    }


def _retire(run: Run, plan_only: bool) -> list[str]:
    """Destroy the keys that have ended, each with a line of evidence; return their versions."""
    tools, now = run.tools, run.tools.clock()
    known = tools.record.known()
    destroyed = []
    for version, fingerprint in tools.files.fingerprints().items():
        facts = known.get(fingerprint)
        if facts is None or not _has_ended(run, facts, plan_only) or not run.request.retire_old:
            continue
        destroyed.append(version)
        run.changed = True
        if not plan_only:
            told_ = {"fingerprint": fingerprint, "version": version, "last_day": _iso(facts.last_day)}
            tools.evidence.add(f"key {fingerprint} destroyed", now, told_, {})
            tools.files.destroy(version)
    if not plan_only:
        tools.files.sweep()  # what a run was about to destroy when it was killed
    return destroyed


def _has_ended(run: Run, facts: KeyFacts, plan_only: bool) -> bool:
    """Say whether a superseded key is past its last day, by the calendar and by the time that has really passed (§6.1).

    A compromised one does not wait: the exchange has removed it.
    """
    now, uptime, wait = run.tools.clock(), run.tools.uptime(), facts.wait
    if facts.last_day is None:
        return False
    if uptime and not facts.compromised:
        wait = wait.at(uptime) if wait else wait_for(facts.last_day, now, uptime)
        if not plan_only and (facts.wait is None or wait.left != facts.wait.left):
            run.tools.record.waits(facts.fingerprint, wait)
    return facts.last_day < now.date() and (facts.compromised or wait is None or wait.is_over)


def _state_after(run: Run, error: DcassError) -> str:
    renewal = run.tools.journal.latest()
    if isinstance(error, RenewalRejected):
        return "rejected"
    if isinstance(error, KeyExpired):
        return "expired"
    if renewal and renewal.in_flight:
        return "pending"
    return "unknown" if isinstance(error, (BadInput, HostTrouble)) else "current"


def _told(run: Run, state: str, reason: str) -> dict[str, Any]:
    """What every run returns; of a renewal that is over or under way, or of the key in force."""
    tools, renewal = run.tools, run.tools.journal.latest()
    told_: dict[str, Any] = {
        "changed": run.changed,
        "state": state,
        "reason": reason,
        "connection": run.connection,
        "resumed": False,
        "result_file": None,
        "result": None,
        "old_key_last_day": None,
        "destroyed": [],
        "plan": None,
    }
    public = tools.files.public()
    if renewal is None or (state in ("current", "expired") and not run.changed):
        facts = _facts(run, public)
        known = _life(run, public)
        told_.update(
            old_fingerprint=public.fingerprint if public else None,
            new_fingerprint=None,
            uploaded_on=_iso(facts.registered_on if facts else None),
            last_day=_iso(known.last_day if known else None),
        )
    else:
        day_ = renewal.uploaded_on
        told_.update(
            old_fingerprint=renewal.old_fingerprint,
            new_fingerprint=renewal.new_fingerprint,
            uploaded_on=_iso(day_),
            last_day=_iso(last_day(day_)) if day_ and state != "rejected" else None,
            old_key_last_day=_iso(ends(run, renewal)) if day_ and state != "rejected" else None,
            result_file=renewal.result_name,
            result=told(renewal.result) if renewal.result is not None else None,
        )
    told_["diff"] = {
        "before": f"{run.account}: {told_['old_fingerprint']}\n",
        "after": f"{run.account}: {told_['new_fingerprint'] or told_['old_fingerprint']}\n",
    }
    return told_
