# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The turns of a pair in one sync, and the line of a workstation that has failed in it."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.dcass.sftp.plugins.filter.sync_failures import sync_failures
from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import (
    RESULTS,
    partner_index,
    partner_of,
    sync_hosts,
    sync_result,
    sync_turn,
    takes,
)
from tests.unit.probes import probed

PARTNER, HOST, ACCOUNT = "cxyz-ws1", "cxyz-ws2", "CXYZ002"
WELL = {"downloaded": [], "changed": False}
BUSY = {"error_code": "busy", "msg": "Busy.", "downloaded": [], "changed": False}
LEFT = {"skipped": True, "outcome": "busy", "msg": "Busy.", "downloaded": [], "changed": False}
LOCKED = {"error_code": "authentication_failed", "msg": "Refused.", "hint": "Wait.", "changed": False}
CRASHED = {"failed": False, "msg": "MODULE FAILURE"}
GONE = {"unreachable": True, "msg": "Gone."}
BLOCKED = {"error_code": "not_rolled_out", "msg": "ws has no finished x."}
SKIPPED = {"skipped": True, "changed": False}
NOTHING = {**SKIPPED, "workstation": {"has_recent": False}}
KEPT_OUT = {**SKIPPED, "workstation": {"may_run": False, "blocked": BLOCKED}}
SHUT = {"skipped": True, "opens_at": "2026-11-23T07:00:00+08:00", "changed": False}
HELD = [{"path": "COMMON/{{ 6 * 7 }}.csv", "size": 1}]


def pair(first=None, is_second=True, shared="all", there=True, **more):
    """The variables of a workstation and of its partner, whose first result this is."""
    accounts = (ACCOUNT, "CXYZ001") if is_second else ("CXYZ001", ACCOUNT)
    its = probed(accounts[0], PARTNER, shares=shared)
    partner = {**(probed(accounts[1], HOST, shares=shared) if there else {}), **more}
    if first is not None:
        partner["report_sync_first"] = first
    return its, partner


def turn(**more):
    """Which of the three a workstation is told."""
    told = sync_turn(*pair(**more))
    assert list(told) == ["partner_is_up", "stands_by", "is_idle"]
    return [name for name, value in told.items() if value]


def failures(its, *others, account=ACCOUNT):
    """What is told of a workstation, beside others."""
    hostvars = {HOST: {**probed(account), **its}, **dict(others)}
    return sync_failures(hostvars, hostvars)


TURNS = ("standby", "first", "second")
SECOND = "Fetch what is still outstanding"
UP, STANDS, IDLE = "partner_is_up", "stands_by", "is_idle"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param({"first": WELL}, [UP], id="the second fetches what is outstanding"),
        pytest.param({"first": WELL, "shared": "intraday"}, [UP, STANDS, IDLE], id="nothing came by a poll"),
        pytest.param(
            {"first": {**WELL, "changed": True}, "shared": "intraday"}, [UP, STANDS], id="what came by a poll is noted"
        ),
        pytest.param({"first": SHUT, "shared": "intraday"}, [UP, STANDS, IDLE], id="a poll while it is closed"),
        pytest.param({"first": BUSY}, [UP, STANDS, IDLE], id="another run is at work there"),
        pytest.param({"first": LEFT}, [UP, STANDS, IDLE], id="another run is at work there, to which it was left"),
        pytest.param({"first": {**BUSY, "changed": True}}, [UP, STANDS], id="and has told more"),
        pytest.param({"first": LOCKED, "shared": "intraday"}, [UP], id="the first one could not log in"),
        pytest.param({"first": CRASHED, "shared": "intraday"}, [UP], id="the first one has failed without a code"),
        pytest.param({"first": GONE, "shared": "intraday"}, [UP], id="the first one has gone meanwhile"),
        pytest.param({"shared": "intraday", "there": False}, [], id="the first one does not take part"),
        pytest.param({"shared": "intraday"}, [UP], id="the first one has had no turn"),
        pytest.param(
            {"first": SKIPPED, "shared": "intraday", **probed(ACCOUNT, blocked=BLOCKED)}, [], id="it is not ready"
        ),
        pytest.param({"shared": "intraday", "report_sync_broken": True}, [], id="it broke off"),
        pytest.param({"first": BUSY, "there": False}, [STANDS, IDLE], id="busy, and left out of this play's rest"),
        pytest.param({"first": BUSY, "shared": ""}, [], id="each fetches for itself"),
        pytest.param({"is_second": False}, [UP], id="the first one's turn"),
        pytest.param({"is_second": False, "shared": "intraday"}, [UP], id="the first one never stands by"),
        pytest.param({"is_second": False, **probed(ACCOUNT, blocked=BLOCKED)}, [], id="its standby has gone"),
        pytest.param(
            {"is_second": False, "report_sync_standby": GONE}, [], id="its standby has gone when it was asked"
        ),
        pytest.param(
            {"is_second": False, "report_sync_standby": KEPT_OUT}, [], id="its standby was found not to be ready"
        ),
        pytest.param({"first": KEPT_OUT}, [], id="the first one was found not to be ready"),
        pytest.param({"is_second": False, "there": False}, [], id="it is in no play, as where there is none"),
    ],
)
def test_whose_turn_it_is(more, told):
    assert turn(**more) == told


