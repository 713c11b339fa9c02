# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a daily playbook runs on a workstation: one command a turn, as long as all is as it is presumed to be."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, TWO, Steered

SWITCHED = 'secondary 2026-11-20T12:00:00+08:00 {"who": "Chan Tai Man", "why": "drill"}\n'
SENT = ("-e", "dcass_installed_code=false")
RUNS = ("sync", "status", "renewals", "another", "check", "switched", "sent", "bare")


class Story(Steered):
    """A registered pair, which has fetched all that there is."""

    def and_another(self, *playbooks: str) -> Outcome:
        """In one run with them, a play that somebody wrote who knows modules alone."""
        folder = self.folder(ONE)
        options = {"account": "CXYZ001", "state_dir": str(folder / "state"), "key_dir": str(folder / "etc" / "keys")}
        task = {
            "dcass.sftp.account_info": options,
            "vars": {"ansible_python_interpreter": "{{ dcass_venv }}/bin/python"},
        }
        path = self.root / "another.json"
        path.write_text(json.dumps([{"hosts": ONE, "gather_facts": False, "tasks": [task]}]))
        return self.play(*playbooks, str(path), log="another")

    def daily(self, playbook: str, *arguments: str, log: str) -> Outcome:
        """Run a playbook, and have each command told."""
        return self.play(f"dcass.sftp.{playbook}", "-vvv", *arguments, log=log)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    """A day of runs that find nothing new."""
    root = tmp_path_factory.mktemp("look")
    with running(root / "facility") as facility:
        story = Story(root / "stage", facility, dcass_addresses=facility.by_site)
        story.register("2026-11-02")
        facility.control.publish(scale=0.01)
        story.at("2026-11-23T10:00")
        runs = {"first": story.play("dcass.sftp.sync_reports")}
        story.at("2026-11-23T10:10")
        runs["sync"] = story.daily("sync_reports", log="sync")
        runs["status"] = story.daily("status", log="status")
        runs["renewals"] = story.daily("renew_keys", log="renewals")
        runs["another"] = story.and_another("dcass.sftp.status", "dcass.sftp.sync_reports")
        story.at("2026-11-23T10:20")
        runs["check"] = story.daily("sync_reports", "--check", log="check")
        runs["sent"] = story.daily("sync_reports", *SENT, log="sent")
        story.at("2026-11-23T10:30")
        facility.control.site("secondary")
        records = [story.folder(host) / "etc" / "site" for host in (ONE, TWO)]
        for record in records:
            record.write_text(SWITCHED)
        runs["switched"] = story.daily("sync_reports", log="switched")
        for record in records:
            record.unlink()
        facility.control.site("primary")
        story.at("2026-11-23T10:40")
        (story.root / "venv" / "requirements.txt").unlink()
        runs["bare"] = story.daily("sync_reports", log="bare")
        assert facility.control.violations() == []
        yield runs


def commands(outcome: Outcome) -> Counter[str]:
    """How many commands were run on each workstation."""
    return Counter(re.findall(r"(?m)^<(\S+)> EXEC ", outcome.output))


@pytest.mark.parametrize("name", RUNS)
def test_each_run_ends_as_it_should(runs: dict[str, Outcome], name: str) -> None:
    assert runs["first"].code == 0, runs["first"].output
    assert runs[name].code == (2 if name == "bare" else 0), runs[name].output
    assert runs[name].changed == 0


@pytest.mark.parametrize(
    ("name", "of_one", "of_two"),
    [
        pytest.param("sync", 1, 2, id="the standby tells what it holds, and then fetches"),
        pytest.param("status", 1, 1, id="a status"),
        pytest.param("renewals", 2, 2, id="one to ask, one to renew"),
    ],
)
def test_a_turn_is_one_command(runs: dict[str, Outcome], name: str, of_one: int, of_two: int) -> None:
    assert commands(runs[name]) == {ONE: of_one, TWO: of_two}


def test_a_workstation_at_its_other_site_is_asked_for_it(runs: dict[str, Outcome]) -> None:
    assert commands(runs["switched"]) == {ONE: 2, TWO: 4}
    results = runs["switched"].of("report_sync")
    assert {result["connection"]["site"] for result in results.values()} == {"secondary"}


def test_where_the_code_is_not_to_be_used_a_question_comes_first(runs: dict[str, Outcome]) -> None:
    assert "dcass_installed_code is off" in runs["sent"].output
    assert set(runs["sent"].of("report_sync")) == {ONE, TWO}


def test_what_is_presumed_is_nothing_to_tasks_of_other_plays(runs: dict[str, Outcome]) -> None:
    assert runs["another"].of("account_info")[ONE]["key"]["last_day"]


def test_a_prediction_asks_first(runs: dict[str, Outcome]) -> None:
    assert "presumed" not in runs["check"].of("workstation_info")[ONE]


def test_one_that_is_not_rolled_out_is_told_so_and_runs_nothing(runs: dict[str, Outcome]) -> None:
    assert runs["bare"].of("report_sync") == {}
    told = re.findall(r"([\w-]+) CXYZ00\d: not_rolled_out: ", runs["bare"].output)
    assert set(told) == {ONE, TWO}
    assert commands(runs["bare"]) == {ONE: 1, TWO: 1}, "its Python was left there, and has asked the shell"
