# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill of the exchange: what it brings lies apart, comes once, and counts for nothing (§4.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, overlay
from ansible_collections.dcass.sftp.plugins.module_utils._rules.drills import drill_folder
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    BadInput,
    NothingReadable,
    StateDamaged,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from tests.unit.sftp_server import Folder
from tests.unit.test_sync_flow import EVERYTHING, FRIDAY, Site, report, site

__all__ = ["site"]  # a fixture

SATURDAY = datetime(2026, 11, 28, 10, tzinfo=HONG_KONG)
MONDAY = datetime(2026, 11, 30, 10, tzinfo=HONG_KONG)
FRIDAYS = int(FRIDAY.timestamp()) - 3600
AUDIT = "COMMON/RX_AUDIT_20261120.csv"
MADE = int(SATURDAY.timestamp()) - 3600
FOLDER = ".drill-2026-11-28"
DRILL = {"drill": True, "open_days": ["2026-11-28"], "outside_hours": "skip"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HONG_KONG)


@pytest.mark.parametrize(
    ("moment", "folder"),
    [
        pytest.param("2026-11-28T10:00", FOLDER, id="a Saturday that is opened"),
        pytest.param("2026-11-29T02:00", FOLDER, id="the night after it, which is its own"),
        pytest.param("2026-12-05T10:00", ".drill-2026-12-05", id="another Saturday"),
        pytest.param("2026-12-25T10:00", ".drill-2026-12-25", id="a public holiday"),
        pytest.param("2026-11-27T10:00", None, id="a Friday"),
        pytest.param("2026-11-28T02:00", None, id="the night to Saturday, which is Friday's"),
        pytest.param("2026-11-30T05:00", None, id="Monday before it opens"),
        pytest.param("2026-11-26T10:00", None, id="a business day that stands under open_days as well"),
        pytest.param("2026-11-25T10:00", ".drill-2026-11-25", id="a business day that is declared closed"),
    ],
)
def test_a_drill_is_of_a_day_that_brings_no_other_reports(moment, folder):
    calendar = overlay(["2026-11-25"], ["2026-11-28", "2026-11-26"])
    if folder:
        assert drill_folder(calendar, at(moment)) == folder
        return
    with pytest.raises(BadInput, match="no day for a drill") as refused:
        drill_folder(calendar, at(moment))
    assert refused.value.code == "bad_option" and "dcass_report_drill" in refused.value.hint


@pytest.mark.parametrize("clears", [False, True])
def test_a_holiday_is_for_a_drill_where_nobody_clears_on_it(clears):
    calendar, christmas = overlay([], ["2026-12-25"], holiday_trading=clears), at("2026-12-25T10:00")
    if not clears:
        assert drill_folder(calendar, christmas) == ".drill-2026-12-25"
        return
    with pytest.raises(BadInput):
        drill_folder(calendar, christmas)


@pytest.fixture
def drilled(site: Site) -> Site:
    """Friday is fetched, but for one report that may not be read; on Saturday the drill shows others of those names."""
    site.folders["CXYZ"]["LATE_20261120.csv"] = report(b"late", denied=True)
    site.run(expected=["RX_AUDIT*", "EOD*"])
    site.now = SATURDAY
    site.folders["CXYZ"] = {"RPI03_20261128.csv": report(b"drill", MADE), "LATE_20261120.csv": report(b"l", MADE)}
    site.folders["COMMON"] = {"RX_AUDIT_20261120.csv": report(b"drill audit", MADE), "FIXED.csv": report(b"d", MADE)}
    return site


def within(site: Site) -> dict[str, bytes]:
    """What lies in the drill's folder, by path below it."""
    return {path.partition("/")[2]: content for path, content in site.held().items() if path.startswith(FOLDER)}


def test_a_drill_fetches_everything_once_into_its_own_folder(drilled):
    before = drilled.fetched
    planned, first = drilled.run(plan_only=True, **DRILL), drilled.run(**DRILL)
    for result in (planned, first):
        assert result["drill"] and len(result["downloaded"]) == 4
        assert all(entry["path"].startswith(str(drilled.dest / FOLDER)) for entry in result["downloaded"])
    assert within(drilled) == {
        "COMMON/FIXED.csv": b"d",
        "COMMON/RX_AUDIT_20261120.csv": b"drill audit",
        "CXYZ/LATE_20261120.csv": b"l",
        "CXYZ/RPI03_20261128.csv": b"drill",
    }
    again = drilled.run(**DRILL)
    assert (again["changed"], again["unchanged"], drilled.fetched - before) == (False, 5, 4)
    drilled.folders["COMMON"]["FIXED.csv"] = report(b"dd", MADE + 60)
    assert [entry["reason"] for entry in drilled.run(**DRILL)["downloaded"]] == ["changed at the facility"]
    assert within(drilled)["COMMON/FIXED.csv.~1~"] == b"d"


