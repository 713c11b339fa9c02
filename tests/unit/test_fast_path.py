# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is relied on of paramiko's own business: exact where it fits, left alone where it does not, on this paramiko."""

from __future__ import annotations

import base64
import random
import socket
import threading
import time
from types import SimpleNamespace

import paramiko
import pytest
from paramiko.buffered_pipe import BufferedPipe, PipeTimeout

from ansible_collections.dcass.sftp.plugins.module_utils._io import fast_path, pipeline, sftp_wire, transfer, transport
from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import walk
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_UNANSWERED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost, DiskFull
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch
from tests.servers.openssh import OpenSshServer
from tests.unit.sftp_server import Folder, MemoryPart, Remote, Server, settle
from tests.unit.support import public_of, rsa_key
from tests.unit.test_session import fetch_all, log_in

UNKNOWN = ((99, 0), (99, 9))
WAYS = ["fast", "without its packets", "public"]


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """Force each way in turn, whatever this paramiko is."""
    if request.param == "without its packets":
        monkeypatch.setattr(fast_path, "_PRIVATE", ("renamed_in_a_later_version",))
    if request.param == "public":
        monkeypatch.setattr(fast_path, "KNOWN", UNKNOWN)
    return request.param


class Line:
    """A paramiko Channel as far as we use it, with a thread that feeds it what the server in memory sends.

    With ``moods`` (random) the server's window is narrow, and new keys are exchanged now and then: then who sends has
    to wait for the thread, which therefore must never wait itself.
    """

    def __init__(self, server: Server, moods: random.Random | None = None) -> None:
        self.in_buffer, self.timeout = BufferedPipe(), 5.0
        self.out_window_size = 1 << 20 if moods is None else moods.randrange(30, 300)
        self.clear_to_send = threading.Event()
        self.clear_to_send.set()
        self.sent_by: list[str] = []
        self.told = 0  # bytes by which paramiko would have widened our window
        self.turns = 0  # of who reads
        self._server, self._turn, self._open, self._moods = server, threading.Condition(), True, moods
        self.quiet = threading.Event()  # all that was asked has been answered
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_error) -> None:
        with self._turn:
            self._open = False
            self._turn.notify()
        self._thread.join(5)
        assert not self._thread.is_alive(), "the thread that feeds waits for something"

    def get_transport(self):
        return SimpleNamespace(packetizer=None, clear_to_send=self.clear_to_send)

    def sendall(self, data: bytes) -> None:
        self.sent_by.append("feeding" if threading.current_thread() is self._thread else "reading")
        while data:
            data = data[self._send(data) :]

    def _send(self, data: bytes) -> int:
        with self._turn:
            while not (self.out_window_size and self.clear_to_send.is_set()):
                assert threading.current_thread() is not self._thread, "nobody else could end the wait"
                self._turn.wait(5)
            size = min(len(data), self.out_window_size)
            self.out_window_size -= size
            self._server.sendall(data[:size])
            self.quiet.clear()
            self._turn.notify_all()
            return size

    def recv(self, most: int):
        try:
            taken = self.in_buffer.read(most, self.timeout)
        except PipeTimeout:
            raise socket.timeout from None
        self.turns += most > 0
        self.told += len(taken)
        return taken

    def _feed(self) -> None:
        while True:
            with self._turn:
                while self._open and not (self._server.pending or self._server._out or self._has_moods()):
                    self.quiet.set()
                    self._turn.wait()
                if not self._open:
                    return
                self._have_moods()
                data = self._server.recv(1 << 16) if self._server.pending or self._server._out else None
            if data is None:
                continue
            if not data:
                self.in_buffer.close()
                return
            self.in_buffer.feed(data)

    def _has_moods(self) -> bool:
        return self._moods is not None and not (self.out_window_size and self.clear_to_send.is_set())

    def _have_moods(self) -> None:
        if self._moods is None:
            return
        self.out_window_size += self._moods.randrange(200)
        if self._moods.random() < 0.3:
            self.clear_to_send.clear()
        else:
            self.clear_to_send.set()
        self._turn.notify_all()


