# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a workstation must not forget: logins, keys, renewals, reports. SQLite, each commit synced to disk."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, TypeVar

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, make_folders
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_loss import losses, size
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import (
    VERSION,
    migrate,
    require_tables,
    require_whole,
    version,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import YEARS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.environment import (
    environment_name,
    require_environment,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy, DiskFull, LocalError, StateDamaged

FILE_NAME = "state.sqlite3"
_ENVIRONMENT = "environment"  # its name in the table about
_MISSING = (
    "If it was there before, restore it from its backup, with the state and the evidence in it; the run after that"
    " waits as long as what it has forgotten may count. Else run the playbook dcass.sftp.rollout, which makes it."
)
_TROUBLE = ("disk I/O", "unable to open")  # what a sound state may answer; with anything else it is damaged
Made = TypeVar("Made")


class StateDb:
    """The database of one ``state_dir``. ``read_only`` never creates or changes anything (no file reads as empty).

    Where there is none, what lies beside it and in ``key_dir`` tells for which accounts there was one. A run for an
    ``environment`` gets none that belongs to another one; the first login makes it that one's.
    """

    def __init__(
        self, state_dir: str, read_only: bool = False, key_dir: str | None = None, environment: str | None = None
    ) -> None:
        self._dir = state_dir
        self._key_dir = key_dir
        self._path = os.path.join(state_dir, FILE_NAME)
        self._read_only = read_only
        self._wanted = environment
        self._db = self._open_to_read() if read_only else self._open()
        if environment:
            with _closed_if_unfit(self._db):
                require_environment(self.environment, environment, self._path)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        try:
            self._make_folder()
            was = size(self._path)
            os.close(os.open(on_disk(self._path), os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise LocalError(f"The state in {self._dir} can't be opened: {error.strerror or error}.") from error
        with _sqlite_errors(self._path), _closed_if_unfit(_connect(self._path)) as db:
            found = version(db, self._path)
            require_whole(db, self._path)
            if found < VERSION:
                self._grow(db, self._losses(was) if found == 0 else None)
            require_tables(db, self._path)
        return db

    def _grow(self, db: sqlite3.Connection, losses: dict[str, str] | None) -> None:
        # imported here: almost every run finds what it knows
        from ansible_collections.dcass.sftp.plugins.module_utils._io.state_copy import keep_copy

        migrate(db, self._path, losses, keep_copy)

    def _make_folder(self) -> None:
        is_missing = not os.path.lexists(on_disk(self._dir))
        try:
            make_folders(self._dir, 0o750)
        except OSError as error:
            if not is_missing:
                raise
            why = error.strerror or error
            raise LocalError(
                f"The folder of the state, {self._dir}, is missing, and can't be made: {why}.", hint=_MISSING
            ) from error

    def _losses(self, was: int | None) -> dict[str, str]:
        return losses(self._dir, self._key_dir, was)

    def _open_to_read(self) -> sqlite3.Connection:
        """An older database is brought to the present version in memory; the file stays as it is."""
        was = self._size()
        with _sqlite_errors(self._path), _closed_if_unfit(_connect(self._path if was else ":memory:")) as db:
            found = version(db, self._path)
            require_whole(db, self._path)
            if found < VERSION:
                db = _copied(db)
                migrate(db, self._path, self._losses(was) if found == 0 else None)
            require_tables(db, self._path)
            db.execute("PRAGMA query_only = ON")
        return db

    def _size(self) -> int | None:
        """The bytes of the file, None where there is none; 0 are what a run leaves that was killed as it began."""
        try:
            return size(self._path)
        except OSError as error:
            raise LocalError(f"The state in {self._dir} can't be opened: {error.strerror or error}.") from error

    @property
    def environment(self) -> str | None:
        """The environment that the state belongs to, None before the first login."""
        found = self.read(_named, "SELECT * FROM about WHERE name = ?", _ENVIRONMENT)
        return found[0] if found else None

    def claim(self, db: sqlite3.Connection) -> None:
        """Within a transaction: make the state that of this run's environment, unless it is another one's by now."""
        if not self._wanted:
            return
        require_environment(self.environment, self._wanted, self._path)
        db.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (_ENVIRONMENT, self._wanted))

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

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that the body reads be of one moment; whoever would write meanwhile waits."""
        with _sqlite_errors(self._path):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                if self._db.in_transaction:
                    self._db.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with _sqlite_errors(self._path):
            return self._db.execute(query, values).fetchall()

    def read(self, make: Callable[[sqlite3.Row], Made], query: str, *values: object) -> list[Made]:
        """Return ``make`` of each row; a row that it can't make sense of is damage, told with table and content."""
        return list(self.each(make, query, *values))

    def each(self, make: Callable[[sqlite3.Row], Made], query: str, *values: object) -> Iterator[Made]:
        """Yield what ``read`` returns, one at a time: there may be years of reports. Write nothing until the end."""
        with _sqlite_errors(self._path):
            for row in self._db.execute(query, values):
                try:
                    made = make(row)
                except (ValueError, TypeError, RecursionError) as error:
                    table = query.partition(" FROM ")[2].split()[0]
                    shown = ", ".join(f"{name}={row[name]!r:.60}" for name in row.keys())  # noqa: SIM118 - a Row
                    raise StateDamaged(f"The state {self._path} is damaged: {table} holds {shown}: {error}.") from error
                yield made

    @contextlib.contextmanager
    def hold(self, account: str) -> Iterator[None]:
        """Keep other runs of this workstation away from the account, or raise Busy at once; a reader keeps nobody."""
        if self._read_only:
            yield
            return
        path = os.path.join(self._dir, account + ".lock")
        with disk_errors(path):
            lock = os.fdopen(os.open(on_disk(path), os.O_CREAT | os.O_WRONLY, 0o600), "w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Busy(f"Another run works with {account} on this workstation.") from None
            yield


def is_begun(state_dir: str) -> bool:
    """Say whether a workstation has a state already."""
    try:
        return bool(size(os.path.join(state_dir, FILE_NAME)))
    except OSError:
        return False


def version_of(state_dir: str) -> int:
    """Return which version a workstation's state has, 0 where there is none, or raise StateNewer or StateDamaged."""
    path = os.path.join(state_dir, FILE_NAME)
    if not is_begun(state_dir):
        return 0
    with _sqlite_errors(path), contextlib.closing(_connect(path)) as db:
        return version(db, path)


def _named(row: sqlite3.Row) -> str:
    return environment_name(row["value"])


def moment(text: str) -> datetime:
    """Read an aware moment as the state writes it, or raise ValueError or TypeError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or found.year not in YEARS or found.isoformat() != text:
        raise ValueError(f"{text!r} is no moment of this century, written with its zone")
    return found


@functools.lru_cache(1024)  # of thousands of reports a day each, and each takes memory
def day(text: str) -> date:
    """Read a day as the state writes it, or raise ValueError or TypeError."""
    found = date.fromisoformat(text)
    if found.year not in YEARS or found.isoformat() != text:
        raise ValueError(f"{text!r} is no day of this century, written with hyphens")
    return found


def of_type(kind: type[Made], value: object) -> Made:
    """Return a value that is of that kind, or raise TypeError: SQLite keeps anything in any column."""
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not of type {kind.__name__}")
    return value


def seconds(value: object) -> float:
    """Read seconds of an uptime, or raise ValueError or TypeError. Those from before a boot may be below zero."""
    found = of_type(float, value)
    if not abs(found) < 1e10:
        raise ValueError(f"{found} is no time that a machine runs for")
    return found


def maybe(read: Callable[[Any], Made], value: object) -> Made | None:
    """Return what ``read`` makes of a value, and None for a NULL."""
    return None if value is None else read(value)


def _connect(target: str) -> sqlite3.Connection:
    db = sqlite3.connect(on_disk(target), timeout=30, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA synchronous = EXTRA")  # a commit that returned survives a power cut
    return db


def _copied(file: sqlite3.Connection) -> sqlite3.Connection:
    """Return a database in memory that is the same, and close the file's."""
    db = _connect(":memory:")
    file.backup(db)
    file.close()
    return db


@contextlib.contextmanager
def _closed_if_unfit(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Keep nothing locked where the state turns out to be of no use."""
    try:
        yield db
    except BaseException:
        db.close()
        raise


def _is_without_rights(path: str, error: sqlite3.Error) -> bool:
    """Say whether it is the disk that can't be written; SQLite says the same of a format that it can't write."""
    may_write = all(os.access(on_disk(place), os.W_OK) for place in (path, os.path.dirname(path)))
    return "readonly" in str(error) and not may_write


@contextlib.contextmanager
def _sqlite_errors(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise DiskFull(f"The state {path} can't grow: the disk is full.") from error
        if "locked" in str(error):
            raise Busy(f"Another run keeps {path} locked.") from error
        if any(words in str(error) for words in _TROUBLE) or _is_without_rights(path, error):
            raise LocalError(f"The state {path} can't be used: {error}.") from error
        raise StateDamaged(f"The state {path} is damaged: {error}.") from error
    except UnicodeDecodeError as error:  # SQLite quotes what is damaged, and Python can't read that
        raise StateDamaged(f"The state {path} is damaged: it names something in no UTF-8.") from error
    except OverflowError as error:  # Python counts further than SQLite
        raise StateDamaged(f"The state {path} is damaged: it counts to the end of all numbers.") from error
    except sqlite3.DatabaseError as error:
        raise StateDamaged(f"The state {path} is damaged: {error}.") from error
