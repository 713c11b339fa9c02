# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a renewal and what leads from one to the next (§6). What a crash leaves is one of these states.

PLANNED ─► MADE ─► SENDING ─► SENT ─► ACCEPTED ─► PROVEN ─► DONE      two logins, one upload
                      │         │
                      ▼         ▼
                   UNSURE    SILENT ─► REJECTED                       the upload was refused, or nobody answered it
WITHDRAWING ─► WITHDRAWN ─► REPLACED ─► PROVEN ─► DONE                a compromised key, re-registered (§5)
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import OLD_KEY_DAYS, VALID_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import ResultName, near, parse_name

RESULT_GRACE = timedelta(hours=1)  # results come at once (§6); after this long without one the key is uploaded again
CLOCK_MARGIN = timedelta(days=1)  # further apart than this, our clock or the facility's is wrong


class State(str, enum.Enum):
    """Where a renewal stands; each is on disk before what it announces is done."""

    PLANNED = "planned"  # a pair has been chosen, and may be on disk
    MADE = "made"  # the pair is on disk; nobody else knows it
    SENDING = "sending"  # it is being uploaded: whether it arrives nobody knows
    SENT = "sent"  # the facility has taken the file
    UNSURE = "unsure"  # the facility would not take the file this time
    SILENT = "silent"  # the new key does not log in (yet), and the upload had arrived
    ACCEPTED = "accepted"  # a result says that it is registered
    CONTESTED = "contested"  # a result says no, but it may be about an earlier upload of the same key
    REJECTED = "rejected"  # the end: a result says no
    PROVEN = "proven"  # the new key has logged in
    DONE = "done"  # the end: it is the current one
    WITHDRAWING = "withdrawing"  # a compromised key is being put out of use, and a pair made
    WITHDRAWN = "withdrawn"  # it is out of use; people register the new pair (§5)
    REPLACED = "replaced"  # the new key has logged in; the compromised one must be refused now
    ABANDONED = "abandoned"  # the end: force or a withdrawal began anew


class Event(str, enum.Enum):
    """What happened; with the state it decides the next state."""

    KEY_CHOSEN = "key chosen"
    KEY_MADE = "key made"
    UPLOAD_STARTED = "upload started"
    UPLOAD_REFUSED = "upload refused"
    UPLOAD_DONE = "upload done"
    RESULT_GOOD = "result good"
    RESULT_BAD = "result bad"
    RESULT_BAD_IN_DOUBT = "result bad, perhaps of another upload"
    NEW_KEY_LOGGED_IN = "new key logged in"
    NEW_KEY_REFUSED = "new key refused"
    OLD_KEY_REFUSED = "old key refused"
    SWITCHED = "switched"
    GIVEN_UP = "given up"


_S, _E = State, Event
NEXT = {
    (_S.PLANNED, _E.KEY_CHOSEN): _S.PLANNED,
    (_S.PLANNED, _E.KEY_MADE): _S.MADE,
    (_S.MADE, _E.UPLOAD_STARTED): _S.SENDING,
    (_S.SENDING, _E.UPLOAD_REFUSED): _S.UNSURE,
    (_S.SENDING, _E.UPLOAD_DONE): _S.SENT,
    (_S.SENT, _E.RESULT_GOOD): _S.ACCEPTED,
    (_S.SENT, _E.RESULT_BAD): _S.REJECTED,
    (_S.SENT, _E.RESULT_BAD_IN_DOUBT): _S.CONTESTED,
    (_S.SENT, _E.NEW_KEY_LOGGED_IN): _S.PROVEN,
    (_S.SENT, _E.NEW_KEY_REFUSED): _S.SILENT,
    (_S.ACCEPTED, _E.NEW_KEY_LOGGED_IN): _S.PROVEN,
    (_S.ACCEPTED, _E.NEW_KEY_REFUSED): _S.ACCEPTED,
    (_S.CONTESTED, _E.NEW_KEY_LOGGED_IN): _S.PROVEN,
    (_S.CONTESTED, _E.NEW_KEY_REFUSED): _S.REJECTED,
    (_S.PROVEN, _E.SWITCHED): _S.DONE,
    (_S.WITHDRAWING, _E.KEY_CHOSEN): _S.WITHDRAWING,
    (_S.WITHDRAWING, _E.KEY_MADE): _S.WITHDRAWN,
    (_S.WITHDRAWN, _E.NEW_KEY_LOGGED_IN): _S.REPLACED,
    (_S.WITHDRAWN, _E.NEW_KEY_REFUSED): _S.WITHDRAWN,
    (_S.REPLACED, _E.OLD_KEY_REFUSED): _S.PROVEN,
}
for _unknown in (_S.SENDING, _S.UNSURE, _S.SILENT):
    NEXT[_unknown, _E.UPLOAD_STARTED] = _S.SENDING
    NEXT[_unknown, _E.RESULT_GOOD] = _S.ACCEPTED
    NEXT[_unknown, _E.NEW_KEY_LOGGED_IN] = _S.PROVEN
    NEXT[_unknown, _E.NEW_KEY_REFUSED] = _unknown
