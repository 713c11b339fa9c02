# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_info: all that is known here and what is due next, without a connection."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.modules.support import Workstation, fail, succeed


@pytest.fixture
def ours(tmp_path):
    return Workstation(tmp_path / "ws", "CXYZ001", "127.0.10.31")


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
    today = datetime.now(timezone(timedelta(hours=8))).date()  # in Hong Kong
    ours.make_key()
    ours.make_key(registered_on=today.isoformat())
    key = info(ours)["key"]
    assert (key["state"], key["uploaded_on"]) == ("registered", today.isoformat())
    assert key["last_day"] == (today + timedelta(days=730)).isoformat()
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
    ],
)
def test_bad_input_is_refused(ours, option, code):
    fail("account_info", code, **{**ours.options, **option})
    assert not ours.root.exists()


def test_a_damaged_state_is_told_and_left_alone(ours):
    state = ours.root / "state"
    state.mkdir(parents=True)
    (state / "state.sqlite3").write_bytes(b"no database" * 100)
    refused = fail("account_info", "state_damaged", **ours.options)
    assert "state.sqlite3" in refused["msg"]
    assert (state / "state.sqlite3").read_bytes() == b"no database" * 100
