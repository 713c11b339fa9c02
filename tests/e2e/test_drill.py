# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair takes part in the exchange's drill on a Saturday; on Monday it is as if there had been none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, REGISTERED, TWO, Steered, last_lines

FRIDAY, SATURDAY, MONDAY = "2020-02-28", "2020-02-29", "2020-03-02"
DRILL, EXPECTED = "--extra-vars=dcass_report_drill=true", "--extra-vars=dcass_report_expected=*TP001*"
FOLDER = f".drill-{SATURDAY}"
NAMES = ("CXYZ_HKCC_TP001_20200229.csv", "CXYZ_RPI07_20200229.csv")


class Story(Steered):
    """The pair, and its runs by name."""

    def __init__(self, *arguments: Any, **variables: Any) -> None:
        super().__init__(*arguments, **variables)
        self.runs: dict[str, Outcome] = {}
        self.reads: dict[str, Counter[str]] = {}
        self.in_a_drill: tuple[list[str], list[str]] = [], []

    def sync(self, name: str, moment: str, *arguments: str) -> None:
        """Let the playbook run at that moment."""
        self.at(moment)
        since = self.facility.control.status()["last_event"]
        self.runs[name] = self.play("dcass.sftp.sync_reports", EXPECTED, *arguments, log=name)
        events = [event for event in self.facility.control.events(since=since) if event["event"] == "download"]
        self.reads[name] = Counter(event["detail"]["path"].rpartition("/")[2] for event in events)

    def result(self, name: str, host: str) -> dict[str, Any]:
        """What a host's last report_sync has returned."""
        found: dict[str, Any] = self.runs[name].of("report_sync")[host]
        return found

    def below(self, host: str, folder: str) -> list[str]:
        """The names in a folder of a workstation's archive."""
        place = Path(self.folder(host)) / "reports" / folder
        return sorted(path.name for path in place.glob("*")) if place.exists() else []


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All runs, one after the other."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        story = Story(tmp_path_factory.mktemp("pair"), emulator, dcass_outside_hours="skip")
        story.register(REGISTERED)
        story.tell(dcass_open_days=[SATURDAY])
        emulator.control.hours(open_days=[SATURDAY])
        story.at(f"{FRIDAY}T20:00")
        emulator.control.publish(date=FRIDAY, scale=0.01)
        story.sync("friday", f"{FRIDAY}T20:05")
        story.at(f"{SATURDAY}T10:00")
        for name in NAMES:
            emulator.control.publish(name=name, folder="CXYZ", size=900)
        story.sync("predicted", f"{SATURDAY}T10:05", DRILL, "--check", "--limit=cxyz-ws1")
        story.sync("drill", f"{SATURDAY}T10:15", DRILL)
        story.in_a_drill = story.below(ONE, f"{FOLDER}/CXYZ"), story.below(ONE, "CXYZ")
        story.power(ONE, on=False)
        emulator.control.publish(name="CXYZ_RPI08_20200229.csv", folder="CXYZ", size=900)
        story.sync("stands in", f"{SATURDAY}T10:25", DRILL, "-e", "dcass_report_scope=intraday")
        story.power(ONE, on=True)
        story.sync("again", f"{SATURDAY}T10:35", DRILL)
        story.sync("left on", f"{MONDAY}T07:05", DRILL)
        story.sync("monday", f"{MONDAY}T07:15")
        yield story


def test_the_pair_fetches_a_drill_once_and_apart(story: Story) -> None:
    drill = story.runs["drill"]
    assert drill.code == 0, drill.output
    assert [story.reads["drill"][name] for name in NAMES] == [1, 1]
    apart, archive = story.in_a_drill
    assert apart == sorted(NAMES) and archive and not set(NAMES) & set(archive)
    assert story.result("drill", ONE)["drill"] and story.result("drill", TWO)["held_by_partner"] == 2
    for line in ("CXYZ001 (drill): ", "CXYZ002 (drill): "):
        assert line in drill.output
    assert (story.result("drill", ONE)["missing"], len(story.reads["drill"])) == ([], 2)


def test_check_mode_foretells_a_drill(story: Story) -> None:
    foretold = story.result("predicted", ONE)["downloaded"]
    assert [entry["path"] for entry in foretold] == [e["path"] for e in story.result("drill", ONE)["downloaded"]]


def test_the_standby_stands_in_and_what_it_fetched_is_fetched_once(story: Story) -> None:
    assert last_lines(story.runs["stands in"])[0].startswith(f"{ONE} CXYZ001: host_unreachable: ")
    assert story.reads["stands in"] == {"CXYZ_RPI08_20200229.csv": 1}
    again = story.runs["again"]
    assert (again.code, again.changed, story.reads["again"]) == (0, 0, {}), again.output
    assert story.result("again", ONE)["held_by_partner"] == 1


def test_a_drill_that_is_left_on_is_refused_on_monday(story: Story) -> None:
    assert story.runs["left on"].code == 2
    lines = last_lines(story.runs["left on"])
    assert [line.split(": ")[1] for line in lines] == ["bad_option", "bad_option"]
    assert "Leave dcass_report_drill out" in lines[0]
    assert story.reads["left on"] == {}


def test_on_monday_the_facility_s_reports_come_as_if_there_had_been_no_drill(story: Story) -> None:
    monday = story.runs["monday"]
    assert monday.code == 0, monday.output
    assert {name: story.reads["monday"][name] for name in NAMES} == dict.fromkeys(NAMES, 1)
    assert set(NAMES) < set(story.below(ONE, "CXYZ"))
    assert f"CXYZ/{NAMES[0]}: It is the report that the drill of {SATURDAY} has brought" in monday.output
    assert not story.result("monday", ONE)["drill"] and "(drill)" not in monday.output
