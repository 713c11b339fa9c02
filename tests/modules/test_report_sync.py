# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync against the rehearsal facility: every report once, and nothing lost on the way."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.modules.steering import SteeredClock, present
from tests.modules.support import fail, run_module

RUN_ALONE = """
import sys, json
from ansible.module_utils.testing import patch_module_args
from ansible_collections.dcass.sftp.plugins.modules import report_sync
with patch_module_args(json.load(sys.stdin)):
    report_sync.main()
"""


def held(dest):
    """All files of the archive by path, with their content's hash."""
    root = pathlib.Path(dest)
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def publish_many(facility, workstation):
    """Forty reports of 200 kB for one participant: enough to be killed in the middle of."""
    for number in range(40):
        facility.publish(name=f"TP{number:03}_20261120.csv", folder=workstation.code, size=200_000)


def days_ago(days):
    return (present() - timedelta(days=days)).date().isoformat()


def start_alone(workstation, **more):
    """Start report_sync in a process of its own, so that it can be killed or run beside another."""
    options = {**workstation.options, "dest": workstation.dest, **more}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN_ALONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    process.stdin.write(json.dumps(options).encode())
    process.stdin.close()
    return process


def test_first_run_brings_all_and_the_second_nothing(facility, workstation):
    facility.publish()
    first = workstation.sync()
    assert first["changed"] and len(first["downloaded"]) > 60
    archive = held(workstation.dest)
    assert {entry["sha256"] for entry in first["downloaded"]} == set(archive.values())
    second = workstation.sync()
    assert (second["changed"], second["bytes"], second["downloaded"]) == (False, 0, [])
    assert second["unchanged"] == len(first["downloaded"])
    assert held(workstation.dest) == archive
    assert second["connection"]["logins_left"] == 2
    assert len(facility.events("login")) == 2


def test_the_archive_mirrors_the_facility_with_its_modes(facility, workstation):
    facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=1000)
    facility.publish(name="EMPTY_20261120.csv", folder="COMMON", size=0)
    workstation.sync()
    root = pathlib.Path(workstation.dest)
    assert sorted(held(root)) == [f"{workstation.code}/TP001_20261120.csv", "COMMON/EMPTY_20261120.csv"]
    assert (root / workstation.code / "TP001_20261120.csv").stat().st_mode & 0o7777 == 0o640
    assert (root / workstation.code).stat().st_mode & 0o7777 == 0o750


def test_check_mode_predicts_the_run_and_fetches_nothing(facility, workstation):
    facility.publish(scale=0.05)
    planned = workstation.sync(check=True, diff=True)
    assert held(workstation.dest) == {}
    done = workstation.sync(diff=True)
    assert planned["changed"] is done["changed"] is True
    assert planned["diff"] == done["diff"]
    for entry in done["downloaded"]:
        entry["sha256"] = None
    for name in ("downloaded", "bytes", "unchanged", "refused", "missing", "expiring", "lost", "warnings_found"):
        assert planned[name] == done[name], name


def test_where_asked_a_file_lists_all_that_the_last_run_has_fetched(facility, workstation):
    facility.publish()
    path = pathlib.Path(workstation.options["state_dir"]) / f"{workstation.account}.downloaded.jsonl"

    def listed():
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        return sorted(entries, key=lambda entry: entry["path"])

    planned = workstation.sync(check=True, list_downloaded=True)
    assert (planned["downloaded_list"], path.exists()) == (str(path), False)
    first = workstation.sync(list_downloaded=True)
    assert (first["downloaded_list"], listed()) == (str(path), first["downloaded"])
    assert first.keys() == planned.keys() and path.stat().st_mode & 0o777 == 0o640
    facility.publish(name="LATE_20261120.csv", folder="COMMON", size=7)
    assert "downloaded_list" not in workstation.sync()
    assert listed() == first["downloaded"], "it was not asked for"
    assert workstation.sync(list_downloaded=True)["downloaded"] == listed() == []