def test_this_paramiko_is_one_that_is_known():
    assert fast_path._known()
    packetizer = paramiko.packet.Packetizer(None)
    assert all(hasattr(packetizer, "_Packetizer__" + name) for name in fast_path._PRIVATE)
    assert callable(paramiko.Channel._check_add_window), "the channel's window is widened by what read() tells"


@pytest.mark.parametrize("version", ["3.4.1", "5.2.0", "6.0", "dev"])
def test_another_paramiko_is_left_alone(monkeypatch, version):
    monkeypatch.setattr(paramiko, "__version__", version)
    channel = SimpleNamespace(in_buffer=BufferedPipe())
    assert not fast_path.attach(channel, None, None)
    assert type(channel.in_buffer) is BufferedPipe
    made = fast_path.open_transport(lambda *arguments, **named: (arguments, named), "a socket")
    assert made == (("a socket",), {})


@pytest.mark.parametrize("buffer", [None, object()], ids=["no buffer", "another buffer"])
def test_another_buffer_is_left_alone(buffer):
    assert not fast_path.attach(SimpleNamespace(in_buffer=buffer), None, None)
    used = BufferedPipe()
    used.feed(b"came before anything was asked")
    assert not fast_path.attach(SimpleNamespace(in_buffer=used), None, None)


def hurried(monkeypatch) -> None:
    """Let the other thread do all that it can now and then, just where this one looks whether all is done."""
    done, dice = transfer.Queue.done.fget, random.Random(5)

    def late(queue):
        if dice.random() < 0.5:
            queue.channel._channel.quiet.wait(1)
        return done(queue)

    monkeypatch.setattr(transfer.Queue, "done", property(late))


@pytest.mark.parametrize("moody", [False, True], ids=["", "with new keys and a narrow window"])
@pytest.mark.parametrize("fast", [True, False], ids=["fast", "public"])
def test_done_means_every_file_closed_and_counted_many_hundred_times(monkeypatch, fast, moody):
    monkeypatch.setattr(fast_path, "KNOWN", fast_path.KNOWN if fast else UNKNOWN)
    monkeypatch.setattr(sftp_wire, "REQUEST_BYTES", 10)
    hurried(monkeypatch)
    dice = random.Random(1)
    for _run in range(400):
        files = {f"R{n}": Remote(dice.randbytes(dice.randrange(60))) for n in range(dice.randrange(1, 9))}
        tree = {"COMMON": Folder([(name.encode(), remote) for name, remote in files.items()])}
        server = Server(tree, order=dice.choice(["first", "last", 3]), burst=dice.randrange(1, 6))
        server.mixes, server.most_open = dice.random() < 0.2, dice.choice([1, 3, 1 << 20])
        with Line(server, dice if moody else None) as line:
            channel = SftpChannel(line)
            assert isinstance(line.in_buffer, fast_path.AnswerPipe) == fast
            found = walk(channel, ["COMMON"])
            items = [Fetch(report, report.name, "new") for report in found.reports]
            channel.window = dice.randrange(1, 5)
            came = list(pipeline.fetch(channel, items, MemoryPart))
            settle(channel)
        outcomes = [outcome for outcome in came if not isinstance(outcome, Changed)]
        assert all(isinstance(outcome, Fetched) for outcome in outcomes)
        arrived = {outcome.item.report.name: bytes(outcome.part.content) for outcome in outcomes}
        assert arrived == {name: remote.content for name, remote in files.items()}
        assert len(outcomes) == len(files) and not server.handles


def items_at(channel: SftpChannel) -> list[Fetch]:
    return [Fetch(report, report.name, "new") for report in walk(channel, ["COMMON"]).reports]


def served(count: int, size: int, **how) -> Server:
    return Server({"COMMON": Folder([(b"R%04d" % number, Remote(b"x" * size)) for number in range(count)])}, **how)


