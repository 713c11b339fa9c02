# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on their way: each opened, read to its end, asked once more for size and time, closed; many at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.opened import Opened
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import Reading, SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Fetched, Part, Unreadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import listed_time
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch

_LOW_WATER = 0.75  # of the bytes that may be in flight: only below it more is asked for, several requests in one go
_MOST_IN_FLIGHT = 128  # times REQUEST_BYTES; more swells the server's buffers and gains nothing
_MOST_PARTS = 320  # reports under way, and whole ones that nobody has taken yet: each has its file open
_A_TURN, _WEIGHT = 16 << 20, 1 << 20  # bytes that whoever waits is woken for, and what a report counts beyond its own
_MOST_HELD = 32  # reports in doubt that are as long as listed, each with its file open
_MOST_BEYOND = 1 << 26  # bytes that a report may have more than listed, or as many again as listed


@dataclass(frozen=True)
class Doubt:
    """A report that was not read as it was listed: ``size`` bytes came, or it broke off for ``failure``.

    Where it is as long as listed, and only the open file tells otherwise, ``part`` is where it lies.
    """

    item: Fetch
    part: Part | None
    size: int
    failure: str | None = None


Came = Union[Fetched, Unreadable, Doubt]


class Waiting:
    """What waits to be opened; each is made when its turn comes, for there may be 100,000."""

    def __init__(self, items: Iterable[Fetch]) -> None:
        self._items = iter(items)
        self._first = next(self._items, None)

    def __bool__(self) -> bool:
        return self._first is not None

    def take(self) -> Fetch | None:
        """Return the first, and let it wait no more."""
        first, self._first = self._first, next(self._items, None)
        return first

    def clear(self) -> None:
        """Let nothing wait any more."""
        self._items, self._first = iter(()), None


