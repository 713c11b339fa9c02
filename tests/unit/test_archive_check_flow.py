# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""archive_check on an archive of this test's own making: what each hand has done to it is told, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date, datetime, timedelta, timezone

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.archive_check import SHOWN, audit_request, check_archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive_audit import ArchiveAudit
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    BadAccount,
    BadInput,
    StateDamaged,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.findings import Recorded, compare_one, report_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import OF_ARCHIVE
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport
from tests.unit.support import defaults

ME = "CXYZ001"
NOW = datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=8)))
CONTENT = bytes(range(256)) * 5000  # more than a block
REPORTS = ("COMMON/A.csv", "COMMON/B.csv", "CXYZ/2026/11/C.csv", "KEY_MANAGEMENT/CXYZ001/D.txt")


class Place:
    """A state and an archive that agree."""

    def __init__(self, root):
        self.dest, self.state_dir = root / "reports", root / "state"
        self.dest.mkdir()
        for path in REPORTS:
            self.put(path, CONTENT)

    def put(self, path, content, day=date(2026, 11, 20)):
        self.write(path, content)
        digest = hashlib.sha256(content).hexdigest()
        folder, _slash, name = path.partition("/")
        self.record(HeldReport(path, folder, name, len(content), 1000, digest, day))

    def write(self, path, content=b"x"):
        (self.dest / path).parent.mkdir(parents=True, exist_ok=True)
        (self.dest / path).write_bytes(content)

    def record(self, *held):
        self.manifest("record", held, NOW)

    def manifest(self, verb, *what):
        state = StateDb(str(self.state_dir))
        getattr(Manifest(state, Account(ME)), verb)(*what)
        state.close()

    def look(self, **more):
        """The result, whether it is a failure or not."""
        where = {"state_dir": str(self.state_dir), "dest": str(self.dest)}
        request = audit_request({**defaults(OF_ARCHIVE), "account": None, "since": None, **where, **more})
        state = StateDb(request.state_dir, read_only=True)
        chains = {ME: Evidence(state, request.state_dir, ME)}
        try:
            return check_archive(request, ArchiveAudit(state, request.dest), chains)
        except ArchiveDamaged as error:
            return {**error.facts, "msg": str(error)}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def told(result):
    """What was found, by kind, and whether it is a failure."""
    paths = {kind: [one["path"] for one in result[kind]] for kind in ("damaged", "absent", "unknown")}
    return {kind: found for kind, found in paths.items() if found}, "msg" in result


