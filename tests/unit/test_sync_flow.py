# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync's flow on a real archive and manifest: every report exactly once, through any accident (§4.1, §4.2)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow import (
    archive_check,
    completeness,
    recording,
    sync_result,
    sync_run,
)
from ansible_collections.dcass.sftp.plugins.module_utils._flow.report_sync import standby, sync, sync_request
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import SyncPorts
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive_audit import ArchiveAudit
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.session import Session
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    BadInput,
    ConnectionLost,
    DcassError,
    DiskFull,
    FolderRefused,
    NothingReadable,
    SizeDiffers,
    StateDamaged,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import OF_ARCHIVE, OF_SYNC
from tests.unit.crashing import Volatile, cut_at, steps
from tests.unit.sftp_server import OPEN, Folder, Remote, Server
from tests.unit.support import defaults, options

FRIDAY = datetime(2026, 11, 20, 18, tzinfo=HONG_KONG)
MADE = int(datetime(2026, 11, 20, 17, tzinfo=HONG_KONG).timestamp())
MORE = {**defaults(OF_SYNC), "folders": None, "partner_index": None, "adopt_from": None, "adopt_by": None, "window": 8}


def report(content: bytes = b"report", mtime: int = MADE, **more) -> Remote:
    return Remote(content, mtime, **more)


class Site:
    """A facility that lists what it is given, and one workstation's archive and state."""

    def __init__(self, root, **folders) -> None:
        self.root, self.dest = root, root / "reports"
        self.folders = {"COMMON": {}, "CXYZ": {}, "KEY_MANAGEMENT": {}, **folders}
        self.logins, self.fetched, self.cut_after = 0, 0, None
        self.now, self.renewed_on = FRIDAY, None

    def run(self, plan_only=False, flow=sync, **more) -> dict:
        request = sync_request(options(dest=str(self.dest), **{**MORE, **more}), self.now)
        account = Account("CXYZ001")
        manifest = Manifest(StateDb(str(self.root / "state")), account, request.drill)
        archive = Archive(request.dest, account, drill=request.drill)
        tools = SyncPorts(archive, manifest, self.log_in, lambda: self.now, lambda: self.renewed_on)
        return flow(request, tools, plan_only)

    def standby(self, **more) -> dict:
        return self.run(flow=standby, **more)

    @contextlib.contextmanager
    def log_in(self):
        self.logins += 1
        tree = {
            name: Folder([(key.encode(), entry) for key, entry in entries.items()])
            for name, entries in self.folders.items()
            if entries is not None
        }
        server = Server(tree)
        server.cut_after = self.cut_after
        try:
            yield Session(SftpChannel(server), {"address": "x", "logins_left": 3})
        finally:
            self.fetched += server.asked.count(OPEN)

    def held(self) -> dict[str, bytes]:
        files = [path for path in self.dest.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.dest)): path.read_bytes() for path in files}

    def archive_check(self) -> dict:
        """What archive_check finds, deep; it fails where anything is damaged."""
        where = {"state_dir": str(self.root / "state"), "dest": str(self.dest)}
        wanted = {**defaults(OF_ARCHIVE), "account": None, "since": None, **where, "deep": True}
        asked = archive_check.audit_request(wanted)
        return archive_check.check_archive(
            asked, ArchiveAudit(StateDb(asked.state_dir, read_only=True), asked.dest), {}
        )

    def record(self):
        return Manifest(StateDb(str(self.root / "state"), read_only=True), Account("CXYZ001"))


@pytest.fixture
def site(tmp_path) -> Site:
    return Site(
        tmp_path,
        COMMON={"RX_AUDIT_20261120.csv": report(b"audit" * 9000), "TP001_20261120.csv": report(b"")},
        CXYZ={"RPI03_20261120.csv": report(b"margin"), "2026": Folder([(b"deep.csv", report(b"deep"))])},
        KEY_MANAGEMENT={"Result.20261120.101500.success.txt": report(b"imported")},
    )


EVERYTHING = {
    "COMMON/RX_AUDIT_20261120.csv": b"audit" * 9000,
    "COMMON/TP001_20261120.csv": b"",
    "CXYZ/RPI03_20261120.csv": b"margin",
    "CXYZ/2026/deep.csv": b"deep",
    "KEY_MANAGEMENT/CXYZ001/Result.20261120.101500.success.txt": b"imported",
}


def test_the_first_run_brings_all_and_the_second_nothing(site):
    first = site.run()
    assert site.held() == EVERYTHING
    assert first["changed"] and first["bytes"] == sum(map(len, EVERYTHING.values()))
    told = {entry["path"]: (entry["size"], entry["sha256"], entry["reason"]) for entry in first["downloaded"]}
    assert told == {
        str(site.dest / path): (len(content), hashlib.sha256(content).hexdigest(), "new")
        for path, content in EVERYTHING.items()
    }
    second = site.run()
    assert (second["changed"], second["bytes"], second["downloaded"], second["unchanged"]) == (False, 0, [], 5)
    assert (site.logins, site.fetched) == (2, 5)
    told = {"address": "x", "logins_left": 3, "open_at_once": 64, "mixes_handles": False}
    assert second["connection"] == told


