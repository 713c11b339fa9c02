# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's example (§6.1) through the playbook: key B takes over from key A on 1 March 2020.

Played are the days on which something happens, and those beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import asyncssh
import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, REGISTERED, TWO, Steered, brief_lines, last_lines, told

pytestmark = pytest.mark.long("test_renewal.py plays three days; tests/emulator and tests/unit have the guide's days")
PASSPHRASE = "orange-typhoon-signal-8"
MARCH_2020 = [f"2020-03-{day:02}" for day in (1, 2, 3, 13, 14, 15, 16)]
# Who logs in: key A, key B.
LOGS_IN = {
    **dict.fromkeys(MARCH_2020[:5], (True, True)),
    **dict.fromkeys(MARCH_2020[5:], (False, True)),
    "2022-03-01": (False, True),
    "2022-03-02": (False, False),
}
BOTH = ("2020-03-01", "2020-03-02", "2020-03-15", "2020-03-16")  # on the other days the second account is left out


@dataclass
class Day:
    """What a day's run told, whom the facility let in after it, and which versions of the key were on disk."""

    outcome: Outcome
    logs_in: tuple[bool, bool]
    versions: set[str]
    spent: tuple[int, int]


@dataclass
class Timeline:
    """All days, and what was on disk before the first."""

    days: dict[str, Day]
    again: Outcome
    rolled_out: Outcome
    key_a: str
    violations: list[dict[str, object]]


@pytest.fixture(scope="module")
def timeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timeline]:
    """Two years in some minutes: 1 March 2020 is a Sunday, so neither side minds the hours."""
    root = tmp_path_factory.mktemp("timeline")
    with running(root / "facility") as facility:
        facility.control.hours(enforce="never")
        stage = Steered(root / "stage", facility, dcass_passphrase=PASSPHRASE)
        stage.register()
        (version,) = stage.versions(ONE)
        key_a = asyncssh.read_private_key(stage.key(ONE), PASSPHRASE)
        days, key_b, again, rolled_out = {}, None, None, None
        for day in LOGS_IN:
            stage.at(f"{day}T08:00")
            before = stage.spent("CXYZ001")
            arguments = [] if day in BOTH or day > "2022" else [f"--limit={ONE}"]
            outcome = stage.renew(*arguments, *(["--check"] if day == "2022-03-01" else []), log=day)
            spent = tuple(after - old for after, old in zip(stage.spent("CXYZ001"), before, strict=True))
            if key_b is None:
                again = stage.renew(log="again", brief=True)
                rolled_out = stage.play("dcass.sftp.register", "-e", f"dcass_registered_on={REGISTERED}")
                key_b = asyncssh.read_private_key(stage.key(ONE), PASSPHRASE)
            logs_in = tuple(stage.logs_in("CXYZ001", key) for key in (key_a, key_b))
            days[day] = Day(outcome, logs_in, stage.versions(ONE), spent)
        yield Timeline(days, again, rolled_out, version, facility.control.violations())


@pytest.mark.parametrize("day", LOGS_IN)
def test_the_keys_of_the_guide_log_in(timeline: Timeline, day: str) -> None:
    assert timeline.days[day].logs_in == LOGS_IN[day]


@pytest.mark.parametrize("day", LOGS_IN)
def test_each_day_tells_where_the_key_stands(timeline: Timeline, day: str) -> None:
    outcome = timeline.days[day].outcome
    assert outcome.code == (2 if day == "2022-03-02" else 0), outcome.output
    expected = {"2020-03-01": "renewed", "2022-03-01": "renewed", "2022-03-02": "expired"}.get(day, "current")
    assert told(outcome)[ONE][0] == expected


def test_it_is_renewed_on_the_first_with_two_logins_and_one_upload(timeline: Timeline) -> None:
    result = timeline.days["2020-03-01"].outcome.of("key_renewal")[ONE]
    assert (result["uploaded_on"], result["old_key_last_day"], result["last_day"]) == (
        "2020-03-01",
        "2020-03-14",
        "2022-03-01",
    )
    assert result["result_file"].startswith("Result.20200301.")
    assert "CXYZ001.pub" in result["result"]
    assert timeline.days["2020-03-01"].spent == (2, 1)


def test_no_other_day_spends_anything(timeline: Timeline) -> None:
    assert {day: told_.spent for day, told_ in timeline.days.items() if told_.spent != (0, 0)} == {"2020-03-01": (2, 1)}


def test_the_second_run_of_the_day_changes_nothing(timeline: Timeline) -> None:
    assert (timeline.again.code, timeline.again.changed) == (0, 0)
    assert told(timeline.again)[ONE] == ("current", "valid until 2022-03-01, renewal opens 2021-12-31")


def test_what_is_not_due_and_what_waits_has_a_line_each(timeline: Timeline) -> None:
    waits = "expires on 2020-04-30, in 60 days; renewal opened 2020-03-01; it waits, since CXYZ001 was renewed today."
    assert brief_lines(timeline.again) == [
        "dcass.sftp.renew_keys",
        f"  {TWO} CXYZ002: {waits}",
        "  CXYZ001: valid until 2022-03-01, renewal opens 2021-12-31.",
        "  # s, changed=0",
    ]


def test_the_two_accounts_are_renewed_on_two_days(timeline: Timeline) -> None:
    first, second = (told(timeline.days[day].outcome)[TWO] for day in ("2020-03-01", "2020-03-02"))
    assert first[0] == "current"
    assert first[1].endswith("it waits, since CXYZ001 was renewed today")
    assert second[0] == "renewed"
    assert told(timeline.again)[TWO] == first


@pytest.mark.parametrize("day", MARCH_2020)
def test_the_old_key_is_kept_through_its_last_day_and_then_destroyed(timeline: Timeline, day: str) -> None:
    told_ = timeline.days[day]
    assert (timeline.key_a in told_.versions) == (day <= "2020-03-14")
    expected = [timeline.key_a] if day == "2020-03-15" else []
    assert told_.outcome.of("key_renewal")[ONE]["destroyed"] == expected


def test_an_inventory_goes_on_telling_the_first_registration(timeline: Timeline) -> None:
    assert (timeline.rolled_out.code, timeline.rolled_out.complaints) == (0, [])


def test_the_last_day_is_told_as_the_last_chance(timeline: Timeline) -> None:
    results = timeline.days["2022-03-01"].outcome.of("key_renewal")
    assert results[ONE]["plan"]["last_business_day"] == "2022-03-01"
    assert results[ONE]["plan"]["logins"], results[ONE]["plan"]["uploads"] == (2, 1)


def test_an_expired_key_says_how_to_register_anew(timeline: Timeline) -> None:
    result = timeline.days["2022-03-02"].outcome.of("key_renewal")[ONE]
    assert result["error_code"] == "key_expired"
    assert "2022-03-01" in result["msg"]
    assert "dcass.sftp.register" in result["hint"]
    line = f"{ONE} CXYZ001: key_expired: {result['msg']} {result['hint']}"
    assert line in last_lines(timeline.days["2022-03-02"].outcome)


def test_the_facility_refused_only_what_the_guide_says(timeline: Timeline) -> None:
    refused = sum(not logged_in for day in LOGS_IN.values() for logged_in in day)
    assert [violation["event"] for violation in timeline.violations] == ["login"] * refused
