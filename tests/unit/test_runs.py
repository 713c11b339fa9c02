# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of runs: what is noted of each, which of them have failed last, since when no sync has come to its end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.noted import noted
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadPrivateKey, Busy
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import Run, by_days, failures, overdue_since

NOW = datetime(2026, 11, 26, 9, tzinfo=HONG_KONG)  # a Thursday


@pytest.fixture
def runs(tmp_path):
    return Runs(StateDb(str(tmp_path)), "CXYZ001")


def note(runs, run, what="sync", now=NOW):
    return noted(runs, what, "chan", lambda: now, run)


def fail(error):
    def run():
        raise error

    return run


def test_a_run_that_went_well_is_noted_with_what_it_fetched(runs):
    result = {"outcome": "synced", "downloaded_count": 2}
    assert note(runs, lambda: result) is result
    assert runs.last(9) == [Run("sync", "chan", NOW, NOW, "synced", 2)]


def test_a_run_that_failed_is_noted_with_its_code_and_next_step(runs):
    with pytest.raises(BadPrivateKey):
        note(runs, fail(BadPrivateKey("It is mode 0644.", "Roll out.")))
    failed = Run("sync", "chan", NOW, NOW, "failed", None, "bad_private_key", "It is mode 0644.", "Roll out.")
    assert runs.last(9) == [failed]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(ImportError("x", name="paramiko"), "library_missing", id="a library that is missing"),
        pytest.param(ZeroDivisionError("x"), "internal_error", id="a fault of ours"),
        pytest.param(Busy("Another run."), "busy", id="an account that is busy"),
    ],
)
def test_whatever_ends_a_run_is_noted_with_a_code(runs, error, code):
    with pytest.raises(type(error)):
        note(runs, fail(error))
    assert [run.error_code for run in runs.last(9)] == [code]


def test_a_run_that_is_told_to_stop_is_noted_as_begun(runs):
    with pytest.raises(KeyboardInterrupt):
        note(runs, fail(KeyboardInterrupt()))
    assert runs.last(9) == [Run("sync", "chan", NOW)]


def test_a_run_is_on_record_before_it_does_anything(runs):
    seen = []
    note(runs, lambda: seen.append(runs.last(1)) or {})
    assert seen == [[Run("sync", "chan", NOW)]]


def test_without_a_log_nothing_is_noted(runs):
    assert noted(None, "sync", "chan", lambda: NOW, lambda: {"x": 1}) == {"x": 1}
    assert runs.last(9) == []


def test_polls_that_found_nothing_are_forgotten_after_two_weeks_and_others_kept(runs):
    day = timedelta(days=1)
    for what, age, fetched in (
        ("intraday", 15, 0),
        ("intraday", 15, 3),
        ("intraday", 13, 0),
        ("sync", 799, 0),
        ("sync", 801, 0),
    ):
        note(runs, lambda found=fetched: {"outcome": "synced", "downloaded_count": found}, what, NOW - age * day)
    note(runs, dict)
    kept = [(run.what, (NOW - run.began).days, run.fetched) for run in runs.last(9)]
    assert sorted(kept) == [("intraday", 13, 0), ("intraday", 15, 3), ("sync", 0, None), ("sync", 799, 0)]


def test_the_last_runs_of_a_kind_come_first_the_newest(runs):
    for what in ("sync", "renewal", "intraday", "sync"):
        note(runs, dict, what)
    assert [run.what for run in runs.last(9, ["sync", "intraday"])] == ["sync", "intraday", "sync"]
    assert [run.what for run in runs.last(2)] == ["sync", "intraday"]


GOOD, BAD, OPEN = "good", "bad", "open"


def story(*steps):
    """Runs an hour apart, the newest first, each told as "what how"."""
    found = []
    for hours, step in enumerate(reversed(steps)):
        what, how = step.split()
        began = NOW - timedelta(hours=hours, minutes=1)
        ended = None if how == OPEN else began
        found.append(
            Run(what, "chan", began, ended, "x", error_code="busy" if how == "busy" else how if ended else None)
        )
        if how in (GOOD, "closed", "skipped"):
            found[-1] = Run(what, "chan", began, ended, {GOOD: "synced", "skipped": "busy"}.get(how, how))
    return found