def test_a_file_lists_what_has_come_before_the_connection_broke(facility, workstation):
    publish_many(facility, workstation)
    asked = {**workstation.options, "dest": workstation.dest, "window": 8, "list_downloaded": True}
    facility.control.fault_arm("drop_connection", after=4_000_000)
    broken = fail("report_sync", "connection_lost", **asked)
    facility.control.fault_clear()
    facility.forgiven = ("once a day",)  # what was on its way
    names = set(re.findall(r"TP\d+", pathlib.Path(broken["downloaded_list"]).read_text()))
    assert names == {entry["name"][:5] for entry in broken["downloaded"]} and 0 < len(names) < 40
    rest = run_module("report_sync", **asked)
    later = set(re.findall(r"TP\d+", pathlib.Path(rest["downloaded_list"]).read_text()))
    assert names.isdisjoint(later) and len(names | later) == 40


def test_a_changed_report_is_fetched_and_the_earlier_version_stays_beside_it(facility, workstation):
    facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=1000)
    workstation.sync()
    (earlier,) = held(workstation.dest).values()
    facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=2000)
    again = workstation.sync()
    assert [entry["reason"] for entry in again["downloaded"]] == ["changed at the facility"]
    files = held(workstation.dest)
    assert files[f"{workstation.code}/TP001_20261120.csv.~1~"] == earlier
    assert files[f"{workstation.code}/TP001_20261120.csv"] == again["downloaded"][0]["sha256"] != earlier


def test_a_report_deleted_from_the_archive_is_told_and_fetched_again(facility, workstation):
    facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=1000)
    before = workstation.sync()
    pathlib.Path(before["downloaded"][0]["path"]).unlink()
    facility.forgiven = ("once a day",)  # the operator's doing
    again = workstation.sync()
    assert [entry["reason"] for entry in again["downloaded"]] == ["gone from the archive"]
    assert again["downloaded"][0]["sha256"] == before["downloaded"][0]["sha256"]


def test_intraday_scope_takes_the_intraday_reports_alone_and_a_full_run_the_rest(facility, workstation):
    facility.publish(name="HKCC_RPI03_20261120.csv", folder=workstation.code, size=100)
    facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=100, date=days_ago(8))
    polled = workstation.sync(scope="intraday")
    assert [entry["name"] for entry in polled["downloaded"]] == ["HKCC_RPI03_20261120.csv"]
    assert [entry["name"] for entry in polled["expiring"]] == ["TP001_20261120.csv"]
    full = workstation.sync()
    assert [entry["name"] for entry in full["downloaded"]] == ["TP001_20261120.csv"]
    assert full["expiring"] == []


def test_include_and_exclude_choose_and_nothing_excluded_is_called_expiring(facility, workstation):
    for name in ("TP001_20261120.csv", "TP002_20261120.csv", "MR001_20261120.csv"):
        facility.publish(name=name, folder=workstation.code, size=10)
    chosen = workstation.sync(include=["TP*", "COMMON/*"], exclude=["*/TP002*"])
    assert [entry["name"] for entry in chosen["downloaded"]] == ["TP001_20261120.csv"]
    assert chosen["expiring"] == []


def test_an_expected_report_that_did_not_come_is_missing(facility, workstation):
    facility.publish(name="TP001_20261119.csv", folder=workstation.code, size=10)
    told = workstation.sync(expected=["TP001*", "RX_AUDIT*"], check=True)
    assert {"expected": "RX_AUDIT*", "day": "2026-11-19"} in told["missing"]
    assert {"expected": "TP001*", "day": "2026-11-19"} not in told["missing"]


@pytest.mark.parametrize(
    ("option", "code"),
    [
        pytest.param({"account": "c100001"}, "bad_account", id="lower case"),
        pytest.param({"window": 0}, "bad_option", id="no request in flight"),
        pytest.param({"login_budget": 5}, "bad_option", id="a budget that locks"),
        pytest.param({"connect_timeout": 0}, "bad_option", id="no time to connect"),
        pytest.param({"source_address": "workstation"}, "bad_option", id="a name as source address"),
        pytest.param({"addresses": ["127.0.0.1:port"]}, "bad_option", id="a port that is none"),
        pytest.param({"closed_days": ["1 May"]}, "bad_option", id="a day that is none"),
        pytest.param({"folders": ["../etc"]}, "bad_option", id="a folder that is a path"),
        pytest.param({"account": "C099002"}, "no_key", id="an account without a key"),
        pytest.param({"passphrase": None, "known_hosts": "/none"}, "host_key_unknown", id="no known_hosts"),
    ],
)
def test_bad_input_is_refused_without_a_login(facility, workstation, option, code):
    fail("report_sync", code, **{**workstation.options, "dest": workstation.dest, **option})
    assert facility.events("login") == []
    assert not os.path.exists(workstation.dest)


