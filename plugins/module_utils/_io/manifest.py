# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of every report held, every run made, and every report still outstanding or lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from sys import intern
from typing import TYPE_CHECKING, Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, day, maybe, moment, of_type
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.drills import PREFIX, apart
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import EXPIRY_WARNING, KEPT_DAYS, KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.people import Word
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    Copy,
    HeldReport,
    Origin,
    shared_folders,
)

if TYPE_CHECKING:
    from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers

_AT_ONCE = 900  # SQLite before 3.32 takes 999 values in a query


class Manifest:
    """What this workstation holds. It, and not the clock or the disk, says what has been fetched.

    With ``drill``, the folder of a drill's day, it knows what that drill has brought and nothing else, by paths below
    that folder; without it what drills have brought does not exist. Both are in one table, for whoever looks at all.
    With ``handovers`` what is recorded is due there in the same transaction.
    """

    def __init__(self, state: StateDb, account: Account, drill: str = "", handovers: Handovers | None = None) -> None:
        self._state = state
        self._handovers = handovers
        self._account = account
        self._drill = drill
        self._within = f"{drill}/" if drill else ""
        self._ours = (f"{drill}/*", True) if drill else (f"{PREFIX}*", False)  # a glob, and whether paths fit it

    def held(self, paths: Collection[str] | None = None) -> dict[str, HeldReport]:
        """Return the recorded reports with these paths below ``dest``, or all of them, by path."""
        query = (
            "SELECT path, folder, name, size, mtime, sha256, day, listed_size, confirmed, adopted_from, adopted_by "
            "FROM reports WHERE ifnull(path GLOB ?, 0) = ?"
        )
        found: dict[str, HeldReport] = {}
        for some in [()] if paths is None else _some_at_once(paths):
            where = f" AND path IN ({', '.join('?' * len(some))})" if some else ""
            places = (self._within + path for path in some)
            rows = self._state.each(self._held, query + where, *self._ours, *places)
            found.update({report.path: report for report in rows})
        return found

    def held_outside(self, paths: Collection[str]) -> Iterator[Copy]:
        """Yield what a drill leaves alone, since the pair's archives hold it; outside of a drill nothing."""
        if self._drill:
            archive = Manifest(self._state, self._account)
            yield from (report.as_listed() for report in archive.held(paths).values())
            yield from (copy for path, copy in archive.partner_index().items() if path in paths)

    def drilled(self) -> Iterator[tuple[str, Copy]]:
        """Yield what drills have brought, each with its day, by the path that it would have in the archive."""
        query = "SELECT path, size, mtime FROM reports WHERE path >= ?1 AND path < ?1 || '~'"
        return self._state.each(_of_drill, query, PREFIX)

    def paths(self) -> Iterator[str]:
        """Yield the paths of all recorded reports."""
        query = "SELECT path FROM reports WHERE ifnull(path GLOB ?, 0) = ? ORDER BY path"
        return self._state.each(lambda row: self._below(of_type(str, row["path"])), query, *self._ours)

    def brought(self, folders: Collection[str], since: date) -> Iterator[tuple[str, date]]:
        """Yield FOLDER/NAME and business day of the reports of those days, and of the first day of all."""
        query = (
            "SELECT folder || '/' || name AS report, day FROM "
            "(SELECT folder, name, day FROM reports UNION ALL SELECT folder, name, day FROM earlier_days) "
            "WHERE instr(?1, '/' || folder || '/') AND "
            "(day >= ?2 OR day = (SELECT min(day) FROM reports WHERE instr(?1, '/' || folder || '/')))"
        )
        values = (f"/{'/'.join(folders)}/", since.isoformat())
        return self._state.each(lambda row: (of_type(str, row["report"]), day(row["day"])), query, *values)

    def record(self, reports: Iterable[HeldReport], now: datetime) -> None:
        """Record reports, all or none. Call only when their names have been synced.

        What had a name before has brought its day all the same.
        """
        reports = list(reports)
        values = [self._row(report, now) for report in reports]
        earlier = "SELECT path, folder, name, day FROM reports WHERE path = ? AND day IS NOT NULL"
        with self._state.transaction() as db:
            if self._handovers is not None:
                self._handovers.note(db, reports, now)
            db.executemany(f"INSERT OR IGNORE INTO earlier_days {earlier}", [value[:1] for value in values])
            db.executemany("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            db.executemany("DELETE FROM successors WHERE path = ?", [value[:1] for value in values])

    def _row(self, r: HeldReport, now: datetime) -> tuple[object, ...]:
        place = (self._within + r.path, self._within + r.folder, r.name)
        what = (r.size, r.mtime, r.sha256, iso(r.day), now.isoformat(), self._account.name)
        return (*place, *what, r.listed_size, r.confirmed, *(r.origin or (None, None)))

    def recent(
        self, folders: Collection[str], since: datetime, fetched: datetime | None = None
    ) -> Iterator[HeldReport]:
        """Yield the reports of those folders made since then; those of KEY_MANAGEMENT only where they are our own.

        With ``fetched`` also those that have been fetched since then, of whatever age.
        """
        query = (
            "SELECT path, folder, name, size, mtime, sha256, day, listed_size, confirmed, adopted_from, adopted_by "
            "FROM reports WHERE ifnull(path GLOB ?, 0) = ? AND instr(?, '/' || folder || '/') "
            "AND (folder <> ? OR account = ?) "
            "AND (coalesce(mtime >= ?, day >= ?, fetched_at >= ?) OR fetched_at >= ?) ORDER BY path"
        )
        places = "".join(f"/{self._within}{folder}/" for folder in folders)
        ours = (places, self._within + KEY_MANAGEMENT, self._account.name)
        values = (int(since.timestamp()), since.date().isoformat(), since.isoformat(), iso(fetched))
        return self._state.each(self._held, query, *self._ours, *ours, *values)

    def shorter_than_listed(self, since: datetime) -> list[HeldReport]:
        """Return the reports fetched since then of which fewer bytes came than the facility lists."""
        query = (
            "SELECT path, folder, name, size, mtime, sha256, day, listed_size, confirmed, adopted_from, adopted_by "
            "FROM reports WHERE ifnull(path GLOB ?, 0) = ? "
            "AND size < listed_size AND fetched_at >= ? AND account = ? ORDER BY path"
        )
        return self._state.read(self._held, query, *self._ours, since.isoformat(), self._account.name)

    def partner_index(self) -> dict[str, Copy]:
        """Return what the partner held when it was last heard of, by path."""
        query = "SELECT path, size, mtime FROM partner_reports WHERE account = ? AND ifnull(path GLOB ?, 0) = ?"
        return {copy.path: copy for copy in self._state.each(self._copy, query, self._account.name, *self._ours)}

    def remember_partner(self, copies: Iterable[Copy]) -> None:
        """Record what the partner holds now, in place of all that it was known to hold."""
        with self._state.transaction() as db:
            ours = (self._account.name, *self._ours)
            db.execute("DELETE FROM partner_reports WHERE account = ? AND ifnull(path GLOB ?, 0) = ?", ours)
            values = [(self._account.name, self._within + copy.path, copy.size, copy.mtime) for copy in copies]
            db.executemany("INSERT INTO partner_reports VALUES (?, ?, ?, ?)", values)

    def announce(self, reports: Collection[HeldReport]) -> None:
        """Note what is about to take the names of recorded reports, until they are recorded anew.

        One run after the other may be killed then, each with another version.
        """
        if reports:
            with self._state.transaction() as db:
                values = [(self._within + report.path, report.size, report.sha256) for report in reports]
                db.executemany("INSERT OR REPLACE INTO successors VALUES (?, ?, ?)", values)

    def outstanding(self) -> list[Outstanding]:
        """Return what was outstanding or lost when it was last looked at."""
        query = "SELECT kind, what, day, lost_on, size, mtime, error_code, reason FROM debts WHERE account = ?"
        return self._state.read(_outstanding, query, self._account.name)

    def finish(
        self,
        scope: str,
        began: datetime,
        ended: datetime,
        reports: int,
        size: int,
        outstanding: Iterable[Outstanding] | None,
    ) -> None:
        """Record a run that came to its end, with what is outstanding now (None: this run did not look at that)."""
        with self._state.transaction() as db:
            db.execute(
                "INSERT INTO syncs (account, scope, began, ended, downloaded, bytes, drill) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._account.name, scope, began.isoformat(), ended.isoformat(), reports, size, self._drill or None),
            )
            if outstanding is not None:
                self._replace_outstanding(db, outstanding)

    def record_outstanding(self, outstanding: Iterable[Outstanding]) -> None:
        """Record the outstanding reports as they stand after a run that did not come to its end."""
        with self._state.transaction() as db:
            self._replace_outstanding(db, outstanding)

    def _replace_outstanding(self, db: Any, outstanding: Iterable[Outstanding]) -> None:
        name = self._account.name
        values = [
            (name, d.kind, d.what, d.day.isoformat(), iso(d.lost_on), d.size, d.mtime, d.error_code, d.reason)
            for d in outstanding
        ]
        db.execute("DELETE FROM debts WHERE account = ?", (name,))
        db.executemany("INSERT OR REPLACE INTO debts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def acknowledged(self) -> set[tuple[str, str, date]]:
        """Return what people have closed, each as kind, what and day."""
        query = "SELECT kind, what, day FROM acknowledged WHERE account = ?"
        return set(self._state.read(_closed, query, self._account.name))

    def acknowledge(self, items: Collection[Outstanding], said: Word, now: datetime) -> None:
        """Record that people have closed these, and take them from what is outstanding."""
        name = self._account.name
        keys = [(name, item.kind, item.what, item.day.isoformat()) for item in items]
        values = [(*key, now.isoformat(), said.who, said.approved_by, said.why) for key in keys]
        with self._state.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO acknowledged VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            db.executemany("DELETE FROM debts WHERE account = ? AND kind = ? AND what = ? AND day = ?", keys)

    def warning_days(self) -> list[date]:
        """Return the days of the expiry warnings held for the account (§6.2)."""
        pattern = f"{KEY_MANAGEMENT}/{self._account.name}/{EXPIRY_WARNING}"
        query = "SELECT day FROM reports WHERE path GLOB ? AND day IS NOT NULL"
        return self._state.read(lambda row: day(row["day"]), query, pattern)

    def last_full_sync(self, until: datetime | None = None) -> datetime | None:
        """Return when a run with scope 'all' last came to its end, and not after ``until``: a clock was ahead then."""
        query = "SELECT max(ended) AS ended FROM syncs WHERE scope = 'all' AND account = ?1 AND drill IS NULL "
        query += "AND (?2 IS NULL OR ended <= ?2)"
        asked = (self._account.name, until.isoformat() if until else None)
        return self._state.read(lambda row: maybe(moment, row["ended"]), query, *asked)[0]

    def summary(self) -> dict[str, Any]:
        """Return the last run, the last drill and the counts of the last days, for people."""
        days = self._state.read(
            _count,
            "SELECT day, count(*) AS reports, sum(size) AS bytes FROM reports WHERE day IS NOT NULL "
            "AND folder IN (?, ?) GROUP BY day ORDER BY day DESC LIMIT ?",
            *shared_folders(self._account),
            KEPT_DAYS,
        )
        total = self._state.rows(
            "SELECT count(*) AS reports, coalesce(sum(size), 0) AS bytes FROM reports WHERE ifnull(path GLOB ?, 0) = ?",
            *self._ours,
        )[0]
        return {
            "last_sync": self._last_run(of_drills=False),
            "last_drill": self._last_run(of_drills=True),
            "per_day": days,
            "held": total["reports"],
            "bytes": total["bytes"],
        }

    def _last_run(self, of_drills: bool) -> dict[str, Any] | None:
        """The last run that fetched; one that adopts only takes in what is here."""
        query = (
            "SELECT scope, ended, downloaded, bytes FROM syncs WHERE account = ? AND scope <> 'adopt' "
            "AND (drill IS NOT NULL) = ? ORDER BY id DESC LIMIT 1"
        )
        return next(iter(self._state.read(_run, query, self._account.name, of_drills)), None)

    def _held(self, row: Any) -> HeldReport:
        origin = row["adopted_from"], row["adopted_by"]
        return HeldReport(
            self._below(of_type(str, row["path"])),
            self._below(of_type(str, row["folder"])),
            of_type(str, row["name"]),
            of_type(int, row["size"]),
            _number(row, "mtime"),
            of_type(str, row["sha256"]),
            maybe(day, row["day"]),
            _number(row, "listed_size"),
            bool(row["confirmed"]),
            None if origin[0] is None else Origin(*(of_type(str, one) for one in origin)),
        )

    def _copy(self, row: Any) -> Copy:
        return Copy(self._below(of_type(str, row["path"])), of_type(int, row["size"]), _number(row, "mtime"))

    def _below(self, path: str) -> str:
        """A path of the table as this record knows it."""
        return path[len(self._within) :]


def _of_drill(row: Any) -> tuple[str, Copy]:
    of_day, path = apart(of_type(str, row["path"]))
    return of_day, Copy(path, of_type(int, row["size"]), _number(row, "mtime"))


def _number(row: Any, name: str) -> int | None:
    return None if row[name] is None else of_type(int, row[name])


def _some_at_once(paths: Collection[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(paths)
    while some := tuple(islice(rest, _AT_ONCE)):
        yield some


def _outstanding(row: Any) -> Outstanding:
    return Outstanding(
        intern(of_type(str, row["kind"])),
        of_type(str, row["what"]),
        day(row["day"]),
        maybe(day, row["lost_on"]),
        _number(row, "size"),
        _number(row, "mtime"),
        error_code=maybe(intern, row["error_code"]),
        reason=row["reason"],
    )


def _closed(row: Any) -> tuple[str, str, date]:
    return of_type(str, row["kind"]), of_type(str, row["what"]), day(row["day"])


def _run(row: Any) -> dict[str, Any]:
    return {**dict(row), "ended": moment(row["ended"]).isoformat()}


def _count(row: Any) -> dict[str, Any]:
    return {**dict(row), "day": day(row["day"]).isoformat()}