def test_of_very_many_reports_the_first_are_named_and_all_are_counted(site, monkeypatch):
    monkeypatch.setattr(sync_run, "MOST_NAMED", 3)
    planned, first = site.run(plan_only=True), site.run()
    paths = [str(site.dest / path) for path in sorted(EVERYTHING)[:3]]
    for told in (planned, first):
        assert [entry["path"] for entry in told["downloaded"]] == paths
        assert (told["downloaded_count"], told["downloaded_shared"]) == (5, 4)
        assert told["diff"]["after"].splitlines() == [*sorted(EVERYTHING)[:3], "and 2 more"]
    assert first["bytes"] == sum(map(len, EVERYTHING.values()))
    assert site.run()["downloaded_count"] == 0


@pytest.mark.parametrize("named", [3, 9])
def test_of_what_is_not_here_the_first_are_named_and_all_is_counted(site, monkeypatch, named):
    for module in (sync_run, sync_result, completeness):
        monkeypatch.setattr(module, "MOST_NAMED", named)
    site.folders["COMMON"] |= {f"R{number}_20261120.csv": report(b"", denied=True) for number in range(5)}
    told = failed(site, NothingReadable)
    assert (told["refused_count"], told["expiring_count"], told["absent_count"]) == (5, 0, 0)
    names = ["R0", "R1", "R2", "R3", "R4"][:named]
    assert [entry["name"][:2] for entry in told["refused"]] == names
    site.now += timedelta(days=7)
    told = failed(site, NothingReadable)
    assert (told["expiring_count"], [entry["name"][:2] for entry in told["expiring"]]) == (5, names)
    site.folders["COMMON"] = {}
    shutil.rmtree(site.dest / "COMMON")
    told = site.run()
    assert (told["lost_count"], [entry["what"][7:9] for entry in told["lost"]]) == (5, names)
    assert (told["absent_count"], [entry["path"][7:9] for entry in told["absent"]]) == (2, ["RX", "TP"])


def test_a_plan_is_what_then_happens(site):
    planned = site.run(plan_only=True)
    assert not site.dest.exists() and site.fetched == 0 and site.record().held() == {}
    done = site.run()

    def told(result):
        return [{key: entry[key] for key in ("path", "size", "reason")} for entry in result["downloaded"]]

    assert told(planned) == told(done)
    for key in ("changed", "bytes", "unchanged", "missing", "expiring", "lost", "refused", "diff"):
        assert planned[key] == done[key], key
    assert not site.run(plan_only=True)["changed"]


def test_a_changed_report_is_fetched_once_more_and_kept_beside(site):
    site.run()
    site.folders["COMMON"]["TP001_20261120.csv"] = report(b"corrected", MADE + 60)
    second = site.run()
    assert [entry["reason"] for entry in second["downloaded"]] == ["changed at the facility"]
    assert site.held() == {
        **EVERYTHING,
        "COMMON/TP001_20261120.csv": b"corrected",
        "COMMON/TP001_20261120.csv.~1~": b"",
    }
    assert not site.run()["changed"]


def test_what_the_disk_has_lost_is_fetched_again(site):
    site.run()
    (site.dest / "CXYZ" / "RPI03_20261120.csv").unlink()
    (site.dest / "COMMON" / "RX_AUDIT_20261120.csv").write_bytes(b"cut")
    second = site.run()
    assert {entry["reason"] for entry in second["downloaded"]} == {"gone from the archive"}
    assert {path: content for path, content in site.held().items() if ".~" not in path} == EVERYTHING
    assert not site.run()["changed"]


def test_a_report_that_grows_while_it_is_read_is_taken_as_it_is_in_the_end(site):
    site.folders["COMMON"]["RX_AUDIT_20261120.csv"] = report(b"line\n" * 9, grows=b"last line\n")
    done = site.run()
    assert site.held()["COMMON/RX_AUDIT_20261120.csv"] == b"line\n" * 9 + b"last line\n"
    assert len(done["downloaded"]) == 5 and done["refused"] == []
    assert not [path for path in site.held() if ".~" in path]
    assert not site.run()["changed"]


def test_a_report_that_never_stands_still_is_told_and_spoils_no_other(site):
    site.folders["COMMON"]["RX_AUDIT_20261120.csv"] = report(b"line\n", grows=b"more\n", restless=True)
    done = site.run()
    assert [entry["error_code"] for entry in done["refused"]] == ["still_changing"]
    assert set(site.held()) == set(EVERYTHING) - {"COMMON/RX_AUDIT_20261120.csv"}
    assert done["warnings"]


