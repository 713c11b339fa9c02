# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account sees over SFTP: three folders to read, one of them to upload keys to, nothing to change (§4.2)."""

import asyncio
import contextlib
import os
import posixpath
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import asyncssh
from asyncssh import FXF_APPEND, FXF_CREAT, FXF_READ, FXF_TRUNC, FXF_WRITE, SFTPAttrs, SFTPName

from emulator.connection import Connection
from emulator.facility import Facility
from emulator.fault_effects import (
    FileEffects,
    InPieces,
    bare,
    is_hostile,
    is_one_of_many,
    with_hostile_names,
    with_many,
)
from emulator.folders import KEY_MANAGEMENT
from emulator.handles import Download, Upload
from emulator.key_uploads import UploadBlocked
from emulator.read_only import ReadOnly

_OWNER = 990
_READ_ONLY_FILE = stat.S_IFREG | 0o440
_READ_ONLY_FOLDER = stat.S_IFDIR | 0o550
_UPLOAD_FOLDER = stat.S_IFDIR | 0o770


class _Listing:
    """A folder being listed: each time more of it is asked for, the session must still be let in."""

    def __init__(self, names: AsyncIterator[SFTPName], require_open: Callable[[], None]) -> None:
        self._names = names
        self._require_open = require_open

    def __aiter__(self) -> AsyncIterator[SFTPName]:
        self._require_open()
        return aiter(self._names)

    async def __anext__(self) -> SFTPName:
        return await anext(self._names)


