# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests in flight on one channel: each is numbered, and its answer goes to whoever asked, in whatever order."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io import fast_path
from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Pace, TooSlow, Watch
from ansible_collections.dcass.sftp.plugins.module_utils._io.handles import Handles
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import SshError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost

Answer = Callable[[int, wire.Fields], None]
WINDOW = 256  # requests in flight where nobody says otherwise
_RECEIVE_BYTES = 1 << 20


class SftpChannel:
    """SFTP on a paramiko Channel, by its public ``recv`` and ``sendall``, or by the fast path where that fits.

    On the fast path answers are handed out in the transport's thread, while ``lock`` is held; whoever asks or looks
    in another thread holds it, too. ``turn`` belongs to one thread. No more than ``window`` requests are in flight.
    """

    def __init__(self, channel: Any, watch: Watch | None = None) -> None:
        self.lock = threading.RLock()
        self.window = WINDOW
        self.read_bytes = wire.REQUEST_BYTES  # the most that one READ may ask for
        self.trusts_fstat = True  # until it has told something that no listing confirms
        self.handles = Handles()
        self._channel = channel
        self._watch = watch
        self._pace = Pace(watch.patience if watch else 0)
        self._waiting: dict[int, Answer] = {}
        self._held_back: deque[tuple[int, bytes, Answer]] = deque()  # beyond the window
        self._number = 0
        self._out: list[bytes] = []
        self._buffer = bytearray()
        self._whole_at = 0  # the first packet in _rest is whole when so many bytes are there
        self._ready = False
        fast_path.attach(channel, self.receive_data, self.lock)
        self._out.append(wire.packet(wire.INIT, wire.SPOKEN, b""))  # instead of a number
        while not self._ready:
            self.pump()

    def ask(self, kind: int, body: bytes, answer: Answer) -> None:
        """Queue a request; ``answer`` is called with the kind and the fields of what comes back."""
        if self._held_back or len(self._waiting) >= self.window:
            self._held_back.append((kind, body, answer))
        else:
            self._send(kind, body, answer)

    def _release(self) -> None:
        while self._held_back and len(self._waiting) < self.window:
            self._send(*self._held_back.popleft())

    def _send(self, kind: int, body: bytes, answer: Answer) -> None:
        self._number = (self._number + 1) & 0xFFFFFFFF
        self._waiting[self._number] = answer
        self._out.append(wire.packet(kind, self._number, body))

    @property
    def idle(self) -> bool:
        """Say whether no answer is waited for."""
        with self.lock:
            return not self._waiting

    def discard_pending(self) -> None:
        """Let what is still in flight be answered to nobody."""
        self._waiting = {number: lambda _kind, _fields: None for number in self._waiting}
        self._held_back.clear()
        self.handles.discard_pending()

    def pump(self) -> None:
        """Send what is queued, wait for answers, hand them out where that has not been done already."""
        try:
            with self.lock:
                queued, self._out = b"".join(self._out), []
            self._beat()
            if queued:
                self._channel.sendall(queued)
            received = self._receive()
            if isinstance(received, bytes):
                self._pace.begin()
                self.receive_data(received)
                self._pace.judge()
        except TooSlow as error:
            raise ConnectionLost(f"The facility {error}.") from error
        except (OSError, EOFError, SshError) as error:  # EOFError, without words: it hung up while we sent
            why = str(error) or "it was closed"
            raise ConnectionLost(f"The connection to the facility broke: {why}.") from error
        except wire.BrokenStream as error:
            raise ConnectionLost(f"The facility sent what is not SFTP: {error}.") from error
        finally:
            self._beat()
        if not received:
            raise ConnectionLost("The facility closed the connection.")

    def _receive(self) -> Any:
        while True:
            before = self._pace.so_far
            try:
                return self._channel.recv(_RECEIVE_BYTES)
            except socket.timeout:  # an OSError of its own before Python 3.10
                self._pace.compare(before)
            self._beat(2)

    def _beat(self, times: int = 1) -> None:
        """Let the watch see that something goes on; between an odd number and the next we send or wait."""
        if self._watch is not None:
            self._watch.beats += times

    def receive_data(self, received: fast_path.Buffer) -> bool:
        """Take bytes in, hand out the answers that are whole now, and say whether it is our turn again."""
        self._buffer += received
        self._pace.came += len(received)
        if len(self._buffer) < self._whole_at:
            return False
        rest = memoryview(self._buffer)
        while packet := wire.first_packet(rest):
            kind, number, body, rest = packet
            self._dispatch(kind, number, body)
        self._whole_at = wire.size_of_first(rest)
        self._buffer = bytearray(rest)  # a new one: an answer may still look at the old
        return bool(self._out) or not self._waiting

    def _dispatch(self, kind: int, number: int, body: memoryview) -> None:
        if kind == wire.VERSION and not self._ready:
            if number > wire.SPOKEN:  # later ones write attributes and names in another way
                raise wire.BrokenStream(f"version {number}, where {wire.SPOKEN} was asked for")
            self._ready = True
            if wire.string(wire.LIMITS) in bytes(body):  # among the extensions that it offers
                self.ask(wire.EXTENDED, wire.string(wire.LIMITS), self._limited)
            return
        answer = self._waiting.pop(number, None)
        if answer is None:
            raise wire.BrokenStream("an answer that nobody asked for")
        self._pace.answers += 1
        answer(kind, wire.Fields(body))
        if self._held_back:
            self._release()

    def _limited(self, kind: int, fields: wire.Fields) -> None:
        limits = fields.limits() if kind == wire.EXTENDED_REPLY else None
        if limits is not None:
            self.read_bytes = limits.read_bytes
            self.handles.allow(limits.handles)