for _bad in (_E.RESULT_BAD, _E.RESULT_BAD_IN_DOUBT):  # of an upload that was cut short a bad result tells nothing
    NEXT[_S.SILENT, _bad] = NEXT[_S.SENT, _bad]
for _early in (_S.PLANNED, _S.MADE, _S.SENDING, _S.SENT, _S.UNSURE, _S.SILENT, _S.ACCEPTED, _S.CONTESTED, _S.PROVEN):
    NEXT[_early, _E.GIVEN_UP] = _S.ABANDONED

UNSENT = (State.PLANNED, State.MADE)
ENDS = (State.REJECTED, State.DONE, State.ABANDONED)
UNACKNOWLEDGED = (State.SENDING, State.UNSURE)
KEY_WITHDRAWN = (State.WITHDRAWN, State.REPLACED)
AWAITING_REREGISTRATION = (State.WITHDRAWING, *KEY_WITHDRAWN)


@dataclass(frozen=True)
class Cost:
    """What the next leg of a renewal takes, planned before its first login."""

    logins: int = 0
    uploads: int = 0


_SEND, _PROVE = Cost(logins=2, uploads=1), Cost(logins=1)
COSTS = {
    State.PLANNED: _SEND,
    State.MADE: _SEND,
    State.SENDING: _SEND,
    State.UNSURE: _SEND,
    State.SILENT: _SEND,
    State.SENT: _PROVE,
    State.ACCEPTED: _PROVE,
    State.CONTESTED: _PROVE,
    State.PROVEN: Cost(),
    State.WITHDRAWING: Cost(),
    State.WITHDRAWN: Cost(logins=2),
    State.REPLACED: _PROVE,
}


@dataclass(frozen=True)
class Renewal:
    """One renewal as the journal has it. ``uploads`` counts what may have arrived; ``result`` is the file, whole."""

    id: int
    state: State
    began: datetime
    ended: datetime | None
    old_fingerprint: str
    new_fingerprint: str
    version: str
    uploads: int = 0
    seen_before: tuple[str, ...] = ()
    uploaded_at: datetime | None = None
    result_name: str | None = None
    result: bytes | None = None
    proven_at: datetime | None = None
    result_day: date | None = None  # the facility's, where it could be believed

    @property
    def in_flight(self) -> bool:
        """Whether it has not come to an end."""
        return self.state not in ENDS

    @property
    def uploaded_on(self) -> date | None:
        """The day that counts: the facility's, as its result is named, where that can be; else ours.

        A day beyond what this journal knows is never believed: a name is anybody's word.
        """
        if self.result_day is not None:
            return self.result_day
        result = parse_name(self.result_name) if self.result_name else None  # of a journal that did not note its day
        if result and near(result, self.began, self.proven_at or self.uploaded_at or self.began, CLOCK_MARGIN):
            return result.at.date()
        return self.own_day

    @property
    def own_day(self) -> date | None:
        """The day of the upload by this workstation's clock."""
        if self.uploaded_at is None:
            return None
        return min(self.uploaded_at, self.proven_at or self.uploaded_at).date()  # the clock may have been set right

    def day_of(self, result: ResultName, made: int | None, now: datetime) -> date | None:
        """Return the facility's day of a result of this renewal, None where it can't be believed.

        It is between the beginning of the renewal and now, give or take a day. Where it is not, one of the clocks is
        wrong, or the name is: it is believed if the file was ``made`` (Unix seconds) then, too, and if that is nearer
        to the upload than a key is valid.
        """
        if near(result, self.began, now, CLOCK_MARGIN):
            return result.at.date()
        has_that_time = made is not None and abs(made - result.at.timestamp()) <= CLOCK_MARGIN.total_seconds()
        is_possible = abs(result.at - (self.uploaded_at or self.began)) < timedelta(days=VALID_DAYS)
        return result.at.date() if has_that_time and is_possible else None

    def verdict(self, result: ResultName, now: datetime) -> Event:
        """Say what a fresh result means. A bad one is final only where it can be about no other upload of this key."""
        if result.good:
            return Event.RESULT_GOOD
        is_ours = self.uploaded_at is not None and result.at >= self.uploaded_at - RESULT_GRACE
        alone = self.uploads == 1 and is_ours and near(result, self.began, now, CLOCK_MARGIN)
        return Event.RESULT_BAD if alone else Event.RESULT_BAD_IN_DOUBT

    def patient_until(self) -> datetime | None:
        """Return until when an upload that arrived is waited for, before the same key is uploaded again."""
        if self.state is not State.SILENT or self.uploaded_at is None:
            return None
        return self.uploaded_at + RESULT_GRACE


def old_key_last_day(uploaded_on: date, last_day: date | None) -> date:
    """Return the last day of the key that an upload on that day supersedes (§6.1)."""
    day = uploaded_on + timedelta(days=OLD_KEY_DAYS - 1)
    return min(day, last_day) if last_day else day