class AccountView(ReadOnly):
    """One SFTP session of one account."""

    def __init__(
        self, channel: "asyncssh.SSHServerChannel[bytes]", facility: Facility, account: str, source: str
    ) -> None:
        super().__init__(channel, facility.events, account, source)
        self._line = cast(Connection, channel.get_connection())  # asyncssh forgets it when it ends
        self._facility = facility
        self._folders = facility.folders.visible_to(account)
        self._participant = facility.registry.owner(account)
        self._hostile_shown = False
        self._many_shown = False

    # Where a path leads

    def _find(self, path: bytes) -> tuple[str, Path | None]:
        """The path as shown to clients, and where it lies on disk; the root lies nowhere."""
        self._facility.catch_up()
        shown = os.fsdecode(self.realpath(path))
        self._require_open(shown)
        parts = shown.split("/")[1:]
        if parts == [""]:
            return shown, None
        if parts[0] not in self._folders or "\0" in shown:
            raise asyncssh.SFTPNoSuchFile("No such file")
        local = self._folders[parts[0]]
        for part in parts[1:]:
            if local.is_symlink():
                self.refuse("follow a link", shown, "§4.2")
            local = local / part
        if is_one_of_many(parts[-1]) and self._are_many_there():
            local = self._one_byte()
        return shown, local

    def _one_byte(self) -> Path:
        return self._facility.folders.one_byte(self._facility.clock.now().timestamp())

    def _are_many_there(self) -> bool:
        """Whether the files that `many_files` makes up can be fetched: armed still, or listed in this session."""
        return self._many_shown or self._facility.faults.find("many_files", account=self._account) is not None

    def _attributes(self, local: Path | None, status: os.stat_result | None = None) -> SFTPAttrs:
        if local is None:
            return _attributes(_READ_ONLY_FOLDER, 0, self._facility.clock.now().timestamp())
        status = status or _lstat(local)
        mode = _READ_ONLY_FILE
        if stat.S_ISDIR(status.st_mode):
            mode = _UPLOAD_FOLDER if local == self._folders[KEY_MANAGEMENT] else _READ_ONLY_FOLDER
        elif stat.S_ISLNK(status.st_mode):
            mode = stat.S_IFLNK | 0o777
        return _attributes(mode, status.st_size, status.st_mtime)

    def realpath(self, path: bytes) -> bytes:
        """The path as seen from the root, which is home."""
        return posixpath.normpath(posixpath.join(b"/", path)).replace(b"//", b"/")

    # Looking

    def lstat(self, path: bytes) -> SFTPAttrs:
        """Attributes of what lies at a path."""
        shown, local = self._find(path)
        if self._facility.faults.trigger("stat_refused", shown, self._account):
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return self._attributes(local)

    def stat(self, path: bytes) -> SFTPAttrs:
        """Attributes of what lies at a path; links lead nowhere."""
        attributes = self.lstat(path)
        if attributes.permissions is not None and stat.S_ISLNK(attributes.permissions):
            self.refuse("follow a link", os.fsdecode(path), "§4.2")
        return attributes

    def fstat(self, file_obj: object) -> SFTPAttrs:
        """Attributes of an open file."""
        if isinstance(file_obj, Upload):
            self._require_still_open(file_obj, "look at a file")
            return _attributes(_READ_ONLY_FILE, len(file_obj.data), self._facility.clock.now().timestamp())
        report = _download(file_obj)
        self._require_still_open(report, "look at a file")
        status = os.fstat(report.fileno())
        return _attributes(_READ_ONLY_FILE, status.st_size, status.st_mtime)

    def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """List a folder; a folder that is not there is refused when it is opened, as OpenSSH does."""
        shown, local = self._find(path)
        attributes = self._attributes(local)
        if attributes.permissions is None or not stat.S_ISDIR(attributes.permissions):
            raise asyncssh.SFTPNotADirectory("Not a directory")
        self._facility.events.record("list", account=self._account, source=self._source, path=shown)
        return _Listing(self._spoil(self._entries(local, attributes), shown), lambda: self._require_open(shown))

    def _spoil(self, names: AsyncIterator[SFTPName], shown: str) -> AsyncIterator[SFTPName]:
        faults = self._facility.faults
        if faults.trigger("hostile_names", shown, self._account):
            self._hostile_shown = True
            names = with_hostile_names(names, _attributes(_READ_ONLY_FILE, 10, self._facility.clock.now().timestamp()))
        if faults.trigger("listing_bare", shown, self._account):
            names = bare(names)
        if many := faults.trigger("many_files", shown, self._account):
            self._many_shown = True
            made_up = self._attributes(self._one_byte())  # as whoever opens one will be told
            names = with_many(names, made_up, many.number("count"))
        if pieces := faults.trigger("listing_in_pieces", shown, self._account):
            names = InPieces(names, pieces.number("names"))
        return names

    async def _entries(self, local: Path | None, attributes: SFTPAttrs) -> AsyncIterator[SFTPName]:
        yield SFTPName(b".", attrs=attributes)
        yield SFTPName(b"..", attrs=self._attributes(None))
        if local is None:
            for name, folder in self._folders.items():
                yield SFTPName(name.encode(), attrs=self._attributes(folder))
            return
        with os.scandir(local) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # gone since the folder was read
                yield SFTPName(os.fsencode(entry.name), attrs=self._attributes(local / entry.name, status))

    def format_user(self, uid: int | None) -> str:
        """The owner as listings show it."""
        return "facility"

    def format_group(self, gid: int | None) -> str:
        """The group as listings show it."""
        return "facility"

    def _is_registered(self) -> bool:
        """Whether the registration that let this session in still stands: one made anew ends it (§5)."""
        return self._facility.registry.owner(self._account) is self._participant

    def _require_open(self, shown: str) -> None:
        """A session that has outlived its registration (§5) or the operation hours (§4.1) gets nothing more."""
        if not self._is_registered():
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        if self._is_closed():
            self.refuse("work on after the facility has closed", shown, "§4.1")

    def _require_still_open(self, handle: Download | Upload, operation: str) -> None:
        """The same for what was opened before; however many requests were under way, one violation tells of them."""
        if not self._is_registered() or (self._is_closed() and operation in handle.denied):
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        if self._is_closed():
            handle.denied.add(operation)
            self.refuse(f"{operation} after the facility has closed", handle.shown, "§4.1")

    def _is_closed(self) -> bool:
        clock = self._facility.clock
        return self._facility.hours.is_closed(clock.now(), steered=clock.mode != "real")

    # Fetching and uploading

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Open a report to read it, or a new file in KEY_MANAGEMENT to write it."""
        if pflags & (FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC):
            return self._open_upload(path, pflags)
        if self._hostile_shown and is_hostile(path):
            self._require_open(ascii(path))
            self._facility.events.record(
                "hostile name read", account=self._account, source=self._source, path=ascii(path)
            )
            return Download(self._one_byte(), ascii(path))
        shown, local = self._find(path)
        if local is None or not stat.S_ISREG(_lstat(local).st_mode):
            self.refuse("read what is no file", shown, "§4.2")
        if self._facility.faults.trigger("read_refused", shown, self._account):
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        report = Download(local, shown)
        report.effects = FileEffects.of(self._facility.faults, shown, self._account)
        return report

    def _open_upload(self, path: bytes, pflags: int) -> Upload:
        shown = os.fsdecode(self.realpath(path))
        self._require_open(shown)
        folder, name = posixpath.split(shown)
        if folder != f"/{KEY_MANAGEMENT}":
            self.refuse("write outside KEY_MANAGEMENT", shown, "§4.2")
        if "\0" in name:
            raise asyncssh.SFTPNoSuchFile("No such file")
        if os.path.lexists(self._folders[KEY_MANAGEMENT] / name):
            self.refuse("modify an existing file", shown, "§4.2")
        if pflags & (FXF_APPEND | FXF_READ) or not pflags & FXF_CREAT:
            self.refuse("append to or resume an upload", shown, "§2.1")
        self._ask_uploads(self._facility.keys.check_open)
        return Upload(name)

    def read(self, file_obj: object, offset: int, size: int) -> bytes | Awaitable[bytes]:
        """Read from a report."""
        report = _download(file_obj)
        self._require_still_open(report, "read on")
        if report.effects.stall:
            return self._read_later(report, offset, size)
        data = os.pread(report.fileno(), min(size, report.effects.largest_read or size), offset)
        report.effects.apply(report.local, self._facility.clock.now().timestamp())  # so the next piece is another's
        report.sent += len(data)
        if report.effects.drop_after is not None and report.sent >= report.effects.drop_after:
            self._line.hang_up()
        return data

    async def _read_later(self, report: Download, offset: int, size: int) -> bytes:
        seconds, report.effects.stall = report.effects.stall, 0.0
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._line.wait_closed(), seconds)
            # what it had open and still asks for would count as downloads, long after it has gone
            raise asyncssh.SFTPConnectionLost("The client has gone")
        data = self.read(report, offset, size)
        return data if isinstance(data, bytes) else await data

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write to an upload."""
        if not isinstance(file_obj, Upload):
            self.refuse("write to a report", _download(file_obj).shown, "§4.2")
        self._require_still_open(file_obj, "write on")
        return file_obj.write(offset, data)

    def close(self, file_obj: object) -> None:
        """End a download, or hand an upload over to the exchange."""
        if not isinstance(file_obj, Upload):
            self._end_download(_download(file_obj))
        elif self._is_registered():
            try:
                self._hand_over(file_obj)
            except asyncssh.SFTPPermissionDenied:
                if not self.is_left:
                    raise

    def _hand_over(self, upload: Upload) -> None:
        self._require_still_open(upload, "hand over a key")
        self._ask_uploads(self._facility.keys.receive, upload.name, bytes(upload.data))
        if self._facility.faults.trigger("drop_after_upload", account=self._account):
            self._line.hang_up()

    def _end_download(self, report: Download) -> None:
        report.close()
        self._facility.note_download(
            self._account,
            self._source,
            report.shown,
            report.opened.st_size,
            report.sent,
            report.opened.st_mtime,
            cut_off=self._line.has_hung_up,
        )

    def _ask_uploads(self, ask: Callable[..., None], *what: object) -> None:
        try:
            ask(self._account, self._source, *what)
        except UploadBlocked:
            raise asyncssh.SFTPPermissionDenied("Permission Denied") from None


def _download(file_obj: object) -> Download:
    if not isinstance(file_obj, Download):
        raise asyncssh.SFTPPermissionDenied("Permission denied")
    return file_obj


def _lstat(local: Path) -> os.stat_result:
    try:
        return os.lstat(local)
    except (NotADirectoryError, FileNotFoundError, ValueError):
        raise asyncssh.SFTPNoSuchFile("No such file") from None


def _attributes(mode: int, size: int, time: float) -> SFTPAttrs:
    return SFTPAttrs(size=size, uid=_OWNER, gid=_OWNER, permissions=mode, atime=int(time), mtime=int(time), nlink=1)
