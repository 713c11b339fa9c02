# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_renewal's flow told as stories, on real keys, records and evidence: what goes wrong, and how it ends (§6)."""

from __future__ import annotations

import contextlib
import os
import pathlib
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import State
from tests.unit import renewal_support
from tests.unit.crashing import steps
from tests.unit.renewal_support import (
    DAY,
    HOUR,
    REJECTED,
    SWALLOWED,
    UNTOLD,
    Answer,
    FakeSession,
    Mood,
    Participant,
    Told,
    Workstation,
)

REGISTERED = date(2024, 3, 4)  # a Monday; its last day is Wednesday 2026-03-04
DUE = datetime(2026, 1, 23, 8, tzinfo=HONG_KONG)  # a Friday, forty days before
UNFORESEEN = (
    "connection_lost",
    "upload_refused",
    "result_not_seen",
    "new_key_refused",
    "unreachable",
    "old_key_accepted",
)


@pytest.fixture
def play(tmp_path) -> Participant:
    participant = Participant(REGISTERED, root=tmp_path)
    participant.clock.now = DUE
    return participant


@pytest.fixture
def station(play) -> Workstation:
    return play.first


def tree(root: pathlib.Path) -> dict[str, object]:
    """Everything on a workstation's disk."""
    paths = sorted(root.rglob("*"))
    return {
        str(path): os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes() for path in paths
    }


def run(station: Workstation, **more) -> Told:
    """A run after its rehearsal in check mode, which must foretell it as far as it can, at no cost."""
    before = tree(station.root)
    plan = station.run(check=True, **more)
    assert (plan.logins, plan.uploads) == (0, 0), "check mode logged in"
    assert tree(station.root) == before, "check mode wrote"
    done = station.run(**more)
    if done.code in UNFORESEEN or (done.code == "renewal_rejected" and done.logins):
        assert plan.code is None and plan["changed"]
    else:
        assert (plan.code, plan["changed"], plan["state"]) == (done.code, done["changed"], done["state"])
        assert plan["reason"] == done["reason"]
        assert plan["destroyed"] == done["destroyed"]
    if plan.code is None and plan["plan"] and done.uploads and not done.code:
        days = ("old_key_last_day", "last_day")
        assert {day: plan["plan"][day] for day in days} == {day: done[day] for day in days}
        assert (plan["plan"]["logins"] >= done.logins) and (plan["plan"]["uploads"] >= done.uploads)
    assert station.facility.violations == []
    return done


def be(station: Workstation, **mood) -> None:
    station.facility.be(Mood(**mood))


def logs_in(station: Workstation) -> bool:
    """The current key is one that the facility lets in, and that has logged in before."""
    return station.current in station.facility.valid(station.account) & station.books.accepted


def spent(station: Workstation) -> tuple[int, int]:
    return len(station.books.logins), len(station.books.uploads)


def test_a_renewal_costs_two_logins_and_one_upload_and_a_second_run_nothing(station):
    old = station.current
    done = run(station)
    assert (done["state"], done["changed"], done["resumed"], done.logins, done.uploads) == (
        "renewed",
        True,
        False,
        2,
        1,
    )
    assert (done["old_fingerprint"], done["new_fingerprint"]) == (old, station.current)
    assert (done["uploaded_on"], done["old_key_last_day"], done["last_day"]) == (
        "2026-01-23",
        "2026-02-05",
        "2028-01-23",
    )
    assert done["result_file"] == "Result.20260123.080003.success.txt" and "CXYZ001.pub" in done["result"]
    assert logs_in(station) and station.evidence.verify() == (1, [])
    again = run(station)
    assert (again["state"], again["changed"], again.logins) == ("current", False, 0)


def test_the_plan_says_what_a_renewal_takes(station):
    plan = station.run(check=True)["plan"]
    assert plan == {
        "upload": "CXYZ001.pub",
        "logins": 2,
        "uploads": 1,
        "uploaded_on": "2026-01-23",
        "old_key_last_day": "2026-02-05",
        "last_day": "2028-01-23",
        "last_business_day": "2026-03-04",
    }


def test_the_old_key_stays_through_its_last_day_and_is_then_destroyed(station):
    old = station.files.current_version()
    run(station)
    station.clock.now = DUE + 13 * DAY
    assert run(station)["destroyed"] == [] and station.files.has(old)
    station.clock.now += DAY
    done = run(station)
    assert done["destroyed"] == [old] and done["changed"] and not station.files.has(old)
    assert station.evidence.verify() == (2, [])
    assert not run(station)["changed"]


