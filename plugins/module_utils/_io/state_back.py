# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: a state of the present version becomes one of an older, with which an older dcass.sftp goes on."""

from __future__ import annotations

import contextlib
import os
import sqlite3

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_copy import keep_copy
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb, version_of
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import (
    VERSION,
    fresh,
    path_of_copy,
    set_version,
)

_STATEMENTS = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
_INDEXES = "SELECT name FROM sqlite_master WHERE sql IS NOT NULL AND type = 'index'"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


class OlderState:
    """What can be made of the state in a folder, while its account's other runs wait."""

    newest = VERSION

    def __init__(self, state_dir: str, key_dir: str, account: str) -> None:
        self._dir, self._key_dir, self._account = state_dir, key_dir, account

    def found(self) -> int:
        """Return the version of the state, 0 where there is none."""
        return version_of(self._dir)

    def left_out(self, number: int) -> list[str]:
        """Return the tables and columns that an older version does not have."""
        with contextlib.closing(fresh()) as newest, contextlib.closing(fresh(number)) as older:
            found, kept = _tables(newest), _tables(older)
        return [
            *(table for table in found if table not in kept),
            *(f"{table}.{column}" for table in kept for column in found[table] if column not in kept[table]),
        ]

    def go_back(self, number: int) -> str:
        """Make the state one of an older version, whole or not at all; return where a copy of what it was lies."""
        path = os.path.join(self._dir, FILE_NAME)
        state = StateDb(self._dir, key_dir=self._key_dir)
        with contextlib.closing(state), state.hold(self._account), state.transaction() as db:
            keep_copy(db, path)
            _go_back(db, number)
        return path_of_copy(path, VERSION)


def _go_back(db: sqlite3.Connection, number: int) -> None:
    """Make each table again as the older version makes it, and take its rows over.

    So it is byte for byte what that version expects, with any SQLite: one before 3.35 can't drop a column. A version
    that gives a column another meaning says here what becomes of its rows.
    """
    with contextlib.closing(fresh(number)) as older:
        kept, statements = _tables(older), [row[0] for row in older.execute(_STATEMENTS)]
    found = _tables(db)
    for (index,) in db.execute(_INDEXES).fetchall():
        db.execute(f"DROP INDEX {index}")
    for table in found:
        db.execute(f"ALTER TABLE {table} RENAME TO newer_{table}")
    for statement in statements:
        db.execute(statement)
    for table, columns in kept.items():
        listed = ", ".join(columns)
        db.execute(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM newer_{table}")  # noqa: S608 - names of our own
    for table in found:
        db.execute(f"DROP TABLE newer_{table}")
    set_version(db, number)


def _tables(db: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the columns of each table."""
    names = [row[0] for row in db.execute(_TABLES)]
    return {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")] for name in names}
