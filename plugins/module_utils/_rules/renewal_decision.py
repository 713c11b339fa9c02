# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does about an account's renewal: a chain of small rules, the first that speaks wins (§5, §6)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import AmbiguousKey, KeyDateUnknown, KeyExpired
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    AWAITING_REREGISTRATION,
    UNSENT,
    Renewal,
    State,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import LAST_CHANCE_DAYS, Other, renewal_due
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, Validity


class Action(enum.Enum):
    """What is done now."""

    NOTHING = enum.auto()  # the current key stays current
    WAIT = enum.auto()  # people or the exchange come next
    GIVE_UP = enum.auto()  # the renewal under way leads nowhere; then it is decided again without it
    CARRY_ON = enum.auto()  # with the renewal under way
    BEGIN = enum.auto()
    REJECTED = enum.auto()  # the exchange rejected today's renewal: what it said is shown again


@dataclass(frozen=True)
class Decision:
    """What is done, why in words, and by a word that stays the same (``outcome``) where nothing is done."""

    action: Action
    reason: str
    outcome: str | None = None


@dataclass(frozen=True)
class Situation:
    """All that the decision rests on, by the record and by what is on disk.

    ``key`` is the fingerprint of the current key, None where only the renewal under way needs none; ``facts`` and
    ``validity`` are of that key; ``began_with`` are the facts of the key that the renewal under way began with.
    ``is_extra_day`` says that the facility is open although it is no business day: a holiday, a drill.
    """

    account: str
    now: datetime
    renewal: Renewal | None
    key: str | None
    facts: KeyFacts | None
    validity: Validity | None
    began_with: KeyFacts | None
    force: bool
    renew_before: int
    warned_on: date | None
    other: Other | None
    last_business_day: date | None
    is_extra_day: bool = False

    @property
    def under_way(self) -> Renewal | None:
        """The renewal that has begun and not ended."""
        return self.renewal if self.renewal and self.renewal.in_flight else None

    @property
    def is_expired(self) -> bool:
        """Whether the facility has removed the current key."""
        return self.validity is not None and self.validity.is_over(self.now.date())

    @property
    def is_last_chance(self) -> bool:
        """Whether the current key is about to end."""
        return self.validity is not None and self.validity.days_left(self.now.date()) <= LAST_CHANCE_DAYS

    @property
    def may_wait(self) -> bool:
        """Whether it is a day on which the exchange can't be asked, and the key, for all that is known, has time."""
        return self.is_extra_day and not self.is_last_chance and self.warned_on is None


def needs_current_key(renewal: Renewal | None) -> bool:
    """Say whether a run needs the current key: a new key that may be registered leads to the end without the old."""
    if renewal is None or not renewal.in_flight:
        return True
    return not (renewal.uploads or renewal.state is State.PROVEN or renewal.state in AWAITING_REREGISTRATION)


def decide_renewal(situation: Situation) -> Decision:
    """Return what the first rule says that has something to say; raise where one refuses to go on."""
    return next(decision for decision in (rule(situation) for rule in CHAIN) if decision)


def _awaits_reregistration(situation: Situation) -> Decision | None:
    if situation.renewal is None or situation.renewal.state not in AWAITING_REREGISTRATION:
        return None
    return Decision(
        Action.WAIT, "the compromised key is withdrawn; the new one waits for its registration", "withdrawn"
    )


def _began_with_another_key(situation: Situation) -> Decision | None:
    """Somebody has changed the current key in the middle of a renewal."""
    under_way, before = situation.under_way, situation.began_with
    if not under_way or situation.key in (None, under_way.old_fingerprint, under_way.new_fingerprint):
        return None
    if not situation.force and (before is None or before.works_on(situation.now.date())):
        raise AmbiguousKey(
            f"The renewal of {situation.account} that is under way began with another key than the one now in use.",
            hint="Point the link 'current' at the version it began with; -e dcass_renewal_force=true begins anew.",
        )
    return Decision(Action.GIVE_UP, "the renewal under way began with another key")


def _was_never_sent(situation: Situation) -> Decision | None:
    """Nobody knows the new key, and the old one can't introduce it any more."""
    under_way = situation.under_way
    if under_way and under_way.state in UNSENT and situation.is_expired:
        return Decision(Action.GIVE_UP, "the key with which the renewal began has expired")
    return None


def _is_under_way(situation: Situation) -> Decision | None:
    under_way = situation.under_way
    if not under_way:
        return None
    return Decision(Action.CARRY_ON, f"goes on with the renewal begun on {under_way.began:%Y-%m-%d}")


def _is_expired(situation: Situation) -> Decision | None:
    if situation.is_expired and situation.validity:
        raise expired(situation.account, situation.validity)
    return None


def _is_forced(situation: Situation) -> Decision | None:
    return Decision(Action.BEGIN, "asked for by force") if situation.force else None


def _was_rejected_today(situation: Situation) -> Decision | None:
    """The exchange would reject it again: people look into it first, and the next business day tries anew."""
    last, today = situation.renewal, operating_day(situation.now)
    if last and last.state is State.REJECTED and last.ended and operating_day(last.ended) == today:
        return Decision(Action.REJECTED, "the exchange has rejected the new key today")
    return None


def _has_no_date(situation: Situation) -> Decision | None:
    if situation.validity is None:
        raise KeyDateUnknown(f"When the key of {situation.account} was made or registered is not known here.")
    return None


def _by_its_days(situation: Situation) -> Decision | None:
    validity, last = situation.validity, situation.last_business_day
    if validity is None or last is None:
        return None
    due = renewal_due(
        validity, situation.renew_before, situation.warned_on, situation.other, situation.now.date(), last
    )
    if due.due and situation.may_wait and situation.now.date() < last:
        waits = f"{due.reason}; it waits for a business day, on which the exchange can be asked"
        return Decision(Action.NOTHING, waits, "waiting")
    if due.due:
        return Decision(Action.BEGIN, due.reason)
    is_known = situation.facts is not None and situation.facts.is_registered
    unknown = "" if is_known else "; that it is registered with the exchange is not on record"
    return Decision(Action.NOTHING, due.reason + unknown, "waiting" if due.waits else "not_due")


CHAIN = (
    _awaits_reregistration,
    _began_with_another_key,
    _was_never_sent,
    _is_under_way,
    _is_expired,
    _is_forced,
    _was_rejected_today,
    _has_no_date,
    _by_its_days,
)


def expired(account: str, validity: Validity) -> KeyExpired:
    """Return the error for a key that the facility has removed."""
    return KeyExpired(f"The key of {account} expired on {validity.last_day}; the facility has removed it.")