def test_a_report_that_may_not_be_read_is_owed_and_then_lost(site):
    site.folders["COMMON"]["RX_AUDIT_20261120.csv"] = report(b"secret", denied=True)
    first = site.run()
    assert [(entry["name"], entry["error_code"]) for entry in first["refused"]] == [
        ("RX_AUDIT_20261120.csv", "not_readable")
    ]
    assert len(first["downloaded"]) == 4 and first["lost"] == []
    del site.folders["COMMON"]["RX_AUDIT_20261120.csv"]
    site.now += timedelta(days=11)
    for _run in range(2):
        lost = site.run()["lost"]
        assert [entry["what"] for entry in lost] == ["COMMON/RX_AUDIT_20261120.csv"]
    assert site.run(plan_only=True)["lost"] == lost


@pytest.mark.parametrize(("age", "days_left"), [(7, 2), (8, 1), (9, 0)])
def test_what_is_about_to_be_lost_is_warned_of_while_it_can_be_fetched(site, age, days_left):
    old = int((FRIDAY - timedelta(days=age)).timestamp())
    site.folders["COMMON"]["RX_AUDIT_20261120.csv"] = report(b"x", old, denied=True)
    assert [(entry["name"], entry["days_left"]) for entry in site.run()["expiring"]] == [
        ("RX_AUDIT_20261120.csv", days_left)
    ]


def test_an_intraday_run_fetches_the_intraday_reports_alone(site):
    first = site.run(scope="intraday")
    assert set(site.held()) == {"CXYZ/RPI03_20261120.csv"}
    assert len(first["downloaded"]) == 1
    assert len(site.run()["downloaded"]) == 4


def test_reports_are_chosen_by_globs_and_folders(site):
    site.run(include=["RX_*", "CXYZ/*"], exclude=["*deep*"])
    assert set(site.held()) == {"COMMON/RX_AUDIT_20261120.csv", "CXYZ/RPI03_20261120.csv"}
    assert len(site.run(folders=["/KEY_MANAGEMENT/"])["downloaded"]) == 1


def test_what_every_day_must_bring_is_missed_and_then_lost(site):
    site.run(expected=["RX_AUDIT*"])
    site.now += timedelta(days=5)  # Wednesday: nothing came since
    for key in list(site.folders["COMMON"]):
        del site.folders["COMMON"][key]
    missing = site.run(expected=["RX_AUDIT*", "RX_AUDIT*"])["missing"]
    assert missing == [{"expected": "RX_AUDIT*", "day": day} for day in ("2026-11-23", "2026-11-24")]
    site.now += timedelta(days=9)
    result = site.run(expected=["RX_AUDIT*"])
    assert [entry["day"] for entry in result["lost"]] == ["2026-11-23"]
    assert "2026-11-24" in [entry["day"] for entry in result["missing"]]


def test_what_is_a_name_to_the_listing_is_one_to_the_partner_the_archive_and_the_options(site):
    name = "\u3000結算\u00a0\ue000\u202f報告.csv"
    site.folders = {"COMMON": {name: report(), name + "2": report()}, name: {name: report()}}
    [copy] = [one for one in site.run(folders=["COMMON", name], return_index=True)["index"] if one["path"][-1] == "v"]
    assert copy["path"] == f"COMMON/{name}"
    assert (site.dest / name / name).read_bytes() == b"report"
    checked = site.archive_check()
    assert (checked["checked"], checked["unknown"]) == (3, [])
    other = Site(site.root / "other", **site.folders)
    assert other.run(folders=["COMMON", name], partner_index=[copy])["held_by_partner"] == 1


def test_a_warning_that_the_key_expires_is_shown(site):
    site.folders["KEY_MANAGEMENT"]["SSHKeyExpireWarning_20261120.txt"] = report(b"14 days")
    [found] = site.run()["warnings_found"]
    assert (found["name"], found["day"]) == ("SSHKeyExpireWarning_20261120.txt", "2026-11-20")
    assert Path(found["path"]).read_bytes() == b"14 days"


def test_hostile_names_are_left_and_told(site):
    site.folders["COMMON"]["../../evil"] = report(b"evil")
    site.folders["COMMON"]["link.csv"] = report(b"evil", mode=0o120777, stat="nowhere")
    done = site.run()
    assert site.held() == EVERYTHING
    assert {entry["error_code"] for entry in done["refused"]} == {"unsafe_remote_name", "no_regular_file"}
    assert len(done["refused"]) == len(done["warnings"]) == 2
    assert not (site.root / "evil").exists()


def test_a_folder_that_is_refused_fails_the_run(site):
    site.folders["CXYZ"] = None
    with pytest.raises(FolderRefused):
        site.run()


def failed(site, error, **more) -> dict:
    """The facts of a run that fails so, and its sentence."""
    with pytest.raises(error) as failure:
        site.run(**more)
    return {**failure.value.facts, "msg": str(failure.value)}


