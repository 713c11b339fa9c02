# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""archive_check after real syncs: sound as fetched; what a hand has done to it is told, and nothing is touched."""

from __future__ import annotations

import os
import pathlib
import socket
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.archive_audit import ArchiveAudit
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from tests.modules.support import Workstation, fail, succeed

NOW = datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def archive(facility, workstation):
    """A workstation with a day's reports in its archive, and three entries of evidence."""
    facility.publish(scale=0.05)
    workstation.sync()
    record(workstation, workstation.account, 3)
    return workstation


@pytest.fixture
def bare(tmp_path):
    return Workstation(tmp_path / "ws", "CXYZ001", "127.0.10.31")


def record(workstation, account, entries):
    state = StateDb(workstation.options["state_dir"])
    evidence = Evidence(state, workstation.options["state_dir"], account)
    for number in range(1, entries + 1):
        evidence.add(f"renewal {number} done", NOW, {"uploads": 1}, {f"{account}.pub": b"public %d" % number})
    state.close()


def asked(workstation, **more):
    return {**workstation.options, "dest": workstation.dest, **more}


def snapshot(root):
    """Every path with what would show that somebody wrote there."""
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in sorted(root.rglob("*"))}


def a_report(workstation):
    """The largest report of the archive."""
    found = [path for path in pathlib.Path(workstation.dest).rglob("*") if path.is_file()]
    return max(found, key=lambda path: path.stat().st_size)


def flip(path):
    """Change one bit; size and time stay."""
    content, found = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("check", [False, True], ids=["a run", "check mode"])
@pytest.mark.parametrize("deep", [False, True], ids=["a look", "deep"])
def test_what_was_fetched_is_sound_and_left_as_it_is(facility, archive, deep, check):
    before = snapshot(archive.root)
    connections = len(facility.events("connect"))
    found = succeed("archive_check", **asked(archive, deep=deep), check=check, diff=True)
    assert found["changed"] is False
    assert found["checked"] == sum(path.is_file() for path in pathlib.Path(archive.dest).rglob("*")) > 20
    assert (found["damaged"], found["absent"], found["unknown"]) == ([], [], [])
    assert found["evidence"] == {archive.account: {"entries": 3, "faults": []}}
    assert snapshot(archive.root) == before
    assert len(facility.events("connect")) == connections


def test_no_socket_is_opened_and_no_key_is_needed(archive, monkeypatch):
    def refuse(*_arguments, **_more):
        raise AssertionError("archive_check needs no network")

    monkeypatch.setattr(socket, "socket", refuse)
    succeed(
        "archive_check", **asked(archive, key_dir="/nowhere", known_hosts="/nowhere", passphrase="wrong", deep=True)
    )


def test_a_flipped_bit_is_seen_by_a_deep_look_alone(archive):
    report = a_report(archive)
    flip(report)
    succeed("archive_check", **asked(archive))
    found = fail("archive_check", "archive_damaged", **asked(archive, deep=True))
    path = str(report.relative_to(archive.dest))
    assert [entry["path"] for entry in found["damaged"]] == [path]
    assert path in found["msg"]
    assert (found["counts"], found["changed"]) == ({"damaged": 1, "absent": 0, "unknown": 0}, False)


def test_a_damaged_report_that_is_moved_away_comes_back_with_the_next_sync(facility, archive):
    report = a_report(archive)
    flip(report)
    fail("archive_check", "archive_damaged", **asked(archive, deep=True))
    report.rename(archive.root / "for study")
    facility.forgiven = ("once a day",)  # the operator's doing
    archive.sync()
    succeed("archive_check", **asked(archive, deep=True))


def test_cut_off_deleted_and_strange_are_told_together(archive):
    cut, deleted = sorted(path for path in pathlib.Path(archive.dest).rglob("*") if path.is_file())[:2]
    os.truncate(cut, cut.stat().st_size - 1)
    deleted.unlink()
    (pathlib.Path(archive.dest) / "COMMON" / "notes.txt").write_text("mine")
    found = fail("archive_check", "archive_damaged", **asked(archive))
    paths = {kind: [entry["path"] for entry in found[kind]] for kind in ("damaged", "absent", "unknown")}
    assert paths == {
        "damaged": [str(cut.relative_to(archive.dest))],
        "absent": [str(deleted.relative_to(archive.dest))],
        "unknown": ["COMMON/notes.txt"],
    }
    assert all(entry["reason"].endswith(".") for kind in paths for entry in found[kind])


def test_a_stranger_alone_is_no_failure(archive):
    (pathlib.Path(archive.dest) / "notes.txt").write_text("mine")
    assert succeed("archive_check", **asked(archive))["counts"]["unknown"] == 1


