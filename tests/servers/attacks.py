# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a facility, or whoever has its place, can do to keep a run from ending or to fill our memory."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from asyncssh.packet import Boolean, String, UInt32

from tests.servers.bendings import report, traits
from tests.servers.bent import BentServer, Session
from tests.unit.sftp_server import CLOSE, DATA, DENIED, OPEN, OPENDIR, READ, READDIR, Folder, Remote, Server, status
from tests.unit.support import string

WRITE, NAME, HANDLE = 6, 104, 102
IGNORE, DEBUG, GLOBAL_REQUEST, CHANNEL_DATA, CHANNEL_EXTENDED_DATA = 2, 4, 80, 94, 95
OPERATION, RUN, RESULT = 2, 4, 3  # seconds: the options that all are attacked with
LISTING = 20  # the same, of an operation in a renewal
BLOCK = bytes(32_000)


# sessions


async def pour(channel, send) -> None:
    """Send without end, whatever the window says, as fast as it is taken."""
    connection = channel._conn
    while connection._transport is not None and not connection._transport.is_closing():
        if connection._transport.get_write_buffer_size() > 1 << 20:
            await asyncio.sleep(0.001)
            continue
        for _time in range(10):
            send(channel)
        await asyncio.sleep(0)


class Silent(Session):
    """Never answers the request for SFTP."""

    def connection_made(self, chan) -> None:
        super().connection_made(chan)
        chan._orig_chan._report_response = lambda _result: None  # behind asyncssh's line editor


class Pouring(Session):
    """Answers until it is asked for names, and sends something else without end."""

    send: Any = None
    reads = True  # what it is answered

    def session_started(self) -> None:
        self._task = asyncio.ensure_future(pour(self._channel, type(self).send))
        if not self.reads:
            self._channel._conn._transport.pause_reading()

    def data_received(self, data, datatype) -> None:
        if READDIR not in self._answering.asked:
            super().data_received(data, datatype)


class PouringSilent(Silent):
    """Sends data without end instead of an answer."""

    def subsystem_requested(self, subsystem) -> bool:
        data = UInt32(len(BLOCK)) + BLOCK
        self._task = asyncio.ensure_future(pour(self._channel, lambda chan: chan.send_packet(CHANNEL_DATA, data)))
        return True


def pouring(send, reads=True):
    return type("Pouring", (Pouring,), {"send": staticmethod(send), "reads": reads})


class Dripping(Session):
    """Sends a byte at a time once it has been asked for what is to drip."""

    pause = 0.3
    kind = READDIR

    def data_received(self, data, datatype) -> None:
        if getattr(self, "_rest", None) is not None:
            return
        super().data_received(data, datatype)

    def _write(self, answer) -> None:
        if self.kind not in self._answering.asked or getattr(self, "_rest", None) is not None:
            self._channel.write(answer)
            return
        self._rest = answer
        self._task = asyncio.ensure_future(self._drip())

    async def _drip(self) -> None:
        while self._rest:
            self._channel.write(self._rest[:1])
            self._rest = self._rest[1:]
            await asyncio.sleep(self.pause)


class Slow(Session):
    """Waits before each answer."""

    pause = 0.3

    def data_received(self, data, datatype) -> None:
        asyncio.get_event_loop().call_later(self.pause, self._answer_late, data, datatype)

    def _answer_late(self, data, datatype) -> None:
        with contextlib.suppress(OSError):
            super().data_received(data, datatype)


class Deaf(Session):
    """Stops reading from the line once files are read."""

    def _write(self, answer) -> None:
        super()._write(answer)
        if READ in self._answering.asked:
            self._channel._conn._transport.pause_reading()


# listings


class Endless:
    """The entries of a folder that never ends, made when they are asked for."""

    def __init__(self, make: Callable[[int], tuple[bytes, Any]]) -> None:
        self._make = make

    def __getitem__(self, part: slice):
        return [self._make(number) for number in range(part.start, part.stop)]

    def __iter__(self):
        return iter([self._make(number) for number in range(2)])

    def __len__(self) -> int:
        return 1 << 60


def endless(make) -> Callable[[], Any]:
    return lambda: Endless(make)


