# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules are asked with, by the variables of a host: options that they have, each with its variable's value."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.dcass.sftp.plugins.module_utils._rules import specs
from ansible_collections.dcass.sftp.plugins.plugin_utils._options import OPTIONS
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import Variables
from tests.unit.probes import probed

DEFAULTS = pathlib.Path(__file__).parents[2] / "roles" / "dcass" / "defaults" / "main.yml"
TWO = "cxyz-ws2"
OF_A_RUN = {"partner_index", "adopt_from", "adopt_by"}


def ours(**more):
    """The variables of a workstation, those of the role first."""
    run = {"hostvars": {TWO: probed("CXYZ002", "cxyz-ws1")}, "dcass_run_by_user": "ops"}
    return {**yaml.safe_load(DEFAULTS.read_text()), **run, **probed("CXYZ001", TWO, site="primary"), **more}


def its(**more):
    """The same; a template in them is worked out as <its text>."""
    return Variables(ours(**more), lambda value: f"<{value}>" if isinstance(value, str) else value)


@pytest.mark.parametrize(
    ("which", "spec", "left"),
    [
        pytest.param("state", specs.STATE, {"account", "dest", "renew_before"}, id="state"),
        pytest.param("facility", specs.FACILITY, {"account", "dest", "renew_before"}, id="facility"),
        pytest.param("sync", specs.REPORT_SYNC, OF_A_RUN, id="sync"),
    ],
)
def test_all_options_are_there_but_those_of_a_task(which, spec, left):
    full = dict.fromkeys(("dcass_metrics_file", "dcass_events_file", "dcass_passphrase", "dcass_handover_dir"), "x")
    asked = OPTIONS[which](its(dcass_report_folders=["COMMON"], dcass_passphrase_given="x", **full))
    files = {"metrics_file", "events_file"} if which == "state" else set()  # which its task names itself
    assert set(asked) == set(spec) - left - files


def test_what_an_inventory_leaves_empty_is_not_asked():
    asked = OPTIONS["sync"](its())
    assert not {"metrics_file", "events_file", "passphrase", "handover_dir", "folders"} & set(asked)


@pytest.mark.parametrize(
    ("variables", "option", "value"),
    [
        pytest.param({"dcass_addresses": ["a"]}, "addresses", ["a"], id="addresses of one site"),
        pytest.param(
            {"dcass_addresses": {"primary": ["a"], "secondary": ["b"]}, **probed("CXYZ001", site="secondary")},
            "addresses",
            ["b"],
            id="those of the site in force",
        ),
        pytest.param({"dcass_closed_days": "2026-11-27"}, "closed_days", ["2026-11-27"], id="one day, in no list"),
        pytest.param({"dcass_config_dir": "/x"}, "known_hosts", "/x/known_hosts", id="made of another"),
        pytest.param({"dcass_report_dir": "{{ x }}"}, "dest", "<{{ x }}>", id="a template"),
        pytest.param({"dcass_report_dir": "/srv/x"}, "dest", "/srv/x", id="none"),
        pytest.param({}, "return_index", True, id="the first tells its standby what it holds"),
        pytest.param(probed("CXYZ002", TWO, site="primary"), "return_index", False, id="the standby tells nobody"),
        pytest.param(probed("CXYZ001", site="primary"), "return_index", False, id="one alone tells nobody"),
    ],
)
def test_the_value_of_an_option(variables, option, value):
    assert OPTIONS["sync"](its(**variables))[option] == value


@pytest.mark.parametrize(
    ("variables", "run_by"),
    [
        pytest.param({}, "ops", id="whoever is logged in"),
        pytest.param({"dcass_approved_by": "amy"}, "ops, approved by amy", id="with a second person"),
        pytest.param({"awx_job_id": 7, "awx_user_name": "bob"}, "job 7 of bob", id="a job that somebody launched"),
        pytest.param({"tower_job_id": 7, "awx_schedule_name": "daily"}, "job 7 of daily", id="a job of a schedule"),
        pytest.param({"awx_job_id": 7}, "job 7 of its schedule", id="a job of nobody"),
        pytest.param(
            {"awx_job_id": 7, "awx_user_name": "bob", "dcass_approved_by": "amy"},
            "job 7 of bob, approved by amy",
            id="a job with a second person",
        ),
    ],
)
def test_who_has_started_the_run(variables, run_by):
    assert OPTIONS["run"](its(**variables))["run_by"] == run_by
    assert OPTIONS["sync"](its(**variables))["run_by"] == run_by
