# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions without a network: packets, listings, downloads and uploads with a server that may say anything."""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_upload, sftp_wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import walk
from ansible_collections.dcass.sftp.plugins.module_utils._io.pipeline import fetch
from ansible_collections.dcass.sftp.plugins.module_utils._io.session import Session
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed, archive_path
from tests.fuzz.reading import NUMBERS, Reader
from tests.fuzz.target import ACCOUNT, Target, noise
from tests.unit.sftp_server import LINK, Folder, MemoryPart, Remote, Server

_ANSWERS = (101, 101, 102, 103, 104, 104, 105, 201, 2, 0, 255)
_MOST_SENT = 200_000  # bytes, after which a bent server falls silent: a listing without end is tests/servers' business
_FIELDS = ("u32", "u64", "string", "handle", "attributes", "limits", "is_end", "is_ok", "reason")


def packets(data: bytes) -> None:
    """Take bytes apart as the channel does, and the body of each packet as whoever asked might."""
    try:
        rest = memoryview(data)
        while packet := sftp_wire.first_packet(rest):
            _kind, number, body, rest = packet
            fields = sftp_wire.Fields(body)
            getattr(fields, _FIELDS[number % len(_FIELDS)])()
            fields.attributes()
        assert sftp_wire.size_of_first(rest) >= 4
    except sftp_wire.BrokenStream as broken:
        raise ConnectionLost(str(broken)) from None


def attributes(data: bytes) -> None:
    """Read attributes, and judge by them."""
    fields = sftp_wire.Fields(memoryview(data))
    try:
        found = fields.attributes()
        found.updated_by(fields.attributes())
    except sftp_wire.BrokenStream as broken:
        raise ConnectionLost(str(broken)) from None
    assert found.kind in (None, "folder", "file", "link", "other")
    sftp_wire.kind_of_line(memoryview(data))
    limits = sftp_wire.Fields(memoryview(data)).limits()
    assert limits is None or 1024 <= limits.read_bytes <= sftp_wire.MOST_REQUEST_BYTES


class Talker:
    """Stands where paramiko's Channel stands, and answers each request with what the bytes say."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._asked: list[tuple[int, int]] = []
        self._in = b""

    def sendall(self, data: bytes) -> None:
        self._in += data
        while len(self._in) >= 9:
            size, kind, number = struct.unpack(">IBI", self._in[:9])
            self._asked.append((kind, number))
            self._in = self._in[4 + size :]

    def recv(self, _most: int) -> bytes:
        if self._reader.is_empty or not self._asked:
            return b""
        kind, number = self._asked.pop(self._reader.below(len(self._asked)))
        if kind == sftp_wire.INIT and self._reader.below(8):
            return struct.pack(">IBI", 9 + 22, 2, 3) + sftp_wire.string(b"limits@openssh.com") + b"\0\0\0\0"
        if self._reader.one_in(12):
            return self._reader.piece(40) or b"\0"
        number = number if self._reader.below(12) else self._reader.below(1 << 32)
        body = self._body(kind)
        return struct.pack(">IBI", 5 + len(body[1]), body[0], number) + body[1]

    def _body(self, asked: int) -> tuple[int, bytes]:
        """Return an answer's kind and body, in most cases of the kind that was asked for."""
        usual = {3: 102, 11: 102, 12: 104, 5: 103, 8: 105, 7: 105, 17: 105, 200: 201}.get(asked, 101)
        kind = usual if self._reader.below(4) else self._reader.choice(_ANSWERS)
        if self._reader.one_in(10):
            return kind, self._reader.piece(100)
        return kind, self._fields(kind)

    def _fields(self, kind: int) -> bytes:
        reader = self._reader
        if kind == 101:
            return struct.pack(">I", reader.choice((0, 1, 1, 2, 3, 4, 8))) + bytes(8)
        if kind == 102:
            return sftp_wire.string(bytes([reader.below(5)]))  # often one that was given out before
        if kind == 103:
            return sftp_wire.string(reader.piece(99))
        if kind == 104:
            entries = [sftp_wire.string(reader.piece(9)) + self._line() + self._attributes() for _one in range(2)]
            return struct.pack(">I", reader.choice((2, 2, 2, 0, 3))) + b"".join(entries)
        return self._attributes() if kind == 105 else reader.piece(40)

    def _line(self) -> bytes:
        return sftp_wire.string(self._reader.choice((b"-rw-r--r-- 1", b"drwxr-xr-x 1", b"lrwxrwxrwx 1", b"")))

    def _attributes(self) -> bytes:
        reader = self._reader
        flags = reader.choice((13, 13, 5, 12, 0, 0x8000000D))
        packed = struct.pack(">I", flags)
        packed += struct.pack(">Q", reader.choice((0, 5, 40, *(abs(n) % 2**64 for n in NUMBERS)))) if flags & 1 else b""
        packed += (
            struct.pack(">I", reader.choice((0o100644, 0o040755, 0o120777, 0o644, 0o060600))) if flags & 4 else b""
        )
        packed += struct.pack(">II", 0, reader.choice((0, 1_760_000_000, 2**32 - 1))) if flags & 8 else b""
        return packed + (struct.pack(">I", reader.below(3)) if flags & 0x80000000 else b"")


