# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on disk: each whole, hashed and synced before it has its name; earlier versions stay beside (§4.1)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

from ansible_collections.dcass.sftp.plugins.module_utils._io.disk import Disk
from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, make_folders, sync_folder
from ansible_collections.dcass.sftp.plugins.module_utils._io.obstacles import Obstacles, existing, may_be_replaced
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk, raw
from ansible_collections.dcass.sftp.plugins.module_utils._io.spelling import Spelling, is_unusual
from ansible_collections.dcass.sftp.plugins.module_utils._rules import outcomes
from ansible_collections.dcass.sftp.plugins.module_utils._rules.clashes import folders_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ArchiveDamaged, LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport

_FILE_MODE, _FOLDER_MODE = 0o640, 0o750
_SPARE_BYTES = 64 << 20  # room that a fetch leaves to everything else on the file system
_SPARE_FILES = 1000  # and files, or a hundredth of all that it may have
_BLOCK = 1 << 20


class Part(outcomes.Part):
    """A report being written under a hidden name, in whatever order its pieces come.

    It is hashed as it comes; of what has come out of order the rest is read again at the end.
    """

    def __init__(self, path: str, hidden: str, mtime: int | None, keep_earlier: bool):
        self.path, self.hidden, self.keep_earlier = path, hidden, keep_earlier
        self.size = 0
        self.sha256 = ""
        self.named = False
        self._mtime = mtime
        self._hash = hashlib.sha256()
        self._hashed = 0  # bytes from the start
        self.file = os.open(on_disk(hidden), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
        os.fchmod(self.file, _FILE_MODE)

    def write(self, offset: int, data: memoryview) -> None:
        """Write bytes at their place, whatever came before them; they are hashed if that was all before them."""
        try:
            written = os.pwrite(self.file, data, offset)
            while written < len(data):
                written += os.pwrite(self.file, data[written:], offset + written)
        except OSError:
            with disk_errors(self.path):
                raise
        self.size = max(self.size, offset + len(data))
        if offset == self._hashed:
            self._hash.update(data)
            self._hashed += len(data)

    def finish(self) -> None:
        """Hash what has not been yet, and set the facility's time; the file is not synced, and still hidden."""
        with disk_errors(self.path):
            while block := os.pread(self.file, _BLOCK, self._hashed):
                self._hash.update(block)
                self._hashed += len(block)
            if self._mtime is not None:
                os.utime(self.file, (self._mtime, self._mtime))
        self.sha256 = self._hash.hexdigest()

    def close(self) -> None:
        """Close the file, once."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1

    def abort(self) -> None:
        """Leave nothing behind."""
        self.close()
        with contextlib.suppress(OSError):
            os.unlink(on_disk(self.hidden))


class Archive:
    """The folder ``dest`` as one account fills it; ``folders`` are those below it that matter, all of them without.

    With ``drill``, a folder below ``dest``, that one is filled in its place, and nothing else is looked at.
    """

    def __init__(self, dest: str, account: Account, folders: Collection[str] | None = None, drill: str = "") -> None:
        self._top = os.path.normpath(dest)
        self.dest = os.path.join(self._top, drill) if drill else self._top
        self._folders_used = folders
        self._incoming = os.path.join(self.dest, f".incoming-{account}")
        self.spelling = Spelling(self.dest, self._incoming)
        self._parts = 0
        self._folders: set[str] = set()  # that are there, and no link
        self._securer = ThreadPoolExecutor(1)
        self._disk: Disk | None = None

    def locate(self, path: str) -> str:
        """Return where a path below ``dest`` lies on this machine."""
        return os.path.join(self.dest, *path.split("/"))

    def absent(self, recorded: Iterable[HeldReport]) -> set[str]:
        """Return the paths of those that the disk lacks, or holds in another size than recorded."""
        return {report.path for report in recorded if self._size(report.path) != report.size}

    def require_usable(self) -> None:
        """Raise LocalError where ``dest`` is no folder of ours and can't become one, or no report can be moved in."""
        with disk_errors(self.dest):
            if Obstacles(self._top, self.dest).is_barred(self.dest):
                raise ArchiveDamaged(f"{self.dest} should be a folder of the archive, and is not.")
            self._obstacles().require_usable(self._folders_used)

    def _obstacles(self) -> Obstacles:
        return Obstacles(self.dest, self._incoming)

    def room(self) -> int:
        """Return how many bytes a fetch may bring, with some left for everything else on the file system.

        What earlier runs have left half written makes room, since it is swept away before.
        """
        with disk_errors(self.dest):
            found = os.statvfs(on_disk(existing(self.dest)))
            swept = sum(entry.stat(follow_symlinks=False).st_blocks * 512 for entry in self._left_half_written())
        return max(0, found.f_bavail * found.f_frsize + swept - _SPARE_BYTES)

    def room_for_files(self) -> int | None:
        """Return how many files and folders a fetch may make, None where the file system does not count them."""
        with disk_errors(self.dest):
            there = existing(self.dest)
            found = os.statvfs(on_disk(there))
            swept = len(self._left_half_written())
        if not found.f_files:
            return None
        to_make = 0 if os.path.isdir(on_disk(self._incoming)) else 1
        to_make += self.dest[len(there.rstrip("/")) :].count("/")
        return max(0, found.f_favail + swept - to_make - min(_SPARE_FILES, found.f_files // 100))

    def missing_folders(self, paths: Iterable[str]) -> set[str]:
        """Return the folders, as paths below ``dest``, that have to be made for these reports."""
        folders = {folder for path in paths for folder in folders_of(path)}
        return {folder for folder in folders if not os.path.lexists(on_disk(self.locate(folder)))}

    def obstacles(self, paths: Iterable[str]) -> dict[str, str]:
        """Return those paths that can't be written, each with the reason, half a sentence.

        Something else is there, or the disk or its rights forbid it.
        """
        obstacles = self._obstacles()
        found = ((path, obstacles.why_not(self.locate(path))) for path in paths)
        return {path: reason for path, reason in found if reason is not None}

    def not_taken(self, paths: Iterable[str]) -> set[str]:
        """Return those paths that the file system takes for no names; found out by trying, so never in check mode."""
        unusual = [path for path in paths if is_unusual(path)]
        if unusual:
            self._require_folder(self._incoming)
        return self.spelling.not_taken(unusual)

    def is_one(self, one: str, other: str, may_write: bool) -> bool:
        """Say whether two paths, spelled alike, are one to the file system; ``may_write`` lets it be tried."""
        if may_write:
            self._require_folder(self._incoming)
        return self.spelling.is_one(one, other, may_write)

    def sweep(self) -> None:
        """Remove what this account's earlier runs left half written."""
        with disk_errors(self._incoming):
            for entry in self._left_half_written():
                os.unlink(entry.path)

    def _left_half_written(self) -> list[os.DirEntry[bytes]]:
        with contextlib.suppress(FileNotFoundError), os.scandir(raw(self._incoming)) as entries:
            return list(entries)
        return []

    def begin(self, path: str, mtime: int | None = None, keep_earlier: bool = True) -> Part:
        """Open a part for the report at a path below ``dest``; ``mtime`` is the facility's time.

        Another content under that name shall stay beside it as NAME.~N~ where ``keep_earlier`` says so.
        """
        final = self.locate(path)
        for place in {os.path.dirname(final), self._incoming} - self._folders:
            self._require_folder(place)
        if not may_be_replaced(final):
            raise ArchiveDamaged(f"{final} should be a report, and is a folder or a link.")
        self._parts += 1
        with disk_errors(final):
            self._disk = self._disk or Disk(self._incoming)
            hidden = os.path.join(self._incoming, str(self._parts))
            return Part(final, hidden, mtime, keep_earlier)

    def _require_folder(self, place: str) -> None:
        with disk_errors(place), contextlib.suppress(NotADirectoryError):
            make_folders(place, _FOLDER_MODE)
        if not os.path.isdir(on_disk(place)) or self._obstacles().is_barred(place):
            raise ArchiveDamaged(f"{place} should be a folder of the archive, and is not.")
        self._folders.add(place)

    def start_securing(self, parts: Collection[outcomes.Part]) -> Future[None]:
        """Begin to ``secure`` in another thread; ``result()`` waits for its end, and raises what it raised."""
        return self._securer.submit(self.secure, _begun(parts))

    def secure(self, parts: Collection[Part]) -> None:
        """Hash whole reports and bring their content to disk, still hidden: no power cut leaves a name with less."""
        with _all_or_none(parts):
            for part in parts:
                part.finish()
            with disk_errors(self.dest):
                if self._disk is not None:
                    self._disk.sync([part.file for part in parts])

    def name(self, parts: Collection[outcomes.Part]) -> None:
        """Give secured reports their names, so that these survive a power cut; then the manifest may record them.

        One that can't have its name keeps it from no other: which are ``named`` is set before what was met is raised.
        """
        named, trouble = [], None
        with _all_or_none(parts):
            for part in _begun(parts):
                part.close()
                try:
                    self._name(part)
                    named.append(part)
                except LocalError as error:
                    part.abort()
                    trouble = trouble or error
            self._sync_folders({os.path.dirname(part.path) for part in named})
        for part in named:
            part.named = True
        if trouble:
            raise trouble

    def _name(self, part: Part) -> None:
        with disk_errors(part.path):
            if part.keep_earlier and os.path.exists(on_disk(part.path)) and _sha256(part.path) != part.sha256:
                _keep_aside(part.path)
            os.replace(on_disk(part.hidden), on_disk(part.path))

    def _sync_folders(self, touched: set[str]) -> None:
        folders = set(touched)
        for folder in touched:
            while folder != self._top:
                folder = os.path.dirname(folder)
                folders.add(folder)
        with disk_errors(self.dest):
            for folder in folders:
                sync_folder(folder)
        with contextlib.suppress(OSError):  # the folder above is another's, and may be closed to us
            sync_folder(os.path.dirname(self._top))

    def _size(self, path: str) -> int | None:
        try:
            found = os.lstat(on_disk(self.locate(path)))
        except OSError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None


def _begun(parts: Collection[outcomes.Part]) -> Collection[Part]:
    """Parts as what they are: an archive is handed those alone that it began itself."""
    return cast("Collection[Part]", parts)


@contextlib.contextmanager
def _all_or_none(parts: Collection[outcomes.Part]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for part in parts:
            part.abort()
        raise


def _keep_aside(path: str) -> None:
    """Link the earlier version to the next free number, unless a crash left it linked already."""
    number, earlier = 0, _sha256(path)
    while True:
        number += 1
        staged = f"{path}.~{number}~"
        if not os.path.lexists(on_disk(staged)):
            os.link(on_disk(path), on_disk(staged))
            return
        if may_be_replaced(staged) and _sha256(staged) == earlier:
            return


def _sha256(path: str) -> str:
    with open(on_disk(path), "rb") as file:
        return sha256_of(iter(lambda: file.read(_BLOCK), b""))
