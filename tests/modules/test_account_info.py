# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_info: all that is known here and what is due next, without a connection."""

from __future__ import annotations

import contextlib
import pathlib
import re
import shutil
import sqlite3
from datetime import timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Event, State
from tests.modules.steering import present
from tests.modules.support import Workstation, fail, succeed

V1 = pathlib.Path(__file__).parent.parent / "unit" / "state_v1.sql"
TODAY = present().date()
MOMENT = "2026-11-20T18:00:00+08:00"
ATTEMPT = "INSERT INTO attempts (account, what, purpose, began) VALUES ('CXYZ001', 'login', 'x',"
RENEWAL = "INSERT INTO renewals (account, began, old_fingerprint, state) VALUES ('CXYZ001', '', 'x',"


@pytest.fixture
def ours(tmp_path):
    return Workstation(tmp_path / "ws", "CXYZ001", "127.0.10.31")


def state_file(workstation):
    return workstation.root / "state" / "state.sqlite3"


def edit(workstation, script):
    """What somebody with the sqlite3 shell does."""
    state_file(workstation).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(state_file(workstation))) as db:
        db.executescript(script)


def registered(workstation):
    """Give the workstation a key that the exchange has registered today."""
    workstation.make_key()
    return workstation.make_key(registered_on=TODAY.isoformat())


def info(workstation, **more):
    found = succeed("account_info", **{**workstation.options, **more})
    assert found["changed"] is False
    return found


def test_a_fresh_workstation_is_told_what_to_do_and_left_as_it_is(ours):
    found = info(ours)
    assert (found["account"], found["key"]["state"]) == ("CXYZ001", "absent")
    assert (found["logins"]["used"], found["logins"]["left"], found["logins"]["retry_at"]) == (0, 4, None)
    assert found["uploads"]["left"] == 4
    assert found["reports"]["last_sync"] is None
    assert any("rollout" in action for action in found["next_actions"])
    assert not ours.root.exists()


def test_a_key_that_was_made_is_to_be_registered(ours):
    made = ours.make_key()
    before = sorted(path for path in ours.root.rglob("*"))
    key = info(ours)["key"]
    assert (key["state"], key["fingerprint"], key["uploaded_on"]) == ("made", made["fingerprint"], None)
    assert any("register" in action for action in info(ours)["next_actions"])
    assert sorted(path for path in ours.root.rglob("*")) == before
    assert "PRIVATE" not in str(info(ours))


def test_a_registered_key_has_its_last_day(ours):
    registered(ours)
    key = info(ours)["key"]
    assert (key["state"], key["uploaded_on"]) == ("registered", TODAY.isoformat())
    assert key["last_day"] == (TODAY + timedelta(days=730)).isoformat()
    assert key["days_left"] == 730


def test_a_passphrase_is_not_needed_to_look(ours):
    made = ours.make_key(passphrase="s3cret words")
    assert info(ours)["key"]["fingerprint"] == made["fingerprint"]


def test_logins_and_reports_are_counted(facility, workstation):
    facility.publish(name="RX_AUDIT_20261120.csv", folder="COMMON", size=10)
    workstation.sync()
    found = info(workstation)
    assert found["key"]["state"] == "registered"
    assert (found["logins"]["used"], found["logins"]["left"]) == (1, 3)
    assert (found["reports"]["held"], found["reports"]["bytes"]) == (1, 10)
    assert found["reports"]["last_sync"]["downloaded"] == 1
    assert found["reports"]["per_day"] == [{"day": "2026-11-20", "reports": 1, "bytes": 10}]
    spent = info(workstation, login_budget=1)["logins"]
    assert spent["left"] == 0 and spent["retry_at"].endswith("+08:00")
    assert len(facility.events("login")) == 1


@pytest.mark.parametrize(
    ("option", "code"),
    [
        pytest.param({"account": "cxyz001"}, "bad_account", id="an account in small letters"),
        pytest.param({"login_budget": 0}, "bad_option", id="no login at all"),
        pytest.param({"open_days": ["someday"]}, "bad_option", id="a day that is none"),
        pytest.param({"renew_before": 731}, "bad_option", id="renewal before the key was made"),
        pytest.param({"renew_before": -1}, "bad_option", id="renewal after the key's last day"),
        pytest.param({"dest": "reports"}, "bad_option", id="an archive that lies nowhere"),
    ],
)
def test_bad_input_is_refused(ours, option, code):
    fail("account_info", code, **{**ours.options, **option})
    assert not ours.root.exists()


