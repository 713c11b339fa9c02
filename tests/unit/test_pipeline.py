# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many reports over one channel: whole and exact, whatever order, pieces and tricks the answers come with."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._io import pipeline, sftp_wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import SshError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched, Unreadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed
from tests.unit.sftp_server import CLOSE, OPEN, READ, Folder, MemoryPart, Remote, Server


def item(name: str, remote: Remote) -> Fetch:
    size = len(remote.content) if remote.listed is None else remote.listed
    return Fetch(Listed("COMMON", name, size, remote.mtime), f"COMMON/{name}", "new")


def keeping(parts: list[MemoryPart]):
    """What begins parts, and keeps them for the test to look at."""

    def begin(of):
        parts.append(MemoryPart(of))
        return parts[-1]

    return begin


def fetch(files: dict[str, Remote], window=16, server=None, **how):
    server = server or Server({"COMMON": Folder([(name.encode(), remote) for name, remote in files.items()])}, **how)
    parts: list[MemoryPart] = []

    outcomes = {}
    for outcome in pipeline.fetch(SftpChannel(server), [item(*file) for file in files.items()], window, keeping(parts)):
        assert outcome.item.report.name not in outcomes, "two outcomes of one report"
        outcomes[outcome.item.report.name] = outcome
    assert not server.handles, "a file was left open"
    assert all(part.aborted != isinstance(outcomes[part.item.report.name], Fetched) for part in parts)
    return outcomes, server


def content(outcome) -> bytes:
    assert isinstance(outcome, Fetched), outcome
    return bytes(outcome.part.content)


@pytest.fixture
def small_requests(monkeypatch):
    """Ask for ten bytes at a time, so that a file of a hundred bytes takes ten requests."""
    monkeypatch.setattr(sftp_wire, "REQUEST_BYTES", 10)


def text(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


@pytest.mark.usefixtures("small_requests")
@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 130), max_size=12),
    st.integers(1, 40),
    st.one_of(st.sampled_from(["first", "last"]), st.integers(0, 1000)),
    st.integers(1, 12),
    st.integers(1, 400),
    st.integers(1, 20),
)
def test_every_byte_arrives_once_and_in_its_place(sizes, window, order, most_read, most_sent, burst):
    files = {f"R{number}": Remote(text(size)) for number, size in enumerate(sizes)}
    outcomes, server = fetch(files, window, order=order, most_read=most_read, most_sent=most_sent, burst=burst)
    assert {name: content(outcome) for name, outcome in outcomes.items()} == {n: f.content for n, f in files.items()}
    assert server.most_in_flight <= window


@pytest.mark.usefixtures("small_requests")
def test_a_window_of_one_asks_one_thing_at_a_time():
    outcomes, server = fetch({"A": Remote(text(95)), "B": Remote(text(30))}, window=1)
    assert (content(outcomes["A"]), content(outcomes["B"])) == (text(95), text(30))
    assert server.most_in_flight == 1


@pytest.mark.usefixtures("small_requests")
def test_requests_of_several_files_are_in_flight_together():
    _outcomes, server = fetch({f"R{number}": Remote(text(10)) for number in range(20)}, window=16)
    assert server.most_in_flight == 16