def refused(site, error, **more) -> dict:
    """The facts of a run that fails so, which check mode predicts."""
    with pytest.raises(error) as planned:
        site.run(plan_only=True, **more)
    with pytest.raises(error) as failed:
        site.run(**more)
    assert str(planned.value) == str(failed.value)
    for key in ("changed", "bytes", "refused", "missing", "expiring", "lost"):
        assert planned.value.facts[key] == failed.value.facts[key], key
    return failed.value.facts


def test_something_in_the_way_fails_the_run_when_the_rest_has_come_home(site):
    (site.dest / "CXYZ" / "RPI03_20261120.csv").mkdir(parents=True)
    (site.dest / "KEY_MANAGEMENT").symlink_to(site.root)
    told = refused(site, ArchiveDamaged)
    assert {entry["error_code"] for entry in told["refused"]} == {"archive_damaged"}
    assert len(told["refused"]) == 2 and len(site.held()) == 3
    (site.dest / "CXYZ" / "RPI03_20261120.csv").rmdir()
    (site.dest / "KEY_MANAGEMENT").unlink()
    site.run()
    assert site.held() == EVERYTHING


def test_what_does_not_fit_on_the_disk_is_left_out_and_fails_the_run_in_the_end(site, monkeypatch):
    monkeypatch.setattr(Archive, "room", lambda _archive: 100)
    told = refused(site, DiskFull)
    assert [(entry["name"], entry["error_code"]) for entry in told["refused"]] == [
        ("RX_AUDIT_20261120.csv", "disk_full")
    ]
    assert set(site.held()) == set(EVERYTHING) - {"COMMON/RX_AUDIT_20261120.csv"}
    assert [item.what for item in site.record().outstanding()] == ["COMMON/RX_AUDIT_20261120.csv"]
    monkeypatch.undo()
    assert len(site.run()["downloaded"]) == 1 and site.held() == EVERYTHING


def test_what_the_disk_has_lost_and_the_facility_no_longer_lists_is_told(site):
    site.run()
    (site.dest / "CXYZ" / "RPI03_20261120.csv").unlink()
    (site.dest / "COMMON" / "TP001_20261120.csv").unlink()
    del site.folders["CXYZ"]["RPI03_20261120.csv"]
    for told in (site.run(plan_only=True), site.run(), site.run()):
        assert [entry["path"] for entry in told["absent"]] == ["CXYZ/RPI03_20261120.csv"]
        assert [line for line in told["warnings"] if line.startswith("CXYZ/RPI03_20261120.csv: It is gone")]
    site.now += timedelta(days=17)
    assert site.run()["absent"] == []


@pytest.mark.parametrize("mtime", [0, 1000, 2**32 - 1])
@pytest.mark.parametrize("denied", [False, True])
def test_a_time_that_is_none_spoils_no_state(site, mtime, denied):
    site.folders["COMMON"]["A_20261120.csv"] = report(b"x", mtime, denied=denied)
    site.folders["COMMON"]["B.csv"] = report(b"x", mtime, denied=denied)
    site.run()
    assert not site.run()["changed"]


def test_what_a_broken_run_could_not_bring_is_not_lost_before_its_time(site):
    days = [datetime(2026, 11, day, 17, tzinfo=HONG_KONG) for day in (6, 9, 10, 20)]
    site.folders["COMMON"] = {f"TP001_{day:%Y%m%d}.csv": report(b"x", int(day.timestamp())) for day in days[:1]}
    site.now = datetime(2026, 11, 6, 18, tzinfo=HONG_KONG)
    site.run(expected=["TP001*"])
    site.now = FRIDAY
    site.folders["COMMON"] = {f"TP001_{day:%Y%m%d}.csv": report(b"x" * 9000, int(day.timestamp())) for day in days}
    site.cut_after = 9000
    with pytest.raises(ConnectionLost) as broken:
        site.run(expected=["TP001*"])
    assert broken.value.facts["lost"] == []
    site.cut_after = None
    assert site.run(expected=["TP001*"])["lost"] == []


def test_what_could_not_be_looked_at_is_neither_lost_nor_absent(site):
    site.run()
    site.folders["CXYZ"]["2026"].entries.append((b"outstanding.csv", report(b"x", denied=True)))
    site.run()
    (site.dest / "CXYZ" / "2026" / "deep.csv").unlink()
    site.folders["CXYZ"]["2026"].denied = True
    told = failed(site, FolderRefused)
    assert (told["lost"], told["absent"]) == ([], [])
    assert [entry["error_code"] for entry in told["refused"]] == ["folder_refused"]
    narrow = site.run(folders=["COMMON"])
    outstanding = [(item.kind, item.what) for item in site.record().outstanding()]
    assert narrow["lost"] == [] and outstanding == [("entry", "CXYZ/2026"), ("report", "CXYZ/2026/outstanding.csv")]
    site.folders["CXYZ"]["2026"].denied = False
    site.run()
    assert [(item.kind, item.what) for item in site.record().outstanding()] == [("report", "CXYZ/2026/outstanding.csv")]


