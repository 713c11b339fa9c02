# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an account stands, in words, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.account_status import (
    AccountStatus,
    key_validity,
    rebuild_steps,
    relevant_renewal,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import ENDS, Renewal, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import Validity

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=HONG_KONG)
GOOD = Validity(date(2028, 11, 21), "registered")
SOON = Validity(TODAY + timedelta(days=59), "registered")
PAST = Validity(TODAY - timedelta(days=1), "registered")


@dataclass(frozen=True)
class Facts:
    fingerprint: str = "old"
    made_on: date | None = None
    registered_on: date | None = None
    last_day: date | None = None


def renewal(state: State, **more) -> Renewal:
    return Renewal(7, state, NOON, NOON if state in ENDS else None, "old", "new", "20261122-new", **more)


def status(key: str, validity: Validity | None = GOOD, state: State | None = None, **more) -> AccountStatus:
    opens_on = validity.last_day - timedelta(days=60) if validity else None
    return AccountStatus("CXYZ001", key, validity, renewal(state, **more) if state else None, opens_on)


NO = b"Error Reason: key is not RSA"


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        pytest.param(status("absent", None), ["Make the key", "dcass.sftp.rollout"], id="no key"),
        pytest.param(status("lost", None), ["Restore the private key", "dcass.sftp.register"], id="a lost key"),
        pytest.param(status("unreadable", None), ["Repair the public key", "dcass.sftp.rollout"], id="a damaged file"),
        pytest.param(status("unknown", None), ["Restore the state", "dcass_registered_on"], id="a state that is gone"),
        pytest.param(status("made"), ["Register the key", "dcass.sftp.register"], id="a new key"),
        pytest.param(status("registered"), None, id="a good key"),
        pytest.param(
            status("registered", None), ["dcass_registered_on", "not known"], id="a key of which no day is known"
        ),
        pytest.param(status("registered", SOON), ["2027-01-20, in 59 days", "dcass.sftp.renew_keys"], id="due"),
        pytest.param(
            status("registered", Validity(TODAY + timedelta(days=60), "")), ["in 60 days"], id="due from today on"
        ),
        pytest.param(status("registered", Validity(TODAY + timedelta(days=61), "")), None, id="due tomorrow"),
        pytest.param(status("registered", SOON, State.DONE), ["in 59 days"], id="due, two years after a renewal"),
        pytest.param(status("registered", GOOD, State.DONE), None, id="just renewed"),
        pytest.param(
            status("registered", SOON, State.SENT), ["Finish", "dcass.sftp.renew_keys", "no result"], id="pending"
        ),
        pytest.param(
            status("registered", SOON, State.REJECTED, result=NO),
            ["rejected the new key: key is not RSA", "dcass.sftp.renew_keys", "business day"],
            id="rejected",
        ),
        pytest.param(status("registered", SOON, State.REJECTED), ["it gave no reason"], id="rejected without a word"),
        pytest.param(
            status("withdrawn", SOON, State.WITHDRAWN),
            ["Client Connect", "dcass.sftp.compromised_key", "waits for its registration"],
            id="withdrawn",
        ),
        pytest.param(
            status("expired", PAST), ["expired on 2026-11-21", "dcass.sftp.register", "Client Connect"], id="expired"
        ),
        pytest.param(status("expired", PAST, State.MADE), ["Re-register CXYZ001"], id="expired, nothing was sent"),
        pytest.param(
            status("expired", PAST, State.SENDING), ["dcass.sftp.renew_keys"], id="expired, the new one may work"
        ),
        pytest.param(status("expired", PAST, State.REJECTED), ["Re-register CXYZ001"], id="expired after a no"),
    ],
)
def test_what_comes_next(stands, told):
    actions = [due.sentence for due in stands.due(TODAY)]
    assert len(actions) == (told is not None)
    for words in told or []:
        assert words in actions[0]


def test_a_new_key_without_a_day_needs_both():
    first, second = [due.sentence for due in status("made", None).due(TODAY)]
    assert "dcass.sftp.register" in first and "dcass_registered_on" in second


@pytest.mark.parametrize("state", list(State), ids=[state.value for state in State])
def test_every_state_has_its_words(state):
    words = status("registered", SOON, state, result=NO).renewal_words
    finished = state in (State.DONE, State.ABANDONED)
    assert (words == "valid until 2027-01-20, renewal opens 2026-11-21") is finished
    assert status("registered", GOOD, state).due(TODAY) == [] or not finished


