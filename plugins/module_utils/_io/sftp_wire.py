# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SFTP version 3 on the wire (draft-ietf-secsh-filexfer-02): packets out, packets in. Knows no connection."""

from __future__ import annotations

import re
import stat
import struct
from dataclasses import dataclass
from typing import NamedTuple

SPOKEN = 3  # the version that all servers know
INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, OPENDIR, READDIR, STAT = 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 17
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
EXTENDED, EXTENDED_REPLY = 200, 201
LIMITS = b"limits@openssh.com"  # an extension that tells how large packets may be, and how many handles
OK, EOF = 0, 1
TO_READ, TO_OVERWRITE = 0x01, 0x02 | 0x08 | 0x10  # flags of OPEN; to write: create it, or begin it from its start
REQUEST_BYTES = 32768  # what every server must be able to answer in one piece (section 3)
MOST_REQUEST_BYTES = 255 << 10  # what OpenSSH allows; more in one piece gains nothing
LEAST_REQUEST_BYTES = 1024  # a server that tells less answers with less, too
_MOST_HANDLE = 256  # bytes (section 3)
_MOST_BYTES = 1 << 16  # of a packet; a length beyond it means that the stream is broken
_TO_JUDGE = 5  # bytes that tell how long a packet is, and of what kind
_HEAD, _U32, _U64, _READ_TAIL = (struct.Struct(layout) for layout in (">IBI", ">I", ">Q", ">QI"))
_DATA_HEAD = struct.Struct(">IBII")  # what stands before the bytes in the answer to a READ
DATA_HEAD_BYTES = _DATA_HEAD.size
_SIZE, _OWNER, _MODE, _TIMES, _EXTENDED = 1, 2, 4, 8, 0x80000000
_ANSWER_BYTES = 1024  # of a packet that are no data of a READ, and some more
_MOST_BY_KIND = {DATA: MOST_REQUEST_BYTES + _ANSWER_BYTES, NAME: 1 << 22}  # a folder may come in one piece
_CUT_SHORT = "a packet that ends too early"
FOLDER, FILE, LINK, OTHER = "folder", "file", "link", "other"  # what an entry can be
_BY_MODE = {stat.S_IFDIR: FOLDER, stat.S_IFREG: FILE, stat.S_IFLNK: LINK}
_BY_LETTER = {b"d": FOLDER, b"-": FILE, b"l": LINK}
_LONG_NAME = re.compile(rb"[-bcdlps][-rwxsStTlL]{9}")  # how `ls -l` begins a line
_REASONS = {2: "no such file", 3: "permission denied", 4: "failure", 8: "not supported"}


class BrokenStream(Exception):
    """The bytes that came are no SFTP."""


class Attributes(NamedTuple):
    """What a server tells of a file; None where it does not tell. ``size`` in bytes, ``mtime`` in Unix seconds."""

    size: int | None = None
    mode: int | None = None
    mtime: int | None = None

    @property
    def kind(self) -> str | None:
        """What the mode says that it is; None where none is told, or one without the bits of a type."""
        if self.mode is None or not stat.S_IFMT(self.mode):
            return None
        return _BY_MODE.get(stat.S_IFMT(self.mode), OTHER)

    def updated_by(self, more: Attributes) -> Attributes:
        """Return what ``more`` tells, and what these tell where it does not."""
        return Attributes(
            self.size if more.size is None else more.size,
            self.mode if more.mode is None else more.mode,
            self.mtime if more.mtime is None else more.mtime,
        )


@dataclass(frozen=True)
class Limits:
    """What a server tells of itself by ``limits@openssh.com``, 0 where it has no limit; sizes in bytes."""

    packet: int
    read: int
    write: int
    handles: int

    @property
    def read_bytes(self) -> int:
        """How much one READ may ask for; some answer with less than they promise, which costs a request."""
        limits = [size for size in (self.read, self.packet - _ANSWER_BYTES) if size > 0]
        return max(min([*limits, MOST_REQUEST_BYTES]), LEAST_REQUEST_BYTES) if limits else REQUEST_BYTES


def kind_of_line(long_name: memoryview) -> str | None:
    """What a listing's line says that an entry is, where it looks like one of ``ls -l``."""
    return _BY_LETTER.get(bytes(long_name[:1]), OTHER) if _LONG_NAME.match(long_name) else None


def string(data: bytes) -> bytes:
    """Write a string: its length in bytes, then the bytes."""
    return _U32.pack(len(data)) + data


