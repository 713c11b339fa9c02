# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SFTP server in memory that answers as its test wants: in any order, in pieces, too little, or wrongly.

What is asked of one file is done in the order in which it was asked, as the protocol wants (section 6.1); the answers
may come in any.
"""

from __future__ import annotations

import random
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from tests.unit.support import string

INIT, OPEN, CLOSE, READ, LSTAT, FSTAT, OPENDIR, READDIR, STAT = 1, 3, 4, 5, 7, 8, 11, 12, 17
EXTENDED, EXTENDED_REPLY = 200, 201
DATA = 103
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, UNSUPPORTED = 0, 1, 2, 3, 4, 8
MADE = 1_760_000_000  # Unix seconds
FOLDER, FILE, LINK = 0o040755, 0o100644, 0o120777


@dataclass
class Remote:
    """A file as the server has it; ``listed`` is the size that a listing tells, where it differs.

    ``was`` is the size with which a test asks for it, where that is another one.
    """

    content: bytes = b""
    mtime: int | None = MADE
    mode: int | None = FILE
    listed: int | None = None
    was: int | None = None
    denied: bool = False  # OPEN is refused
    told: bool = True  # the listing tells attributes
    line: bytes | None = None  # the listing's long name, where it is another one
    stat: Any = None  # what STAT tells, where this is a link
    breaks_at: int | None = None  # READ from there on fails
    ends_at: int | None = None  # READ from there on says EOF
    grows: bytes = b""  # what is appended when it is opened next
    restless: bool = False  # ... and each time after
    rewritten: bool = False  # with the same content, each time that it is opened
    touched: int | None = None  # the time that FSTAT tells, where it differs
    fstat: bool = True  # FSTAT is answered
    fstat_size: int | None = None  # the size that FSTAT tells, where it differs
    breaks_above: int | None = None  # READ of more bytes fails
    endless: bool = False  # READ has always more


@dataclass
class Folder:
    """What a folder lists, by raw name; ``fails_after`` so many READDIR answers with ``failure``."""

    entries: list[tuple[bytes, Any]] = field(default_factory=list)
    denied: bool = False
    fails_after: int | None = None
    failure: int = DENIED
    gap: int = 0  # so many empty pages come after the first one
    ends: str = "eof"  # or: empty (each time), empty-eof, eof-failure (only once EOF, then failures)
    stumbles: int = 0  # so many times that it is opened, its second READDIR fails, with a page lost
    told: bool = True  # the listing tells attributes
    line: bytes | None = None
    mode: int | None = FOLDER
    opened: int = 0  # how often it was


def status(code: int) -> tuple[int, bytes]:
    return 101, struct.pack(">I", code) + string(b"") + string(b"")


def attributes(entry: Any, size: int | None = None) -> bytes:
    if isinstance(entry, Folder):
        return struct.pack(">II", 4, entry.mode) if entry.mode is not None else struct.pack(">I", 0)
    flags = (
        (1 if size is not None else 0) | (4 if entry.mode is not None else 0) | (8 if entry.mtime is not None else 0)
    )
    packed = struct.pack(">I", flags | 2)
    packed += struct.pack(">Q", size) if size is not None else b""
    packed += struct.pack(">II", 0, 0)
    packed += struct.pack(">I", entry.mode) if entry.mode is not None else b""
    return packed + (struct.pack(">II", 1, entry.mtime) if entry.mtime is not None else b"")


class Server:
    """Stands where paramiko's Channel stands. ``order``: first, last or a seed; sizes are bytes."""

    def __init__(self, tree=None, order="first", piece=2, most_read=1 << 20, most_sent=1 << 20, burst=1 << 20):
        self.tree = tree or {}
        self.pending: list[tuple[int, bytes]] = []
        self.most_in_flight = 0
        self.handles: dict[bytes, Any] = {}
        self.asked: list[int] = []
        self.limits: bytes | None = None  # what the answer to limits@openssh.com holds, where that is offered
        self.most_open, self.refusal = 1 << 20, FAILURE  # files and folders, and the status of one more
        self.refusals = 0  # for that
        self.version = 3  # that it says it speaks
        self.dropped: set[bytes] = set()
        self.lstat = True  # LSTAT and STAT are answered
        self.keeps, self.dropped_says = 1 << 20, EOF  # of more open handles the oldest is dropped without a word
        self.reads_newest = False  # whatever handle is named, the file opened last is read
        self.opens_files_as_folders = False  # and only READDIR says that they are none
        self.empty_data_ends = False  # at the end of a file comes DATA of no bytes
        self.mixes = False  # new files and folders get the handle of the newest that is open
        self.cut_after: int | None = None  # so many bytes are sent, then the line is dead
        self.lie = None  # called with (kind, number, answer) it may return other bytes to send
        self._order, self._piece, self._most_read = order, piece, most_read
        self._most_sent, self._burst = most_sent, burst
        self._random = random.Random(order if isinstance(order, int) else 0)
        self._in, self._out, self._sent, self._count = b"", b"", 0, 0

    def sendall(self, data: bytes) -> None:
        self._in += data
        while len(self._in) >= 4:
            size = struct.unpack(">I", self._in[:4])[0]
            if len(self._in) < 4 + size:
                break
            self.pending.append((self._in[4], self._answer(self._in[4 : 4 + size])))
            self._in = self._in[4 + size :]

    def recv(self, most: int) -> bytes:
        if self.cut_after is not None and self._sent >= self.cut_after:
            return b""
        self.most_in_flight = max(self.most_in_flight, len(self.pending))
        if not self._out:
            if not self.pending:
                raise socket.timeout("nothing was asked")
            for _request in range(min(self._burst, len(self.pending))):
                self._out += self.pending.pop(self._next())[1]
        size = min(most, self._most_sent)
        if self.cut_after is not None:
            size = min(size, self.cut_after - self._sent)
        sent, self._out = self._out[:size], self._out[size:]
        self._sent += len(sent)
        return sent

    def _next(self) -> int:
        if self._order == "first":
            return 0
        return -1 if self._order == "last" else self._random.randrange(len(self.pending))

    def _answer(self, request: bytes) -> bytes:
        kind, number = struct.unpack(">BI", request[:5])
        self.asked.append(kind)
        if kind == INIT:
            body = struct.pack(">BI", 2, self.version) + string(b"vendor-id") + string(b"rehearsal")
            body += string(b"limits@openssh.com") + string(b"1") if self.limits is not None else b""
            return struct.pack(">I", len(body)) + body
        answer = self._do(kind, request[5:])
        packed = struct.pack(">IBI", 5 + len(answer[1]), answer[0], number) + answer[1]
        return self.lie(kind, number, packed) if self.lie else packed

    def _do(self, kind: int, body: bytes) -> tuple[int, bytes]:
        size = struct.unpack(">I", body[:4])[0]
        name, rest = body[4 : 4 + size], body[4 + size :]
        if kind == EXTENDED:
            return EXTENDED_REPLY, self.limits or b""
        if kind in (OPEN, OPENDIR, LSTAT, STAT):
            return self._by_path(kind, self._find(name, kind == OPENDIR))
        if name not in self.handles:
            return status(self.dropped_says if name in self.dropped and kind in (READ, READDIR) else FAILURE)
        entry = self.handles[name]
        if kind == CLOSE:
            del self.handles[name]
            return status(OK)
        if kind == READDIR:
            return self._list(entry)
        if kind == FSTAT:
            return self._fstat(entry)
        if kind == READ and self.reads_newest:
            entry = [one for one in self.handles.values() if isinstance(one, Remote)][-1]
        if kind == READ:
            return self._read(entry, *struct.unpack(">QI", rest))
        raise AssertionError(f"a request of kind {kind}: this client may only read")

    def _by_path(self, kind: int, entry: Any) -> tuple[int, bytes]:
        if entry is None:
            return status(NO_SUCH_FILE)
        return self._tell(kind, entry) if kind in (LSTAT, STAT) else self._open(kind, entry)

    def _tell(self, kind: int, entry: Any) -> tuple[int, bytes]:
        if not self.lstat:
            return status(UNSUPPORTED)
        if kind == STAT and isinstance(entry, Remote):
            entry = entry.stat or entry
        if entry == "nowhere":
            return status(NO_SUCH_FILE)
        return 105, attributes(entry, None if isinstance(entry, Folder) else len(entry.content))

    def _open(self, kind: int, entry: Any) -> tuple[int, bytes]:
        if kind == OPENDIR and self.opens_files_as_folders and isinstance(entry, Remote):
            entry = Folder(fails_after=0, failure=NO_SUCH_FILE)
        if entry.denied or (kind == OPENDIR) != isinstance(entry, Folder):
            return status(DENIED)
        if len(self.handles) >= self.most_open:
            self.refusals += 1
            return status(self.refusal)
        while len(self.handles) >= self.keeps:
            self.dropped.add(oldest := next(iter(self.handles)))
            del self.handles[oldest]
        handle = self.handle()
        if kind == OPENDIR:
            self.handles[handle] = [entry, 0, 0]
            entry.opened += 1
        else:
            entry = entry.stat if isinstance(entry.stat, Remote) else entry
            entry.content += entry.grows
            entry.mtime = entry.mtime + 1 if entry.rewritten else entry.mtime
            entry.grows = entry.grows if entry.restless else b""
            self.handles[handle] = entry
        return 102, string(handle)

    def handle(self) -> bytes:
        self._count += 1
        return max(self.handles, default=b"h0") if self.mixes and len(self.handles) > 1 else b"h%06d" % self._count

    def _list(self, state: list) -> tuple[int, bytes]:
        folder, at, answers = state
        state[2] += 1
        if folder.opened <= folder.stumbles and answers == 1:
            state[1] += self._piece
            return status(NO_SUCH_FILE)
        if folder.fails_after is not None and answers >= folder.fails_after:
            return status(folder.failure)
        if 1 < state[2] <= 1 + folder.gap:
            return 104, struct.pack(">I", 0)
        entries = folder.entries[at : at + self._piece]
        state[1] += len(entries)
        if not entries:
            return self._at_end(folder, state)
        body = struct.pack(">I", len(entries))
        for name, entry in entries:
            body += string(name) + string(b"-" + name if entry.line is None else entry.line)
            if not entry.told:
                body += struct.pack(">I", 0)
            elif isinstance(entry, Folder):
                body += attributes(entry)
            else:
                body += attributes(entry, len(entry.content) if entry.listed is None else entry.listed)
        return 104, body

    def _at_end(self, folder: Folder, state: list) -> tuple[int, bytes]:
        first, state[1] = state[1] <= len(folder.entries), len(folder.entries) + 1
        if folder.ends == "empty" or (folder.ends == "empty-eof" and first):
            return 104, struct.pack(">I", 0)
        return status(FAILURE if folder.ends == "eof-failure" and not first else EOF)

    def _fstat(self, entry: Remote) -> tuple[int, bytes]:
        if not entry.fstat:
            return status(DENIED)
        now = Remote(mtime=entry.mtime if entry.touched is None else entry.touched, mode=entry.mode)
        return 105, attributes(now, len(entry.content) if entry.fstat_size is None else entry.fstat_size)

    def _read(self, entry: Remote, offset: int, size: int) -> tuple[int, bytes]:
        if entry.breaks_at is not None and offset + size > entry.breaks_at:
            return status(FAILURE)
        if entry.breaks_above is not None and size > entry.breaks_above:
            return status(FAILURE)
        if entry.endless:
            return 103, string(b"x" * size)
        end = len(entry.content) if entry.ends_at is None else entry.ends_at
        data = entry.content[offset : min(offset + min(size, self._most_read), end)]
        return (103, string(data)) if data or self.empty_data_ends else status(EOF)

    def _find(self, path: bytes, wants_folder: bool) -> Any:
        """What lies at a path; a folder may list a file and a folder of one name, and then it is what is wanted."""
        found: Any = Folder([(name.encode(), entry) for name, entry in self.tree.items()])
        parts = path.strip(b"/").split(b"/")
        for number, part in enumerate(parts, 1):
            entries = [entry for name, entry in found.entries if name == part] if isinstance(found, Folder) else []
            entries.sort(key=lambda entry: isinstance(entry, Folder) is (wants_folder or number < len(parts)))
            found = entries[-1] if entries else None
        return found


def settle(channel) -> None:
    """Wait for what nobody waits for otherwise: that folders that have been read are closed."""
    while not channel.idle:
        channel.pump()


class MemoryPart:
    """A report being written, in memory."""

    def __init__(self, item) -> None:
        self.item, self.aborted = item, False
        self.content = bytearray()

    def write(self, offset: int, data) -> None:
        assert not self.aborted, "written to after it was given up"
        missing = offset + len(data) - len(self.content)
        self.content += b"\0" * max(0, missing)
        self.content[offset : offset + len(data)] = data

    def abort(self) -> None:
        self.aborted = True
