# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long keys live: 730 days from the day of the upload, the guide's example of March 2020 (§6.1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import (
    KeyFacts,
    Wait,
    last_day,
    validity,
    wait_for,
)


def test_the_guide_s_key_of_march_2020():
    assert last_day(date(2020, 3, 1)) == date(2022, 3, 1)


@pytest.mark.parametrize(
    ("today", "left"),
    [
        pytest.param(date(2020, 3, 1), 730, id="on the day of the upload"),
        pytest.param(date(2022, 2, 15), 14, id="when the warnings begin"),
        pytest.param(date(2022, 3, 1), 0, id="on its last day"),
        pytest.param(date(2022, 3, 2), -1, id="when it is expired"),
    ],
)
def test_days_left_of_it(today, left):
    assert validity(None, date(2020, 3, 1)).days_left(today) == left


def test_registration_counts_where_it_is_known_and_else_the_day_it_was_made():
    made, registered = date(2026, 11, 1), date(2026, 11, 22)
    assert (validity(made, registered).last_day, validity(made, registered).counted_from) == (
        date(2028, 11, 21),
        "registered",
    )
    assert (validity(made, None).last_day, validity(made, None).counted_from) == (date(2028, 10, 31), "made")
    assert validity(None, None) is None


@pytest.mark.parametrize(
    ("now", "left"),
    [
        pytest.param(datetime(2026, 1, 23, 8), timedelta(days=13, hours=16), id="renewed that morning"),
        pytest.param(datetime(2026, 1, 23), timedelta(days=14), id="just after midnight"),
        pytest.param(datetime(2026, 1, 23, 23, 59), timedelta(days=13, minutes=1), id="just before"),
        pytest.param(datetime(2026, 1, 24), timedelta(days=13), id="at the midnight that ends that day"),
        pytest.param(datetime(2026, 1, 24, 12), timedelta(days=14), id="recorded on the day after"),
        pytest.param(datetime(2026, 1, 25, 8), timedelta(days=14), id="a record of an earlier version"),
        pytest.param(datetime(2026, 1, 22, 8), timedelta(days=14), id="by the facility's day it is a day later"),
        pytest.param(datetime(2027, 1, 1), timedelta(days=14), id="the clock is ahead"),
        pytest.param(datetime(2020, 1, 1), timedelta(days=14), id="the clock is behind"),
    ],
)
def test_a_superseded_key_waits_for_the_end_of_its_last_day_and_two_weeks_at_most(now, left):
    uptime = Uptime("boot", 5.0)
    assert wait_for(date(2026, 2, 5), now.replace(tzinfo=HONG_KONG), uptime) == Wait(left, uptime)


@pytest.mark.parametrize(
    ("boot", "seconds", "left"),
    [
        pytest.param("first", 1000.0, 100, id="nothing has passed"),
        pytest.param("first", 1040.0, 60, id="so much has passed"),
        pytest.param("first", 1200.0, 0, id="all of it has passed"),
        pytest.param("second", 30.0, 70, id="started anew: what it runs for"),
        pytest.param("second", 5000.0, 0, id="started anew long ago"),
        pytest.param(None, 1040.0, 60, id="perhaps started anew: the less"),
        pytest.param(None, 1000.0, 100, id="not started anew, as it seems, and nothing has passed"),
        pytest.param(None, 30.0, 70, id="surely started anew"),
        pytest.param("first", 900.0, 100, id="set back after all"),
    ],
)
def test_a_wait_knows_the_least_that_has_passed(boot, seconds, left):
    now = Uptime(boot, seconds)
    later = Wait(timedelta(seconds=100), Uptime("first", 1000.0)).at(now)
    assert later == Wait(timedelta(seconds=left), now)
    assert later.is_over == (left == 0)


REGISTERED, END, EARLY_END = date(2020, 3, 1), date(2022, 3, 1), date(2020, 3, 14)


@pytest.mark.parametrize(
    ("key", "end"),
    [
        pytest.param(KeyFacts("5c:11", REGISTERED, REGISTERED, True), END, id="registered"),
        pytest.param(KeyFacts("5c:11", REGISTERED, REGISTERED, False), END, id="registered, and it has not logged in"),
        pytest.param(KeyFacts("5c:11", REGISTERED, REGISTERED, True, EARLY_END), EARLY_END, id="superseded"),
        pytest.param(KeyFacts("5c:11", REGISTERED, None, True, EARLY_END), EARLY_END, id="superseded, of unknown age"),
    ],
)
def test_a_key_that_the_exchange_knows_works_through_its_last_day(key, end):
    assert (key.is_registered, key.ends) == (True, end)
    assert key.works_on(end) is True
    assert key.works_on(end + timedelta(days=1)) is False


def test_a_key_that_has_logged_in_and_of_which_no_day_is_known_works_for_ever():
    assert KeyFacts("5c:11", REGISTERED, None, True).works_on(date(2099, 1, 1)) is True


def test_a_key_that_nobody_has_registered_works_on_no_day():
    made = KeyFacts("5c:11", REGISTERED, None, False)
    assert (made.is_registered, made.ends, made.works_on(REGISTERED)) == (False, None, False)
    assert made == KeyFacts("5c:11", REGISTERED, None, False, None, False, None)
