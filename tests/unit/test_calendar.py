# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening hours: 07:00 to 03:30 of the next morning on business days, Hong Kong time (§4.1)."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import (
    HONG_KONG,
    Calendar,
    Kind,
    doubt,
    operating_day,
    overlay,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import CLOSED as CLOSED_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import HOLIDAYS, LAST_YEAR, PREDICTED

UNKNOWN = date(max(PREDICTED) + 1, 1, 1)


def hk(text: str) -> datetime:
    """A moment in Hong Kong."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HONG_KONG)


# 2026-11-20 is a Friday; 2026-12-25 a Friday and a holiday; 2026-02-17 to 19 are Lunar New Year, Tuesday to Thursday.
@pytest.mark.parametrize(
    ("moment", "is_open", "changes_at"),
    [
        pytest.param("2026-11-20 06:59:59", False, "2026-11-20 07:00:00", id="a second before the opening"),
        pytest.param("2026-11-20 07:00:00", True, "2026-11-21 03:30:00", id="at the opening"),
        pytest.param("2026-11-20 23:59:59", True, "2026-11-21 03:30:00", id="before midnight"),
        pytest.param("2026-11-21 00:00:00", True, "2026-11-21 03:30:00", id="midnight into Saturday"),
        pytest.param("2026-11-21 02:00:00", True, "2026-11-21 03:30:00", id="Saturday 02:00 after an open Friday"),
        pytest.param("2026-11-21 03:29:59", True, "2026-11-21 03:30:00", id="a second before the close"),
        pytest.param("2026-11-21 03:30:00", False, "2026-11-23 07:00:00", id="at the close"),
        pytest.param("2026-11-21 12:00:00", False, "2026-11-23 07:00:00", id="Saturday noon"),
        pytest.param("2026-11-22 02:00:00", False, "2026-11-23 07:00:00", id="Sunday 02:00"),
        pytest.param("2026-11-23 02:00:00", False, "2026-11-23 07:00:00", id="Monday 02:00"),
        pytest.param("2026-11-24 02:00:00", True, "2026-11-24 03:30:00", id="Tuesday 02:00"),
        pytest.param("2026-11-24 05:00:00", False, "2026-11-24 07:00:00", id="between close and opening"),
        pytest.param("2026-12-25 02:00:00", True, "2026-12-25 03:30:00", id="the small hours of a holiday"),
        pytest.param("2026-12-25 12:00:00", False, "2026-12-28 07:00:00", id="a holiday before a weekend"),
        pytest.param("2026-12-26 02:00:00", False, "2026-12-28 07:00:00", id="Saturday 02:00 after a holiday"),
        pytest.param("2026-02-17 03:30:00", False, "2026-02-20 07:00:00", id="into the Lunar New Year"),
    ],
)
def test_the_hours_of_a_week(moment, is_open, changes_at):
    opening = Calendar().at(hk(moment))
    assert (opening.is_open, opening.changes_at) == (is_open, hk(changes_at))
    assert ("open" if is_open else "closed") in opening.sentence and changes_at[:16] in opening.sentence


def test_the_hours_are_hong_kong_s_wherever_the_clock_stands():
    new_york = timezone(timedelta(hours=-5))
    moment = datetime(2026, 11, 20, 13, 0, tzinfo=new_york)  # 02:00 on Saturday in Hong Kong
    assert Calendar().at(moment) == Calendar().at(hk("2026-11-21 02:00:00"))
    assert Calendar().at(moment).is_open
    assert f"{Calendar().at(moment).changes_at:%H:%M %Z %z}" == "03:30 HKT +0800"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-21 03:29:59", date(2026, 11, 20)),
        ("2026-11-21 03:30:00", date(2026, 11, 21)),
        ("2026-11-21 07:00:00", date(2026, 11, 21)),
        ("2026-11-21 00:00:00", date(2026, 11, 20)),
    ],
)
def test_the_small_hours_belong_to_the_day_before(moment, day):
    assert operating_day(hk(moment)) == day
    assert operating_day(hk(moment).astimezone(timezone.utc)) == day


def test_a_day_that_the_exchange_closes_is_closed_with_its_small_hours():
    calendar = overlay(["2026-11-20"], [])
    for moment in ("2026-11-20 12:00:00", "2026-11-21 02:00:00"):
        assert not calendar.at(hk(moment)).is_open
    assert calendar.at(hk("2026-11-20 02:00:00")).is_open  # still Thursday's


@pytest.mark.parametrize(
    "calendar",
    [
        pytest.param(overlay([], ["2026-12-25"]), id="opened by the operator"),
        pytest.param(overlay([], [], holiday_trading=True), id="open to those who clear on holidays"),
    ],
)
def test_an_open_holiday_is_open_with_its_small_hours_and_no_business_day(calendar):
    for moment in ("2026-12-25 12:00:00", "2026-12-26 02:00:00"):
        assert calendar.at(hk(moment)).is_open
    assert not calendar.at(hk("2026-12-26 12:00:00")).is_open
    assert not calendar.is_business_day(date(2026, 12, 25))
    assert calendar.at(hk("2026-12-25 12:00:00")).skipped is None


BUSINESS, HOLIDAY, OPENED, CLOSED = Kind.BUSINESS, Kind.HOLIDAY, Kind.OPENED, Kind.CLOSED


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        pytest.param("2026-11-20", BUSINESS, id="a Friday"),
        pytest.param("2026-12-24", BUSINESS, id="a half day"),
        pytest.param("2027-09-01", BUSINESS, id="an ordinary day, also under Signal 10"),
        pytest.param("2026-11-21", CLOSED, id="a Saturday"),
        pytest.param("2026-11-22", CLOSED, id="a Sunday"),
        pytest.param("2026-12-25", HOLIDAY, id="Christmas Day"),
        pytest.param("2027-02-08", HOLIDAY, id="Lunar New Year"),
        pytest.param("2027-07-01", HOLIDAY, id="the first of July"),
        pytest.param("2027-01-01", CLOSED, id="1 January"),
        pytest.param("2023-01-02", HOLIDAY, id="the day after a 1 January that was a Sunday"),
        pytest.param("2026-12-26", CLOSED, id="a holiday on a Saturday"),
        pytest.param("2022-05-09", HOLIDAY, id="the first holiday on which derivatives traded"),
        pytest.param("2022-05-02", CLOSED, id="the last on which they did not"),
        pytest.param("2023-09-01", CLOSED, id="a typhoon before September 2024"),
        pytest.param("2023-09-08", CLOSED, id="black rain before September 2024"),
        pytest.param("2024-09-06", CLOSED, id="the last storm that closed the markets"),
        pytest.param("2025-09-24", BUSINESS, id="Signal No. 10 a year later"),
        pytest.param("2028-12-25", HOLIDAY, id="a predicted holiday"),
        pytest.param("2029-12-25", BUSINESS, id="a year of which nothing is known"),
        pytest.param("2029-01-01", CLOSED, id="but for its 1 January"),
    ],
)
def test_the_kind_of_a_day(day, kind):
    day = date.fromisoformat(day)
    assert Calendar().kind(day) is Calendar(holiday_trading=True).kind(day) is kind
    assert Calendar().is_open_on(day) is Calendar().is_business_day(day) is (kind is BUSINESS)
    assert Calendar(holiday_trading=True).is_open_on(day) is (kind in (BUSINESS, HOLIDAY))


@pytest.mark.parametrize(
    ("day", "of_itself", "opened"),
    [
        pytest.param("2026-11-20", BUSINESS, BUSINESS, id="a Friday"),
        pytest.param("2026-11-21", CLOSED, OPENED, id="a drill's Saturday"),
        pytest.param("2026-12-25", HOLIDAY, OPENED, id="a holiday"),
        pytest.param("2027-01-01", CLOSED, OPENED, id="1 January"),
        pytest.param("2023-09-01", CLOSED, OPENED, id="a typhoon of old"),
    ],
)
def test_the_operator_s_word_goes_before_the_table(day, of_itself, opened):
    of = date.fromisoformat(day)
    assert [overlay(closed, open_).kind(of) for closed, open_ in (([], []), ([], [day]), ([day], []))] == [
        *(of_itself, opened, CLOSED),
    ]
    assert overlay([], [day]).is_open_on(of) and not overlay([day], [], holiday_trading=True).is_open_on(of)
    assert overlay([], [day]).is_business_day(of) is (of_itself is BUSINESS)  # an opened day is asked for nothing


def test_a_holiday_that_the_operator_has_opened_is_one_to_those_who_clear_on_holidays():
    christmas = date(2026, 12, 25)
    assert overlay([], ["2026-12-25"], holiday_trading=True).kind(christmas) is HOLIDAY
    assert overlay([], ["2027-01-01"], holiday_trading=True).kind(date(2027, 1, 1)) is OPENED


@pytest.mark.parametrize(
    ("listed", "day", "kind"),
    [
        pytest.param(["2028-05-03"], "2028-05-03", HOLIDAY, id="a holiday that was predicted for another day"),
        pytest.param(["2028-05-03"], "2028-05-02", BUSINESS, id="the day that it was predicted for"),
        pytest.param(["2029-02-13"], "2029-02-13", HOLIDAY, id="a holiday of a year of which nothing was known"),
        pytest.param(["2029-02-13"], "2029-02-14", BUSINESS, id="another day of that year"),
        pytest.param(["2027-09-03"], "2027-09-03", HOLIDAY, id="one that was added to a gazetted year"),
        pytest.param(["2027-09-03"], "2027-07-01", HOLIDAY, id="beside which the others stay"),
        pytest.param(["2029-02-13"], "2028-05-02", HOLIDAY, id="another year stays as it is"),
        pytest.param(["2028-05-06"], "2028-05-06", CLOSED, id="a Saturday"),
    ],
)
def test_holidays_that_the_operator_knows_go_before_what_is_predicted(listed, day, kind):
    calendar, of = overlay([], [], listed), date.fromisoformat(day)
    assert calendar.kind(of) is kind
    assert overlay([], [], listed, holiday_trading=True).is_open_on(of) is (kind in (BUSINESS, HOLIDAY))
    assert overlay([day], [], listed).kind(of) is CLOSED
    year = int(listed[0][:4])
    assert calendar.warning(date(year, 6, 1)) is None and calendar.knows(date(year, 6, 1))


def test_the_end_of_the_years_that_the_operator_knows_is_told_in_time():
    calendar = overlay([], [], ["2028-05-03"])
    assert calendar.warning(date(2027, 12, 1)) is None
    assert "known to the end of 2028 only" in calendar.warning(date(2028, 12, 1))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        pytest.param("2026-12-25 06:00:00", "2026-12-25", id="before it would open"),
        pytest.param("2026-12-25 11:30:00", "2026-12-25", id="while it would be open"),
        pytest.param("2026-12-26 02:00:00", "2026-12-25", id="in its small hours"),
        pytest.param("2026-12-26 12:00:00", None, id="on the Saturday after it"),
        pytest.param("2026-12-25 02:00:00", None, id="in the small hours of the business day before"),
        pytest.param("2027-01-01 11:30:00", None, id="on 1 January"),
    ],
)
def test_a_holiday_trading_day_that_passes_unused_is_told_with_the_way_to_use_it(moment, day):
    opening = Calendar().at(hk(moment))
    assert opening.skipped == (
        f"{day} is a holiday trading day: derivatives trade on it, and its reports are skipped, since "
        "dcass_holiday_trading is false. Set it to true if you clear on holidays."
        if day
        else None
    )
    assert not opening.skipped or opening.sentence.endswith(f" Hong Kong time. {opening.skipped}")
    assert Calendar(holiday_trading=True).at(hk(moment)).skipped is None


@pytest.mark.parametrize(
    ("closed", "opened", "says"),
    [
        pytest.param(["20.11.2026"], [], "closed_days: '20.11.2026'", id="not ISO"),
        pytest.param([], ["2026-02-30"], "open_days: '2026-02-30'", id="a day that is none"),
        pytest.param(["2026-11-20"], ["2026-11-20"], "2026-11-20 stands under both", id="open and closed"),
        pytest.param(
            ["2026-11-20", "2026-11-19"], ["2026-11-19", "2026-11-20"], "2026-11-19 stands under both", id="two days"
        ),
        pytest.param([""], [], "closed_days: ''", id="empty"),
    ],
)
def test_a_wrong_overlay_is_refused(closed, opened, says):
    with pytest.raises(BadInput, match=says):
        overlay(closed, opened)


@pytest.mark.parametrize(
    ("closed", "opened", "is_known"),
    [
        pytest.param([], [], False, id="nobody has told"),
        pytest.param(["2028-12-25"], [], True, id="closed by the operator"),
        pytest.param([], ["2028-12-25"], True, id="opened by the operator"),
        pytest.param(["2028-12-26"], ["2028-12-27"], False, id="told of other days"),
    ],
)
def test_a_day_of_an_unknown_year_is_known_from_the_operator(closed, opened, is_known):
    assert overlay(closed, opened).knows(date(2028, 12, 25)) is is_known


def test_business_days_of_a_span():
    days = Calendar().business_days(date(2026, 12, 23), date(2026, 12, 29))
    assert days == [date(2026, 12, day) for day in (23, 24, 28, 29)]
    assert Calendar().business_days(date(2026, 12, 25), date(2026, 12, 25)) == []
    assert Calendar().business_days(date(2026, 12, 25), date(2026, 12, 24)) == []


@pytest.mark.parametrize(
    ("today", "says"),
    [
        pytest.param(date(LAST_YEAR, 10, 31), None, id="61 days before the end of the known years"),
        pytest.param(date(LAST_YEAR, 11, 1), "Update the collection", id="60 days before it"),
        pytest.param(date(LAST_YEAR, 12, 31), "Update the collection", id="on the last known day"),
        pytest.param(date(LAST_YEAR + 1, 1, 1), "are predicted", id="in a year that is predicted"),
        pytest.param(UNKNOWN, "is taken for a business day", id="past the predicted years"),
    ],
)
def test_the_end_of_the_known_years_is_told_in_time(today, says):
    warning = Calendar().warning(today)
    assert warning is None if says is None else says in warning and re.search(r"\b20[23]\d\b", warning)


def test_past_the_predicted_years_weekdays_are_business_days_and_it_is_said():
    opening = Calendar().at(datetime(UNKNOWN.year, 6, 1, 12, tzinfo=HONG_KONG))
    assert opening.warning
    assert Calendar().is_business_day(date(2029, 12, 25))  # a Tuesday: nobody here knows that year
    assert not Calendar().is_business_day(date(2029, 12, 23))


def test_a_predicted_year_is_planned_with_and_never_known():
    assert not Calendar().is_business_day(date(2028, 4, 14))  # Good Friday
    assert not Calendar().knows(date(2028, 4, 14))
    assert LAST_YEAR not in PREDICTED and min(PREDICTED) == LAST_YEAR + 1
    assert Calendar().at(datetime(2028, 4, 13, 12, tzinfo=HONG_KONG)).warning == doubt(2028)


@given(st.datetimes(datetime(2019, 1, 2), datetime(2029, 1, 1)))
def test_the_hours_change_exactly_when_it_says(naive):
    now = naive.replace(tzinfo=HONG_KONG)
    calendar = Calendar()
    opening = calendar.at(now)
    assert opening.changes_at > now
    assert calendar.at(opening.changes_at).is_open != opening.is_open
    assert calendar.at(opening.changes_at - timedelta(microseconds=1)).is_open == opening.is_open


@pytest.mark.parametrize("table", [HOLIDAYS, PREDICTED])
def test_the_table_holds_weekdays_in_order(table):
    for year, text in table.items():
        days = [datetime.strptime(f"{year}{digits}", "%Y%m%d").date() for digits in text.split()]
        assert days == sorted(set(days))
        assert all(day.weekday() < 5 for day in days)
        assert 13 <= len(days) <= 18
    assert [*HOLIDAYS, *PREDICTED] == list(range(2019, max(PREDICTED) + 1))


def test_the_table_agrees_with_another_independent_one():
    python = pathlib.Path(__file__).parents[2] / ".build" / "envs" / "calendars" / "bin" / "python"
    if not python.exists():
        pytest.skip("the environment calendars is not built (python tools/environments.py calendars)")
    theirs = json.loads(subprocess.run([python, "-c", WITHOUT_SESSIONS], check=True, capture_output=True).stdout)
    both = sorted(set(theirs) ^ set(closed_weekdays()))
    assert both == ["2023-09-01", "2023-09-08"]  # Saola, then black rain: the market was closed, which theirs lacks


def closed_weekdays() -> list[str]:
    """The weekdays of our tables, as ISO dates."""
    tables = [*HOLIDAYS.items(), *PREDICTED.items(), *CLOSED_DAYS.items()]
    return [f"{year}-{day[:2]}-{day[2:]}" for year, text in tables for day in text.split()]


WITHOUT_SESSIONS = """
import json, exchange_calendars, pandas
first, last = "2019-01-01", "2028-12-31"
calendar = exchange_calendars.get_calendar("XHKG", start=first, end=last)
weekdays = pandas.bdate_range(first, last)
print(json.dumps([f"{day:%Y-%m-%d}" for day in weekdays.difference(calendar.sessions)]))
"""


def test_the_table_agrees_with_an_independent_one():
    # No day differs. One that did would be named here with its reason, and the exchange's own calendar would decide.
    holidays = pytest.importorskip("holidays", reason="the package 'holidays' is in the checkout's .venv alone")
    for year, text in {**HOLIDAYS, **PREDICTED}.items():
        theirs = holidays.financial_holidays("XHKG", years=year)
        ours = sorted(text.split() + CLOSED_DAYS.get(year, "").split())
        assert ours == [f"{day:%m%d}" for day in sorted(theirs) if day.weekday() < 5], year
