# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_renewal against the rehearsal facility: due in time, two logins and one upload, and never without a key."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import pathlib
import socket
import sqlite3
from datetime import datetime, timedelta

import paramiko
import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import load_private
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import FacilityTransport, RsaKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.modules import key_renewal
from tests.modules.steering import SteeredClock
from tests.modules.support import Participant, fail, run_module, succeed

REGISTERED = datetime(2024, 3, 4, 9, 0, tzinfo=HONG_KONG)  # a Monday; its last day is 2026-03-04
DUE = REGISTERED + timedelta(days=690)  # Friday 2026-01-23, forty days before the last one
CODES = (f"C{number:03}" for number in itertools.count(100))


@pytest.fixture
def clock(facility, monkeypatch):
    steered = SteeredClock(facility.control, monkeypatch)
    steered.set(REGISTERED)
    yield steered
    facility.control.fault_clear()
    steered.release()


@pytest.fixture
def participant(clock, tmp_path, facility):
    return Participant(tmp_path, facility, next(CODES)).register()


@pytest.fixture
def workstation(clock, participant):
    """Workstation 1 of a participant registered on 4 March 2024, on the day on which its key is due."""
    first = participant.workstations[0]
    first.make_key(registered_on=REGISTERED.date().isoformat())
    clock.set(DUE)
    return first