@pytest.mark.parametrize(
    ("steps", "failed"),
    [
        pytest.param([], [], id="nothing was ever run"),
        pytest.param(["sync good"], [], id="a good sync"),
        pytest.param(["sync good", "sync bad"], ["sync"], id="the last one failed"),
        pytest.param(["sync bad", "sync good"], [], id="one failed, the next went well"),
        pytest.param(["intraday bad", "sync good"], [], id="a full sync makes up for a poll"),
        pytest.param(["sync bad", "intraday good"], ["sync"], id="a poll does not make up for a full sync"),
        pytest.param(["sync bad", "sync closed"], ["sync"], id="a run while the facility is closed makes up for none"),
        pytest.param(["sync bad", "sync skipped"], ["sync"], id="one that left it to another makes up for none"),
        pytest.param(["renewal bad", "renewal closed"], ["renewal"], id="nor does it in a renewal"),
        pytest.param(["sync good", "sync closed", "sync skipped"], [], id="nor does it fail"),
        pytest.param(["sync good", "intraday bad"], ["intraday"], id="the last poll failed"),
        pytest.param(["renewal bad", "sync good"], ["renewal"], id="a renewal, whatever syncs do"),
        pytest.param(["sync bad", "renewal bad"], ["sync", "renewal"], id="both, syncs first"),
        pytest.param(["sync good", "drill bad", "login bad", "adopt bad"], [], id="what people watch themselves"),
        pytest.param(["sync good", "sync open"], [], id="the last one goes on"),
        pytest.param(["sync bad", "sync open"], ["sync"], id="one goes on after one that failed"),
        pytest.param(["sync open", "renewal good"], ["sync"], id="one that was killed: another has had the account"),
        pytest.param(["sync open", "renewal busy"], ["renewal"], id="one that keeps the account busy"),
        pytest.param(["sync open", "sync good"], [], id="one that was killed, and the next went well"),
    ],
)
def test_what_counts_as_failed(steps, failed):
    assert [run.what for run in failures(story(*steps), NOW)] == failed


def test_a_run_of_yesterday_that_never_ended_was_killed():
    (run,) = failures([Run("sync", "chan", NOW - timedelta(hours=26))], NOW)
    assert not run.has_failed


def test_a_run_that_a_clock_far_ahead_began_was_killed():
    (run,) = failures([Run("sync", "chan", NOW + timedelta(days=700))], NOW)
    assert not run.has_failed


@pytest.mark.parametrize(
    ("last", "since", "now", "overdue"),
    [
        pytest.param("11-26 07:05", "01-01", "11-26 09:00", None, id="this morning's"),
        pytest.param("11-25 07:05", "01-01", "11-26 09:00", None, id="yesterday morning's: the day had one"),
        pytest.param("11-25 02:35", "01-01", "11-26 03:29", None, id="the day is not over yet"),
        pytest.param("11-25 02:35", "01-01", "11-26 03:30", "11-25", id="a day has passed without one"),
        pytest.param("11-20 07:05", "01-01", "11-23 09:00", None, id="Friday's, on Monday"),
        pytest.param("11-20 07:05", "01-01", "11-24 03:30", "11-23", id="Friday's, when Monday is over"),
        pytest.param("10-01 07:05", "01-01", "11-26 09:00", "10-27", id="long ago: a month is looked back"),
        pytest.param(None, "11-24", "11-25 09:00", "11-24", id="never, registered before"),
        pytest.param(None, "11-25", "11-25 09:00", None, id="never, registered today"),
    ],
)
def test_since_when_no_sync_has_come_to_its_end(last, since, now, overdue):
    def moment(text):
        return datetime.strptime(f"2026-{text} +0800", "%Y-%m-%d %H:%M %z")

    found = overdue_since(Calendar(), moment(last) if last else None, date.fromisoformat(f"2026-{since}"), moment(now))
    assert found == (date.fromisoformat(f"2026-{overdue}") if overdue else None)


def test_days_that_are_closed_want_no_sync():
    monday = datetime(2026, 12, 28, 9, tzinfo=HONG_KONG)
    last = datetime(2026, 12, 24, 7, 5, tzinfo=HONG_KONG)  # Christmas Eve; Christmas and Boxing Day are holidays
    assert overdue_since(Calendar(), last, date(2026, 1, 1), monday) is None
    trading = Calendar(holiday_trading=True)
    assert overdue_since(trading, last, date(2026, 1, 1), monday) == date(2026, 12, 25)


def test_runs_of_a_day_that_came_to_the_same_are_put_together_for_the_last_five_days():
    noon = datetime(2026, 11, 26, 12, tzinfo=HONG_KONG)
    ran = [
        Run(what, "ops", at, at, outcome, 1, code)
        for back in range(7)
        for hours, what, outcome, code in (
            (2, "sync", "synced", None),
            (1, "sync", "failed", "busy"),
            (0, "sync", "synced", None),
        )
        for at in [noon - timedelta(days=back) + timedelta(hours=hours)]
    ]
    told = by_days(ran)
    assert len(told) == 10 and by_days([]) == []
    assert [(one.error_code, one.began.hour) for one in told[0]] == [(None, 14), (None, 12)]
    assert [one.error_code for one in told[1]] == ["busy"]
    assert told[-1][0].began.date() == date(2026, 11, 22)
