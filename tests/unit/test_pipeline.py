# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many reports over one channel: whole and exact, whatever order, pieces and tricks the answers come with."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._io import handles, pipeline, sftp_wire, transfer
from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import walk
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import SshError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched, Unreadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import listed_time
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed
from tests.unit.sftp_server import (
    CLOSE,
    DATA,
    DENIED,
    FAILURE,
    MADE,
    OPEN,
    OPENDIR,
    READ,
    Folder,
    MemoryPart,
    Remote,
    Server,
    settle,
)


def item(name: str, remote: Remote) -> Fetch:
    sizes = [size for size in (remote.was, remote.listed, len(remote.content)) if size is not None]  # by rank
    return Fetch(Listed("COMMON", name, sizes[0], listed_time(remote.mtime)), f"COMMON/{name}", "new")


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
    channel = channel_to(server, window)
    for outcome in pipeline.fetch(channel, [item(*file) for file in files.items()], keeping(parts)):
        before = outcomes.get(outcome.item.report.name)
        assert before is None or isinstance(before, Changed), "two outcomes of one report"
        outcomes[outcome.item.report.name] = outcome
    settle(channel)
    assert not server.handles, "something was left open"
    kept = [outcome.part for outcome in outcomes.values() if isinstance(outcome, Fetched)]
    assert all(part.aborted != (part in kept) for part in parts)
    return outcomes, server


def channel_to(server: Server, window: int) -> SftpChannel:
    channel = SftpChannel(server)
    channel.window = window
    return channel


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
            asked = sum(len(answer) - 13 for kind, answer in self.pending if kind == READ and answer[4] == DATA)
            self.most = max(self.most, asked)
            return super().recv(size)

    files = {f"R{number}": Remote(text(1000)) for number in range(5)}
    server = Generous({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, burst=1)
    channel = channel_to(server, 16)
    channel.read_bytes = 40
    outcomes = list(pipeline.fetch(channel, [item(*file) for file in files.items()], MemoryPart))
    assert all(content(outcome) == text(1000) for outcome in outcomes)
    assert server.most == 16 * 10 and server.asked.count(READ) == 5 * (1000 // 40 + 1)


def test_thousands_of_small_reports():
    files = {f"R{number}": Remote(b"%d" % number) for number in range(1200)}
    outcomes, server = fetch(files, window=128, order=3)
    assert all(content(outcomes[name]) == remote.content for name, remote in files.items())
    assert server.asked.count(OPEN) == 1200


@pytest.mark.parametrize(
    ("told", "most"),
    [
        pytest.param(None, handles.MOST_OPEN, id="nothing"),
        pytest.param(0, handles.MOST_OPEN, id="no limit"),
        pytest.param(27, 27, id="few"),
        pytest.param(100, 100, id="more"),
        pytest.param(1000, handles.MOST_ALLOWED, id="far more"),
    ],
)
def test_as_many_files_are_open_as_the_server_tells_that_it_allows(told, most):
    seen = 0

    class Watched(Server):
        def recv(self, size):
            nonlocal seen
            seen = max(seen, len(self.handles))
            return super().recv(size)

    files = {f"R{number}": Remote(text(33000)) for number in range(200)}
    server = Watched({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])})
    server.limits = None if told is None else struct.pack(">4Q", 0, 0, 0, told)
    channel = channel_to(server, 1000)
    settle(channel)
    outcomes = list(pipeline.fetch(channel, [item(*file) for file in files.items()], MemoryPart))
    assert len(outcomes) == len(files) and seen == most


def test_of_an_empty_report_the_end_is_asked_for_and_nothing_else():
    outcomes, server = fetch({"EMPTY": Remote(b"")})
    assert content(outcomes["EMPTY"]) == b""
    assert (server.asked.count(OPEN), server.asked.count(READ)) == (1, 1)


def test_nothing_to_fetch_is_nothing_asked():
    assert fetch({})[0] == {}


