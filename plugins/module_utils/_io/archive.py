# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on disk: each whole, hashed and synced before it has its name; earlier versions stay beside (§4.1)."""

from __future__ import annotations

import contextlib
import hashlib
import os

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, make_folders, sync_folder
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ArchiveDamaged, DiskFull, HostTrouble
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account

_FILE_MODE, _FOLDER_MODE = 0o640, 0o750
_SPARE_BYTES = 64 << 20  # room that a fetch leaves to everything else on the file system
_NAME_BYTES = 255
_BLOCK = 1 << 20


class Part:
    """A report being written under a hidden name. Hashes as it goes, whatever order the pieces come in."""

    def __init__(self, path: str, hidden: str) -> None:
        self.path, self.hidden = path, hidden
        self.size = 0
        self.sha256 = ""
        self._hash = hashlib.sha256()
        self._hashed = 0
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _FILE_MODE)
        os.fchmod(self._file, _FILE_MODE)

    def write(self, offset: int, data: memoryview) -> None:
        with disk_errors(self.path):
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], offset + written)
        if offset == self._hashed:
            self._hash.update(data)
            self._hashed += len(data)
        self.size = max(self.size, offset + len(data))

    def finish(self, mtime: int | None) -> None:
        """Hash what came out of order, set the facility's time, and sync; the file still has its hidden name."""
        with disk_errors(self.path):
            while block := os.pread(self._file, _BLOCK, self._hashed):
                self._hash.update(block)
                self._hashed += len(block)
            if mtime is not None:
                os.utime(self._file, (mtime, mtime))
            os.fsync(self._file)
            os.close(self._file)
        self._file = -1
        self.sha256 = self._hash.hexdigest()

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        with contextlib.suppress(OSError):
            os.unlink(self.hidden)


class Archive:
    """The folder ``dest`` as one account fills it."""

    def __init__(self, dest: str, account: Account) -> None:
        self.dest = os.path.normpath(dest)
        self._incoming = os.path.join(self.dest, f".incoming-{account}")
        self._parts = 0
        self._touched: set[str] = set()

    def locate(self, path: str) -> str:
        """Return where a path below ``dest`` lies on this machine."""
        return os.path.join(self.dest, *path.split("/"))

    def absent(self, sizes: dict[str, int]) -> set[str]:
        """Return those paths that the disk lacks, or holds in another size than recorded."""
        return {path for path, size in sizes.items() if self._size(path) != size}

    def require_usable(self) -> None:
        """Raise HostTrouble where ``dest`` is no folder of ours and can't become one."""
        folder = self._existing()
        if not os.path.isdir(folder):
            raise HostTrouble(f"dest: {folder} is no folder.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise HostTrouble(f"dest: this user may not write to {folder}.")
        if any(len(os.fsencode(part)) > _NAME_BYTES for part in self.dest.split("/")):
            raise HostTrouble(f"dest: a name in it is longer than {_NAME_BYTES} bytes.")

    def require_room(self, size: int) -> None:
        """Raise DiskFull now rather than in the middle, where the file system is smaller than the fetch."""
        with disk_errors(self.dest):
            found = os.statvfs(self._existing())
        free = found.f_bavail * found.f_frsize
        if size and free < size + _SPARE_BYTES:
            raise DiskFull(
                f"{self.dest} has {free >> 20} MiB free; {size >> 20} MiB are to be fetched, "
                f"and {_SPARE_BYTES >> 20} MiB must remain."
            )

    def sweep(self) -> None:
        """Remove what this account's earlier runs left half written."""
        with disk_errors(self._incoming), contextlib.suppress(FileNotFoundError):
            for name in os.listdir(self._incoming):
                os.unlink(os.path.join(self._incoming, name))

    def begin(self, path: str) -> Part:
        """Open a part for the report at a path below ``dest``."""
        final = self.locate(path)
        folder = os.path.dirname(final)
        for place in (folder, self._incoming):
            with disk_errors(place), contextlib.suppress(NotADirectoryError):
                make_folders(place, _FOLDER_MODE)
            if not os.path.isdir(place) or self._led_away(place):
                raise ArchiveDamaged(f"{place} should be a folder of the archive, and is not.")
        if os.path.isdir(final) or os.path.islink(final):
            raise ArchiveDamaged(f"{final} should be a report, and is a folder or a link.")
        self._parts += 1
        with disk_errors(final):
            return Part(final, os.path.join(self._incoming, str(self._parts)))

    def keep(self, part: Part, keep_earlier: bool = True) -> None:
        """Give a finished part its name. Another content under that name stays beside it as NAME.~N~, if so wished."""
        with disk_errors(part.path):
            if keep_earlier and os.path.exists(part.path) and _sha256(part.path) != part.sha256:
                _keep_beside(part.path)
            os.replace(part.hidden, part.path)
        self._touched.add(os.path.dirname(part.path))

    def settle(self) -> None:
        """Make all names given so far survive a power cut; only then may the manifest record them."""
        folders = set(self._touched)
        for folder in self._touched:
            while folder != self.dest:
                folder = os.path.dirname(folder)
                folders.add(folder)
        with disk_errors(self.dest):
            for folder in folders:
                sync_folder(folder)
        with contextlib.suppress(OSError):  # the folder above is another's, and may be closed to us
            sync_folder(os.path.dirname(self.dest))
        self._touched.clear()

    def _led_away(self, folder: str) -> bool:
        """Say whether a link below ``dest`` leads somewhere else: what is written there would not be in the archive."""
        while folder != self.dest:
            if os.path.islink(folder):
                return True
            folder = os.path.dirname(folder)
        return False

    def _existing(self) -> str:
        """The archive's folder, or the nearest above it that is there."""
        folder = self.dest
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)
        return folder

    def _size(self, path: str) -> int | None:
        try:
            return os.lstat(self.locate(path)).st_size
        except OSError:
            return None


def _keep_beside(path: str) -> None:
    """Link the earlier version to the next free number, unless a crash left it linked already."""
    number, earlier = 0, _sha256(path)
    while True:
        number += 1
        beside = f"{path}.~{number}~"
        if not os.path.lexists(beside):
            os.link(path, beside)
            return
        if _sha256(beside) == earlier:
            return


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