def tree(root):
    """All that lies there; of the state, all but the note that something was run."""
    return {
        str(path.relative_to(root)): os.readlink(path) if path.is_symlink() else content(path)
        for path in sorted(pathlib.Path(root).rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def content(path):
    if path.suffix != ".sqlite3" or not path.read_bytes().startswith(b"SQLite"):
        return path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as db:
        return [line for line in db.iterdump() if not line.startswith('INSERT INTO "runs"')]


def renew(workstation, **more):
    return succeed("key_renewal", **{**workstation.options, "result_timeout": 3, **more})


def refused(workstation, code, **more):
    return fail("key_renewal", code, **{**workstation.options, "result_timeout": 3, **more})


def spent(facility, account):
    """Logins and uploads that the facility has counted for the account."""
    mine = [event["event"] for event in facility.events("login", "upload") if event["account"] == account]
    return mine.count("login"), mine.count("upload")


def logs_in(workstation, **more):
    return bool(succeed("facility_info", **{**workstation.options, "login": True, **more}).get("connection"))


def versions(workstation):
    return sorted(path.name for path in (workstation.root / "keys" / workstation.account).iterdir())


def test_a_key_that_is_not_due_costs_nothing(facility, workstation, clock):
    clock.set(REGISTERED + timedelta(days=669))
    before = tree(workstation.root)
    result = renew(workstation)
    assert result["state"] == "current"
    assert result["reason"] == "valid until 2026-03-04, renewal opens 2026-01-03"
    assert not result["changed"]
    assert tree(workstation.root) == before
    assert facility.events("connect") == []


def test_a_renewal_costs_two_logins_and_one_upload_and_the_second_run_nothing(facility, workstation):
    old = run_module("account_info", **workstation.options)["key"]["fingerprint"]
    result = renew(workstation)
    assert result["state"] == "renewed"
    assert result["changed"]
    assert not result["resumed"]
    assert (result["old_fingerprint"], result["uploaded_on"]) == (old, "2026-01-23")
    assert (result["old_key_last_day"], result["last_day"]) == ("2026-02-05", "2028-01-23")
    assert result["result_file"].startswith("Result.20260123.090")
    assert f"{workstation.account}.pub" in result["result"]
    assert spent(facility, workstation.account) == (2, 1)
    again = renew(workstation)
    assert (again["changed"], again["state"], again["old_fingerprint"]) == (False, "current", result["new_fingerprint"])
    assert spent(facility, workstation.account) == (2, 1)


def test_check_mode_is_the_plan_and_costs_no_login(facility, workstation):
    before = tree(workstation.root)
    planned = renew(workstation, check=True)
    assert tree(workstation.root) == before
    assert facility.events("connect") == []
    assert planned["plan"] == {
        "upload": f"{workstation.account}.pub",
        "logins": 2,
        "uploads": 1,
        "uploaded_on": "2026-01-23",
        "old_key_last_day": "2026-02-05",
        "last_day": "2028-01-23",
        "last_business_day": "2026-03-04",
    }
    done = renew(workstation)
    for told in ("changed", "state", "resumed", "reason"):
        assert planned[told] == done[told]
    assert (planned["plan"]["old_key_last_day"], planned["plan"]["last_day"]) == (
        done["old_key_last_day"],
        done["last_day"],
    )
    assert spent(facility, workstation.account) == (planned["plan"]["logins"], planned["plan"]["uploads"])


def test_the_old_key_is_kept_through_its_last_day_and_then_destroyed(workstation, clock):
    renew(workstation)
    both = versions(workstation)
    assert len(both) == 3
    clock.set(datetime(2026, 2, 5, 22, 0, tzinfo=HONG_KONG))
    assert not renew(workstation)["changed"]
    assert versions(workstation) == both
    clock.set(datetime(2026, 2, 6, 0, 5, tzinfo=HONG_KONG))
    assert not renew(workstation, retire_old=False)["changed"]
    planned = renew(workstation, check=True)
    assert versions(workstation) == both
    gone = renew(workstation)
    assert planned["destroyed"] == gone["destroyed"] == [next(name for name in both if name.startswith("20240304"))]
    assert gone["changed"]
    assert len(versions(workstation)) == 2
    assert not renew(workstation)["changed"]


def test_a_clock_set_ahead_after_a_renewal_destroys_nothing(workstation, clock):
    renew(workstation)
    both = versions(workstation)
    clock.step(days=30)
    assert not renew(workstation)["changed"]
    clock.step(days=-30)
    clock.reboot()
    clock.advance(days=12)
    clock.step(days=3)
    assert not renew(workstation)["changed"]
    assert versions(workstation) == both
    clock.advance(days=2)
    assert len(renew(workstation)["destroyed"]) == 1


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        pytest.param("no_result", {}, id="no result ever"),
        pytest.param("result_late", {"seconds": 3600}, id="a result an hour late"),
        pytest.param("result_misnamed", {}, id="a result with another name"),
        pytest.param("result_older", {}, id="a result that looks a day old"),
        pytest.param("stat_refused", {}, id="stat refused after the upload"),
        pytest.param("listing_in_pieces", {}, id="a listing in many pieces"),
        pytest.param("listing_bare", {}, id="a listing that tells names only"),
        pytest.param("short_reads", {}, id="short reads"),
    ],
)
def test_what_the_facility_leaves_out_is_found_out_by_the_new_key(facility, workstation, fault, settings):
    facility.control.fault_arm(fault, account=workstation.account, **settings)
    result = renew(workstation)
    assert result["state"] == "renewed"
    assert spent(facility, workstation.account) == (2, 1)
    assert run_module("account_info", **workstation.options)["key"]["fingerprint"] == result["new_fingerprint"]
    assert logs_in(workstation)


def test_a_connection_that_drops_in_the_upload_is_taken_up_without_uploading_again(facility, workstation, clock):
    facility.control.fault_arm("drop_after_upload", 1, account=workstation.account)
    broken = refused(workstation, "connection_lost")
    assert (broken["state"], broken["changed"]) == ("pending", True)
    result = renew(workstation)
    assert (result["state"], result["resumed"]) == ("renewed", True)
    assert spent(facility, workstation.account) == (3, 1)  # the current key looks for the result, the new one proves
    assert result["result_file"]


def test_a_result_that_never_comes_and_a_key_that_does_not_log_in(facility, workstation, clock, monkeypatch):
    """The facility takes the file and forgets it: nothing is lost, and after an hour it is uploaded again."""
    facility.forgiven = ("§3.2: login refused",)  # the sibling's key is tried as ours
    facility.control.fault_arm("no_result", account=workstation.account)
    with_key_of_the_other(monkeypatch, workstation)  # refused by the exchange; the result that says so never comes
    silent = refused(workstation, "result_not_seen")
    assert silent["state"] == "pending"
    assert datetime.fromisoformat(silent["retry_at"]) - clock.now <= timedelta(hours=1)
    assert spent(facility, workstation.account) == (2, 1)
    clock.advance(minutes=10)
    refused(workstation, "result_not_seen")
    assert spent(facility, workstation.account) == (3, 1)
    clock.advance(minutes=55)
    facility.control.fault_clear()
    told = refused(workstation, "renewal_rejected")
    assert spent(facility, workstation.account)[1] == 2
    assert "the key of" in told["msg"]
    assert logs_in(workstation)


