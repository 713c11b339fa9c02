# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_renewal: an account's key is renewed in time, and none is lost on the way, whatever happens in between (§6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.key_retirement import retire
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_evidence import keep_evidence, rejected
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_ports import RenewalPorts
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_result import (
    Ending,
    facts_of,
    failed,
    nothing_decided,
    to_result,
    validity_of,
)
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import RenewalRequest, RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_steps import carry_on, is_new_key_missing
from ansible_collections.dcass.sftp.plugins.module_utils._flow.turns import Turn, in_turn
from ansible_collections.dcass.sftp.plugins.module_utils._flow.withdrawal import replace_compromised
from ansible_collections.dcass.sftp.plugins.module_utils._rules import opening_hours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar, doubt, iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AmbiguousKey,
    BadInput,
    BadPrivateKey,
    ConnectionLost,
    DiskFull,
    NoKey,
    WrongAccountKey,
    as_ours,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import BUSY, RESULT_TIMEOUT, day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    COSTS,
    Event,
    Renewal,
    State,
    old_key_last_day,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_decision import (
    Action,
    Decision,
    Situation,
    decide_renewal,
    expired,
    needs_current_key,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import Other, last_business_day, warned
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import RENEWAL, WITHDRAWAL
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import settings_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey, require_rsa_2048
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import last_day

__all__ = [  # what the module wires
    "RenewalPorts",
    "Turn",
    "in_turn",
    "kind_of",
    "nothing_where_busy",
    "renew",
    "renewal_request",
]

_RESTORE = (
    "The exchange knows this key: restore it from its backup. If there is none, move the account's key folder away, "
    "make another key (playbook dcass.sftp.rollout -e dcass_key_regenerate=always), and re-register it (§5)."
)
_GOES_ON = "The current key stays the current one. Run again: the renewal goes on from there."
_FINGERPRINT = re.compile(r"([0-9a-f]{2}:){15}[0-9a-f]{2}")


def renewal_request(options: Mapping[str, Any]) -> RenewalRequest:
    """Build the request from module options, or raise BadInput or BadAccount."""
    RESULT_TIMEOUT.require(options["result_timeout"])
    compromised, registered_on = options["compromised_fingerprint"], options["registered_on"]
    if compromised and not _FINGERPRINT.fullmatch(compromised):
        raise BadInput("compromised_fingerprint must be the MD5 fingerprint: 16 octets in small letters with colons.")
    settings = settings_from(options)
    return RenewalRequest(
        settings=settings,
        renew_before=options["renew_before"],
        force=options["force"],
        result_timeout=options["result_timeout"],
        retire_old=options["retire_old"],
        other=_other(settings.account, options["other_account"]),
        compromised=compromised or None,
        registered_on=day("registered_on", registered_on) if registered_on else None,
    )


def kind_of(request: RenewalRequest) -> str:
    """Return the word by which a run is noted."""
    return WITHDRAWAL if request.compromised else RENEWAL


def nothing_where_busy(options: Mapping[str, Any]) -> Callable[[str], dict[str, Any]] | None:
    """What a run ends with that finds its account busy; None where it fails: as asked, or since people wait for it."""
    if options[BUSY.name] == "fail" or options["force"] or options["compromised_fingerprint"]:
        return None
    return nothing_decided


def _other(account: Account, said: Mapping[str, Any] | None) -> Other | None:
    if not said:
        return None
    other = parse_account(said["account"])
    if other == account or other.customer_code != account.customer_code:
        raise BadInput(f"other_account: {other} is not the other account of {account.customer_code}.")
    uploaded_on = said["uploaded_on"]
    return Other(other.name, said["state"], day("other_account.uploaded_on", uploaded_on) if uploaded_on else None)


def renew(request: RenewalRequest, ports: RenewalPorts, plan_only: bool) -> dict[str, Any]:
    """Decide, go on where the last run stopped, and tell; with ``plan_only`` decide and predict, without a login."""
    run = RenewalRun(request, ports)
    try:
        if request.compromised:
            ending = replace_compromised(run, request.compromised, plan_only)
        else:
            ending = _renew(run, plan_only)
        destroyed = retire(run, plan_only)
    except Exception as raised:
        error = as_ours(raised)
        if isinstance(error, (ConnectionLost, DiskFull)):
            error.hint = _GOES_ON
        error.facts = {**failed(run, error), **error.facts, "warnings": run.all_warnings}
        if error is raised:
            raise
        raise error from raised
    return {**to_result(run, ending), "destroyed": destroyed, "warnings": run.all_warnings}


def _renew(run: RenewalRun, plan_only: bool) -> Ending:
    situation = _situation(run, run.ports.journal.latest())
    decision = decide_renewal(situation)
    if decision.action is Action.GIVE_UP and situation.under_way:
        if not plan_only:
            run.note(situation.under_way, Event.GIVEN_UP)
        situation = _situation(run, None)
        decision = decide_renewal(situation)
    run.last_chance = situation.is_last_chance
    if decision.action is not Action.NOTHING or decision.outcome == "waiting":
        run.warnings += _doubts(situation, run.request.settings.calendar)
    if decision.action is Action.REJECTED and situation.renewal:
        raise rejected(run, situation.renewal, plan_only)
    if decision.action in (Action.NOTHING, Action.WAIT):
        state = "pending" if decision.action is Action.WAIT else "current"
        return Ending(state, decision.outcome or state, decision.reason)
    return _skipped(run, situation, decision) or _carried_out(run, situation, decision, plan_only)


def _situation(run: RenewalRun, renewal: Renewal | None) -> Situation:
    """Gather what the decision rests on: from disk and record, without a login."""
    ports, now = run.ports, run.ports.clock()
    key = _current_key(run) if needs_current_key(renewal) else ports.files.public()
    facts, validity = facts_of(run, key), validity_of(run, key)
    calendar = run.request.settings.calendar
    return Situation(
        account=run.account.name,
        now=now,
        renewal=renewal,
        key=key.fingerprint if key else None,
        facts=facts,
        validity=validity,
        began_with=ports.record.known().get(renewal.old_fingerprint) if renewal else None,
        force=run.request.force,
        renew_before=run.request.renew_before,
        warned_on=warned(ports.warning_days(), facts.registered_on if facts else None, now.date()),
        other=_other_account(run),
        last_business_day=last_business_day(calendar, validity.last_day, now.date()) if validity else None,
        is_extra_day=opening_hours.is_extra_day(run.request.settings, now),
    )


def _still_to_come(situation: Situation, calendar: Calendar) -> str | None:
    """The last business day on which it can be renewed, None where none is left or nobody knows the key's last day."""
    last = situation.last_business_day
    return iso(last) if last and calendar.is_business_day(last) else None


def _doubts(situation: Situation, calendar: Calendar) -> list[str]:
    """Say that the last day on which it can be renewed rests on holidays that are not gazetted, if it does."""
    last = situation.last_business_day
    return [doubt(last.year)] if last and not calendar.knows(last) else []


def _skipped(run: RenewalRun, situation: Situation, decision: Decision) -> Ending | None:
    """Return how a run ends where the facility is closed and the next step needs it, None to go on."""
    under_way = situation.under_way
    if not COSTS[under_way.state if under_way else State.PLANNED].logins:
        return None
    hours = opening_hours.check_hours(run.request.settings, run.ports.clock())
    run.warnings += hours.warnings
    if not hours.skip_result:
        return None
    hours.skip_result.pop("warnings")
    return Ending(
        "pending" if under_way else "current", "closed", f"{decision.reason}; {hours.clause}", more=hours.skip_result
    )


def _carried_out(run: RenewalRun, situation: Situation, decision: Decision, plan_only: bool) -> Ending:
    """Renew, or say what that would do and cost."""
    under_way = situation.under_way
    more: dict[str, Any] = {"resumed": bool(under_way)}
    if plan_only:
        more.update(changed=True, plan=_plan(run, situation))
    elif carry_on(run, under_way or _begin(run)).state is State.ABANDONED:
        carry_on(run, _begin(run))
    return Ending("renewed", "renewed", decision.reason, more=more)


def _current_key(run: RenewalRun) -> PublicKey:
    """Return the current public key, whose private half has been read and fits; raise what is wrong with it."""
    ports = run.ports
    try:
        key = ports.files.load_to_log_in(run.request.settings.passphrase)
    except (NoKey, BadPrivateKey) as error:
        if any(facts.works_on(ports.clock().date()) for facts in ports.record.known().values()):
            error.hint = _RESTORE
        raise
    require_rsa_2048(key.public, f"The key of {run.account}")
    ports.files.require_pair(key)
    if ports.files.comment() == run.account.sibling.name:
        raise WrongAccountKey(f"The key of {run.account} on this workstation calls itself {run.account.sibling}'s.")
    owner = ports.record.owner(key.public.fingerprint)
    if owner:
        raise WrongAccountKey(f"The key of {run.account} on this workstation is the key of {owner}.")
    return key.public


def _other_account(run: RenewalRun) -> Other | None:
    """What is known of the participant's other account: told by the play, or, where both are kept here, on record."""
    sibling = run.ports.sibling()
    if run.request.other or sibling is None:
        return run.request.other
    return Other("the other account", sibling.state.value, sibling.uploaded_on)


def _require_known(run: RenewalRun) -> None:
    """Refuse to begin beside keys that the record does not know: one of them may be registered."""
    known = run.ports.record.known()
    unknown = [version for version, found in run.ports.files.fingerprints().items() if found not in known]
    if unknown and not run.request.force:
        raise AmbiguousKey(
            f"{run.account} has keys that the record does not know ({', '.join(unknown)}): one may be registered.",
            hint="Restore dcass_state_dir from its backup; -e dcass_renewal_force=true leaves them alone.",
        )


def _begin(run: RenewalRun) -> Renewal:
    key, last = _current_key(run), run.ports.journal.latest()
    validity = validity_of(run, key)
    if validity and validity.is_over(run.ports.clock().date()):
        raise expired(run.account.name, validity)
    _require_known(run)
    run.require(COSTS[State.PLANNED])
    if last and last.state is State.REJECTED:
        keep_evidence(run, last)  # the run that was told of it may have been killed before it had kept it
    return run.begin(State.PLANNED, key)


def _plan(run: RenewalRun, situation: Situation) -> dict[str, Any]:
    """Predict: what is uploaded, what it costs, and the days that follow from it."""
    today, validity, under_way = run.ports.clock().date(), situation.validity, situation.under_way
    if under_way is None or is_new_key_missing(run, under_way):
        _require_known(run)
        under_way = None
    cost = COSTS[under_way.state if under_way else State.PLANNED]
    run.require(cost, plan_only=True)
    uploaded_on = (under_way.uploaded_on if under_way and not cost.uploads else today) or today
    return {
        "upload": run.account.public_key_name if cost.uploads else None,
        "logins": cost.logins,
        "uploads": cost.uploads,
        "uploaded_on": iso(uploaded_on),
        "old_key_last_day": iso(old_key_last_day(uploaded_on, validity.last_day if validity else None)),
        "last_day": iso(last_day(uploaded_on)),
        "last_business_day": _still_to_come(situation, run.request.settings.calendar),
    }
