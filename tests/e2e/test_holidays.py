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
LIVED = ("2026-12-24", "2026-12-25", "2027-02-05", "2027-02-08", "2027-02-09")


@dataclass
class Lived:
    """The runs by their moments, and the names that each brought for each participant."""

    runs: dict[str, Outcome] = field(default_factory=dict)
    brought: dict[tuple[str, str], list[str]] = field(default_factory=dict)


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
    lived = Lived()

    def run(moment: str, playbook: str, *arguments: str) -> None:
        outcome = stage.play(f"dcass.sftp.{playbook}", *arguments, log=moment)
        lived.runs[f"{moment} {playbook}"] = outcome
        for host, result in outcome.of("report_sync").items():
            names = [report["name"] for report in result.get("downloaded", [])]
            lived.brought.setdefault((moment, host[:4].upper()), []).extend(names)

    def at(moment: str, scope: tuple[str, ...], day: str, of: dict[str, bool]) -> None:
        stage.at(moment)
        stage.facility.control.publish(date=day, due=True, scale=0.01, **of)
        run(moment, "sync_reports", *scope)

    at("2026-12-25T02:30", HARVEST, "2026-12-24", BUSINESS)
    at("2026-12-25T10:40", POLL, "2026-12-25", HOLIDAY)
    run("2026-12-25T10:40", "status")
    run("2026-12-25T10:40", "renew_keys", "-e", f"dcass_hosts=cp_{QUIET.lower()} dcass_renewal_force=true")
    at("2026-12-26T02:30", HARVEST, "2026-12-25", HOLIDAY)
    at("2026-12-28T07:05", HARVEST, "2026-12-28", BUSINESS)
    at("2027-02-06T02:30", HARVEST, "2027-02-05", BUSINESS)  # of a half day
    at("2027-02-08T10:40", POLL, "2027-02-08", HOLIDAY)
    at("2027-02-09T02:30", HARVEST, "2027-02-08", HOLIDAY)
    at("2027-02-10T02:30", HARVEST, "2027-02-09", HOLIDAY)
    at("2027-02-10T07:05", HARVEST, "2027-02-10", BUSINESS)
    return lived


def test_every_run_is_green(lived: Lived) -> None:
    assert {name: run.output[-2000:] for name, run in lived.runs.items() if run.code} == {}


@pytest.mark.parametrize("moment", ["2026-12-25T10:40", "2026-12-26T02:30", "2027-02-08T10:40", "2027-02-10T02:30"])
def test_who_does_not_clear_on_holidays_is_told_each_time_what_was_skipped_and_logs_in_nowhere(
    lived: Lived, moment: str
) -> None:
    output, day = lived.runs[f"{moment} sync_reports"].output, moment[:8]
    said = [line for line in output.splitlines() if SKIPPED in line]
    assert said and all(f"{QUIET}00" in line and day in line for line in said)
    assert lived.brought[moment, QUIET] == []


@pytest.mark.parametrize("playbook", ["status", "renew_keys"])
def test_the_status_and_a_renewal_tell_it_as_well(lived: Lived, playbook: str) -> None:
    assert SKIPPED in lived.runs[f"2026-12-25T10:40 {playbook}"].output


@pytest.mark.parametrize("day", ["2026-12-25", "2027-02-08"])
def test_who_clears_on_holidays_has_the_calls_of_the_morning_at_once(lived: Lived, day: str) -> None:
    digits = day.replace("-", "")
    brought = sorted(name for name in lived.brought[f"{day}T10:40", CLEARS] if "rpi" in name.lower())
    assert brought == [f"CABC_HKCC_RPI02_{digits}.csv", f"rpi______-_____-__-_____-{digits[2:]}-1030.lis"]


@pytest.mark.parametrize(
    ("moment", "final"),
    [("2026-12-26T02:30", "261225"), ("2027-02-09T02:30", "270208"), ("2027-02-10T02:30", "270209")],
)
def test_who_clears_on_holidays_has_the_whole_day_before_the_facility_closes(
    lived: Lived, moment: str, final: str
) -> None:
    assert f"rpf______-_____-__-_____-{final}.lis" in lived.brought[moment, CLEARS]
    assert f"CABC_HKCC_TP001_20{final}.csv" in lived.brought[moment, CLEARS]
    assert not any("SEOCH" in name for name in lived.brought[moment, CLEARS])  # which stands still


@pytest.mark.parametrize(
    ("moment", "finals"), [("2026-12-28T07:05", ["261225"]), ("2027-02-10T07:05", ["270208", "270209"])]
)
def test_on_the_next_business_day_the_others_have_what_the_facility_still_keeps(
    lived: Lived, moment: str, finals: list[str]
) -> None:
    names = lived.brought[moment, QUIET]
    assert [final for final in finals if f"rpf______-_____-__-_____-{final}.lis" in names] == finals


def test_a_half_day_is_a_business_day_like_any_other(lived: Lived) -> None:
    for code in (QUIET, CLEARS):
        names = lived.brought["2027-02-06T02:30", code]
        assert {f"{code}_SEOCH_TP001_20270205.csv", "rpf______-_____-__-_____-270205.lis"} <= set(names)


def test_nothing_is_missing_nothing_is_lost_and_nothing_came_twice(lived: Lived, stage: Steered) -> None:
    results = lived.runs["2027-02-10T07:05 sync_reports"].of("report_sync")
    outstanding = {entry["day"] for result in results.values() for entry in result["missing"] + result["lost"]}
    assert outstanding.isdisjoint(LIVED)
    assert "2027-01-29" in outstanding  # January passed without anybody, and its days are told
    for code in (QUIET, CLEARS):
        dated = [
            name
            for (_moment, whose), names in lived.brought.items()
            for name in names
            if whose == code and any(letter.isdigit() for letter in name)
        ]
        assert len(dated) == len(set(dated))
    assert stage.facility.control.violations() == []
