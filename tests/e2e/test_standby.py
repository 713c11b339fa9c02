# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two days of a pair: each shared report is fetched once, whichever of the workstations is there to do it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, REGISTERED, TWO, Steered, last_lines

FRIDAY, MONDAY = "2020-02-28", "2020-03-02"
ACCOUNTS = {ONE: "CXYZ001", TWO: "CXYZ002"}
INTRADAY = "--extra-vars=dcass_report_scope=intraday"
RPI, TABLE = "CXYZ_RPI_{{ 6 * 7 }}.csv", "TABLE.csv"  # a name is data, whatever it says

SILENCE = (
    'Data could not be sent to remote host "cxyz-ws1". Make sure this host can be reached over ssh: No route to host.'
)
BRING_IT_UP = "Look whether it is up and lets this control node in by ssh, then run the playbook again."
LATE, BUSY = "LATE_20200302.csv", "BUSY_20200302.csv"


@dataclass
class Run:
    """What a run came to, and what the facility saw of it."""

    outcome: Outcome
    events: list[dict[str, Any]]

    @property
    def read(self) -> dict[str, list[str]]:
        """The reports that each workstation has read, by name."""
        seen = [event for event in self.events if event["event"] == "download"]
        return {
            host: sorted(event["detail"]["path"].rpartition("/")[2] for event in seen if event["account"] == account)
            for host, account in ACCOUNTS.items()
        }

    @property
    def logins(self) -> dict[str, int]:
        """How often each workstation has logged in."""
        by = Counter(event["account"] for event in self.events if event["event"] == "login")
        return {host: by[account] for host, account in ACCOUNTS.items()}

    def result(self, host: str) -> dict[str, Any]:
        """What the host's last report_sync has returned."""
        found: dict[str, Any] = self.outcome.of("report_sync")[host]
        return found