NOT_AS_LISTED = [  # what is asked for, the bytes that come, how often it is opened
    pytest.param(Remote(text(50), grows=b"more"), text(50) + b"more", 2, id="it grows"),
    pytest.param(Remote(text(40), was=50), text(40), 2, id="it has shrunk since it was listed"),
    pytest.param(Remote(b"", was=50), b"", 2, id="it has been emptied"),
    pytest.param(Remote(text(60), was=50), text(60), 2, id="it has grown since it was listed"),
    pytest.param(Remote(text(60), was=0), text(60), 2, id="it was empty when it was listed"),
    pytest.param(Remote(text(50), touched=MADE + 1), text(50), 1, id="the open file alone tells another time"),
    pytest.param(Remote(text(50), fstat_size=0), text(50), 1, id="the open file alone has no size"),
    pytest.param(Remote(text(50), fstat_size=2**64 - 1), text(50), 1, id="the open file alone is vast"),
    pytest.param(Remote(text(60), listed=50), text(60), 2, id="it is longer than listed each time"),
    pytest.param(Remote(text(60), listed=0), text(60), 2, id="it is listed as empty each time"),
    pytest.param(Remote(text(40), listed=50), text(40), 2, id="it is shorter than listed each time"),
    pytest.param(Remote(text(50), ends_at=25), text(25), 2, id="it ends early each time"),
]


@pytest.mark.usefixtures("small_requests")
@pytest.mark.parametrize(("remote", "comes", "opened"), NOT_AS_LISTED)
@pytest.mark.parametrize("order", ["first", "last", 5])
def test_what_is_not_as_listed_is_looked_at_again_and_comes_as_it_is(remote, comes, opened, order):
    outcomes, server = fetch({"ODD": Remote(**vars(remote)), "PLAIN": Remote(text(30))}, order=order)
    odd = outcomes["ODD"]
    assert (content(odd), odd.size) == (comes, len(comes))
    assert server.asked.count(OPEN) == opened + 1
    assert content(outcomes["PLAIN"]) == text(30)
    listed = len(remote.content + remote.grows) if remote.listed is None else remote.listed
    assert (odd.item.report.size, odd.item.report.mtime) == (listed, MADE)
    is_other = (remote.was is not None and remote.was != listed) or remote.grows
    assert odd.item.reason == ("changed while it was read" if is_other else "new")


@pytest.mark.usefixtures("small_requests")
@pytest.mark.parametrize(
    ("remote", "code", "says"),
    [
        pytest.param(
            Remote(text(50), ends_at=0), "not_readable", "hands out none", id="listed with content, and empty"
        ),
        pytest.param(
            Remote(text(9), grows=b"x", restless=True), "still_changing", "3 times", id="it never stands still"
        ),
        pytest.param(Remote(text(50), endless=True), "not_readable", "more than", id="it never ends"),
        pytest.param(Remote(text(50), denied=True), "not_readable", "permission denied", id="it may not be opened"),
        pytest.param(Remote(text(50), breaks_at=0), "not_readable", "broke off", id="it may not be read"),
        pytest.param(Remote(text(50), breaks_at=30), "not_readable", "broke off", id="it breaks off in the middle"),
        pytest.param(Remote(text(50), breaks_at=50), "not_readable", "broke off", id="its end is never told"),
    ],
)
def test_what_can_not_be_had_whole_is_told_and_spoils_no_other(remote, code, says, monkeypatch):
    monkeypatch.setattr(transfer, "_MOST_BEYOND", 1000)
    outcomes, _server = fetch({"BAD": Remote(**vars(remote)), "GOOD": Remote(text(99))}, order=2)
    assert isinstance(outcomes["BAD"], Unreadable) and says in outcomes["BAD"].reason
    assert outcomes["BAD"].error_code == code
    assert content(outcomes["GOOD"]) == text(99)