def packet(kind: int, number: int, body: bytes) -> bytes:
    """Write a packet: its length, kind and number, then its body."""
    return _HEAD.pack(5 + len(body), kind, number) + body


def read_request(handle: bytes, offset: int, size: int) -> bytes:
    """The body of a READ."""
    return string(handle) + _READ_TAIL.pack(offset, size)


def open_request(path: str, flags: int) -> bytes:
    """The body of an OPEN that tells no attributes."""
    return string(path.encode()) + _U32.pack(flags) + _U32.pack(0)


def write_request(handle: bytes, offset: int, data: bytes) -> bytes:
    """The body of a WRITE."""
    return string(handle) + _U64.pack(offset) + string(data)


def first_packet(buffer: memoryview) -> tuple[int, int, memoryview, memoryview] | None:
    """Return kind, number and body of the first packet, and what follows it; None where it is not whole yet."""
    if len(buffer) < _TO_JUDGE:
        return None
    size = _U32.unpack_from(buffer)[0]
    if not 5 <= size <= _MOST_BY_KIND.get(buffer[4], _MOST_BYTES):
        raise BrokenStream(f"a packet of {size} bytes")
    if len(buffer) < 4 + size:
        return None
    _size, kind, number = _HEAD.unpack_from(buffer)
    return kind, number, buffer[9 : 4 + size], buffer[4 + size :]


def data_head(buffer: memoryview) -> tuple[int, int] | None:
    """Return number and size of the bytes that follow the head of a DATA packet; None where no such head is here whole.

    A packet that holds anything else behind its bytes has none.
    """
    if len(buffer) < DATA_HEAD_BYTES or buffer[4] != DATA:
        return None
    size, _kind, number, length = _DATA_HEAD.unpack_from(buffer)
    return (number, length) if size == DATA_HEAD_BYTES - 4 + length else None


def size_of_first(buffer: memoryview) -> int:
    """Return how many bytes the first packet takes, as far as that can be told."""
    return 4 + int(_U32.unpack_from(buffer)[0]) if len(buffer) >= _TO_JUDGE else _TO_JUDGE


class Fields:
    """Takes a packet's body apart, field by field; a field that is cut short raises BrokenStream."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self._at = 0

    def u32(self) -> int:
        """Take a number of four bytes."""
        return self._number(_U32, 4)

    def u64(self) -> int:
        """Take a number of eight bytes."""
        return self._number(_U64, 8)

    def data(self) -> memoryview:
        """Take a string without copying it."""
        return self._take(self.u32())

    def string(self) -> bytes:
        """Take a string."""
        return bytes(self.data())

    def handle(self) -> bytes:
        """Take a handle; one that is longer than any may be raises BrokenStream."""
        found = self.string()
        if len(found) > _MOST_HANDLE:
            raise BrokenStream(f"a handle of {len(found)} bytes")
        return found

    def limits(self) -> Limits | None:
        """Return an answer's limits, None where it holds fewer than it should."""
        if len(self._body) - self._at < 4 * 8:
            return None
        return Limits(self.u64(), self.u64(), self.u64(), self.u64())

    def attributes(self) -> Attributes:
        """Take the attributes of an entry: bytes, mode and Unix seconds, each where it is told."""
        flags = self.u32()
        size = self.u64() if flags & _SIZE else None
        if flags & _OWNER:
            self._take(8)
        mode = self.u32() if flags & _MODE else None
        mtime = None
        if flags & _TIMES:
            self._take(4)  # when it was last read
            mtime = self.u32()
        if flags & _EXTENDED:
            for _pair in range(self.u32()):
                self.data()
                self.data()
        return Attributes(size, mode, mtime)

    def is_end(self) -> bool:
        """Say whether a STATUS body tells the end of a file or folder."""
        return self.u32() == EOF

    def is_ok(self) -> bool:
        """Say whether a STATUS body tells success."""
        return self.u32() == OK

    def reason(self) -> str:
        """Return a STATUS body's reason in words."""
        code = self.u32()
        return _REASONS.get(code, f"status {code}")

    def _number(self, layout: struct.Struct, size: int) -> int:
        try:
            found: int = layout.unpack_from(self._body, self._at)[0]
        except struct.error:
            raise BrokenStream(_CUT_SHORT) from None
        self._at += size
        return found

    def _take(self, size: int) -> memoryview:
        taken = self._body[self._at : self._at + size]
        if len(taken) != size:
            raise BrokenStream(_CUT_SHORT)
        self._at += size
        return taken
