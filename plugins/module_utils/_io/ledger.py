# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account's logins and uploads, each written down before it is made, so that no crash forgets one (§4.3, §6.3)."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LoginBudgetSpent
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Allowance, Attempt, Limit, allowance


class Ledger:
    """The attempts of one account from this workstation."""

    def __init__(self, state: StateDb, account: str) -> None:
        self._state = state
        self._account = account

    def allowance(self, limit: Limit, budget: int, now: datetime) -> Allowance:
        """Say what is left of a budget; changes nothing."""
        rows = self._state.rows(
            "SELECT began, settled FROM attempts WHERE account = ? AND what = ? ORDER BY id DESC LIMIT 500",
            self._account,
            limit.what,
        )
        attempts = [Attempt(datetime.fromisoformat(row["began"]), _moment(row["settled"])) for row in rows]
        return allowance(limit, budget, attempts, now)

    def require(self, limit: Limit, budget: int, now: datetime) -> Allowance:
        """Return what is left, or raise LoginBudgetSpent with ``retry_at`` where that is nothing."""
        self._bring_back(now)
        return self._check(limit, budget, now)

    def _check(self, limit: Limit, budget: int, now: datetime) -> Allowance:
        left = self.allowance(limit, budget, now)
        if left.retry_at is None:
            return left
        raise LoginBudgetSpent(
            f"{self._account} has used {left.used} of {budget} {limit.what}s that this workstation may make "
            f"in any {limit.within.total_seconds() / 60:.0f} minutes; the next is possible at "
            f"{left.retry_at:%H:%M:%S} Hong Kong time.",
            retry_at=left.retry_at.isoformat(timespec="seconds"),
        )

    def spend(self, limit: Limit, budget: int, purpose: str, now: datetime) -> int:
        """Record an attempt that is about to be made and return its number, or raise as ``require`` does."""
        with self._state.transaction() as db:
            self._check(limit, budget, now)
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


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
