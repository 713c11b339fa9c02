# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening hours and trading days, and how long reports stay (§4.1)."""

from datetime import date, datetime
from pathlib import Path

import pytest

from emulator.client import Emulator, Refused
from emulator.clock import HONG_KONG
from emulator.hours import Hours
from emulator.housekeeping import is_kept


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20T06:59:59", False),  # Friday
        ("2026-11-20T07:00:00", True),
        ("2026-11-20T23:59:59", True),
        ("2026-11-21T00:00:00", True),  # Saturday, still Friday's
        ("2026-11-21T03:29:59", True),
        ("2026-11-21T03:30:00", False),
        ("2026-11-21T12:00:00", False),
        ("2026-11-22T02:00:00", False),  # Sunday
        ("2026-11-23T02:00:00", False),  # Monday before dawn: nobody traded on Sunday
        ("2026-11-23T07:00:00", True),
    ],
)
def test_hours_of_a_week(moment: str, is_open: bool) -> None:
    assert Hours().is_open(datetime.fromisoformat(moment).replace(tzinfo=HONG_KONG)) is is_open


def test_declared_days() -> None:
    hours = Hours()
    hours.change(closed_days=["2026-11-20"], open_days=["2026-11-22"])
    opened = [
        moment
        for moment in ("2026-11-20T12:00", "2026-11-21T01:00", "2026-11-22T12:00", "2026-11-23T01:00")
        if hours.is_open(datetime.fromisoformat(moment).replace(tzinfo=HONG_KONG))
    ]
    assert opened == ["2026-11-22T12:00", "2026-11-23T01:00"]


@pytest.mark.parametrize(
    ("enforce", "steered", "shut"),
    [("always", False, True), ("never", True, False), ("steered", True, True), ("steered", False, False)],
)
def test_when_hours_are_enforced(enforce: str, steered: bool, shut: bool) -> None:
    sunday = datetime(2026, 11, 22, 12, tzinfo=HONG_KONG)
    assert Hours(enforce).shut(sunday, steered=steered) is shut


def test_nobody_logs_in_while_shut(tmp_path: Path, enrol) -> None:
    settings = {"listen": ["127.151.14.121:0"], "options": ["--hold"]}
    with Emulator(tmp_path, now="2026-11-21T03:29", **settings) as emulator:
        participant = enrol(emulator)
        assert participant.try_login()
        emulator.control.clock_advance("1m")
        assert not participant.try_login()
        [event] = participant.events("login")[1:]
        assert event["violation"].startswith("§4.1: login refused, the facility is shut at Sat 2026-11-21 03:30")
        assert emulator.control.hours(open_days=["2026-11-21"])["open_days"] == ["2026-11-21"]
        emulator.control.clock_set("2026-11-21T12:00", hold=True)
        assert participant.try_login()
        with pytest.raises(Refused, match="not an ISO 8601 date"):
            emulator.control.hours(enforce="never", closed_days=["soon"])
        with pytest.raises(Refused, match="enforce: "):
            emulator.control.hours(enforce="sometimes")
        assert emulator.control.status()["hours"]["enforce"] == "steered"
        emulator.control.clock_real()
        assert participant.try_login(), "with the real clock the hours are not enforced unless told to"
    with Emulator(tmp_path, **settings) as emulator:
        assert emulator.control.status()["hours"]["open_days"] == ["2026-11-21"]


@pytest.mark.parametrize(("age", "kept"), [(0, True), (9, True), (10, False), (400, False)])
def test_files_stay_ten_days(age: int, kept: bool) -> None:
    today = date(2026, 11, 20)
    assert is_kept(date.fromordinal(today.toordinal() - age), today) is kept


def test_reports_leave_after_ten_days(tmp_path: Path, enrol) -> None:
    settings = {"listen": ["127.151.14.121:0"], "options": ["--hold"]}
    with Emulator(tmp_path, now="2026-11-11T22:00", **settings) as emulator:
        participant = enrol(emulator)
        emulator.control.publish(scale=0.001)
        for moment, left in (("2026-11-20T22:00", 26), ("2026-11-23T12:00", 2)):
            emulator.control.clock_set(moment, hold=True)
            assert len(participant.sftp(lambda client: client.listdir("/COMMON"))) == left
        with pytest.raises(Refused, match="reports of 2026-11-11 are gone"):
            emulator.control.publish(date="2026-11-11")


def test_a_report_fetched_twice_a_day_is_a_violation(tmp_path: Path, enrol) -> None:
    settings = {"listen": ["127.151.14.121:0"], "now": "2026-11-20T12:00", "options": ["--hold"]}
    names = ("TP001.csv", "RPI03.csv")

    async def fetch(client) -> None:
        for name in names:
            async with client.open(f"/COMMON/{name}", "rb") as file:
                await file.read()

    with Emulator(tmp_path, **settings) as emulator:
        participant = enrol(emulator)
        for name in names:
            emulator.control.publish(name=name, folder="COMMON", size=1000)
        participant.sftp(fetch)
        participant.sftp(fetch, account=f"{participant.code}002")
        assert emulator.control.violations() == []
    with Emulator(tmp_path, **settings) as emulator:
        participant.facility = emulator
        participant.sftp(fetch)
        [event] = emulator.control.violations()
        assert event["violation"].startswith("§4.1")
        assert event["detail"]["path"] == "/COMMON/TP001.csv"
        emulator.control.publish(name="TP001.csv", folder="COMMON", size=1001)
        emulator.control.clock_set("2026-11-21T01:00", hold=True)
        participant.sftp(fetch)
        assert len(emulator.control.violations()) == 1