class Tree(Folder):
    """A hundred folders, and in each of them the same."""

    def __init__(self) -> None:
        super().__init__([])

    @property
    def entries(self):
        return [(b"%02d" % number, TREE) for number in range(100)]

    @entries.setter
    def entries(self, _nothing) -> None:
        pass

    def __repr__(self) -> str:
        return "Tree()"


TREE = Tree()
OLD = 1_760_000_000
ONE = Remote(b"x", OLD)
UNTOLD = Remote(b"x", OLD, told=False, line=b"")


# answers


def instead(kind: int, make: Callable[[int], bytes]) -> Callable[[Server], None]:
    """Answer requests of a kind with something else; ``make`` gets the request's number."""

    def bend(server: Server) -> None:
        server.lie = lambda asked, number, answer: make(number) if asked == kind else answer

    return bend


def packet(kind: int, number: int, body: bytes, size: int | None = None) -> bytes:
    return struct.pack(">IBI", 5 + len(body) if size is None else size, kind, number) + body


def crowded(number: int) -> bytes:
    """One answer to a READDIR, of 4 MB, full of the shortest names."""
    count = (1 << 22) // 14 - 10
    entries = b"".join(b"\0\0\0\2%c%c\0\0\0\0\0\0\0\0" % (97 + one % 26, 97 + one // 26 % 26) for one in range(count))
    return packet(NAME, number, struct.pack(">I", count) + entries)


class Shut(Server):
    """Opens no report."""

    def _do(self, kind: int, body: bytes) -> tuple[int, bytes]:
        return status(DENIED) if kind == OPEN else super()._do(kind, body)


# renewals


class Desk(Server):
    """Takes an upload, and then has results."""

    results: Callable[[], list[tuple[bytes, Any]]] = staticmethod(list)

    def _do(self, kind: int, body: bytes) -> tuple[int, bytes]:
        size = struct.unpack(">I", body[:4])[0]
        name, rest = body[4 : 4 + size], body[4 + size :]
        if kind == OPEN and struct.unpack(">I", rest[:4])[0] & 2:
            self.handles[b"upload"] = None
            return HANDLE, string(b"upload")
        if kind == WRITE:
            return status(0)
        if kind == CLOSE and name == b"upload":
            del self.handles[name]
            self.tree["KEY_MANAGEMENT"].entries = self.results()
            return status(0)
        return super()._do(kind, body)


def desk(results) -> type[Desk]:
    return type("Desk", (Desk,), {"results": staticmethod(results)})


def foreign() -> list[tuple[bytes, Any]]:
    text = b"File Name     : CSRV002.pub\r\nImport Date   : 2026-11-20 12:00:00\r\n"
    return [(b"Result.20261120.%06d.success.txt" % number, Remote(text)) for number in range(10_000)]


def huge() -> list[tuple[bytes, Any]]:
    return [(b"Result.20261120.120000.success.txt", Remote(b"File Name : CSRV001.pub", listed=300 << 20, endless=True))]


def grown() -> list[tuple[bytes, Any]]:
    return [(b"Result.20261120.120000.success.txt", Remote(b"File Name : CSRV001.pub", endless=True))]


@dataclass(frozen=True)
class Attack:
    """What is done, and what is right: with which code a run ends, after how many seconds and megabytes at most.

    Where it depends on how far a machine comes within RUN, ``code`` names several.
    """

    what: str
    code: str
    entries: Callable[[], Any] = lambda: [(b"RX%03d_20261120.csv" % number, report(number)) for number in range(10)]
    bend: Callable[[Server], None] = lambda server: None
    session: type = Session
    answering: type = Server
    piece: int = 100
    module: str = "report_sync"
    options: dict[str, Any] = field(default_factory=dict)
    seconds: float = RUN + 1.5
    megabytes: float = 200
    long: str | None = None  # why `make test` can spare it


def renewal(what: str, results, **more) -> Attack:
    # the look for the result has to end it, not one listing of 10,000 names, which takes long beside other work
    options = {"force": True, "result_timeout": RESULT, "run_timeout": 60, "operation_timeout": LISTING}
    return Attack(
        what,
        **{
            "code": "result_not_seen",
            "module": "key_renewal",
            "answering": desk(results),
            "options": options,
            "seconds": 8,
            **more,
        },
    )


NO_END = {"run_timeout": 60}  # of the run: something else has to end it
ATTACKS = (
    # stages
    Attack("the request for SFTP is never answered", "connection_lost", session=Silent, options=NO_END),
    Attack("data without end instead of that answer", "connection_lost", session=PouringSilent, options=NO_END),
    Attack("the listing comes byte by byte", "connection_lost", session=Dripping, options=NO_END),
    Attack(
        "reports come byte by byte",
        "connection_lost",
        session=type("DrippingReports", (Dripping,), {"kind": READ}),
        options=NO_END,
    ),
    Attack("each answer takes its time", "run_timeout", piece=1, session=Slow, options={"window": 1}),
    Attack("it stops reading from the line", "connection_lost", session=Deaf, options=NO_END),
    Attack(
        "requests without end whose answers it does not read",
        "connection_lost",
        session=pouring(
            lambda chan: chan._conn.send_packet(GLOBAL_REQUEST, String("x"), Boolean(True), BLOCK[:16]), reads=False
        ),
        options=NO_END,
        long="it stops reading from the line",
    ),
    # listings
    Attack(
        "a folder lists one name for ever",
        "folder_refused run_timeout",
        endless(lambda _number: (b"a.csv", ONE)),
        long="new names",
    ),
    Attack(
        "a folder lists new names for ever",
        "run_timeout nothing_readable folder_refused",
        endless(lambda number: (b"R%08d.csv" % number, ONE)),
        seconds=30,  # after its end 100,000 reports are counted as outstanding
    ),
    Attack(
        "a folder lists . for ever",
        "folder_refused run_timeout",
        endless(lambda _number: (b".", ONE)),
        long="new names",
    ),
    Attack(
        "a folder lists names that are no text for ever",
        "folder_refused run_timeout",
        endless(lambda number: (b"\xff%08d" % number, ONE)),
        long="new names",
    ),
    Attack(
        "a folder lists new names of 55 bytes for ever",
        "run_timeout nothing_readable folder_refused",
        endless(lambda number: (b"R%050d.csv" % number, ONE)),
        seconds=30,
        long="new names",
    ),
    Attack(
        "a folder lists one name a page for ever",
        "run_timeout",
        endless(lambda number: (b"R%08d.csv" % number, ONE)),
        piece=1,
        long="new names",
    ),
    Attack(
        "a folder lists names of 1 MB for ever",
        "folder_refused run_timeout",
        endless(lambda number: (b"%08d" % number + bytes(1 << 20), ONE)),
        piece=1,
    ),
    Attack(
        "a folder lists nothing but names for ever",
        "folder_refused run_timeout",
        endless(lambda number: (b"R%08d.csv" % number, UNTOLD)),
    ),
    Attack("a hundred folders in each folder", "folder_refused run_timeout", lambda: [(b"a", TREE)]),
    Attack(
        "100,000 reports that can't be opened",
        "nothing_readable",
        lambda: [(b"R%08d.csv" % number, ONE) for number in range(100_000)],
        answering=Shut,
        options=NO_END,
        seconds=50,
        long="new names",
    ),
    Attack(
        "300,000 names in one answer",
        "run_timeout connection_lost folder_refused",
        bend=instead(READDIR, crowded),
        long="new names",
    ),
    # answers
    Attack(
        "a READ brings one byte", "run_timeout", lambda: [(b"A.csv", Remote(bytes(1 << 20)))], bend=traits(_most_read=1)
    ),
    Attack(
        "a READ brings more than was asked for",
        "connection_lost",
        options=NO_END,
        bend=instead(READ, lambda number: packet(DATA, number, string(bytes(1 << 20)))),
    ),
    Attack(
        "a report never ends",
        "nothing_readable run_timeout",
        lambda: [(b"A.csv", Remote(b"x", endless=True))],
        long="a READ brings one byte",
    ),
    Attack(
        "a handle of 4 MB for a folder",
        "connection_lost",
        options=NO_END,
        bend=instead(OPENDIR, lambda number: packet(HANDLE, number, string(bytes((1 << 22) - 10)))),
    ),
    Attack(
        "a handle of 4 MB for a report",
        "connection_lost",
        options=NO_END,
        bend=instead(OPEN, lambda number: packet(HANDLE, number, string(bytes((1 << 22) - 10)))),
    ),
    Attack(
        "a handle of 257 bytes",
        "connection_lost",
        options=NO_END,
        bend=instead(OPEN, lambda number: packet(HANDLE, number, string(bytes(257)))),
        long="handles of 4 MB",
    ),
    Attack(
        "an answer of 4 GB is announced",
        "connection_lost",
        options=NO_END,
        bend=instead(READ, lambda number: packet(DATA, number, b"", (1 << 32) - 1)),
    ),
    # beside the answers
    Attack(
        "stderr without end",
        "connection_lost",
        options=NO_END,
        session=pouring(lambda chan: chan.send_packet(CHANNEL_EXTENDED_DATA, UInt32(1), String(BLOCK))),
    ),
    Attack(
        "extended data of an unknown kind without end",
        "connection_lost",
        options=NO_END,
        session=pouring(lambda chan: chan.send_packet(CHANNEL_EXTENDED_DATA, UInt32(7), String(BLOCK))),
        long="stderr",
    ),
    Attack(
        "answers without end that nobody asked for",
        "connection_lost",
        options=NO_END,
        session=pouring(lambda chan: chan.send_packet(CHANNEL_DATA, String(packet(DATA, 1 << 30, string(BLOCK))))),
    ),
    Attack(
        "messages to be ignored without end",
        "connection_lost",
        options=NO_END,
        session=pouring(lambda chan: chan._conn.send_packet(IGNORE, String(BLOCK))),
    ),
    Attack(
        "debug messages without end",
        "connection_lost",
        options=NO_END,
        session=pouring(lambda chan: chan._conn.send_packet(DEBUG, Boolean(True), String(BLOCK), String(b""))),
        long="messages to be ignored",
    ),
    Attack(
        "requests without end",
        "connection_lost",
        options=NO_END,
        session=pouring(lambda chan: chan._conn.send_packet(GLOBAL_REQUEST, String("x"), Boolean(True), BLOCK)),
    ),
    # renewals
    renewal("a renewal: 10,000 results of another account", foreign),
    renewal("a renewal: a result of 300 MB", huge, long="a result that never ends"),
    renewal("a renewal: a result of 23 bytes that never ends", grown),
    renewal(
        "a renewal: each answer takes its time",
        list,
        session=type("Slower", (Slow,), {"pause": 0.5}),
        seconds=18,  # some 25 answers, each after half a second
        long="10,000 results of another account",
    ),
)


class AttackServer(BentServer):
    """A server that attacks."""

    name = "attack"
    host = "127.151.14.150"

    def __init__(self, account, public_key, attack: Attack) -> None:
        folder = Folder(attack.entries()) if attack.module == "report_sync" else Folder()
        super().__init__(account, public_key, {account[:4]: folder}, bend=attack.bend, piece=attack.piece)
        self.kind, self.answering = attack.session, attack.answering


class Raw:
    """Whatever is said in the place of a facility before anybody could log in; ``say`` gets the socket."""

    def __init__(self, say: Callable[[socket.socket], None]) -> None:
        self._say, self._listening = say, socket.create_server(("127.151.14.150", 0))
        self.address, self.known_hosts = "{}:{}".format(*self._listening.getsockname()), ""

    def __enter__(self) -> Raw:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_error) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            sock, _peer = self._listening.accept()
            with sock:
                self._say(sock)


def without_end(first: bytes, block: bytes = BLOCK) -> Callable[[socket.socket], None]:
    def say(sock: socket.socket) -> None:
        sock.sendall(first)
        while True:
            sock.sendall(block)

    return say


BEFORE_LOGIN = {
    "notices without end": without_end(b"", b"Welcome.\r\n" * 1000),
    "an SSH line without end": without_end(b"SSH-2.0-"),
    "a key exchange of 1 GB": without_end(b"SSH-2.0-x\r\n" + struct.pack(">I", 1 << 30 | 4)),
    "messages to be ignored instead of a key exchange": without_end(
        b"SSH-2.0-x\r\n", struct.pack(">IBB", 30_012, 6, 2) + struct.pack(">I", 30_000) + bytes(30_006)
    ),
}
