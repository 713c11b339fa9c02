# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account's logins and uploads, each written down before it is made, so that no crash forgets one (§4.3, §6.3)."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, maybe, moment
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LoginBudgetSpent, UploadBudgetSpent
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import (
    LOGINS,
    Allowance,
    Attempt,
    Limit,
    allowance,
)


class Ledger:
    """The attempts of one account from this workstation."""

    def __init__(self, state: StateDb, account: str) -> None:
        self._state = state
        self._account = account

    def allowance(self, limit: Limit, budget: int, now: datetime, needed: int = 1) -> Allowance:
        """Say what is left of a budget, and whether as many as needed fit; changes nothing."""
        attempts = self._state.read(
            lambda row: Attempt(moment(row["began"]), maybe(moment, row["settled"])),
            "SELECT began, settled FROM attempts WHERE account = ? AND what = ? ORDER BY id DESC LIMIT 500",
            self._account,
            limit.what,
        )
        return allowance(limit, budget, attempts, now, needed)

    def require(self, limit: Limit, budget: int, now: datetime, needed: int = 1) -> Allowance:
        """Return what is left, or raise Login- or UploadBudgetSpent with ``retry_at`` where that is too little."""
        self._bring_back(now)
        return self.check(limit, budget, now, needed)

    def check(self, limit: Limit, budget: int, now: datetime, needed: int = 1) -> Allowance:
        """Do as ``require`` does, and change nothing."""
        left = self.allowance(limit, budget, now, needed)
        if left.retry_at is None:
            return left
        spent = LoginBudgetSpent if limit.what == LOGINS.what else UploadBudgetSpent
        wanted = "the next is" if needed == 1 else f"the {needed} that are needed are"
        raise spent(
            f"{self._account} has used {left.used} of {min(budget, limit.reached - 1)} {limit.what}s that it may make "
            f"from here in any {limit.within.total_seconds() / 60:.0f} minutes; {wanted} possible at "
            f"{left.retry_at:%H:%M:%S} Hong Kong time.",
            retry_at=left.retry_at.isoformat(timespec="seconds"),
        )

    def spend(self, limit: Limit, budget: int, purpose: str, now: datetime) -> int:
        """Record an attempt that is about to be made and return its number, or raise as ``require`` does."""
        with self._state.transaction() as db:
            self.check(limit, budget, now)
            row = db.execute(
                "INSERT INTO attempts (account, what, purpose, began) VALUES (?, ?, ?, ?)",
                (self._account, limit.what, purpose, now.isoformat()),
            )
            return int(row.lastrowid or 0)

    def _bring_back(self, now: datetime) -> None:
        """After the clock was set back: count what lies in the future as if it had been made now."""
        with self._state.transaction() as db:
            db.execute(
                "UPDATE attempts SET began = min(began, :now), settled = :now "
                "WHERE account = :account AND max(began, coalesce(settled, '')) > :now",
                {"now": now.isoformat(), "account": self._account},
            )

    def settle(self, number: int, outcome: str, now: datetime) -> None:
        """Record the facility's answer to an attempt: accepted, refused, or lost on the way."""
        with self._state.transaction() as db:
            db.execute("UPDATE attempts SET settled = ?, outcome = ? WHERE id = ?", (now.isoformat(), outcome, number))