def test_a_server_that_hands_out_no_large_pieces_is_asked_for_small_ones(small_requests):
    files = {f"R{number}": Remote(text(95), breaks_above=10) for number in range(5)}
    server = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])})
    channel = channel_to(server, 16)
    channel.read_bytes = 40
    outcomes = list(pipeline.fetch(channel, [item(*file) for file in files.items()], MemoryPart))
    assert sum(isinstance(outcome, Fetched) for outcome in outcomes) == 5
    assert channel.read_bytes == 10


@pytest.mark.parametrize("most", [1, 2, 7, 27])
@pytest.mark.parametrize("refusal", [DENIED, FAILURE, 14])
@pytest.mark.parametrize("order", ["first", "last", 5])
def test_a_server_that_allows_few_open_files_is_asked_for_no_more(most, refusal, order):
    files = {f"R{number:03}": Remote(text(40)) for number in range(120)}
    server = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, order=order)
    server.most_open, server.refusal = most, refusal
    outcomes, _server = fetch(files, server=server)
    assert {name: content(outcome) for name, outcome in outcomes.items()} == {n: f.content for n, f in files.items()}
    assert server.refusals < 200


@pytest.mark.parametrize("order", ["first", "last", 5])
def test_reports_that_may_not_be_opened_cost_a_question_each_and_no_other_report(order):
    files = {f"BAD{number}": Remote(b"x", denied=True) for number in range(100)}
    files |= {f"R{number:03}": Remote(text(40)) for number in range(100)}
    outcomes, server = fetch(files, order=order)
    assert [name for name, outcome in outcomes.items() if isinstance(outcome, Fetched)] == sorted(
        name for name in files if name.startswith("R")
    ) or order != "first"
    assert sum(isinstance(outcome, Fetched) for outcome in outcomes.values()) == 100
    assert server.asked.count(OPEN) < 700


@pytest.mark.parametrize("order", ["first", "last", 5, 6])
@pytest.mark.parametrize("window", [1, 4, 128])
def test_a_server_that_mixes_files_up_gives_each_its_own_all_the_same(order, window):
    files = {f"R{number:02}": Remote(b"%02d" % number * 50) for number in range(40)}
    server = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, order=order)
    server.mixes = True
    outcomes, _server = fetch(files, window, server=server)
    assert {name: content(outcome) for name, outcome in outcomes.items()} == {n: f.content for n, f in files.items()}


@pytest.mark.parametrize("order", range(50, 60))
def test_files_that_are_mixed_up_have_no_folder_read_again_that_was_read_before(order):
    files = {f"R{number}": Remote(b"%d" % number * 50) for number in range(9)}
    server = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, order=order, burst=1)
    server.mixes = True
    channel = channel_to(server, 64)
    found = walk(channel, ["COMMON"])
    items = [Fetch(report, report.name, "new") for report in found.reports]
    outcomes = list(pipeline.fetch(channel, items, MemoryPart))
    settle(channel)
    whole = {outcome.item.path: content(outcome) for outcome in outcomes if not isinstance(outcome, Changed)}
    assert channel.handles.mixed and whole == {name: remote.content for name, remote in files.items()}
    assert server.asked.count(OPENDIR) == 1 + (len(outcomes) - len(whole)), "once more for each that was in doubt"


def test_one_wrong_word_of_open_files_is_enough():
    files = {f"R{number:03}": Remote(text(50), fstat_size=0) for number in range(300)}
    outcomes, server = fetch(files)
    assert all(content(outcomes[name]) == text(50) for name in files)
    assert (server.asked.count(OPEN), server.asked.count(OPENDIR)) == (300, 1)


def test_what_waits_is_made_when_its_turn_comes():
    files = {f"R{number:03}": Remote(text(50)) for number in range(300)}
    server = Server({"COMMON": Folder([(name.encode(), remote) for name, remote in files.items()])})
    made, done, most = 0, 0, 0

    def items():
        nonlocal made, most
        for file in files.items():
            made += 1
            most = max(most, made - done)
            yield item(*file)

    for _outcome in pipeline.fetch(channel_to(server, 16), items(), MemoryPart):
        done += 1
    assert (made, done) == (300, 300) and most < 150


