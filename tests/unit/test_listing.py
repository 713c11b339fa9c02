# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing the facility's folders to the bottom, whatever the server says (§4.2)."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import walk
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import FolderRefused
from tests.unit.sftp_server import CLOSE, DENIED, EOF, FAILURE, LINK, MADE, OPENDIR, Folder, Remote, Server, settle

REPORTS = [(b"R%02d.csv" % number, Remote(b"x" * number)) for number in range(25)]


def listing(tree, folders=("COMMON",), window=128, **how):
    traits = {name: how.pop(name) for name in ("lstat", "most_open", "refusal", "limits", "mixes") if name in how}
    server = Server(tree, **how)
    vars(server).update(traits)
    channel = SftpChannel(server)
    channel.window = window
    found = walk(channel, folders)
    settle(channel)
    assert not server.handles, "a folder was left open"
    return found, server


@pytest.mark.parametrize("order", ["first", "last", 7, 8])
@pytest.mark.parametrize("piece", [1, 2, 100])
@pytest.mark.parametrize("most_sent", [1, 7, 1 << 20])
def test_all_is_found_in_whatever_pieces_and_order(order, piece, most_sent):
    deep = Folder([(b"deep.csv", Remote(b"y"))])
    tree = {"COMMON": Folder([*REPORTS, (b"2026", Folder([(b"11", deep)]))]), "CXYZ": Folder(REPORTS[:1])}
    found, _server = listing(tree, ("COMMON", "CXYZ"), order=order, piece=piece, most_sent=most_sent)
    expected = {(f"/COMMON/{raw.decode()}", len(report.content)) for raw, report in REPORTS}
    expected |= {("/COMMON/2026/11/deep.csv", 1), ("/CXYZ/R00.csv", 0)}
    assert sorted((report.remote, report.size) for report in found.reports) == sorted(expected)
    assert {report.mtime for report in found.reports} == {MADE}
    assert found.refused == []


@pytest.mark.parametrize(("refuses", "waits"), [(False, False), (True, True)], ids=["", "where one was refused"])
def test_nobody_waits_until_folders_are_closed(refuses, waits):
    server = Server({"COMMON": Folder(REPORTS), "CXYZ": Folder(REPORTS[:3])}, burst=1)
    server.most_open = 1 if refuses else 2
    channel = SftpChannel(server)
    assert len(walk(channel, ["COMMON", "CXYZ"]).reports) == 28
    assert channel.idle == waits
    assert len(walk(channel, ["COMMON", "CXYZ"]).reports) == 28


def test_empty_folders_are_empty():
    assert listing({"COMMON": Folder()})[0].reports == []


def test_the_folder_itself_and_its_parent_are_passed_over():
    found, server = listing({"COMMON": Folder([(b".", Folder()), (b"..", Folder()), *REPORTS[:1]])})
    assert len(found.reports) == 1 and found.refused == []
    assert server.asked.count(OPENDIR) == server.asked.count(CLOSE) == 1


def test_attributes_that_the_listing_does_not_tell_are_asked_for():
    tree = {"COMMON": Folder([(b"a.csv", Remote(b"abc", told=False)), (b"b.csv", Remote(b"b", mtime=None))])}
    found, _server = listing(tree)
    assert {(r.name, r.size, r.mtime) for r in found.reports} == {("a.csv", 3, MADE), ("b.csv", 1, None)}


SIZELESS = Remote(b"x", told=False, line=b"-rw-r--r--   1 facility facility        1 Nov 27 18:00 x.csv")


