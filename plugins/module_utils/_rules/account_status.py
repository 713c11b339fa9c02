# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an account stands, in words: its key, its renewal, and what people or a playbook do next (§5, §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import AT_ONCE, Due
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    UNSENT,
    Renewal,
    State,
    old_key_last_day,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import reason
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, Validity, validity

_STEPS = {
    State.PLANNED: "a new pair is being made; nothing has been sent",
    State.MADE: "a new pair is made; nothing has been sent",
    State.SENDING: "the upload of the new key was begun; whether it arrived is not known",
    State.SENT: "the new key is uploaded; no result has been seen",
    State.UNSURE: "the facility refused to take the new key; it is uploaded again",
    State.SILENT: "the new key is uploaded and does not log in; no result has been seen",
    State.ACCEPTED: "the exchange has accepted the new key, which has not logged in yet",
    State.CONTESTED: "a result says no, perhaps of an earlier upload of the same key",
    State.PROVEN: "the new key has logged in and is to become the current one",
    State.WITHDRAWING: "the compromised key is being put out of use",
    State.WITHDRAWN: "the compromised key is out of use; the new one waits for its registration",
    State.REPLACED: "the new key logs in; that the compromised one no longer does is not proven",
}
_TAKEN_OVER = (State.ACCEPTED, State.PROVEN)  # the exchange knows the new key: the old one's last days are counted
_REGISTERED = ("registered", "renewed", "re-registered")  # evidence that tells of a key and its last day
_NEXT = {
    "absent": "Make the key of {account}: playbook dcass.sftp.rollout.",
    "lost": "Restore the private key of {account} from its backup; if there is none, the playbooks dcass.sftp.rollout "
    "(with -e dcass_hosts=HOST -e dcass_key_regenerate=always) and dcass.sftp.register make another and its package.",
    "unreadable": "Repair the public key file of {account}: playbook dcass.sftp.rollout.",
    "unknown": "Restore the state of {account} from its backup: it knows nothing of the key that is here. If there is "
    "none, tell when the key was registered (dcass_registered_on): playbook dcass.sftp.rollout.",
    "made": "Register the key of {account} with the exchange: playbook dcass.sftp.register, then Client Connect.",
    "withdrawn": "Finish the re-registration of {account}: hand the package in through Client Connect, then playbook "
    "dcass.sftp.compromised_key. Now {words}.",
    "undated": "Tell when the key of {account} was registered (dcass_registered_on): its last day is not known.",
    "expired": "Re-register {account}: its key expired on {last_day} (§5). Make another: playbook dcass.sftp.rollout "
    "with -e dcass_hosts=HOST -e dcass_key_regenerate=always; then playbook dcass.sftp.register, then Client Connect.",
    "under way": "Finish the renewal of {account}: playbook dcass.sftp.renew_keys. Now {words}.",
    "rejected": "Look into the renewal of {account}: {words}. Playbook dcass.sftp.renew_keys tries with another key, "
    "not before the next business day.",
    "due": "Renew the key of {account}: its last day is {last_day}, in {left} days; playbook dcass.sftp.renew_keys.",
}
_CODES = {
    **{word: f"key_{word}" for word in ("absent", "lost", "unreadable", "unknown", "withdrawn", "expired", "undated")},
    "made": "key_unregistered",
    "under way": "renewal_under_way",
    "rejected": "renewal_failed",
    "due": "renewal_due",
}


@dataclass(frozen=True)
class AccountStatus:
    """One account's key and its last renewal, as this workstation knows them. ``opens_on`` is when renewal is due."""

    account: str
    key: str
    validity: Validity | None
    renewal: Renewal | None
    opens_on: date | None

    @property
    def renewal_words(self) -> str:
        """Where the renewal stands, or when the next one opens."""
        if self.renewal and self.renewal.state in _STEPS:
            return _STEPS[self.renewal.state]
        if self.renewal and self.renewal.state is State.REJECTED:
            return f"the exchange rejected the new key: {reason(self.renewal.result or b'') or 'it gave no reason'}"
        if self.validity and self.opens_on:
            return f"valid until {self.validity.last_day}, renewal opens {self.opens_on}"
        return "the last day of the key is not known"

    def due(self, today: date) -> list[Due]:
        """Return what is to be done for the key; empty when nothing is."""
        facts: dict[str, Any] = {"account": self.account, "words": self.renewal_words}
        if self.validity:
            facts.update(last_day=self.validity.last_day, left=self.validity.days_left(today))
        return [Due(_CODES[step], self._within(today), _NEXT[step].format(**facts)) for step in self._steps(today)]

    def _within(self, today: date) -> int | None:
        """In how many days the account can't log in any more if nobody does anything."""
        if self.key != "registered":
            return AT_ONCE
        is_due = self.validity and self.opens_on and today >= self.opens_on
        return self.validity.days_left(today) if self.validity and is_due else None

    def _steps(self, today: date) -> list[str]:
        undated = [] if self.validity else ["undated"]
        if self.key == "made":
            return ["made", *undated]
        if self.key not in ("registered", "expired"):
            return [self.key]
        under_way = self.renewal is not None and self.renewal.in_flight
        if self.renewal and under_way and not (self.key == "expired" and self.renewal.state in UNSENT):
            return ["under way"]  # also when the old key has expired: the new one may work already
        if self.key == "expired":
            return ["expired"]
        if self.renewal and self.renewal.state is State.REJECTED:
            return ["rejected"]
        return ["due"] if self.opens_on and today >= self.opens_on else undated


def key_validity(facts: KeyFacts, renewal: Renewal | None) -> Validity | None:
    """Say until when the current key is good, also when another one has taken over from it (§6.1)."""
    span, days = validity(facts.made_on, facts.registered_on), [facts.last_day] if facts.last_day else []
    taken_over = renewal is not None and renewal.state in _TAKEN_OVER and renewal.old_fingerprint == facts.fingerprint
    if renewal and taken_over and renewal.uploaded_on:
        days.append(old_key_last_day(renewal.uploaded_on, None))
    if not days or (span and span.last_day <= min(days)):
        return span
    return Validity(min(days), "superseded")


def relevant_renewal(renewal: Renewal | None, fingerprint: str | None) -> Renewal | None:
    """Return the renewal if it is under way or about that key; one that ended with other keys is history."""
    if renewal is None or renewal.in_flight or fingerprint in (None, renewal.old_fingerprint, renewal.new_fingerprint):
        return renewal
    return None


def rebuild_steps(path: str, evidence: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what people do after a state has been lost, from what is known elsewhere; the newest is the last."""
    known = [entry["facts"] for entry in evidence if entry["facts"].get("outcome") in _REGISTERED]
    good = [result["name"] for result in results if result["good"]]
    if known:
        registered = (
            f"by the newest evidence it is {known[-1].get('new_fingerprint')}, good until {known[-1].get('last_day')}"
        )
    else:
        registered = "no evidence tells it, so compare the fingerprints with the package that was registered"
    if good:
        registered += f"; the newest good result that is held is {good[-1]}"
    return [
        f"Stop the schedule of this workstation. Move {path} aside and keep it.",
        "Wait five minutes from the last login and an hour from the last key upload: their record is in that file.",
        "Restore the file from its backup if that is younger than the last renewal; otherwise begin without one.",
        f"Let 'current' lead to the key that the exchange knows: {registered}. Remove no version.",
        "Set dcass_registered_on to the day on which that key was registered or uploaded. Run dcass.sftp.rollout.",
        "Run dcass.sftp.sync_reports, then dcass.sftp.renew_keys.",
    ]