class Story(Steered):
    """The pair, its runs by name, and what the facility objected to."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.runs: dict[str, Run] = {}
        self.violations: list[dict[str, Any]] = []
        self.archives: list[set[str]] = []

    def sync(self, name: str, moment: str, *arguments: str) -> None:
        """Let the playbook run at that moment."""
        self.at(moment)
        since = self.facility.control.status()["last_event"]
        outcome = self.play("dcass.sftp.sync_reports", *arguments, log=name)
        self.runs[name] = Run(outcome, self.facility.control.events(since=since))

    def publish(self, name: str, folder: str = "CXYZ", size: int = 700) -> None:
        """Let the facility show one more report, made now."""
        self.facility.control.publish(name="drafted.csv", folder=folder, size=size)
        place = Path(self.facility.root) / "folders" / folder
        (place / "drafted.csv").replace(place / name)  # the rehearsal's exchange would never choose such names

    def crash(self, host: str) -> None:
        """Let the workstation's private Python fail once, and without a word of ours."""
        broken = self.root / "broken"
        (broken / "bin").mkdir(parents=True)
        (broken / "requirements.txt").touch()
        once = f"test -e {broken}/once || {{ touch {broken}/once; echo 'Killed' >&2; exit 137; }}"
        (broken / "bin" / "python").write_text(f'#!/bin/sh\n{once}\nexec {sys.executable} "$@"\n')
        (broken / "bin" / "python").chmod(0o755)
        inventory = json.loads(self.inventory.read_text())
        inventory["cp_cxyz"]["hosts"][host]["dcass_venv"] = str(broken)
        inventory["cp_cxyz"]["hosts"][host]["dcass_installed_code"] = False  # else the module would be sent after that
        self.inventory.write_text(json.dumps(inventory))

    def lock(self, host: str) -> None:
        """Somebody else guesses at an account until the facility locks it (§4.3)."""
        stranger = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        for _guess in range(5):
            self.logs_in(ACCOUNTS[host], stranger)

    @contextlib.contextmanager
    def at_work(self, host: str) -> Iterator[None]:
        """Let another run hold the account on its workstation."""
        with open(self.folder(host) / "state" / f"{ACCOUNTS[host]}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def reports(self, host: str) -> set[str]:
        """The shared reports in a workstation's archive, earlier versions included."""
        folder = self.folder(host) / "reports"
        return {path.name for place in ("COMMON", "CXYZ") for path in (folder / place).glob("*")}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All runs, one after the other."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        story = Story(tmp_path_factory.mktemp("pair"), emulator)
        story.at(f"{REGISTERED}T09:00")
        assert story.play("dcass.sftp.register").code == 0
        emulator.control.register(story.root / "registration" / "CXYZ.zip")
        story.at(f"{MONDAY}T07:00")
        emulator.control.publish(date=FRIDAY, scale=0.01)
        story.publish(TABLE, folder="COMMON")
        story.sync("foretold", f"{MONDAY}T07:05", "--check")
        story.sync("morning", f"{MONDAY}T07:10")
        story.at(f"{MONDAY}T09:45")
        story.publish(RPI)
        story.sync("poll", f"{MONDAY}T09:50", INTRADAY)
        story.power(ONE, on=False)
        story.publish("CXYZ_RPI02_20200302.csv")
        story.publish(TABLE, folder="COMMON", size=800)
        story.sync("dead", f"{MONDAY}T10:00")
        story.power(ONE, on=True)
        story.publish(LATE)
        story.sync("back", f"{MONDAY}T11:00")
        story.sync("again", f"{MONDAY}T11:10")
        story.publish(BUSY)
        with story.at_work(ONE):
            story.sync("busy", f"{MONDAY}T11:20")
        story.violations = emulator.control.violations()
        story.publish("CXYZ_RPI03_20200302.csv")
        story.at(f"{MONDAY}T14:00")
        story.lock(ONE)
        story.sync("locked", f"{MONDAY}T14:01", INTRADAY)
        story.sync("alone", f"{MONDAY}T14:20", f"--limit={TWO}")
        story.archives = [story.reports(host) for host in (ONE, TWO)]
        story.crash(TWO)
        story.sync("crashed", f"{MONDAY}T16:00")
        yield story


def test_check_mode_foretells_who_fetches_what(story: Story) -> None:
    foretold, done = story.runs["foretold"], story.runs["morning"]
    assert (foretold.outcome.code, foretold.read) == (0, {ONE: [], TWO: []})
    for host in (ONE, TWO):
        wanted, got = (sorted(entry["path"] for entry in run.result(host)["downloaded"]) for run in (foretold, done))
        assert wanted == got
        assert foretold.result(host)["held_by_partner"] == done.result(host)["held_by_partner"]


def test_on_a_normal_day_each_shared_report_is_read_once_by_the_pair(story: Story) -> None:
    morning = story.runs["morning"]
    assert morning.outcome.code == 0, morning.outcome.output
    assert len(morning.read[ONE]) == len(set(morning.read[ONE])) == 66
    assert morning.read[TWO] == []
    assert morning.logins == {ONE: 1, TWO: 1}
    assert (morning.result(TWO)["changed"], morning.result(TWO)["held_by_partner"]) == (False, 66)
    assert "66 held by cxyz-ws1" in morning.outcome.output


def test_a_poll_costs_the_stand_by_no_login(story: Story) -> None:
    poll = story.runs["poll"]
    assert poll.outcome.code == 0, poll.outcome.output
    assert (poll.read, poll.logins) == ({ONE: [RPI], TWO: []}, {ONE: 1, TWO: 0})
    assert "CXYZ002 stands by for cxyz-ws1." in poll.outcome.output


def test_a_dead_workstation_makes_the_run_red_and_its_partner_fetches_what_is_new_or_changed(story: Story) -> None:
    dead = story.runs["dead"]
    assert dead.outcome.code == 2
    assert last_lines(dead.outcome) == [f"{ONE} CXYZ001: host_unreachable: {SILENCE} {BRING_IT_UP}"]
    assert dead.read == {ONE: [], TWO: ["CXYZ_RPI02_20200302.csv", TABLE]}
    reasons = {entry["name"]: entry["reason"] for entry in dead.result(TWO)["downloaded"]}
    assert reasons == {"CXYZ_RPI02_20200302.csv": "new", TABLE: "changed at the facility"}
    assert (
        "cxyz-ws2 stands in for cxyz-ws1: 2 reports fetched that cxyz-ws1 could not. It is unreachable or not ready."
        in dead.outcome.output
    )


def test_the_first_workstation_takes_over_again_without_fetching_twice(story: Story) -> None:
    back = story.runs["back"]
    assert back.outcome.code == 0, back.outcome.output
    assert back.read == {ONE: [LATE], TWO: []}
    assert back.result(ONE)["held_by_partner"] == 2


def test_the_next_pass_changes_nothing(story: Story) -> None:
    again = story.runs["again"]
    assert (again.outcome.code, again.outcome.changed) == (0, 0)
    assert again.read == {ONE: [], TWO: []}
    assert story.violations == []


def test_where_another_run_is_at_work_the_stand_by_leaves_the_reports_to_it(story: Story) -> None:
    busy = story.runs["busy"]
    assert (busy.outcome.code, busy.result(ONE)["outcome"]) == (0, "busy"), busy.outcome.output
    assert f"CXYZ001: busy: {busy.result(ONE)['msg']}" in busy.outcome.output
    assert (busy.read, busy.logins) == ({ONE: [], TWO: []}, {ONE: 0, TWO: 0})
    assert "CXYZ002 stands by for cxyz-ws1." in busy.outcome.output


def test_where_the_account_is_locked_the_stand_by_logs_in_with_its_own(story: Story) -> None:
    locked = story.runs["locked"]
    assert locked.outcome.code == 2
    assert locked.result(ONE)["error_code"] == "authentication_failed"
    (line,) = last_lines(locked.outcome)
    assert line.startswith(f"{ONE} CXYZ001: authentication_failed: The facility refused the login of CXYZ001 from ")
    assert locked.read == {ONE: [], TWO: ["CXYZ_RPI03_20200302.csv"]}
    assert (
        "1 reports fetched that cxyz-ws1 could not. The facility refused the login of CXYZ001" in locked.outcome.output
    )


def test_with_limit_what_is_remembered_of_the_other_one_counts(story: Story) -> None:
    alone = story.runs["alone"]
    assert (alone.outcome.code, alone.outcome.changed) == (0, 1), alone.outcome.output
    assert alone.read == {ONE: [], TWO: [BUSY]}
    assert "stands in" not in alone.outcome.output


def test_a_standby_that_could_not_tell_what_it_holds_does_not_fetch(story: Story) -> None:
    crashed = story.runs["crashed"]
    (line,) = last_lines(crashed.outcome)
    assert line.startswith(f"{TWO} CXYZ002: task_failed: Ask the standby what it holds, without a login: ")
    assert crashed.logins == {ONE: 1, TWO: 0}


def test_the_pair_has_everything_and_no_version_is_lost(story: Story) -> None:
    first, second = story.archives
    assert first & second == {TABLE}  # the version of the morning, and the one that came while the first was dead
    assert len(first | second) == 65 + 6