@pytest.mark.parametrize(
    ("count", "size", "turns"), [(3, 3_000_000, 1), (3, 17_000_000, 3), (64, 1000, 4)], ids=["few", "large", "many"]
)
def test_who_reads_sleeps_until_much_is_whole(count, size, turns):
    with Line(served(count, size, burst=1, most_sent=100_000)) as line:
        channel = SftpChannel(line)
        items = items_at(channel)
        line.turns, line.sent_by = 0, []
        outcomes = list(pipeline.fetch(channel, items, MemoryPart))
    assert [len(outcome.part.content) for outcome in outcomes] == [size] * count
    assert line.turns <= turns + 3, "where both send at once, there are some more"
    assert line.sent_by.count("reading") <= 4 < line.sent_by.count("feeding")
    assert line.told > count * size - (1 << 20), "the server would stop when our window is full"


def test_reports_come_while_nobody_takes_them_but_only_so_many(monkeypatch):
    parts = []

    def begin(of):
        parts.append(MemoryPart(of))
        return parts[-1]

    with Line(served(1000, 10)) as line:
        channel = SftpChannel(line)
        outcomes = pipeline.fetch(channel, items_at(channel), begin)
        took = []
        for _pause in range(3):
            took.append(next(outcomes))
            assert line.quiet.wait(5)
            waiting = len(parts) - len(took)
            assert channel.handles.most < waiting <= transfer._MOST_PARTS
            took += [next(outcomes) for _one in range(waiting)]
        took += outcomes
    assert len({outcome.item.path for outcome in took}) == len(took) == 1000


def test_a_turn_without_new_bytes_is_no_end():
    pipe, turns = a_pipe([True, True, False])
    pipe.feed(b"bytes")
    first = pipe.read(1, 1)
    pipe.take_in(b"more")
    pipe.flush()
    told, second = pipe.read(0), pipe.read(1, 1)
    assert (len(first), bool(first), len(told), len(second), bool(second)) == (5, True, 4, 0, True)
    pipe.feed(b"more")
    pipe.close()
    assert not turns and not pipe.read(1, 1)


def a_pipe(turns: list[bool]) -> tuple[fast_path.AnswerPipe, list[bool]]:
    """A pipe whose reader has its turn after a flush as the list says, from its first."""
    line = SimpleNamespace(out_window_size=0, get_transport=None)
    return fast_path.AnswerPipe(line, lambda _data: None, lambda: turns.pop(0)), turns


def test_who_reads_is_left_asleep_where_nothing_came_for_it():
    pipe, turns = a_pipe([True, False])
    pipe.flush()
    assert turns == [True, False]
    pipe.feed(b"bytes")
    pipe.read(1, 1)
    for _message in range(3):
        pipe.flush()
        with pytest.raises(PipeTimeout):
            pipe.read(1, 0.01)
    assert turns == [False]


def test_what_still_arrives_after_giving_up_goes_nowhere():
    parts = []

    def begin(of):
        parts.append(MemoryPart(of))
        return parts[-1]

    files = [(b"R%d" % number, Remote(b"x" * 9_000)) for number in range(500)]
    server = Server({"COMMON": Folder(files)}, burst=1, most_sent=5000)
    with Line(server) as line:
        channel = SftpChannel(line)
        items = [Fetch(report, report.name, "new") for report in walk(channel, ["COMMON"]).reports]
        channel.window = 8
        outcomes = pipeline.fetch(channel, items, begin)
        next(outcomes)
        with channel.lock:
            outcomes.close()
            begun = len(parts)
        settle(channel)
        assert len(parts) == begun < 500
    assert sum(part.aborted for part in parts) >= begun - 2


def test_a_channel_can_be_closed_while_the_other_thread_sends():
    of_paramiko, sending = threading.Lock(), threading.Event()

    def flush():
        sending.set()
        with of_paramiko:
            return True

    pipe = fast_path.AnswerPipe(SimpleNamespace(), lambda _data: None, flush)
    with of_paramiko:  # as it holds its lock of a channel while it closes that
        feeder = threading.Thread(target=pipe.feed, args=(b"bytes",), daemon=True)
        feeder.start()
        assert sending.wait(5)
        closer = threading.Thread(target=pipe.close, daemon=True)
        closer.start()
        closer.join(5)
        assert not closer.is_alive()
    feeder.join(5)
    assert not feeder.is_alive()