def talk(work: Callable[[SftpChannel, Reader], None]) -> Callable[[bytes], None]:
    """Let a target work on a channel whose other side says what its bytes say."""

    def run(data: bytes) -> None:
        reader = Reader(data)
        work(SftpChannel(Talker(reader)), reader)

    return run


def listing(channel: SftpChannel, _reader: Reader) -> None:
    found = walk(channel, ["COMMON", "CXYZ"])
    assert all(report.size < 2**63 for report in found.reports)


def download(channel: SftpChannel, reader: Reader) -> None:
    channel.window = 1 + reader.below(20)
    reports = [Listed("COMMON", f"R{number}", reader.below(90), 1_760_000_000) for number in range(3)]
    _settled(fetch(channel, [Fetch(one, one.name, "new") for one in reports], MemoryPart))


def small_file(channel: SftpChannel, reader: Reader) -> None:
    report = Listed("KEY_MANAGEMENT", "Result.20261120.180002.success.txt", reader.below(400), None)
    content = Session(channel, {}, 4).read(report)
    assert content is None or len(content) <= 1 << 20


def upload(channel: SftpChannel, _reader: Reader) -> None:
    sftp_upload.upload(channel, "/KEY_MANAGEMENT/CXYZ001.pub", b"key")


def _settled(outcomes: Any) -> list[Any]:
    """Take all outcomes in; one for each report at last, and the bytes of what was fetched as many as it says."""
    last = {outcome.item.path: outcome for outcome in outcomes}
    assert not any(isinstance(outcome, Changed) for outcome in last.values())
    fetched = [outcome for outcome in last.values() if isinstance(outcome, Fetched)]
    assert all(len(one.part.content) == one.size for one in fetched if isinstance(one.part, MemoryPart))
    return fetched


def tree(reader: Reader, depth: int = 2) -> Folder:
    """Return a folder of a facility that is odd in the ways in which the server in memory can be."""
    folder = Folder(
        denied=reader.one_in(12),
        fails_after=reader.below(3) if reader.one_in(9) else None,
        ends=reader.choice(("eof", "eof", "empty", "empty-eof", "eof-failure")),
        stumbles=reader.below(2),
        told=reader.below(6) > 0,
    )
    for number in range(reader.below(5)):
        name = reader.piece(9) if reader.one_in(4) else b"R%d.csv" % number
        below = depth and reader.one_in(5)
        folder.entries.append((name, tree(reader, depth - 1) if below else report(reader)))
    return folder


