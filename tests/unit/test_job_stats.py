# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves in the artifacts of a job: for each account and in all, and no template in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.dcass.sftp.plugins.filter.job_stats import job_stats
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory import validate
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import ARTIFACTS, KNOWN
from ansible_collections.dcass.sftp.plugins.plugin_utils._job_stats import NAMES, plain
from tests.unit.probes import probed
from tests.unit.test_status_page import TODAY, due, row, wants
from tests.unit.test_sync_lines import BUSY, LEFT, LOCKED, QUIET

PAIR = ONE, TWO = "cxyz-ws1", "cxyz-ws2"
ROOT = Path(__file__).resolve().parents[2]
TP001 = {"expected": "*TP001*", "day": "2026-11-20"}
OLD = {"folder": "CXYZ", "name": "OLD.csv", "days_left": 1}
X = {"what": "*X*", "day": "2026-11-02", "lost_on": "2026-11-12"}
NONE = {"total": 0, "accounts": {}}
GONE = (
    "host_unreachable: It stopped answering in the middle of the run. Look whether it is up and lets this control node "
    "in by ssh, then run the playbook again."
)


def of(what, one=None, two=None):
    """What a run of the pair leaves."""
    names = {ONE: "CXYZ001", TWO: "CXYZ002"}
    hostvars = {host: {"dcass_account": names[host], **(its or {})} for host, its in ((ONE, one), (TWO, two))}
    return job_stats([ONE, TWO], hostvars, what)


def synced(name, **result):
    """Variables of a workstation after a sync; ``name`` is its place in the pair."""
    return {**probed(f"CXYZ00{1 if name == 'first' else 2}"), f"report_sync_{name}": result}


def test_a_quiet_sync_leaves_nothing():
    names = ("dcass_next_actions", "dcass_missing", "dcass_expiring", "dcass_lost")
    assert of("sync", synced("first", **QUIET), synced("second", **QUIET)) == dict.fromkeys(names, NONE)


def test_what_both_miss_counts_once():
    one, two = {**QUIET, "missing": [TP001], "expiring": [OLD]}, {**QUIET, "missing": [TP001], "lost": [X]}
    left = of("sync", synced("first", **one), synced("second", **two))
    assert left["dcass_missing"] == {"total": 1, "accounts": {"CXYZ001": [TP001], "CXYZ002": [TP001]}}
    assert left["dcass_expiring"] == {"total": 1, "accounts": {"CXYZ001": [OLD]}}
    assert left["dcass_lost"] == {"total": 1, "accounts": {"CXYZ002": [X]}}


@pytest.mark.parametrize(
    ("its", "said"),
    [
        pytest.param(synced("first", **LOCKED), "cxyz-ws1 CXYZ001: authentication_failed: The fac", id="what failed"),
        pytest.param(synced("first", **BUSY), "cxyz-ws1 CXYZ001: busy: Another run", id="busy once more"),
        pytest.param(synced("first", **LEFT), "Another run holds CXYZ001.", id="busy"),
        pytest.param({}, f"cxyz-ws1 CXYZ001: {GONE}", id="gone"),
    ],
)
def test_what_a_sync_asks_of_people(its, said):
    left = of("sync", its, synced("second", **QUIET))["dcass_next_actions"]
    assert left["total"] == 1
    assert [lines[0][: len(said)] for lines in left["accounts"].values()] == [said]


def test_a_run_that_is_refused_as_a_whole_has_no_account():
    lines = ["wrong_inventory: a has the dcass_port '{{ x }}'.", "wrong_inventory: b has none."]
    left = job_stats([], {}, "failures", refused=lines)
    said = ["wrong_inventory: a has the dcass_port '{ { x }}'.", lines[1]]
    assert left == {"dcass_next_actions": {"total": 2, "accounts": {"all": said}}}


def test_a_renewal_that_its_workstation_kept_from_running_is_told_with_why():
    blocked = {"error_code": "not_rolled_out", "msg": "ws has no finished x."}
    result = {"skipped": True, "changed": False, "workstation": {"may_run": False, "blocked": blocked}}
    (entry,) = of("renewals", {"key_renewal_result": result}, {})["dcass_renewals"]["accounts"]["CXYZ001"]
    assert (entry["state"], entry["outcome"], entry["reason"]) == ("failed", "not_rolled_out", blocked["msg"])


def test_one_that_could_not_even_keep_its_failure_is_told_with_it():
    failed = {"ansible_failed_result": {"failed": True, "msg": "No shell."}, "ansible_failed_task": {"name": "Look"}}
    left = job_stats([ONE], {ONE: {"dcass_account": "CXYZ001", **failed}}, "verify")
    assert left["dcass_next_actions"]["accounts"] == {"CXYZ001": ["cxyz-ws1 CXYZ001: task_failed: Look: No shell."]}


def test_no_artifact_has_the_name_of_a_variable_that_people_set():
    assert KNOWN.isdisjoint(ARTIFACTS)


