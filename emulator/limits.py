# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often an account may log in (§4.3) and upload (§6.3)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

LOGINS, LOGIN_WINDOW = 5, timedelta(minutes=5)
UPLOADS, UPLOAD_WINDOW, UPLOAD_BLOCK = 5, timedelta(hours=1), timedelta(hours=1)
UPLOADS_A_DAY = 120


def locked_until(logins: Iterable[datetime], now: datetime) -> datetime | None:
    """The end of the lock, five minutes after the first of five logins within five minutes; None where not locked."""
    recent = sorted(moment for moment in logins if now - LOGIN_WINDOW < moment <= now)
    return recent[-LOGINS] + LOGIN_WINDOW if len(recent) >= LOGINS else None


def blocked_until(uploads: Iterable[datetime], of_participant: Iterable[datetime], now: datetime) -> datetime | None:
    """The end of the block, an hour after the fifth key in an hour or the 120th in a day; None where not blocked."""
    moments = sorted(moment for moment in uploads if moment <= now)
    ends = [
        fifth + UPLOAD_BLOCK
        for first, fifth in zip(moments, moments[UPLOADS - 1 :], strict=False)
        if fifth - first < UPLOAD_WINDOW
    ]
    # Counted by the day they were made on: the block that the 120th brought before midnight goes on after it.
    for _, of_day in groupby(sorted(moment for moment in of_participant if moment <= now), datetime.date):
        ends += [moment + UPLOAD_BLOCK for moment in list(of_day)[UPLOADS_A_DAY - 1 :]]
    return max((end for end in ends if end > now), default=None)


@dataclass
class Ledger:
    """When each account logged in and uploaded, as far back as a rule reaches; rebuilt from the event log at start."""

    logins: dict[str, deque[datetime]] = field(default_factory=dict)
    uploads: dict[str, deque[datetime]] = field(default_factory=dict)

    def note_login(self, account: str, moment: datetime) -> None:
        """An authentication attempt, whatever came of it."""
        self.logins.setdefault(account, deque(maxlen=LOGINS * 2)).append(moment)

    def note_upload(self, account: str, moment: datetime) -> None:
        """A key uploaded, whatever came of it."""
        self.uploads.setdefault(account, deque(maxlen=UPLOADS_A_DAY * 2)).append(moment)

    def forget(self, customer_code: str) -> None:
        """Count a participant's accounts from nothing again."""
        for moments in (self.logins, self.uploads):
            for account in [name for name in moments if name.startswith(customer_code)]:
                del moments[account]

    def locked_until(self, account: str, now: datetime) -> datetime | None:
        """Until when the account cannot log in."""
        return locked_until(self.logins.get(account, ()), now)

    def blocked_until(self, account: str, now: datetime) -> datetime | None:
        """Until when the account cannot upload; the daily limit is the participant's."""
        own = self.uploads.get(account, deque())
        both = [moment for name, moments in self.uploads.items() if name[:4] == account[:4] for moment in moments]
        return blocked_until(own, both, now)
