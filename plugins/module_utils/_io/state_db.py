# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a workstation must not forget: logins, keys, renewals, reports. SQLite, each commit synced to disk."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, make_folders
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    Busy,
    DiskFull,
    HostTrouble,
    StateDamaged,
    StateNewer,
)

FILE_NAME = "state.sqlite3"
_SCHEMAS = (
    """
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, what TEXT NOT NULL, purpose TEXT NOT NULL,
    began TEXT NOT NULL, settled TEXT, outcome TEXT);
CREATE INDEX attempts_by_time ON attempts (account, what, began);
CREATE TABLE keys (
    account TEXT NOT NULL, fingerprint TEXT NOT NULL, made_on TEXT, registered_on TEXT, proven_at TEXT,
    PRIMARY KEY (account, fingerprint));
CREATE TABLE reports (
    path TEXT PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER,
    sha256 TEXT NOT NULL, day TEXT, fetched_at TEXT NOT NULL, account TEXT NOT NULL);
CREATE TABLE debts (
    account TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, day TEXT NOT NULL, lost_on TEXT,
    PRIMARY KEY (account, kind, what, day));
CREATE TABLE syncs (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, scope TEXT NOT NULL, began TEXT NOT NULL, ended TEXT NOT NULL,
    downloaded INTEGER NOT NULL, bytes INTEGER NOT NULL)""",
    """
ALTER TABLE keys ADD COLUMN last_day TEXT;
ALTER TABLE keys ADD COLUMN compromised_at TEXT;
CREATE TABLE renewals (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, state TEXT NOT NULL, began TEXT NOT NULL, ended TEXT,
    old_fingerprint TEXT NOT NULL, new_fingerprint TEXT, version TEXT, uploads INTEGER NOT NULL DEFAULT 0,
    seen_before TEXT NOT NULL DEFAULT '[]', uploaded_at TEXT, result_name TEXT, result TEXT, proven_at TEXT);
CREATE TABLE renewal_events (
    id INTEGER PRIMARY KEY, renewal INTEGER NOT NULL, at TEXT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE evidence (
    account TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (account, number))""",
)  # each builds on the one before; what was once released never changes
VERSION = len(_SCHEMAS)


class StateDb:
    """The database of one ``state_dir``. ``read_only`` never creates or changes anything (no file reads as empty)."""

    def __init__(self, state_dir: str, read_only: bool = False) -> None:
        self._dir = state_dir
        self._path = os.path.join(state_dir, FILE_NAME)
        self._read_only = read_only
        self._db = self._open(read_only)

    def close(self) -> None:
        self._db.close()

    def _open(self, read_only: bool) -> sqlite3.Connection:
        absent = not os.path.exists(self._path) or os.path.getsize(self._path) == 0  # 0: a run was killed as it began
        target = ":memory:" if read_only and absent else self._path
        try:
            if not read_only:
                make_folders(self._dir, 0o750)
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            db = sqlite3.connect(target, timeout=30, isolation_level=None)
        except (OSError, sqlite3.OperationalError) as error:
            raise HostTrouble(f"The state in {self._dir} can't be opened: {error}.") from error
        db.row_factory = sqlite3.Row
        with _sqlite_errors(self._path):
            db.execute("PRAGMA synchronous = EXTRA")  # a commit that returned survives a power cut
            if read_only and not absent:
                db.execute("PRAGMA query_only = ON")
            self._migrate(db, make=not read_only or absent)
        return db

    def _migrate(self, db: sqlite3.Connection, make: bool) -> None:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise StateNewer(f"{self._path} has version {found}; this dcass.sftp knows version {VERSION}.")
        if found == VERSION or not make:
            return
        db.execute("BEGIN IMMEDIATE")
        found = db.execute("PRAGMA user_version").fetchone()[0]  # another run may have been quicker
        for schema in _SCHEMAS[found:]:
            for statement in schema.split(";"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the body in one transaction that holds the write lock from its start; an error undoes it whole."""
        with _sqlite_errors(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:  # on a full disk SQLite has undone it already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with _sqlite_errors(self._path):
            return self._db.execute(query, values).fetchall()

    @contextlib.contextmanager
    def hold(self, account: str) -> Iterator[None]:
        """Keep other runs of this workstation away from the account, or raise Busy at once; a reader keeps nobody."""
        if self._read_only:
            yield
            return
        path = os.path.join(self._dir, account + ".lock")
        with disk_errors(path):
            lock = os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Busy(f"Another run works with {account} on this workstation.") from None
            yield


@contextlib.contextmanager
def _sqlite_errors(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise DiskFull(f"The state {path} can't grow: the disk is full.") from error
        if "locked" in str(error):
            raise Busy(f"Another run keeps {path} locked.") from error
        if "no such table" in str(error) or "already exists" in str(error):
            raise StateDamaged(f"The state {path} is damaged: {error}.") from error
        raise HostTrouble(f"The state {path} can't be used: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise StateDamaged(f"The state {path} is damaged: {error}.") from error
