# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file in which report_sync tells how far it is."""

from __future__ import annotations

import pathlib
import signal
import time

from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import from_text
from tests.modules.test_report_sync import start_alone

SLOW = 300  # seconds: until the test has seen enough


def told(workstation):
    """The account's file, once it is there and tells of half of the reports."""
    path = pathlib.Path(workstation.options["state_dir"]) / f"{workstation.account}.progress"
    until = time.monotonic() + 120
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
