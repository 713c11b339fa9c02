# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a mistake of the inventory concerns: a participant, which is passed over, or the whole run."""

from __future__ import annotations

import time

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._verdict import verdict

AWX = {"awx_job_id": 7}


def host(code, place, **more):
    return {
        "dcass_customer_code": code,
        "dcass_workstation_address": f"192.0.2.{place}",
        "dcass_config_dir": f"/etc/dcass-sftp/{code}",
        "dcass_state_dir": f"/var/lib/dcass-sftp/{code}",
        **more,
    }


def fleet(**more):
    """Three participants with hosts a1, a2, b1, b2, c1, c2; what is given goes before what would be said of a host."""
    codes = {"a": "CABC", "b": "CDEF", "c": "CGHI"}
    hosts = {f"{key}{place}": host(code, place) for key, code in codes.items() for place in (1, 2)}
    return {name: {**its, **more.get(name, {})} for name, its in hosts.items()}


def groups_of(hosts):
    groups = {}
    for name, its in hosts.items():
        groups.setdefault(f"cp_{its['dcass_customer_code'].lower()}", []).append(name)
    return groups


def judged(hosts, targets=None, run=None):
    run = run or {}
    everything = {**{name: {**its, **run} for name, its in hosts.items()}, "localhost": run}
    return verdict(everything, groups_of(hosts), list(hosts) if targets is None else targets)


def explicit(hosts):
    return {name: {**its, "dcass_account": f"{its['dcass_customer_code']}00{name[1]}"} for name, its in hosts.items()}


@pytest.mark.parametrize(
    ("hosts", "wrong"),
    [
        pytest.param(fleet(), [], id="none"),
        pytest.param(fleet(b2={"dcass_workstation_address": ""}), ["b1", "b2"], id="an address of one of two"),
        pytest.param(fleet(b1={"dcass_port": 0}, b2={"dcass_port": 0}), ["b1", "b2"], id="a value of one participant"),
        pytest.param(fleet(b1={"dcass_acount": "x"}), ["b1", "b2"], id="a misspelt variable"),
        pytest.param(fleet(b1={"dcass_account": "CDEF002"}), ["b1", "b2"], id="an account twice"),
        pytest.param({**fleet(), "b3": host("CDEF", 3)}, ["b1", "b2", "b3"], id="three hosts"),
        pytest.param(
            fleet(b1={"dcass_state_dir": "/var/lib/dcass-sftp/CABC", "ansible_host": "a1"}),
            ["a1", "a2", "b1", "b2"],
            id="two participants that clash",
        ),
    ],
)
def test_a_participant_with_a_mistake_is_passed_over_as_a_pair_and_the_others_are_not(hosts, wrong):
    found = judged(hosts)
    assert sorted(found["wrong"]) == wrong
    assert found["refused"] == []
    assert bool(found["sentences"]) is bool(wrong)
    for name in wrong:
        failure = found["wrong"][name]["failure"]
        assert failure["error_code"] == "wrong_inventory"
        assert failure["msg"].rstrip(".") in " ".join(found["sentences"])
        assert found["wrong"][name]["account"] in ("CABC001", "CABC002", "CDEF001", "CDEF002", "-")


class Unready(dict):
    """Variables of a host of which some can't be worked out."""

    def __getitem__(self, name):
        if name in ("dcass_account", "dcass_closed_days", "ansible_host"):
            raise ValueError(f"'what_{name}_names' is undefined")
        return super().__getitem__(name)


def test_what_cannot_be_worked_out_concerns_its_participant_and_ends_as_sentences_do():
    hosts = fleet()
    everything = {**hosts, "b1": Unready(hosts["b1"], dcass_account="…", dcass_closed_days="…"), "localhost": {}}
    found = verdict(everything, groups_of(hosts), list(hosts))
    assert found["refused"] == []
    assert {name: its["account"] for name, its in found["wrong"].items()} == {"b1": "CDEF001", "b2": "CDEF002"}
    assert found["wrong"]["b2"]["failure"]["msg"] == (
        "b1 has a dcass_account that can't be worked out: 'what_dcass_account_names' is undefined. "
        "b1 has a dcass_closed_days that can't be worked out: 'what_dcass_closed_days_names' is undefined."
    )


