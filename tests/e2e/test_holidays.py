# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Christmas Day 2026 and the week of Lunar New Year 2027, by the recommended schedule, with both settings (§4.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import Steered

QUIET, CLEARS = "CXYZ", "CABC"  # the second one clears on holidays
POLL, HARVEST = ("-e", "dcass_report_scope=intraday"), ()
SKIPPED = "is a holiday trading day: derivatives trade on it, and its reports are skipped, since dcass_holiday_trading"
# what is published when it is that time: of the day itself, as far as it is made by then, or of one that is over
BUSINESS, HOLIDAY = {}, {"holiday": True}


@dataclass
class Lived:
    """The runs by their moments, and the names that each brought for each participant."""

    stage: Steered
    runs: dict[str, Outcome] = field(default_factory=dict)
    brought: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def run(self, moment: str, playbook: str, *arguments: str) -> None:
        outcome = self.stage.play(f"dcass.sftp.{playbook}", *arguments, log=moment)
        self.runs[f"{moment} {playbook}"] = outcome
        for host, result in outcome.of("report_sync").items():
            names = [report["name"] for report in result.get("downloaded", [])]
            self.brought.setdefault((moment, host[:4].upper()), []).extend(names)

    def at(self, moment: str, scope: tuple[str, ...], day: str, of: dict[str, bool]) -> None:
        """Publish what that day has made by then, and sync."""
        self.stage.at(moment)
        self.stage.facility.control.publish(date=day, due=True, scale=0.01, **of)
        self.run(moment, "sync_reports", *scope)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steered]:
    root = tmp_path_factory.mktemp("holidays")
    with running(root / "facility") as facility:
        asks = {"dcass_report_expected": ["*TP001*"], "dcass_report_expected_on_holidays": ["*RPI02*", "rpf*"]}
        stage = Steered(root / "stage", facility, (QUIET, CLEARS), dcass_outside_hours="skip", **asks)
        inventory = json.loads(stage.inventory.read_text())
        inventory[f"cp_{CLEARS.lower()}"]["vars"]["dcass_holiday_trading"] = True
        stage.inventory.write_text(json.dumps(inventory))
        stage.register("2026-09-01")
        yield stage


@pytest.fixture(scope="module")
def lived(stage: Steered) -> Lived:
    """Christmas Day 2026, a Friday, and the Monday after it."""
    lived = Lived(stage)
    lived.at("2026-12-25T02:30", HARVEST, "2026-12-24", BUSINESS)
    lived.at("2026-12-25T10:40", POLL, "2026-12-25", HOLIDAY)
    lived.run("2026-12-25T10:40", "status")
    lived.run("2026-12-25T10:40", "renew_keys", "-e", f"dcass_hosts=cp_{QUIET.lower()} dcass_renewal_force=true")
    lived.at("2026-12-26T02:30", HARVEST, "2026-12-25", HOLIDAY)
    lived.at("2026-12-28T07:05", HARVEST, "2026-12-28", BUSINESS)
    return lived


@pytest.fixture(scope="module")
def new_year(lived: Lived) -> Lived:
    """Lunar New Year 2027: a half day on Friday, holidays on Monday and Tuesday."""
    lived.at("2027-02-06T02:30", HARVEST, "2027-02-05", BUSINESS)
    lived.at("2027-02-08T10:40", POLL, "2027-02-08", HOLIDAY)
    lived.at("2027-02-09T02:30", HARVEST, "2027-02-08", HOLIDAY)
    lived.at("2027-02-10T02:30", HARVEST, "2027-02-09", HOLIDAY)
    lived.at("2027-02-10T07:05", HARVEST, "2027-02-10", BUSINESS)
    return lived


def whole(final: str, code: str) -> set[str]:
    """Names that the day of these digits brings last, and from HKCC."""
    return {f"rpf______-_____-__-_____-{final}.lis", f"{code}_HKCC_TP001_20{final}.csv"}


