# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does about a renewal: a row a rule, and which of two that could speak goes first (§5, §6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import AmbiguousKey, KeyDateUnknown, KeyExpired
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    AWAITING_REREGISTRATION,
    ENDS,
    UNSENT,
    Renewal,
    State,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_decision import (
    Action,
    Situation,
    decide_renewal,
    needs_current_key,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import LAST_CHANCE_DAYS, Other
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, Validity

OLD, NEW, THIRD = "the old key", "the new key", "a third key"
NOW = datetime(2022, 1, 10, 8, tzinfo=HONG_KONG)
TODAY = NOW.date()
KNOWN = KeyFacts(OLD, made_on=date(2020, 3, 1), registered_on=date(2020, 3, 2), proven=True)
GONE = replace(KNOWN, registered_on=date(2019, 1, 1))
BUSY = Other("CXYZ002", State.SENT.value, None)


def good_for(days: int, basis: str = "registered") -> Validity:
    return Validity(TODAY + timedelta(days=days), basis)


def in_state(state: State, uploads: int = 0, ended: datetime | None = None) -> Renewal:
    return Renewal(1, state, NOW - timedelta(days=3), ended, OLD, NEW, "20220107-abc", uploads=uploads)


DUE = Situation(
    account="CXYZ001",
    now=NOW,
    renewal=None,
    key=OLD,
    facts=KNOWN,
    validity=good_for(30),
    began_with=None,
    force=False,
    renew_before=60,
    warned_on=None,
    other=None,
    last_business_day=TODAY + timedelta(days=29),
)
AT_REST = replace(DUE, validity=good_for(300))
EXTRA = replace(DUE, is_extra_day=True)
REJECTED = in_state(State.REJECTED, uploads=1, ended=NOW - timedelta(hours=1))
SENT = in_state(State.SENT, uploads=1)


@pytest.mark.parametrize(
    ("situation", "action"),
    [
        pytest.param(EXTRA, Action.NOTHING, id="there is one"),
        pytest.param(replace(EXTRA, last_business_day=TODAY), Action.BEGIN, id="none is left before the key ends"),
        pytest.param(replace(EXTRA, force=True), Action.BEGIN, id="people want it now"),
        pytest.param(replace(EXTRA, validity=good_for(14)), Action.BEGIN, id="the key's last fourteen days"),
        pytest.param(replace(EXTRA, validity=good_for(15)), Action.NOTHING, id="the day before those"),
        pytest.param(
            replace(EXTRA, validity=good_for(300), warned_on=TODAY),
            Action.BEGIN,
            id="the exchange warns, and must know",
        ),
        pytest.param(replace(EXTRA, renewal=in_state(State.SENT, uploads=1)), Action.CARRY_ON, id="it has begun"),
        pytest.param(replace(EXTRA, validity=good_for(300)), Action.NOTHING, id="nothing is due"),
    ],
)
def test_on_an_extra_day_a_renewal_waits_for_a_business_day_while_there_is_one(situation, action):
    decision = decide_renewal(situation)
    assert decision.action is action
    waits = action is Action.NOTHING and situation.validity != good_for(300)
    assert ("waits for a business day" in decision.reason) is waits
    assert (decision.outcome == "waiting") is waits


@pytest.mark.parametrize(
    ("situation", "action", "outcome", "words"),
    [
        pytest.param(AT_REST, Action.NOTHING, "not_due", "renewal opens 2022-09-07", id="nothing is due"),
        pytest.param(DUE, Action.BEGIN, None, "in 30 days", id="it is due"),
        pytest.param(
            replace(DUE, other=BUSY), Action.NOTHING, "waiting", "CXYZ002 is not finished", id="the other first"
        ),
        pytest.param(
            replace(AT_REST, facts=replace(KNOWN, registered_on=None, proven=False)),
            Action.NOTHING,
            "not_due",
            "is not on record",
            id="nobody has said that it is registered",
        ),
        pytest.param(replace(AT_REST, facts=None), Action.NOTHING, "not_due", "is not on record", id="no record of it"),
        pytest.param(replace(AT_REST, force=True), Action.BEGIN, None, "by force", id="people want it"),
        pytest.param(
            replace(AT_REST, force=True, validity=None), Action.BEGIN, None, "by force", id="wanted, of no date"
        ),
        pytest.param(
            replace(AT_REST, warned_on=TODAY), Action.BEGIN, None, "the exchange warned", id="the exchange has warned"
        ),
        pytest.param(
            replace(AT_REST, renewal=SENT), Action.CARRY_ON, None, "begun on 2022-01-07", id="one is under way"
        ),
        pytest.param(
            replace(DUE, renewal=SENT, validity=good_for(-1)),
            Action.CARRY_ON,
            None,
            "begun on",
            id="sent before the end",
        ),
        pytest.param(
            replace(DUE, renewal=in_state(State.MADE), validity=good_for(0)),
            Action.CARRY_ON,
            None,
            "begun on",
            id="not sent, on the last day",
        ),
        pytest.param(
            replace(DUE, renewal=in_state(State.MADE), validity=good_for(-1, "made")),
            Action.CARRY_ON,
            None,
            "begun on",
            id="not sent, by a key that was only made",
        ),
        *(
            pytest.param(
                replace(DUE, renewal=in_state(state), validity=good_for(-1)),
                Action.GIVE_UP,
                None,
                "expired",
                id=state.value,
            )
            for state in UNSENT
        ),
        pytest.param(replace(DUE, renewal=REJECTED), Action.REJECTED, None, "today", id="rejected an hour ago"),
        pytest.param(
            replace(DUE, renewal=replace(REJECTED, ended=NOW - timedelta(hours=4))),
            Action.REJECTED,
            None,
            "today",
            id="rejected after half past three",
        ),
        pytest.param(
            replace(DUE, renewal=replace(REJECTED, ended=NOW - timedelta(hours=5))),
            Action.BEGIN,
            None,
            "in 30 days",
            id="rejected on the operating day before",
        ),
        pytest.param(
            replace(DUE, renewal=REJECTED, force=True), Action.BEGIN, None, "by force", id="rejected, by force"
        ),
        pytest.param(
            replace(DUE, renewal=SENT, key=THIRD, began_with=GONE),
            Action.GIVE_UP,
            None,
            "another key",
            id="began with a key that is gone",
        ),
        pytest.param(
            replace(DUE, renewal=SENT, key=THIRD, began_with=KNOWN, force=True),
            Action.GIVE_UP,
            None,
            "another key",
            id="began with another key, by force",
        ),
        pytest.param(
            replace(DUE, renewal=SENT, key=NEW), Action.CARRY_ON, None, "begun on", id="the new key is current already"
        ),
        pytest.param(replace(DUE, renewal=SENT, key=None), Action.CARRY_ON, None, "begun on", id="the old key is lost"),
        *(
            pytest.param(
                replace(DUE, renewal=in_state(state), validity=good_for(-1), force=True),
                Action.WAIT,
                "withdrawn",
                "waits for its registration",
                id=f"compromised: {state.value}",
            )
            for state in AWAITING_REREGISTRATION
        ),
        *(
            pytest.param(
                replace(DUE, renewal=in_state(state, ended=NOW - timedelta(days=3))),
                Action.BEGIN,
                None,
                "in 30 days",
                id=f"the last one: {state.value}",
            )
            for state in ENDS
        ),
    ],
)
def test_the_first_rule_that_speaks_decides(situation, action, outcome, words):
    decision = decide_renewal(situation)
    assert (decision.action, decision.outcome) == (action, outcome)
    assert words in decision.reason


@pytest.mark.parametrize(
    ("situation", "error", "words"),
    [
        pytest.param(replace(DUE, validity=good_for(-1)), KeyExpired, "expired on 2022-01-09", id="expired"),
        pytest.param(replace(DUE, validity=good_for(-1), force=True), KeyExpired, "expired", id="expired, by force"),
        pytest.param(replace(DUE, validity=None), KeyDateUnknown, "is not known here", id="of no date"),
        pytest.param(
            replace(DUE, renewal=SENT, key=THIRD, began_with=KNOWN),
            AmbiguousKey,
            "began with another",
            id="another key",
        ),
        pytest.param(
            replace(DUE, renewal=SENT, key=THIRD),
            AmbiguousKey,
            "began with another",
            id="another key, without a record",
        ),
    ],
)
def test_what_can_not_go_on_is_refused(situation, error, words):
    with pytest.raises(error, match=words):
        decide_renewal(situation)


@pytest.mark.parametrize(
    ("renewal", "needed"),
    [
        pytest.param(None, True, id="none yet"),
        pytest.param(in_state(State.MADE), True, id="not sent"),
        pytest.param(in_state(State.UNSURE), True, id="refused by the facility"),
        pytest.param(in_state(State.SENDING, uploads=1), False, id="perhaps sent"),
        pytest.param(in_state(State.PROVEN), False, id="proven without an upload"),
        pytest.param(in_state(State.DONE, uploads=1), True, id="an earlier one"),
        *(pytest.param(in_state(state), False, id=f"compromised: {state.value}") for state in AWAITING_REREGISTRATION),
    ],
)
def test_a_key_that_may_be_registered_comes_to_its_end_without_the_old_one(renewal, needed):
    assert needs_current_key(renewal) is needed


@pytest.mark.parametrize(
    ("days", "is_last"),
    [(LAST_CHANCE_DAYS + 1, False), (LAST_CHANCE_DAYS, True), (-1, True)],
)
def test_the_last_chance_begins_with_fourteen_days(days, is_last):
    assert replace(DUE, validity=good_for(days)).is_last_chance is is_last


def test_without_a_date_nobody_knows_of_a_last_chance():
    assert not replace(DUE, validity=None).is_last_chance