def report(reader: Reader) -> Remote:
    return Remote(
        bytes(reader.below(120)),
        mtime=reader.choice((1_760_000_000, None, 0, 2**32 - 1)),
        mode=reader.choice((0o100644, None, 0o644, LINK)),
        listed=reader.choice((None, None, 5, *(abs(number) % 2**64 for number in NUMBERS))),
        denied=reader.one_in(9),
        told=reader.below(6) > 0,
        breaks_at=reader.below(90) if reader.one_in(9) else None,
        ends_at=reader.below(90) if reader.one_in(9) else None,
        grows=b"x" if reader.one_in(9) else b"",
        restless=reader.one_in(9),
        fstat=reader.below(9) > 0,
        fstat_size=reader.choice((None, None, 3, 2**64 - 1)),
    )


def odd_server(reader: Reader) -> Server:
    """Return a server of such a tree, with odd ways of its own; its answers are bent now and then."""
    tree_ = {"COMMON": tree(reader), "CXYZ": tree(reader, 1)}
    server = Server(tree_, order=reader.choice(("first", "last", 3)), piece=1 + reader.below(4))
    server.most_open = reader.choice((1 << 20, 1, 3))
    server.mixes, server.lstat = reader.one_in(6), reader.below(6) > 0
    server.reads_newest, server.empty_data_ends = reader.one_in(9), reader.one_in(6)
    server.opens_files_as_folders = reader.one_in(6)
    server.limits = struct.pack(">4Q", *(abs(reader.number()) % 2**64 for _limit in range(4)))
    server.cut_after = _MOST_SENT

    def lie(_kind: int, _number: int, packed: bytes) -> bytes:
        if not reader.one_in(25):
            return packed
        at = reader.below(len(packed))
        return packed[:at] + reader.piece(8) + packed[at + reader.below(4) :]

    server.lie = lie
    return server


def whole_sync(data: bytes) -> None:
    """List and fetch all that an odd server has, into memory."""
    channel = SftpChannel(odd_server(Reader(data)))
    found = walk(channel, ["COMMON", "CXYZ"])
    listed = {report.remote: report for report in found.reports if report.size < 1 << 20}
    _settled(fetch(channel, [Fetch(one, path, "new") for path, one in listed.items()], MemoryPart))


def sync_to_disk(data: bytes) -> None:
    """The same into an archive, where each report gets its name."""
    channel = SftpChannel(odd_server(Reader(data)))
    found = walk(channel, ["COMMON", "CXYZ"])
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(folder + "/reports", ACCOUNT)
        listed = {archive_path(ACCOUNT, report): report for report in found.reports if report.size < 1 << 20}
        barred = archive.obstacles(listed)
        items = [Fetch(one, path, "new") for path, one in listed.items() if path not in barred]
        parts = [one.part for one in _settled(fetch(channel, items, lambda item: archive.begin(item.path)))]
        archive.secure(parts)
        archive.name(parts)
        archive.sweep()
        assert not archive._left_half_written()
        shutil.rmtree(archive.dest, ignore_errors=True)


def packet_samples() -> Sequence[bytes]:
    told = struct.pack(">I", 0x8000000F) + bytes(8) + bytes(8) + struct.pack(">III", 0o100644, 1, 2) + bytes(4)
    names = struct.pack(">I", 1) + sftp_wire.string(b"a.csv") + sftp_wire.string(b"-rw-r--r-- 1 u g 1") + told
    some = [(101, struct.pack(">I", 1) + bytes(8)), (102, sftp_wire.string(b"h1")), (103, sftp_wire.string(b"data"))]
    some += [(104, names), (105, told), (201, struct.pack(">4Q", 1 << 18, 1 << 17, 1 << 17, 100))]
    whole = [sftp_wire.packet(kind, number, body) for number, (kind, body) in enumerate(some)]
    return [*whole, b"".join(whole), told, told + told, b"-rw-r--r--   1 u g 5 Nov 27 18:00 x"]


TARGETS = (
    Target("SFTP packets", packets, packet_samples, share=1.5),
    Target("SFTP attributes", attributes, packet_samples),
    Target("listings", talk(listing), noise, share=1.5),
    Target("downloads", talk(download), noise, share=1.5),
    Target("small files", talk(small_file), noise),
    Target("uploads", talk(upload), noise),
    Target("whole syncs", whole_sync, noise, share=1.5),
    Target("syncs to disk", sync_to_disk, noise, examples=60),
)