def test_one_alone_has_nobody_to_share_with():
    alone = probed("CXYZ001")
    assert not any(sync_turn(alone, {}).values())
    assert (takes(alone, {}, "first"), takes(alone, {}, "second")) == (True, False)


@pytest.mark.parametrize(
    ("partner", "is_second", "shared", "index"),
    [
        pytest.param({"report_sync_first": {**WELL, "index": HELD}}, True, "all", HELD, id="as the first one has told"),
        pytest.param({"report_sync_first": {**LOCKED, "index": HELD}}, True, "all", HELD, id="a failed run tells, too"),
        pytest.param({"report_sync_first": GONE}, True, "all", None, id="it has gone: what is remembered counts"),
        pytest.param({**probed(ACCOUNT)}, True, "all", None, id="the first one has no look"),
        pytest.param({}, True, "all", None, id="it did not take part"),
        pytest.param(
            {"report_sync_standby": {**WELL, "index": HELD}}, False, "all", HELD, id="as the standby has told"
        ),
        pytest.param(
            {**probed(ACCOUNT), "report_sync_standby": NOTHING},
            False,
            "all",
            [],
            id="it has fetched nothing of late",
        ),
        pytest.param(probed(ACCOUNT), False, "all", None, id="it has not answered"),
        pytest.param({**probed(ACCOUNT), "report_sync_standby": GONE}, False, "all", None, id="it has gone"),
        pytest.param({**probed(ACCOUNT), "report_sync_standby": KEPT_OUT}, False, "all", None, id="it is not ready"),
        pytest.param(probed(ACCOUNT, closed=SHUT), False, "all", None, id="it was not asked"),
        pytest.param({"report_sync_standby": SKIPPED}, False, "all", None, id="it is not there"),
        pytest.param({}, False, "all", None, id="no standby in this play"),
        pytest.param({"report_sync_standby": {"index": HELD}}, False, "", [], id="each fetches for itself"),
    ],
)
def test_what_the_partner_holds(partner, is_second, shared, index):
    its = probed(ACCOUNT if is_second else "CXYZ001", PARTNER, shares=shared)
    assert partner_index(its, partner) == ({} if index is None else {"known": index})


@pytest.mark.parametrize(
    ("its", "line"),
    [
        pytest.param({"report_sync_first": WELL, "report_sync_second": SKIPPED}, "", id="all is well"),
        pytest.param({"report_sync_standby": SKIPPED, "report_sync_second": WELL}, "", id="not asked"),
        pytest.param({"report_sync_second": WELL}, "", id="at the standby"),
        pytest.param({"report_sync_first": SHUT}, "", id="closed"),
        pytest.param({"report_sync_first": LEFT}, "", id="the work was left to another run"),
        pytest.param({}, f"task_failed: {SECOND}: It gave no answer.", id="left out, which nobody would know"),
        pytest.param(probed(ACCOUNT, closed=SHUT), "", id="closed to all of it"),
        pytest.param({"report_sync_first": LOCKED}, "authentication_failed: Refused. Wait.", id="the first"),
        pytest.param({"report_sync_second": LOCKED}, "authentication_failed: Refused. Wait.", id="the second"),
        pytest.param({"report_sync_standby": BUSY, "report_sync_second": LOCKED}, "busy: Busy.", id="what came first"),
        pytest.param(
            {"report_sync_first": CRASHED}, "task_failed: Fetch what is new: MODULE FAILURE.", id="a fault of ours"
        ),
        pytest.param(
            {"report_sync_broken": True, "ansible_failed_result": LOCKED},
            "authentication_failed: Refused. Wait.",
            id="broken off",
        ),
        pytest.param(
            {
                "report_sync_broken": True,
                "ansible_failed_result": {"failed": True, "msg": "undefined"},
                "ansible_failed_task": {"name": "Fetch what is new"},
            },
            "task_failed: Fetch what is new: undefined.",
            id="broken off by Ansible",
        ),
        pytest.param({"report_sync_broken": True}, "task_failed: It gave no answer.", id="broken off without a word"),
        pytest.param(
            {"ansible_failed_result": LOCKED, "report_sync_second": WELL}, "", id="what failed before this role"
        ),
    ],
)
def test_the_line_of_what_has_failed(its, line):
    account = "CXYZ001" if "report_sync_first" in its else ACCOUNT
    assert failures(its, account=account) == ({HOST: f"{HOST} {account}: {line}"} if line else {})


@pytest.mark.parametrize("name", ["report_sync_standby", "report_sync_first", "report_sync_second"])
def test_one_that_has_gone_is_told_whenever_that_was(name):
    assert failures({name: GONE})[HOST].startswith(f"{HOST} {ACCOUNT}: host_unreachable: Gone. ")


