# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Never the login or upload that locks: the guide's example times, and any others (§4.3, §6.3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS, UPLOADS_A_DAY
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import MARGIN, Attempt, Uptime, allowance

DAY = datetime(2026, 11, 20, tzinfo=HONG_KONG)


def at(text: str) -> datetime:
    hours, minutes, seconds = map(int, text.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def quick(*times: str) -> list[Attempt]:
    """Attempts that were answered at once."""
    return [Attempt(at(text), at(text)) for text in times]


def test_the_limits_are_the_guide_s():
    assert (LOGINS.reached, LOGINS.within) == (5, timedelta(minutes=5))
    assert (UPLOADS.reached, UPLOADS.within) == (5, timedelta(hours=1))
    assert (UPLOADS_A_DAY.reached, UPLOADS_A_DAY.within) == (120, timedelta(days=1))


@pytest.mark.parametrize(
    ("minutes", "late", "budget", "most"),
    [
        pytest.param(5, 0, 4, 2, id="each at its minute"),
        pytest.param(5, 240, 4, 2, id="every other one waited as long as it may"),
        pytest.param(5, 240, 2, 2, id="half of the budget is people's"),
        pytest.param(10, 240, 1, 1, id="a budget of one, every ten minutes"),
    ],
)
def test_the_polls_of_the_schedule_are_never_refused(minutes, late, budget, most):
    polls: list[Attempt] = []
    for number in range(8 * 60 // minutes):
        now = at("09:00:00") + timedelta(minutes=minutes * number, seconds=late * (number % 2 == 0))
        found = allowance(LOGINS, budget, polls, now)
        assert found.left > 0 and found.used < most, now
        polls.append(Attempt(now, now + timedelta(seconds=1)))


# §4.3 locks an account that signed on too often from 12:45:00 on, and frees it at 12:50:00.
FOUR = ("12:45:00", "12:45:50", "12:46:40", "12:47:30")


@pytest.mark.parametrize(
    ("now", "left"),
    [
        pytest.param("12:47:30", 0, id="at the fourth"),
        pytest.param("12:47:31", 0, id="where the guide locks"),
        pytest.param("12:49:59", 0, id="a second before the guide frees"),
        pytest.param("12:50:03", 1, id="when the first has left the five minutes"),
        pytest.param("12:50:53", 2, id="when the second has left"),
        pytest.param("12:52:33", 4, id="when all have left"),
    ],
)
def test_logins_as_in_the_guide_s_example(now, left):
    found = allowance(LOGINS, 4, quick(*FOUR), at(now))
    assert (found.used, found.left) == (4 - left, left)
    assert (found.retry_at is None) == (left > 0)


def test_the_next_login_is_told_to_be_after_the_guide_s_unlocking():
    told = allowance(LOGINS, 4, quick(*FOUR), at("12:47:31")).retry_at
    assert told is not None and at("12:50:00") < told <= at("12:50:00") + MARGIN
    assert allowance(LOGINS, 4, quick(*FOUR), told).left == 1
    assert allowance(LOGINS, 4, quick(*FOUR), told - timedelta(microseconds=1)).left == 0


def test_uploads_as_in_the_guide_s_example():
    four = quick("12:42:00", "12:43:00", "12:44:00", "12:45:10")
    assert allowance(UPLOADS, 4, four, at("12:45:10")).left == 0
    assert allowance(UPLOADS, 9, four, at("13:41:59")).left == 0
    assert allowance(UPLOADS, 4, four, at("13:45:13")).left == 4


def test_a_day_takes_119_uploads():
    made = [Attempt(DAY + timedelta(minutes=number), DAY + timedelta(minutes=number)) for number in range(119)]
    assert allowance(UPLOADS_A_DAY, 500, made, at("12:00:00")).left == 0
    assert allowance(UPLOADS_A_DAY, 500, made[1:], at("12:00:00")).left == 1


@pytest.mark.parametrize("budget", [1, 2, 3, 4])
def test_a_share_of_the_budget_is_never_passed(budget):
    attempts = quick(*FOUR[:budget])
    found = allowance(LOGINS, budget, attempts, at("12:47:31"))
    assert (found.used, found.left) == (budget, 0)
    assert found.retry_at == at("12:45:00") + LOGINS.within + MARGIN
    assert allowance(LOGINS, budget, attempts[1:], at("12:47:31")).left == 1


def test_no_budget_is_larger_than_the_guide_allows():
    assert allowance(LOGINS, 99, [], at("12:00:00")).left == 4


def test_a_smaller_budget_than_what_was_used_waits_for_enough_of_them():
    found = allowance(LOGINS, 2, quick(*FOUR), at("12:48:00"))
    assert (found.used, found.left) == (4, 0)
    assert allowance(LOGINS, 2, quick(*FOUR), found.retry_at).left == 1


def test_an_attempt_counts_from_when_the_facility_may_have_counted_it():
    slow = [Attempt(at("12:00:00"), at("12:02:00")), *quick("12:02:10", "12:02:20", "12:02:30")]
    assert allowance(LOGINS, 4, slow, at("12:05:30")).left == 0
    assert allowance(LOGINS, 4, slow, at("12:07:03")).left == 1


def test_an_attempt_that_a_crash_left_open_counts_longer_not_shorter():
    crashed = [Attempt(at("12:00:00"), None)] * 4
    assert allowance(LOGINS, 4, crashed, at("12:05:30")).left == 0
    assert allowance(LOGINS, 4, crashed, at("12:07:00")).left == 4


def test_an_attempt_from_the_future_counts():
    assert allowance(LOGINS, 4, quick("13:00:00") * 4, at("12:00:00")).left == 0


def test_the_order_of_the_record_does_not_matter():
    shuffled = quick("12:46:40", "12:45:00", "12:47:30", "12:45:50")
    assert allowance(LOGINS, 4, shuffled, at("12:48:00")) == allowance(LOGINS, 4, quick(*FOUR), at("12:48:00"))


@settings(max_examples=60)
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 90), st.floats(0, 1), st.booleans()), min_size=6, max_size=60),
)
def test_whatever_happens_the_facility_never_sees_a_fifth(budget, tries):
    """Each try waits, asks, and logs in if it may; the line delays it, and a crash may swallow the answer."""
    now, attempts, counted = at("12:00:00"), [], []
    for wait, delay, reaches, crashes in tries:
        now += timedelta(seconds=wait)
        if not allowance(LOGINS, budget, attempts, now).left:
            continue
        began, answered = now, now + timedelta(seconds=delay)
        counted.append(began + reaches * (min(answered, began + timedelta(seconds=60)) - began))
        attempts.append(Attempt(began, None if crashes else answered))
        now = answered
    for number, moment in enumerate(counted[budget:], budget):
        assert moment - counted[number - budget] > LOGINS.within


