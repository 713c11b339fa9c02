# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One state never serves two environments: whoever comes for another one is refused before it connects."""

from __future__ import annotations

import pytest

from tests.modules.support import fail, run_module, succeed

RUNS = {
    "report_sync": lambda ours: {"dest": ours.dest},
    "facility_info": lambda _ours: {"login": True},
    "key_renewal": lambda _ours: {},
}


def environment_of(workstation):
    return succeed("account_info", **workstation.options)["facility"]["environment"]


@pytest.mark.parametrize("check", [False, True], ids=["for real", "in check mode"])
@pytest.mark.parametrize("module", RUNS)
def test_a_run_for_another_environment_is_refused_before_it_connects(facility, workstation, module, check):
    assert environment_of(workstation) is None
    workstation.sync()
    assert environment_of(workstation) == "other"
    before = len(facility.events("connect"))
    theirs = {**workstation.options, **RUNS[module](workstation), "environment": "production"}
    said = fail(module, "wrong_environment", check=check, **theirs)
    assert "belongs to the environment other, and this run to production" in said["msg"]
    assert "dcass_state_dir" in said["hint"] and "dcass_environment: other" in said["hint"]
    assert len(facility.events("connect")) == before
    assert environment_of(workstation) == "other"


def test_the_operator_s_own_word_resolves_it_when_addresses_change(facility, workstation):
    workstation.sync(environment="production")
    assert environment_of(workstation) == "production"
    fail("report_sync", "wrong_environment", **workstation.options, dest=workstation.dest)
    workstation.sync(environment="production")
    assert len(facility.events("login")) == 2


def test_the_standby_tells_a_test_nothing_of_production(workstation):
    workstation.sync(environment="production")
    asked = {**workstation.options, "dest": workstation.dest, "standby": True}
    fail("report_sync", "wrong_environment", **asked)
    assert not run_module("report_sync", **asked, environment="production").get("failed")


def test_a_run_that_never_came_to_a_login_leaves_the_state_to_the_next(workstation):
    nowhere = {**workstation.options, "addresses": ["127.151.0.1:9"], "dest": workstation.dest, "environment": "test"}
    fail("report_sync", "unreachable", **nowhere)
    assert environment_of(workstation) is None
    workstation.sync()
    assert environment_of(workstation) == "other"
