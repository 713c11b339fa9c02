# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a status keeps of a workstation, and which of them end it red."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.status_hosts import status_hosts
from ansible_collections.dcass.sftp.plugins.filter.status_rows import status_rows
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row
from tests.unit.probes import probed
from tests.unit.test_status_page import due, row, wants

ONE, TWO = "cxyz-ws1", "cxyz-ws2"
GROUPS = {"all": [ONE, TWO], "clients": [ONE, TWO], "cp_cxyz": [ONE, TWO]}
BLOCKED = {"error_code": "not_rolled_out", "msg": "ws has no finished x.", "hint": "Roll it out."}
SWITCHED = 'dcass-ready\ndcass-site secondary 2026-11-20T12:00:00+08:00 {"who": "amy", "why": "exercise"}\n'
KNOWN = {"key": {}}


def of(its, groups=None):
    """The row of the first workstation."""
    return status_rows([ONE], {ONE: its}, groups or GROUPS)[ONE]


def test_one_that_has_answered_has_what_it_said():
    its = {**probed("CXYZ001", TWO, stdout="dcass-ready\n"), "dcass_site": "primary", "status_known": KNOWN}
    told = Row(ONE, **of(its))
    assert told == Row(ONE, "cp_cxyz", "CXYZ001", known=KNOWN, switch={}, site="primary")


def test_a_participant_of_one_workstation_has_no_standby():
    assert of(probed("CXYZ001"), {"cp_cxyz": [ONE]})["is_alone"]


def test_a_switch_of_site_is_read_of_its_answer():
    assert of({**probed("CXYZ001", TWO, stdout=SWITCHED), "status_known": KNOWN})["switch"]["site"] == "secondary"


@pytest.mark.parametrize(
    ("its", "code", "failure"),
    [
        pytest.param(
            probed("CXYZ001", TWO, blocked=BLOCKED),
            "not_rolled_out",
            "not_rolled_out: ws has no finished x. Roll it out.",
            id="not ready",
        ),
        pytest.param(
            {**probed("CXYZ001", TWO, blocked=BLOCKED), "status_known": {"skipped": True}},
            "not_rolled_out",
            "not_rolled_out: ws has no finished x. Roll it out.",
            id="not ready, and so not asked",
        ),
        pytest.param(
            {**probed("CXYZ001", TWO), "status_known": {"error_code": "busy", "msg": "Busy."}},
            "busy",
            "busy: Busy.",
            id="it could not say it",
        ),
        pytest.param(
            {**probed("CXYZ001", TWO), "status_known": {"msg": "MODULE FAILURE"}},
            "",
            "task_failed: Ask what is known of the account: MODULE FAILURE.",
            id="a fault of ours",
        ),
        pytest.param(
            {"dcass_account": "CXYZ001", "status_known": {"failed": True, "msg": "'x' is undefined", "task": "Look"}},
            "",
            "task_failed: Look: 'x' is undefined.",
            id="not even the first question could be asked",
        ),
    ],
)
def test_one_that_has_not_answered_says_why(its, code, failure):
    told = of(its)
    assert (told["account"], told["participant"]) == ("CXYZ001", "cp_cxyz")
    assert (told["error_code"], told["failure"]) == (code, failure)
    assert status_hosts([ONE], {ONE: its}, GROUPS) == [ONE]


@pytest.mark.parametrize(
    ("more", "hosts"),
    [
        pytest.param({}, ["!all"], id="all is well"),
        pytest.param({"dcass_status_fail": 10}, [ONE], id="something is due, which is to be red"),
        pytest.param({"dcass_status_fail": 8}, ["!all"], id="not so soon"),
        pytest.param({"status_unwritten": "no_page: No.", "status_written_by": ONE}, [ONE], id="no page"),
        pytest.param({"status_unwritten": "no_page: No.", "status_written_by": TWO}, ["!all"], id="that of another"),
    ],
)
def test_who_ends_red(more, hosts):
    known = row(key=due(9), due=wants(9, "Renew it."))["known"]
    its = {**probed("CXYZ001", TWO), "status_known": known, **more}
    assert status_hosts([ONE, "not-there"], {ONE: its}, GROUPS) == hosts


@pytest.mark.parametrize(
    ("limit", "hosts"),
    [
        pytest.param(None, [ONE], id="none: the inventory's counts"),
        pytest.param("at_once", ["!all"], id="a stricter one than the inventory's"),
        pytest.param("", ["!all"], id="an empty one: nothing that is due is red"),
        pytest.param(9, [ONE], id="as much as is left"),
    ],
)
def test_a_limit_of_the_play_goes_before_that_of_the_inventory(limit, hosts):
    known = row(key=due(9), due=wants(9, "Renew it."))["known"]
    its = {**probed("CXYZ001", TWO), "status_known": known, "dcass_status_fail": 10}
    assert status_hosts([ONE], {ONE: its}, GROUPS, limit) == hosts


@pytest.mark.parametrize(
    "its",
    [
        pytest.param({}, id="no workstation"),
        pytest.param({"dcass_account": "CXYZ001"}, id="a workstation that this status is not for"),
        pytest.param(probed("CXYZ001", TWO), id="one that another play has asked"),
    ],
)
@pytest.mark.parametrize("limit", ["at_once", 10, "sometime"])
def test_whom_a_status_has_not_asked_does_not_end_it_red(its, limit):
    assert status_hosts([ONE], {ONE: {**its, "dcass_status_fail": limit}}, GROUPS) == ["!all"]
