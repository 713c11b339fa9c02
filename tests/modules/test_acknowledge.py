# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""acknowledge: what people close is told no more, and stays in the evidence with who and why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from tests.modules.steering import present
from tests.modules.support import fail, run_module, succeed

LONG_AGO = (present() - timedelta(days=12)).date()
YESTERDAY = (present() - timedelta(days=1)).date()
WORD = {"who": "Chan Tai Man", "why": "had by mail"}


@pytest.fixture
def owing(workstation):
    """A workstation to which reports of two days have not come, one of them lost for good."""
    workstation.sync()
    state = StateDb(workstation.options["state_dir"])
    items = [
        Outstanding("expected", "*RX_AUDIT*", LONG_AGO, YESTERDAY),
        Outstanding("expected", "*TP001*", LONG_AGO, YESTERDAY),
        Outstanding("expected", "*RX_AUDIT*", YESTERDAY),
    ]
    Manifest(state, Account(workstation.account)).record_outstanding(items)
    state.close()
    return workstation


def close(workstation, what="*RX_AUDIT*", day=LONG_AGO, **more):
    return succeed("acknowledge", **{**workstation.options, **WORD, "what": [what], "first_day": str(day), **more})


def told(workstation):
    reports = succeed("account_info", **workstation.options)["reports"]
    return [(item["what"], item["day"]) for item in [*reports["outstanding"], *reports["lost"]]]


def evidence(workstation):
    state = StateDb(workstation.options["state_dir"], read_only=True)
    kept = Evidence(state, workstation.options["state_dir"], workstation.account)
    found = [entry for entry in kept.entries() if entry.facts.get("outcome") == "acknowledged"]
    faults = kept.verify()[1]
    state.close()
    return found, faults


def test_what_is_closed_is_told_no_more_and_a_second_run_changes_nothing(owing):
    assert close(owing, check=True)["changed"]
    assert len(told(owing)) == 3
    assert close(owing)["acknowledged"] == [{"what": "*RX_AUDIT*", "day": str(LONG_AGO)}]
    assert told(owing) == [("*RX_AUDIT*", str(YESTERDAY)), ("*TP001*", str(LONG_AGO))]
    again = close(owing)
    assert (again["changed"], again["acknowledged"]) == (False, [])


def test_who_and_why_stay_in_the_evidence(owing):
    close(owing, approved_by="Wong Siu Ming")
    (entry,), faults = evidence(owing)
    assert faults == []
    said = {**WORD, "approved_by": "Wong Siu Ming"}
    assert {name: entry.facts[name] for name in said} == said
    assert entry.facts["reports"] == [{"day": str(LONG_AGO), "what": "*RX_AUDIT*", "lost": True}]


@pytest.mark.parametrize(
    ("order", "left"),
    [
        pytest.param({"what": ["*"], "last_day": str(YESTERDAY)}, 0, id="all of those days"),
        pytest.param({"what": ["*"]}, 1, id="all of one day"),
        pytest.param({"what": ["*RX_AUDIT*"], "last_day": str(YESTERDAY)}, 1, id="one name on all days"),
        pytest.param({"what": ["*RX_AUDIT*", "*TP001*"]}, 1, id="two names on one day"),
    ],
)
def test_what_is_named(owing, order, left):
    succeed("acknowledge", **{**owing.options, **WORD, "first_day": str(LONG_AGO), **order})
    assert len(told(owing)) == left


def test_a_later_sync_does_not_find_it_missing_again(facility, workstation):
    expected = {"expected": ["*RX_AUDIT*"]}
    facility.publish(name="OTHER_20261117.csv", folder="COMMON", size=10, date="2026-11-17")  # from which days count
    workstation.sync(**expected)
    missing = workstation.sync(**expected)["missing"]
    assert missing, "the facility has brought what this test needs to be missing"
    day = missing[0]["day"]
    close(workstation, day=day)
    assert day not in [one["day"] for one in workstation.sync(**expected)["missing"]]
    facility.publish(name=f"RX_AUDIT_{day.replace('-', '')}.csv", folder="COMMON", size=10)
    assert len(workstation.sync(**expected)["downloaded"]) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param({"what": ["*NO_SUCH*"]}, "not_outstanding", id="what nobody waits for"),
        pytest.param({"first_day": "2026-01-05"}, "not_outstanding", id="a day on which all was there"),
        pytest.param({"what": [" "]}, "bad_option", id="nothing"),
        pytest.param({"first_day": "someday"}, "bad_option", id="a day that is none"),
        pytest.param({"last_day": "2026-01-05"}, "bad_option", id="days in the wrong order"),
        pytest.param({"who": " "}, "bad_option", id="nobody"),
        pytest.param({"why": ""}, "bad_option", id="no reason"),
        pytest.param({"approved_by": "chan tai MAN"}, "bad_option", id="approved by the same person"),
    ],
)
def test_what_is_refused_changes_nothing(owing, wrong, code):
    before = told(owing)
    asked = {**owing.options, **WORD, "what": ["*RX_AUDIT*"], "first_day": str(LONG_AGO), **wrong}
    fail("acknowledge", code, **asked)
    assert (told(owing), evidence(owing)) == (before, ([], []))


def test_where_there_is_no_state_nothing_is_outstanding(tmp_path, workstation):
    place = tmp_path / "none"
    asked = {**workstation.options, **WORD, "state_dir": str(place), "what": ["*"], "first_day": "2026-11-20"}
    assert run_module("acknowledge", **asked, check=True)["error_code"] == "not_outstanding"
    assert not place.exists()
