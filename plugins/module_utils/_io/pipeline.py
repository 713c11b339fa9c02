# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching many reports over one channel: opens, reads and closes of several files in flight together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched, Outcome, Unreadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch

MOST_OPEN = 64  # files open at once; servers allow 100 and more
_LOW = 0.75  # of the bytes that may be in flight: only below it more is asked for, several requests in one go


def fetch(
    channel: SftpChannel, items: Iterable[Fetch], window: int, begin: Callable[[Fetch], Any]
) -> Iterator[Outcome]:
    """Fetch the items and yield each one's outcome once.

    At most ``window`` read requests are in flight, and fewer where these ask for ``window`` times 32 KiB already.
    ``begin`` opens a part for an item: an object with write(offset, data) and abort(). Both may be called in the
    transport's thread.
    """
    queue = _Queue(channel, deque(items), window, begin)
    with channel.lock:
        queue.fill()
    try:
        while True:
            done = queue.done  # looked at before the outcomes are taken: after it none can come
            yield from queue.taken()
            if done:
                return
            try:
                channel.turn()
            except DcassError:
                yield from queue.taken()  # what was whole by then is kept
                raise
    finally:
        with channel.lock:
            queue.abort()


class _Queue:
    """What waits, what is open, and which open files still have bytes to ask for."""

    def __init__(self, channel: SftpChannel, waiting: deque[Fetch], window: int, begin: Callable[[Fetch], Any]) -> None:
        self.channel, self.begin = channel, begin
        self.outcomes: deque[Outcome] = deque()
        self.hungry: deque[_Transfer] = deque()
        self.reads = self.bytes = 0  # in flight
        self.open = 0
        self.most_bytes = window * wire.REQUEST_BYTES
        self._waiting, self._window = waiting, window
        self._full = False
        self._under_way: set[_Transfer] = set()

    @property
    def done(self) -> bool:
        """Say whether every item has its outcome: each file that was opened is closed, and the answer is here."""
        with self.channel.lock:
            return not self._waiting and not self._under_way

    def fill(self) -> None:
        """Ask for as much as may be in flight: first of the files that are open, then by opening more."""
        while self.hungry and not self._is_full():
            if not self.hungry[0].ask_more():
                self.hungry.popleft()
        while self._waiting and self.open < MOST_OPEN:
            transfer = _Transfer(self, self._waiting.popleft())
            self._under_way.add(transfer)
            transfer.open()

    def _is_full(self) -> bool:
        enough = self.most_bytes * (_LOW if self._full else 1)
        self._full = self.reads >= self._window or self.bytes >= enough
        return self._full

    def taken(self) -> Iterator[Outcome]:
        while self.outcomes:
            yield self.outcomes.popleft()

    def finished(self, transfer: _Transfer, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._under_way.discard(transfer)

    def abort(self) -> None:
        self.channel.forget()
        for transfer in self._under_way:
            transfer.abort()
        for outcome in self.outcomes:  # whole, but nobody wants them any more
            if isinstance(outcome, Fetched):
                outcome.part.abort()


class _Transfer:
    """One report on its way: opened, read, asked once more for size and time, closed."""

    def __init__(self, queue: _Queue, item: Fetch) -> None:
        self._queue, self._item = queue, item
        self._size = item.report.size
        self._handle = b""
        self._asked = 0
        self._in_flight = 0
        self._short = False
        self._failed: str | None = None
        self._part: Any = None
        self._now = wire.Attributes()

    def open(self) -> None:
        self._queue.open += 1
        self._queue.channel.ask(wire.OPEN, wire.open_request(self._item.report.remote, wire.TO_READ), self._opened)

    @property
    def _all_asked(self) -> bool:
        return self._asked >= self._size or self._short or self._failed is not None

    def ask_more(self) -> bool:
        """Ask for the next piece; return whether there is more to ask for after it."""
        if not self._all_asked:
            size = min(self._queue.channel.read_bytes, self._queue.most_bytes, self._size - self._asked)
            self._ask(self._asked, size)
            self._asked += size
        return not self._all_asked

    def abort(self) -> None:
        if self._part is not None:
            self._part.abort()

    def _opened(self, kind: int, fields: wire.Fields) -> None:
        if kind != wire.HANDLE:
            self._queue.open -= 1
            self._queue.finished(self, Unreadable(self._item, fields.reason()))
        else:
            self._handle = fields.string()
            self._part = self._queue.begin(self._item)
            if self._size:
                self._queue.hungry.append(self)
            else:
                self._close()
        self._queue.fill()

    def _ask(self, offset: int, size: int) -> None:
        self._in_flight += 1
        self._queue.reads += 1
        self._queue.bytes += size
        self._queue.channel.ask_read(
            self._handle, offset, size, lambda kind, fields: self._answered(offset, size, kind, fields)
        )

    def _answered(self, offset: int, size: int, kind: int, fields: wire.Fields) -> None:
        self._in_flight -= 1
        self._queue.reads -= 1
        self._queue.bytes -= size
        if kind == wire.DATA:
            self._take(offset, size, fields.data())
        elif kind == wire.STATUS and fields.is_end():
            self._short = True
        else:
            self._failed = "the facility broke off while it was read"
        if self._in_flight == 0 and self._all_asked:
            self._close()
        self._queue.fill()

    def _take(self, offset: int, size: int, data: memoryview) -> None:
        if not 0 < len(data) <= size:
            raise wire.BrokenStream(f"{len(data)} bytes where {size} were asked for")
        self._part.write(offset, data)
        if len(data) < size:  # a short read is allowed; the rest is asked for again
            self._ask(offset + len(data), size - len(data))

    def _close(self) -> None:
        """Ask what the file is now, and close it. It is done when both have been answered, in whatever order."""
        channel = self._queue.channel
        self._queue.open -= 1  # the server comes to it before the next OPEN
        self._in_flight = 2
        channel.ask(wire.FSTAT, wire.string(self._handle), self._told)
        channel.ask(wire.CLOSE, wire.string(self._handle), self._told)

    def _told(self, kind: int, fields: wire.Fields) -> None:
        if kind == wire.ATTRS:
            self._now = fields.attributes()
        self._in_flight -= 1
        if self._in_flight == 0:
            self._queue.finished(self, self._outcome())

    def _outcome(self) -> Outcome:
        report = self._item.report
        if self._failed is not None:
            self._part.abort()
            return Unreadable(self._item, self._failed)
        size = self._now.size if self._now.size is not None else report.size
        moved = None not in (self._now.mtime, report.mtime) and self._now.mtime != report.mtime
        if self._short or size != report.size or moved:
            self._part.abort()
            return Changed(self._item, replace(report, size=size, mtime=self._now.mtime if moved else report.mtime))
        return Fetched(self._item, self._part)