@pytest.mark.usefixtures("small_requests")
def test_larger_requests_are_fewer_and_ask_for_no_more_together():
    class Generous(Server):
        most = 0

        def recv(self, size):
            asked = sum(len(answer) - 13 for kind, answer in self.pending if kind == READ)
            self.most = max(self.most, asked)
            return super().recv(size)

    files = {f"R{number}": Remote(text(1000)) for number in range(5)}
    server = Generous({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, burst=1)
    channel = SftpChannel(server)
    channel.read_bytes = 40
    outcomes = list(pipeline.fetch(channel, [item(*file) for file in files.items()], 16, MemoryPart))
    assert all(content(outcome) == text(1000) for outcome in outcomes)
    assert server.most == 16 * 10 and server.most_in_flight == 4


def test_thousands_of_small_reports():
    files = {f"R{number}": Remote(b"%d" % number) for number in range(1200)}
    outcomes, server = fetch(files, window=128, order=3)
    assert all(content(outcomes[name]) == remote.content for name, remote in files.items())
    assert server.asked.count(OPEN) == 1200


def test_no_more_files_are_open_than_servers_allow():
    most = 0

    class Watched(Server):
        def recv(self, size):
            nonlocal most
            most = max(most, len(self.handles))
            return super().recv(size)

    files = {f"R{number}": Remote(text(33000)) for number in range(100)}
    fetch(files, server=Watched({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}))
    assert 1 < most <= pipeline.MOST_OPEN


def test_an_empty_report_is_opened_and_not_read():
    outcomes, server = fetch({"EMPTY": Remote(b"")})
    assert content(outcomes["EMPTY"]) == b""
    assert (server.asked.count(OPEN), server.asked.count(READ)) == (1, 0)


def test_nothing_to_fetch_is_nothing_asked():
    assert fetch({})[0] == {}


CHANGES = [
    pytest.param(Remote(text(50), grows=b"more"), 54, 1000, id="it grows"),
    pytest.param(Remote(text(40), listed=50), 40, 1000, id="it has shrunk since it was listed"),
    pytest.param(Remote(b"", listed=50), 0, 1000, id="it has been emptied"),
    pytest.param(Remote(text(60), listed=50), 60, 1000, id="it has grown since it was listed"),
    pytest.param(Remote(text(50), touched=1001), 50, 1001, id="it was written to again"),
    pytest.param(Remote(text(50), ends_at=25), 50, 1000, id="it ends early and says nothing of it"),
    pytest.param(Remote(text(50), ends_at=25, fstat=False), 50, 1000, id="it ends early and nothing is told"),
]


@pytest.mark.usefixtures("small_requests")
@pytest.mark.parametrize(("remote", "size", "mtime"), CHANGES)
@pytest.mark.parametrize("order", ["first", "last", 5])
def test_a_report_that_changes_is_not_taken_for_whole(remote, size, mtime, order):
    one = Remote(**vars(remote))
    outcomes, _server = fetch({"MOVING": one, "STILL": Remote(text(30))}, order=order)
    changed = outcomes["MOVING"]
    assert isinstance(changed, Changed)
    assert (changed.now.size, changed.now.mtime) == (size, mtime)
    assert content(outcomes["STILL"]) == text(30)


def test_a_size_and_time_that_are_not_told_are_no_change():
    assert content(fetch({"A": Remote(text(50), fstat=False)})[0]["A"]) == text(50)
    assert content(fetch({"A": Remote(text(50), mtime=None)})[0]["A"]) == text(50)


@pytest.mark.usefixtures("small_requests")
@pytest.mark.parametrize(
    ("remote", "says"),
    [
        pytest.param(Remote(text(50), denied=True), "permission denied", id="it may not be opened"),
        pytest.param(Remote(text(50), breaks_at=0), "broke off", id="it may not be read"),
        pytest.param(Remote(text(50), breaks_at=30), "broke off", id="it breaks off in the middle"),
    ],
)
def test_one_report_that_cannot_be_read_spoils_no_other(remote, says):
    outcomes, _server = fetch({"BAD": remote, "GOOD": Remote(text(99))}, order=2)
    assert isinstance(outcomes["BAD"], Unreadable) and says in outcomes["BAD"].reason
    assert content(outcomes["GOOD"]) == text(99)


def test_a_report_that_is_gone_is_told():
    server = Server({"COMMON": Folder()})
    outcomes, _server = fetch({"GONE": Remote(b"x")}, server=server)
    assert "no such file" in outcomes["GONE"].reason


@pytest.mark.usefixtures("small_requests")
@pytest.mark.parametrize("cut_after", range(60, 700, 67))
def test_a_line_that_breaks_keeps_what_is_whole_and_leaves_no_part(cut_after):
    files = {f"R{number}": Remote(text(45)) for number in range(6)}
    server = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, burst=3)
    server.cut_after = cut_after
    parts, whole = [], []

    outcomes = pipeline.fetch(SftpChannel(server), [item(*file) for file in files.items()], 4, keeping(parts))
    with pytest.raises(ConnectionLost):
        whole.extend(outcome.part for outcome in outcomes)
    assert all(bytes(part.content) == text(45) for part in whole)
    assert all(part.aborted for part in parts if part not in whole)


def test_what_is_whole_when_the_line_breaks_is_kept():
    files = {f"R{number}": Remote(text(45)) for number in range(6)}
    server, closed = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}), []

    def break_after_the_third(kind, _number, answer):
        closed.extend([kind] if kind == CLOSE else [])
        return answer + b"\0\0\0\5\x67none" if len(closed) == 3 and kind == CLOSE else answer

    server.lie = break_after_the_third
    parts, whole = [], []

    outcomes = pipeline.fetch(SftpChannel(server), [item(*file) for file in files.items()], 64, keeping(parts))
    with pytest.raises(ConnectionLost):
        whole.extend(outcome.part for outcome in outcomes)
    assert [bytes(part.content) for part in whole] == [text(45)] * 3
    assert all(part.aborted for part in parts if part not in whole)


def test_giving_up_in_the_middle_leaves_no_part():
    parts = []

    files = {f"R{number}": Remote(text(100_000)) for number in range(5)}
    server = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, burst=1)
    outcomes = pipeline.fetch(SftpChannel(server), [item(*file) for file in files.items()], 2, keeping(parts))
    first = next(outcomes)
    outcomes.close()
    assert all(part.aborted for part in parts if part is not first.part)


@pytest.mark.parametrize("error", [EOFError(), OSError("reset by peer"), SshError("no new keys in time")])
def test_a_facility_that_hangs_up_while_it_is_asked_is_a_lost_connection(error):
    def hung_up(_data):
        raise error

    server = Server({})
    channel = SftpChannel(server)
    server.sendall = hung_up
    channel.ask(sftp_wire.OPENDIR, sftp_wire.string(b"/COMMON"), lambda _kind, _fields: None)
    with pytest.raises(ConnectionLost, match=str(error) or "it was closed"):
        channel.turn()