def test_an_earlier_version_belongs_to_its_report(facility, workstation):
    for size in (1000, 2000):
        facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=size)
        workstation.sync()
    assert len(list(pathlib.Path(workstation.dest).rglob("*.~1~"))) == 1
    found = succeed("archive_check", **asked(workstation, deep=True))
    assert (found["checked"], found["unknown"]) == (1, [])


def exchange(first, second):
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


# what a hand may do to three entries, and how the first fault reads
HANDS = {
    "an entry edited": (
        lambda at: (at / "0002.json").write_text(
            (at / "0002.json").read_text().replace('"uploads": 1', '"uploads": 2')
        ),
        "Entry 2 was changed after it was recorded.",
    ),
    "the last entry removed": (lambda at: (at / "0003.json").unlink(), "Entry 3 is gone."),
    "a file removed": (lambda at: next((at / "0002").iterdir()).unlink(), "is gone."),
    "a file edited": (lambda at: flip(next((at / "0002").iterdir())), "was changed."),
    "two entries exchanged": (
        lambda at: exchange(at / "0001.json", at / "0002.json"),
        "Entry 1 was changed after it was recorded.",
    ),
}


@pytest.mark.parametrize("hand", HANDS)
def test_a_hand_on_the_evidence_is_told(bare, hand):
    record(bare, "CXYZ001", 3)
    work, ending = HANDS[hand]
    work(bare.root / "state" / "evidence" / "CXYZ001")
    found = fail("archive_check", "archive_damaged", **asked(bare))
    assert found["evidence"]["CXYZ001"]["faults"][0].endswith(ending)
    assert "CXYZ001" in found["msg"]


def test_evidence_is_verified_of_one_account_or_of_all(bare):
    for account in ("CXYZ001", "CXYZ002"):
        record(bare, account, 2)
    (bare.root / "state" / "evidence" / "CXYZ002" / "0001.json").unlink()
    assert set(succeed("archive_check", **asked(bare))["evidence"]) == {"CXYZ001"}
    found = fail("archive_check", "archive_damaged", **asked(bare, account=None))
    assert found["evidence"] == {
        "CXYZ001": {"entries": 2, "faults": []},
        "CXYZ002": {"entries": 1, "faults": ["Entry 1 is gone."]},
    }


def test_a_workstation_without_anything_is_sound_and_stays_so(bare):
    found = succeed("archive_check", **asked(bare, account=None))
    assert (found["checked"], found["evidence"]) == (0, {})
    assert not bare.root.exists()


def noted(workstation):
    state = StateDb(workstation.options["state_dir"], read_only=True)
    return Runs(state, workstation.account).last(9, ["verify"])


def test_what_was_found_is_noted_until_it_is_looked_at_again(archive):
    report = a_report(archive)
    flip(report)
    asking = asked(archive, deep=True, record=True, run_by="ops")
    fail("archive_check", "archive_damaged", **asking, check=True)
    assert noted(archive) == [], "check mode notes nothing"
    found = fail("archive_check", "archive_damaged", **asking)
    (run,) = noted(archive)
    assert (run.run_by, run.outcome, run.error_code, run.msg) == ("ops", "failed", "archive_damaged", found["msg"])
    assert "Damaged in the archive: 1, the first is " in run.msg
    flip(report)
    assert succeed("archive_check", **asking)["changed"] is False
    assert [run.has_failed for run in noted(archive)] == [False, True]


def test_a_note_is_one_account_s(bare):
    refused = fail("archive_check", "bad_option", **asked(bare, account=None, record=True))
    assert refused["msg"] == "record: name the account whose run this is."
    assert not bare.root.exists()


def test_a_deep_look_leaves_the_processor_to_whoever_wants_it(bare, monkeypatch):
    seen = []
    look = ArchiveAudit.compare

    def compare(self, *arguments):
        seen.append(os.nice(0))
        return look(self, *arguments)

    monkeypatch.setattr(ArchiveAudit, "compare", compare)
    for deep in (True, False):
        succeed("archive_check", **asked(bare, deep=deep))
    assert seen == [19, os.nice(0)] and os.nice(0) < 19


@pytest.mark.parametrize(
    ("option", "code"),
    [
        pytest.param({"account": "cxyz001"}, "bad_account", id="an account in small letters"),
        pytest.param({"dest": "reports"}, "bad_option", id="an archive that lies nowhere"),
        pytest.param({"since": "2026-02-30"}, "bad_option", id="a day that is none"),
    ],
)
def test_bad_input_is_refused(bare, option, code):
    fail("archive_check", code, **asked(bare, **option))


def test_a_damaged_state_is_told(bare):
    (bare.root / "state").mkdir(parents=True)
    (bare.root / "state" / "state.sqlite3").write_bytes(b"no database" * 100)
    fail("archive_check", "state_damaged", **asked(bare))
