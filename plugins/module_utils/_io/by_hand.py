# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder in which people have laid reports that they fetched by hand: read, never written, no link followed."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterator

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import opened_below
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import entries_of, in_words, on_disk, raw
from ansible_collections.dcass.sftp.plugins.module_utils._rules.by_hand import (
    CHANGING,
    NO_PLAIN_FILE,
    OTHER_FOLDER,
    UNREADABLE,
    UNSAFE_NAME,
    LeftOut,
    Lying,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import readable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import unsafe
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Part
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Origin

_BLOCK = 1 << 20
_TO_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe that takes a file's place would be waited for
_LINK = (errno.ELOOP, errno.ENOTDIR)
_HINT = "Copy it to a folder that the service user may read, such as one below /var/tmp, and run again."


class ByHand:
    """The folder ``place``, laid out as the facility is: COMMON, the customer code, KEY_MANAGEMENT."""

    def __init__(self, place: str) -> None:
        self._place = place

    def is_there(self) -> bool:
        """Say whether the folder is there, or raise LocalError where that can't be seen or it can't be read."""
        try:
            os.stat(on_disk(self._place))
            with opened_below(self._place, "", os.O_RDONLY):
                return True
        except FileNotFoundError:
            return False
        except OSError as error:
            raise LocalError(f"{in_words(self._place)} can't be read: {error.strerror}.", hint=_HINT) from error

    def look(self, folders: Collection[str]) -> Iterator[Lying | LeftOut]:
        """Yield what lies in the facility's folders, and what lies elsewhere or is no file, with the reason."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                with opened_below(self._place, folder, os.O_RDONLY) as place:
                    for name, is_folder in sorted(entries_of(place)):
                        path = f"{folder}/{name}" if folder else name
                        odd = _why_odd(path, name, is_folder, folders)
                        if odd:
                            yield LeftOut(readable(raw(path)), *odd)
                        elif is_folder:
                            waiting.append(path)
                        else:
                            yield self._look_at(place, path)
            except OSError as error:
                yield _unreadable(folder, error)

    def _look_at(self, place: int, path: str) -> Lying | LeftOut:
        """Look at one file of an open folder."""
        folder, _slash, name = path.partition("/")
        try:
            with _opened(place, name.rpartition("/")[2]) as file:
                found = os.fstat(file)
        except OSError as error:
            return _unreadable(path, error)
        origin = Origin(in_words(os.path.join(self._place, path)), _owner(found.st_uid))
        return Lying(folder, name, found.st_size, int(found.st_mtime), origin)

    def sha256(self, report: Lying) -> str | None:
        """Return the SHA-256 of a file's content, None where it can't be read."""
        try:
            with self._reopened(report) as file:
                return sha256_of(iter(lambda: os.read(file, _BLOCK), b""))
        except OSError:
            return None

    def copy(self, report: Lying, part: Part) -> LeftOut | None:
        """Write a file's bytes into a part; return why that did not bring what was looked at, None where it did."""
        try:
            with self._reopened(report) as file:
                before, there = os.fstat(file), 0
                while there <= report.size and (block := os.read(file, _BLOCK)):
                    part.write(there, memoryview(block))
                    there += len(block)
                after = os.fstat(file)
        except OSError as error:
            return _unreadable(report.path, error)
        still = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
        if not still or there != report.size or int(after.st_mtime) != report.mtime:
            return LeftOut(report.path, CHANGING, "It changed while it was read.")
        return None

    @contextlib.contextmanager
    def _reopened(self, report: Lying) -> Iterator[int]:
        folder, _slash, name = report.path.rpartition("/")
        with opened_below(self._place, folder, os.O_PATH) as place, _opened(place, name) as file:
            yield file


@contextlib.contextmanager
def _opened(place: int, name: str) -> Iterator[int]:
    """Open a plain file of an open folder, or raise OSError; what is none is not touched."""
    if not stat.S_ISREG(os.stat(on_disk(name), dir_fd=place, follow_symlinks=False).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    file = os.open(on_disk(name), _TO_LOOK, dir_fd=place)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        yield file
    finally:
        os.close(file)


def _why_odd(path: str, name: str, is_folder: bool, folders: Collection[str]) -> tuple[str, str] | None:
    """Why an entry is not even looked at, a word and a sentence."""
    fault = unsafe(raw(name))
    if fault:
        return UNSAFE_NAME, f"Its name {fault}."
    if path == name and not (is_folder and name in folders):
        return OTHER_FOLDER, f"It lies in none of the folders {', '.join(folders)}."
    return None


def _unreadable(path: str, error: OSError) -> LeftOut:
    where = readable(raw(path or "."))
    if error.errno in _LINK:
        return LeftOut(where, NO_PLAIN_FILE, "It is a link or no plain file.")
    return LeftOut(where, UNREADABLE, f"It can't be read: {error.strerror}.")


def _owner(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
