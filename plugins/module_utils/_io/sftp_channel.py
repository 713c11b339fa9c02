# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests in flight on one channel: each is numbered, and its answer goes to whoever asked, in whatever order."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost

Answer = Callable[[int, wire.Fields], None]
_RECEIVE_BYTES = 1 << 20


class SftpChannel:
    """SFTP on a paramiko Channel, by its public ``recv`` and ``sendall``. Not for use from several threads."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._waiting: dict[int, Answer] = {}
        self._number = 0
        self._out: list[bytes] = []
        self._rest = b""
        self._version: int | None = None
        self._out.append(wire.packet(wire.INIT, 3, b""))  # the version stands where other packets have their number
        while self._version is None:
            self.turn()

    def ask(self, kind: int, body: bytes, answer: Answer) -> None:
        """Queue a request; ``answer`` is called with the kind and the fields of what comes back."""
        self._out.append(wire.packet(kind, self._next(answer), body))

    def ask_read(self, handle: bytes, offset: int, size: int, answer: Answer) -> None:
        self._out.append(wire.read_request(self._next(answer), handle, offset, size))

    @property
    def idle(self) -> bool:
        return not self._waiting

    def turn(self) -> None:
        """Send what is queued, wait for bytes, hand out the answers that are whole."""
        try:
            if self._out:
                queued, self._out = b"".join(self._out), []
                self._channel.sendall(queued)
            received = self._channel.recv(_RECEIVE_BYTES)
        except socket.timeout as error:  # an OSError of its own before Python 3.10
            raise ConnectionLost("The facility has stopped answering.") from error
        except OSError as error:
            raise ConnectionLost(f"The connection to the facility broke: {error}.") from error
        if not received:
            raise ConnectionLost("The facility closed the connection.")
        try:
            self._hand_out(memoryview(self._rest + received))
        except wire.BrokenStream as error:
            raise ConnectionLost(f"The facility sent what is not SFTP: {error}.") from error

    def _hand_out(self, buffer: memoryview) -> None:
        while packet := wire.first_packet(buffer):
            kind, number, body, buffer = packet
            if kind == wire.VERSION:
                self._version = number
                continue
            answer = self._waiting.pop(number, None)
            if answer is None:
                raise wire.BrokenStream("an answer that nobody asked for")
            answer(kind, wire.Fields(body))
        self._rest = bytes(buffer)

    def _next(self, answer: Answer) -> int:
        self._number = (self._number + 1) & 0xFFFFFFFF
        self._waiting[self._number] = answer
        return self._number
