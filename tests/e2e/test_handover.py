# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The back office finds a day's reports in its folder, and what its program did not take comes with the next run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, REGISTERED, TWO, Steered

FRIDAY = "2020-02-28"
SYNC = "dcass.sftp.sync_reports"


class Story(Steered):
    """The pair, and a back office whose program can't take anything at first."""

    runs: dict[str, Outcome]

    def live(self) -> None:
        """All runs, one after the other."""
        self.program.write_text("#!/bin/sh\necho 'the ledger is closed' >&2\nexit 3\n")
        self.program.chmod(0o755)
        self.runs = {}
        for minute, name, *arguments in ((0, "predicted", "--check"), (10, "waiting"), (20, "taken"), (30, "again")):
            self.at(f"{FRIDAY}T18:{minute:02}")
            if name == "taken":
                self.program.write_text(f"#!/bin/sh\necho \"$2 $DCASS_DAY\" >> '{self.root}/took'\n")
            self.runs[name] = self.play(SYNC, *arguments, log=name)

    @property
    def program(self) -> Path:
        """What the back office has run for each report."""
        return self.root / "load report"

    def office(self, host: str) -> Path:
        """A workstation's folder for the back office."""
        return self.root / host / "handover"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("the pair")
    variables = {
        "dcass_handover_dir": f"{root}/{{{{ inventory_hostname }}}}/handover",
        "dcass_handover_links": True,
        "dcass_handover_command": [f"{root}/load report", "--new"],
        "dcass_report_expected": ["*RX_AUDIT*", "*TP001*"],
        "dcass_report_list_downloaded": True,
    }
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        story = Story(root, emulator, **variables)
        story.register(REGISTERED)
        story.at(f"{FRIDAY}T17:00")
        emulator.control.publish(date=FRIDAY, scale=0.01)
        story.live()
        yield story


def test_the_back_office_is_handed_a_day_once_by_the_pair(story: Story) -> None:
    fetched = story.runs["waiting"].of("report_sync")[ONE]["downloaded"]
    (written,) = [json.loads(path.read_text()) for path in story.office(ONE).glob("new/*.json")]
    links = [path for path in story.office(ONE).glob("reports/*/*") if path.is_file()]
    took = [line.rpartition(" ") for line in (story.root / "took").read_text().splitlines()]
    assert len(written["reports"]) == len(links) == len(took) > 30
    assert {Path(path) for path, _blank, _day in took} == {Path(entry["path"]) for entry in written["reports"]}
    assert {entry["path"] for entry in written["reports"]} == {entry["path"] for entry in fetched}
    marker = json.loads((story.office(ONE) / "complete" / f"CXYZ001-{FRIDAY}.json").read_text())
    assert (marker["day"], marker["acknowledged"]) == (FRIDAY, [])
    assert not story.office(TWO).exists(), "the standby has fetched nothing"


def test_where_asked_each_run_that_fetches_lists_what_it_has_fetched(story: Story) -> None:
    waiting, again = (story.runs[name].of("report_sync")[ONE] for name in ("waiting", "again"))
    assert waiting["downloaded_list"] == again["downloaded_list"] and len(waiting["downloaded"]) > 30
    assert Path(again["downloaded_list"]).read_text() == "", "the last one has fetched nothing"


def test_what_is_not_taken_is_told_and_makes_no_run_red(story: Story) -> None:
    waiting = story.runs["waiting"]
    assert waiting.code == 0, waiting.output[-3000:]
    assert "Not handed over: " in waiting.output
    assert "the ledger is closed" in waiting.output
    assert waiting.of("report_sync")[ONE]["handover"]["complete"] == []


def test_the_next_run_hands_over_what_waits_and_the_one_after_it_changes_nothing(story: Story) -> None:
    taken, again = story.runs["taken"], story.runs["again"]
    assert f"Handed over, and complete: {FRIDAY}" in taken.output
    assert taken.of("report_sync")[ONE]["downloaded"] == []
    assert (taken.code, again.code, again.changed) == (0, 0, 0)


def test_check_mode_hands_over_nothing_and_predicts_it(story: Story) -> None:
    predicted = story.runs["predicted"].of("report_sync")[ONE]["handover"]
    done = [story.runs[name].of("report_sync")[ONE]["handover"] for name in ("waiting", "taken")]
    for what in ("listed", "linked", "commanded"):
        assert predicted[what] == sum(one[what] for one in done), what
    assert predicted["complete"] == done[1]["complete"]
