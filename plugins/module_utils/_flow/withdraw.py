# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A compromised key: out of use at once, another registered by people, and proof that the first is dead (§5, §6)."""

from __future__ import annotations

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_steps import Run, carry_on, withdraw
from ansible_collections.dcass.sftp.plugins.module_utils._rules import door
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import ANEW, COSTS, Event, Renewal, State

_WAITS = "the compromised key goes out of use; the new one is to be registered with the exchange (§5)"  # a plan, too


def replace_compromised(run: Run, named: str, plan_only: bool) -> tuple[str, str, dict[str, Any]]:
    """Withdraw the named key and make another; once that one is registered, prove and switch."""
    tools = run.tools
    renewal = tools.journal.latest()
    facts = tools.record.known().get(named)
    if renewal and _replaces(renewal) and renewal.old_fingerprint == named:
        return _go_on(run, renewal, plan_only)
    public = tools.files.public() or tools.files.load(run.request.facility.passphrase).public
    if facts and facts.compromised and public.fingerprint != named:
        return "current", f"the compromised key was replaced by {public.fingerprint}", _public_key(run, "current")
    if renewal and renewal.in_flight and renewal.new_fingerprint == named:
        raise BadInput(
            f"compromised_fingerprint: {named} is the new key of the renewal of {run.account} that is under way.",
            hint="Finish that renewal first (playbook dcass.sftp.renew_keys), then run this again.",
        )
    if public.fingerprint != named:
        return "current", f"{run.account} uses another key, {public.fingerprint}", _public_key(run, "current")
    if plan_only:
        return "pending", _WAITS, {"changed": True}
    if renewal and renewal.in_flight:
        run.note(renewal, Event.GIVEN_UP)
    renewal = withdraw(run, run.begin(State.WITHDRAWING, public))
    return "pending", _WAITS, _public_key(run, renewal.version)


def _replaces(renewal: Renewal) -> bool:
    """Whether a compromised key is being replaced: no upload has led to the proof."""
    return renewal.state in ANEW or (renewal.state is State.PROVEN and not renewal.uploads)


def _go_on(run: Run, renewal: Renewal, plan_only: bool) -> tuple[str, str, dict[str, Any]]:
    if renewal.state is State.PROVEN:  # killed before the switch: that takes no login, and no word from people
        if not plan_only:
            carry_on(run, renewal)
        more = {"changed": True} if plan_only else {"resumed": True, **_public_key(run, "current")}
        return "renewed", f"registered anew on {renewal.uploaded_on}", more
    if renewal.state is State.WITHDRAWING:
        if plan_only:
            return "pending", _WAITS, {"changed": True}
        renewal = withdraw(run, renewal)
    registered_on = run.request.registered_on
    if registered_on is None:
        return "pending", _WAITS, _public_key(run, renewal.version)
    now = run.tools.clock()
    if not renewal.began.date() <= registered_on <= now.date():
        raise BadInput(
            f"registered_on: {registered_on} can't be the day; the key was made on {renewal.began:%Y-%m-%d}, "
            "and the day is not in the future."
        )
    asked = door.ask(run.request.facility, now)
    run.warnings += asked.warnings
    if asked.shut:
        return "pending", _WAITS, {key: value for key, value in asked.shut.items() if key != "warnings"}
    reason = f"registered anew on {registered_on}"
    if plan_only:
        run.require(COSTS[renewal.state], plan_only=True)
        return "renewed", reason, {"changed": True}
    carry_on(run, renewal)
    return "renewed", reason, {"resumed": True, **_public_key(run, "current")}


def _public_key(run: Run, version: str) -> dict[str, Any]:
    """What the registration package needs of the account's key."""
    content = run.tools.files.content(run.account.public_key_name, version)
    return {"public_key": content.decode("utf-8", "replace")}