def test_what_is_not_looked_at_any_more_is_lost_one_day(site):
    site.folders["CXYZ"]["RPI03_20261120.csv"] = report(b"margin", denied=True)
    site.run()
    site.now += timedelta(days=14)
    assert site.run(folders=["COMMON"])["lost"] == []
    site.now += timedelta(days=3)
    assert [entry["what"] for entry in site.run(folders=["COMMON"])["lost"]] == ["CXYZ/RPI03_20261120.csv"]


def test_a_full_disk_hides_nothing_that_is_lost(site, monkeypatch):
    site.folders["CXYZ"]["RPI03_20261120.csv"] = report(b"margin", denied=True)
    site.run()
    del site.folders["CXYZ"]["RPI03_20261120.csv"]
    site.folders["COMMON"]["LARGE_20261120.csv"] = report(b"x" * 900)
    monkeypatch.setattr(Archive, "room", lambda _archive: 100)
    assert [entry["what"] for entry in refused(site, DiskFull)["lost"]] == ["CXYZ/RPI03_20261120.csv"]


def test_a_report_made_anew_under_its_name_each_day_brings_each_day(site):
    for day in (18, 19, 20):
        site.now = datetime(2026, 11, day, 18, tzinfo=HONG_KONG)
        made = int(datetime(2026, 11, day, 17, tzinfo=HONG_KONG).timestamp())
        site.folders["COMMON"] = {"TP001.csv": report(b"x" * day, made), f"RX_202611{day}.csv": report(b"r", made)}
        for told in (site.run(plan_only=True, expected=["TP*"]), site.run(expected=["TP*"])):
            assert (told["missing"], len(told["downloaded"])) == ([], 5 if day == 18 else 2)
    assert site.run(expected=["TP*"])["missing"] == []


def test_a_report_that_the_disk_has_lost_and_nobody_hands_out_again_is_lost(site):
    site.run()
    (site.dest / "CXYZ" / "RPI03_20261120.csv").unlink()
    site.folders["CXYZ"]["RPI03_20261120.csv"] = report(b"margin", denied=True)
    site.run()
    failed(site, NothingReadable, scope="intraday")
    del site.folders["CXYZ"]["RPI03_20261120.csv"]
    assert [entry["what"] for entry in site.run()["lost"]] == ["CXYZ/RPI03_20261120.csv"]


def test_an_intraday_report_that_never_came_is_lost(site):
    site.folders["CXYZ"]["RPI03_20261120.csv"] = report(b"margin", denied=True)
    failed(site, NothingReadable, scope="intraday")
    del site.folders["CXYZ"]["RPI03_20261120.csv"]
    assert [entry["what"] for entry in site.run()["lost"]] == ["CXYZ/RPI03_20261120.csv"]


def test_a_link_in_the_place_of_half_written_reports_is_not_followed(site):
    precious = site.root / "precious"
    precious.mkdir()
    (precious / "file").touch()
    site.dest.mkdir()
    (site.dest / ".incoming-CXYZ001").symlink_to(precious)
    for plan_only in (True, False):
        with pytest.raises(ArchiveDamaged):
            site.run(plan_only=plan_only)
    assert (precious / "file").exists() and site.logins == 0


def test_what_is_no_report_is_not_held(site):
    site.run()
    (site.dest / "COMMON" / "TP001_20261120.csv").unlink()
    os.mkfifo(site.dest / "COMMON" / "TP001_20261120.csv")
    assert [entry["error_code"] for entry in refused(site, ArchiveDamaged)["refused"]] == ["archive_damaged"]


@pytest.mark.parametrize("scope", ["all", "intraday"])
def test_a_newer_version_that_never_came_is_lost_though_an_earlier_one_is_held(site, scope):
    site.run()
    site.folders["CXYZ"]["RPI03_20261120.csv"] = report(b"corrected", MADE + 60, denied=True)
    assert site.run()["lost"] == []
    if scope == "intraday":
        site.folders["CXYZ"]["RPI03_20261120.csv"] = report(b"corrected", MADE + 60)
        assert len(site.run(scope=scope)["downloaded"]) == 1
        assert site.record().outstanding() == []
    del site.folders["CXYZ"]["RPI03_20261120.csv"]
    lost = [entry["what"] for entry in site.run()["lost"]]
    assert lost == ([] if scope == "intraday" else ["CXYZ/RPI03_20261120.csv"])


def test_outside_the_hours_nobody_logs_in(site):
    site.now = datetime(2026, 11, 21, 12, tzinfo=HONG_KONG)
    result = site.run()
    assert result["skipped"] and not result["changed"] and site.logins == 0
    with pytest.raises(DcassError) as refused:
        site.run(outside_hours="fail")
    assert refused.value.code == "facility_closed" and site.logins == 0
    assert site.run(outside_hours="ignore")["changed"]


