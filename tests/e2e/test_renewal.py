# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three participants renew their keys by the same playbook; one of them, CABC, has trouble with its first account."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import Steered, last_lines, told

CODES = ("CXYZ", "CABC", "CDEF")
FIRST = {f"{code.lower()}-ws1" for code in CODES}
SECOND = {f"{code.lower()}-ws2" for code in CODES}
SICK, ITS_OTHER = "cabc-ws1", "cabc-ws2"
HEALTHY_FIRST, HEALTHY_SECOND = FIRST - {SICK}, SECOND - {ITS_OTHER}
MONDAY, TUESDAY, WEDNESDAY = (f"2020-03-0{day}T08:00" for day in (2, 3, 4))
AT_ONCE, ITS_PARTICIPANT = "--extra-vars=dcass_renewal_serial=100%", "--extra-vars=dcass_hosts=cp_cabc"


def account(host: str) -> str:
    """The account that a workstation uses."""
    return f"{host[:4].upper()}00{host[-1]}"


@dataclass
class Morning:
    """A run, and the logins and uploads that each account had spent when it was over."""

    outcome: Outcome
    spent: dict[str, tuple[int, int]]


@dataclass
class Week:
    """The runs by name, and what the facility objected to."""

    runs: dict[str, Morning] = field(default_factory=dict)
    violations: list[dict[str, object]] = field(default_factory=list)

    def told(self, run: str) -> dict[str, tuple[str, str]]:
        """State and reason of each host."""
        return told(self.runs[run].outcome)

    def spent(self, run: str, since: str | None = None) -> dict[str, tuple[int, int]]:
        """What a run, or all from an earlier one on, has spent of logins and uploads, where it has."""
        before = self.runs[since].spent if since else {}
        all_ = {host: (now, before.get(host, (0, 0))) for host, now in self.runs[run].spent.items()}
        return {host: (now[0] - old[0], now[1] - old[1]) for host, (now, old) in all_.items() if now != old}


class Story(Steered):
    """The fleet, and what a test does to it."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments, CODES)  # type: ignore[arg-type]
        self.week = Week()

    def run(self, name: str, *arguments: str) -> Outcome:
        """Let the playbook of the morning run."""
        outcome = self.renew(*arguments, log=name)
        self.week.runs[name] = Morning(outcome, {host: self.spent(account(host)) for host in FIRST | SECOND})
        return outcome

    def trust(self, host: str, lines: str) -> None:
        """What a workstation believes of the facility; nothing lets each login end before it is made."""
        (self.folder(host) / "etc" / "known_hosts").write_text(lines)

    @contextmanager
    def another_upload(self, host: str, other: str) -> Iterator[None]:
        """Let the key that is about to be uploaded be one that the exchange refuses: that of the other account."""
        keys = self.folder(host) / "etc" / "keys" / account(host)
        (new,) = self.versions(host) - {(keys / "current").resolve().name}
        known = self.folder(other) / "etc" / "keys" / account(other) / "current" / f"{account(other)}.pub"
        own = keys / new / f"{account(host)}.pub"
        content = own.read_bytes()
        own.write_bytes(known.read_bytes())
        yield
        own.write_bytes(content)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Three participants, registered long ago; their keys are due since 1 March 2020."""
    root = tmp_path_factory.mktemp("fleet")
    with running(root / "facility") as facility:
        story = Story(root / "stage", facility)
        story.register()
        yield story


@pytest.fixture(scope="module")
def week(story: Story) -> Week:
    """The first days of the week in which the keys are due."""
    story.at(MONDAY)
    story.trust(SICK, "")
    story.run("alone", "--limit=cxyz-ws1")
    story.run("check", "--check", "--extra-vars=dcass_hosts=cp_cxyz")
    story.run("monday")
    story.at(TUESDAY)
    story.trust(SICK, story.facility.known_hosts)
    with story.another_upload(SICK, ITS_OTHER):
        story.run("tuesday", AT_ONCE)
    story.run("tuesday again", ITS_PARTICIPANT)
    story.at(WEDNESDAY)
    story.run("wednesday", ITS_PARTICIPANT)
    story.week.violations = story.facility.control.violations()
    return story.week


def test_a_host_alone_waits_since_nobody_was_asked_about_the_other(week: Week) -> None:
    assert week.runs["alone"].outcome.code == 0, week.runs["alone"].outcome.output
    ((host, (state, reason)),) = week.told("alone").items()
    assert (host, state) == ("cxyz-ws1", "current")
    assert reason.endswith("it waits, since the state of CXYZ002 is not known")


def test_check_mode_foretells_the_run_without_a_login(week: Week) -> None:
    foretold, done = (week.runs[run].outcome.of("key_renewal") for run in ("check", "monday"))
    assert set(done) == FIRST | SECOND
    assert set(foretold) == {"cxyz-ws1", "cxyz-ws2"}
    for host in foretold:
        for key in ("changed", "state", "reason", "resumed", "destroyed"):
            assert foretold[host][key] == done[host][key], (host, key)
    plan, renewed = foretold["cxyz-ws1"]["plan"], done["cxyz-ws1"]
    for key in ("uploaded_on", "old_key_last_day", "last_day"):
        assert plan[key] == renewed[key], key
    assert (plan["logins"], plan["uploads"]) == week.spent("monday")["cxyz-ws1"]
    assert week.spent("check") == {}


def test_the_first_accounts_are_renewed_and_the_second_ones_wait(week: Week) -> None:
    seen = week.told("monday")
    assert {host for host, (state, _reason) in seen.items() if state == "renewed"} == HEALTHY_FIRST
    for host in HEALTHY_SECOND:
        assert seen[host][0] == "current"
        assert seen[host][1].endswith(f"it waits, since {account(host)[:4]}001 was renewed today")
    assert week.spent("monday") == dict.fromkeys(HEALTHY_FIRST, (2, 1))


