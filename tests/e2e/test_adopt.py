# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports that people fetched by hand while the control node was down come into the archive, and come once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, REGISTERED, TWO, Steered, last_lines

FRIDAY, MONDAY = "2020-02-28", "2020-03-02"
ADOPT = "dcass.sftp.adopt"
STRAY = "COMMON/NOTES_20200228.txt"


class Story(Steered):
    """The pair; a person sits at the first workstation, and has fetched Friday's reports."""

    def __init__(self, root: Path, *arguments: Any) -> None:
        super().__init__(root, *arguments)
        self.runs: dict[str, Outcome] = {}
        self.logins: dict[str, int] = {}
        self.place = root / ONE / "by hand"
        self.lying: dict[str, bytes] = {}

    def fetch_by_hand(self) -> None:
        """Copy what the facility shows, with its times."""
        shown = Path(self.facility.root) / "folders"
        for folder, there in (("COMMON",) * 2, ("CXYZ",) * 2, ("KEY_MANAGEMENT", "KEY_MANAGEMENT/CXYZ001")):
            shutil.copytree(shown / there, self.place / folder)
        (self.place / STRAY).write_text("call the exchange back")
        self.lying = self.files()

    def files(self) -> dict[str, bytes]:
        """What lies in the person's folder."""
        files = [path for path in self.place.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.place)): path.read_bytes() for path in files}

    def run(self, name: str, minute: int, playbook: str, *arguments: str) -> None:
        """Run a playbook at that minute after seven."""
        self.at(f"{MONDAY}T07:{minute:02}")
        before = sum(self.spent(account)[0] for account in ("CXYZ001", "CXYZ002"))
        self.runs[name] = self.play(playbook, *arguments, log=name)
        self.logins[name] = sum(self.spent(account)[0] for account in ("CXYZ001", "CXYZ002")) - before

    def adopt(self, name: str, minute: int, *arguments: str) -> None:
        """Run the playbook on a folder of each workstation's own, which only the first one has."""
        folder = f"--extra-vars={{'dcass_adopt_from': '{self.root}/{{{{ inventory_hostname }}}}/by hand'}}"
        self.run(name, minute, ADOPT, folder, *arguments)

    def result(self, name: str, host: str = ONE) -> dict[str, Any]:
        """What a host's report_sync has returned."""
        found: dict[str, Any] = self.runs[name].of("report_sync")[host]
        return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All runs, one after the other."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        story = Story(tmp_path_factory.mktemp("pair"), emulator)
        story.register(REGISTERED)
        story.at(f"{MONDAY}T07:00")
        emulator.control.publish(date=FRIDAY, scale=0.01)
        story.run("unsaid", 2, ADOPT)
        story.adopt("nowhere", 3)
        story.fetch_by_hand()
        story.adopt("predicted", 5, "--check", "--diff")
        story.power(TWO, on=False)
        story.adopt("adopted", 10, "--extra-vars=dcass_adopt_who='Chan Tai Man'")
        story.power(TWO, on=True)
        (story.place / STRAY).unlink()
        story.adopt("again", 15)
        story.run("synced", 20, "dcass.sftp.sync_reports", "-e", "dcass_report_expected=*RX_AUDIT*")
        yield story


def test_without_a_folder_nothing_is_begun(story: Story) -> None:
    unsaid = story.runs["unsaid"]
    assert unsaid.code == 2 and "-e dcass_adopt_from=FOLDER" in unsaid.output
    assert unsaid.of("report_sync") == {} and story.logins["unsaid"] == 0


def test_where_the_folder_does_not_exist_nothing_is_done(story: Story) -> None:
    nowhere = story.runs["nowhere"]
    assert (nowhere.code, nowhere.changed, story.logins["nowhere"]) == (0, 0, 0)
    for host, account in ((ONE, "CXYZ001"), (TWO, "CXYZ002")):
        assert f"{account}: {host} has no {story.root}/{host}/by hand; nothing to do." in nowhere.output


def test_check_mode_predicts_what_is_adopted(story: Story) -> None:
    predicted, adopted = story.result("predicted"), story.result("adopted")
    assert story.runs["predicted"].code == 0, story.runs["predicted"].output
    assert [entry["path"] for entry in predicted["adopted"]] == [entry["path"] for entry in adopted["adopted"]]
    assert predicted["left_out"] == adopted["left_out"]
    assert "reports would be adopted" in story.runs["predicted"].output


def test_what_is_listed_is_adopted_with_one_login_and_the_rest_is_told(story: Story) -> None:
    adopted = story.runs["adopted"]
    assert story.logins["adopted"] == 1
    assert {entry["who"] for entry in story.result("adopted")["adopted"]} == {"Chan Tai Man"}
    assert len(story.result("adopted")["adopted"]) == len(story.lying) - 1 > 60
    assert f"    Left out: {STRAY}: The facility does not list it." in adopted.output
    assert {**story.lying, STRAY: b""} == {**story.files(), STRAY: b""}


def test_a_workstation_that_does_not_answer_is_told_and_keeps_nobody_from_it(story: Story) -> None:
    assert story.runs["adopted"].code == 2
    (line,) = last_lines(story.runs["adopted"])
    assert line.startswith(f"{TWO} CXYZ002: host_unreachable: ")


def test_a_second_run_changes_nothing_and_logs_in_nowhere(story: Story) -> None:
    again = story.runs["again"]
    assert (again.code, again.changed, story.logins["again"]) == (0, 0, 0), again.output
    assert "0 left out; no login was needed." in again.output


def test_the_next_sync_reads_nothing_again_and_misses_nothing(story: Story) -> None:
    synced = story.runs["synced"]
    assert synced.code == 0, synced.output
    shared = [
        event["detail"]["path"]
        for event in story.facility.control.events(event="download")
        if not event["detail"]["path"].startswith("/KEY_MANAGEMENT")
    ]
    assert shared == []
    assert story.result("synced", TWO)["held_by_partner"] > 60
    assert story.result("synced")["missing"] == story.result("synced", TWO)["missing"] == []
    assert story.facility.control.violations() == []