@pytest.mark.parametrize("ahead", [14 * DAY, 20 * DAY, 400 * DAY], ids=lambda ahead: f"{ahead.days} days")
@pytest.mark.parametrize("after", [0, 1, 5], ids="{} days later".format)
def test_a_clock_that_was_set_ahead_destroys_no_key_before_its_time(station, ahead, after):
    """The facility of this test has the same wrong clock, so nothing but the time that passes tells."""
    old = station.files.current_version()
    run(station)
    for _day in range(after):
        station.clock.now += DAY
        run(station)
    station.clock.step(ahead)
    for passed in range(after, 14):
        assert run(station)["destroyed"] == [], f"{passed} days after the upload"
        station.clock.now += DAY
    assert run(station)["destroyed"] == [old]


def test_days_in_which_a_workstation_stood_still_may_not_have_passed(station):
    old = station.files.current_version()
    run(station)
    for _day in range(20):
        station.clock.now += DAY
        station.clock.reboot()
        station.clock.now += HOUR
        assert run(station)["destroyed"] == []
    station.clock.now += 14 * DAY - 20 * HOUR
    assert run(station)["destroyed"] == [old]


def test_whatever_goes_wrong_is_told_with_what_is_known(station, monkeypatch):
    add, stumbles = station.evidence.add, [OverflowError("a moment beyond all measure")]

    def stumble(*arguments):
        if stumbles:
            raise stumbles.pop()
        return add(*arguments)

    monkeypatch.setattr(station.evidence, "add", stumble)
    failed = station.run()
    assert failed.code == "internal_error" and "OverflowError: a moment beyond all measure" in failed["msg"]
    assert (failed["state"], failed["changed"]) == ("pending", True)
    assert failed["new_fingerprint"] == station.files.public().fingerprint
    assert station.run()["state"] == "renewed"


def test_where_the_old_key_is_kept_its_time_is_counted_all_the_same(station):
    old = station.files.current_version()
    for days in (0, 13, 1):
        station.clock.now += days * DAY
        assert run(station, retire_old=False)["destroyed"] == []
    assert run(station)["destroyed"] == [old]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(told=3 * HOUR), id="late"),
        pytest.param(UNTOLD, id="never"),
        pytest.param(Answer(name="Result_{at:%Y%m%d}_{word}.txt"), id="under a name of its own"),
        pytest.param(Answer(about="CXYZ002.pub"), id="about somebody else"),
        pytest.param(Answer(dated=-3 * DAY), id="as old as if it were another's"),
    ],
)
def test_where_the_result_is_not_told_the_new_key_tells(station, answer):
    be(station, answer=answer)
    done = run(station) if not answer.dated else station.run()
    assert (done.code, done["state"], done.logins, done.uploads) == (None, "renewed", 2, 1)
    assert logs_in(station)
    if not answer.dated:
        assert done["result_file"] is None


def test_an_upload_that_is_refused_leaves_the_key_in_force_and_is_tried_again(station):
    old = station.current
    be(station, takes_uploads=False)
    assert run(station).code == "upload_refused"
    assert station.current == old and logs_in(station)
    be(station)
    station.clock.now += DAY * 3
    done = run(station)
    assert (done.code, done["resumed"], spent(station)) == (None, True, (3, 1))


@pytest.mark.parametrize(
    ("mood", "code", "uploads"),
    [
        pytest.param({"reachable": False}, "unreachable", 1, id="before the login"),
        pytest.param({"drops_at": 1}, "connection_lost", 1, id="in the login"),
        pytest.param({"drops_at": 2}, "connection_lost", 1, id="before the upload"),
        pytest.param({"drops_at": 3}, "connection_lost", 1, id="in the upload, which did not arrive"),
        pytest.param({"drops_at": 3, "drops_late": True}, "connection_lost", 1, id="in the upload, which did arrive"),
        pytest.param({"drops_at": 4}, "connection_lost", 1, id="after the upload"),
        pytest.param({"drops_at": 6}, "connection_lost", 1, id="in the login with the new key"),
    ],
)
def test_a_connection_that_breaks_is_taken_up_by_the_next_run(station, mood, code, uploads):
    old = station.current
    be(station, **mood)
    assert run(station).code == code
    assert station.current == old and logs_in(station)
    be(station)
    station.clock.now += HOUR
    done = run(station)
    assert (done.code, done["state"], len(station.books.uploads)) == (None, "renewed", uploads)
    assert logs_in(station) and station.current != old
    assert len(station.books.logins) <= 4 and station.evidence.verify() == (1, [])


