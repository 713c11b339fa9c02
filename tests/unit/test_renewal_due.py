# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a renewal is due, and when it waits for the participant's other account (§6, §6.1, §6.2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import (
    LAST_CHANCE_DAYS,
    Other,
    last_business_day,
    renewal_due,
    warned,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import Validity

LAST = date(2022, 3, 1)  # a Tuesday: the guide's key B
LIFE = Validity(LAST, "registered")
AT_EASE = {State.DONE, State.ABANDONED}


def decided(today: date, other: Other | None = None, renew_before: int = 60, warned_on: date | None = None):
    return renewal_due(LIFE, renew_before, warned_on, other, today, last_business_day(Calendar(), LAST, today))


def before(days: int) -> date:
    return LAST - timedelta(days=days)


@pytest.mark.parametrize(
    ("today", "due", "words"),
    [
        pytest.param(before(61), False, "valid until 2022-03-01, renewal opens 2021-12-31", id="a day too early"),
        pytest.param(
            before(60), True, "expires on 2022-03-01, in 60 days; renewal opened 2021-12-31", id="as it opens"
        ),
        pytest.param(before(0), True, "in 0 days", id="on its last day"),
        pytest.param(before(-1), True, "may expire any day", id="past a day that was only reckoned"),
    ],
)
def test_due_from_the_day_it_opens_with_its_reason(today, due, words):
    found = decided(today)
    assert found.due is due and words in found.reason


@pytest.mark.parametrize(
    ("days", "today", "due"),
    [(0, before(1), False), (0, LAST, True), (730, before(717), False), (730, before(716), True)],
)
def test_the_operator_says_how_early(days, today, due):
    assert decided(today, renew_before=days).due is due


def test_a_warning_of_the_exchange_opens_it_too():
    found = decided(before(300), warned_on=before(301))
    assert found.due and "the exchange warned on" in found.reason


@pytest.mark.parametrize("state", [*State, None], ids=lambda state: state.value if state else "nobody knows")
def test_it_waits_while_the_other_is_in_trouble_but_not_with_fourteen_days_left(state):
    other = Other("CXYZ002", state.value if state else None, None)
    found = decided(before(LAST_CHANCE_DAYS + 1), other)
    assert found.due is (state in AT_EASE)
    assert found.due or ("it waits, since" in found.reason and "CXYZ002" in found.reason)
    assert decided(before(LAST_CHANCE_DAYS), other).due


def test_an_other_account_without_any_renewal_is_not_waited_for():
    assert decided(before(30), Other("CXYZ002", "none", None)).due


@pytest.mark.parametrize("state", ["somebody's typing error", ""])
def test_a_word_that_nobody_knows_counts_as_trouble(state):
    assert not decided(before(30), Other("CXYZ002", state, None)).due


@pytest.mark.parametrize(
    ("today", "due"),
    [
        pytest.param(before(30), False, id="thirty days before"),
        pytest.param(before(1), False, id="on the day before its last"),
        pytest.param(before(0), True, id="on the last operating day: there is no other"),
    ],
)
def test_the_two_are_not_renewed_on_one_day_while_there_is_another(today, due):
    found = decided(today, Other("CXYZ002", "done", today))
    assert found.due is due and (due or "was renewed today" in found.reason)
    assert decided(today, Other("CXYZ002", "done", today - timedelta(days=1))).due


def test_where_the_exchange_warns_the_last_chance_has_come_whatever_the_record_says():
    assert decided(before(300), Other("CXYZ002", "silent", None), warned_on=before(301)).due


REGISTERED = date(2020, 3, 1)  # by an upload; the key before it ends on 14 March


