# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks that are set, and states that are lost: a facility that counts by itself never sees a fifth login (§4.3)."""

from __future__ import annotations

import os
import pathlib
import shutil
import time
from datetime import datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME
from tests.modules.steering import NOON, SteeredClock
from tests.modules.support import CHECKED, fail, succeed


@pytest.fixture
def clock(facility, monkeypatch):
    steered = SteeredClock(facility.control, monkeypatch)
    steered.set(NOON)
    yield steered
    steered.release()


@pytest.fixture
def state(workstation):
    return pathlib.Path(workstation.options["state_dir"])


def refused(workstation):
    return fail("report_sync", "login_budget_spent", **workstation.options, dest=workstation.dest)


@pytest.mark.parametrize("hours", [24, -24, 1], ids=["a day forward", "a day back", "an hour forward"])
def test_no_step_of_the_clock_gives_a_fifth_login(facility, clock, workstation, hours):
    for _login in range(4):
        workstation.sync()
    clock.step(hours=hours)
    told = refused(workstation)
    assert timedelta(minutes=4) < datetime.fromisoformat(told["retry_at"]) - clock.now < timedelta(minutes=6)
    clock.step(hours=-hours)
    refused(workstation)
    clock.reboot()
    clock.step(hours=hours)
    refused(workstation)
    assert len(facility.events("login")) == 4


def losses(result, workstation):
    """How many warnings of a loss there are; in one process, Ansible keeps those of all runs, but where CHECKED."""
    told = {str(warning) for warning in result.get("warnings", [])}
    return sum(f"state_lost: {workstation.account}: " in warning for warning in told)


def lost(name):
    return {
        "removed": lambda state: os.unlink(state / FILE_NAME),
        "emptied": lambda state: os.truncate(state / FILE_NAME, 0),
        "torn": lambda state: (state / FILE_NAME).write_bytes(b"x"),
        "all removed": shutil.rmtree,
        "an older one": lambda state: (shutil.rmtree(state), shutil.copytree(state.parent / "backup", state)),
        "an older database": lambda state: shutil.copy(state.parent / "backup" / FILE_NAME, state),
    }[name]


@pytest.mark.parametrize("how", ["removed", "emptied", "torn", "all removed", "an older one", "an older database"])
def test_a_lost_state_is_told_and_the_run_waits_by_itself(facility, clock, workstation, state, how):
    for _login in range(3):
        workstation.sync()
    shutil.copytree(state, state.parent / "backup")
    workstation.sync()
    time.sleep(0.01)  # the kernel's own times of files are no finer
    lost(how)(state)
    asked = succeed("account_info", **workstation.options)
    assert asked["logins"]["left"] == 0
    assert asked["logins"]["retry_at"] == (clock.now + timedelta(seconds=302)).isoformat(timespec="seconds")
    assert clock.slept == []
    told = workstation.sync()
    assert [round(seconds) for seconds in clock.slept] == [302]
    assert losses(asked, workstation) > 0
    assert losses(told, workstation) > (0 if CHECKED else losses(asked, workstation))
    again = workstation.sync()
    assert len(clock.slept) == 1
    assert losses(again, workstation) == (0 if CHECKED else losses(told, workstation))


def test_no_key_is_uploaded_for_an_hour_after_it(facility, clock, workstation, state):
    workstation.sync()
    os.unlink(state / FILE_NAME)
    succeed("account_key", **workstation.options, registered_on=str(clock.now.date()))
    foretold = fail("key_renewal", "upload_budget_spent", **workstation.options, force=True, _ansible_check_mode=True)
    told = fail("key_renewal", "upload_budget_spent", **workstation.options, force=True)
    assert facility.events("upload") == []
    for one in (foretold, told):
        assert datetime.fromisoformat(one["retry_at"]) - clock.now > timedelta(minutes=54)


def test_a_new_workstation_waits_for_nothing_and_is_told_nothing(clock, workstation):
    told = workstation.sync()
    assert clock.slept == [] and losses(told, workstation) == 0