def test_a_facility_that_keeps_silent_is_asked_again_after_an_hour_and_not_before(station):
    old = station.current
    be(station, answer=SWALLOWED)
    silent = run(station)
    assert (
        silent.code == "result_not_seen" and silent["state"] == "pending" and (silent.logins, silent.uploads) == (2, 1)
    )
    station.clock.now += timedelta(minutes=30)
    assert (station.run().code, station.current) == ("result_not_seen", old)
    assert len(station.books.uploads) == 1
    be(station)
    station.clock.now = datetime.fromisoformat(silent["retry_at"])
    done = run(station)
    assert (done.code, done["state"], len(station.books.uploads)) == (None, "renewed", 2)


def test_an_import_that_takes_a_day_is_found_without_another_upload(station):
    be(station, answer=Answer(imported=20 * HOUR, told=20 * HOUR))
    assert run(station).code == "result_not_seen"
    station.clock.now = DUE + 3 * DAY
    done = run(station)
    assert (done.code, done["state"], done.uploads) == (None, "renewed", 0)
    assert done["result_file"].endswith("success.txt")


def test_a_rejection_is_told_whole_and_the_next_operating_day_tries_with_another_pair(station):
    old = station.current
    be(station, answer=REJECTED)
    first = run(station)
    assert first.code == "renewal_rejected" and first["state"] == "rejected" and station.current == old
    assert "the file is not SSH2" in first["msg"] and "Import Date" in first["result"]
    same_day = run(station)
    assert (same_day.code, same_day.logins) == ("renewal_rejected", 0)
    station.clock.now = DUE + timedelta(hours=18)  # two in the morning: the same operating day
    assert (run(station).code, spent(station)) == ("renewal_rejected", (1, 1))
    be(station)
    station.clock.now = DUE + 3 * DAY
    done = run(station)
    assert (done["state"], done["resumed"]) == ("renewed", False)
    assert done["new_fingerprint"] != first["new_fingerprint"]
    assert station.evidence.verify() == (2, [])


def test_force_tries_again_on_the_day_of_the_rejection(station):
    be(station, answer=REJECTED)
    run(station)
    be(station)
    assert run(station, force=True)["state"] == "renewed"


def test_a_new_key_that_is_imported_and_not_let_in_needs_people_and_force(station):
    old = station.current
    be(station, answer=Answer(imported=None))
    first = run(station)
    assert (first.code, station.current) == ("new_key_refused", old)
    be(station)
    station.clock.now += HOUR
    second = station.run()
    assert (second.code, second.logins, second.uploads) == ("new_key_refused", 1, 0)
    station.clock.now += HOUR
    forced = station.run(force=True)
    assert forced.code is None and forced["new_fingerprint"] != first["new_fingerprint"] and logs_in(station)


def test_a_renewal_that_does_not_fit_into_the_budget_does_nothing_and_says_when_it_will(station):
    for _login in range(3):
        with station._log_in(station.ledger, station.record, station.files.load(None), "sync"):
            pass
    before = tree(station.root / "keys")
    done = run(station)
    assert (done.code, done.logins, done["changed"]) == ("login_budget_spent", 0, False)
    assert tree(station.root / "keys") == before and station.renewal is None
    station.clock.now = datetime.fromisoformat(done["retry_at"])
    assert run(station)["state"] == "renewed"


def test_while_the_facility_is_shut_nothing_begins(station):
    station.clock.now = datetime(2026, 1, 24, 12, tzinfo=HONG_KONG)  # a Saturday
    done = run(station)
    assert (done["state"], done["skipped"], done["opens_at"]) == ("current", True, "2026-01-26T07:00:00+08:00")
    assert run(station, outside_hours="fail").code == "facility_closed"
    assert station.renewal is None


def test_an_expired_key_is_the_end_of_the_road(station):
    station.clock.now = datetime(2026, 3, 5, 8, tzinfo=HONG_KONG)
    done = run(station)
    assert (done.code, done["state"], done.logins) == ("key_expired", "expired", 0) and "re-register" in done["hint"]


def test_a_key_renewed_in_its_last_hours_ends_no_later_than_it_would_have(station):
    station.clock.now = datetime(2026, 3, 4, 23, tzinfo=HONG_KONG)
    assert run(station)["old_key_last_day"] == "2026-03-04"


@pytest.mark.parametrize(
    "state", [state.value for state in State if state not in (State.DONE, State.ABANDONED)] + [None]
)
def test_an_account_waits_while_the_other_one_is_in_trouble_but_not_to_its_death(play, state):
    other = {"account": "CXYZ002", "state": state, "uploaded_on": None}
    waits = run(play.first, other_account=other)
    assert (waits["state"], waits["changed"], waits.logins) == ("current", False, 0) and "CXYZ002" in waits["reason"]
    play.clock.now = datetime(2026, 2, 20, 8, tzinfo=HONG_KONG)  # twelve days left
    assert run(play.first, other_account=other)["state"] == "renewed"