class Queue:
    """What waits, what is open, and which open files still have bytes to ask for."""

    def __init__(
        self,
        channel: SftpChannel,
        waiting: Waiting,
        begin: Callable[[Fetch], Part],
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        self.channel, self.begin = channel, begin
        self.sizes = sizes or {}  # bytes that came before, by path, of what the facility goes on listing otherwise
        self.needs_reads: deque[_Transfer] = deque()
        self.bytes = 0  # in flight
        self.doubts: list[Doubt] = []
        self._held = 0  # of them, those whose part is kept
        self.most_bytes = min(channel.window, _MOST_IN_FLIGHT) * wire.REQUEST_BYTES
        self._waiting = waiting
        self._put_back: deque[_Transfer] = deque()
        self._done: deque[Fetched | Unreadable] = deque()
        self._weight = 0  # of those among them that nobody was woken for
        self._is_full = False
        self._under_way: set[_Transfer] = set()

    @property
    def done(self) -> bool:
        """Say whether each file that was opened is closed, the answer is here, and no other may be opened now."""
        with self.channel.lock:
            return not (self._under_way or self._put_back) and (not self._waiting or self._held >= _MOST_HELD)

    def fill(self) -> None:
        """Ask for as much as may be in flight: first of the files that are open, then by opening more."""
        while self.needs_reads and self._has_room():
            if not self.needs_reads[0].ask_more():
                self.needs_reads.popleft()
        while self.channel.handles.free and (transfer := self._next()):
            self._under_way.add(transfer)
            transfer.open()

    def _next(self) -> _Transfer | None:
        """Return what is to be opened next; what was put back comes last, since it may be for itself that it was."""
        if len(self._under_way) + len(self._done) >= _MOST_PARTS:
            return None
        if self._held < _MOST_HELD and (item := self._waiting.take()):
            return _Transfer(self, item)
        return self._put_back.popleft() if self._put_back else None

    def _has_room(self) -> bool:
        enough = self.most_bytes * (_LOW_WATER if self._is_full else 1)
        self._is_full = self.bytes >= enough
        return not self._is_full

    def drain(self) -> Iterator[Fetched | Unreadable]:
        """Give out what has come to its end since the last call."""
        while self._done:
            yield self._done.popleft()

    def finished(self, transfer: _Transfer, came: Came) -> None:
        """Take what has come of a transfer, and begin the next."""
        self._under_way.discard(transfer)
        if isinstance(came, Doubt):
            self.doubts.append(came)
            self._held += came.part is not None
        else:
            self._done.append(came)
            self._weight += _WEIGHT + (came.size if isinstance(came, Fetched) else 0)
            if self._weight >= _A_TURN:
                self._weight = 0
                self.channel.wake()
        self.fill()

    def put_back(self, transfer: _Transfer) -> None:
        """Let a transfer wait for another try."""
        self._under_way.discard(transfer)
        self._put_back.append(transfer)
        self.fill()

    def abort(self) -> None:
        """Leave nothing behind of what nobody wants any more."""
        if self._under_way:
            self.channel.discard_pending()
        for transfer in self._under_way:
            transfer.abort()
        for came in (*self._done, *self.doubts):
            if not isinstance(came, Unreadable) and came.part is not None:
                came.part.abort()
        self._done.clear()
        self.doubts.clear()


class _Read(Reading):
    """One READ of a report that is in flight."""

    def __init__(self, transfer: _Transfer, offset: int, size: int) -> None:
        super().__init__(size)
        self._transfer, self._offset, self._came = transfer, offset, 0

    def write(self, data: memoryview) -> None:
        self._transfer.write(self._offset + self._came, data)
        self._came += len(data)

    def end(self) -> None:
        self._transfer.answered(self._offset, self.size, self._came)

    def failed(self, fields: wire.Fields) -> None:
        self._transfer.answered(self._offset, self.size, 0, fields)


class _Transfer(Opened):
    """One report on its way."""

    def __init__(self, queue: Queue, item: Fetch) -> None:
        super().__init__(queue.channel)
        self._queue, self._item = queue, item
        self._begin()

    def _begin(self) -> None:
        self._part: Any = None  # a Part, once it is open
        self._asked = 0  # bytes from the start; one more than listed once the end has been asked for
        self._there = 0  # up to where bytes have come
        self._end: int | None = None  # where the facility says that it ends
        self._failure: str | None = None
        self._now = wire.Attributes()

    def _to_open(self) -> bytes:
        return wire.open_request(self._item.report.remote, wire.TO_READ)

    def _opened(self) -> None:
        self._part = self._queue.begin(self._item)
        self._queue.needs_reads.append(self)
        self._queue.fill()

    def _refused(self, reason: str) -> None:
        self._queue.finished(self, Unreadable(self._item, reason))

    def _again(self) -> None:
        self.abort()
        if self in self._queue.needs_reads:
            self._queue.needs_reads.remove(self)
        self._begin()
        self._queue.put_back(self)

    def _closed(self) -> None:
        self._queue.finished(self, self._came())

    def abort(self) -> None:
        if self._part is not None:
            self._part.abort()

    @property
    def _all_asked(self) -> bool:
        return self._asked > self._item.report.size or self._end is not None or self._failure is not None

    def ask_more(self) -> bool:
        """Ask for the next piece, at last whether this is the end; return whether there is more to ask after it."""
        if not (self._is_mixed_up or self._all_asked):
            rest = self._item.report.size - self._asked
            size = min(self._channel.read_bytes, self._queue.most_bytes, rest) or 1
            self._read(self._asked, size)
            self._asked += size
        return not (self._is_mixed_up or self._all_asked)

    def _read(self, offset: int, size: int) -> None:
        self._queue.bytes += size
        self._in_flight += 1
        self._channel.ask(wire.READ, wire.read_request(self._handle, offset, size), _Read(self, offset, size))

    def write(self, offset: int, data: memoryview) -> None:
        """Write bytes that have come, but those that may be of something else."""
        if not self._is_mixed_up:
            self._part.write(offset, data)

    def answered(self, offset: int, size: int, came: int, failure: wire.Fields | None = None) -> None:
        """Take note of how many bytes have come of so many asked for, or of the status that came instead."""
        self._in_flight -= 1
        self._queue.bytes -= size
        if self._is_mixed_up:
            self._settle()
            return
        if came:
            self._reach(offset + came, size - came)
        elif failure is None or failure.is_end():  # nothing at all is as good as EOF
            self._end = offset if self._end is None else min(self._end, offset)
        else:
            self._failure = "the facility broke off while it was read"
        if not self._in_flight and self._all_asked:
            self._finish()
        self._queue.fill()

    def _reach(self, end: int, rest: int) -> None:
        """Bytes have come up to an end, and some fewer than were asked for."""
        listed = self._item.report.size
        self._there = max(self._there, end)
        if rest:  # a short read is allowed; the rest is asked for again
            self._read(end, rest)
        elif end > listed + max(listed, _MOST_BEYOND):
            self._failure = f"the facility sends more than {end} bytes where it lists {listed}"
        elif end > listed:
            self._read(end, self._channel.read_bytes)

    def _finish(self) -> None:
        """Ask what the file is now, and close it. It is done when both have been answered, in whatever order."""
        self.ask(wire.FSTAT, wire.string(self._handle), self._sized)
        self.close()

    def _sized(self, kind: int, fields: wire.Fields) -> None:
        if kind == wire.ATTRS:
            self._now = fields.attributes()

    def _came(self) -> Came:
        size, listed = self._end or 0, self._item.report.size
        if self._failure is None and self._there > size:
            self._failure = f"the facility sends {self._there} bytes and says that it ends after {size}"
        if self._failure is None and size == listed:
            is_settled = self._is_as_listed or not self._channel.trusts_fstat
            return Fetched(self._item, self._part, size) if is_settled else Doubt(self._item, self._part, size)
        if self._failure is None and size and size == self._queue.sizes.get(self._item.path):
            return Fetched(self._item, self._part, size)
        self._part.abort()
        return Doubt(self._item, None, size, self._failure)

    @property
    def _is_as_listed(self) -> bool:
        """Say whether the open file's size and time were those of the listing, as far as either is told."""
        report, mtime = self._item.report, listed_time(self._now.mtime)
        return self._now.size in (None, report.size) and (None in (mtime, report.mtime) or mtime == report.mtime)