def test_an_intraday_poll_of_a_drill_goes_to_the_same_place(drilled):
    polled = drilled.run(scope="intraday", **DRILL)
    assert [entry["name"] for entry in polled["downloaded"]] == ["RPI03_20261128.csv"]
    assert len(drilled.run(**DRILL)["downloaded"]) == 3


def test_nothing_of_a_drill_counts_for_anything_else(drilled):
    outstanding = drilled.record().outstanding()
    looked = drilled.record().last_full_sync()
    assert {item.what for item in outstanding} == {"CXYZ/LATE_20261120.csv"}
    for more in (DRILL, {**DRILL, "expected": ["RX_AUDIT*", "NEVER*"]}):
        result = drilled.run(**more)
        assert result["missing"] == result["expiring"] == result["lost"] == []
    record = drilled.record()
    assert (record.outstanding(), record.last_full_sync()) == (outstanding, looked)
    assert set(record.held()) == set(record.paths()) == set(EVERYTHING)
    summary = record.summary()
    assert (summary["held"], summary["last_sync"]["downloaded"], summary["last_drill"]["downloaded"]) == (5, 5, 0)
    assert set(drilled.held()) > set(EVERYTHING)


def test_what_could_not_be_had_in_a_drill_is_told_and_never_missed(drilled):
    drilled.folders["CXYZ"]["RPI03_20261128.csv"] = report(b"no", MADE, denied=True)
    drilled.folders["CXYZ"]["RPI04_20261128.csv"] = report(b"no", MADE, denied=True)
    with pytest.raises(NothingReadable) as failure:
        drilled.run(**DRILL)
    assert failure.value.facts["drill"] and len(failure.value.facts["refused"]) == 2
    assert failure.value.facts["expiring"] == []
    drilled.now += timedelta(days=20)
    drilled.folders["CXYZ"], drilled.folders["COMMON"] = {}, {}
    lost = {entry["what"] for entry in drilled.run()["lost"]}
    assert lost == {"CXYZ/LATE_20261120.csv"}


def test_a_production_report_of_the_same_name_comes_after_the_drill(drilled):
    drilled.run(**DRILL)
    drilled.now = MONDAY
    later = drilled.run(include=["CXYZ/*"])
    assert {entry["name"]: entry["reason"] for entry in later["downloaded"]} == {
        "RPI03_20261128.csv": "new",
        "LATE_20261120.csv": "new",
    }
    assert not later["drill"] and drilled.record().outstanding() == []


def test_what_the_pair_holds_already_is_not_fetched_again_for_a_drill(drilled):
    old = "2026/deep.csv"
    drilled.folders["CXYZ"][old.partition("/")[0]] = Folder([(b"deep.csv", report(b"deep"))])
    drilled.folders["COMMON"]["PARTNERS.csv"] = report(b"theirs")
    drilled.standby(partner_index=[{"path": "COMMON/PARTNERS.csv", "size": 6, "mtime": FRIDAYS}])
    result = drilled.run(**DRILL)
    assert result["unchanged"] == 3  # with what KEY_MANAGEMENT shows
    assert not {"PARTNERS.csv", old} & {entry["name"] for entry in result["downloaded"]}


def test_a_drills_report_that_is_still_there_comes_into_the_archive_and_people_are_told(drilled):
    drilled.run(**DRILL)
    drilled.now = MONDAY
    drilled.folders["COMMON"]["FIXED.csv"] = report(b"x", MADE + 2 * 86400)
    for plan_only in (True, False):
        later = drilled.run(plan_only, folders=["COMMON"])
        assert {entry["name"] for entry in later["downloaded"]} == {"FIXED.csv", "RX_AUDIT_20261120.csv"}
        assert later["warnings"] == [
            f"{AUDIT}: It is the report that the drill of 2026-11-28 has brought, by size and time."
        ]
    assert drilled.run(folders=["COMMON"])["warnings"] == []


def test_two_drills_do_not_mix(drilled):
    drilled.run(**DRILL)
    drilled.now += timedelta(days=7)
    second = drilled.run(drill=True, outside_hours="ignore")
    assert len(second["downloaded"]) == 4
    assert all(".drill-2026-12-05" in entry["path"] for entry in second["downloaded"])