def test_a_way_that_cannot_be_worked_out_is_a_mistake_of_that_host_alone():
    hosts = fleet()
    everything = {**hosts, "b1": Unready(hosts["b1"], ansible_host="…"), "localhost": {}}
    (wrong,) = verdict(everything, groups_of(hosts), list(hosts))["wrong"].items()
    assert wrong[0] == "b1"
    assert wrong[1]["failure"]["msg"] == (
        "b1 has an ansible_host that can't be worked out: 'what_ansible_host_names' is undefined."
    )
    assert wrong[1]["way"] == {"ansible_host": "nowhere.invalid"}
    assert {its["way"] == {} for its in judged(fleet(b1={"dcass_port": 0}))["wrong"].values()} == {True}


def test_what_a_template_would_take_for_its_own_is_taken_apart():
    code = {"dcass_customer_code": "{{ 2 * it }}"}
    found = judged(fleet(b1=code, b2=code), ["a1", "a2"])
    assert "{{" not in str(found["sentences"])
    assert "'{ { 2 * it }}'" in found["sentences"][0]


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        pytest.param(["{{ declared_closed }}"], "'declared_closed' is undefined", id="what nobody has set"),
        pytest.param("{{ nowhere | default }}", "'nowhere' is undefined", id="with a filter"),
        pytest.param("{{ dcass_state_dir }}", "", id="what roles have a default for"),
    ],
)
def test_a_template_that_ansible_core_2_17_leaves_as_it_is_is_told_as_newer_ones_raise_it(value, wrong):
    hosts = fleet(b1={"dcass_closed_days": value})
    del hosts["b1"]["dcass_state_dir"], hosts["b2"]["dcass_state_dir"]
    said = [one for one in judged(hosts)["sentences"] if "dcass_closed_days" in one]
    assert said == ([f"b1 has a dcass_closed_days that can't be worked out: {wrong}"] if wrong else [])


@pytest.mark.parametrize(
    ("hosts", "run", "targets"),
    [
        pytest.param(fleet(), {"dcass_renewal_serial": "x"}, None, id="a variable of the whole run"),
        pytest.param(
            {name: {**its, "dcass_port": 0} for name, its in fleet().items()}, {}, None, id="a value that all have"
        ),
        pytest.param(fleet(b1={"dcass_port": 0}), {}, ["b1", "b2"], id="one participant, and nobody else is asked for"),
    ],
)
def test_what_concerns_the_whole_run_or_leaves_nobody_is_refused(hosts, run, targets):
    found = judged(hosts, targets, run)
    assert found["refused"] == found["sentences"] != []


def test_a_mistake_of_others_concerns_nobody_who_runs_alone():
    found = judged(fleet(b1={"dcass_port": 0}), ["a1", "a2"])
    assert found["refused"] == []
    assert sorted(found["wrong"]) == ["b1", "b2"]


@pytest.mark.parametrize("variable", ["awx_job_id", "tower_job_id"])
def test_under_awx_an_account_is_written_or_its_participant_is_wrong(variable):
    written = {**explicit(fleet()), "b1": fleet()["b1"], "b2": fleet()["b2"]}
    found = judged(written, run={variable: 7})
    assert sorted(found["wrong"]) == ["b1", "b2"]
    (said,) = found["sentences"]
    assert said == (
        "b1 and b2 have no dcass_account, and AWX keeps no order of hosts: write dcass_account: CDEF001 on the "
        "workstation that holds the key of CDEF001 or is to make it, and dcass_account: CDEF002 on that of CDEF002."
    )
    assert judged(explicit(fleet()), run={variable: 7})["sentences"] == []
    assert judged(written)["sentences"] == []


def sliced(number, count):
    hosts = explicit(fleet())
    return {name: hosts[name] for name in sorted(hosts)[number - 1 :: count]}


@pytest.mark.parametrize(("number", "count"), [(1, 2), (2, 2), (1, 3), (2, 3), (3, 3)])
def test_a_slice_of_a_job_is_refused(number, count):
    run = {**AWX, "awx_job_template_name": "sync", "awx_workflow_job_name": "sync"}
    found = judged(sliced(number, count), run=run)
    assert "This is a slice of the job 'sync', which splits pairs: " in found["refused"][0]


@pytest.mark.parametrize("name", ["awx", "tower"])
@pytest.mark.parametrize(("number", "count"), [(1, 2), (2, 2), (1, 3)])
def test_a_slice_that_is_launched_again_has_no_workflow_and_is_refused_too(number, count, name):
    again = {f"{name}_job_id": 7, f"{name}_job_launch_type": "relaunch", f"{name}_job_template_name": "sync"}
    found = judged(sliced(number, count), run=again)
    assert "launched again, and no participant has two workstations in it" in found["refused"][0]


