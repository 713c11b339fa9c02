# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the facility's folders hold, to the bottom, with all folders asked at once (§4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import FolderRefused, UnsafeRemoteName
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import safe_name, shown
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing, Refusal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed

_DEEPEST = 8  # folders in folders; a report facility that needs more is none
_AHEAD = 8  # READDIR requests in flight a folder: 100 names come with each, and a round trip for each would be long


def walk(channel: SftpChannel, folders: Iterable[str]) -> Listing:
    """List the folders and all below them, or raise FolderRefused where one of them can't be listed."""
    found = Listing()
    with channel.lock:
        for folder in folders:
            _Folder(channel, found, folder, ()).open()
    while not channel.idle:
        channel.turn()
    return found


class _Folder:
    """One folder being listed: opened, read to its end with requests ahead, closed."""

    def __init__(self, channel: SftpChannel, found: Listing, top: str, below: tuple[str, ...]) -> None:
        self._channel, self._found, self._top, self._below = channel, found, top, below
        self._handle = b""
        self._in_flight = 0
        self._told_broken = False

    def open(self) -> None:
        path = "/".join(("", self._top, *self._below))
        self._channel.ask(wire.OPENDIR, wire.string(path.encode()), self._opened)

    def _opened(self, kind: int, fields: wire.Fields) -> None:
        if kind == wire.HANDLE:
            self._handle = fields.string()
            for _request in range(_AHEAD):
                self._read()
        else:
            self._broken(f"The folder can't be listed: {fields.reason()}.")

    def _broken(self, why: str) -> None:
        """A listing that is not whole would make reports look lost: it ends the run, or names the folder that lacks."""
        if not self._below:
            raise FolderRefused(f"/{self._top}: {why}")
        if not self._told_broken:  # each request in flight tells it
            self._refuse("", FolderRefused.code, why)
        self._told_broken = True

    def _read(self) -> None:
        self._in_flight += 1
        self._channel.ask(wire.READDIR, wire.string(self._handle), self._answered)

    def _answered(self, kind: int, fields: wire.Fields) -> None:
        self._in_flight -= 1
        entries = fields.u32() if kind == wire.NAME else 0
        if entries:
            for _entry in range(entries):
                raw, _long = fields.string(), fields.data()
                attributes = fields.attributes()
                if raw not in (b".", b".."):
                    self._take(raw, attributes)
            self._read()
            return
        if kind != wire.STATUS or not fields.is_end():
            self._broken("The folder can't be read to its end.")
        if self._in_flight == 0:
            self._channel.ask(wire.CLOSE, wire.string(self._handle), lambda _kind, _fields: None)

    def _take(self, raw: bytes, attributes: wire.Attributes) -> None:
        try:
            name = safe_name(raw)
        except UnsafeRemoteName as unsafe:
            self._refuse(shown(raw), unsafe.code, str(unsafe))
            return
        if attributes.mode is None or (attributes.is_file and attributes.size is None):
            path = "/".join(("", self._top, *self._below, name)).encode()
            self._channel.ask(wire.LSTAT, wire.string(path), lambda kind, fields: self._told(name, kind, fields))
        else:
            self._sort(name, attributes)

    def _told(self, name: str, kind: int, fields: wire.Fields) -> None:
        attributes = fields.attributes() if kind == wire.ATTRS else wire.Attributes()
        self._sort(name, attributes)

    def _sort(self, name: str, attributes: wire.Attributes) -> None:
        if attributes.is_folder and len(self._below) < _DEEPEST:
            _Folder(self._channel, self._found, self._top, (*self._below, name)).open()
        elif attributes.is_file and attributes.size is not None:
            self._found.reports.append(
                Listed(self._top, "/".join((*self._below, name)), attributes.size, attributes.mtime)
            )
        elif attributes.is_folder:
            self._refuse(name, FolderRefused.code, f"The folder lies more than {_DEEPEST} folders deep.")
        elif attributes.mode is None or attributes.is_file:
            self._refuse(name, UnsafeRemoteName.code, "The facility tells neither its kind nor its size.")
        else:
            self._refuse(name, UnsafeRemoteName.code, "It is no regular file, and nothing else is fetched.")

    def _refuse(self, name: str, code: str, reason: str) -> None:
        self._found.refused.append(Refusal(self._top, "/".join((*self._below, name)).rstrip("/"), code, reason))
