# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of states is whole: every state has a step and a price, every road has an end (§6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_steps import _STEPS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    AWAITING_REREGISTRATION,
    COSTS,
    ENDS,
    NEXT,
    RESULT_GRACE,
    Cost,
    Event,
    Renewal,
    State,
    old_key_last_day,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import ResultName

MARCH_1 = datetime(2020, 3, 1, 12, tzinfo=HONG_KONG)
ON_THE_WAY = [state for state in State if state not in ENDS]


def a_renewal(state: State = State.SENT, **more) -> Renewal:
    return Renewal(7, state, MARCH_1, None, "old", "new", "20200301-c1b13029", **{"uploads": 1, **more})


def reached(start: State, but: tuple[Event, ...] = ()) -> set[State]:
    """All states that can come after a state, without some events."""
    found, todo = set(), [start]
    while todo:
        here = todo.pop()
        after = {state for (before, event), state in NEXT.items() if before is here and event not in but}
        todo += after - found
        found |= after
    return found


def a_result(at: datetime, good: bool = True) -> ResultName:
    word = "success" if good else "failed"
    return ResultName(f"Result.{at:%Y%m%d.%H%M%S}.{word}.txt", at, good)


@pytest.mark.parametrize("state", [State.SENDING, State.UNSURE, State.SILENT])
def test_of_an_upload_that_nobody_knows_of_a_login_or_a_result_tells(state):
    assert NEXT[state, Event.NEW_KEY_LOGGED_IN] is State.PROVEN
    assert NEXT[state, Event.RESULT_GOOD] is State.ACCEPTED
    assert NEXT[state, Event.NEW_KEY_REFUSED] is state  # it may still be on its way
    assert NEXT[state, Event.UPLOAD_STARTED] is State.SENDING


def test_a_bad_result_tells_something_of_an_upload_that_arrived_alone():
    assert NEXT[State.SILENT, Event.RESULT_BAD] is State.REJECTED
    assert NEXT[State.SILENT, Event.RESULT_BAD_IN_DOUBT] is State.CONTESTED
    told = {state for state, event in NEXT if event in (Event.RESULT_BAD, Event.RESULT_BAD_IN_DOUBT)}
    assert told == {State.SENT, State.SILENT}


def test_every_renewal_can_be_given_up_until_its_end():
    given_up = {state: after for (state, event), after in NEXT.items() if event is Event.GIVEN_UP}
    assert given_up == dict.fromkeys(set(ON_THE_WAY) - set(AWAITING_REREGISTRATION), State.ABANDONED)


@pytest.mark.parametrize("state", ON_THE_WAY)
def test_every_state_on_the_way_has_a_step_a_cost_and_a_way_to_its_end(state):
    assert state in _STEPS and state in COSTS
    assert reached(state, but=(Event.GIVEN_UP,)) & {State.DONE, State.REJECTED}


def test_nothing_leads_out_of_an_end_and_nothing_else_has_steps():
    assert not {before for before, _event in NEXT} & set(ENDS)
    assert set(_STEPS) == set(COSTS) == set(ON_THE_WAY)


def test_every_state_is_come_to_and_every_event_leads_somewhere():
    assert reached(State.PLANNED) | reached(State.WITHDRAWING) | {State.PLANNED, State.WITHDRAWING} == set(State)
    assert {event for _state, event in NEXT} == set(Event)


def test_only_a_key_that_has_logged_in_becomes_the_current_one():
    ways = {before for (before, _event), after in NEXT.items() if after is State.DONE}
    assert ways == {State.PROVEN}
    proofs = {event for (_before, event), after in NEXT.items() if after is State.PROVEN}
    assert proofs == {Event.NEW_KEY_LOGGED_IN, Event.OLD_KEY_REFUSED}
    assert NEXT[State.WITHDRAWN, Event.NEW_KEY_LOGGED_IN] is State.REPLACED  # that one had logged in before, too


def test_a_withdrawn_key_has_no_way_back_into_use():
    for state in AWAITING_REREGISTRATION:
        assert reached(state) <= {*AWAITING_REREGISTRATION, State.PROVEN, State.DONE, State.ABANDONED}
        assert (state, Event.GIVEN_UP) not in NEXT


