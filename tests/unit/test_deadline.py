# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run, a stage and a turn have an end: a connection is broken off in time, once, and whoever waits is told why."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Deadline, Pace, TooSlow, Watch
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost, RunTimeout

SOON, LATER, LONG = 0.1, 2.0, 60.0  # seconds; LATER: a busy machine has done by then what comes before it


class Line:
    """What stands for a connection: how often it was broken off."""

    def __init__(self) -> None:
        self.broken, self.times = threading.Event(), 0

    def break_off(self) -> None:
        self.times += 1
        self.broken.set()


@pytest.fixture
def line():
    return Line()


def watch(line, run=LONG, patience=LONG):
    return Watch(Deadline(run), patience, line.break_off)


def test_a_run_has_an_end(line):
    watched = watch(line, run=SOON)
    assert line.broken.wait(5)
    assert isinstance(watched.error, RunTimeout)
    assert "0.1 seconds" in str(watched.error)


def test_what_ended_in_time_is_left_alone(line):
    watched = watch(line, run=LATER)
    watched.end()
    assert not line.broken.wait(1.5 * LATER)
    assert watched.error is None


def test_a_deadline_that_is_over_lets_nothing_begin():
    Deadline(LONG).require()
    with pytest.raises(RunTimeout):
        Deadline(0).require()


def test_a_stage_has_an_end_before_its_runs(line):
    watched = watch(line)
    with watched.within(LONG, "never"), watched.within(SOON, "The stage took too long.") as stage:
        assert line.broken.wait(5)
    assert stage.over
    assert isinstance(watched.error, ConnectionLost)
    assert str(watched.error) == "The stage took too long."


def test_a_stage_within_a_shorter_one_ends_with_that(line):
    watched = watch(line)
    with watched.within(SOON, "outer") as outer, watched.within(LONG, "inner") as inner:
        assert line.broken.wait(5)
    assert (outer.over, inner.over) == (True, False)


def test_a_stage_that_ended_in_time_is_forgotten(line):
    watched = watch(line)
    with watched.within(LATER, "The stage took too long.") as stage:
        pass
    assert not line.broken.wait(1.5 * LATER)
    assert not stage.over
    watched.end()


def test_a_turn_that_neither_sends_nor_hears_has_an_end(line):
    watched = watch(line, patience=SOON)
    watched.beats += 1  # it sends, and the peer does not read
    assert line.broken.wait(5)
    assert "stopped taking" in str(watched.error)
    assert line.times == 1


def test_turns_that_go_on_and_work_between_them_may_last(line):
    watched = watch(line, patience=LATER / 2)
    for beats in (1, 2, 2, 1):  # waits twice, and sends again
        watched.beats += beats
        time.sleep(LATER / 4)
    watched.beats += watched.beats % 2  # and now something else is done
    assert not line.broken.wait(LATER)
    watched.end()


@pytest.mark.parametrize(
    ("answers", "came", "complaint"),
    [
        pytest.param(0, 0, "has stopped answering", id="silence"),
        pytest.param(0, 9, "answers too slowly: 9 bytes and no whole answer in 10 seconds", id="drops"),
        pytest.param(0, 10_240, None, id="enough bytes"),
        pytest.param(1, 9, None, id="one whole answer"),
    ],
)
def test_a_facility_answers_at_some_rate(answers, came, complaint):
    pace = Pace(10)
    before = pace.so_far
    pace.answers += answers
    pace.came += came
    if complaint is None:
        pace.compare(before)
        return
    with pytest.raises(TooSlow, match=complaint):
        pace.compare(before)


def test_drops_are_judged_by_the_clock_where_no_timeout_tells():
    def drip(pace):
        for _drop in range(100):
            pace.begin()
            pace.came += 1
            time.sleep(SOON / 5)
            pace.judge()

    with pytest.raises(TooSlow, match="too slowly"):
        drip(Pace(SOON))


def test_an_answer_begins_the_measure_anew():
    pace = Pace(SOON)
    for _answer in range(10):
        pace.begin()
        pace.came += 1
        pace.answers += 1
        time.sleep(SOON / 2)
        pace.judge()
