# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of reports held, runs made, and outstanding reports: all or nothing, and apart for each account."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import StateDamaged
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Copy, HeldReport

NOW = datetime(2026, 11, 20, 18, tzinfo=HONG_KONG)
DAY = date(2026, 11, 20)
REPORT = HeldReport("COMMON/A.csv", "COMMON", "A.csv", 10, 1000, "ab" * 32, DAY)
UNTOLD = HeldReport("CXYZ/B.csv", "CXYZ", "B.csv", 5, None, "cd" * 32, None)


@pytest.fixture
def manifest(tmp_path) -> Manifest:
    return Manifest(StateDb(str(tmp_path)), Account("CXYZ001"))


def again(tmp_path, account="CXYZ001") -> Manifest:
    return Manifest(StateDb(str(tmp_path), read_only=True), Account(account))


def test_what_is_recorded_is_held(manifest, tmp_path):
    manifest.record([REPORT, UNTOLD], NOW)
    assert again(tmp_path).held() == {REPORT.path: REPORT, UNTOLD.path: UNTOLD}


def test_a_newer_version_takes_the_place_of_the_earlier(manifest):
    manifest.record([REPORT], NOW)
    manifest.record([REPORT._replace(size=11, sha256="ef" * 32)], NOW)
    assert [report.size for report in manifest.held().values()] == [11]


def test_reports_are_recorded_all_or_none(manifest):
    with pytest.raises(Exception, match="NOT NULL") as refused:
        manifest.record([REPORT, UNTOLD._replace(sha256=None)], NOW)
    assert isinstance(refused.value.__cause__ or refused.value, sqlite3.Error)
    assert manifest.held() == {}


def test_both_accounts_see_the_reports_that_one_has_fetched(manifest, tmp_path):
    manifest.record([REPORT], NOW)
    assert again(tmp_path, "CXYZ002").held() == {REPORT.path: REPORT}


def test_debts_belong_to_an_account_and_are_replaced_by_each_run(manifest, tmp_path):
    outstanding = [
        Outstanding("expected", "RX_*", DAY),
        Outstanding("report", "COMMON/x", DAY, DAY + timedelta(days=11)),
    ]
    manifest.finish("all", NOW, NOW, 0, 0, outstanding)
    assert again(tmp_path).outstanding() == outstanding
    assert again(tmp_path, "CXYZ002").outstanding() == []
    manifest.finish("intraday", NOW, NOW, 0, 0, None)
    assert manifest.outstanding() == outstanding, "a run that did not look changed the outstanding reports"
    manifest.finish("all", NOW, NOW, 0, 0, [])
    assert manifest.outstanding() == []


def test_the_last_full_run_is_remembered(manifest):
    assert manifest.last_full_sync() is None
    manifest.finish("all", NOW, NOW + timedelta(seconds=9), 0, 0, [])
    manifest.finish("intraday", NOW, NOW + timedelta(hours=1), 0, 0, None)
    assert manifest.last_full_sync() == NOW + timedelta(seconds=9)


def test_a_full_run_of_a_clock_that_was_ahead_is_not_the_last_one(manifest):
    manifest.finish("all", NOW, NOW, 0, 0, [])
    ahead = NOW + timedelta(days=730)
    manifest.finish("all", ahead, ahead, 0, 0, [])
    assert (manifest.last_full_sync(NOW), manifest.last_full_sync()) == (NOW, ahead)


def test_a_summary_for_people(manifest):
    assert manifest.summary() == {"last_sync": None, "last_drill": None, "per_day": [], "held": 0, "bytes": 0}
    manifest.record([REPORT, UNTOLD, REPORT._replace(path="CABC/x", folder="CABC")], NOW)
    manifest.finish("all", NOW, NOW, 2, 15, [])
    told = manifest.summary()
    assert (told["held"], told["bytes"], told["last_sync"]["downloaded"]) == (3, 25, 2)
    assert told["per_day"] == [{"day": "2026-11-20", "reports": 1, "bytes": 10}]


def test_some_of_many_are_looked_up_and_all(manifest):
    many = [REPORT._replace(path=f"COMMON/{number}", name=str(number)) for number in range(2000)]
    manifest.record(many, NOW)
    asked = [report.path for report in many[:1500]] + ["COMMON/unknown"]
    assert manifest.held(asked) == {report.path: report for report in many[:1500]}
    assert len(manifest.held()) == 2000
    assert manifest.held([]) == {}