def test_of_many_that_are_rewritten_all_the_time_none_is_forgotten():
    files = {f"R{number:03}": Remote(text(50), rewritten=True) for number in range(100)}
    outcomes, _server = fetch(files)
    assert {outcome.error_code for outcome in outcomes.values()} == {"still_changing"}
    assert outcomes.keys() == files.keys()


def test_a_size_and_time_that_are_not_told_are_no_change():
    assert content(fetch({"A": Remote(text(50), fstat=False)})[0]["A"]) == text(50)
    assert content(fetch({"A": Remote(text(50), mtime=None)})[0]["A"]) == text(50)
    assert content(fetch({"A": Remote(text(50), mtime=0)})[0]["A"]) == text(50)


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

    outcomes = pipeline.fetch(channel_to(server, 4), [item(*file) for file in files.items()], keeping(parts))
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

    outcomes = pipeline.fetch(channel_to(server, 64), [item(*file) for file in files.items()], keeping(parts))
    with pytest.raises(ConnectionLost):
        whole.extend(outcome.part for outcome in outcomes)
    assert [bytes(part.content) for part in whole] == [text(45)] * 3
    assert all(part.aborted for part in parts if part not in whole)


def odd_data(change):
    """Bend each answer to a READ that holds data."""

    def lie(_kind, _number, packed):
        return change(packed) if packed[4] == DATA else packed

    return lie


@pytest.mark.usefixtures("small_requests")
@pytest.mark.parametrize("most_sent", [1, 7, 1 << 20])
def test_what_follows_the_bytes_of_an_answer_is_passed_over(most_sent):
    server = Server({"COMMON": Folder([(b"A", Remote(text(95))), (b"B", Remote(b""))])}, most_sent=most_sent)
    server.lie = odd_data(lambda packed: struct.pack(">I", len(packed) - 4 + 3) + packed[4:] + b"\0\0\1")
    server.empty_data_ends = True
    outcomes, _server = fetch({"A": Remote(text(95)), "B": Remote(b"")}, server=server)
    assert (content(outcomes["A"]), content(outcomes["B"])) == (text(95), b"")


@pytest.mark.usefixtures("small_requests")
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(
            lambda packed: struct.pack(">IBIII", 9 + 11, DATA, *struct.unpack(">I", packed[5:9]), 11, 0) + b"x" * 7,
            "11 bytes where 10 were asked for",
            id="more than was asked for",
        ),
        pytest.param(
            lambda packed: packed[:9] + b"\xff\xff\xff\xff" + packed[13:], "ends too early", id="more than there is"
        ),
    ],
)
def test_bytes_that_nobody_asked_for_are_not_sftp(change, complaint):
    server = Server({"COMMON": Folder([(b"A", Remote(text(95)))])})
    server.lie = odd_data(change)
    with pytest.raises(ConnectionLost, match=complaint):
        fetch({"A": Remote(text(95))}, server=server)


def test_giving_up_in_the_middle_leaves_no_part():
    parts = []

    files = {f"R{number}": Remote(text(100_000)) for number in range(5)}
    server = Server({"COMMON": Folder([(n.encode(), f) for n, f in files.items()])}, burst=1)
    outcomes = pipeline.fetch(channel_to(server, 2), [item(*file) for file in files.items()], keeping(parts))
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
        channel.pump()


@pytest.mark.parametrize("version", [4, 6, 99])
def test_a_version_that_was_not_asked_for_is_no_sftp_of_ours(version):
    server = Server({"COMMON": Folder()})
    server.version = version
    with pytest.raises(ConnectionLost, match=f"version {version}, where 3 was asked for"):
        fetch({"REPORT": Remote(b"bytes")}, server=server)


@pytest.mark.parametrize("version", [0, 2, 3])
def test_an_older_version_reads_alike(version):
    server = Server({"COMMON": Folder([(b"REPORT", Remote(b"bytes"))])})
    server.version = version
    outcomes, _server = fetch({"REPORT": Remote(b"bytes")}, server=server)
    assert isinstance(outcomes["REPORT"], Fetched)