def with_key_of_the_other(monkeypatch, workstation):
    """Let the next pair be that of the participant's other account, which the exchange refuses."""
    other = workstation.account[:-1] + "2"
    path = workstation.root.parent / "ws2" / "keys" / other / "current" / "id_rsa"
    key = load_private(path.read_bytes(), None, "the other account's key")
    monkeypatch.setattr(key_renewal, "generate", lambda: key)


def test_a_rejection_is_told_whole_and_the_next_trading_day_tries_with_another_pair(
    facility, workstation, clock, monkeypatch
):
    current = run_module("account_info", **workstation.options)["key"]["fingerprint"]
    with monkeypatch.context() as patch:
        with_key_of_the_other(patch, workstation)
        told = refused(workstation, "renewal_rejected")
    assert told["state"] == "rejected"
    assert "this key is the key of" in told["msg"]
    assert told["result_file"].endswith(".failed.txt")
    assert "Error Reason" in told["result"]
    assert spent(facility, workstation.account) == (1, 1)
    again = refused(workstation, "renewal_rejected")
    assert (again["changed"], again["result"]) == (False, told["result"])
    assert spent(facility, workstation.account) == (1, 1)
    assert run_module("account_info", **workstation.options)["key"]["fingerprint"] == current
    clock.set(DUE + timedelta(days=3))
    assert renew(workstation)["state"] == "renewed"
    assert spent(facility, workstation.account) == (3, 2)


def test_force_tries_again_on_the_same_day(facility, workstation, monkeypatch):
    with monkeypatch.context() as patch:
        with_key_of_the_other(patch, workstation)
        refused(workstation, "renewal_rejected")
    assert renew(workstation, force=True)["state"] == "renewed"


def test_a_renewal_that_does_not_fit_into_the_logins_left_does_nothing(facility, workstation, clock):
    for _login in range(3):
        assert logs_in(workstation)
    before, connections = tree(workstation.root / "keys"), len(facility.events("connect"))
    told = refused(workstation, "login_budget_spent")
    assert told["state"] == "current"
    assert tree(workstation.root / "keys") == before
    assert len(facility.events("connect")) == connections
    clock.set(datetime.fromisoformat(told["retry_at"]))
    assert renew(workstation)["state"] == "renewed"


def test_with_a_budget_of_one_login_the_proof_waits_five_minutes(facility, workstation, clock):
    told = refused(workstation, "login_budget_spent", login_budget=1)
    assert (told["state"], told["changed"]) == ("pending", True)
    clock.set(datetime.fromisoformat(told["retry_at"]))
    result = renew(workstation, login_budget=1)
    assert (result["state"], result["resumed"]) == ("renewed", True)
    assert spent(facility, workstation.account) == (2, 1)


def test_while_the_facility_is_shut_nothing_logs_in(facility, workstation, clock):
    clock.set(DUE + timedelta(days=1))  # a Saturday
    result = run_module("key_renewal", **{**workstation.options, "outside_hours": "skip"})
    assert result["skipped"]
    assert result["opens_at"].startswith("2026-01-26T07:00")
    assert not result["changed"]
    assert facility.events("connect") == []
    fail("key_renewal", "facility_closed", **{**workstation.options, "outside_hours": "fail"})


