# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a fleet's renewals are stopped: the fault is not theirs alone; and what is told where nothing is due."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.renewal_hosts import renewal_hosts
from ansible_collections.dcass.sftp.plugins.filter.renewal_lines import renewal_lines
from ansible_collections.dcass.sftp.plugins.filter.renewals_stopped import renewals_stopped
from tests.unit.probes import probed

FAILED = {"state": "current", "error_code": "host_key_unknown", "msg": "x"}
REFUSED = {"failed": False, "msg": "no such option"}
GONE = {"unreachable": True, "msg": "x"}
WELL = {"state": "renewed", "failed": False}


def stopped(first, second=(), percentage=None):
    """What is said of these results of the two turns; None: its turn has not come."""
    results = {f"f{number}": ("CXYZ001", its) for number, its in enumerate(first)}
    results |= {f"s{number}": ("CXYZ002", its) for number, its in enumerate(second)}
    hostvars = {
        name: {
            **asked(account),
            **({} if percentage is None else {"dcass_renewal_max_fail_percentage": percentage}),
            **({} if result is None else {"key_renewal_result": result}),
        }
        for name, (account, result) in results.items()
    }
    return renewals_stopped(hostvars)


def asked(account):
    """The variables of one that has told what it knows of its account."""
    return {**probed(account), "key_renewal_known": {"key": {}}}


def test_a_turn_is_of_those_that_could_be_asked():
    blocked = {"workstation": {"blocked": {"error_code": "not_rolled_out", "msg": "x"}}}
    hostvars = {
        "one": asked("CXYZ001"),
        "two": asked("CXYZ002"),
        "gone": {**probed("CABC001"), "key_renewal_known": GONE},
        "bare": {**probed("CABC002"), "key_renewal_known": {"skipped": True, **blocked}},
        "localhost": {},
    }
    assert [renewal_hosts(hostvars, turn) for turn in ("first", "second")] == [["one"], ["two"]]
    assert renewal_hosts({"localhost": {}}, "first") == ["!all"]


@pytest.mark.parametrize(
    ("first", "second", "percentage", "failed"),
    [
        pytest.param([WELL, None, None], [None], 25, None, id="none has failed"),
        pytest.param([FAILED, None, None], [], 0, None, id="one may fail"),
        pytest.param([FAILED], [], 0, None, id="also where it is the only one"),
        pytest.param([FAILED, FAILED, None], [], None, "2 of the 3", id="two of three"),
        pytest.param([FAILED, FAILED, *[WELL] * 6], [], None, None, id="a quarter, where nothing is said"),
        pytest.param([FAILED, REFUSED, None], [], 25, "2 of the 3", id="one without a code"),
        pytest.param([FAILED, GONE, GONE], [], 25, None, id="who is unreachable has not failed"),
        pytest.param([FAILED, FAILED, *[WELL] * 6], [], 25, None, id="as many as may"),
        pytest.param([FAILED, FAILED, *[WELL] * 6], [], "24", "2 of the 8", id="more than may"),
        pytest.param([FAILED] * 10, [], 99, "10 of the 10", id="all, where nearly all may"),
        pytest.param([FAILED, WELL], [FAILED, None], 25, None, id="one in each turn"),
        pytest.param([WELL, WELL], [FAILED, FAILED], 25, "2 of the 2", id="in the second turn"),
    ],
)
def test_too_many_failures_stop_what_has_not_begun(first, second, percentage, failed):
    said = stopped(first, second, percentage)
    assert said.startswith(f"{failed} renewals of this turn have failed (") if failed else said == ""


def test_the_failed_are_named():
    assert stopped([WELL, FAILED, FAILED]) == (
        "2 of the 3 renewals of this turn have failed (f1, f2), so nothing more is begun."
    )


def test_without_turns_nothing_is_stopped():
    assert renewals_stopped({}) == ""


VALID = "valid until 2022-03-01, renewal opens 2021-12-31"
IDLE = {"outcome": "not_due", "reason": VALID, "destroyed": []}


def idle(*results):
    """What is said of participants, each with these results on its two workstations."""
    hostvars = {
        f"c{number // 2:03}-ws{number % 2 + 1}": {
            **probed(f"C{number // 2:03}00{number % 2 + 1}"),
            **({"key_renewal_result": result} if result else {}),
        }
        for number, result in enumerate(results)
    }
    return [line for event in renewal_lines(list(hostvars), hostvars) for line in event["lines"]]


@pytest.mark.parametrize(
    ("results", "lines"),
    [
        pytest.param([IDLE, IDLE], [f"C000001 and C000002: {VALID}."], id="both the same"),
        pytest.param(
            [IDLE, {**IDLE, "reason": "valid for long"}],
            [f"C000001: {VALID}; C000002: valid for long."],
            id="two reasons",
        ),
        pytest.param([IDLE, WELL], [f"C000001: {VALID}."], id="the other one was renewed, which it says itself"),
        pytest.param([IDLE, FAILED], [f"C000001: {VALID}."], id="the other one has failed"),
        pytest.param([None, IDLE], [f"C000002: {VALID}."], id="the other one was not there"),
        pytest.param([{**IDLE, "destroyed": ["1"]}, WELL], [], id="an old key was destroyed, which it says itself"),
        pytest.param([FAILED, None, WELL, GONE], [], id="none was idle"),
        pytest.param(
            [IDLE] * 400, [f"C{number:03}001 and C{number:03}002: {VALID}." for number in range(200)], id="two hundred"
        ),
    ],
)
def test_where_nothing_is_due_a_participant_has_one_line(results, lines):
    assert idle(*results) == lines
