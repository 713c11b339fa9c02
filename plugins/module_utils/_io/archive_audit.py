# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at the archive beside its manifest. Opens for reading alone, follows no link, holds one page at a time."""

from __future__ import annotations

import errno
import os
import posixpath
import re
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date
from functools import partial
from itertools import groupby

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import opened_below
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import entries_of, on_disk, raw
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, of_type
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.drills import PREFIX
from ansible_collections.dcass.sftp.plugins.module_utils._rules.findings import (
    ABSENT,
    DAMAGED,
    SOUND,
    UNKNOWN,
    Finding,
    Recorded,
    compare_one,
    report_of,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import readable

_PAGE = 200  # reports
_BLOCK = 256 << 10  # bytes, of which a processor's own memory holds some
_LARGE = 1 << 20  # bytes from which on a thread is worth its trouble
# where a run writes what is not whole yet, below the archive itself or below the folder of a drill
_INCOMING = re.compile(rf"(?:{re.escape(PREFIX)}[^/]*/)?\.incoming-")
_STRANGER = "The manifest does not know it."
_UNRECORDED = "It is a later version, which a sync that was cut off could not record; the earlier one lies beside it."


class ArchiveAudit:
    """The folder ``dest`` and what the state records of it."""

    def __init__(self, state: StateDb, dest: str) -> None:
        self._state = state
        self._dest = dest

    def compare(self, deep: bool, since: date | None) -> Iterator[Finding]:
        """Look at each recorded report (of days from ``since`` on, or without a day); ``deep`` reads it whole.

        What a drill has brought may be taken away: nobody misses it.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for page in self._pages(since):
                for folder, reports in groupby(page, key=lambda one: posixpath.dirname(one.path)):
                    for finding in self._look(folder, list(reports), deep, pool):
                        found = finding if finding.kind == SOUND else self._look_again(finding, deep, pool)
                        if found.kind != ABSENT or not found.path.startswith(PREFIX):
                            yield found

    def unrecorded(self) -> Iterator[Finding]:
        """Look for what the manifest does not know; earlier versions of a known report belong to it."""
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                for name, is_folder in self._list(folder):
                    path = f"{folder}/{name}" if folder else name
                    if is_folder:
                        folders += [] if _INCOMING.match(path) else [path]
                    elif not self._knows(path):
                        yield Finding(UNKNOWN, readable(raw(path)), _STRANGER)
            except OSError as error:
                if folder or error.errno != errno.ENOENT:  # no archive yet: nothing in it
                    where = readable(raw(folder or "."))
                    yield Finding(DAMAGED, where, f"The folder can't be read: {error.strerror}.")

    def _knows(self, path: str) -> bool:
        try:
            return bool(self._state.rows("SELECT 1 FROM reports WHERE path = ?", report_of(path)))
        except UnicodeEncodeError:  # not UTF-8: no report has such a name
            return False

    def _pages(self, since: date | None) -> Iterator[list[Recorded]]:
        last, day = "", since.isoformat() if since else ""
        query = (
            "SELECT path, size, sha256 FROM reports WHERE path > ? AND coalesce(day, '9') >= ? ORDER BY path LIMIT ?"
        )
        while page := self._state.read(_recorded, query, last, day, _PAGE):
            yield page
            last = page[-1].path

    def _look(self, folder: str, reports: list[Recorded], deep: bool, pool: Executor) -> Iterator[Finding]:
        """Look at the reports of one folder, at the large ones side by side: hashing leaves the interpreter free."""
        try:
            with opened_below(self._dest, folder, os.O_PATH) as place:
                look = partial(_look_at, place, deep)
                large = pool.map(look, [one for one in reports if one.size > _LARGE])
                yield from map(look, [one for one in reports if one.size <= _LARGE])
                yield from large
        except (OSError, ValueError) as error:
            yield from (_trouble(one.path, error) for one in reports)

    def _look_again(self, finding: Finding, deep: bool, pool: Executor) -> Finding:
        """A sync may have recorded the report anew while this look was under way, or was killed just before it did."""
        path, folder = finding.path, posixpath.dirname(finding.path)
        now = self._state.read(_recorded, "SELECT path, size, sha256 FROM reports WHERE path = ?", path)
        again = next(self._look(folder, now, deep, pool), finding)
        if again.kind == DAMAGED:
            announced = self._state.read(_recorded, "SELECT path, size, sha256 FROM successors WHERE path = ?", path)
            if any(found.kind == SOUND for found in self._look(folder, announced, True, pool)):
                return Finding(UNKNOWN, path, _UNRECORDED)
        return again

    def _list(self, folder: str) -> Iterator[tuple[str, bool]]:
        """The names in a folder below ``dest``, each with whether it is a folder."""
        with opened_below(self._dest, folder, os.O_RDONLY) as place:
            yield from entries_of(place)


def _look_at(place: int, deep: bool, recorded: Recorded) -> Finding:
    """Look at one report of an open folder."""
    name = posixpath.basename(recorded.path)
    try:
        file = os.open(
            on_disk(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place
        )  # a pipe would be waited for
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                return Finding(DAMAGED, recorded.path, "It is no regular file.")
            worth_reading = deep and found.st_size == recorded.size
            return compare_one(recorded, found.st_size, _sha256(file) if worth_reading else None)
        finally:
            os.close(file)
    except (OSError, ValueError) as error:
        return _trouble(recorded.path, error)


def _trouble(path: str, error: Exception) -> Finding:
    """The finding for a report that can't be opened or read."""
    if isinstance(error, FileNotFoundError):
        return Finding(ABSENT, path, "It is gone.")
    if getattr(error, "errno", None) in (errno.ELOOP, errno.ENOTDIR):
        return Finding(DAMAGED, path, "It is a link, or lies behind one or below a file.")
    return Finding(DAMAGED, path, f"It can't be read: {getattr(error, 'strerror', None) or error}.")


def _recorded(row: sqlite3.Row) -> Recorded:
    path = row["path"]
    if not isinstance(path, str) or ".." in path.split("/"):
        raise ValueError("it is no path of an archive")
    return Recorded(path, of_type(int, row["size"]), of_type(str, row["sha256"]))


def _sha256(file: int) -> str:
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    return sha256_of(iter(lambda: os.read(file, _BLOCK), b""))
