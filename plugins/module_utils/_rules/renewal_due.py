# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a renewal due? An answer with its reason, from the record alone: no login is spent on asking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import OLD_KEY_DAYS, VALID_DAYS, WARNING_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import KEY_WITHDRAWN, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import Validity, is_answered

LAST_CHANCE_DAYS = WARNING_DAYS  # with fewer days left a key no longer waits for the other one


@dataclass(frozen=True)
class Due:
    """Whether to renew now, and why; ``waits`` for the other account, though its own days would say yes."""

    due: bool
    reason: str
    waits: bool = False


@dataclass(frozen=True)
class Other:
    """The participant's other account, as its workstation knows it; ``state`` None: nobody could ask it."""

    account: str
    state: str | None
    uploaded_on: date | None

    @property
    def trouble(self) -> str | None:
        """What is the matter with it, in words; None where it works and is not being renewed."""
        if self.state is None:
            return f"the state of {self.account} is not known"
        if self.state == State.REJECTED.value:
            return f"the exchange has rejected the renewal of {self.account}"
        if self.state in (State.DONE.value, State.ABANDONED.value, "none"):
            return None
        if self.state in [state.value for state in KEY_WITHDRAWN]:
            return f"{self.account} waits for its re-registration"
        return f"the renewal of {self.account} is not finished"


def opens_on(validity: Validity, renew_before: int) -> date:
    """Return the first day on which a key is renewed: never before the one that it superseded has gone (§6.1)."""
    return validity.last_day - timedelta(days=min(renew_before, VALID_DAYS - OLD_KEY_DAYS))


def renewal_due(
    validity: Validity,
    renew_before: int,
    warned_on: date | None,
    other: Other | None,
    today: date,
    last_business_day: date,
) -> Due:
    """Decide for a current key that no renewal is under way for. ``renew_before`` is days before its last one."""
    left = validity.days_left(today)
    opens = opens_on(validity, renew_before)
    if today < opens and warned_on is None:
        return Due(False, f"valid until {validity.last_day}, renewal opens {opens}")
    why = f"expires on {validity.last_day}, in {left} days; renewal opened {opens}"
    if left < 0:
        why = f"made so long ago that it may expire any day: {validity.last_day} is past"
    if today < opens:
        why = f"the exchange warned on {warned_on} that the key expires, though the record says {validity.last_day}"
        left = min(left, LAST_CHANCE_DAYS)  # a warning comes in the last fourteen days alone (§6.2)
        last_business_day = today  # which the record can't tell, since it is wrong
    waits = other and _waits(other, left, today, last_business_day)
    return Due(False, f"{why}; it waits, since {waits}", waits=True) if waits else Due(True, why)


def _waits(other: Other, days_left: int, today: date, last_business_day: date) -> str | None:
    """One account always works: the two are not renewed on one day, nor while the other is in trouble."""
    rejected = other.state == State.REJECTED.value  # what was uploaded today was no renewal
    if other.uploaded_on == today and not rejected and today < last_business_day:
        return f"{other.account} was renewed today"
    return other.trouble if days_left > LAST_CHANCE_DAYS else None


def warned(days: Iterable[date], registered_on: date | None, today: date) -> date | None:
    """Return the day of the latest expiry warning that is about the current key (§6.2).

    For fourteen days after a renewal the exchange goes on warning of the old key; those it has overtaken.
    """
    since = today - timedelta(days=OLD_KEY_DAYS)
    return max((day for day in days if since < day <= today and not is_answered(day, registered_on)), default=None)


def last_business_day(calendar: Calendar, last_day: date, today: date) -> date:
    """Return the last business day on which a key with that last day can still be renewed; today where none is left."""
    days = calendar.business_days(max(today, last_day - timedelta(days=30)), last_day)
    return days[-1] if days else today