def test_a_normal_renewal_takes_two_logins_and_one_upload():
    assert COSTS[State.PLANNED] == Cost(logins=2, uploads=1)
    assert all(cost.logins < LOGINS.reached and cost.uploads < UPLOADS.reached for cost in COSTS.values())
    assert COSTS[State.PROVEN] == COSTS[State.WITHDRAWING] == Cost(logins=0, uploads=0)
    assert COSTS[State.WITHDRAWN] == Cost(logins=2, uploads=0)  # the new key's, and the compromised one's
    assert COSTS[State.SENT] == Cost(logins=1, uploads=0)


def test_the_words_of_states_and_events_are_on_disk_and_never_change():
    words = "planned made sending sent unsure silent accepted contested rejected proven done withdrawing withdrawn"
    assert [state.value for state in State] == [*words.split(), "replaced", "abandoned"]
    assert Event("switched") is Event.SWITCHED


SOON, HOURS = MARCH_1 + timedelta(seconds=2), timedelta(hours=1)


@pytest.mark.parametrize(
    ("uploads", "at", "good", "event"),
    [
        pytest.param(1, SOON, True, Event.RESULT_GOOD, id="good"),
        pytest.param(3, SOON - 5 * HOURS, True, Event.RESULT_GOOD, id="good, of whichever upload"),
        pytest.param(1, SOON, False, Event.RESULT_BAD, id="bad, of the only upload"),
        pytest.param(2, SOON, False, Event.RESULT_BAD_IN_DOUBT, id="bad, of one of two uploads"),
        pytest.param(1, SOON - 2 * HOURS, False, Event.RESULT_BAD_IN_DOUBT, id="bad, and dated well before the upload"),
    ],
)
def test_the_verdict_on_a_result(uploads, at, good, event):
    renewal = a_renewal(uploads=uploads, uploaded_at=MARCH_1)
    assert renewal.verdict(a_result(at, good), SOON) is event


@pytest.mark.parametrize(
    ("early", "event"),
    [
        pytest.param(RESULT_GRACE, Event.RESULT_BAD, id="an hour before the upload, by clocks that differ"),
        pytest.param(RESULT_GRACE + timedelta(seconds=1), Event.RESULT_BAD_IN_DOUBT, id="more than an hour before it"),
    ],
)
def test_a_bad_result_may_be_dated_an_hour_before_its_upload(early, event):
    assert a_renewal(uploaded_at=MARCH_1).verdict(a_result(MARCH_1 - early, False), SOON) is event


def test_a_bad_result_without_an_upload_that_arrived_is_in_doubt():
    assert a_renewal(uploaded_at=None).verdict(a_result(SOON, False), SOON) is Event.RESULT_BAD_IN_DOUBT


DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "made", "is_believed"),
    [
        pytest.param(SOON, None, True, id="dated between beginning and now"),
        pytest.param(MARCH_1 - DAY, None, True, id="a day before the beginning"),
        pytest.param(MARCH_1 - DAY - SECOND, None, False, id="more than a day before it"),
        pytest.param(SOON + DAY, None, True, id="a day ahead"),
        pytest.param(SOON + DAY + SECOND, None, False, id="more than a day ahead"),
        pytest.param(SOON + 30 * DAY, SOON + 30 * DAY, True, id="a month ahead, and made then"),
        pytest.param(SOON + 30 * DAY, SOON + 31 * DAY, True, id="... a day later"),
        pytest.param(SOON + 30 * DAY, SOON + 29 * DAY, True, id="... a day earlier"),
        pytest.param(SOON + 30 * DAY, SOON + 31 * DAY + SECOND, False, id="... more than a day later"),
        pytest.param(SOON + 30 * DAY, SOON, False, id="a month ahead, and made now"),
        pytest.param(SOON - 30 * DAY, SOON - 30 * DAY, True, id="a month before, and made then"),
        pytest.param(MARCH_1 + 730 * DAY - SECOND, MARCH_1 + 730 * DAY, True, id="as long ahead as a key is valid"),
        pytest.param(MARCH_1 + 730 * DAY, MARCH_1 + 730 * DAY, False, id="longer ahead than that"),
    ],
)
@pytest.mark.parametrize("uploaded_at", [MARCH_1, None], ids=["uploaded", "not known to be uploaded"])
def test_the_facility_s_day_is_believed_near_ours_or_where_the_file_was_made_then(uploaded_at, at, made, is_believed):
    found = a_renewal(uploaded_at=uploaded_at).day_of(a_result(at), made and int(made.timestamp()), SOON)
    assert found == (at.date() if is_believed else None)


