# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the state for an auditor: which tables go into an export, which columns, and which days are in its period."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.export import Cell, Period, Row
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import VALID_DAYS


@dataclass(frozen=True)
class Table:
    """What of a table is exported. ``day`` says which day a row is of; without it all rows are, whatever the period."""

    columns: tuple[str, ...]
    day: str = ""
    order: str = "id"
    whose: str = "account = ?1"
    made_of: str = ""  # expressions, where the columns are not as they stand in the table


_MTIME = "strftime('%Y-%m-%dT%H:%M:%S+08:00', mtime + 28800, 'unixepoch')"
_ENDS = f"coalesce(last_day, date(registered_on, '+{VALID_DAYS} days'))"
_OF_REPORTS = tuple(
    "path size sha256 day mtime fetched_at listed_size confirmed account adopted_from adopted_by".split()
)
_OF_RENEWALS = (
    *"id state began ended old_fingerprint new_fingerprint uploads uploaded_at".split(),
    *"result_name result_day proven_at".split(),
)
# by the name in the state; the files are called after it, but for those in RENAMED
TABLES = {
    "keys": Table(
        ("fingerprint", "made_on", "registered_on", "proven_at", "last_day", "superseded", "compromised_at"),
        order="coalesce(registered_on, made_on), fingerprint",
        made_of=f"fingerprint, made_on, registered_on, proven_at, {_ENDS},"
        " CASE WHEN last_day IS NULL THEN 'no' ELSE 'yes' END, compromised_at",
    ),
    "renewals": Table(_OF_RENEWALS, day="began"),
    "renewal_events": Table(
        ("renewal", "at", "event", "state"),
        day="at",
        whose="renewal IN (SELECT id FROM renewals WHERE account = ?1)",
    ),
    "attempts": Table(("id", "what", "purpose", "began", "settled", "outcome"), day="began"),
    "syncs": Table(("id", "scope", "began", "ended", "downloaded", "bytes", "drill"), day="began"),
    "debts": Table(
        ("kind", "what", "day", "lost_on", "size", "error_code", "reason"), day="day", order="day, kind, what"
    ),
    "runs": Table(
        ("id", "what", "run_by", "began", "ended", "outcome", "fetched", "error_code", "msg", "hint"), day="began"
    ),
    "acknowledged": Table(
        ("kind", "what", "day", "at", "who", "approved_by", "why"), day="at", order="at, kind, what, day"
    ),
    "handovers": Table(
        tuple("id way what day size sha256 changed since done outcome tries error_code reason".split()),
        day="since",
    ),
    "losses": Table(("id", "found", "counted", "at"), day="coalesce(at, ?3)"),
    "reports": Table(
        _OF_REPORTS,
        day="coalesce(day, substr(fetched_at, 1, 10))",
        order="path",
        made_of=", ".join(_MTIME if name == "mtime" else name for name in _OF_REPORTS),
    ),
}
RENAMED = {"debts": "outstanding", "acknowledged": "acknowledgements"}
# and what is not exported, each for its reason
KEPT_BACK = {
    "about": "the environment is in the manifest, and who made the tables says nothing of what is in them",
    "evidence": "it is exported with the entries themselves",
    "partner_reports": "what the other account's workstation holds, which its own export tells",
    "successors": "what a run announces before it is done; archive_check reads it",
    "earlier_days": "days of earlier versions, of which nothing else is on record",
    "marked": "a time of the file system",
}


class ExportRecords:
    """The rows of one account, as one moment has them."""

    def __init__(self, state: StateDb, account: str) -> None:
        self._state = state
        self._account = account

    @property
    def environment(self) -> str | None:
        """The environment that all of it belongs to, None before the first login."""
        return self._state.environment

    def tables(self) -> dict[str, tuple[str, ...]]:
        """Return the columns of each table by the name of its file."""
        return {f"{RENAMED.get(name, name)}.csv": table.columns for name, table in TABLES.items()}

    def rows(self, file: str, period: Period) -> Iterator[Row]:
        """Yield the rows of one of these files, one at a time: there may be years of reports."""
        name = next(name for name in TABLES if f"{RENAMED.get(name, name)}.csv" == file)
        table = TABLES[name]
        day = f" AND substr({table.day}, 1, 10) BETWEEN ?2 AND ?3" if table.day else ""
        what = table.made_of or ", ".join(table.columns)
        query = f"SELECT {what} FROM {name} WHERE {table.whose}{day} ORDER BY {table.order}"  # noqa: S608 - all of it stands above
        asked = (self._account, str(period.since or ""), str(period.until))
        return self._state.each(_cells, query, *(asked if table.day else asked[:1]))

    def hashes(self, period: Period) -> Iterator[tuple[str, str]]:
        """Yield path and SHA-256 of each report, in the order in which ``rows`` has them."""
        return ((str(row[0]), str(row[2])) for row in self.rows("reports.csv", period))

    def snapshot(self) -> contextlib.AbstractContextManager[None]:
        """Let all that is read meanwhile be of one moment; a run that would write waits for its end."""
        return self._state.snapshot()


def _cells(row: sqlite3.Row) -> tuple[Cell, ...]:
    cells = tuple(row)
    if any(isinstance(cell, bytes) for cell in cells):
        raise TypeError("bytes where a text or a number should be")
    return cells
