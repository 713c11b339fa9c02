# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a report can't be written into the archive, as far as a look tells that changes nothing."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
from collections.abc import Collection

from ansible_collections.dcass.sftp.plugins.module_utils._io.mounts import mounts_below, other_device
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import names_in, on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ArchiveDamaged, LocalError

NAME_BYTES, _PATH_BYTES = 255, 4096
_SUFFIX_BYTES = 6  # .~999~
_APART = "{} is a {} of its own: no report can be moved in one step between it and the rest of the archive"

_MOUNT_HINT = "Put the whole archive on one mount and subvolume, then run again. No login was spent."


class Obstacles:
    """The folder ``dest`` of an archive, and ``incoming`` below it, from where reports are moved to their places."""

    def __init__(self, dest: str, incoming: str) -> None:
        self._dest, self._incoming = dest, incoming
        self._of_folder = functools.cache(self._look_at_folder)

    def require_usable(self, folders: Collection[str] | None) -> None:
        """Raise LocalError where ``dest`` is no folder of ours and can't become one, or one of its folders is not.

        ``folders`` are those below ``dest`` that matter, None for all of them.
        """
        folder = existing(self._dest)
        if not os.path.isdir(on_disk(folder)):
            raise LocalError(f"dest: {folder} is no folder.")
        self._require_writable(folder)
        if self.is_barred(self._incoming):
            raise ArchiveDamaged(f"{self._incoming} should be a folder of the archive, and is not.")
        self._require_writable(existing(self._incoming))
        if any(len(on_disk(part)) > NAME_BYTES for part in self._dest.split("/")):
            raise LocalError(f"dest: a name in it is longer than {NAME_BYTES} bytes.")
        if folder == self._dest:
            self._require_one_mount(folders)

    def _require_writable(self, folder: str) -> None:
        if not os.access(on_disk(folder), os.W_OK | os.X_OK):
            raise LocalError(f"dest: {_not_writable(folder)}.")

    def _require_one_mount(self, folders: Collection[str] | None) -> None:
        names = names_in(self._dest) if folders is None else folders
        for place in [self._incoming, *(os.path.join(self._dest, name) for name in names)]:
            apart = self._apart(place)
            if apart:
                raise LocalError(f"dest: {apart}.", hint=_MOUNT_HINT)

    def _apart(self, folder: str) -> str | None:
        """Why nothing can be renamed into a folder from the rest of the archive, if so."""
        if folder in self._mounts:
            return _APART.format(folder, "mount")
        return _APART.format(folder, "subvolume") if other_device(folder, self._dest) else None

    @functools.cached_property
    def _mounts(self) -> set[str]:
        return mounts_below(self._dest)

    def why_not(self, place: str) -> str | None:
        """Return why no report can be written to a place below ``dest``, None where nothing speaks against it."""
        folder, _slash, name = place.rpartition("/")
        if len(on_disk(place)) >= _PATH_BYTES:
            return f"the path has {len(on_disk(place))} bytes, and no path may have more than {_PATH_BYTES - 1}"
        reason, most = self._of_folder(folder)
        if reason is None and len(on_disk(name)) + _SUFFIX_BYTES > most:
            reason = _too_long(name, most - _SUFFIX_BYTES)
        return reason or _in_place(place)

    def _look_at_folder(self, folder: str) -> tuple[str | None, int]:
        """Why nothing can be written to a folder, if so, and how many bytes a name in it may have."""
        if self.is_barred(folder):
            return f"{folder} or a folder above it is a file or a link", NAME_BYTES
        there = existing(folder)
        most = _most_name_bytes(there)
        if not os.access(on_disk(there), os.W_OK | os.X_OK):
            return _not_writable(there), most
        for step in folder[len(there) :].split("/"):
            if len(on_disk(step)) > most:
                return _too_long(step, most), most
        while there.startswith(f"{self._dest}/"):
            apart = self._apart(there)
            if apart:
                return apart, most
            there = os.path.dirname(there)
        return None, most

    def is_barred(self, folder: str) -> bool:
        """Say whether something else has the name of a folder below ``dest``, or of one on the way to it.

        A link to a folder is something else: what is written behind it would not be in the archive.
        """
        while folder != self._dest:
            place = on_disk(folder)
            if os.path.islink(place) or (os.path.exists(place) and not os.path.isdir(place)):
                return True
            folder = os.path.dirname(folder)
        return False


def existing(folder: str) -> str:
    """The folder, or the nearest above it that is there."""
    while not os.path.lexists(on_disk(folder)):
        folder = os.path.dirname(folder)
    return folder


def _most_name_bytes(folder: str) -> int:
    with contextlib.suppress(OSError):
        return os.statvfs(on_disk(folder)).f_namemax or NAME_BYTES
    return NAME_BYTES


def _too_long(name: str, most: int) -> str:
    return f"its file system takes names of {most} bytes at most, and {name} has {len(on_disk(name))}"


def may_be_replaced(path: str) -> bool:
    """Say whether a report may have this name: nothing has it yet, or an earlier report; a pipe would be waited for."""
    return _in_place(path) is None


def _in_place(path: str) -> str | None:
    try:
        mode = os.lstat(on_disk(path)).st_mode
    except OSError as error:
        absent = error.errno in (errno.ENOENT, errno.ENOTDIR)
        return None if absent else f"its place can't be looked at ({error.strerror})"
    if stat.S_ISREG(mode):
        return None
    return "a folder has its name" if stat.S_ISDIR(mode) else "something else than a report has its name"


def _not_writable(folder: str) -> str:
    with contextlib.suppress(OSError):
        if os.statvfs(on_disk(folder)).f_flag & os.ST_RDONLY:
            return f"the file system of {folder} is mounted read-only"
    return f"this user may not write to {folder}"