def test_a_renewal_is_told_with_what_comes_next(ours):
    made = registered(ours)
    assert info(ours)["key"]["renewal"]["state"] == "none"
    assert info(ours)["next_actions"] == ["Fetch the reports of CXYZ001: playbook dcass.sftp.sync_reports."]
    journal = Journal(StateDb(ours.options["state_dir"]), "CXYZ001")
    now = present()
    renewal = journal.begin(State.PLANNED, made["fingerprint"], "aa:bb", "20261122-aabb", now)
    for event in (Event.KEY_MADE, Event.UPLOAD_STARTED):
        renewal = journal.record(renewal, event, now)
    renewal = journal.record(renewal, Event.UPLOAD_DONE, now, uploaded_at=now, uploads=1)
    told = info(ours)
    assert (told["key"]["renewal"]["state"], told["key"]["renewal"]["uploaded_on"]) == ("sent", TODAY.isoformat())
    assert any("dcass.sftp.renew_keys" in action for action in told["next_actions"])
    result = {"result_name": f"Result.{now:%Y%m%d.%H%M%S}.failed.txt", "result": b"Error Reason: not RSA"}
    journal.record(renewal, Event.RESULT_BAD, now, **result)
    told = info(ours)
    assert told["key"]["renewal"]["state"] == "rejected"
    assert any("not RSA" in action for action in told["next_actions"])


def test_renewal_opens_as_early_as_is_asked(ours):
    registered(ours)
    edit(ours, f"UPDATE keys SET registered_on = '{TODAY - timedelta(days=640)}'")
    assert not any("Renew" in action for action in info(ours)["next_actions"])
    assert any("Renew" in action for action in info(ours, renew_before=90)["next_actions"])


def test_a_state_that_is_gone_is_told_not_guessed(ours):
    made = registered(ours)
    shutil.rmtree(ours.root / "state")
    found = info(ours)
    assert (found["key"]["state"], found["key"]["fingerprint"]) == ("unknown", made["fingerprint"])
    assert found["key"]["last_day"] is found["key"]["uploaded_on"] is found["key"]["days_left"] is None
    assert any("Restore the state" in action for action in found["next_actions"])
    assert not (ours.root / "state").exists()
    registered(ours)  # what the operator then tells
    assert (info(ours)["key"]["state"], info(ours)["key"]["fingerprint"]) == ("registered", made["fingerprint"])


def test_a_registered_key_that_is_gone_is_not_simply_made_anew(ours):
    registered(ours)
    shutil.rmtree(ours.root / "keys")
    found = info(ours)
    assert found["key"]["state"] == "lost"
    assert any("Restore the private key" in action for action in found["next_actions"])


def test_the_state_of_an_older_version_is_read_as_it_is(ours):
    edit(ours, V1.read_text())
    before = state_file(ours).read_bytes()
    found = info(ours)
    assert (found["key"]["state"], found["reports"]["held"]) == ("lost", 2)
    assert found["reports"]["outstanding"] == [{"what": "RX_*", "day": "2026-11-20"}]
    assert state_file(ours).read_bytes() == before


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("UPDATE keys SET registered_on = 'someday'", "keys holds .*someday", id="a key's day"),
        pytest.param("UPDATE keys SET last_day = 20261120", "keys holds .*20261120", id="a key's last day"),
        pytest.param(f"{ATTEMPT} 'earlier')", "attempts holds .*earlier", id="a login's moment"),
        pytest.param(f"{ATTEMPT} '2026-11-20T18:00:00')", "attempts holds .*zone", id="a login's zone"),
        pytest.param(f"{RENEWAL} 'somehow')", "renewals holds .*somehow", id="a renewal's state"),
        pytest.param(
            f"{RENEWAL} 'sent'); UPDATE renewals SET seen_before = '[', began = '{MOMENT}'",
            "renewals holds .*seen_before",
            id="a renewal's list",
        ),
        pytest.param("DROP TABLE renewals", "no renewals.account", id="a table"),
    ],
)
def test_a_hand_edited_state_is_told_with_table_and_row(ours, script, told):
    ours.make_key()
    edit(ours, script)
    refused = fail("account_info", "state_damaged", **ours.options)
    assert re.search(told, refused["msg"]), refused["msg"]
    assert [key["current"] for key in refused["rebuild"]["versions"]] == [True]


