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
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ArchiveDamaged, HostTrouble

NAME_BYTES, _PATH_BYTES = 255, 4096
_SUFFIX_BYTES = 6  # .~999~
_MOUNT = "is a mount of its own: no report can be moved in one step between it and the rest of the archive"

_MOUNT_HINT = "Mount the archive as a whole, and no folder in it by itself; then run again. No login was spent."


class Obstacles:
    """The folder ``dest`` of an archive, and ``incoming`` below it, from where reports are moved to their places."""

    def __init__(self, dest: str, incoming: str) -> None:
        self._dest, self._incoming = dest, incoming
        self._most_name_bytes: dict[str, int] = {}
        self._of_folder = functools.cache(self._look_at_folder)

    def require_usable(self, folders: Collection[str] | None = None) -> None:
        """Raise HostTrouble where ``dest`` is no folder of ours and can't become one, or one of its folders is not.

        ``folders`` are those below ``dest`` that matter, all of them without it.
        """
        folder = existing(self._dest)
        if not os.path.isdir(on_disk(folder)):
            raise HostTrouble(f"dest: {folder} is no folder.")
        self._require_writable(folder)
        if self.is_barred(self._incoming):
            raise ArchiveDamaged(f"{self._incoming} should be a folder of the archive, and is not.")
        self._require_writable(existing(self._incoming))
        if any(len(on_disk(part)) > NAME_BYTES for part in self._dest.split("/")):
            raise HostTrouble(f"dest: a name in it is longer than {NAME_BYTES} bytes.")
        if folder == self._dest:
            self._require_one_mount(folders)

    def _require_writable(self, folder: str) -> None:
        if not os.access(on_disk(folder), os.W_OK | os.X_OK):
            raise HostTrouble(f"dest: {_not_writable(folder)}.")

    def _require_one_mount(self, folders: Collection[str] | None) -> None:
        names = names_in(self._dest) if folders is None else folders
        for place in [self._incoming, *(os.path.join(self._dest, name) for name in names)]:
            if place in self._mounts or other_device(place, self._dest):
                raise HostTrouble(f"dest: {place} {_MOUNT}.", hint=_MOUNT_HINT)

    @functools.cached_property
    def _mounts(self) -> set[str]:
        return mounts_below(self._dest)

    def why_not(self, place: str) -> str | None:
        """Return why no report can be written to a place below ``dest``, None where nothing speaks against it."""
        folder, name = os.path.split(place)
        if len(on_disk(place)) >= _PATH_BYTES:
            return f"the path has {len(on_disk(place))} bytes, and no path may have more than {_PATH_BYTES - 1}"
        return self._of_folder(folder) or self._of_name(folder, name) or _in_place(place)

    def _look_at_folder(self, folder: str) -> str | None:
        if self.is_barred(folder):
            return f"{folder} or a folder above it is a file or a link"
        there = existing(folder)
        if not os.access(on_disk(there), os.W_OK | os.X_OK):
            return _not_writable(there)
        while there.startswith(f"{self._dest}/"):
            if there in self._mounts or other_device(there, self._dest):
                return f"{there} {_MOUNT}"
            there = os.path.dirname(there)
        return None

    def _of_name(self, folder: str, name: str) -> str | None:
        below = os.path.relpath(folder, self._dest).split("/") if folder != self._dest else []
        most = self._most_in(folder)
        for part, spare in [(name, _SUFFIX_BYTES), *((step, 0) for step in below)]:
            if len(on_disk(part)) + spare > most:
                return f"a name of {len(on_disk(part))} bytes is too long for its file system, which takes {most}"
        return None

    def _most_in(self, folder: str) -> int:
        """How many bytes a name may have in a folder, or in what will be one."""
        there = existing(folder)
        if there not in self._most_name_bytes:
            with contextlib.suppress(OSError):
                self._most_name_bytes[there] = os.statvfs(on_disk(there)).f_namemax
        return self._most_name_bytes.get(there) or NAME_BYTES

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


def may_be_replaced(path: str) -> bool:
    """Say whether a report may have this name: nothing has it yet, or an earlier report; a pipe would be waited for."""
    return _in_place(path) is None


def _in_place(path: str) -> str | None:
    try:
        mode = os.lstat(on_disk(path)).st_mode
    except OSError as error:
        absent = error.errno in (errno.ENOENT, errno.ENOTDIR)
        return None if absent else f"the file system does not take the name ({error.strerror})"
    if stat.S_ISREG(mode):
        return None
    return "a folder has its name" if stat.S_ISDIR(mode) else "something else than a report has its name"


def _not_writable(folder: str) -> str:
    with contextlib.suppress(OSError):
        if os.statvfs(on_disk(folder)).f_flag & os.ST_RDONLY:
            return f"the file system of {folder} is mounted read-only"
    return f"this user may not write to {folder}"
