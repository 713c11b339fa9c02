# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What listing and fetching have in common: something is opened when there is a place, used, and closed."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import Answer, SftpChannel


class Opened(ABC):
    """Something of the facility's that is opened, used, and closed again; in between its server may mix it up."""

    request = wire.OPEN

    def __init__(self, channel: SftpChannel) -> None:
        self.most_before = 0
        self._channel = channel
        self._handle = b""
        self._in_flight = 0  # questions about it that have no answer yet
        self._is_mixed_up = self._is_closed = False

    @abstractmethod
    def _to_open(self) -> bytes:
        """Return the body of the request that opens it."""

    @abstractmethod
    def _opened(self) -> None:
        """It is open."""

    @abstractmethod
    def _refused(self, reason: str) -> None:
        """It can't be opened, and that is not for what else is open."""

    @abstractmethod
    def _again(self) -> None:
        """It is to be opened anew, when there is a place."""

    @abstractmethod
    def _closed(self) -> None:
        """It is closed, and nothing that came of it was mixed up."""

    def open(self) -> None:
        """Ask the facility to open it."""
        self._is_closed = False
        self._channel.handles.opening(self)
        self._channel.ask(self.request, self._to_open(), self._answered_open)

    def ask(self, kind: int, body: bytes, answer: Answer) -> None:
        """Ask something that has to be answered before it is done with; ``answer`` hears of nothing mixed up."""

        def answered(kind: int, fields: wire.Fields) -> None:
            self._in_flight -= 1
            if not self._is_mixed_up:
                answer(kind, fields)
            self._settle()

        self._in_flight += 1
        self._channel.ask(kind, body, answered)

    def mix_up(self) -> None:
        """Take note that what comes may be of something else: it is closed when all is answered, and opened anew."""
        if not self._is_mixed_up:
            self._is_mixed_up = True
            self._settle()

    def close(self) -> None:
        """Ask the facility to close it, unless another one goes by the same handle."""
        if self._channel.handles.closing(self):
            self._in_flight += 1
            self._channel.ask(wire.CLOSE, wire.string(self._handle), self._answered_close)
        else:
            self._is_closed = True
            self._settle()

    def _answered_open(self, kind: int, fields: wire.Fields) -> None:
        handles = self._channel.handles
        if kind == wire.HANDLE:
            self._handle = fields.handle()
            mixed_up = handles.granted(self, self._handle)
            for one in mixed_up:
                one.mix_up()
            if not mixed_up:
                self._opened()
        elif handles.refused(self):
            self._refused(fields.reason())
        else:
            self._again()

    def _answered_close(self, _kind: int, _fields: wire.Fields) -> None:
        self._in_flight -= 1
        self._is_closed = True
        self._channel.handles.closed(self)
        self._settle()

    def _settle(self) -> None:
        """When nothing is in flight: what is mixed up is closed, and opened anew; what is closed is done with."""
        if self._in_flight:
            return
        if self._is_mixed_up and not self._is_closed:
            self.close()
        elif self._is_mixed_up:
            self._is_mixed_up = False
            self._again()
        elif self._is_closed:
            self._closed()