def test_a_server_that_does_not_read_holds_up_nobody_but_who_sends():
    stuck, released = threading.Event(), threading.Event()
    released.set()

    class Stuck(Line):
        def sendall(self, data):
            if threading.current_thread() is self._thread:
                stuck.set()
                assert released.wait(5)
            super().sendall(data)

    with Stuck(served(9, 10)) as line:
        channel, came = SftpChannel(line), []
        items = items_at(channel)
        stuck.clear()
        released.clear()
        fetching = threading.Thread(target=lambda: came.extend(pipeline.fetch(channel, items, MemoryPart)), daemon=True)
        fetching.start()
        assert stuck.wait(5) and channel.lock.acquire(timeout=5)
        channel.lock.release()
        released.set()
        fetching.join(5)
    assert len(came) == 9


@pytest.mark.parametrize("error", [RuntimeError("the disk is full"), DiskFull("the disk is full")])
def test_an_error_in_the_other_thread_is_raised_in_ours(error):
    class Full(MemoryPart):
        def write(self, offset, data):
            raise error

    remote = Remote(b"x" * 100)
    with Line(Server({"COMMON": Folder([(b"A", remote)])})) as line:
        channel = SftpChannel(line)
        items = [Fetch(report, report.name, "new") for report in walk(channel, ["COMMON"]).reports]
        with pytest.raises(type(error), match="the disk is full"):
            list(pipeline.fetch(channel, items, Full))


def test_a_line_that_falls_silent_or_ends_is_told():
    with Line(Server({"COMMON": Folder()})) as line:
        channel = SftpChannel(line)
        line.timeout = 0.05
        with pytest.raises(ConnectionLost, match="stopped answering"):
            channel.pump()
        line.in_buffer.close()
        with pytest.raises(ConnectionLost, match="closed"):
            channel.pump()


def test_a_buffered_socket_gives_every_byte_once(monkeypatch):
    monkeypatch.setattr(fast_path, "_BUFFER_BYTES", 64)
    monkeypatch.setattr(fast_path, "_MOST_PACKET", 32)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        buffered = fast_path.BufferedSocket(ours)
        buffered.settimeout(5)
        sent = bytes(range(256)) * 4
        threading.Thread(target=lambda: (theirs.sendall(sent), theirs.shutdown(socket.SHUT_WR)), daemon=True).start()
        got, dice = b"", random.Random(2)
        while buffered.has(32):
            assert bytes(buffered.peek(5)) == sent[len(got) : len(got) + 5]
            got += bytes(buffered.take(dice.randrange(1, 33))) if dice.random() < 0.5 else buffered.recv(7)
        while piece := buffered.recv(9):
            got += piece
        assert got == sent


@pytest.fixture(scope="module", params=["", "RekeyLimit 2M"], ids=["ours", "theirs"])
def sshd(request):
    if OpenSshServer.why_not():
        pytest.skip(OpenSshServer.why_not())
    blob = base64.b64encode(public_of(rsa_key(number=1)).blob).decode()
    with OpenSshServer("CFAS001", "ssh-rsa " + blob, more=request.param) as server:
        server.rekeys = bool(request.param)
        yield server


@pytest.fixture
def exchanged(monkeypatch):
    """The key exchanges of this process's transports."""
    found, original = [], paramiko.Transport._parse_newkeys

    def noted(self, message):
        found.append(self.remote_cipher)
        return original(self, message)

    monkeypatch.setattr(transport.FacilityTransport, "_parse_newkeys", noted)
    return found


@pytest.fixture
def reports(sshd):
    dice = random.Random(4)
    made = {f"R{number}.csv": dice.randbytes(dice.randrange(3 << 20)) for number in range(10)}
    sshd.begin()
    for name, content in made.items():
        sshd.put("COMMON/" + name, content)
    return made