def test_reports_of_a_day_that_was_listed_as_closed_are_told(site):
    told = (
        "2026-11-20 is listed under dcass_closed_days, but brought 4 reports. Was the facility open? Then take the day "
        "off that list: what was expected of it is not asked for."
    )
    site.now += timedelta(days=3)
    assert site.run(closed_days=["2026-11-19"])["warnings"] == []
    for _run in range(2):  # as long as the facility lists them
        assert site.run(closed_days=["2026-11-20"])["warnings"] == [told]
    assert site.run(closed_days=["2026-11-20"], scope="intraday")["warnings"] == []  # a poll comes every few minutes


def test_what_people_should_see_is_told_by_a_run_that_fails_as_well(site):
    site.now += timedelta(days=3)
    facts = failed(site, FolderRefused, closed_days=["2026-11-20"], folders=["COMMON", "NOPE"])
    assert facts["warnings"][0].startswith("2026-11-20 is listed under dcass_closed_days")


def test_an_intraday_run_takes_risk_parameters_in_small_letters(site):
    name = "rpi______-_____-__-_____-261120-1100.lis"
    site.folders["COMMON"][name] = report(b"parameters")
    assert name in [entry["name"] for entry in site.run(scope="intraday")["downloaded"]]


def test_final_risk_parameters_made_after_the_close_are_those_of_the_day_before(site):
    site.folders["COMMON"]["rpf______-_____-__-_____-261120.lis"] = report(b"final", MADE + 10 * 3600)  # 04:30
    site.now += timedelta(days=3)
    assert site.run(expected=["RPF*"])["missing"] == []


def test_an_opened_saturday_and_a_holiday_are_asked_for_nothing_but_what_holidays_bring(site):
    wanted = {"expected": ["RX_AUDIT*"], "open_days": ["2026-11-21"], "holiday_trading": True}
    site.run(**wanted)
    site.now = datetime(2026, 11, 23, 12, tzinfo=HONG_KONG)
    assert site.run(**wanted)["missing"] == []
    site.now = datetime(2026, 12, 28, 12, tzinfo=HONG_KONG)
    missing = site.run(**wanted, expected_on_holidays=["RPI*"])["missing"]
    assert {entry["day"] for entry in missing if entry["expected"] == "RPI*"} == {"2026-12-25"}
    assert "2026-12-25" not in {entry["day"] for entry in missing if entry["expected"] == "RX_AUDIT*"}


@pytest.mark.parametrize("cut_after", [40, 400, 900, 20000, 45000])
def test_a_line_that_breaks_keeps_what_is_whole_and_the_next_run_goes_on(site, cut_after):
    site.cut_after = cut_after
    with pytest.raises(ConnectionLost) as lost:
        site.run()
    whole = {path: EVERYTHING[path] for path in site.record().held()}
    assert site.held() == whole
    assert [entry["sha256"] for entry in lost.value.facts["downloaded"]] == [
        hashlib.sha256(whole[path]).hexdigest() for path in sorted(whole)
    ]
    site.cut_after = None
    assert len(site.run()["downloaded"]) == len(EVERYTHING) - len(whole)
    assert site.held() == EVERYTHING


def test_what_a_broken_run_saw_and_never_brought_is_owed_and_one_day_lost(site):
    site.cut_after = 1500
    with pytest.raises(ConnectionLost) as broken:
        site.run()
    left = sorted(set(EVERYTHING) - set(site.record().held()))
    assert "COMMON/RX_AUDIT_20261120.csv" in left
    assert sorted(item.what for item in site.record().outstanding()) == left
    assert (broken.value.facts["lost"], broken.value.facts["expiring"]) == ([], [])
    site.cut_after, site.now = None, FRIDAY + timedelta(days=12)
    site.folders["COMMON"].clear()
    lost = [entry["what"] for entry in site.run()["lost"]]
    assert lost == [path for path in left if path.startswith("COMMON/")]


def test_a_power_cut_at_any_step_costs_nothing_but_the_run(tmp_path):
    first = Site(tmp_path / "first", COMMON={"A.csv": report(b"old"), "B.csv": report(b"b" * 40000)})
    first.run()
    for step in steps():
        site = Site(tmp_path / f"at{step}", COMMON=dict(first.folders["COMMON"]))
        shutil.copytree(first.root, site.root)
        site.folders["COMMON"]["A.csv"] = report(b"new", MADE + 1)
        site.folders["COMMON"]["C.csv"] = report(b"c")
        died = cut_at(step, site.run)
        known = site.record().held()
        assert {"COMMON/A.csv", "COMMON/B.csv"} <= set(known)
        assert site.archive_check()["damaged"] == []
        site.run()
        assert site.held() == {
            "COMMON/A.csv": b"new",
            "COMMON/A.csv.~1~": b"old",
            "COMMON/B.csv": b"b" * 40000,
            "COMMON/C.csv": b"c",
        }
        if not died:
            break
        shutil.rmtree(site.root)
    assert step > 10 and not site.run()["changed"]


