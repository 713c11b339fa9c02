# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No more is taken from a facility than memory bears, and what was listed by then counts."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import listing, session
from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_upload import upload
from ansible_collections.dcass.sftp.plugins.module_utils._rules import bounds
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost, FolderRefused
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import shown
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed
from tests.unit.sftp_server import LSTAT, OPEN, OPENDIR, Folder, Remote, Server


def look(tree, *folders, piece=10, **traits):
    server = Server(tree, piece=piece)
    vars(server).update(traits)
    return listing.walk(SftpChannel(server), folders), server


def reports(count, name=b"R%04d.csv"):
    return [(name % number, Remote(b"x")) for number in range(count)]


def assert_cut_short(found, folder, figure):
    assert isinstance(found.trouble, FolderRefused)
    (reason,) = [entry.reason for entry in found.refused if (entry.folder, entry.name) == (folder, "")]
    assert figure in reason


def test_more_names_than_any_facility_has_end_a_listing(monkeypatch):
    monkeypatch.setattr(listing, "MOST_NAMES", 50)
    found, server = look({"COMMON": Folder(reports(500))}, "COMMON")
    assert_cut_short(found, "COMMON", "more than 50 entries")
    assert 40 <= len(found.reports) <= 60
    assert not server.handles


def test_as_many_names_as_are_taken_are_listed_to_their_end(monkeypatch):
    monkeypatch.setattr(listing, "MOST_NAMES", 50)
    found, _server = look({"COMMON": Folder(reports(50))}, "COMMON")
    assert (len(found.reports), found.refused) == (50, [])


def test_a_listing_that_is_made_anew_counts_its_names_once(monkeypatch):
    monkeypatch.setattr(listing, "MOST_NAMES", 50)
    found, _server = look({"COMMON": Folder(reports(50), stumbles=1)}, "COMMON")
    assert (len(found.reports), found.refused) == (50, [])


def test_the_other_folders_are_told_as_well(monkeypatch):
    monkeypatch.setattr(listing, "MOST_NAMES", 50)
    tree = {"COMMON": Folder(reports(500)), "CXYZ": Folder([(b"deep", Folder(reports(500)))])}
    found, _server = look(tree, "COMMON", "CXYZ", most_open=1)
    assert {entry.folder for entry in found.refused if not entry.name} == {"COMMON", "CXYZ"}


def test_names_may_have_so_many_bytes(monkeypatch):
    monkeypatch.setattr(listing, "MOST_NAME_BYTES", 5000)
    found, _server = look({"COMMON": Folder(reports(500, b"R%04d" + b"x" * 100))}, "COMMON")
    assert_cut_short(found, "COMMON", "more than 5000 bytes of names")


def test_the_path_of_a_name_counts(monkeypatch):
    monkeypatch.setattr(listing, "MOST_NAME_BYTES", 5000)
    deep = Folder([(b"y" * 150, Folder(reports(40)))])
    found, _server = look({"COMMON": Folder([(b"x" * 150, deep)])}, "COMMON", piece=5)
    assert_cut_short(found, "COMMON", "more than 5000 bytes of names")


@pytest.mark.parametrize("name", [b"\xff%04d", b"%04d\n", b".%04d"], ids=["no text", "a line's end", "hidden"])
def test_so_many_entries_may_be_odd(monkeypatch, name):
    monkeypatch.setattr(listing, "MOST_ODD", 50)
    found, _server = look({"COMMON": Folder(reports(500, name))}, "COMMON")
    assert_cut_short(found, "COMMON", "more than 50 entries that can't be fetched")
    assert len(found.refused) <= 62


def test_so_many_folders_are_gone_into(monkeypatch):
    monkeypatch.setattr(listing, "MOST_FOLDERS", 50)
    below = Folder([])
    below.entries = [(b"%02d" % number, below) for number in range(10)]  # and so on for ever
    found, server = look({"COMMON": below}, "COMMON")
    assert_cut_short(found, "COMMON", "more than 50 folders")
    assert server.asked.count(OPENDIR) <= 60