@pytest.mark.parametrize(
    ("days", "today", "found"),
    [
        pytest.param([], date(2022, 2, 20), None, id="none"),
        pytest.param(
            [date(2022, 2, 16), date(2022, 2, 17)], date(2022, 2, 20), date(2022, 2, 17), id="the latest counts"
        ),
        pytest.param([date(2020, 3, 14)], date(2020, 3, 14), None, id="of the key before, on its last day: overtaken"),
        pytest.param([date(2020, 2, 28), date(2020, 3, 2)], date(2020, 3, 3), None, id="of the key before: overtaken"),
        pytest.param([date(2020, 3, 15)], date(2020, 3, 15), date(2020, 3, 15), id="after the key before had ended"),
        pytest.param([date(2022, 2, 16)], date(2022, 3, 2), None, id="older than fourteen days: that key is gone"),
        pytest.param([date(2022, 2, 21)], date(2022, 2, 20), None, id="of tomorrow: a clock is wrong"),
    ],
)
def test_which_warnings_are_about_the_key_in_force(days, today, found):
    assert warned(days, REGISTERED, today) == found


def test_without_a_day_of_registration_every_recent_warning_counts():
    assert warned([date(2020, 3, 2)], None, date(2020, 3, 3)) == date(2020, 3, 2)


@pytest.mark.parametrize(
    ("last", "today", "day"),
    [
        pytest.param(date(2026, 3, 4), date(2026, 1, 23), date(2026, 3, 4), id="a Wednesday"),
        pytest.param(date(2026, 3, 8), date(2026, 1, 23), date(2026, 3, 6), id="a Sunday: the Friday before"),
        pytest.param(date(2026, 2, 19), date(2026, 2, 1), date(2026, 2, 16), id="at the Lunar New Year"),
        pytest.param(date(2026, 2, 19), date(2026, 2, 18), date(2026, 2, 18), id="none is left: today"),
        pytest.param(date(2026, 3, 4), date(2026, 4, 1), date(2026, 4, 1), id="past it: today"),
    ],
)
def test_the_last_business_day(last, today, day):
    assert last_business_day(Calendar(), last, today) == day


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        pytest.param(None, "the state of CXYZ002 is not known", id="nobody could ask it"),
        pytest.param("rejected", "the exchange has rejected the renewal of CXYZ002", id="rejected"),
        pytest.param("withdrawn", "CXYZ002 waits for its re-registration", id="withdrawn"),
        pytest.param("replaced", "CXYZ002 waits for its re-registration", id="registered, the old key may log in yet"),
        pytest.param("withdrawing", "the renewal of CXYZ002 is not finished", id="being withdrawn"),
        pytest.param("sent", "the renewal of CXYZ002 is not finished", id="under way"),
        pytest.param("done", None, id="done"),
        pytest.param("abandoned", None, id="given up"),
        pytest.param("none", None, id="never renewed"),
    ],
)
def test_what_is_the_matter_with_the_other_account(state, trouble):
    assert Other("CXYZ002", state, None).trouble == trouble


def test_a_key_that_was_rejected_today_was_not_renewed_today():
    assert decided(before(10), Other("CXYZ002", "rejected", before(10))).due
    assert not decided(before(10), Other("CXYZ002", "done", before(10))).due


@pytest.mark.parametrize(
    ("last", "day"),
    [
        pytest.param(date(2028, 12, 31), date(2028, 12, 29), id="a Sunday"),
        pytest.param(date(2026, 2, 22), date(2026, 2, 20), id="a Sunday after the Lunar New Year"),
    ],
)
def test_the_last_business_day_is_looked_for_backwards(last, day):
    assert last_business_day(Calendar(), last, last - timedelta(days=60)) == day


def test_of_a_month_that_is_closed_nothing_is_left():
    last = date(2026, 11, 30)
    shut = frozenset(last - timedelta(days=ago) for ago in range(31))
    assert last_business_day(Calendar(closed=shut), last, date(2026, 1, 1)) == date(2026, 1, 1)
    assert last_business_day(
        Calendar(closed=shut - {date(2026, 10, 31), date(2026, 11, 2)}), last, date(2026, 1, 1)
    ) == (date(2026, 11, 2))
    opened = Calendar(closed=shut, opened=frozenset([date(2026, 11, 28)]))
    assert last_business_day(opened, last, date(2026, 1, 1)) == date(2026, 1, 1)  # a drill is no day to renew on
    assert last_business_day(Calendar(closed=shut), last, date(2026, 1, 2)) == date(2026, 1, 2)