@pytest.mark.parametrize("syncfs", [True, False], ids=["synced together", "synced one by one"])
def test_a_power_cut_takes_nothing_that_was_recorded_and_leaves_no_name_with_less_than_a_report(
    tmp_path, monkeypatch, syncfs
):
    monkeypatch.setattr(recording, "_TOGETHER", 2)
    reports = {f"R{number}.csv": report(b"%d" % number * 20000) for number in range(5)}
    record = Manifest.record
    for step in steps():
        site = Site(tmp_path / f"at{step}", COMMON=dict(reports))
        with Volatile(syncfs) as disk:

            def checked(self, held, now, site=site, disk=disk):
                assert not [one.path for one in held if disk.would_lose(site.dest / one.path)]
                record(self, held, now)

            with monkeypatch.context() as patched:
                patched.setattr(Manifest, "record", checked)
                died = cut_at(step, site.run)
        disk.lose(site.dest)
        whole = {f"COMMON/{name}": remote.content for name, remote in reports.items()}
        named = {path: content for path, content in site.held().items() if not path.startswith(".")}
        assert named.items() <= whole.items()
        assert set(site.record().held()) <= set(named)
        site.run()
        assert site.held() == whole
        if not died:
            break
        shutil.rmtree(site.root)
    assert step > 30


def test_what_could_not_be_read_here_and_the_partner_has_is_not_owed(site):
    site.folders["COMMON"]["RX_AUDIT_20261119.csv"] = report(b"secret", MADE - 86400, denied=True)
    assert "2026-11-19" in failed(site, NothingReadable, expected=["RX_AUDIT*"])["msg"]
    assert [item.what for item in site.record().outstanding()] == ["COMMON/RX_AUDIT_20261119.csv"]
    copy = {"path": "COMMON/RX_AUDIT_20261119.csv", "size": 6, "mtime": MADE - 86400}
    done = site.run(expected=["RX_AUDIT*"], partner_index=[copy])
    assert (done["held_by_partner"], done["refused"], site.record().outstanding()) == (1, [], [])
    site.now += timedelta(days=20)
    del site.folders["COMMON"]["RX_AUDIT_20261119.csv"]
    assert site.run()["lost"] == []


def test_a_day_that_only_the_partner_has_fetched_is_not_missed(site):
    site.run(expected=["RX_AUDIT*"])
    site.now += timedelta(days=4)  # Tuesday; Monday's reports are the partner's
    missed = site.run(expected=["RX_AUDIT*"])
    assert [entry["day"] for entry in missed["missing"]] == ["2026-11-23"]
    copy = {"path": "COMMON/RX_AUDIT_20261123.csv", "size": 6, "mtime": None}
    assert site.run(expected=["RX_AUDIT*"], partner_index=[copy])["missing"] == []


def test_what_the_partner_once_told_and_tells_no_more_is_not_lost(site):
    """After a long holiday the day is out of the two weeks that are told; before it, the partner had it."""
    copy = {"path": "COMMON/RX_AUDIT_20261119.csv", "size": 6, "mtime": None}
    site.run(expected=["RX_AUDIT*"], partner_index=[copy])
    site.now += timedelta(days=3)  # Monday
    assert site.run(expected=["RX_AUDIT*", "TP001*"], partner_index=[copy])["missing"] == [
        {"expected": "TP001*", "day": "2026-11-19"}
    ]
    site.now += timedelta(days=14)
    lost = site.run(expected=["RX_AUDIT*", "TP001*"], partner_index=[])["lost"]
    assert {"what": "TP001*", "day": "2026-11-19", "lost_on": "2026-12-07"} in lost
    assert "2026-11-19" not in [entry["day"] for entry in lost if entry["what"] == "RX_AUDIT*"]
    assert "2026-11-24" in [entry["day"] for entry in lost if entry["what"] == "RX_AUDIT*"], "nobody had looked"


def test_a_stand_by_spends_no_login_and_changes_nothing_but_what_it_remembers(site):
    site.run(folders=["COMMON"])
    told = site.standby(partner_index=[{"path": "CXYZ/RPI03_20261120.csv", "size": 6, "mtime": MADE}])
    assert (told["changed"], told["connection"], site.logins) == (False, None, 1)
    assert [entry["path"] for entry in told["index"]] == sorted(
        path for path in EVERYTHING if path.startswith("COMMON")
    )
    done = site.run()
    assert done["held_by_partner"] == 1
    assert set(site.held()) == set(EVERYTHING) - {"CXYZ/RPI03_20261120.csv"}