def test_the_fifth_run_in_five_minutes_stops_before_it_connects(facility, workstation):
    facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=10)
    for left in (3, 2, 1, 0):
        assert workstation.sync()["connection"]["logins_left"] == left
    connections = len(facility.events("connect"))
    refused = fail("report_sync", "login_budget_spent", **workstation.options, dest=workstation.dest)
    assert refused["retry_at"].endswith("+08:00")
    assert len(facility.events("connect")) == connections
    assert len(facility.events("login")) == 4


def test_a_run_beside_another_says_busy_and_connects_to_nothing(facility, workstation):
    before = len(facility.events("connect"))
    with open(workstation.root / "state" / f"{workstation.account}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fail("report_sync", "busy", **workstation.options, dest=workstation.dest)
    assert len(facility.events("connect")) == before


def test_where_asked_the_first_that_is_busy_skips_and_the_second_fails_unless_people_wait(facility, workstation):
    before = len(facility.events("connect"))
    with open(workstation.root / "state" / f"{workstation.account}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        options = {**workstation.options, "dest": workstation.dest, "busy": "skip"}
        fail("report_sync", "busy", **options, adopt_from=str(workstation.root / "by-hand"))
        told = workstation.sync(busy="skip")
        assert (told["skipped"], told["outcome"], told["changed"]) == (True, "busy", False)
        assert told["msg"].startswith(f"Another run works with {workstation.account} on this workstation. This run ")
        fail("report_sync", "busy", **options)
    assert len(facility.events("connect")) == before
    assert workstation.sync(busy="skip")["outcome"] == "synced"


def test_of_two_runs_started_together_each_report_is_fetched_by_one(facility, workstation):
    publish_many(facility, workstation)
    runs = [start_alone(workstation) for _run in range(2)]
    outputs = [run.stdout.read().decode() for run in runs]
    assert all('"error_code": "busy"' in output or '"error_code"' not in output for output in outputs)
    assert len(facility.events("login")) <= 2
    assert len(facility.events("download")) == len(held(workstation.dest)) == 40


def test_a_shut_facility_ends_the_task_as_skipped_without_a_connection(facility, workstation):
    before = facility.events("connect")
    closed = [f"2026-{month:02}-{day:02}" for month in (11, 12) for day in range(1, 31)]
    shut = workstation.sync(outside_hours="skip", closed_days=closed)
    assert shut["skipped"] and shut["changed"] is False
    assert shut["msg"].startswith("The facility is closed until ")
    assert shut["opens_at"].endswith("T07:00:00+08:00")
    options = {**workstation.options, "outside_hours": "fail", "closed_days": closed}
    fail("report_sync", "facility_closed", **options, dest=workstation.dest)
    assert facility.events("connect") == before


def test_an_unregistered_key_is_refused_and_counts(facility, workstation):
    account = workstation.code + "002"
    stranger = workstation.options | {"account": account, "key_dir": workstation.options["key_dir"] + "2"}
    run_module("account_key", **stranger)
    refused = fail("report_sync", "authentication_failed", **stranger, dest=workstation.dest)
    assert account in refused["msg"]
    known = run_module("account_info", **stranger)
    assert known["logins"]["used"] == 1
    assert [event["detail"] for event in facility.events("login")] == [
        event["detail"] for event in facility.violations()
    ]
    facility.forgiven = ("login",)


def test_no_login_is_spent_on_a_key_that_has_expired_unless_asked_for(facility, workstation, monkeypatch):
    registered = present().date()
    workstation.make_key(registered_on=registered.isoformat())
    clock = SteeredClock(facility.control, monkeypatch)
    clock.set(present() + timedelta(days=731), facility=False)
    asked = {**workstation.options, "dest": workstation.dest}
    failed = fail("report_sync", "key_expired", **asked)
    assert "dcass_try_expired_key" in failed["msg"] and facility.events("login") == []
    fail("facility_info", "key_expired", **workstation.options, login=True)
    assert facility.events("login") == []
    assert run_module("report_sync", **asked, try_expired_key=True).get("error_code") is None
    told = run_module("facility_info", **workstation.options, login=True, try_expired_key=True)
    assert told.get("error_code") is None
    assert len(facility.events("login")) == 2
    clock.release()
