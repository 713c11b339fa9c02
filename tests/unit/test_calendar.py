# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening hours: 07:00 to 03:30 of the next morning on business days, Hong Kong time (§4.1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import (
    HONG_KONG,
    Calendar,
    operating_day,
    overlay,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import LAST_YEAR, WEEKDAY_HOLIDAYS


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
def test_the_door(moment, is_open, changes_at):
    opening = Calendar().at(hk(moment))
    assert (opening.is_open, opening.changes_at) == (is_open, hk(changes_at))
    assert ("open" if is_open else "closed") in opening.sentence and changes_at[:16] in opening.sentence


def test_the_door_is_hong_kong_s_wherever_the_clock_stands():
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
    ("day", "is_business_day"),
    [
        pytest.param(date(2023, 9, 1), False, id="a super typhoon of 2023 closed the markets"),
        pytest.param(date(2024, 9, 6), False, id="the last storm that did"),
        pytest.param(date(2025, 9, 24), True, id="Signal No. 10 a year later: the markets were open"),
    ],
)
def test_since_23_september_2024_no_storm_closes_a_day(day, is_business_day):
    assert Calendar().is_business_day(day) is is_business_day


def test_a_holiday_trading_day_opens_a_holiday_and_its_small_hours():
    calendar = overlay([], ["2026-12-25"])
    for moment in ("2026-12-25 12:00:00", "2026-12-26 02:00:00"):
        assert calendar.at(hk(moment)).is_open
    assert overlay([], ["2026-11-21"]).is_business_day(date(2026, 11, 21))  # also a Saturday


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


def test_trading_days_of_a_span():
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
        pytest.param(date(LAST_YEAR + 1, 1, 1), "every weekday is taken for a business day", id="past the known years"),
    ],
)
def test_the_end_of_the_known_years_is_told_in_time(today, says):
    warning = Calendar().warning(today)
    assert warning is None if says is None else says in warning and str(LAST_YEAR) in warning


def test_past_the_known_years_weekdays_trade_and_the_door_says_so():
    opening = Calendar().at(datetime(LAST_YEAR + 1, 6, 1, 12, tzinfo=HONG_KONG))
    assert opening.warning
    assert Calendar().is_business_day(date(2028, 12, 25))  # a Monday: nobody here knows that year
    assert not Calendar().is_business_day(date(2028, 12, 24))


@given(st.datetimes(datetime(2019, 1, 2), datetime(2029, 1, 1)))
def test_the_door_changes_exactly_when_it_says(naive):
    now = naive.replace(tzinfo=HONG_KONG)
    calendar = Calendar()
    opening = calendar.at(now)
    assert opening.changes_at > now
    assert calendar.at(opening.changes_at).is_open != opening.is_open
    assert calendar.at(opening.changes_at - timedelta(microseconds=1)).is_open == opening.is_open


def test_the_table_holds_weekdays_in_order():
    for year, text in WEEKDAY_HOLIDAYS.items():
        days = [datetime.strptime(f"{year}{digits}", "%Y%m%d").date() for digits in text.split()]
        assert days == sorted(set(days))
        assert all(day.weekday() < 5 for day in days)
        assert 13 <= len(days) <= 18
    assert list(WEEKDAY_HOLIDAYS) == list(range(2019, LAST_YEAR + 1))


def test_the_table_agrees_with_an_independent_one():
    # No day differs. One that did would be named here with its reason, and the exchange's own calendar would decide.
    holidays = pytest.importorskip("holidays", reason="the package 'holidays' is in the checkout's .venv alone")
    for year, text in WEEKDAY_HOLIDAYS.items():
        theirs = holidays.financial_holidays("XHKG", years=year)
        assert text.split() == [f"{day:%m%d}" for day in sorted(theirs) if day.weekday() < 5], year
