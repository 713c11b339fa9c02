# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that starts while the facility is closed ends green, says until when, and logs in nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import LAST_YEAR
from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, Steered

NIGHT = "2020-03-03T03:45"  # a Tuesday; since 1 March the keys are due
HOLIDAY = "2020-04-10T12:00"  # Good Friday; Easter Monday is closed as well
DECLARED_CLOSED = "2020-04-15T12:00"  # by the exchange itself
PAGE = "Show what is due next"
LAST_AUTUMN = f"{LAST_YEAR}-11-10T03:45"


@dataclass
class Told:
    """The runs by name, and the logins of both accounts when each was over."""

    runs: dict[str, Outcome] = field(default_factory=dict)
    logins: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steered]:
    """A participant whose jobs keep to the hours, as they do unless told otherwise."""
    root = tmp_path_factory.mktemp("hours")
    with running(root / "facility") as facility:
        stage = Steered(root / "stage", facility, dcass_outside_hours="skip")
        stage.register()
        yield stage


@pytest.fixture(scope="module")
def told(stage: Steered) -> Told:
    """The jobs, each at an hour of its own; the compromised key comes last, since it is out of use from then on."""
    told = Told()

    def run(name: str, playbook: str, *arguments: str) -> None:
        told.runs[name] = stage.play(f"dcass.sftp.{playbook}", *arguments, log=name)
        told.logins[name] = sum(stage.spent(account)[0] for account in ("CXYZ001", "CXYZ002"))

    stage.at(NIGHT)
    run("sync", "sync_reports")
    stage.at(HOLIDAY)
    run("renewal", "renew_keys")
    stage.tell(dcass_open_days=[HOLIDAY[:10]], dcass_closed_days=[DECLARED_CLOSED[:10]])
    stage.facility.control.hours(open_days=[HOLIDAY[:10]])
    run("opened", "sync_reports", f"--limit={ONE}")
    stage.at(DECLARED_CLOSED)
    (key,) = next(entry["keys"] for entry in stage.facility.control.accounts() if entry["account"] == "CXYZ001")
    compromised = f"--extra-vars=dcass_compromised={key['fingerprint']}"
    run("withdrawn", "compromised_key", compromised)
    run("compromised", "compromised_key", compromised, f"--extra-vars=dcass_registered_on={DECLARED_CLOSED[:10]}")
    stage.at(LAST_AUTUMN)
    run("status", "status")
    return told


@pytest.mark.parametrize(
    ("job", "opens"),
    [
        pytest.param("sync", "Tuesday 2020-03-03 07:00", id="sync at 03-45"),
        pytest.param("renewal", "Tuesday 2020-04-14 07:00", id="renewal on a holiday"),
        pytest.param("compromised", "Thursday 2020-04-16 07:00", id="proof on a day that the operator has closed"),
    ],
)
def test_each_job_that_logs_in_waits_green_for_the_opening(told: Told, job: str, opens: str) -> None:
    outcome = told.runs[job]
    assert outcome.code == 0, outcome.output
    assert f"he facility is closed until {opens} Hong Kong time." in outcome.output
    assert ".." not in "".join(line for line in outcome.output.splitlines() if "closed until" in line)


def test_a_holiday_that_the_operator_has_opened_is_worked_on(told: Told) -> None:
    assert told.runs["opened"].code == 0, told.runs["opened"].output
    assert told.runs["opened"].of("report_sync")[ONE]["connection"]["logins_left"] == 3


def test_nobody_logs_in_while_it_is_shut(told: Told, stage: Steered) -> None:
    assert told.logins == {"sync": 0, "renewal": 0, "opened": 1, "withdrawn": 1, "compromised": 1, "status": 1}
    assert stage.facility.control.violations() == []


def test_the_end_of_the_gazetted_holidays_is_warned_of_sixty_days_before(told: Told) -> None:
    page = told.runs["status"].lines(PAGE)
    warning = f"The exchange's holidays are known to the end of {LAST_YEAR} only. Update the collection before then."
    assert warning in page
    assert "holidays are known" not in told.runs["sync"].output