def test_one_that_fails_stops_nobody_and_its_other_account_waits(week: Week) -> None:
    outcome = week.runs["monday"].outcome
    assert outcome.code == 2
    assert {host for host, counts in outcome.recap.items() if counts["failures"]} == {SICK}
    result = outcome.of("key_renewal")[SICK]
    assert result["error_code"] == "host_key_unknown"
    assert last_lines(outcome) == [f"{SICK} CABC001: host_key_unknown: {result['msg']} {result['hint']}"]
    state, reason = week.told("monday")[ITS_OTHER]
    assert state == "current"
    assert reason.endswith("it waits, since the renewal of CABC001 is not finished")


def test_the_second_accounts_have_their_turn_the_next_day(week: Week) -> None:
    renewed = {host for host, (state, _reason) in week.told("tuesday").items() if state == "renewed"}
    assert renewed == HEALTHY_SECOND


def test_a_rejected_key_fails_with_the_words_of_the_exchange_and_the_other_account_waits(week: Week) -> None:
    outcome = week.runs["tuesday"].outcome
    result = outcome.of("key_renewal")[SICK]
    assert (outcome.code, result["state"], result["error_code"]) == (2, "rejected", "renewal_rejected")
    assert "this key is the key of CABC002" in result["msg"]
    assert "Import Result : FAILED" in result["result"]
    state, reason = week.told("tuesday")[ITS_OTHER]
    assert state == "current"
    assert reason.endswith("it waits, since the exchange has rejected the renewal of CABC001")


def test_what_was_rejected_today_stays_red_without_a_login(week: Week) -> None:
    outcome = week.runs["tuesday again"].outcome
    assert (outcome.code, outcome.changed) == (2, 0)
    assert {host for host, counts in outcome.recap.items() if counts["failures"]} == {SICK}
    assert week.told("tuesday again")[ITS_OTHER] == week.told("tuesday")[ITS_OTHER]
    assert week.spent("tuesday again", since="tuesday") == {}


def test_the_next_day_another_key_is_taken(week: Week) -> None:
    assert week.told("wednesday")[SICK][0] == "renewed"
    assert week.told("wednesday")[ITS_OTHER][1].endswith("it waits, since CABC001 was renewed today")
    assert week.runs["wednesday"].outcome.code == 0


def test_no_participant_renews_both_accounts_on_one_day(week: Week) -> None:
    for run in ("monday", "tuesday", "tuesday again", "wednesday"):
        renewed = [host[:4] for host, (state, _reason) in week.told(run).items() if state == "renewed"]
        assert len(renewed) == len(set(renewed)), run


def test_all_has_cost_two_logins_and_one_upload_an_account(week: Week) -> None:
    assert week.violations == []
    healthy = dict.fromkeys(HEALTHY_FIRST | HEALTHY_SECOND, (2, 1))
    assert week.spent("wednesday") == {**healthy, SICK: (3, 2)}, "the rejected key took one of each more"


@pytest.mark.long("test_standby.py meets a busy account; tests/modules/test_key_renewal.py a busy renewal")
def test_of_two_renewals_of_one_account_one_is_busy(story: Story, week: Week) -> None:
    story.at("2020-03-17T08:00")
    before = story.spent("CDEF001")
    story.facility.control.fault_arm("result_late", 1, seconds=8, account="CDEF001")
    arguments = ("--limit=cdef-ws1", "-e", "dcass_renewal_force=true")
    with ThreadPoolExecutor(2) as runs:
        started = [runs.submit(story.renew, *arguments, log=f"together_{number}") for number in (1, 2)]
    results = [run.result().of("key_renewal")["cdef-ws1"] for run in started]
    assert sorted(result.get("error_code") or result["state"] for result in results) == ["busy", "renewed"]
    after = story.spent("CDEF001")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
    assert story.facility.control.violations() == []


def test_a_compromised_key_that_was_renewed_meanwhile_is_for_the_exchange_to_remove(story: Story, week: Week) -> None:
    old = week.runs["monday"].outcome.of("key_renewal")["cxyz-ws1"]["old_fingerprint"]
    outcome = story.play("dcass.sftp.compromised_key", f"--extra-vars=dcass_compromised={old}", "--limit=cp_cxyz")
    assert outcome.code == 2
    (line,) = last_lines(outcome)
    assert line.startswith("cxyz-ws1 CXYZ001: not_withdrawn: CXYZ001 has used another key since 2020-03-02, so there ")
    assert line.endswith("ask the exchange to remove it now.")


def test_when_too_many_fail_nothing_more_is_begun(story: Story, week: Week) -> None:
    story.at("2022-01-20T08:00")
    for host in ("cxyz-ws1", "cdef-ws1"):
        story.trust(host, "")
    outcome = story.run("too many", "-e", "dcass_renewal_serial=1")
    assert outcome.code == 2
    (why,) = [entry["result"]["msg"] for entry in outcome.results if entry["task"] == "Say why nothing more was begun"]
    assert why.startswith("2 of the 3 renewals of this turn have failed (")
    assert why.endswith("), so nothing more is begun.")
    assert [line[:35] for line in last_lines(outcome)] == [
        "cdef-ws1 CDEF001: host_key_unknown:",
        "cxyz-ws1 CXYZ001: host_key_unknown:",
    ]
    assert set(outcome.of("key_renewal")) <= FIRST, "no second account had its turn"