def test_what_some_days_have_brought(manifest):
    days = [DAY - timedelta(days=number) for number in range(5)]
    manifest.record([REPORT._replace(path=f"COMMON/{day}", name=str(day), day=day) for day in days], NOW)
    manifest.record([UNTOLD._replace(day=DAY - timedelta(days=9)), UNTOLD._replace(path="CXYZ/C", name="C")], NOW)
    assert sorted(manifest.brought(("COMMON", "KEY_MANAGEMENT"), days[1])) == [
        (f"COMMON/{day}", day) for day in (days[4], days[1], days[0])
    ]
    assert ("CXYZ/B.csv", DAY - timedelta(days=9)) in list(manifest.brought(("COMMON", "CXYZ"), DAY))
    assert list(manifest.brought(("KEY_MANAGEMENT",), DAY)) == []


def test_copies_of_the_shared_folders_are_told_and_old_ones_are_not(manifest):
    since, late = NOW - timedelta(days=14), int((NOW - timedelta(days=13)).timestamp())
    old = int((NOW - timedelta(days=15)).timestamp())
    reports = {
        "COMMON/new": REPORT._replace(mtime=late),
        "COMMON/old": REPORT._replace(mtime=old),
        "CXYZ/of no time": UNTOLD._replace(day=DAY),
        "CXYZ/of an old day": UNTOLD._replace(day=DAY - timedelta(days=20)),
        "CXYZ/of no day": UNTOLD,
        "KEY_MANAGEMENT/CXYZ001/x": REPORT._replace(folder="KEY_MANAGEMENT", mtime=late),
        "CABC/x": REPORT._replace(folder="CABC", mtime=late),
    }
    folders = {path: path.partition("/")[0] for path in reports}
    manifest.record([r._replace(path=path, folder=folders[path]) for path, r in reports.items()], NOW)
    recent = list(manifest.recent(("COMMON", "CXYZ"), since))
    assert [copy.path for copy in recent] == ["COMMON/new", "CXYZ/of no day", "CXYZ/of no time"]
    assert recent[0].as_listed() == Copy("COMMON/new", 10, late)


def test_what_the_partner_holds_is_remembered_for_each_account_until_the_next_telling(manifest, tmp_path):
    copies = [Copy("COMMON/A.csv", 10, 1000), Copy("CXYZ/B.csv", 5, None)]
    assert manifest.partner_index() == {}
    manifest.remember_partner(copies)
    assert again(tmp_path).partner_index() == {copy.path: copy for copy in copies}
    assert again(tmp_path, "CXYZ002").partner_index() == {}
    manifest.remember_partner(copies[1:])
    assert list(manifest.partner_index()) == ["CXYZ/B.csv"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("UPDATE reports SET day = 'someday'", "reports holds .*someday", id="a report of no day"),
        pytest.param("UPDATE reports SET size = 'much'", "reports holds .*much", id="a report of no size"),
        pytest.param("UPDATE reports SET path = NULL", "reports holds path=None", id="a report of no path"),
        pytest.param("UPDATE debts SET day = '2026-13-01'", "debts holds .*2026-13-01", id="a debt of no day"),
        pytest.param("UPDATE debts SET lost_on = 5", "debts holds .*lost_on='5'", id="a debt lost on no day"),
        pytest.param(
            "UPDATE partner_reports SET size = 'much'", "partner_reports holds .*much", id="a copy of no size"
        ),
        pytest.param("UPDATE syncs SET ended = 'later'", "syncs holds .*later", id="a run that ended at no time"),
    ],
)
def test_a_hand_edited_record_is_damage_not_a_traceback(manifest, tmp_path, script, told):
    manifest.record([REPORT], NOW)
    manifest.finish("all", NOW, NOW, 1, 10, [Outstanding("expected", "RX_*", DAY)])
    manifest.remember_partner([Copy("COMMON/A.csv", 10, 1000)])
    db = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    db.execute(script)
    db.close()

    def read_all() -> None:
        for look in (
            manifest.held,
            manifest.outstanding,
            manifest.last_full_sync,
            manifest.summary,
            manifest.partner_index,
        ):
            look()

    with pytest.raises(StateDamaged, match=told):
        read_all()
