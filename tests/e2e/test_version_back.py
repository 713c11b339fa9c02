# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook downgrade, and what daily playbooks say of a state that a newer version, simulated, has written."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import VERSION
from demo.rehearsal import WORKSTATIONS, Rehearsal
from emulator.client import Emulator
from tests.e2e.conftest import DAY

OLDER = 10
BACK = ("dcass.sftp.downgrade", "-e", f"dcass_state_version={OLDER}")
ONE, TWO = WORKSTATIONS


def state_of(stage: Rehearsal, host: str) -> Path:
    (path,) = stage.folder(host).rglob("state.sqlite3")
    return path


def version_of(stage: Rehearsal, host: str) -> int:
    with contextlib.closing(sqlite3.connect(state_of(stage, host))) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def set_version(stage: Rehearsal, host: str, number: int) -> None:
    with contextlib.closing(sqlite3.connect(state_of(stage, host))) as db:
        db.execute(f"PRAGMA user_version = {number}")


def versions(stage: Rehearsal) -> list[int]:
    return [version_of(stage, host) for host in WORKSTATIONS]


@pytest.fixture(scope="module", autouse=True)
def _later(stage: Rehearsal, synced: object, facility: Emulator) -> None:
    """Whatever came before has spent its logins more than five minutes ago (§4.3)."""
    stage.set_clock(facility, f"{DAY}T18:30:00+08:00")


@pytest.fixture
def newer(stage: Rehearsal, synced: object) -> Iterator[Rehearsal]:
    """A newer version has been at the first workstation, as far as anybody can tell."""
    set_version(stage, ONE, VERSION + 1)
    yield stage
    for host in WORKSTATIONS:
        set_version(stage, host, VERSION)


def test_who_does_not_say_how_far_back_is_refused(stage: Rehearsal, synced: object) -> None:
    refused = stage.play("dcass.sftp.downgrade", log="downgrade_refused")
    assert refused.code != 0
    assert any("bad_option: Say which version" in text for text in refused.complaints)
    assert versions(stage) == [VERSION, VERSION]


def test_the_way_back_and_forward_again_changes_nothing_else(stage: Rehearsal, synced: object) -> None:
    planned = stage.play(*BACK, "--check", log="downgrade_planned")
    assert (planned.code, planned.changed, versions(stage)) == (0, 2, [VERSION, VERSION])
    done = stage.play(*BACK, log="downgrade")
    assert (done.code, done.changed, versions(stage)) == (0, 2, [OLDER, OLDER])
    assert "CXYZ001: The state is one of version 10 now; " in done.output
    again = stage.play(*BACK, log="downgrade_again")
    assert (again.code, again.changed, versions(stage)) == (0, 0, [OLDER, OLDER])
    forward = stage.play("dcass.sftp.sync_reports", log="downgrade_forward")
    assert (forward.code, forward.changed, version_of(stage, ONE)) == (0, 0, VERSION)


def test_a_newer_state_stops_its_workstation_and_the_other_one_stands_in(newer: Rehearsal, facility: Emulator) -> None:
    began = facility.control.status()["last_event"]
    facility.control.publish(folder="COMMON", name="NEWER.csv", size=1000)
    synced = newer.play("dcass.sftp.sync_reports", log="newer_sync", brief=True)
    assert synced.code == 2
    assert f"{TWO} stands in for {ONE}: 1 report" in synced.output
    assert f"{ONE} CXYZ001: state_newer: " in synced.output
    logins = [event["account"] for event in facility.control.events(since=began) if event["event"] == "login"]
    assert logins == ["CXYZ002"]


@pytest.mark.long("tests/modules/test_newer_state.py asks each module; the test before has the sync")
def test_a_newer_state_of_both_lets_nobody_log_in(newer: Rehearsal, facility: Emulator) -> None:
    set_version(newer, TWO, VERSION + 1)
    began = facility.control.status()["last_event"]
    for playbook in ("sync_reports", "renew_keys", "status", "verify", "rollout"):
        told = newer.play(f"dcass.sftp.{playbook}", log=f"newer_{playbook}", brief=True)
        assert told.code == 2, playbook
        for host, account in ((ONE, "CXYZ001"), (TWO, "CXYZ002")):
            assert f"{host} {account}: state_newer: " in told.output, playbook
        assert f"dcass.sftp.downgrade -e dcass_state_version={VERSION}" in told.output, playbook
    assert [event for event in facility.control.events(since=began) if event["event"] == "connect"] == []