def skipped_in(lived: Lived, moment: str) -> None:
    """Who does not clear on holidays was told what was skipped, and logged in nowhere."""
    output = lived.runs[f"{moment} sync_reports"].output
    said = [line for line in output.splitlines() if SKIPPED in line]
    assert said and all(f"{QUIET}00" in line and moment[:8] in line for line in said)
    assert lived.brought[moment, QUIET] == []


def calls_in(lived: Lived, day: str) -> None:
    """Who clears on holidays had the calls of the morning at once."""
    digits = day.replace("-", "")
    brought = sorted(name for name in lived.brought[f"{day}T10:40", CLEARS] if "rpi" in name.lower())
    assert brought == [f"{CLEARS}_HKCC_RPI02_{digits}.csv", f"rpi______-_____-__-_____-{digits[2:]}-1030.lis"]


def nothing_wrong_in(lived: Lived, last: str, days: tuple[str, ...]) -> None:
    """Every run is green; of those days nothing is missing or lost, nothing came twice, and nothing was violated."""
    assert {name: run.output[-2000:] for name, run in lived.runs.items() if run.code} == {}
    results = lived.runs[f"{last} sync_reports"].of("report_sync").values()
    assert {entry["day"] for result in results for entry in result["missing"] + result["lost"]}.isdisjoint(days)
    for code in (QUIET, CLEARS):
        names = [name for (_moment, whose), names in lived.brought.items() for name in names if whose == code]
        dated = [name for name in names if any(letter.isdigit() for letter in name)]
        assert len(dated) == len(set(dated)) > 0
    assert lived.stage.facility.control.violations() == []


def test_who_does_not_clear_on_holidays_is_told_each_time_what_was_skipped_and_logs_in_nowhere(lived: Lived) -> None:
    skipped_in(lived, "2026-12-25T10:40")
    skipped_in(lived, "2026-12-26T02:30")


@pytest.mark.parametrize("playbook", ["status", "renew_keys"])
def test_the_status_and_a_renewal_tell_it_as_well(lived: Lived, playbook: str) -> None:
    assert SKIPPED in lived.runs[f"2026-12-25T10:40 {playbook}"].output


def test_who_clears_on_holidays_has_the_calls_of_the_morning_at_once(lived: Lived) -> None:
    calls_in(lived, "2026-12-25")


def test_who_clears_on_holidays_has_the_whole_day_before_the_facility_closes(lived: Lived) -> None:
    brought = lived.brought["2026-12-26T02:30", CLEARS]
    assert whole("261225", CLEARS) <= set(brought)
    assert not any("SEOCH" in name for name in brought)  # which stands still


def test_on_the_next_business_day_the_others_have_what_the_facility_still_keeps(lived: Lived) -> None:
    assert whole("261225", QUIET) <= set(lived.brought["2026-12-28T07:05", QUIET])


def test_nothing_is_missing_nothing_is_lost_and_nothing_came_twice(lived: Lived) -> None:
    nothing_wrong_in(lived, "2026-12-28T07:05", ("2026-12-24", "2026-12-25"))


@pytest.mark.long("Christmas Day stands for it in `make test`")
def test_the_week_of_lunar_new_year(new_year: Lived) -> None:
    for code in (QUIET, CLEARS):  # the half day is a business day like any other
        names = new_year.brought["2027-02-06T02:30", code]
        assert whole("270205", code) | {f"{code}_SEOCH_TP001_20270205.csv"} <= set(names)
    skipped_in(new_year, "2027-02-08T10:40")
    skipped_in(new_year, "2027-02-10T02:30")
    calls_in(new_year, "2027-02-08")
    assert whole("270208", CLEARS) <= set(new_year.brought["2027-02-09T02:30", CLEARS])
    assert whole("270209", CLEARS) <= set(new_year.brought["2027-02-10T02:30", CLEARS])
    caught_up = set(new_year.brought["2027-02-10T07:05", QUIET])
    assert whole("270208", QUIET) | whole("270209", QUIET) <= caught_up
    nothing_wrong_in(new_year, "2027-02-10T07:05", ("2027-02-05", "2027-02-08", "2027-02-09"))
