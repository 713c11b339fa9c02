# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cell of docs/calendar.md, lived: what is done on every kind of day of 2026 to 2028 (§4.1)."""

from __future__ import annotations

import calendar
import itertools
import pathlib
from datetime import date, datetime, time, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar, Kind, days_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import PREDICTED
from tests.modules.steering import SteeredClock
from tests.modules.support import Participant, succeed

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "calendar.md"
CODES = (f"CK{number:02}" for number in itertools.count())
SAYS_HOW = "dcass_holiday_trading is false. Set it to true"
HEAD = ["kind of day", "lived on", "full sync", "intraday poll", "renewal that is due", "asked for", "status"]


def table(head):
    """The rows of the page's table that begins with these cells."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines()]
    begins = cells.index(head) + 2
    return list(itertools.takewhile(lambda row: len(row) == len(head), cells[begins:]))


def rows():
    return table(HEAD)


def lived_days():
    """Each row of the table on each of its days."""
    for kind, days, *cells in rows():
        for day in days.split(", "):
            yield pytest.param(kind, date.fromisoformat(day), cells, id=f"{kind}, {day}")


def options_of(kind, day):
    """What the operator has said, by the words of the first column."""
    said = {"outside_hours": "skip", "holiday_trading": "`holiday_trading` true" in kind}
    for option in ("open_days", "closed_days"):
        said[option] = [day.isoformat()] if f"`{option}`" in kind else []
    return said


@pytest.fixture
def clock(facility, monkeypatch):
    steered = SteeredClock(facility.control, monkeypatch)
    yield steered
    facility.control.hours(open_days=[])
    steered.release()


def noon(day):
    return datetime.combine(day, time(12), HONG_KONG)


def business_day(day, step):
    """The next business day, or the one before."""
    day += timedelta(days=step)
    while not Calendar().is_business_day(day):
        day += timedelta(days=step)
    return day


def in_a_word(result, done, doing):
    """What a run did: the word for it where it did something, else that it was skipped, and how that is told."""
    if result.get("skipped"):
        return "skips, and says how not to" if SAYS_HOW in result["msg"] else "skips"
    return done if doing else "does nothing"


@pytest.mark.parametrize(("kind", "day", "cells"), lived_days())
def test_every_cell_is_so(kind, day, cells, clock, facility, tmp_path):
    said = options_of(kind, day)
    facility.control.hours(open_days=[day.isoformat()])  # it is open whatever the calendar says: then only we hold back
    clock.set(noon(day - timedelta(days=700)))
    station = Participant(tmp_path, facility, next(CODES)).register().workstations[0]
    station.make_key(registered_on=(day - timedelta(days=700)).isoformat())
    asks = {"expected": ["*MUST*"], "expected_on_holidays": ["*HOLIDAY*"]}

    clock.set(noon(business_day(day, -1)))  # from the first report on it is known what is missing
    facility.publish(name="FIRST.csv", folder="COMMON", size=300)
    station.options.update(said)
    assert len(station.sync(**asks)["downloaded"]) == 1

    clock.set(noon(day))
    for name in ("rpi______-1200.lis", "OTHER.csv"):
        facility.publish(name=name, folder="COMMON", size=300)
    before = len(facility.events("login"))
    status = succeed("account_info", **station.options)["facility"]
    poll = station.sync(scope="intraday")
    clock.advance(minutes=10)
    sync = station.sync(**asks)
    clock.advance(minutes=10)
    renewal = succeed("key_renewal", **{**station.options, "result_timeout": 3})
    is_idle = not sync.get("downloaded") and not renewal["changed"]
    assert (len(facility.events("login")) == before) is is_idle

    clock.set(noon(business_day(day, 1)))
    later = station.sync(**asks)
    missing = {entry["expected"] for entry in later["missing"] if entry["day"] == day.isoformat()}
    assert [
        in_a_word(sync, "fetches", sync["downloaded"]),
        in_a_word(poll, "fetches", poll["downloaded"]),
        "waits for a business day"
        if renewal["outcome"] == "waiting" and "waits for a business day" in renewal["reason"]
        else in_a_word(renewal, "renews", renewal["state"] == "renewed"),
        {"*MUST*": "`expected`", "*HOLIDAY*": "`expected_on_holidays`"}.get("".join(missing), "nothing"),
        ("open" if status["open"] else "closed") + (", and says how not to" if SAYS_HOW in status["msg"] else ""),
    ] == cells


def test_the_table_has_each_kind_in_each_year():
    days = {kind: [date.fromisoformat(day).year for day in lived.split(", ")] for kind, lived, *_ in rows()}
    no_new_year = {kind: years for kind, years in days.items() if years != [2026, 2027, 2028]}
    assert no_new_year == {"1 January on a weekday, `holiday_trading` true": [2026, 2027]}  # in 2028 it is a Saturday


def test_the_page_has_the_holidays_that_are_predicted():
    said = {month: [int(day) for day in days.split(", ")] for month, days in table(["month", "days"])}
    months = {month: f"{number:02}" for number, month in enumerate(calendar.month_name)}
    told = [f"{months[month]}{day:02}" for month, days in said.items() for day in days]
    assert {2028: " ".join(told)} == PREDICTED


@pytest.mark.parametrize(("year", "number"), [(2026, 13), (2027, 12), (2028, 14)])
def test_the_holiday_trading_days_of_a_year_are_counted_as_the_page_says(year, number):
    days = days_from(date(year, 1, 1), date(year, 12, 31))
    assert sum(Calendar().kind(day) is Kind.HOLIDAY for day in days) == number
    assert f"{number}{' (predicted)' if year == 2028 else ''} in {year}" in " ".join(PAGE.read_text().split())