@pytest.mark.parametrize(
    ("hosts", "names"),
    [
        pytest.param(sliced(1, 2), {"awx_job_template_name": "sync"}, id="a fleet of single workstations"),
        pytest.param(
            {name: its for name, its in explicit(fleet()).items() if name != "a2"},
            {"awx_job_template_name": "sync", "awx_job_launch_type": "relaunch"},
            id="a job launched again while one workstation is switched off",
        ),
        pytest.param(
            sliced(1, 2),
            {"awx_job_template_name": "sync", "awx_workflow_job_name": "each morning"},
            id="such a fleet in a workflow",
        ),
        pytest.param(
            explicit(fleet()),
            {"awx_job_template_name": "sync", "awx_workflow_job_name": "sync"},
            id="a workflow with the name of its template, and whole pairs",
        ),
    ],
)
def test_what_is_no_slice_goes_on(hosts, names):
    assert judged(hosts, run={**AWX, **names})["sentences"] == []


@pytest.mark.parametrize(
    ("hosts", "targets", "run", "notices"),
    [
        pytest.param(fleet(), None, {}, [], id="all take part"),
        pytest.param(
            fleet(),
            ["a2", "b1", "b2"],
            {},
            ["cp_cabc takes part with a2 alone, without a1: it has no standby in this run."],
            id="a limit leaves one out",
        ),
        pytest.param({"a2": host("CABC", 2)}, None, {}, [], id="one workstation for good"),
        pytest.param(
            {"a2": host("CABC", 2, dcass_account="CABC002")},
            None,
            AWX,
            ["cp_cabc has a2 alone in this inventory, so it has no standby; is its other host disabled?"],
            id="one workstation under AWX",
        ),
    ],
)
def test_who_is_left_out_is_told(hosts, targets, run, notices):
    assert judged(hosts, targets, run)["notices"] == notices


EMPTY = "cp_cxyz has no host in this inventory, so nothing is done for it"


@pytest.mark.parametrize(
    ("targets", "run", "notices"),
    [
        pytest.param(None, {}, [f"{EMPTY}."], id="all others"),
        pytest.param(None, AWX, [f"{EMPTY}; are its hosts disabled?"], id="all others, under AWX"),
        pytest.param(["a1", "a2"], AWX, [], id="those that were named"),
    ],
)
def test_a_participant_of_which_nobody_is_there_is_told(targets, run, notices):
    hosts = explicit(fleet())
    run = {**run, "awx_job_template_name": "sync"}
    groups = {**groups_of(hosts), "cp_cxyz": []}
    found = verdict({**hosts, "localhost": run}, groups, list(hosts) if targets is None else targets)
    assert (found["refused"], found["wrong"], found["notices"]) == ([], {}, notices)


def test_of_many_of_which_nobody_is_there_three_are_named():
    groups = {f"cp_c{n:03}": [] for n in range(10)}
    found = verdict({"localhost": AWX}, groups, [])
    (said,) = found["notices"]
    assert said.startswith("cp_c000, cp_c001, cp_c002 and 7 more have no host in this inventory, so nothing is done")


def test_under_awx_what_refuses_all_is_as_long_as_it_shows():
    hosts = explicit({f"h{n}{place}": host(f"C{n:03}", place) for n in range(200) for place in (1, 2)})
    hosts = {name: {**its, "dcass_account": "CXXX001"} for name, its in hosts.items()}
    refused = judged(hosts, run=AWX)["refused"]
    assert sum(map(len, refused)) < 800
    assert refused[-1].endswith(" more: ansible-playbook dcass.sftp.check_inventory tells all of them.")
    assert len(judged(hosts)["refused"]) == 400


def test_of_many_that_are_left_out_three_are_named():
    hosts = {f"h{n}-{place}": host(f"C{n:03}", place) for n in range(10) for place in (1, 2)}
    found = judged(hosts, [name for name in hosts if name.endswith("1")])
    assert len(found["notices"]) == 4
    assert found["notices"][-1] == "The same goes for 7 more participants."


def test_a_fleet_with_many_wrong_participants_is_judged_at_once():
    count = 400
    hosts = {f"h{n}-{place}": host(f"C{n:03}", place) for n in range(count) for place in (1, 2)}
    for n in range(1, count):
        hosts[f"h{n}-1"]["dcass_workstation_address"] = ""
    began = time.process_time()
    found = judged(hosts)
    assert len(found["wrong"]) == 2 * (count - 1) and found["refused"] == []
    assert time.process_time() - began < 5
