# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange moves to its secondary site and back; people switch two participants, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, TWO, Steered, last_lines

SICK, ITS_OTHER = "cabc-ws1", "cabc-ws2"
PAIR, ITS_PAIR = {ONE, TWO}, {SICK, ITS_OTHER}
OURS = {"dcass_hosts": "cp_cxyz"}
WORDS = {
    "dcass_switch_who": "Chan Tai Man",
    "dcass_switch_why": " circular 123/26,\n 'drill' ",
    "dcass_switch_confirmed": True,
}


class Story(Steered):
    """Two participants, and the site that they are switched to."""

    def switch(self, to: str, *arguments: str, log: str, **words: object) -> Outcome:
        """Run the playbook with all that it wants to hear, unless a test says otherwise."""
        told = json.dumps({"dcass_switch_to": to, **WORDS, **words})
        return self.play("dcass.sftp.switch_site", "--extra-vars", told, *arguments, log=log)

    def sites(self) -> dict[str, str]:
        """Where each workstation goes by its record; without one it goes where the inventory says."""
        records = {host: self.folder(host) / "etc" / "site" for host in sorted(PAIR | ITS_PAIR)}
        lines = {host: path.read_text().splitlines() for host, path in records.items() if path.exists()}
        return {host: its[-1].split()[0] for host, its in lines.items() if its}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Both participants are registered; their inventory names the addresses of both sites."""
    root = tmp_path_factory.mktemp("sites")
    with running(root / "facility") as facility:
        story = Story(root / "stage", facility, ("CXYZ", "CABC"), dcass_addresses=facility.by_site)
        story.tell(dcass_events_file=str(story.root / "events.jsonl"))
        story.register("2026-11-02")
        story.at("2026-11-23T10:00")
        yield story


@dataclass
class Told:
    """The runs by name, where each workstation went after them, and what the facility has counted."""

    runs: dict[str, Outcome] = field(default_factory=dict)
    sites: dict[str, dict[str, str]] = field(default_factory=dict)
    record: list[str] = field(default_factory=list)
    logins: dict[str, int] = field(default_factory=dict)
    violations: list[dict[str, object]] = field(default_factory=list)


@pytest.fixture(scope="module")
def told(story: Story) -> Told:
    """The day as it goes; its tests look at it afterwards."""
    told = Told()

    def run(name: str, outcome: Outcome) -> None:
        told.runs[name], told.sites[name] = outcome, story.sites()

    known_hosts, record = story.folder(SICK) / "etc" / "known_hosts", story.folder(SICK) / "etc" / "site"
    run(
        "unconfirmed", story.switch("secondary", log="unconfirmed", dcass_switch_confirmed=False, dcass_switch_why=None)
    )
    run("one list", story.switch("secondary", log="one_list", **OURS, dcass_addresses=["127.151.14.121:1"]))
    run("too early", story.switch("secondary", log="too_early", **OURS))
    story.facility.control.site("secondary")
    run("foretold", story.switch("secondary", "--check", log="foretold", **OURS))
    known_hosts.write_text("")
    run("half", story.switch("secondary", log="half"))
    known_hosts.write_text(story.facility.known_hosts)
    run("alone", story.switch("secondary", f"--limit={ITS_OTHER}", log="alone"))
    record.symlink_to("/nowhere/site")
    run("unwritten", story.switch("secondary", log="unwritten", dcass_hosts="cp_cabc"))
    record.unlink()
    run("both", story.switch("secondary", log="both"))
    run("again", story.switch("secondary", log="again", **OURS, dcass_switch_who="somebody else"))
    run("synced", story.play("dcass.sftp.sync_reports", f"--limit={ONE}"))
    run("status", story.play("dcass.sftp.status", log="status"))
    story.facility.control.site("primary")
    run("back", story.switch("primary", log="back", **OURS))
    run("status after", story.play("dcass.sftp.status", "--limit=cp_cxyz", log="status_after"))
    record = story.folder(ONE) / "etc" / "site"
    told.record = record.read_text().splitlines()
    record.write_text("")  # what else is damaged: tests/unit/test_site_record.py
    told.runs["damaged"] = story.play("dcass.sftp.sync_reports", f"--limit={ONE}", log="damaged")
    told.logins = {f"{code}00{n}": story.spent(f"{code}00{n}")[0] for code in ("CXYZ", "CABC") for n in (1, 2)}
    told.violations = story.facility.control.violations()
    return told


def why(outcome: Outcome) -> list[str]:
    """What a pair was refused with, without its beginning, which names the workstation."""
    lines = last_lines(outcome)
    assert all(" not_switched: " in line for line in lines)
    return sorted({line.partition(" not_switched: ")[2] for line in lines})


def page(outcome: Outcome) -> list[str]:
    """The page of all workstations."""
    return outcome.lines("Show what is due next")


def test_without_the_operator_s_confirmation_nothing_is_even_tried(told: Told) -> None:
    outcome = told.runs["unconfirmed"]
    (said,) = outcome.complaints
    assert said.startswith("bad_option: Nothing was switched.")
    assert said.endswith("Missing: dcass_switch_why, the reason; dcass_switch_confirmed=true.")
    assert (outcome.code, outcome.changed, outcome.of("facility_info")) == (2, 0, {})


def test_a_site_that_does_not_answer_is_not_switched_to(told: Told) -> None:
    outcome = told.runs["too early"]
    assert (outcome.code, outcome.changed) == (2, 0)
    (said,) = why(outcome)
    assert said.startswith("cp_cxyz stays at the primary site, since not all of its workstations can go")
    assert "127.0.10.31: Connection refused" in said
    assert told.sites["too early"] == {}


def test_check_mode_foretells_it_and_changes_nothing(told: Told) -> None:
    assert (told.runs["foretold"].code, told.runs["foretold"].changed) == (0, 2), told.runs["foretold"].output
    assert told.sites["foretold"] == {}


def test_both_workstations_of_a_participant_go_or_neither(told: Told) -> None:
    outcome = told.runs["half"]
    (said,) = why(outcome)
    assert "cabc-ws1: 127.152.14.121" in said and "known_hosts has no key for it" in said
    assert "cabc-ws2: " not in said
    assert {host for host, counts in outcome.recap.items() if counts["failures"]} == ITS_PAIR
    assert told.sites["half"] == dict.fromkeys(PAIR, "secondary")


def test_one_workstation_alone_is_not_switched(told: Told) -> None:
    (said,) = why(told.runs["alone"])
    assert said.endswith("cabc-ws1: it does not take part, or could not be asked.")
    assert told.sites["alone"] == dict.fromkeys(PAIR, "secondary")


def test_what_only_one_could_record_is_taken_back(told: Told) -> None:
    outcome = told.runs["unwritten"]
    (said,) = why(outcome)
    assert said.startswith("cp_cabc stays at the primary site, since cabc-ws1 could not record the switch: ")
    assert (outcome.of("file")[ITS_OTHER]["state"], outcome.of("file")[ITS_OTHER]["changed"]) == ("absent", True)
    assert told.sites["unwritten"] == dict.fromkeys(PAIR, "secondary")


def test_the_rest_follows_and_who_is_there_already_stays(told: Told) -> None:
    outcome = told.runs["both"]
    assert (outcome.code, outcome.changed) == (0, 2), outcome.output
    assert told.sites["both"] == dict.fromkeys(PAIR | ITS_PAIR, "secondary")


def test_a_second_time_nothing_changes_and_the_record_keeps_its_first_words(told: Told) -> None:
    outcome = told.runs["again"]
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert "is at the secondary site already, since 2026-11-23T10:" in outcome.output
    assert "by Chan Tai Man: circular 123/26, 'drill'" in outcome.output
    assert "somebody else" not in outcome.output


def test_every_run_goes_to_the_recorded_site(told: Told) -> None:
    assert told.runs["synced"].of("report_sync")[ONE]["connection"]["site"] == "secondary"


def test_the_page_shows_it_until_it_is_switched_back(told: Told) -> None:
    lines = page(told.runs["status"])
    said = [line for line in lines if "Switched to the secondary site on 2026-11-23 10:" in line]
    assert len(said) == 4
    assert said[0].endswith(
        "by Chan Tai Man: circular 123/26, 'drill'. The playbook dcass.sftp.switch_site brings it back."
    )
    assert (told.runs["back"].code, told.runs["back"].changed) == (0, 2), told.runs["back"].output
    assert told.sites["back"] == {**dict.fromkeys(PAIR, "primary"), **dict.fromkeys(ITS_PAIR, "secondary")}
    assert not any("Switched" in line for line in page(told.runs["status after"]))


def test_the_record_keeps_every_switch_with_who_and_why(told: Told) -> None:
    words = '{"who": "Chan Tai Man", "why": "circular 123/26, \'drill\'"}'
    first, second = (line.split(maxsplit=2) for line in told.record)
    assert (first[0], first[2]) == ("secondary", words)
    assert (second[0], second[2]) == ("primary", words)
    assert first[1].startswith("2026-11-23T10:") and first[1].endswith("+08:00")


def test_a_record_that_can_t_be_read_stops_the_run_and_is_not_taken_for_none(told: Told) -> None:
    outcome = told.runs["damaged"]
    assert (outcome.code, outcome.of("report_sync")) == (2, {})
    (line,) = last_lines(outcome)
    assert line.startswith(f"{ONE} CXYZ001: site_unreadable: {ONE} does not tell its site: ")


def test_addresses_of_one_site_alone_are_not_those_of_the_other(told: Told) -> None:
    outcome = told.runs["one list"]
    assert (outcome.code, outcome.of("facility_info")) == (2, {})
    assert "its dcass_addresses are those of one site alone" in why(outcome)[0]


def test_it_costs_no_login_and_violates_nothing(told: Told) -> None:
    assert told.logins == {"CXYZ001": 1, "CXYZ002": 0, "CABC001": 0, "CABC002": 0}, "that of the sync"
    assert told.violations == []


def test_whoever_watches_hears_of_a_switch_with_who_has_made_it(story: Story, told: Told) -> None:
    events = [json.loads(line) for line in (story.root / "events.jsonl").read_text().splitlines()]
    switched = [event for event in events if event["event"] == "site_switched"]
    assert {event["account"] for event in switched} == {"CXYZ001", "CXYZ002"}
    assert {(event["from"], event["to"], event["run_by"]) for event in switched} == {
        ("secondary", "primary", "Chan Tai Man")
    }