def test_the_artifacts_are_those_that_the_playbooks_leave():
    tasks = [path.read_text() for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")]
    named = {name for text in tasks for name in re.findall(r"set_stats:\n +data:\n +(dcass_\w+):", text)}
    assert len(named) == 2
    assert named | {name for names in NAMES.values() for name in names} == ARTIFACTS


def test_a_job_that_follows_in_a_workflow_takes_no_artifact_for_a_variable_that_is_misspelt():
    hosts = {name: {"dcass_customer_code": "CXYZ", "dcass_workstation_address": f"192.0.2.{name[-1]}"} for name in PAIR}
    for its in hosts.values():
        its.update({name: {"CXYZ": {}} for name in ARTIFACTS})
    assert validate({"cp_cxyz": list(hosts)}, hosts) == []


def test_every_other_playbook_leaves_what_has_failed():
    wrong = {"dcass_wrong": {"error_code": "wrong_inventory", "msg": "A.", "hint": "B."}, "dcass_has_failed": True}
    failed = {"dcass_has_failed": True, "ansible_failed_result": {"msg": "cxyz-ws2 CXYZ002: no_key: C."}}
    fixed = {"ansible_failed_result": {"msg": "of an earlier task, which was made good"}}
    assert of("failures", fixed, fixed) == {"dcass_next_actions": NONE}
    assert of("failures", wrong, failed)["dcass_next_actions"] == {
        "total": 2,
        "accounts": {
            "CXYZ001": ["cxyz-ws1 CXYZ001: wrong_inventory: A. B."],
            "CXYZ002": ["cxyz-ws2 CXYZ002: no_key: C."],
        },
    }


def test_one_that_stopped_answering_is_among_what_has_failed():
    hostvars = {ONE: {"dcass_account": "CXYZ001"}, TWO: probed("CXYZ002")}
    left = job_stats(PAIR, hostvars, "failures", [TWO])["dcass_next_actions"]
    assert left == {"total": 1, "accounts": {"CXYZ001": [f"cxyz-ws1 CXYZ001: {GONE}"]}}
    hostvars[ONE]["ansible_failed_result"] = {"msg": "'x' is undefined"}  # and it could not even keep that for the end
    left = job_stats(PAIR, hostvars, "failures", [TWO])["dcass_next_actions"]
    assert left["accounts"] == {"CXYZ001": ["cxyz-ws1 CXYZ001: task_failed: 'x' is undefined."]}


def test_many_are_counted_and_a_hundred_named():
    many = [{"expected": f"*{n}*", "day": TODAY} for n in range(500)]
    left = of("sync", synced("first", **{**QUIET, "missing": many}), synced("second", **QUIET))["dcass_missing"]
    assert (left["total"], len(left["accounts"]["CXYZ001"])) == (500, 100)


def test_the_status_leaves_all_that_is_due():
    outstanding = [{"what": "CXYZ/OLD.csv", "day": "2026-11-20"}, {"what": "CXYZ/*.csv", "day": "2026-11-20"}]
    known = row(key=due(9), due=wants(9, "Renew it."), reports={"outstanding": outstanding, "lost": [X]})["known"]
    known["facility"]["day"] = TODAY
    silent = {"unreachable": True, "msg": "It stopped answering in the middle of the run."}
    left = of("status", {"status_known": known}, {"status_known": silent})
    assert left == {
        "dcass_next_actions": {
            "total": 2,
            "accounts": {"CXYZ001": ["Renew it."], "CXYZ002": [f"cxyz-ws2 CXYZ002: {GONE}"]},
        },
        "dcass_missing": {"total": 1, "accounts": {"CXYZ001": outstanding[1:]}},
        "dcass_expiring": {"total": 1, "accounts": {"CXYZ001": outstanding[:1]}},
        "dcass_lost": {"total": 1, "accounts": {"CXYZ001": [X]}},
        "dcass_renewals": {
            "total": 1,
            "accounts": {"CXYZ001": [{"state": "none", "reason": "", "last_day": "2027-01-01", "days_left": 9}]},
        },
    }
    known = row()["known"]
    known["facility"]["day"] = TODAY
    assert of("status", {"status_known": known}, {"status_known": known})["dcass_renewals"] == NONE


def test_renewals_leave_what_came_of_each_that_was_due():
    done = {"state": "renewed", "outcome": "renewed", "reason": "It was due", "last_day": "2028-11-20"}
    rejected = {"state": "rejected", "error_code": "renewal_rejected", "msg": "No.", "last_day": None}
    broken = {"dcass_has_failed": True, "ansible_failed_result": {"msg": f"{TWO} CXYZ002: renewal_rejected: No."}}
    left = of("renewals", {"key_renewal_result": done}, {"key_renewal_result": rejected, **broken})
    assert left["dcass_renewals"] == {
        "total": 2,
        "accounts": {
            "CXYZ001": [done],
            "CXYZ002": [{"state": "failed", "outcome": "renewal_rejected", "reason": "No.", "last_day": None}],
        },
    }
    assert left["dcass_next_actions"]["accounts"] == {"CXYZ002": [f"{TWO} CXYZ002: renewal_rejected: No."]}
    current = {"state": "current", "outcome": "not_due", "reason": "valid"}
    assert of("renewals", {"key_renewal_result": current}, {})["dcass_renewals"] == NONE


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("{{ lookup('pipe', 'id') }}", "{ { lookup('pipe', 'id') }}", id="an expression"),
        pytest.param("{% raw %}", "{ % raw %}", id="a statement"),
        pytest.param("{# a #}", "{ # a #}", id="a comment"),
        pytest.param("{{{%", "{ { { %", id="one within another"),
        pytest.param("{a}", "{a}", id="no template"),
        pytest.param("a\nb\x1b", "a b\\x1b", id="what could deceive"),
    ],
)
def test_no_text_begins_a_template(text, left):
    assert plain({"a": [text], text: 1}) == {"a": [left], left: 1}
