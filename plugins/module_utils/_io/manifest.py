# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of every report held, every run made, and every report still owed or lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Debt
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Held


class Manifest:
    """What this workstation holds. It, and not the clock or the disk, says what has been fetched."""

    def __init__(self, state: StateDb, account: Account) -> None:
        self._state = state
        self._account = account

    def held(self) -> dict[str, Held]:
        """Return all recorded reports by their path below ``dest``."""
        rows = self._state.rows("SELECT path, folder, name, size, mtime, sha256, day FROM reports")
        return {row["path"]: _held(row) for row in rows}

    def record(self, reports: Iterable[Held], now: datetime) -> None:
        """Record reports, all or none. Call only when their names have been synced."""
        values = [
            (r.path, r.folder, r.name, r.size, r.mtime, r.sha256, _text(r.day), now.isoformat(), self._account.name)
            for r in reports
        ]
        with self._state.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def debts(self) -> list[Debt]:
        """Return what was owed or lost when it was last looked at."""
        rows = self._state.rows("SELECT kind, what, day, lost_on FROM debts WHERE account = ?", self._account.name)
        return [Debt(row["kind"], row["what"], date.fromisoformat(row["day"]), _day(row["lost_on"])) for row in rows]

    def finish(
        self, scope: str, began: datetime, ended: datetime, reports: int, size: int, debts: Iterable[Debt] | None
    ) -> None:
        """Record a run that came to its end, with the debts as they stand now (None: this run did not look at them)."""
        with self._state.transaction() as db:
            db.execute(
                "INSERT INTO syncs (account, scope, began, ended, downloaded, bytes) VALUES (?, ?, ?, ?, ?, ?)",
                (self._account.name, scope, began.isoformat(), ended.isoformat(), reports, size),
            )
            if debts is not None:
                db.execute("DELETE FROM debts WHERE account = ?", (self._account.name,))
                db.executemany(
                    "INSERT INTO debts VALUES (?, ?, ?, ?, ?)",
                    [
                        (
                            self._account.name,
                            debt.kind,
                            debt.what,
                            debt.day.isoformat(),
                            _text(debt.lost_on),
                        )
                        for debt in debts
                    ],
                )

    def last_full_sync(self) -> datetime | None:
        """Return when a run with scope 'all' last came to its end."""
        rows = self._state.rows(
            "SELECT max(ended) AS ended FROM syncs WHERE scope = 'all' AND account = ?", self._account.name
        )
        return datetime.fromisoformat(rows[0]["ended"]) if rows[0]["ended"] else None

    def summary(self) -> dict[str, Any]:
        """Return the last run and the counts of the last days, for people."""
        last = self._state.rows(
            "SELECT scope, ended, downloaded, bytes FROM syncs WHERE account = ? ORDER BY id DESC LIMIT 1",
            self._account.name,
        )
        days = self._state.rows(
            "SELECT day, count(*) AS reports, sum(size) AS bytes FROM reports WHERE day IS NOT NULL "
            "AND folder IN ('COMMON', ?) GROUP BY day ORDER BY day DESC LIMIT 10",
            self._account.customer_code,
        )
        total = self._state.rows("SELECT count(*) AS reports, coalesce(sum(size), 0) AS bytes FROM reports")[0]
        return {
            "last_sync": dict(last[0]) if last else None,
            "per_day": [dict(row) for row in days],
            "held": total["reports"],
            "bytes": total["bytes"],
        }


def _held(row: Any) -> Held:
    return Held(row["path"], row["folder"], row["name"], row["size"], row["mtime"], row["sha256"], _day(row["day"]))


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
