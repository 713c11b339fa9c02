# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody may do over SFTP: change, delete, rename, make folders or links (§2.1 'endurance', §4.2)."""

import os
from typing import NoReturn

import asyncssh
from asyncssh import SFTPAttrs
from asyncssh.sftp import SFTPServerHandler

from emulator.events import EventLog

# asyncssh would let a client copy a report into KEY_MANAGEMENT on the server; the facility knows no such thing
_COPY = b"copy-data"
SFTPServerHandler._extensions = [pair for pair in SFTPServerHandler._extensions if pair[0] != _COPY]
SFTPServerHandler._packet_handlers.pop(_COPY, None)
_end_session = SFTPServerHandler._cleanup


async def _leave(handler: SFTPServerHandler, exc: Exception | None) -> None:
    # asyncssh would drop what else is open, and the connection, at the first file whose end is refused
    if isinstance(handler._server, ReadOnly):
        handler._server.is_left = True
    await _end_session(handler, exc)


SFTPServerHandler._cleanup = _leave  # type: ignore[assignment,method-assign]


class ReadOnly(asyncssh.SFTPServer):
    """An SFTP session that refuses every change, and notes who tried."""

    def __init__(
        self, channel: "asyncssh.SSHServerChannel[bytes]", events: EventLog, account: str, source: str
    ) -> None:
        super().__init__(channel)
        self._events = events
        self._account = account
        self._source = source
        self.is_left = False  # the client has gone: nobody is there to hear that the end of a file is refused

    def refuse(self, operation: str, shown: str, section: str) -> NoReturn:
        """Refuse a deed and note it as a violation of a section of the guide."""
        self._events.record(
            "denied",
            account=self._account,
            source=self._source,
            violation=f"{section}: {operation}",
            operation=operation,
            path=shown,
        )
        raise asyncssh.SFTPPermissionDenied("Permission denied")

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Refused: modification is not allowed."""
        self.refuse("change attributes", os.fsdecode(path), "§4.2")

    def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Refused: modification is not allowed."""
        self.refuse("change attributes", os.fsdecode(path), "§4.2")

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Refused: modification is not allowed."""
        self.refuse("change attributes", getattr(file_obj, "shown", "an open file"), "§4.2")

    def remove(self, path: bytes) -> None:
        """Refused: deletion is not allowed."""
        self.refuse("delete", os.fsdecode(path), "§4.2")

    def rmdir(self, path: bytes) -> None:
        """Refused: deletion is not allowed."""
        self.refuse("delete a folder", os.fsdecode(path), "§4.2")

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Refused: the folders are the exchange's."""
        self.refuse("make a folder", os.fsdecode(path), "§4.2")

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Refused: uploads under a temporary name ('endurance') are not supported."""
        self.refuse("rename", os.fsdecode(oldpath), "§2.1")

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Refused like any rename."""
        self.refuse("rename", os.fsdecode(oldpath), "§2.1")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """Refused: only keys may be put here."""
        self.refuse("make a link", os.fsdecode(newpath), "§4.2")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        """Refused: only keys may be put here."""
        self.refuse("make a link", os.fsdecode(newpath), "§4.2")

    def readlink(self, path: bytes) -> NoReturn:
        """Refused, though nobody can be blamed for asking."""
        raise asyncssh.SFTPPermissionDenied("Permission denied")

    def statvfs(self, path: bytes) -> NoReturn:
        """The facility does not tell how full its disks are."""
        raise asyncssh.SFTPOpUnsupported("Not supported")

    def fstatvfs(self, file_obj: object) -> NoReturn:
        """The facility does not tell how full its disks are."""
        raise asyncssh.SFTPOpUnsupported("Not supported")

    def fsync(self, file_obj: object) -> None:
        """Nothing to do: an upload is taken over when it is closed."""