@pytest.mark.parametrize(
    ("raw", "entry", "code"),
    [
        pytest.param(b"../x", Remote(b"x"), "unsafe_remote_name", id="a path upwards"),
        pytest.param(b"a\nb", Remote(b"x"), "unsafe_remote_name", id="a line end"),
        pytest.param(b"\xff", Remote(b"x"), "unsafe_remote_name", id="no text"),
        pytest.param(b".bashrc", Remote(b"x"), "unsafe_remote_name", id="a hidden file"),
        pytest.param(b"link", Remote(b"x", mode=LINK, stat=Folder()), "no_regular_file", id="a link to a folder"),
        pytest.param(b"link", Remote(b"x", mode=LINK, stat="nowhere"), "no_regular_file", id="a link to nowhere"),
        pytest.param(b"pipe", Remote(b"x", mode=0o010644), "no_regular_file", id="a pipe"),
        pytest.param(b"device", Remote(b"x", mode=0o060644), "no_regular_file", id="a device"),
        pytest.param(b"vast.csv", Remote(b"x", listed=2**63), "size_impossible", id="more bytes than a file can have"),
        pytest.param(
            b"vast.csv", Remote(b"x", listed=2**64 - 1), "size_impossible", id="all bytes that a number can tell"
        ),
        pytest.param(b"closed", Folder(denied=True), "folder_refused", id="a folder below that is closed"),
        pytest.param(b"..", Folder(denied=True), None, id="the parent"),
    ],
)
def test_what_is_no_report_is_left_alone_and_told(raw, entry, code):
    found, _server = listing({"COMMON": Folder([(raw, entry), *REPORTS[:1]])})
    assert [report.name for report in found.reports] == ["R00.csv"]
    assert [refusal.error_code for refusal in found.refused] == ([code] if code else [])
    assert all(refusal.name.isprintable() and refusal.reason.isprintable() for refusal in found.refused)


def test_a_folder_without_end_is_not_followed_for_ever():
    endless = Folder()
    endless.entries.append((b"again", endless))
    found, server = listing({"COMMON": endless})
    assert found.reports == [] and len(found.refused) == 1
    assert server.asked.count(OPENDIR) < 20


@pytest.mark.parametrize("tree", [{}, {"COMMON": Folder(denied=True)}], ids=["not there", "closed"])
def test_a_folder_of_the_account_that_cannot_be_listed_is_trouble_and_the_others_are_listed(tree):
    found, _server = listing({**tree, "CXYZ": Folder(REPORTS)}, ("COMMON", "CXYZ"))
    assert isinstance(found.trouble, FolderRefused) and "/COMMON" in str(found.trouble)
    assert len(found.reports) == len(REPORTS)


@pytest.mark.parametrize("failure", [DENIED, FAILURE])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_listing_that_breaks_off_is_not_taken_for_its_end(failure, after):
    found, server = listing({"COMMON": Folder(list(REPORTS), fails_after=after, failure=failure)})
    assert "to its end" in str(found.trouble)
    assert len(found.reports) == 2 * after, "what was listed is not to be lost"
    assert server.asked.count(OPENDIR) == 6  # three times beside others, three times alone


def test_a_listing_that_ends_with_eof_at_once_is_its_end():
    assert listing({"COMMON": Folder(list(REPORTS), fails_after=0, failure=EOF)})[0].reports == []


@pytest.mark.parametrize("ends", ["eof", "empty", "empty-eof", "eof-failure"])
@pytest.mark.parametrize("reports", [[], REPORTS], ids=["empty", "full"])
@pytest.mark.parametrize("order", ["first", "last", 3])
@pytest.mark.parametrize("window", [1, 2, 128])
def test_the_end_of_a_listing_however_it_is_told(ends, reports, order, window):
    below = [(b"20261120", Folder([], ends=ends)), (b"20261121", Folder(reports[:3], ends=ends))]
    found, server = listing({"COMMON": Folder([*reports, *below], ends=ends)}, window=window, order=order)
    assert (len(found.reports), found.refused) == (len(reports) + len(reports[:3]), [])
    assert server.most_in_flight <= window


@pytest.mark.parametrize("piece", [1, 2, 100])
def test_a_listing_that_stumbles_once_is_made_anew_and_lacks_nothing(piece):
    found, server = listing({"COMMON": Folder(list(REPORTS), stumbles=1)}, piece=piece)
    assert (len(found.reports), found.refused) == (len(REPORTS), [])
    assert server.asked.count(OPENDIR) == 2


def test_a_listing_that_stumbles_each_time_is_trouble_and_tells_what_it_has():
    found, _server = listing({"COMMON": Folder(list(REPORTS), stumbles=99)})
    assert found.trouble and len(found.reports) == len(REPORTS) - 2