def test_the_pair_shares_a_drill_and_never_confuses_it(drilled):
    index = drilled.run(return_index=True, **DRILL)["index"]
    assert {entry["path"].partition("/")[0] for entry in index} == {FOLDER}
    other = Site(drilled.root / "other", **drilled.folders)
    other.now = SATURDAY
    production = [{"path": "COMMON/FIXED.csv", "size": 1, "mtime": MADE}]
    other.run(partner_index=production, folders=["CXYZ"], outside_hours="ignore")
    stands_by = other.standby(partner_index=index, **DRILL)
    assert stands_by["drill"] and stands_by["index"] == []
    drill = other.run(**DRILL)
    assert (drill["held_by_partner"], [entry["folder"] for entry in drill["downloaded"]]) == (1, ["KEY_MANAGEMENT"])
    assert drill["unchanged"] == 3, "two that it holds itself, one that its partner holds outside of the drill"
    other.now = MONDAY
    assert other.run()["held_by_partner"] == 1, "what the partner holds in production was forgotten"


@pytest.mark.parametrize(
    ("path", "more"),
    [
        pytest.param(f"{FOLDER}/COMMON/A.csv", {"outside_hours": "ignore"}, id="a drill's in production"),
        pytest.param("COMMON/A.csv", DRILL, id="production's in a drill"),
        pytest.param(".drill-2026-11-21/COMMON/A.csv", DRILL, id="another drill's"),
        pytest.param(f"{FOLDER}/../COMMON/A.csv", DRILL, id="a path upwards"),
    ],
)
def test_an_index_of_the_other_kind_is_refused(drilled, path, more):
    with pytest.raises(BadInput, match="partner_index"):
        drilled.run(partner_index=[{"path": path, "size": 1, "mtime": None}], **more)


def test_a_record_of_a_drill_that_somebody_has_edited_is_damage(drilled):
    drilled.run(**DRILL)
    state = StateDb(str(drilled.root / "state"))
    with state.transaction() as db:
        db.execute("UPDATE reports SET size = 'much' WHERE path GLOB '.drill-*'")
    with pytest.raises(StateDamaged):
        list(drilled.record().drilled())
    with pytest.raises(StateDamaged):
        drilled.run(**DRILL)


def test_a_drill_that_is_left_on_is_refused_on_monday_and_skipped_on_sunday(drilled):
    drilled.now = datetime(2026, 11, 29, 12, tzinfo=HONG_KONG)
    skipped = drilled.run(**DRILL)
    assert (skipped["outcome"], skipped["drill"]) == ("closed", True)
    drilled.now, logins = MONDAY, drilled.logins
    with pytest.raises(BadInput):
        drilled.run(**DRILL)
    assert drilled.logins == logins


def test_the_audit_knows_a_drill_and_misses_nothing_of_it(drilled):
    drilled.run(**DRILL)
    (drilled.dest / FOLDER / ".incoming-CXYZ001" / "1").write_bytes(b"half")
    checked = drilled.archive_check()
    assert (checked["checked"], checked["unknown"]) == (9, [])
    (drilled.dest / FOLDER / "COMMON" / "stranger.csv").write_bytes(b"?")
    assert [entry["path"] for entry in drilled.archive_check()["unknown"]] == [f"{FOLDER}/COMMON/stranger.csv"]
    (drilled.dest / FOLDER).rename(drilled.root / "put away")
    checked = drilled.archive_check()
    assert (checked["checked"], checked["absent"]) == (5, [])


def test_a_link_in_place_of_a_drills_folder_is_refused(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / FOLDER).symlink_to(tmp_path)
    with pytest.raises(ArchiveDamaged):
        Archive(str(tmp_path / "reports"), Account("CXYZ001"), drill=FOLDER).require_usable()


def test_the_record_says_which_runs_were_a_drill(drilled):
    drilled.run(**DRILL)
    rows = drilled.record()._state.rows("SELECT scope, drill FROM syncs ORDER BY id")
    assert [tuple(row) for row in rows] == [("all", None), ("all", FOLDER)]


def test_on_a_drills_day_a_run_that_is_none_goes_its_usual_way(drilled):
    assert FRIDAY < SATURDAY
    usual = drilled.run(open_days=["2026-11-28"], outside_hours="skip", include=["CXYZ/RPI*"])
    assert not usual["drill"]
    assert [entry["path"] for entry in usual["downloaded"]] == [str(drilled.dest / "CXYZ/RPI03_20261128.csv")]
