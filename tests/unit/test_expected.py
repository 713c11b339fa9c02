# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must have come, and of which days (§4.1)."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import days_from, overlay
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import (
    Expected,
    days_asked,
    on_holidays,
    parse_expected,
)

# December 2026: Christmas Day is a Friday, 1 January 2027 a Friday, too; the 24th and the 31st are half days
DECEMBER = days_from(date(2026, 12, 18), date(2027, 1, 4))
CALENDAR = overlay([], ["2026-12-19"])


def asked(text: str, holiday_trading: bool = False, closed: tuple[str, ...] = ()) -> list[str]:
    """The days, by month and day, of which a text asks for something, from 18 December 2026 to 4 January 2027."""
    calendar = overlay(closed, ["2026-12-19"], holiday_trading=holiday_trading)
    return [f"{day:%m-%d}" for _glob, day in days_asked([parse_expected("expected", text)], DECEMBER, calendar)]


WORKDAYS = ["12-18", "12-21", "12-22", "12-23", "12-24", "12-28", "12-29", "12-30", "12-31", "01-04"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("X*", WORKDAYS, id="without a word: each business day"),
        pytest.param("X* @ business-day", WORKDAYS, id="the same by its word"),
        pytest.param("X* @ monday", ["12-21", "12-28", "01-04"], id="Mondays"),
        pytest.param("X* @ friday", ["12-18"], id="Fridays, of which Christmas Day and New Year's Day are none"),
        pytest.param("X* @ Tuesday thursday", ["12-22", "12-24", "12-29", "12-31"], id="two weekdays"),
        pytest.param("X* @ tuesday, thursday", ["12-22", "12-24", "12-29", "12-31"], id="with a comma"),
        pytest.param("X* @ month-end", ["12-31"], id="the last business day of a month"),
        pytest.param("X* @ month-start", ["01-04"], id="the first business day of a month"),
        pytest.param("X* @ 2026-12-29", ["12-29"], id="a date"),
        pytest.param("X* @ 12-29", ["12-29"], id="a day of each year"),
        pytest.param("X* @ 2025-12-29", [], id="a date of another year"),
        pytest.param("X* @ 2026-12-27", ["12-27"], id="a date that is a Sunday: the operator knows why"),
        pytest.param("X* @ 12-29 monday", ["12-21", "12-28", "12-29", "01-04"], id="words of several kinds"),
        pytest.param("X* @ holidays", [], id="holidays on which nobody here clears"),
    ],
)
def test_of_which_days_a_text_asks(text, days):
    assert asked(text) == days


def test_holidays_are_asked_where_the_participant_clears_on_them():
    assert asked("X* @ holidays", holiday_trading=True) == ["12-25"]
    assert asked("X*", holiday_trading=True) == WORKDAYS
    assert on_holidays("expected_on_holidays", " X* ") == Expected("X*", ("holidays",))


def test_a_day_that_the_exchange_closes_is_asked_for_nothing_and_moves_the_ends_of_a_month():
    assert "12-31" not in asked("X*", closed=("2026-12-31",))
    assert asked("X* @ month-end", closed=("2026-12-31",)) == ["12-30"]
    assert asked("X* @ month-start", closed=("2027-01-04",)) == []


def test_the_same_glob_twice_asks_once():
    rules = [parse_expected("expected", text) for text in ("X*", "X* @ friday", "Y* @ friday", "X*")]
    assert days_asked(rules, DECEMBER[:1], CALENDAR) == [("X*", DECEMBER[0]), ("Y*", DECEMBER[0])]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "is not GLOB or GLOB @ DAYS", id="nothing"),
        pytest.param("X* @ ", "is not GLOB or GLOB @ DAYS", id="no day"),
        pytest.param(" @ monday", "is not GLOB or GLOB @ DAYS", id="no glob"),
        pytest.param("X* @ ,", "is not GLOB or GLOB @ DAYS", id="a comma alone"),
        pytest.param("X* @ monday @ friday", "is not GLOB or GLOB @ DAYS", id="days twice"),
        pytest.param("X* @ saturday", "'saturday' is none of business-day, monday", id="a day that is never one"),
        pytest.param("X*@monday", "leave a blank on both sides of the @", id="no blanks"),
        pytest.param("X* @monday", "leave a blank on both sides of the @", id="no blank behind"),
        pytest.param("X*@ monday friday", "leave a blank on both sides of the @", id="no blank before"),
        pytest.param("X* @ typhoon", "'typhoon' is none of business-day, monday", id="another word"),
        pytest.param("X* @ 2026-02-30", "'2026-02-30' is none of", id="a date that is none"),
        pytest.param("X* @ 13-01", "'13-01' is none of", id="a month that is none"),
        pytest.param("X* @ 31.12.2026", "'31.12.2026' is none of", id="another way of writing"),
    ],
)
def test_what_asks_for_nothing_is_refused(text, says):
    with pytest.raises(BadInput, match=f"expected: '.*{says}"):
        parse_expected("expected", text)


def test_an_at_in_a_name_is_a_part_of_it():
    assert parse_expected("expected", "a@b.csv").glob == "a@b.csv"
    assert parse_expected("expected", "a@b.csv @ friday") == Expected("a@b.csv", ("friday",))


def test_29_february_is_a_day_of_a_year():
    assert parse_expected("expected", "X* @ 02-29").words == ("02-29",)


@pytest.mark.parametrize("text", ["", " ", "X* @ holidays"])
def test_a_glob_of_holidays_has_no_days_of_its_own(text):
    with pytest.raises(BadInput, match=r"expected_on_holidays: '.*' is not a glob"):
        on_holidays("expected_on_holidays", text)
