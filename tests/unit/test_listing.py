# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing the facility's folders to the bottom, whatever the server says (§4.2)."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import walk
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost, FolderRefused
from tests.unit.sftp_server import CLOSE, DENIED, EOF, FAILURE, LINK, OPENDIR, Folder, Remote, Server

REPORTS = [(b"R%02d.csv" % number, Remote(b"x" * number)) for number in range(25)]


def listing(tree, folders=("COMMON",), **how):
    server = Server(tree, **how)
    found = walk(SftpChannel(server), folders)
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
    assert {report.mtime for report in found.reports} == {1000}
    assert found.refused == []


def test_empty_folders_are_empty():
    assert listing({"COMMON": Folder()})[0].reports == []


def test_the_folder_itself_and_its_parent_are_passed_over():
    found, server = listing({"COMMON": Folder([(b".", Folder()), (b"..", Folder()), *REPORTS[:1]])})
    assert len(found.reports) == 1 and found.refused == []
    assert server.asked.count(OPENDIR) == server.asked.count(CLOSE) == 1


def test_attributes_that_the_listing_does_not_tell_are_asked_for():
    tree = {"COMMON": Folder([(b"a.csv", Remote(b"abc", told=False)), (b"b.csv", Remote(b"b", mtime=None))])}
    found, _server = listing(tree)
    assert {(r.name, r.size, r.mtime) for r in found.reports} == {("a.csv", 3, 1000), ("b.csv", 1, None)}


@pytest.mark.parametrize(
    ("raw", "entry", "code"),
    [
        pytest.param(b"../x", Remote(b"x"), "unsafe_remote_name", id="a path upwards"),
        pytest.param(b"a\nb", Remote(b"x"), "unsafe_remote_name", id="a line end"),
        pytest.param(b"\xff", Remote(b"x"), "unsafe_remote_name", id="no text"),
        pytest.param(b".bashrc", Remote(b"x"), "unsafe_remote_name", id="a hidden file"),
        pytest.param(b"link.csv", Remote(b"x", mode=LINK), "unsafe_remote_name", id="a symbolic link"),
        pytest.param(b"pipe", Remote(b"x", mode=0o010644), "unsafe_remote_name", id="a pipe"),
        pytest.param(b"device", Remote(b"x", mode=0o060644), "unsafe_remote_name", id="a device"),
        pytest.param(b"x.csv", Remote(b"x", mode=None), "unsafe_remote_name", id="a kind that is never told"),
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
def test_a_folder_of_the_account_that_cannot_be_listed_fails_the_run(tree):
    with pytest.raises(FolderRefused, match="/COMMON"):
        listing(tree)


@pytest.mark.parametrize("failure", [DENIED, FAILURE])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_listing_that_breaks_off_is_not_taken_for_its_end(failure, after):
    with pytest.raises((FolderRefused, ConnectionLost)):
        listing({"COMMON": Folder(list(REPORTS), fails_after=after, failure=failure)})


def test_a_listing_that_ends_with_eof_at_once_is_its_end():
    assert listing({"COMMON": Folder(list(REPORTS), fails_after=0, failure=EOF)})[0].reports == []
