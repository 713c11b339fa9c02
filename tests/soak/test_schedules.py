# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The days around Lunar New Year 2027 with the recommended schedule and the one before; schedules.py lives a year."""

from __future__ import annotations

import pathlib
from datetime import date

import pytest

from tests.soak import cron
from tests.soak.exchange import ad_hoc
from tests.soak.figures import span
from tests.soak.schedules import LOGIN_AFTER, live

GETTING_STARTED = pathlib.Path(__file__).parents[2] / "docs" / "getting-started.md"
FIRST, LAST = date(2027, 2, 3), date(2027, 2, 12)  # of two weeks; Monday and Tuesday in between are holidays
FRIDAY, SATURDAY, WEDNESDAY = date(2027, 2, 5), date(2027, 2, 6), date(2027, 2, 10)
AD_HOC = date(2027, 2, 11)
STATEMENT = "/CXYZ/CXYZ_STATEMENT_{:%Y%m%d}.csv"


def longest(figures, kind):
    return figures.until_home(kind)[-1]


def came(figures, report):
    [home] = [home for (path, _made), home in figures.home.items() if path == report]
    return f"{home:%Y-%m-%d %H:%M}"


def test_with_the_recommended_schedule_calls_are_home_in_five_minutes_and_all_else_before_the_facility_closes():
    figures = live(cron.AFTER, FIRST, LAST, lambda day: day == FIRST)  # with all its polls, the others with some
    assert ad_hoc(AD_HOC)
    assert figures.violations == []
    assert figures.late() == []
    assert longest(figures, "margin calls") <= 5 * 60 + LOGIN_AFTER[1], span(longest(figures, "margin calls"))
    assert came(figures, STATEMENT.format(FRIDAY)) == f"{SATURDAY} 02:30"
    assert (figures.daily_logins, figures.worst_span) == ([98], 2)


@pytest.mark.long("the recommended schedule above; this one is history")
def test_with_the_schedule_before_calls_take_a_quarter_of_an_hour_and_fridays_reports_come_on_wednesday():
    figures = live(cron.BEFORE, FIRST, LAST, lambda _day: False)
    assert figures.violations == []
    assert 10 * 60 < longest(figures, "margin calls") <= 15 * 60 + LOGIN_AFTER[1]
    assert came(figures, STATEMENT.format(FRIDAY)) == f"{WEDNESDAY} 07:05"
    assert figures.worst_span == 1


def test_the_recommended_schedule_is_the_one_in_the_documentation():
    lines = [" ".join(line.split()[:5]) for line in GETTING_STARTED.read_text().splitlines() if " sync_reports" in line]
    assert {line for line in lines if line[:1] in "*0123456789"} == {*cron.AFTER.lines}