@pytest.mark.parametrize("line", [b"-rw-r--r--   1 u g 1 Nov 27 18:00 x", b"", b"11-27-26  06:00PM  1 x"])
@pytest.mark.parametrize("mode", [None, 0o644], ids=["no mode", "no bits of a type"])
@pytest.mark.parametrize("lstat", [True, False])
def test_a_kind_that_the_mode_does_not_tell_is_found_out(line, mode, lstat):
    def folder(*entries):
        return Folder(
            list(entries), mode=mode, told=mode is not None, line=b"d" + line[1:] if line[:1] == b"-" else line
        )

    tree = {
        "COMMON": Folder([(b"x.csv", Remote(b"xyz", mode=mode, line=line)), (b"below", folder((b"y", Remote(b"y"))))])
    }
    found, _server = listing(tree, lstat=lstat)
    assert {(report.name, report.size) for report in found.reports} == {("x.csv", 3), ("below/y", 1)}
    assert found.refused == []


@pytest.mark.parametrize("lstat", [True, False])
def test_a_size_that_is_not_told_is_asked_for_and_its_lack_is_called_that(lstat):
    found, _server = listing({"COMMON": Folder([(b"x.csv", SIZELESS)])}, lstat=lstat)
    assert [report.size for report in found.reports] == ([1] if lstat else [])
    told = [(refusal.error_code, "size" in refusal.reason) for refusal in found.refused]
    assert told == ([] if lstat else [("attributes_missing", True)])


def test_a_link_to_a_file_is_that_file():
    link = Remote(b"to", mode=LINK, stat=Remote(b"common report", mtime=MADE + 5))
    found, _server = listing({"COMMON": Folder([(b"x.csv", link)])})
    assert [(report.name, report.size, report.mtime) for report in found.reports] == [("x.csv", 13, MADE + 5)]


@pytest.mark.parametrize("mtime", [0, 1, 2**32 - 1])
def test_a_time_that_can_be_none_is_none(mtime):
    assert listing({"COMMON": Folder([(b"x.csv", Remote(b"x", mtime=mtime))])})[0].reports[0].mtime is None


def test_a_time_after_2038_is_one():
    later = 2**31 + 86_400
    assert listing({"COMMON": Folder([(b"x.csv", Remote(b"x", mtime=later))])})[0].reports[0].mtime == later


DATED = [(b"%08d" % number, Folder([(b"x.csv", Remote(b"x"))])) for number in range(60)]


@pytest.mark.parametrize("most", [1, 2, 7, 40])
@pytest.mark.parametrize("refusal", [DENIED, FAILURE, 14])
@pytest.mark.parametrize("order", ["first", "last", 5])
def test_a_server_that_allows_few_open_folders_is_asked_for_no_more(most, refusal, order):
    found, _server = listing({"COMMON": Folder(list(DATED))}, most_open=most, refusal=refusal, order=order)
    assert (len(found.reports), found.refused) == (60, [])


@pytest.mark.parametrize("most", [1, 3, 27])
def test_a_limit_that_is_told_is_kept(most):
    limits = struct.pack(">4Q", 1 << 18, 1 << 17, 1 << 17, most)
    found, server = listing({"COMMON": Folder(list(DATED))}, most_open=most, limits=limits)
    assert (len(found.reports), found.refused, server.refusals) == (60, [], 0)


def test_folders_that_are_closed_among_many_are_told_and_lower_no_limit_for_good():
    closed = [(b"closed%d" % number, Folder(denied=True)) for number in range(5)]
    found, server = listing({"COMMON": Folder([*closed, *DATED])})
    assert len(found.reports) == 60
    assert sorted(entry.name for entry in found.refused) == [f"closed{number}" for number in range(5)]
    assert server.asked.count(OPENDIR) < 61 + 5 * 10


@pytest.mark.parametrize("order", ["first", "last", 5, 6])
def test_a_server_that_mixes_folders_up_is_asked_for_one_at_a_time(order):
    tree = {
        name: Folder([(name.encode() + b"%d" % n, Remote(b"x")) for n in range(9)]) for name in ("A", "B", "C", "D")
    }
    tree["A"].entries.append((b"below", Folder([(b"deep", Remote(b"x"))])))
    found, _server = listing(tree, tuple(tree), mixes=True, order=order)
    names = {(report.folder, report.name) for report in found.reports}
    assert names == {(name, f"{name}{n}") for name in tree for n in range(9)} | {("A", "below/deep")}
    assert len(found.reports) == len(names)