def test_the_two_accounts_are_renewed_on_two_days_unless_forced(play):
    assert run(play.first, other=play.second)["state"] == "renewed"
    waits = run(play.second, other=play.first)
    assert waits["state"] == "current" and "was renewed today" in waits["reason"]
    play.clock.now += 3 * DAY
    assert run(play.second, other=play.first)["state"] == "renewed"
    assert run(play.first, other=play.second, force=True)["state"] == "renewed"


def test_on_the_last_business_day_both_are_renewed(play):
    play.clock.now = datetime(2026, 3, 4, 8, tzinfo=HONG_KONG)
    assert run(play.first, other=play.second)["state"] == run(play.second, other=play.first)["state"] == "renewed"


def test_a_compromised_key_is_out_of_use_at_once_and_its_successor_proven(station):
    compromised, version = station.current, station.files.current_version()
    first = station.run(compromised_fingerprint=compromised)
    assert (first["state"], first["changed"], first.logins) == ("pending", True, 0)
    assert station.files.withdrawn() and not station.files.has(version)
    assert "BEGIN SSH2 PUBLIC KEY" in first["public_key"]
    again = station.run(compromised_fingerprint=compromised)
    assert (again["changed"], again["public_key"]) == (False, first["public_key"])
    station.facility.register(station.account, station.renewal.new_fingerprint, DUE.date())
    station.clock.now += DAY * 3
    done = station.run(compromised_fingerprint=compromised, registered_on="2026-01-23")
    assert (done.code, done["state"], done.logins, done.uploads) == (None, "renewed", 2, 0)
    assert logs_in(station) and station.current != compromised
    assert done["last_day"] == "2028-01-23"
    last = station.run(compromised_fingerprint=compromised)
    assert (last["state"], last["changed"], last.logins) == ("current", False, 0)


def test_a_compromised_key_that_still_logs_in_is_an_alarm_until_it_does_not(station):
    compromised = station.current
    station.run(compromised_fingerprint=compromised)
    successor = station.renewal.new_fingerprint
    station.books.keys[successor] = DUE.date() + 730 * DAY
    order = {"compromised_fingerprint": compromised, "registered_on": "2026-01-23"}
    assert station.run(**order).code == "old_key_accepted"
    station.facility.register(station.account, successor, DUE.date())
    station.clock.now += HOUR
    done = station.run(**order)
    assert (done["state"], done.logins, station.current) == ("renewed", 1, successor)


def test_the_power_may_go_at_any_call_of_a_renewal():
    """After each, the next run ends it: one current key that logs in, none lost, at most one upload more."""
    for number in steps():
        play = Participant(REGISTERED)
        station, play.clock.now = play.first, DUE
        station.fuse.left = number
        cut = station.run().result is None
        assert station.current in station.books.accepted, number
        play.clock.now += HOUR
        done = station.run()
        assert done.code is None and done["state"] in ("renewed", "current"), (number, done)
        assert station.current in play.facility.valid(station.account) & station.books.accepted, number
        assert play.facility.valid(station.account) <= station.files.held(), number
        assert len(station.books.uploads) <= 2 and len(station.books.logins) <= 4, number
        assert len(station.evidence.kept) == 1 and play.facility.violations == [], number
        if not cut:
            break
    assert number > 40


class Slow(FakeSession):
    """From an upload on its listings take too long; that is either for the wait's end or for another one."""

    is_wait = True
    uploaded = False

    def within(self, seconds=None):
        return contextlib.nullcontext(SimpleNamespace(over=self.is_wait))

    def list(self, folders):
        if self.uploaded:
            raise ConnectionLost("The facility answers too slowly.")
        return super().list(folders)

    def upload(self, *key):
        super().upload(*key)
        self.uploaded = True


def test_a_look_that_outlasts_the_wait_leaves_it_to_the_new_key(station, monkeypatch):
    monkeypatch.setattr(renewal_support, "FakeSession", Slow)
    done = station.run()
    assert (done["state"], done.code, done.logins, done.uploads) == ("renewed", None, 2, 1)
    assert logs_in(station)


def test_a_line_that_is_lost_while_waiting_ends_the_run(station, monkeypatch):
    monkeypatch.setattr(renewal_support, "FakeSession", type("Lost", (Slow,), {"is_wait": False}))
    assert (station.run().code, station.run()["state"]) == ("connection_lost", "renewed")
    assert logs_in(station)
    assert spent(station) == (2, 1)
