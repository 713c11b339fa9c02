# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is relied on of paramiko's own business: exact where it fits, left alone where it does not, on this paramiko."""

from __future__ import annotations

import base64
import random
import socket
import threading
from types import SimpleNamespace

import paramiko
import pytest
from paramiko.buffered_pipe import BufferedPipe, PipeTimeout

from ansible_collections.dcass.sftp.plugins.module_utils._io import fast_path, pipeline, sftp_wire, transfer, transport
from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import walk
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Fetched
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch
from tests.servers.openssh import OpenSshServer
from tests.unit.sftp_server import Folder, MemoryPart, Remote, Server
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
    """A paramiko Channel as far as we use it, with a thread that feeds it what the server in memory sends."""

    def __init__(self, server: Server) -> None:
        self.in_buffer, self.timeout = BufferedPipe(), 5.0
        self._server, self._turn, self._open = server, threading.Condition(), True
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

    def get_transport(self):
        return SimpleNamespace(packetizer=None)

    def sendall(self, data: bytes) -> None:
        with self._turn:
            self._server.sendall(data)
            self.quiet.clear()
            self._turn.notify()

    def recv(self, most: int):
        try:
            return self.in_buffer.read(most, self.timeout)
        except PipeTimeout:
            raise socket.timeout from None

    def _feed(self) -> None:
        while True:
            with self._turn:
                while self._open and not (self._server.pending or self._server._out):
                    self.quiet.set()
                    self._turn.wait()
                if not self._open:
                    return
                data = self._server.recv(1 << 16)
            if not data:
                self.in_buffer.close()
                return
            self.in_buffer.feed(data)


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


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "public"])
def test_done_means_every_file_closed_and_counted_many_hundred_times(monkeypatch, fast):
    monkeypatch.setattr(fast_path, "KNOWN", fast_path.KNOWN if fast else UNKNOWN)
    monkeypatch.setattr(sftp_wire, "REQUEST_BYTES", 10)
    hurried(monkeypatch)
    dice = random.Random(1)
    for _run in range(400):
        files = {f"R{n}": Remote(dice.randbytes(dice.randrange(60))) for n in range(dice.randrange(1, 9))}
        tree = {"COMMON": Folder([(name.encode(), remote) for name, remote in files.items()])}
        server = Server(tree, order=dice.choice(["first", "last", 3]), burst=dice.randrange(1, 6))
        with Line(server) as line:
            channel = SftpChannel(line)
            assert isinstance(line.in_buffer, fast_path.AnswerPipe) == fast
            found = walk(channel, ["COMMON"])
            items = [Fetch(report, report.name, "new") for report in found.reports]
            channel.window = dice.randrange(1, 5)
            outcomes = list(pipeline.fetch(channel, items, MemoryPart))
        assert all(isinstance(outcome, Fetched) for outcome in outcomes)
        arrived = {outcome.item.report.name: bytes(outcome.part.content) for outcome in outcomes}
        assert arrived == {name: remote.content for name, remote in files.items()}
        assert len(outcomes) == len(files) and not server.handles


def test_what_still_arrives_after_giving_up_goes_nowhere():
    parts = []

    def begin(of):
        parts.append(MemoryPart(of))
        return parts[-1]

    files = [(b"R%d" % number, Remote(b"x" * 90_000)) for number in range(100)]
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
        while not channel.idle:
            channel.pump()
        assert len(parts) == begun < 100
    assert sum(part.aborted for part in parts) >= begun - 2


def test_an_error_in_the_other_thread_is_raised_in_ours():
    class Full(MemoryPart):
        def write(self, offset, data):
            raise RuntimeError("the disk is full")

    remote = Remote(b"x" * 100)
    with Line(Server({"COMMON": Folder([(b"A", remote)])})) as line:
        channel = SftpChannel(line)
        items = [Fetch(report, report.name, "new") for report in walk(channel, ["COMMON"]).reports]
        with pytest.raises(RuntimeError, match="the disk is full"):
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