def test_a_damaged_state_is_told_and_not_hidden_by_the_telling(site):
    site.run()
    manifest = Manifest(StateDb(str(site.root / "state")), Account("CXYZ001"))
    with manifest._state.transaction() as db:
        db.execute("UPDATE reports SET size = 'much'")
    with pytest.raises(StateDamaged):
        site.run(return_index=True)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"window": 0}, id="no request at all"),
        pytest.param({"window": 1025}, id="too many requests"),
        pytest.param({"progress": -1}, id="lines before there is any"),
        pytest.param({"progress": 3601}, id="a line in more than an hour"),
        pytest.param({"folders": ["../etc"]}, id="a folder upwards"),
        pytest.param({"folders": ["COMMON/2026"]}, id="a path"),
        pytest.param({"folders": [""]}, id="an empty folder"),
        pytest.param({"folders": ["COM\nMON"]}, id="a folder of two lines"),
        pytest.param({"login_budget": 5}, id="a budget that locks"),
    ],
)
def test_wrong_options_are_refused_before_anything(site, wrong):
    with pytest.raises(BadInput) as refused:
        site.run(**wrong)
    assert refused.value.code == "bad_option"
    assert site.logins == 0 and list(site.root.iterdir()) == []


def test_what_came_shorter_than_listed_is_owed_and_read_once_more_by_another_run(site):
    short = report(b"x" * 300, ends_at=100)
    site.folders["COMMON"]["RX_AUDIT_20261120.csv"] = short
    first = failed(site, SizeDiffers, return_index=True)
    assert [entry["size"] for entry in first["downloaded"] if entry["name"] == "RX_AUDIT_20261120.csv"] == [100]
    assert [item.what for item in site.record().outstanding()] == ["COMMON/RX_AUDIT_20261120.csv"]
    assert "COMMON/RX_AUDIT_20261120.csv" not in {entry["path"] for entry in first["index"] if entry["size"] == 300}
    short.ends_at = None
    second = site.run()
    assert [(entry["size"], entry["reason"]) for entry in second["downloaded"]] == [
        (300, "came shorter than it is listed")
    ]
    assert site.record().outstanding() == []
    assert site.held()["COMMON/RX_AUDIT_20261120.csv"] == b"x" * 300
    assert not site.run()["changed"]


def test_what_came_shorter_stays_outstanding_whatever_else_fails_the_run(site):
    site.folders["COMMON"]["RX_AUDIT_20261120.csv"] = report(b"x" * 300, ends_at=100)
    site.folders["KEY_MANAGEMENT"] = None
    failed(site, FolderRefused)
    kinds = {(item.kind, item.what) for item in site.record().outstanding()}
    assert ("report", "COMMON/RX_AUDIT_20261120.csv") in kinds


def test_what_comes_as_short_again_counts_as_it_is(site):
    site.folders["COMMON"]["RX_AUDIT_20261120.csv"] = report(b"x" * 300, ends_at=100)
    failed(site, SizeDiffers)
    assert len(failed(site, SizeDiffers)["downloaded"]) == 1
    quiet = site.run()
    assert (quiet["changed"], site.record().outstanding()) == (False, [])
    assert [held.size for held in site.record().shorter_than_listed(FRIDAY - timedelta(days=1))] == [100]


def test_a_report_of_no_size_that_came_home_after_all_is_not_owed_nor_lost(site):
    odd = site.folders["COMMON"]["TP001_20261120.csv"] = report(b"x" * 300, listed=2**63)
    site.folders["COMMON"]["RX.csv"] = report(b"y")
    assert [entry["error_code"] for entry in site.run()["refused"]] == ["size_impossible"]
    odd.listed = None
    site.folders["KEY_MANAGEMENT"] = None
    failed(site, FolderRefused)
    assert [item.what for item in site.record().outstanding() if item.kind == "report"] == []
    site.folders["KEY_MANAGEMENT"] = {}
    del site.folders["COMMON"]["TP001_20261120.csv"]
    assert site.run()["lost"] == []


def test_a_folder_below_that_is_closed_ends_the_run_red_unless_it_is_passed_over(site):
    site.folders["CXYZ"]["2026"].denied = True
    told = failed(site, FolderRefused)
    assert len(told["downloaded"]) == 4 and told["lost"] == []
    assert not site.run(exclude=["CXYZ/2026"])["changed"]


def test_refused_names_are_matched_as_they_are_spelled(site):
    site.folders["COMMON"].update({"RX\u202e_報告.csv": report(b"x"), "L" * 210 + "_RX.csv": report(b"x")})
    assert len(site.run()["refused"]) == 2
    assert site.run(exclude=["*報告*", "*_RX.csv"])["refused"] == []
    only = failed(site, NothingReadable, include=["*報告*"])
    assert [entry["error_code"] for entry in only["refused"]] == ["unsafe_remote_name"]


@pytest.mark.parametrize(
    ("renewed_on", "answered"),
    [(None, False), (FRIDAY.date() - timedelta(days=730), False), (FRIDAY.date() - timedelta(days=3), True)],
    ids=["never", "two years ago", "three days ago"],
)
def test_a_warning_about_the_old_key_after_a_renewal_is_no_alarm(site, renewed_on, answered):
    site.renewed_on = renewed_on
    site.folders["KEY_MANAGEMENT"]["SSHKeyExpireWarning_20261120.txt"] = report(b"14 days")
    assert [found["answered"] for found in site.run()["warnings_found"]] == [answered]
