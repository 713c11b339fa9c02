# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock: real, running elsewhere, standing still; and what cannot be read as a time."""

from datetime import datetime, timedelta

import pytest

from emulator.client import Emulator, Refused
from emulator.clock import HONG_KONG, BadTime, Clock, parse_duration, parse_moment


class Machine:
    """A machine clock that the test moves."""

    seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> Clock:
    return Clock(machine=machine)


MARCH = datetime(2020, 3, 1, 12, 45, tzinfo=HONG_KONG)


def test_real_is_the_machine_in_hong_kong(clock: Clock) -> None:
    assert clock.mode == "real"
    assert clock.now().isoformat() == "2027-01-15T16:00:00+08:00"


def test_set_runs_on_and_hold_stands_still(clock: Clock, machine: Machine) -> None:
    clock.set(MARCH)
    machine.seconds += 90
    assert (clock.mode, clock.now()) == ("offset", MARCH + timedelta(seconds=90))
    clock.set(MARCH, hold=True)
    machine.seconds += 90
    assert (clock.mode, clock.now()) == ("fixed", MARCH)
    clock.real()
    assert clock.mode == "real"


def test_advance_keeps_running_or_standing(clock: Clock, machine: Machine) -> None:
    clock.advance(timedelta(days=1))
    machine.seconds += 1
    assert clock.now().isoformat() == "2027-01-16T16:00:01+08:00"
    clock.set(MARCH, hold=True)
    clock.advance(timedelta(days=730))
    machine.seconds += 1
    assert clock.now().isoformat() == "2022-03-01T12:45:00+08:00"


def test_a_saved_clock_comes_back(clock: Clock, machine: Machine) -> None:
    for hold in (True, False):
        clock.set(MARCH, hold=hold)
        other = Clock(machine=machine)
        other.load(clock.dump())
        assert (other.now(), other.mode) == (clock.now(), clock.mode)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("14d", 1_209_600), ("0.5s", 0.5), ("1d12h", 129_600)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "-5m", "5 m", "5x", "m5", "1e9d", "9" * 400 + "d", "nan"])
def test_bad_durations(text: str) -> None:
    with pytest.raises(BadTime):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2027-03-01T12:45", "2027-03-01T12:45:00+08:00"),
        ("2027-03-01T12:45Z", "2027-03-01T20:45:00+08:00"),
        ("2027-03-01", "2027-03-01T00:00:00+08:00"),
    ],
)
def test_moments_are_hong_kong_time(text: str, read: str) -> None:
    assert parse_moment(text).isoformat() == read


@pytest.mark.parametrize("text", ["", "noon", "2027-13-01", "0001-01-01T00:00", "9999-12-31T23:59", "1999-12-31"])
def test_bad_moments(text: str) -> None:
    with pytest.raises(BadTime):
        parse_moment(text)


def test_steering_a_running_facility(held: Emulator) -> None:
    held.control.clock_set("2027-03-01T12:45", hold=True)
    assert held.control.status()["clock"] == {"now": "2027-03-01T12:45:00+08:00", "mode": "fixed"}
    assert held.control.clock_advance("5m")["now"] == "2027-03-01T12:50:00+08:00"
    for wrong, reason in (
        ({}, "say one of"),
        ({"real": True, "advance": "5m"}, "say one of"),
        ({"advance": "100y"}, "not a duration"),
        ({"advance": "100000d"}, "out of reach"),
        ({"advance": "1d", "hold": True}, "hold goes with set alone"),
        ({"real": True, "hold": True}, "hold goes with set alone"),
        ({"set": "noon"}, "not an ISO 8601 time"),
        ({"set": "2027-03-01", "hold": 1}, "hold: "),
    ):
        with pytest.raises(Refused, match=reason):
            held.control._call("PUT", "/clock", wrong)
    assert held.control.status()["clock"]["now"] == "2027-03-01T12:50:00+08:00"
    assert held.control.clock_set("2027-03-01T12:45")["mode"] == "offset"
    assert held.control.clock_real()["mode"] == "real"