def test_two_at_once_one_works_and_the_other_says_busy(facility, workstation):
    with open(workstation.root / "state" / f"{workstation.account}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(workstation, "busy")
    assert facility.events("connect") == []


def test_where_asked_the_first_that_is_busy_skips_and_the_second_fails_unless_people_wait(facility, workstation):
    options = {**workstation.options, "busy": "skip"}
    with open(workstation.root / "state" / f"{workstation.account}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for asked in ({"force": True}, {"compromised_fingerprint": ":".join(["00"] * 16)}):
            fail("key_renewal", "busy", **options, **asked)
        told = run_module("key_renewal", **options)
        assert (told["skipped"], told["outcome"], told["state"], told["changed"]) == (True, "busy", "unknown", False)
        fail("key_renewal", "busy", **options)
    assert facility.events("connect") == []
    result = renew(workstation, busy="skip")
    assert set(told) - {"msg", "skipped"} <= set(result)


# --- bad input: refused with its code, before anything connects or changes


def replace_private(workstation, content):
    path = workstation.root / "keys" / workstation.account / "current" / "id_rsa"
    path.write_bytes(content)


def with_passphrase(workstation):
    workstation.make_key(passphrase="correct horse")


def with_another_pub(workstation):
    other = workstation.root.parent / "ws2" / "keys" / (workstation.account[:-1] + "2") / "current"
    mine = workstation.root / "keys" / workstation.account / "current" / f"{workstation.account}.pub"
    mine.write_bytes((other / f"{workstation.account[:-1]}2.pub").read_bytes())


def with_the_key_of_another(workstation):
    other = workstation.account[:-1] + "2"
    with sqlite3.connect(workstation.root / "state" / "state.sqlite3") as db:
        db.execute("UPDATE keys SET account = ?", (other,))


def with_a_stranger(workstation):
    folder = workstation.root / "keys" / workstation.account
    (folder / "20270101-abcdef01").mkdir()
    other = workstation.root.parent / "ws2" / "keys" / (workstation.account[:-1] + "2") / "current"
    for name, source in (("id_rsa", "id_rsa"), (f"{workstation.account}.pub", f"{workstation.account[:-1]}2.pub")):
        (folder / "20270101-abcdef01" / name).write_bytes((other / source).read_bytes())


def execute(statement):
    def work(workstation):
        with sqlite3.connect(workstation.root / "state" / "state.sqlite3") as db:
            db.execute(statement)

    return work


def without_key(workstation):
    os.rename(workstation.root / "keys" / workstation.account, workstation.root / "keys" / "elsewhere")


def readable_by_all(workstation):
    os.chmod(workstation.root / "keys" / workstation.account / "current" / "id_rsa", 0o644)


def unknown_host(workstation):
    (workstation.root / "known_hosts").write_text("")


def garbage(workstation):
    state = workstation.root / "state" / "state.sqlite3"
    state.write_bytes(b"no database at all" * 500)


BAD = [
    pytest.param(without_key, {}, "no_key", id="no key yet"),
    pytest.param(lambda w: replace_private(w, b"garbage"), {}, "bad_private_key", id="a private key that is none"),
    pytest.param(readable_by_all, {}, "bad_private_key", id="a private key that others can read"),
    pytest.param(with_passphrase, {}, "bad_passphrase", id="no passphrase"),
    pytest.param(with_passphrase, {"passphrase": "wrong"}, "bad_passphrase", id="a wrong passphrase"),
    pytest.param(with_another_pub, {}, "key_mismatch", id="a public key file of another key"),
    pytest.param(with_the_key_of_another, {}, "wrong_account_key", id="a key of the other account"),
    pytest.param(with_a_stranger, {}, "ambiguous_key", id="a key that the record does not know"),
    pytest.param(None, {"renew_before": -1}, "bad_option", id="renew_before below zero"),
    pytest.param(None, {"renew_before": 731}, "bad_option", id="renew_before beyond a key's life"),
    pytest.param(None, {"result_timeout": -1}, "bad_option", id="a negative result_timeout"),
    pytest.param(None, {"account": "cxyz001"}, "bad_account", id="an account in small letters"),
    pytest.param(None, {"other_account": {"account": "CAAA002"}}, "bad_option", id="an account of somebody else"),
    pytest.param(None, {"compromised_fingerprint": "abc"}, "bad_option", id="no fingerprint"),
    pytest.param(
        execute("UPDATE keys SET registered_on = '2023-12-01'"), {}, "key_expired", id="a key past its last day"
    ),
    pytest.param(execute("UPDATE keys SET registered_on = 'soon'"), {}, "state_damaged", id="a day that is none"),
    pytest.param(execute("PRAGMA user_version = 99"), {}, "state_newer", id="the state of a newer version"),
    pytest.param(garbage, {}, "state_damaged", id="a state that is no database"),
    pytest.param(unknown_host, {}, "host_key_unknown", id="an unknown host key"),
]


@pytest.mark.parametrize(("spoil", "options", "code"), BAD)
def test_bad_input_is_refused_before_anything_is_sent(facility, workstation, spoil, options, code):
    if spoil:
        spoil(workstation)
    before = tree(workstation.root)
    told = refused(workstation, code, **options)
    if code != "host_key_unknown":  # which only a connection can tell
        assert tree(workstation.root) == before
        assert facility.events("connect") == []
        assert not told.get("changed")
    assert facility.events("login", "upload") == []
    if code not in ("bad_option", "bad_account", "host_key_unknown"):
        assert run_module("key_renewal", check=True, **{**workstation.options, **options})["error_code"] == code


def test_an_expired_key_is_an_end_of_the_road_with_its_next_step(workstation, clock):
    clock.set(datetime(2026, 3, 5, 9, 0, tzinfo=HONG_KONG))
    told = refused(workstation, "key_expired")
    assert told["state"] == "expired"
    assert "2026-03-04" in told["msg"]
    assert "dcass.sftp.register" in told["hint"]


def test_a_clock_days_behind_the_facility_uploads_nothing(facility, workstation, clock):
    renew(workstation)
    clock.set(DUE - timedelta(days=3), facility=False)
    told = refused(workstation, "clock_wrong", force=True)
    assert "Result.20260123" in told["msg"]
    assert spent(facility, workstation.account) == (3, 1)


def test_a_clock_days_ahead_of_the_facility_is_told_and_the_facility_s_day_counts(facility, workstation, clock):
    clock.set(DUE + timedelta(days=3), facility=False)
    result = renew(workstation)
    assert result["state"] == "renewed"
    assert result["uploaded_on"] == "2026-01-23"
    assert any("clock" in str(warning) for warning in result["warnings"])


def test_uploads_that_are_blocked_leave_the_key_in_force(facility, workstation, clock):
    """Somebody has uploaded five keys by hand, which this workstation cannot know."""
    facility.forgiven = ("§6.3", "§6:")
    current = workstation.root / "keys" / workstation.account / "current"
    upload_by_hand(workstation, current / "id_rsa", *["no key"] * 5)
    clock.advance(minutes=10)
    told = refused(workstation, "upload_refused")
    assert told["state"] == "pending"
    clock.advance(minutes=55)
    result = renew(workstation)
    assert (result["state"], result["resumed"]) == ("renewed", True)


def upload_by_hand(workstation, private_key, *contents):
    """Upload files with a plain client, as a person would; the ledger of the workstation hears nothing of it."""
    host, _colon, port = workstation.options["addresses"][0].rpartition(":")
    sock = socket.create_connection((host, int(port)), 10, (workstation.options["source_address"], 0))
    transport = FacilityTransport(sock)
    try:
        transport.start_client(timeout=10)
        secret = load_private(private_key.read_bytes(), None, "it").secret
        transport.auth_publickey(workstation.account, RsaKey(key=secret))
        sftp = paramiko.SFTPClient.from_transport(transport)
        for content in contents:
            with sftp.open(f"/KEY_MANAGEMENT/{workstation.account}.pub", "w") as file:
                file.write(content)
    finally:
        transport.close()


OTHERS = [
    pytest.param({"state": "done", "uploaded_on": "2026-01-23"}, "was renewed today", id="renewed today"),
    pytest.param({"state": "sent"}, "is not finished", id="in flight"),
    pytest.param({"state": "rejected"}, "rejected", id="rejected"),
    pytest.param({"state": "withdrawn"}, "re-registration", id="withdrawn"),
    pytest.param({}, "not known", id="nobody could ask it"),
]


@pytest.mark.parametrize(("other", "why"), OTHERS)
def test_an_account_waits_for_its_sibling(facility, workstation, clock, other, why):
    sibling = {"account": workstation.account[:-1] + "2", **other}
    waits = renew(workstation, other_account=sibling)
    assert (waits["state"], waits["changed"]) == ("current", False)
    assert why in waits["reason"]
    assert facility.events("connect") == []
    if other.get("uploaded_on"):
        return
    clock.set(datetime(2026, 2, 18, 9, 0, tzinfo=HONG_KONG))  # fourteen days left: it waits no longer
    assert renew(workstation, other_account=sibling)["state"] == "renewed"


def test_a_sibling_that_is_well_is_not_waited_for(workstation):
    sibling = {"account": workstation.account[:-1] + "2", "state": "done", "uploaded_on": "2026-01-22"}
    assert renew(workstation, other_account=sibling)["state"] == "renewed"


def test_two_accounts_kept_on_one_workstation_wait_for_each_other_by_themselves(facility, participant, workstation):
    renew(workstation)
    second = participant.workstations[1]
    second.options["state_dir"] = workstation.options["state_dir"]
    second.make_key(registered_on=REGISTERED.date().isoformat())
    assert "was renewed today" in renew(second)["reason"]
    assert renew(second, force=True)["state"] == "renewed"


def test_a_warning_of_the_exchange_goes_before_the_record(facility, participant, clock):
    """The operator has told a wrong day of registration: the exchange's own warning is believed."""
    first = participant.workstations[0]
    clock.set(REGISTERED + timedelta(days=300))
    first.make_key(registered_on=clock.now.date().isoformat())
    clock.set(REGISTERED + timedelta(days=721))
    assert renew(first)["state"] == "current"
    first.sync()
    result = renew(first)
    assert result["state"] == "renewed"
    assert "the exchange warned" in result["reason"]
    clock.advance(days=1)
    first.sync()  # the warnings go on for the old key (§6.2); they have been overtaken
    assert renew(first)["state"] == "current"


def test_a_compromised_key_is_out_of_use_at_once_and_its_successor_is_proven(facility, participant, workstation, clock):
    facility.forgiven = ("§3.2: login refused",)  # the new key before its registration, the old one after it
    old = run_module("account_info", **workstation.options)["key"]["fingerprint"]
    planned = renew(workstation, compromised_fingerprint=old, check=True)
    gone = renew(workstation, compromised_fingerprint=old)
    assert (planned["state"], planned["changed"]) == (gone["state"], gone["changed"]) == ("pending", True)
    fail("report_sync", "key_compromised", **{**workstation.options, "dest": workstation.dest})
    fail("account_key", "key_compromised", **workstation.options)
    assert not renew(workstation, compromised_fingerprint=old)["changed"]
    assert renew(workstation)["state"] == "pending"
    assert facility.events("login") == []
    refused(
        workstation, "authentication_failed", compromised_fingerprint=old, registered_on=clock.now.date().isoformat()
    )
    package = succeed(
        "registration_package",
        customer_code=workstation.code,
        workstation_addresses=["127.0.10.31", "127.0.10.32"],
        public_keys={
            workstation.account: gone["public_key"],
            participant.workstations[1].account: participant.workstations[1].make_key()["public_key"],
        },
        dest=str(workstation.root / f"{workstation.code}.zip"),
    )
    clock.advance(minutes=10)
    facility.control.register(package["path"])
    proven = renew(workstation, compromised_fingerprint=old, registered_on=clock.now.date().isoformat())
    assert (proven["state"], proven["changed"]) == ("renewed", True)
    logins = [event for event in facility.events("login", "login refused") if event["account"] == workstation.account]
    assert len(logins) == 3
    assert proven["destroyed"]
    assert len(versions(workstation)) == 2
    again = renew(workstation, compromised_fingerprint=old, registered_on=clock.now.date().isoformat())
    assert (again["state"], again["changed"]) == ("current", False)
    clock.advance(minutes=10)
    assert workstation.sync()["connection"]


def test_a_compromised_key_that_still_logs_in_is_an_alarm(facility, workstation, clock, monkeypatch):
    """A person renews what should have been re-registered: the old key lives on for days (§6.1), whoever has it."""
    old = run_module("account_info", **workstation.options)["key"]["fingerprint"]
    renew(workstation, compromised_fingerprint=old)
    new = next(name for name in versions(workstation) if name.startswith("20260123"))
    folder = workstation.root / "keys" / workstation.account
    public = (folder / new / f"{workstation.account}.pub").read_text()
    upload_by_hand(workstation, folder / "current" / "id_rsa.withdrawn", public)
    told = refused(
        workstation, "old_key_accepted", compromised_fingerprint=old, registered_on=clock.now.date().isoformat()
    )
    assert told["state"] == "pending"


def test_a_new_key_that_was_lost_on_the_way_is_told_and_force_makes_another(facility, workstation, clock):
    facility.control.fault_arm("drop_after_upload", 1, account=workstation.account)
    refused(workstation, "connection_lost")
    new = next(name for name in versions(workstation) if name.startswith("20260123"))
    os.rename(workstation.root / "keys" / workstation.account / new, workstation.root / "lost")
    told = refused(workstation, "no_key")
    assert new in told["msg"]
    assert renew(workstation, force=True)["state"] == "renewed"


def test_the_old_private_key_may_be_lost_once_the_new_one_is_registered(facility, workstation, clock):
    facility.control.fault_arm("drop_after_upload", 1, account=workstation.account)
    refused(workstation, "connection_lost")
    os.unlink(workstation.root / "keys" / workstation.account / "current" / "id_rsa")
    assert renew(workstation)["state"] == "renewed"


def test_the_evidence_of_a_renewal_is_a_chain_with_its_files(workstation, clock):
    first = renew(workstation)
    folder = workstation.root / "state" / "evidence" / workstation.account
    assert {path.name for path in (folder / "0002").iterdir()} == {
        f"{workstation.account}.pub",
        f"{workstation.account}.fpt",
        first["result_file"],
    }
    text = (folder / "0002.json").read_text()
    assert first["old_fingerprint"] in text
    assert first["new_fingerprint"] in text
    checked = succeed("archive_check", **{**workstation.options, "dest": workstation.dest})
    assert checked["evidence"][workstation.account]["faults"] == []


def test_while_a_renewal_is_under_way_no_other_key_is_made(facility, workstation):
    facility.control.fault_arm("drop_after_upload", 1, account=workstation.account)
    refused(workstation, "connection_lost")
    fail("account_key", "key_in_use", **{**workstation.options, "regenerate": "always"})
    fail("account_key", "key_in_use", check=True, **{**workstation.options, "regenerate": "always"})
    workstation.make_key()  # which changes nothing
    assert renew(workstation)["state"] == "renewed"


def test_a_key_that_the_exchange_knows_is_replaced_by_account_key_once_it_has_expired(workstation, clock):
    fail("account_key", "key_in_use", **{**workstation.options, "regenerate": "always"})
    clock.set(datetime(2026, 3, 5, 9, 0, tzinfo=HONG_KONG))
    made = workstation.make_key(regenerate="always")
    assert made["changed"]
    waits = renew(workstation)
    assert (waits["state"], waits["changed"]) == ("current", False)


def test_what_the_inventory_still_tells_of_the_first_registration_is_passed_over(workstation, clock):
    done = renew(workstation)
    again = workstation.make_key(registered_on=REGISTERED.date().isoformat())
    assert not again["changed"]
    assert renew(workstation)["last_day"] == done["last_day"]


def test_a_key_made_by_root_belongs_to_whom_the_folder_belongs(workstation):
    if os.geteuid() != 0:
        pytest.skip("only root can make files that belong to others")
    for path in [*(workstation.root / "keys").rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    renew(workstation)
    folder = workstation.root / "keys" / workstation.account / "current"
    assert {path.stat().st_uid for path in [folder, *folder.iterdir()]} == {12345}


def test_a_key_that_expired_while_its_renewal_had_not_begun_to_upload_is_registered_anew(workstation, clock):
    hosts = (workstation.root / "known_hosts").read_text()
    unknown_host(workstation)
    refused(workstation, "host_key_unknown")
    (workstation.root / "known_hosts").write_text(hosts)
    clock.set(datetime(2026, 3, 5, 9, 0, tzinfo=HONG_KONG))
    assert refused(workstation, "key_expired", check=True)["state"] == "expired"
    assert refused(workstation, "key_expired")["state"] == "expired"
    assert workstation.make_key(regenerate="always")["changed"]
    assert renew(workstation)["state"] == "current"


def test_where_neither_key_logs_in_any_more_force_gives_the_renewal_up(facility, workstation, clock, monkeypatch):
    facility.forgiven = ("login refused",)
    facility.control.fault_arm("no_result", account=workstation.account)
    with_key_of_the_other(monkeypatch, workstation)
    refused(workstation, "result_not_seen")
    clock.set(datetime(2026, 3, 5, 9, 0, tzinfo=HONG_KONG))
    assert refused(workstation, "authentication_failed")["state"] == "pending"
    fail("account_key", "key_in_use", **{**workstation.options, "regenerate": "always"})
    clock.advance(minutes=10)
    assert refused(workstation, "key_expired", force=True)["state"] == "expired"
    assert workstation.make_key(regenerate="always")["changed"]


def test_the_new_key_of_a_renewal_under_way_is_not_withdrawn_by_its_name(facility, workstation):
    facility.control.fault_arm("drop_after_upload", 1, account=workstation.account)
    new = refused(workstation, "connection_lost")["new_fingerprint"]
    told = refused(workstation, "bad_option", compromised_fingerprint=new)
    assert "renew_keys" in told["hint"]
    assert renew(workstation)["new_fingerprint"] == new


def test_an_upload_that_was_rejected_today_is_no_renewal_of_today(workstation, clock):
    clock.set(datetime(2026, 2, 18, 9, 0, tzinfo=HONG_KONG))  # fourteen days left: no longer waited for
    sibling = {"account": workstation.account[:-1] + "2", "state": "rejected", "uploaded_on": "2026-02-18"}
    assert renew(workstation, other_account=sibling)["state"] == "renewed"


def test_however_early_it_is_asked_for_a_key_is_not_renewed_before_its_predecessor_has_gone(
    facility, workstation, clock
):
    assert renew(workstation, renew_before=730)["state"] == "renewed"
    again = renew(workstation, renew_before=730)
    assert (again["state"], again["changed"]) == ("current", False)
    assert "renewal opens 2026-02-06" in again["reason"]  # the old key's last day is the 5th
    assert spent(facility, workstation.account) == (2, 1)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(without_key, "no_key", id="gone"),
        pytest.param(lambda w: replace_private(w, b""), "bad_private_key", id="empty"),
    ],
)
def test_a_registered_key_that_is_lost_wants_its_backup_or_a_registration_anew(workstation, spoil, code):
    spoil(workstation)
    told = refused(workstation, code)
    assert told["state"] == "unknown"
    assert "backup" in told["hint"]
    assert "dcass_key_regenerate=always" in told["hint"]


def test_a_result_that_is_days_off_is_read_once_and_not_waited_for(facility, workstation, clock):
    clock.set(DUE + timedelta(days=5), facility=False)
    result = renew(workstation, result_timeout=120)
    assert result["state"] == "renewed"
    assert len(facility.events("download")) == 1
    assert any("Set this workstation's clock right" in str(warning) for warning in result["warnings"])


def test_a_key_copied_from_the_other_workstation_is_named(facility, participant, workstation):
    other, mine = (w.root / "keys" / w.account / "current" for w in reversed(participant.workstations))
    (mine / "id_rsa").write_bytes((other / "id_rsa").read_bytes())
    (mine / f"{workstation.account}.pub").write_bytes(next(other.glob("*.pub")).read_bytes())
    refused(workstation, "wrong_account_key")
    assert facility.events("connect") == []


def test_check_mode_sees_that_the_new_key_is_lost(facility, workstation):
    facility.control.fault_arm("drop_after_upload", 1, account=workstation.account)
    refused(workstation, "connection_lost")
    new = next(name for name in versions(workstation) if name.startswith("20260123"))
    os.rename(workstation.root / "keys" / workstation.account / new, workstation.root / "lost")
    refused(workstation, "no_key", check=True)
    assert renew(workstation, check=True, force=True)["plan"]["logins"] == 2


def test_a_key_that_was_never_registered_is_not_called_good(facility, participant, clock):
    for workstation in participant.workstations:
        assert "not on record" in renew(workstation)["reason"]


def test_a_proof_without_a_result_is_told(facility, workstation):
    facility.control.fault_arm("no_result", account=workstation.account)
    assert any("told no result" in str(warning) for warning in renew(workstation)["warnings"])