def test_a_workstation_that_is_not_ready_is_told_with_why():
    its = {**probed(ACCOUNT, blocked=BLOCKED), "report_sync_first": SKIPPED}
    assert failures(its) == {HOST: f"{HOST} {ACCOUNT}: not_rolled_out: ws has no finished x."}


@pytest.mark.parametrize("first", [KEPT_OUT, {**GONE, "workstation": KEPT_OUT["workstation"]}])
def test_one_that_was_kept_from_it_has_fetched_nothing_and_says_nothing_of_its_own(first):
    its, partner = pair(first)
    assert sync_result(partner, its) == {}


@pytest.mark.parametrize("name", RESULTS)
def test_one_that_is_found_not_to_be_ready_is_told_with_why(name):
    assert failures({name: KEPT_OUT}) == {HOST: f"{HOST} {ACCOUNT}: not_rolled_out: ws has no finished x."}


def test_each_one_that_has_failed_is_told_and_no_other():
    others = [(name, {**probed("CABC001"), "report_sync_first": WELL}) for name in ("a", "b")]
    others.append(("c", {**probed("CABC002"), "report_sync_second": GONE}))
    assert list(failures({"report_sync_first": LOCKED}, *others)) == [HOST, "c"]


@pytest.mark.parametrize(
    ("its", "partner", "turns"),
    [
        pytest.param(probed("CXYZ001", HOST), probed(ACCOUNT, PARTNER), ["first"], id="the first account's"),
        pytest.param(probed("CXYZ001"), {}, ["first"], id="one alone"),
        pytest.param(probed("CXYZ001", HOST, blocked=BLOCKED), {}, [], id="not ready"),
        pytest.param(probed("CXYZ001", HOST, closed=SHUT), {}, [], id="closed"),
        pytest.param({}, {}, [], id="not looked at"),
        pytest.param(
            probed(ACCOUNT, PARTNER, python=""), probed("CXYZ001", HOST), ["second"], id="a prediction on a bare one"
        ),
        pytest.param(probed(ACCOUNT, PARTNER), probed("CXYZ001", HOST), ["standby", "second"], id="a standby"),
        pytest.param(
            {**probed(ACCOUNT, PARTNER), "report_sync_standby": KEPT_OUT},
            probed("CXYZ001", HOST),
            [],
            id="found not to be ready",
        ),
        pytest.param(
            probed(ACCOUNT, PARTNER),
            probed("CXYZ001", HOST, blocked=BLOCKED),
            ["second"],
            id="nobody is there whom it could tell",
        ),
        pytest.param(
            {**probed(ACCOUNT, PARTNER), "report_sync_standby": LOCKED},
            probed("CXYZ001", HOST),
            ["standby"],
            id="asked in vain",
        ),
        pytest.param(
            {**probed(ACCOUNT, PARTNER), "report_sync_standby": NOTHING},
            {**probed("CXYZ001", HOST), "report_sync_first": WELL},
            ["standby", "second"],
            id="holds nothing",
        ),
        pytest.param(
            probed(ACCOUNT, PARTNER),
            {**probed("CXYZ001", HOST), "report_sync_first": BUSY},
            ["standby"],
            id="nothing is left for it",
        ),
    ],
)
def test_who_takes_which_turn(its, partner, turns):
    assert [turn for turn in TURNS if takes(its, partner, turn)] == turns
    hostvars = {HOST: its, PARTNER: partner}
    assert [turn for turn in TURNS if HOST in sync_hosts(hostvars, turn)] == turns


def test_whom_another_play_of_the_run_has_asked_takes_no_turn_and_is_nobodys_partner():
    first, second = probed("CXYZ001", HOST), probed(ACCOUNT, PARTNER)
    del first["report_sync_began"]  # a status has asked it, and this sync is not for it
    hostvars = {PARTNER: {**first, "report_sync_broken": True}, HOST: second}
    assert [sync_hosts(hostvars, turn) for turn in (*TURNS, "failed")] == [["!all"], ["!all"], [HOST], [HOST]]
    assert partner_of(second, hostvars) == {}


def test_the_plays_of_a_pair_have_those_that_take_the_turn_or_have_failed():
    hostvars = {PARTNER: probed("CXYZ001", HOST), HOST: probed(ACCOUNT, PARTNER), "localhost": {}}
    hostvars[PARTNER]["report_sync_first"] = LOCKED
    hostvars[HOST]["report_sync_second"] = WELL
    plays = {which: sync_hosts(hostvars, which) for which in (*TURNS, "failed")}
    assert plays == {"standby": [HOST], "first": [PARTNER], "second": [HOST], "failed": [PARTNER]}


def test_the_tasks_are_called_as_in_the_role():
    folder = pathlib.Path(__file__).parents[2] / "roles" / "report_sync" / "tasks" / "turns"
    tasks = [task for file in folder.iterdir() for task in yaml.safe_load(file.read_text())]
    assert {task["register"]: task["name"] for task in tasks} == {name: task for name, (_, task) in RESULTS.items()}