@given(st.integers(1, 4), st.lists(st.floats(0, 900), max_size=20), st.floats(0, 900))
def test_retry_at_is_the_first_second_that_works(budget, offsets, when):
    attempts = [Attempt(DAY + timedelta(seconds=offset), DAY + timedelta(seconds=offset)) for offset in offsets]
    found = allowance(LOGINS, budget, attempts, DAY + timedelta(seconds=when))
    if found.retry_at is not None:
        assert allowance(LOGINS, budget, attempts, found.retry_at).left >= 1
        assert allowance(LOGINS, budget, attempts, found.retry_at - timedelta(seconds=1)).left == 0


@pytest.mark.parametrize(
    ("needed", "frees"),
    [
        pytest.param(1, "12:50:00", id="one: when the first has left"),
        pytest.param(2, "12:50:50", id="two: when the second has left"),
        pytest.param(4, "12:52:30", id="all four: when the last has left"),
        pytest.param(9, "12:52:30", id="more than there ever are: as for all four"),
    ],
)
def test_who_needs_several_is_told_when_they_fit_all_at_once(needed, frees):
    told = allowance(LOGINS, 4, quick(*FOUR), at("12:48:00"), needed).retry_at
    assert told == at(frees) + MARGIN
    assert allowance(LOGINS, 4, quick(*FOUR), told, needed).retry_at is None
    assert allowance(LOGINS, 4, quick(*FOUR), told - timedelta(seconds=1), needed).retry_at == told


def test_what_is_left_may_be_too_little():
    found = allowance(LOGINS, 4, quick(*FOUR[:3]), at("12:48:00"), needed=2)
    assert (found.left, found.retry_at) == (1, at("12:50:00") + MARGIN)
    assert allowance(LOGINS, 4, quick(*FOUR[:2]), at("12:48:00"), needed=2).retry_at is None


@given(st.integers(1, 4), st.integers(1, 6), st.lists(st.floats(0, 900), max_size=20), st.floats(0, 900))
def test_several_fit_at_the_second_that_was_told_and_not_before(budget, needed, offsets, when):
    attempts = [Attempt(DAY + timedelta(seconds=offset), DAY + timedelta(seconds=offset)) for offset in offsets]
    found = allowance(LOGINS, budget, attempts, DAY + timedelta(seconds=when), needed)
    if found.retry_at is None:
        assert found.left >= min(needed, budget)
    else:
        assert allowance(LOGINS, budget, attempts, found.retry_at, needed).left >= min(needed, budget)
        earlier = allowance(LOGINS, budget, attempts, found.retry_at - timedelta(seconds=1), needed)
        assert earlier.left < min(needed, budget)


NOW, UP = at("12:00:00"), Uptime("boot", 1000.0)