@pytest.mark.parametrize(
    ("moments", "day"),
    [
        pytest.param({}, date(2020, 3, 2), id="begun the day before"),
        pytest.param({"uploaded_at": MARCH_1 + 9 * DAY}, date(2020, 3, 10), id="uploaded days after it was begun"),
        pytest.param(
            {"uploaded_at": MARCH_1 + 2 * DAY, "proven_at": MARCH_1 + 9 * DAY},
            date(2020, 3, 10),
            id="proven days later",
        ),
        pytest.param({"result_day": date(2020, 3, 5)}, date(2020, 3, 5), id="noted when the result was seen"),
    ],
)
def test_a_result_s_day_counts_between_the_beginning_and_the_proof(moments, day):
    at = datetime(day.year, day.month, day.day, 12, tzinfo=HONG_KONG)
    assert a_renewal(**moments, result_name=named(f"{at:%Y%m%d.%H%M%S}")).uploaded_on == day


def named(text: str) -> str:
    return f"Result.{text}.success.txt"


@pytest.mark.parametrize(
    ("result_name", "day"),
    [
        pytest.param(None, date(2020, 3, 1), id="no result: by our clock"),
        pytest.param(named("20200301.120003"), date(2020, 3, 1), id="the result of the same day"),
        pytest.param(named("20200302.000001"), date(2020, 3, 2), id="past midnight by the facility's clock"),
        pytest.param(named("20200229.235959"), date(2020, 2, 29), id="not yet midnight by the facility's clock"),
        pytest.param(named("20200401.120000"), date(2020, 3, 1), id="a month later: not believed"),
        pytest.param(named("20200201.120000"), date(2020, 3, 1), id="a month earlier: not believed"),
        pytest.param(named("00010101.000000"), date(2020, 3, 1), id="the first year"),
        pytest.param(named("99991231.235959"), date(2020, 3, 1), id="the last year"),
        pytest.param("Result.txt", date(2020, 3, 1), id="a name without a day"),
    ],
)
def test_the_day_that_counts_is_the_facility_s_unless_a_clock_is_wrong(result_name, day):
    assert a_renewal(uploaded_at=MARCH_1, result_name=result_name).uploaded_on == day


def test_an_upload_by_a_clock_that_was_set_back_before_the_proof_is_not_later_than_that():
    proven = a_renewal(uploaded_at=MARCH_1 + timedelta(days=30), proven_at=MARCH_1)
    assert proven.uploaded_on == MARCH_1.date()


def test_without_an_upload_there_is_no_day():
    assert a_renewal(State.MADE, uploads=0).uploaded_on is None


def test_patience_is_for_uploads_that_arrived_and_told_nothing():
    silent = a_renewal(State.SILENT, uploaded_at=MARCH_1)
    assert silent.patient_until() == MARCH_1 + RESULT_GRACE
    assert replace(silent, state=State.UNSURE).patient_until() is None
    assert replace(silent, state=State.SENDING).patient_until() is None
    assert replace(silent, uploaded_at=None).patient_until() is None


@pytest.mark.parametrize("state", list(State))
def test_in_flight_is_what_has_not_ended(state):
    assert a_renewal(state).in_flight == (state not in (State.DONE, State.REJECTED, State.ABANDONED))


@pytest.mark.parametrize(
    ("uploaded_on", "ends", "last"),
    [
        pytest.param(date(2020, 3, 1), None, date(2020, 3, 14), id="the guide's key A, renewed on 1 March 2020"),
        pytest.param(date(2020, 3, 1), date(2020, 6, 1), date(2020, 3, 14), id="whatever was left of it"),
        pytest.param(date(2020, 3, 1), date(2020, 3, 5), date(2020, 3, 5), id="but not beyond its own last day"),
        pytest.param(date(2020, 2, 20), None, date(2020, 3, 4), id="through the end of a leap February"),
    ],
)
def test_the_last_day_of_the_old_key(uploaded_on, ends, last):
    assert old_key_last_day(uploaded_on, ends) == last