@pytest.mark.parametrize(
    ("validity", "opens_on"), [(None, None), (GOOD, None), (None, TODAY)], ids=["nothing", "no opening", "no last day"]
)
def test_without_both_days_none_is_told(validity, opens_on):
    stands = AccountStatus("CXYZ001", "registered", validity, None, opens_on)
    assert stands.renewal_words == "the last day of the key is not known"


@pytest.mark.parametrize(
    ("facts", "under_way", "validity"),
    [
        pytest.param(Facts(), None, None, id="nothing known"),
        pytest.param(Facts(registered_on=date(2026, 11, 22)), None, GOOD, id="registered"),
        pytest.param(Facts(made_on=date(2026, 11, 22)), None, Validity(date(2028, 11, 21), "made"), id="made"),
        pytest.param(
            Facts(registered_on=TODAY, last_day=date(2026, 12, 5)),
            None,
            Validity(date(2026, 12, 5), "superseded"),
            id="superseded",
        ),
        pytest.param(
            Facts(last_day=date(2026, 12, 5)), None, Validity(date(2026, 12, 5), "superseded"), id="only its end"
        ),
        pytest.param(
            Facts(registered_on=date(2024, 11, 27), last_day=date(2026, 12, 5)),
            None,
            Validity(date(2026, 11, 27), "registered"),
            id="superseded, and at its end before",
        ),
        pytest.param(
            Facts(registered_on=date(2024, 12, 5), last_day=date(2026, 12, 5)),
            None,
            Validity(date(2026, 12, 5), "registered"),
            id="superseded, and at its own end on that day",
        ),
        pytest.param(
            Facts(registered_on=TODAY),
            renewal(State.ACCEPTED, uploaded_at=NOON),
            Validity(date(2026, 12, 5), "superseded"),
            id="the exchange knows its successor",
        ),
        pytest.param(Facts(registered_on=TODAY), renewal(State.SENT, uploaded_at=NOON), GOOD, id="perhaps superseded"),
        pytest.param(
            Facts("new", registered_on=TODAY), renewal(State.PROVEN, uploaded_at=NOON), GOOD, id="the successor itself"
        ),
    ],
)
def test_until_when_a_key_is_good(facts, under_way, validity):
    assert key_validity(facts, under_way) == validity


@pytest.mark.parametrize(
    ("state", "fingerprint", "counts"),
    [
        pytest.param(State.REJECTED, "old", True, id="a no, and the key is still the same"),
        pytest.param(State.REJECTED, "third", False, id="a no to a key that has been replaced since"),
        pytest.param(State.DONE, "new", True, id="the key that it brought"),
        pytest.param(State.SENT, "third", True, id="under way, whatever is in use"),
        pytest.param(State.REJECTED, None, True, id="the current key can't be read"),
    ],
)
def test_a_renewal_that_ended_with_other_keys_is_history(state, fingerprint, counts):
    assert (relevant_renewal(renewal(state), fingerprint) is not None) is counts


def test_the_way_back_names_what_is_known():
    facts = {"outcome": "renewed", "new_fingerprint": "5c:11", "last_day": "2028-11-21"}
    older = {"outcome": "re-registered", "new_fingerprint": "older", "last_day": "2026-12-05"}
    rejected = {"outcome": "rejected", "new_fingerprint": "bad"}
    evidence = [{"facts": one} for one in (older, older, facts, rejected)]
    results = [{"name": "Result.1", "good": True}, {"name": "Result.2", "good": False}]
    steps = " ".join(rebuild_steps("/state/state.sqlite3", evidence, results))
    assert "/state/state.sqlite3" in steps and "5c:11, good until 2028-11-21" in steps and "Result.1" in steps
    assert "bad" not in steps and "Result.2" not in steps
    newest = rebuild_steps("/state/state.sqlite3", [], [{"name": f"Result.{n}", "good": n < 4} for n in range(1, 5)])
    assert "; the newest good result that is held is Result.3. Remove no version." in " ".join(newest)
    again = [{"facts": {"outcome": "re-registered", "new_fingerprint": "ab:cd", "last_day": "2028-12-01"}}]
    assert "ab:cd, good until 2028-12-01" in " ".join(rebuild_steps("/state/state.sqlite3", again, []))
    nothing = " ".join(rebuild_steps("/state/state.sqlite3", [], []))
    assert "no evidence tells it" in nothing and "result" not in nothing.partition("'current'")[2]