def test_a_damaged_state_is_left_alone_and_what_is_known_elsewhere_told(ours):
    made = ours.make_key()
    results = ours.root / "reports" / "KEY_MANAGEMENT" / "CXYZ001"
    results.mkdir(parents=True)
    (results / "Result.20261120.180001.success.txt").write_text("File: CXYZ001.pub")
    evidence = Evidence(StateDb(ours.options["state_dir"]), ours.options["state_dir"], "CXYZ001")
    facts = {"outcome": "renewed", "new_fingerprint": made["fingerprint"], "last_day": "2028-11-19"}
    evidence.add("renewal 1 renewed", present(), facts, {"CXYZ001.pub": made["public_key"].encode()})
    state_file(ours).write_bytes(b"no database" * 100)
    refused = fail("account_info", "state_damaged", **ours.options, dest=ours.dest)
    assert "state.sqlite3" in refused["msg"]
    assert state_file(ours).read_bytes() == b"no database" * 100
    rebuild = refused["rebuild"]
    assert [(key["fingerprint"], key["current"]) for key in rebuild["versions"]] == [(made["fingerprint"], True)]
    assert [entry["facts"]["outcome"] for entry in rebuild["evidence"]] == ["renewed"]
    assert [result["name"] for result in rebuild["results"]] == ["Result.20261120.180001.success.txt"]
    assert any(made["fingerprint"] in step for step in rebuild["steps"])
    assert "PRIVATE" not in str(refused)


def test_the_state_of_a_newer_version_is_left_alone(ours):
    ours.make_key()
    edit(ours, "PRAGMA user_version = 99")
    refused = fail("account_info", "state_newer", **ours.options)
    assert "99" in refused["msg"]
    assert len(refused["rebuild"]["versions"]) == 1
    assert refused["rebuild"]["steps"] == [refused["hint"]]


def failed_runs(found):
    return [(run["what"], run["error_code"]) for run in found["runs"] if run["error_code"]]


def test_every_run_is_on_record_with_who_ran_it_and_what_came_of_it(facility, workstation):
    workstation.sync(run_by="chan")
    workstation.sync(scope="intraday", run_by="job 7 of its schedule")
    workstation.sync(check=True, run_by="nobody")
    told = [(run["what"], run["run_by"], run["outcome"]) for run in info(workstation)["runs"]]
    assert told == [("intraday", "job 7 of its schedule", "synced"), ("sync", "chan", "synced")]


def test_a_run_that_never_connected_is_on_record_and_due_at_once(facility, workstation):
    workstation.sync()
    private = next(pathlib.Path(workstation.options["key_dir"]).glob("*/*/id_rsa"))
    private.chmod(0o644)
    fail("report_sync", "bad_private_key", **{**workstation.options, "dest": workstation.dest})
    found = info(workstation)
    assert failed_runs(found) == [("sync", "bad_private_key")]
    assert [due["code"] for due in found["due"]][:2] == ["key_unusable", "run_failed"]
    assert (found["health"]["key"], found["urgency"]) == ("bad_private_key", "at_once")
    private.chmod(0o600)
    workstation.sync()
    assert info(workstation)["urgency"] == "none"


def test_a_key_loads_with_its_passphrase_alone(ours):
    registered_with = {"passphrase": "s3cret words"}
    ours.make_key(**registered_with)
    assert info(ours)["health"]["key"] == "bad_passphrase"
    assert info(ours, **registered_with)["health"]["key"] == "ok"


def test_the_clocks_are_compared(ours):
    registered(ours)
    off = info(ours, control_time=present().timestamp() + 3600)
    assert -3700 < off["health"]["clock_off_seconds"] < -3500
    assert off["due"][0]["code"] == "clock_off"