def test_questions_about_names_are_asked_some_at_a_time():
    tree = {"COMMON": Folder([(name, Remote(b"x", told=False, line=b"")) for name, _one in reports(500)])}
    found, server = look(tree, "COMMON", piece=500)
    assert (len(found.reports), server.asked.count(LSTAT)) == (500, 500)
    assert server.most_in_flight <= listing._QUESTIONS + listing._AHEAD


def test_a_name_of_megabytes_is_shown_short():
    assert len(shown(b"\xff" * (1 << 22))) <= 120


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        (wire.DATA, wire.MOST_REQUEST_BYTES + 1024),
        (wire.HANDLE, 1 << 16),
        (wire.STATUS, 1 << 16),
        (wire.ATTRS, 1 << 16),
        (wire.NAME, 1 << 22),
        (99, 1 << 16),
    ],
)
def test_each_kind_of_packet_has_its_most_bytes(kind, most):
    head = most.to_bytes(4, "big") + bytes([kind])
    assert wire.first_packet(memoryview(head)) is None
    with pytest.raises(wire.BrokenStream, match=str(most + 1)):
        wire.first_packet(memoryview((most + 1).to_bytes(4, "big") + bytes([kind])))


def small(content, listed=None):
    tree = {"KEY_MANAGEMENT": Folder([(b"a.txt", Remote(content))])}
    server = Server(tree)
    entered = session.Session(SftpChannel(server), {})
    return entered.read(Listed("KEY_MANAGEMENT", "a.txt", len(content) if listed is None else listed, None)), server


def test_a_small_file_is_read_into_memory():
    content = b"y" * bounds.MOST_SMALL_BYTES
    assert small(content)[0] == content


def test_a_file_that_is_listed_as_large_is_not_asked_for():
    found, server = small(b"y" * 10, listed=bounds.MOST_SMALL_BYTES + 1)
    assert found is None
    assert OPEN not in server.asked


def test_a_file_that_is_larger_than_listed_is_not_kept():
    assert small(b"y" * (bounds.MOST_SMALL_BYTES + 1), listed=10)[0] is None


BROKEN = [
    pytest.param(lambda number: wire.packet(wire.HANDLE, number, wire.string(bytes(257))), id="a long handle"),
    pytest.param(lambda number: wire.packet(wire.HANDLE, number, b"\0\0\1\0h"), id="a handle cut short"),
    pytest.param(lambda number: wire.packet(wire.STATUS, number, b""), id="a status without a code"),
]


@pytest.mark.parametrize("answer", BROKEN)
def test_an_upload_whose_answer_is_broken_is_a_lost_connection(answer):
    server = Server({"KEY_MANAGEMENT": Folder()})
    channel = SftpChannel(server)
    server._do = lambda _kind, _body: (wire.STATUS, b"")
    server.lie = lambda _kind, number, _packed: answer(number)
    with pytest.raises(ConnectionLost):
        upload(channel, "/KEY_MANAGEMENT/CXYZ001.pub", b"key")


PROMISED = {  # the words of docs/reliability.md, and our figures
    "names in one look at the folders, whatever they are": f"{bounds.MOST_NAMES:,}",
    "bytes of these names, each with its path": f"{bounds.MOST_NAME_BYTES / 2**20:g} MiB",
    "entries that can't be fetched, such as names that are no text": f"{bounds.MOST_ODD:,}",
    "folders that are gone into, and how deep": f"{bounds.MOST_FOLDERS:,}; 8",
    "a file that is read into memory, such as a result": f"{bounds.MOST_SMALL_BYTES / 2**20:g} MiB",
    "bytes on the channel that wait to be taken": f"{bounds.MOST_UNANSWERED / 2**20:g} MiB",
    "waiting for a renewal's result, with the listings and the reading": (
        f"`dcass_result_timeout`, and no less than {bounds.FIRST_LOOK:g} seconds"
    ),
    "any answer": f"nothing whole came, and less than {bounds.LEAST_RATE / 1024:g} KiB a second;",
}


@pytest.mark.parametrize("what", PROMISED)
def test_the_page_tells_our_figures(what):
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs/reliability.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {what} |")]
    assert PROMISED[what] in row
