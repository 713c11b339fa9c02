# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet on one day: every playbook for all participants at once, and then once more.

DCASS_FLEET=20 takes twenty participants, which are forty workstations, and many minutes; otherwise there are four. What
stands for a workstation's private environment is the tests' own, so that rollout has nothing to install.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from demo.rehearsal import CHECKOUT, Outcome
from emulator.client import running
from tests.e2e.steered import REGISTERED, Steered, told

CODES = [f"C{number:03}" for number in range(int(os.environ.get("DCASS_FLEET", "4")))]
FIRST, SECOND = ({f"{code.lower()}-ws{place}" for code in CODES} for place in (1, 2))
FLEET = FIRST | SECOND
ACCOUNTS = {host: f"{host[:4].upper()}00{host[-1]}" for host in FLEET}
FRIDAY, MONDAY, TUESDAY = "2020-02-28", "2020-03-02", "2020-03-03"
REQUIREMENTS = CHECKOUT / "roles" / "workstation" / "files" / "requirements.txt"
READY = ("dcass.sftp.rollout", "dcass.sftp.register")
ASKED = "Ask the standby what it holds, without a login"
PAGE = "Show what is due next"
pytestmark = pytest.mark.long("test_story.py has one participant, test_renewal.py three")
ONCE = dict.fromkeys(ACCOUNTS.values(), 1)


@dataclass
class Day:
    """The runs by name, the logins that each account has spent in them, and what the facility objected to."""

    runs: dict[str, Outcome] = field(default_factory=dict)
    logins: dict[str, dict[str, int]] = field(default_factory=dict)
    violations: list[dict[str, Any]] = field(default_factory=list)


class Story(Steered):
    """The fleet, from bare folders on."""

    def run(self, day: Day, name: str, moment: str, *playbooks: str) -> None:
        """Run playbooks on all workstations, and count what that has cost."""
        self.at(moment)
        since = self.facility.control.status()["last_event"]
        day.runs[name] = self.play(*playbooks, log=name.replace(" ", "_"))
        logins = [event["account"] for event in self.facility.control.events(since=since, event="login")]
        day.logins[name] = {account: logins.count(account) for account in sorted(set(logins))}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """All runs; the tests look at what they came to."""
    root, day = tmp_path_factory.mktemp("fleet"), Day()
    with running(root / "facility") as facility:
        story = Story(root / "stage", facility, CODES)
        (story.root / "venv" / "requirements.txt").write_bytes(REQUIREMENTS.read_bytes())
        story.run(day, "ready", f"{REGISTERED}T09:00", *READY)
        for code in CODES:
            facility.control.register(story.root / "registration" / f"{code}.zip")
        registered = f"--extra-vars=dcass_registered_on={REGISTERED}"
        story.run(day, "registered", f"{REGISTERED}T12:00", "dcass.sftp.register", registered)
        story.run(day, "ready again", f"{REGISTERED}T12:10", *READY)
        story.at(f"{MONDAY}T08:00")
        facility.control.publish(date=FRIDAY, scale=0.01)
        story.run(day, "sync", f"{MONDAY}T08:00", "dcass.sftp.sync_reports")
        story.run(day, "sync again", f"{MONDAY}T08:30", "dcass.sftp.sync_reports")
        renew = ("dcass.sftp.renew_keys", "--extra-vars=dcass_renewal_serial=100%")
        story.run(day, "renewal", f"{MONDAY}T09:00", *renew)
        story.run(day, "renewal of the second", f"{TUESDAY}T09:00", *renew)
        story.run(day, "renewal again", f"{TUESDAY}T09:30", *renew)
        story.run(day, "status", f"{TUESDAY}T10:00", "dcass.sftp.status")
        day.violations = facility.control.violations()
        yield day


def test_every_run_is_green_on_every_workstation(day: Day) -> None:
    for name, outcome in day.runs.items():
        assert outcome.code == 0, f"{name}: {outcome.output[-3000:]}"
        assert set(outcome.recap) - {"localhost"} == FLEET, name
    assert day.violations == []


@pytest.mark.parametrize("name", ["ready again", "sync again", "renewal again", "status"])
def test_the_second_pass_changes_nothing(day: Day, name: str) -> None:
    assert day.runs[name].changed == 0


def test_a_sync_costs_one_login_an_account(day: Day) -> None:
    assert day.logins["sync"] == day.logins["sync again"] == ONCE
    results = day.runs["sync"].of("report_sync")
    assert {len(results[host]["downloaded"]) > 60 for host in FIRST} == {True}
    assert {len(results[host]["downloaded"]) for host in SECOND} == {0}, "the first account's workstation has them"


def test_no_stand_by_is_asked_that_has_fetched_nothing(day: Day) -> None:
    for name in ("sync", "sync again"):
        asked = [entry for entry in day.runs[name].results if entry["task"].endswith(ASKED)]
        assert {entry["how"] for entry in asked} == {"skipped"}
        assert {entry["host"] for entry in asked} == FLEET


def test_each_account_is_renewed_once_and_where_nothing_is_due_nobody_logs_in(day: Day) -> None:
    for name, hosts in {"renewal": FIRST, "renewal of the second": SECOND, "renewal again": set()}.items():
        states = told(day.runs[name])
        assert set(states) == FLEET, name
        assert {host for host, (state, _reason) in states.items() if state == "renewed"} == hosts
        assert day.logins[name] == {ACCOUNTS[host]: 2 for host in hosts}, "one with each of the two keys"
    for name in ("ready", "registered", "ready again", "status"):
        assert day.logins[name] == {}, name


def test_the_page_shows_every_workstation(day: Day) -> None:
    page = day.runs["status"].lines(PAGE)
    assert {host for host in FLEET if any(line.startswith(f"{host} ") for line in page)} == FLEET
