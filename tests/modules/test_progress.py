# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file in which report_sync tells how far it is, and who is asked to look at it."""

from __future__ import annotations

import pathlib
import signal
import time
from types import SimpleNamespace

import pytest

from ansible_collections.dcass.sftp.plugins.action.report_sync import ActionModule
from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import from_text
from tests.modules.test_report_sync import start_alone

SLOW = 30  # seconds: until the test has seen enough


def told(workstation):
    """The account's file, once it is there and tells of half of the reports."""
    path = pathlib.Path(workstation.options["state_dir"]) / f"{workstation.account}.progress"
    until = time.monotonic() + 20
    while time.monotonic() < until:
        counts = from_text(path.read_text()) if path.exists() else None
        if counts and counts.reports == 2:
            return path, counts
        time.sleep(0.02)
    raise AssertionError("no file tells of two reports")


def test_a_run_tells_counts_and_no_names_and_a_killed_run_leaves_the_next_one_nothing(facility, workstation):
    for number in range(3):
        facility.publish(name=f"TP{number:03}_20261120.csv", folder=workstation.code, size=50_000)
    facility.control.fault_arm("stall", times=1, seconds=SLOW, path="*TP002*", account=workstation.account)
    facility.forgiven = ("once a day",)  # what the killed run had fetched but not recorded
    run = start_alone(workstation, progress=1)
    path, counts = told(workstation)
    assert (counts.reports, counts.of_reports) == (2, 3)
    assert (counts.bytes, counts.of_bytes) == (100_000, 150_000)
    assert path.stat().st_mode & 0o7777 == 0o600
    assert "TP" not in path.read_text()
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert path.exists()
    facility.control.fault_clear()
    rest = workstation.sync()
    assert rest["unchanged"] + len(rest["downloaded"]) == 3
    assert [entry.name for entry in path.parent.iterdir() if "progress" in entry.name] == []


def test_progress_changes_no_result(facility, workstation):
    facility.publish(name="TP001_20261120.csv", folder=workstation.code, size=1000)
    first = workstation.sync(progress=5)
    second = workstation.sync()
    assert len(first["downloaded"]) == 1
    assert set(first) == set(second)


@pytest.mark.parametrize(
    ("arguments", "task", "seconds"),
    [
        pytest.param({"progress": 5}, {}, 5, id="asked"),
        pytest.param({"progress": "5"}, {}, 5, id="in a string"),
        pytest.param({}, {}, 0, id="not asked"),
        pytest.param({"progress": None}, {}, 0, id="nothing"),
        pytest.param({"progress": 0}, {}, 0, id="zero"),
        pytest.param({"progress": -1}, {}, 0, id="less than zero"),
        pytest.param({"progress": float("inf")}, {}, 0, id="without end"),
        pytest.param({"progress": 10**20}, {}, 86_400, id="once in an age"),
        pytest.param({"progress": "often"}, {}, 0, id="what the module refuses"),
        pytest.param({"progress": 5}, {"no_log": True}, 0, id="a hidden task"),
        pytest.param({"progress": 5}, {"async_val": 60}, 0, id="nobody waits for it"),
    ],
)
def test_who_looks_on(arguments, task, seconds):
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(**{"args": arguments, "no_log": False, "async_val": 0, **task})
    assert action._seconds() == seconds
