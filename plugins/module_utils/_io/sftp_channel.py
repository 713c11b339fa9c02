# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests in flight on one channel: each is numbered, and its answer goes to whoever asked, in whatever order."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
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


class Reading(ABC):
    """Who has asked READ for ``size`` bytes; they are handed over piece by piece, as they come."""

    def __init__(self, size: int) -> None:
        self.size = size

    @abstractmethod
    def write(self, data: memoryview) -> None:
        """Take the next bytes; there are no more of them than were asked for."""

    @abstractmethod
    def end(self) -> None:
        """All bytes of the answer have come."""

    @abstractmethod
    def failed(self, fields: wire.Fields) -> None:
        """The answer was a status instead."""

    def __call__(self, kind: int, fields: wire.Fields) -> None:
        """Take an answer that has come whole."""
        if kind != wire.DATA:
            self.failed(fields)
            return
        data = fields.data()
        if len(data) > self.size:
            raise wire.BrokenStream(f"{len(data)} bytes where {self.size} were asked for")
        if data:
            self.write(data)
        self.end()


class SftpChannel:
    """SFTP on a paramiko Channel, by its public ``recv`` and ``sendall``, or by the fast path where that fits.

    On the fast path answers are handed out in the transport's thread, while ``lock`` is held, and what they make us ask
    for is sent from there; whoever asks or looks in another thread holds it, too. ``pump`` belongs to one thread, which
    sleeps in it until it is its turn. No more than ``window`` requests are in flight.
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
        self._sending = False  # one thread is at it; then no other may be, in the middle of what may be one packet
        self._turn = False  # of who pumps
        self._buffer = bytearray()
        self._whole_at = 0  # the first packet in it is whole when so many bytes are there
        self._reading: Reading | None = None  # whose DATA packet is coming
        self._data_number = self._data_to_come = 0  # its number, and its bytes to come
        self._ready = False
        fast_path.attach(channel, self.receive_data, self.flush)
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
        nobody = _Nobody(wire.MOST_REQUEST_BYTES)
        self._waiting = dict.fromkeys(self._waiting, nobody)
        self._reading = nobody if self._reading is not None else None
        self._held_back.clear()
        self.handles.discard_pending()

    def wake(self) -> None:
        """Give who pumps its turn, for there is something that it wants."""
        self._turn = True

    def pump(self) -> None:
        """Send what is queued, wait for answers, hand them out where that has not been done already."""
        try:
            self._beat()
            self._send_queued()
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

    def _send_queued(self, may: Callable[[int], bool] = lambda _size: True) -> bool:
        """Send what is queued, as long as so many bytes may be sent; return whether anything is left over.

        Where another thread is at it, that one goes on until nothing is queued, or leaves the rest to us.
        """
        with self.lock:
            if self._sending:
                return False
            self._sending = True
        while True:
            with self.lock:
                queued = b"".join(self._out)
                if not queued or not may(len(queued)):
                    self._sending = False
                    return bool(queued)
                self._out = []
            self._channel.sendall(queued)  # without the lock: a server that does not read must hold up nobody else

    def flush(self) -> bool:
        """In the transport's thread: send what is queued, if that need not wait; say whether it is the other's turn."""
        is_left = self._send_queued(lambda size: fast_path.has_room(self._channel, size))
        with self.lock:
            turn, self._turn = self._turn, False
        return turn or is_left

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

    def receive_data(self, received: fast_path.Buffer) -> None:
        """Take bytes in: hand out the answers that are whole now, and of one to a READ what is there."""
        with self.lock:
            self._receive_data(received)

    def _receive_data(self, received: fast_path.Buffer) -> None:
        self._pace.came += len(received)
        rest = memoryview(received)
        if self._buffer:
            self._buffer += received
            if len(self._buffer) < self._whole_at:
                return
            rest, self._buffer = memoryview(self._buffer), bytearray()  # a new one: an answer may still look at the old
        while rest:
            if self._reading is not None:
                rest = self._more_data(self._reading, rest)
            elif self._begins_data(rest):
                rest = rest[wire.DATA_HEAD_BYTES :]
            elif packet := wire.first_packet(rest):
                kind, number, body, rest = packet
                self._dispatch(kind, number, body)
            else:
                self._buffer, self._whole_at = bytearray(rest), wire.size_of_first(rest)
                return

    def _begins_data(self, rest: memoryview) -> bool:
        """Say whether a DATA packet begins here with as many bytes as were asked for, or fewer."""
        head = wire.data_head(rest)
        reading = self._waiting.get(head[0]) if head else None
        if not head or not isinstance(reading, Reading) or not 0 < head[1] <= reading.size:
            return False
        self._reading = reading
        self._data_number, self._data_to_come = head
        return True

    def _more_data(self, reading: Reading, rest: memoryview) -> memoryview:
        """Hand over what is there of a DATA packet's bytes, and return what follows them."""
        piece = rest[: self._data_to_come]
        self._data_to_come -= len(piece)
        reading.write(piece)
        if not self._data_to_come:
            self._reading = None
            del self._waiting[self._data_number]
            self._hand_out(reading.end)
        return rest[len(piece) :]

    def _dispatch(self, kind: int, number: int, body: memoryview) -> None:
        if kind == wire.VERSION and not self._ready:
            if number > wire.SPOKEN:  # later ones write attributes and names in another way
                raise wire.BrokenStream(f"version {number}, where {wire.SPOKEN} was asked for")
            self._ready = True
            self.wake()
            if wire.string(wire.LIMITS) in bytes(body):  # among the extensions that it offers
                self.ask(wire.EXTENDED, wire.string(wire.LIMITS), self._limited)
            return
        answer = self._waiting.pop(number, None)
        if answer is None:
            raise wire.BrokenStream("an answer that nobody asked for")
        self._hand_out(answer, kind, wire.Fields(body))

    def _hand_out(self, answer: Callable[..., None], *what: Any) -> None:
        self._pace.answers += 1
        answer(*what)
        if self._held_back:
            self._release()
        if not self._waiting:
            self.wake()

    def _limited(self, kind: int, fields: wire.Fields) -> None:
        limits = fields.limits() if kind == wire.EXTENDED_REPLY else None
        if limits is not None:
            self.read_bytes = limits.read_bytes
            self.handles.allow(limits.handles)


class _Nobody(Reading):
    """Whoever asked does not want it any more."""

    def write(self, data: memoryview) -> None:
        """Let it go."""

    def end(self) -> None:
        """Let it be."""

    def failed(self, fields: wire.Fields) -> None:
        """Let it be."""

    def __call__(self, kind: int, fields: wire.Fields) -> None:
        """Let it be, whatever it is."""
