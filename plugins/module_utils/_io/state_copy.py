# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the state that is laid beside it before its tables change."""

from __future__ import annotations

import contextlib
import os
import sqlite3

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, sync_folder
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import in_words, on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import path_of_copy, version


def keep_copy(db: sqlite3.Connection, path: str) -> None:
    """Lay a copy of the state beside it, on disk when this returns, in the place of all copies before.

    It belongs into the transaction that changes the tables, before the first change: what others have committed is in
    it then, and nothing can come between. Another connection reads, since SQLite does not copy by the one that is about
    to write; and SQLite does, since whoever closes a file of the process gives up all locks that the process has on it.
    """
    kept = path_of_copy(path, version(db, path))
    folder, name = os.path.split(kept)
    staged = os.path.join(folder, f".{name}.new")
    with disk_errors(kept):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(on_disk(staged))  # what a run left that was killed just here
        try:
            _copy(path, staged)
            os.replace(on_disk(staged), on_disk(kept))
        except Exception:
            with contextlib.suppress(OSError):
                os.unlink(on_disk(staged))
            raise
        for other in _copies(path):
            if other != kept:
                os.unlink(on_disk(other))
        sync_folder(folder)


def _copy(path: str, place: str) -> None:
    """Write the copy, for nobody else to read, and sync it."""
    descriptor = os.open(on_disk(place), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with contextlib.closing(_connect(path)) as state, contextlib.closing(_connect(place)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # it is synced as a whole
            copy.execute("PRAGMA journal_mode = OFF")
            state.backup(copy)
        os.fsync(file.fileno())


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(on_disk(path), isolation_level=None)


def _copies(path: str) -> list[str]:
    folder, name = os.path.split(path_of_copy(path, ""))
    found = (in_words(entry) for entry in os.listdir(on_disk(folder)))
    return [os.path.join(folder, entry) for entry in found if entry.startswith(name)]