def flip(path):
    """Change one byte; size and times stay."""
    found = path.stat()
    with open(path, "r+b") as file:
        file.seek(found.st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def link(path, target):
    path.unlink()
    path.symlink_to(target)


def away(path, target):
    path.rename(target)
    path.symlink_to(target)


@pytest.mark.parametrize("deep", [False, True], ids=["a look", "deep"])
def test_an_archive_as_it_was_fetched_is_sound(place, deep):
    found = place.look(deep=deep)
    assert told(found) == ({}, False)
    assert (found["checked"], found["changed"]) == (4, False)
    assert found["counts"] == {"damaged": 0, "absent": 0, "unknown": 0}
    assert found["evidence"] == {ME: {"entries": 0, "faults": []}}


# what a hand has done, what a look without reading tells of it, and what a deep one tells
HANDS = {
    "a byte changed": (lambda at: flip(at / "COMMON/A.csv"), {}, {"damaged": ["COMMON/A.csv"]}),
    "the last byte cut off": (
        lambda at: os.truncate(at / "COMMON/A.csv", len(CONTENT) - 1),
        {"damaged": ["COMMON/A.csv"]},
        None,
    ),
    "emptied": (lambda at: os.truncate(at / "COMMON/A.csv", 0), {"damaged": ["COMMON/A.csv"]}, None),
    "a byte more": (lambda at: (at / "COMMON/A.csv").write_bytes(CONTENT + b"x"), {"damaged": ["COMMON/A.csv"]}, None),
    "deleted": (lambda at: (at / "COMMON/B.csv").unlink(), {"absent": ["COMMON/B.csv"]}, None),
    "moved": (
        lambda at: (at / "COMMON/B.csv").rename(at / "CXYZ/B.csv"),
        {"absent": ["COMMON/B.csv"], "unknown": ["CXYZ/B.csv"]},
        None,
    ),
    "a folder moved away": (
        lambda at: (at / "CXYZ").rename(at.parent / "away"),
        {"absent": ["CXYZ/2026/11/C.csv"]},
        None,
    ),
    "a folder in its place": (
        lambda at: ((at / "COMMON/A.csv").unlink(), (at / "COMMON/A.csv").mkdir()),
        {"damaged": ["COMMON/A.csv"]},
        None,
    ),
    "a file for its folder": (
        lambda at: (os.rename(at / "CXYZ", at.parent / "away"), (at / "CXYZ").write_text("x")),
        {"damaged": ["CXYZ/2026/11/C.csv"], "unknown": ["CXYZ"]},
        None,
    ),
    "a pipe in its place": (
        lambda at: ((at / "COMMON/A.csv").unlink(), os.mkfifo(at / "COMMON/A.csv")),
        {"damaged": ["COMMON/A.csv"]},
        None,
    ),
    "a link to the same content": (
        lambda at: link(at / "COMMON/A.csv", at / "COMMON/B.csv"),
        {"damaged": ["COMMON/A.csv"]},
        None,
    ),
    "its folder is a link to where it lies": (
        lambda at: away(at / "CXYZ", at.parent / "elsewhere"),
        {"damaged": ["CXYZ/2026/11/C.csv"], "unknown": ["CXYZ"]},
        None,
    ),
    "an unknown key": (lambda at: (at / "COMMON/X.csv").write_text("x"), {"unknown": ["COMMON/X.csv"]}, None),
    "an unknown key at the top": (lambda at: (at / "notes").write_text("x"), {"unknown": ["notes"]}, None),
    "a hidden stranger": (lambda at: (at / "COMMON/.x").write_text("x"), {"unknown": ["COMMON/.x"]}, None),
    "a link that leads away": (lambda at: (at / "more").symlink_to("/etc"), {"unknown": ["more"]}, None),
    "an earlier version of a report": (lambda at: (at / "COMMON/A.csv.~1~").write_text("x"), {}, None),
    "an earlier version of none": (
        lambda at: (at / "COMMON/X.csv.~1~").write_text("x"),
        {"unknown": ["COMMON/X.csv.~1~"]},
        None,
    ),
    "what a run is fetching": (
        lambda at: ((at / ".incoming-CXYZ001").mkdir(), (at / ".incoming-CXYZ001/1").write_text("x")),
        {},
        None,
    ),
    "an empty folder": (lambda at: (at / "EMPTY").mkdir(), {}, None),
    "an unknown key with a foreign name": (
        lambda at: (at / "COMMON/\u3000報告.csv").write_text("x"),
        {"unknown": ["COMMON/\u3000報告.csv"]},
        None,
    ),
    "a name that would trick a reader": (
        lambda at: (at / "COMMON/\u202ex.csv").write_text("x"),
        {"unknown": [r"'COMMON/\u202ex.csv'"]},
        None,
    ),
    "a name that is no text": (
        lambda at: open(os.path.join(os.fsencode(at), b"COMMON/\xff\n"), "w").close(),
        {"unknown": [r"'COMMON/\\xff\n'"]},
        None,
    ),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_hand_has_done_is_told_and_only_that(place, hand):
    work, seen, seen_deep = HANDS[hand]
    work(place.dest)
    for deep, expected in ((False, seen), (True, seen if seen_deep is None else seen_deep)):
        found = place.look(deep=deep)
        assert told(found) == (expected, bool({"damaged", "absent"} & set(expected)))
        assert found["checked"] == 4
        json.dumps(found).encode("ascii")


def test_the_sentence_counts_and_names_the_first(place):
    os.truncate(place.dest / "COMMON/B.csv", 3)
    os.truncate(place.dest / "COMMON/A.csv", 3)
    assert place.look()["msg"] == (
        "Damaged in the archive: 2, the first is COMMON/A.csv. It has 3 bytes; 1280000 were recorded."
    )


def test_what_may_not_be_opened_is_damaged_with_the_reason(place, monkeypatch):
    opened = os.open

    def refuse(path, *more, **named):
        if path in ("A.csv", "CXYZ"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *more, **named)

    monkeypatch.setattr(os, "open", refuse)
    found = place.look()
    assert told(found)[0] == {"damaged": ["COMMON/A.csv", "CXYZ", "CXYZ/2026/11/C.csv"]}
    assert {one["reason"] for one in found["damaged"]} == {
        "It can't be read: Permission denied.",
        "The folder can't be read: Permission denied.",
    }
    assert found["checked"] == 4


def test_days_that_were_moved_away_may_be_left_out(place):
    place.put("COMMON/OLD.csv", b"old", day=date(2025, 12, 31))
    place.put("COMMON/TIMELESS.csv", b"timeless", day=None)
    (place.dest / "COMMON/OLD.csv").unlink()
    assert told(place.look()) == ({"absent": ["COMMON/OLD.csv"]}, True)
    found = place.look(since="2026-01-01")
    assert (told(found), found["checked"]) == (({}, False), 5)
    (place.dest / "COMMON/TIMELESS.csv").unlink()
    assert told(place.look(since="2026-01-01")) == ({"absent": ["COMMON/TIMELESS.csv"]}, True)


def test_lists_end_and_counts_go_on(place):
    place.record(*(HeldReport(f"COMMON/{n:05}", "COMMON", f"{n:05}", 1, 1, "0", None) for n in range(SHOWN + 500)))
    found = place.look()
    assert len(found["absent"]) == SHOWN
    assert (found["counts"]["absent"], found["checked"]) == (SHOWN + 500, SHOWN + 504)


def test_a_report_recorded_anew_meanwhile_is_compared_with_its_new_record(place):
    state = StateDb(str(place.state_dir), read_only=True)
    compared = ArchiveAudit(state, str(place.dest)).compare(deep=True, since=None)
    assert next(compared).kind == "sound"
    place.put("COMMON/B.csv", b"new and shorter")
    assert [one.kind for one in compared] == ["sound"] * 3


def test_a_place_without_anything_is_sound_and_stays_so(tmp_path):
    empty = Place.__new__(Place)
    empty.dest, empty.state_dir = tmp_path / "reports", tmp_path / "state"
    assert empty.look()["checked"] == 0
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_is_gone_is_absent(place):
    place.dest.rename(place.dest.parent / "away")
    assert place.look()["counts"] == {"damaged": 0, "absent": 4, "unknown": 0}


@pytest.mark.parametrize("path", [".", "a\0b", "COMMON/A.csv/x", "/etc/passwd"])
def test_a_record_that_no_report_can_have_is_told(place, path):
    place.record(HeldReport(path, "COMMON", "x", 1, 1, "0", None))
    found = place.look()
    assert [one["path"] for one in found["damaged"] + found["absent"]] == [path]


@pytest.mark.parametrize("path", ["'../state/state.sqlite3'", "'COMMON/../../x'", "'..'", "x'00ff'"])
def test_a_record_that_leads_out_of_the_archive_is_damage_of_the_state(place, path):
    with StateDb(str(place.state_dir)).transaction() as db:
        db.execute(f"UPDATE reports SET path = {path} WHERE path = 'COMMON/A.csv'")
    with pytest.raises(StateDamaged, match="reports"):
        place.look()


def test_broken_evidence_is_a_failure_though_all_reports_are_sound(place):
    evidence = Evidence(StateDb(str(place.state_dir)), str(place.state_dir), ME)
    evidence.add("renewal 1 done", NOW, {}, {"CXYZ001.pub": b"public"})
    assert told(place.look()) == ({}, False)
    (place.state_dir / "evidence" / ME / "0001" / "CXYZ001.pub").write_bytes(b"forged")
    found = place.look()
    assert found["evidence"] == {ME: {"entries": 1, "faults": ["File CXYZ001.pub of entry 1 was changed."]}}
    assert found["msg"] == (
        "The evidence of CXYZ001 is not as it was written: File CXYZ001.pub of entry 1 was changed."
    )


@pytest.mark.parametrize(
    ("option", "error"),
    [
        pytest.param({"account": "cxyz001"}, BadAccount, id="an account in small letters"),
        pytest.param({"dest": "reports"}, BadInput, id="a path that hangs on the working folder"),
        pytest.param({"state_dir": "state"}, BadInput, id="a state_dir that does"),
        pytest.param({"since": "last year"}, BadInput, id="a day that is none"),
    ],
)
def test_bad_input_is_refused(place, option, error):
    with pytest.raises(error):
        place.look(**option)


@pytest.mark.parametrize(
    ("path", "report"),
    [("A", "A"), ("A.~1~", "A"), ("A.~12~", "A"), ("A.~1~.~2~", "A.~1~"), ("A.~0~", "A.~0~"), ("A.~1~\n", "A.~1~\n")],
)
def test_earlier_versions_belong_to_their_report(path, report):
    assert report_of(path) == report


def test_the_hash_is_compared_only_where_it_was_taken():
    recorded = Recorded("A", 1, "aa")
    assert [compare_one(recorded, 1, hashed).kind for hashed in (None, "aa", "bb")] == ["sound", "sound", "damaged"]


def test_a_later_version_that_a_killed_sync_could_not_record_is_no_damage(place):
    later = b"as the facility has it now"
    place.write("COMMON/A.csv", later)
    assert told(place.look(deep=True)) == ({"damaged": ["COMMON/A.csv"]}, True)
    digest = hashlib.sha256(later).hexdigest()
    for each in (digest, "ab" * 32):  # another run announced another version, and was killed before that had its name
        place.manifest("announce", [HeldReport("COMMON/A.csv", "COMMON", "A.csv", len(later), 2000, each, None)])
    for deep in (False, True):
        assert told(place.look(deep=deep)) == ({"unknown": ["COMMON/A.csv"]}, False)
    flip(place.dest / "COMMON/A.csv")
    assert told(place.look(deep=True)) == ({"damaged": ["COMMON/A.csv"]}, True)
    place.put("COMMON/A.csv", later)
    place.write("COMMON/A.csv", CONTENT)
    assert told(place.look(deep=True)) == ({"damaged": ["COMMON/A.csv"]}, True), "what is recorded is announced no more"
