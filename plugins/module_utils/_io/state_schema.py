# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the state, version by version, and whether a database is whole and of a version that is known."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import StateDamaged, StateNewer
from ansible_collections.dcass.sftp.plugins.module_utils._rules.version import VERSION as COLLECTION

SCHEMAS = (
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
    """
CREATE TABLE partner_reports (
    account TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER,
    PRIMARY KEY (account, path));
CREATE TABLE successors (
    path TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (path, sha256))""",
    """
ALTER TABLE debts ADD COLUMN size INTEGER;
ALTER TABLE debts ADD COLUMN mtime INTEGER;
CREATE TABLE earlier_days (
    path TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (path, day))""",
    """
ALTER TABLE reports ADD COLUMN listed_size INTEGER;
ALTER TABLE reports ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE renewals ADD COLUMN result_day TEXT;
ALTER TABLE debts ADD COLUMN error_code TEXT;
ALTER TABLE debts ADD COLUMN reason TEXT""",
    """
ALTER TABLE attempts ADD COLUMN boot TEXT;
ALTER TABLE attempts ADD COLUMN began_up REAL;
ALTER TABLE attempts ADD COLUMN settled_up REAL;
CREATE TABLE losses (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, found TEXT NOT NULL, counted INTEGER NOT NULL DEFAULT 0,
    at TEXT, boot TEXT, up REAL);
CREATE TABLE marked (account TEXT PRIMARY KEY, touched INTEGER)""",
    """
ALTER TABLE keys ADD COLUMN wait REAL;
ALTER TABLE keys ADD COLUMN wait_boot TEXT;
ALTER TABLE keys ADD COLUMN wait_up REAL""",
    """
ALTER TABLE syncs ADD COLUMN drill TEXT;
ALTER TABLE reports ADD COLUMN adopted_from TEXT;
ALTER TABLE reports ADD COLUMN adopted_by TEXT""",
    """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)""",
    """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, what TEXT NOT NULL, run_by TEXT NOT NULL, began TEXT NOT NULL,
    ended TEXT, outcome TEXT, fetched INTEGER, error_code TEXT, msg TEXT, hint TEXT);
CREATE INDEX runs_by_account ON runs (account, id);
CREATE TABLE acknowledged (
    account TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL,
    who TEXT NOT NULL, approved_by TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (account, kind, what, day))""",
    """
CREATE TABLE handovers (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, way TEXT NOT NULL, what TEXT NOT NULL, day TEXT,
    size INTEGER NOT NULL, sha256 TEXT NOT NULL, changed INTEGER NOT NULL, since TEXT NOT NULL, done TEXT, outcome TEXT,
    tries INTEGER NOT NULL DEFAULT 0, error_code TEXT, reason TEXT);
CREATE INDEX handovers_waiting ON handovers (account, done, what);
CREATE INDEX handovers_by_day ON handovers (account, day, way)""",
)  # each builds on the one before; what was once released never changes
VERSION = len(SCHEMAS)
_WRITER = "collection"  # in the table about: the dcass.sftp that has brought the state to its version


def path_of_copy(path: str, number: object) -> str:
    """Return where the copy lies that is made of a state of that version before its tables change."""
    return f"{path}.version-{number}"


def version(db: sqlite3.Connection, path: str) -> int:
    """Return the version that a database has, 0 for an empty one, or raise StateNewer or StateDamaged."""
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise _newer(db, path, found)
    if found < 0:
        raise StateDamaged(f"The state {path} is damaged: its version is {found}.")
    return found


def set_version(db: sqlite3.Connection, number: int) -> None:
    """Write down which version a database has, within the transaction that makes it so."""
    db.execute(f"PRAGMA user_version = {number}")


def _newer(db: sqlite3.Connection, path: str, found: int) -> StateNewer:
    """The refusal of a state from the future, with the way forward, and both ways back."""
    try:
        query = "SELECT value FROM about WHERE name = ?"
        writer = f"dcass.sftp {foreign.line(str(db.execute(query, (_WRITER,)).fetchone()[0])):.40}"
    except (sqlite3.Error, TypeError):  # whatever it has instead
        writer = "a newer dcass.sftp"
    copy = path_of_copy(path, VERSION)
    before = f" {copy} is what the state was before." if os.path.exists(on_disk(copy)) else ""
    return StateNewer(
        f"{path} has version {found}, of {writer}; this dcass.sftp {COLLECTION} knows version {VERSION}.",
        hint=f"Install {writer} again. To come back to this version without loss, let that one run ansible-playbook "
        f"dcass.sftp.downgrade -e dcass_state_version={VERSION} before.{before}",
    )


def fresh(number: int = VERSION) -> sqlite3.Connection:
    """Return a database in memory as that version makes it, with nothing in it."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(f"BEGIN; {'; '.join(SCHEMAS[:number])}; COMMIT")
    return db


def migrate(
    db: sqlite3.Connection,
    path: str,
    losses: Mapping[str, str] | None = None,
    keep_copy: Callable[[sqlite3.Connection, str], None] | None = None,
) -> None:
    """Bring a database to the present version, whole or not at all.

    ``losses`` are the accounts that a new one takes the place of an older one for, with what was found of that.
    ``keep_copy`` keeps what the database was, before anything changes; a new one was nothing.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        _add_missing(db, path, losses or {}, keep_copy)
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _add_missing(
    db: sqlite3.Connection,
    path: str,
    losses: Mapping[str, str],
    keep_copy: Callable[[sqlite3.Connection, str], None] | None,
) -> None:
    found = version(db, path)  # asked again: another run may have been quicker
    if found == VERSION:
        return
    if keep_copy and found:
        keep_copy(db, path)
    for schema in SCHEMAS[found:]:
        for statement in schema.split(";"):
            db.execute(statement)
    if found == 0:
        db.executemany("INSERT INTO losses (account, found) VALUES (?, ?)", sorted(losses.items()))
    db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (_WRITER, COLLECTION))
    set_version(db, VERSION)


def require_whole(db: sqlite3.Connection, path: str) -> None:
    """Raise StateDamaged where pages, rows or indexes don't fit together; half a millisecond per 1,000 reports."""
    answer = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise StateDamaged(f"The state {path} is damaged: {' '.join(answer.split())}.")


def require_tables(db: sqlite3.Connection, path: str) -> None:
    """Raise StateDamaged where a table or column of the present version is missing."""
    new = fresh()
    missing = sorted(_columns(new) - _columns(db))
    new.close()
    if missing:
        raise StateDamaged(f"The state {path} is damaged: it has no {', '.join(missing)}.")


def _columns(db: sqlite3.Connection) -> set[str]:
    query = "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
    return {row[0] for row in db.execute(query)}