def up(seconds: float, boot: str | None = "boot") -> Uptime:
    return Uptime(boot, seconds)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    ("made", "counted"),
    [
        pytest.param(
            Attempt(ago(seconds=60), ago(seconds=50), up(940), up(950)),
            Attempt(ago(seconds=60), ago(seconds=50), up(940), up(950)),
            id="both clocks agree",
        ),
        pytest.param(Attempt(NOW, None, UP), Attempt(NOW, None, UP), id="made this moment, and not answered"),
        pytest.param(
            Attempt(NOW, NOW, up(900), up(900)), Attempt(NOW, NOW, up(900), up(900)), id="set back to that very moment"
        ),
        pytest.param(
            Attempt(ago(seconds=60), ago(seconds=50), up(5000), up(5010)),
            Attempt(ago(seconds=60), ago(seconds=50), UP, UP),
            id="a container's own clock was set back",
        ),
        pytest.param(
            Attempt(ago(seconds=60), ago(seconds=50), up(5000, "before"), up(5010, "before")),
            Attempt(ago(seconds=60), ago(seconds=50), up(5000, "before"), up(5010, "before")),
            id="the kernel was started since",
        ),
        pytest.param(
            Attempt(ago(seconds=60), ago(seconds=50), up(5000, None), up(5010, None)),
            Attempt(ago(seconds=60), ago(seconds=50), up(5000, None), up(5010, None)),
            id="the kernel may have been started since",
        ),
        pytest.param(
            Attempt(at("13:00:00"), at("13:00:10"), up(890), up(900)),
            Attempt(ago(seconds=100), ago(seconds=100), up(890), up(900)),
            id="the clock was set back an hour",
        ),
        pytest.param(
            Attempt(at("11:50:00"), at("12:10:00"), up(890), up(900)),
            Attempt(at("11:50:00"), ago(seconds=100), up(890), up(900)),
            id="set forth before it was answered, and back since",
        ),
        pytest.param(
            Attempt(at("13:00:00"), None, up(900)),
            Attempt(ago(seconds=100), None, up(900)),
            id="set back, and it was never answered",
        ),
        pytest.param(
            Attempt(at("13:00:00"), at("13:00:10")), Attempt(NOW, NOW, UP, UP), id="set back, and nobody knows how far"
        ),
        pytest.param(Attempt(at("13:00:00"), None), Attempt(NOW, None, UP), id="the same, and never answered"),
        pytest.param(
            Attempt(ago(seconds=60), ago(seconds=50)),
            Attempt(ago(seconds=60), ago(seconds=50), up(940), up(950)),
            id="a record of an earlier release",
        ),
        pytest.param(
            Attempt(ago(seconds=60), None), Attempt(ago(seconds=60), None, up(940)), id="one that was never answered"
        ),
        pytest.param(
            Attempt(ago(days=1, seconds=1), ago(days=1, seconds=1)),
            Attempt(ago(days=1, seconds=1), ago(days=1, seconds=1), up(1000 - 86401), up(1000 - 86401)),
            id="an earlier release's that may count yet",
        ),
        pytest.param(
            Attempt(ago(days=1, seconds=2), ago(days=1, seconds=2)),
            Attempt(ago(days=1, seconds=2), ago(days=1, seconds=2)),
            id="an earlier release's that counts no more",
        ),
    ],
)
def test_an_attempt_is_counted_where_the_other_clock_has_it(made, counted):
    assert made.righted(NOW, UP) == counted


def test_without_the_other_clock_what_has_not_come_yet_counts_as_now():
    made = Attempt(at("13:00:00"), at("13:00:10"), up(890), up(900))
    assert made.righted(NOW, None) == Attempt(NOW, NOW, up(890), up(900))


@pytest.mark.parametrize(
    ("attempt", "uptime", "waits"),
    [
        pytest.param(Attempt(ago(seconds=10), ago(seconds=10), up(990), up(990)), UP, 292, id="both clocks agree"),
        pytest.param(Attempt(ago(days=1), ago(days=1), up(990), up(990)), UP, 292, id="set a day ahead since"),
        pytest.param(Attempt(ago(seconds=10), ago(seconds=10), up(700), up(700)), UP, 292, id="set back since"),
        pytest.param(Attempt(ago(days=1), ago(days=1), up(980), up(990)), UP, 292, id="counted from the answer"),
        pytest.param(Attempt(ago(days=1), None, up(940)), UP, 302, id="never answered: a minute more"),
        pytest.param(Attempt(ago(days=1), ago(days=1), up(9, "x"), up(9, "x")), up(100), 202, id="since the start"),
        pytest.param(Attempt(ago(seconds=10), ago(seconds=10)), UP, 292, id="the other clock was not read"),
        pytest.param(Attempt(ago(seconds=10), ago(seconds=10), UP, UP), None, 292, id="the other clock can't be read"),
    ],
)
def test_an_attempt_counts_until_both_clocks_say_that_it_is_past(attempt, uptime, waits):
    found = allowance(LOGINS, 1, [attempt], NOW, uptime=uptime)
    assert (found.left, found.retry_at) == (0, NOW + timedelta(seconds=waits))


def test_whoever_waits_is_told_a_whole_second():
    half = timedelta(microseconds=500_000)
    made = [Attempt(NOW + half, NOW + half)] * 4
    assert allowance(LOGINS, 4, made, NOW + timedelta(seconds=1)).retry_at == at("12:05:03")
