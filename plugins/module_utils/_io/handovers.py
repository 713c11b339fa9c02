# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what the back office is handed: due with the report's own record, done when that is confirmed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import (
    StateDb,
    day,
    maybe,
    moment,
    of_type,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.drills import PREFIX
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import (
    ACKNOWLEDGED,
    COMMAND,
    DAY,
    DONE,
    LINK,
    LIST,
    SUPERSEDED,
    Waiting,
    is_handed_over,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import (
    PREFIX as CLOSED_PREFIX,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.people import Word
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport

_DAYS_SHOWN = 10
_KEPT = timedelta(days=800)  # as runs are
_COLUMNS = "id, way, what, day, size, sha256, changed, since, tries, error_code, reason"
_INSERT = (
    "INSERT INTO handovers (account, way, what, day, size, sha256, changed, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


class Handovers:
    """The hand-overs of one account; ``ways`` are those in which this run hands over what it records."""

    def __init__(self, state: StateDb, account: str, ways: Sequence[str] = ()) -> None:
        self._state = state
        self._account = account
        self._ways = ways

    def note(self, db: sqlite3.Connection, reports: Iterable[HeldReport], now: datetime) -> None:
        """Within the transaction that is about to record reports: make those due that are new to the back office.

        The same content once more is not new, nor is what came shorter than listed until another run has confirmed it.
        A version that waits when the next one comes is not handed over any more.
        """
        if not self._ways:
            return
        db.execute("DELETE FROM handovers WHERE account = ? AND done < ?", (self._account, (now - _KEPT).isoformat()))
        for report in reports:
            before = db.execute("SELECT sha256, confirmed FROM reports WHERE path = ?", (report.path,)).fetchone()
            was_held = before is not None and bool(before["confirmed"])
            is_same = was_held and before["sha256"] == report.sha256
            if is_same or not report.confirmed or not is_handed_over(report.folder):
                continue
            db.execute(
                "UPDATE handovers SET done = ?, outcome = ? "
                "WHERE account = ? AND what = ? AND way IN (?, ?) AND done IS NULL",
                (now.isoformat(), SUPERSEDED, self._account, report.path, LINK, COMMAND),
            )
            of = report.day.isoformat() if report.day else None
            facts = (report.path, of, report.size, report.sha256, was_held, now.isoformat())
            db.executemany(_INSERT, [(self._account, way, *facts) for way in self._ways])

    def waiting(self, way: str | None = None, after: int = 0, most: int = -1) -> list[Waiting]:
        """Return what is not done, in the order in which it became due; of one ``way``, and ``most`` of it, if said."""
        query = (
            f"SELECT {_COLUMNS} FROM handovers WHERE account = ?1 AND done IS NULL "  # noqa: S608
            "AND (?2 IS NULL OR way = ?2) AND id > ?3 ORDER BY id LIMIT ?4"
        )
        return self._state.read(_waiting, query, self._account, way, after, most)

    def finish(self, items: Collection[Waiting], now: datetime) -> None:
        """Record that these are done. Call only when what was written has been synced."""
        values = [(now.isoformat(), DONE, item.number) for item in items]
        with self._state.transaction() as db:
            db.executemany("UPDATE handovers SET done = ?, outcome = ?, tries = tries + 1 WHERE id = ?", values)

    def fail(self, items: Iterable[tuple[Waiting, str, str]]) -> None:
        """Record why these are not done, with code and sentence; they wait for the next run."""
        values = [(error_code, reason, item.number) for item, error_code, reason in items]
        if not values:
            return
        with self._state.transaction() as db:
            db.executemany("UPDATE handovers SET tries = tries + 1, error_code = ?, reason = ? WHERE id = ?", values)

    def acknowledge(self, items: Collection[Waiting], said: Word, now: datetime) -> None:
        """Record that people want these no more."""
        keys = [(self._account, "handover", CLOSED_PREFIX + item.what, item.day_known.isoformat()) for item in items]
        values = [(*key, now.isoformat(), said.who, said.approved_by, said.why) for key in keys]
        ends = [(now.isoformat(), ACKNOWLEDGED, item.number) for item in items]
        with self._state.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO acknowledged VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            db.executemany("UPDATE handovers SET done = ?, outcome = ? WHERE id = ?", ends)

    def days_to_judge(self, since: date) -> list[date]:
        """Return the days that have new reports and no marker yet."""
        query = (
            "SELECT DISTINCT day FROM handovers AS one WHERE account = ?1 AND way = ?2 AND day >= ?3 AND NOT EXISTS "
            "(SELECT 1 FROM handovers WHERE account = ?1 AND way = ?4 AND day = one.day) ORDER BY day"
        )
        values = (self._account, LIST, since.isoformat(), DAY)
        return self._state.read(lambda row: day(row["day"]), query, *values)

    def add_days(self, days: Iterable[date], now: datetime) -> None:
        """Make the markers of complete days due."""
        values = [(self._account, DAY, str(of), str(of), 0, "", False, now.isoformat()) for of in days]
        if values:
            with self._state.transaction() as db:
                db.executemany(_INSERT, values)

    def reports_of(self, of: date, folders: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield path, and size and SHA-256, of the reports of a day that are held here."""
        query = (
            "SELECT path, folder, size, sha256 FROM reports WHERE day = ? AND path NOT GLOB ? "
            "AND instr(?, '/' || folder || '/') ORDER BY path"
        )
        wanted = f"/{'/'.join(folder for folder in folders if is_handed_over(folder))}/"
        return self._state.each(_report, query, of.isoformat(), f"{PREFIX}*", wanted)

    def days(self) -> list[dict[str, Any]]:
        """Return what was handed over of the last days, the newest first, for people."""
        query = (
            "SELECT day, sum(way = ?1 AND outcome = ?4) AS listed, sum(way = ?2 AND outcome = ?4) AS linked, "
            "sum(way = ?3 AND outcome = ?4) AS commanded, max(done) AS last, max(CASE way WHEN ?5 THEN done END) "
            "AS complete FROM handovers WHERE account = ?6 AND day IS NOT NULL GROUP BY day ORDER BY day DESC LIMIT ?7"
        )
        return self._state.read(_day, query, LIST, LINK, COMMAND, DONE, DAY, self._account, _DAYS_SHOWN)


def _waiting(row: Any) -> Waiting:
    return Waiting(
        of_type(int, row["id"]),
        of_type(str, row["way"]),
        of_type(str, row["what"]),
        maybe(day, row["day"]),
        of_type(int, row["size"]),
        of_type(str, row["sha256"]),
        bool(row["changed"]),
        moment(row["since"]),
        of_type(int, row["tries"]),
        maybe(_text, row["error_code"]),
        maybe(_text, row["reason"]),
    )


def _report(row: Any) -> tuple[str, dict[str, Any]]:
    return of_type(str, row["path"]), {"size": of_type(int, row["size"]), "sha256": of_type(str, row["sha256"])}


def _day(row: Any) -> dict[str, Any]:
    counts = {name: of_type(int, row[name] or 0) for name in ("listed", "linked", "commanded")}
    moments = {name: row[name] and moment(row[name]).isoformat() for name in ("last", "complete")}
    return {"day": day(row["day"]).isoformat(), **counts, **moments}


def _text(value: object) -> str:
    return of_type(str, value)
