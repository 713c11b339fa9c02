# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that the back office looks into: files that are whole or not there, and links to the archive's reports."""

from __future__ import annotations

import contextlib
import os
import stat

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    disk_errors,
    make_folders,
    opened_below,
    sync_folder,
    write_file,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.mounts import mount_of
from ansible_collections.dcass.sftp.plugins.module_utils._io.obstacles import existing
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import names_in, on_disk, real_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import HandoverRefused, LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import LINKS, wrong_place

_FILE_MODE, _FOLDER_MODE = 0o640, 0o750  # as in the archive


class HandoverFolder:
    """The folder of the hand-over, and the archive ``dest`` that links lead to."""

    def __init__(self, folder: str, dest: str, key_dir: str, state_dir: str) -> None:
        self._folder = folder
        self._dest = dest
        self._keys, self._state = key_dir, state_dir

    def locate(self, name: str) -> str:
        """Return where a name below the folder lies on this machine."""
        return os.path.join(self._folder, *name.split("/"))

    def require_usable(self, links: bool) -> None:
        """Raise HandoverRefused where links lead the back office astray, or no link can be made; changes nothing."""
        places = (self._dest, self._keys, self._state)
        complaint = wrong_place(real_path(self._folder), *map(real_path, places))
        if complaint:
            raise HandoverRefused(f"{self._folder} is {real_path(self._folder)}, {complaint}.")
        here, there = existing(self._folder), existing(self._dest)
        with disk_errors(self._folder):
            is_apart = links and mount_of(here) != mount_of(there)
        if is_apart:
            raise HandoverRefused(
                f"{self._folder} is on another mount than the archive {self._dest}: no hard link leads from one to "
                "the other."
            )

    def write(self, name: str, data: bytes) -> None:
        """Write a file, synced, in the place of one of that name."""
        place = self.locate(name)
        self._make(os.path.dirname(place))
        self._sweep(place)
        write_file(place, data, _FILE_MODE)

    def _sweep(self, place: str) -> None:
        """Remove what a run of the same account has left that was killed while it wrote, whatever it was to be."""
        folder, name = os.path.split(place)
        with disk_errors(folder):
            for left in names_in(folder):
                if left.startswith(f".{name.partition('-')[0]}-"):
                    os.unlink(on_disk(os.path.join(folder, left)))

    def link(self, path: str, size: int) -> None:
        """Let a report's path below the archive have a link of the same path here; ``sync_links`` makes that last.

        What had the name, such as a link to an earlier version, gives way in one step.
        """
        folder, _slash, name = f"{LINKS}/{path}".rpartition("/")
        self._make(self.locate(folder))
        source, staged = os.path.join(self._dest, *path.split("/")), f".{sha256(name.encode())[:16]}.new"
        with disk_errors(source), opened_below(self._folder, folder, os.O_RDONLY) as place:
            _unlink(staged, place)
            os.link(on_disk(source), on_disk(staged), dst_dir_fd=place, follow_symlinks=False)
            try:
                _require_report(os.lstat(on_disk(staged), dir_fd=place), size, source)
                os.replace(on_disk(staged), on_disk(name), src_dir_fd=place, dst_dir_fd=place)
            finally:
                _unlink(staged, place)  # a rename onto another link of the same file does nothing at all

    def sync_links(self, folders: set[str]) -> None:
        """Make the links in these folders, paths below the archive, survive a power cut."""
        places = {self._folder}
        for folder in folders:
            place = self.locate(f"{LINKS}/{folder}")
            while place not in places:
                places.add(place)
                place = os.path.dirname(place)
        for place in places:
            with disk_errors(place):
                sync_folder(place)

    def require_report(self, path: str, size: int) -> str:
        """Return where a report lies, or raise LocalError where it is gone or is no report any more."""
        source = os.path.join(self._dest, *path.split("/"))
        with disk_errors(source):
            _require_report(os.lstat(on_disk(source)), size, source)
        return source

    def _make(self, place: str) -> None:
        with disk_errors(place):
            make_folders(place, _FOLDER_MODE)
            if os.path.islink(on_disk(place)):
                raise LocalError(f"{place} is a link, and should be a folder.")


def _require_report(found: os.stat_result, size: int, source: str) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        raise LocalError(f"{source} is not the report that is on record: it has another size, or is no file.")


def _unlink(name: str, place: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(on_disk(name), dir_fd=place)