@pytest.mark.parametrize("cipher", ["aes256-gcm@openssh.com", "aes128-ctr"])
def test_new_keys_in_mid_stream_lose_nothing(sshd, way, tmp_path, monkeypatch, cipher, exchanged, reports):
    monkeypatch.setattr(transport.FacilityTransport, "_preferred_ciphers", (cipher,))
    if not sshd.rekeys:
        monkeypatch.setattr(paramiko.packet.Packetizer, "REKEY_BYTES", 3 << 20)
    with log_in(sshd.address, sshd.known_hosts, tmp_path, account="CFAS001") as entered:
        channel = entered._channel._channel
        pipe = isinstance(channel.in_buffer, fast_path.AnswerPipe)
        packets = isinstance(channel.get_transport().packetizer, fast_path.Packetizer)
        assert (pipe, packets) == {"fast": (True, True), "public": (False, False)}.get(way, (True, False))
        assert fetch_all(entered) == reports
        assert entered._channel.read_bytes == sftp_wire.MOST_REQUEST_BYTES
    assert len(exchanged) > 3


def test_new_keys_may_come_with_another_cipher(sshd, tmp_path, monkeypatch, exchanged, reports):
    if sshd.rekeys:
        pytest.skip("one server is enough")
    make = fast_path.open_transport

    def without_strict_kex(*arguments):
        made = make(*arguments)
        made.advertise_strict_kex = False  # else the packets are counted from 0 again
        return made

    monkeypatch.setattr(fast_path, "open_transport", without_strict_kex)
    with log_in(sshd.address, sshd.known_hosts, tmp_path, account="CFAS001") as entered:
        assert fetch_all(entered) == reports
        for cipher in ("aes128-ctr", "aes128-gcm@openssh.com"):
            monkeypatch.setattr(transport.FacilityTransport, "_preferred_ciphers", (cipher,))
            entered._channel._channel.get_transport().renegotiate_keys()
            assert fetch_all(entered) == reports
            assert exchanged[-1] == cipher


def test_a_report_larger_than_our_window_comes_while_nobody_pumps(sshd, tmp_path, reports):
    sshd.put("COMMON/VAST.csv", b"x" * (3 * MOST_UNANSWERED))
    parts = {}

    def begin(of):
        return parts.setdefault(of.path, MemoryPart(of))

    with log_in(sshd.address, sshd.known_hosts, tmp_path, account="CFAS001") as entered:
        items = [Fetch(report, report.name, "new") for report in entered.list(["COMMON"]).reports]
        items.sort(key=lambda item: item.report.size)
        outcomes = entered.fetch(items, begin)
        next(outcomes)
        end = time.monotonic() + 20
        while len(getattr(parts.get("VAST.csv"), "content", b"")) < 3 * MOST_UNANSWERED:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert sum(isinstance(outcome, Fetched) for outcome in outcomes) == len(reports)


def fetch_until_over(sshd, place, seconds) -> None:
    with log_in(sshd.address, sshd.known_hosts, place, account="CFAS001") as entered, entered.within(seconds):
        while True:
            fetch_all(entered)


@pytest.mark.usefixtures("reports")
def test_a_time_that_is_over_ends_all_whatever_both_threads_are_at(sshd, tmp_path):
    for number in range(20):
        place = tmp_path / str(number)
        place.mkdir()
        began = time.monotonic()
        with pytest.raises(ConnectionLost, match="were not enough"):
            fetch_until_over(sshd, place, number * 0.01)
        assert time.monotonic() - began < 10


def test_a_packet_that_is_too_large_or_forged_ends_the_connection(sshd, tmp_path, reports):
    for change in (b"\x7f\xff\xff\xff", b"\x00\x00\x00\x20" + bytes(60)):
        with log_in(sshd.address, sshd.known_hosts, tmp_path, account="CFAS001") as entered:
            buffered = entered._channel._channel.get_transport().sock
            buffered.has = lambda size, buffered=buffered, change=change: forge(buffered, change)
            with pytest.raises(ConnectionLost):
                fetch_all(entered)


def forge(buffered, content: bytes) -> bool:
    buffered._view[: len(content)] = content
    buffered._from, buffered._to = 0, len(content)
    return True
