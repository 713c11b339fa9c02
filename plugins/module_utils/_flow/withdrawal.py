# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A compromised key: out of use at once, another registered by people, and proof that the first is dead (§5, §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_result import Ending
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_steps import carry_on, withdraw
from ansible_collections.dcass.sftp.plugins.module_utils._rules import opening_hours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    AWAITING_REREGISTRATION,
    COSTS,
    Event,
    Renewal,
    State,
)

_WAITS = "the compromised key goes out of use; the new one is to be registered with the exchange (§5)"  # a plan, too


def replace_compromised(run: RenewalRun, named: str, plan_only: bool) -> Ending:
    """Withdraw the named key and make another; once that one is registered, prove and switch."""
    ports = run.ports
    renewal = ports.journal.latest()
    facts = ports.record.known().get(named)
    if renewal and _replaces(renewal) and renewal.old_fingerprint == named:
        return _go_on(run, renewal, plan_only)
    public = ports.files.public() or ports.files.load(run.request.settings.passphrase).public
    if facts and facts.compromised and public.fingerprint != named:
        reason = f"the compromised key was replaced by {public.fingerprint}"
        return Ending("current", "replaced_before", reason, _public_key(run, "current"))
    if renewal and renewal.in_flight and renewal.new_fingerprint == named:
        raise BadInput(
            f"compromised_fingerprint: {named} is the new key of the renewal of {run.account} that is under way.",
            hint="Finish that renewal first (playbook dcass.sftp.renew_keys), then run this again.",
        )
    if public.fingerprint != named:
        reason = f"{run.account} uses another key, {public.fingerprint}"
        return Ending("current", "other_key", reason, _public_key(run, "current"))
    if plan_only:
        return _waits({"changed": True})
    if renewal and renewal.in_flight:
        run.note(renewal, Event.GIVEN_UP)
    renewal = withdraw(run, run.begin(State.WITHDRAWING, public))
    return _waits(_public_key(run, renewal.version))


def _replaces(renewal: Renewal) -> bool:
    """Whether a compromised key is being replaced: no upload has led to the proof."""
    return renewal.state in AWAITING_REREGISTRATION or (renewal.state is State.PROVEN and not renewal.uploads)


def _go_on(run: RenewalRun, renewal: Renewal, plan_only: bool) -> Ending:
    if renewal.state is State.PROVEN:  # killed before the switch: that takes no login, and no word from people
        if not plan_only:
            carry_on(run, renewal)
        more = {"changed": True} if plan_only else {"resumed": True, **_public_key(run, "current")}
        return Ending("renewed", "replaced", f"re-registered on {renewal.uploaded_on}", more)
    if renewal.state is State.WITHDRAWING:
        if plan_only:
            return _waits({"changed": True})
        renewal = withdraw(run, renewal)
    registered_on = run.request.registered_on
    if registered_on is None:
        return _waits(_public_key(run, renewal.version))
    now = run.ports.clock()
    if not renewal.began.date() <= registered_on <= now.date():
        raise BadInput(
            f"registered_on: {registered_on} can't be the day; the key was made on {renewal.began:%Y-%m-%d}, "
            "and the day is not in the future."
        )
    hours = opening_hours.check_hours(run.request.settings, now)
    run.warnings += hours.warnings
    if hours.skip_result:
        return _waits({key: value for key, value in hours.skip_result.items() if key != "warnings"})
    reason = f"re-registered on {registered_on}"
    if plan_only:
        run.require(COSTS[renewal.state], plan_only=True)
        return Ending("renewed", "replaced", reason, {"changed": True})
    carry_on(run, renewal)
    return Ending("renewed", "replaced", reason, {"resumed": True, **_public_key(run, "current")})


def _waits(more: Mapping[str, Any]) -> Ending:
    return Ending("pending", "withdrawn", _WAITS, more)


def _public_key(run: RenewalRun, version: str) -> dict[str, Any]:
    """What the registration package needs of the account's key."""
    content = run.ports.files.content(run.account.public_key_name, version)
    return {"public_key": content.decode("utf-8", "replace")}
