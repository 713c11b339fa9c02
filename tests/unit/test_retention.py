# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive is outstanding: ten calendar days at the facility, then gone (§4.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import (
    Outstanding,
    arrived_late,
    expected_outstanding,
    last_fetch_day,
    listed_time,
    note,
    report_day,
    settle,
    still_expected,
)

FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)
RPI, RPP, RPF = (f"{kind}______-_____-__-_____-261127" for kind in ("rpi", "rpp", "rpf"))
TODAY = date(2026, 11, 20)


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=HONG_KONG).timestamp())


@pytest.mark.parametrize(
    ("name", "mtime", "day"),
    [
        pytest.param("RX_AUDIT_20261120.csv", None, date(2026, 11, 20), id="a date in the name"),
        pytest.param("20261120_TP001.csv", None, date(2026, 11, 20), id="a date at the beginning"),
        pytest.param(
            "RX_AUDIT_20261120.csv", seconds(2026, 11, 21, 8), date(2026, 11, 20), id="the name outweighs the time"
        ),
        pytest.param("Result.20261120.101500.success.txt", None, date(2026, 11, 20), id="a result"),
        pytest.param("2026/x_20261119.csv", None, date(2026, 11, 19), id="in a folder"),
        pytest.param("X_20261399.csv", seconds(2026, 11, 20, 12), date(2026, 11, 20), id="digits that are no date"),
        pytest.param("X_20261399_20261118.csv", None, date(2026, 11, 18), id="a date after digits that are none"),
        pytest.param("X_120261120.csv", seconds(2026, 11, 19, 12), date(2026, 11, 19), id="a longer number"),
        pytest.param("TP001.csv", seconds(2026, 11, 20, 18), date(2026, 11, 20), id="made in the evening"),
        pytest.param("TP001.csv", seconds(2026, 11, 21, 2), date(2026, 11, 20), id="made in the small hours"),
        pytest.param("TP001.csv", None, None, id="nothing is known"),
        pytest.param("TP001.csv", 0, None, id="a time that is none"),
        pytest.param("TP001_20261120.csv", 0, date(2026, 11, 20), id="a date, and a time that is none"),
        pytest.param("TP001.csv", 2**32 - 1, None, id="a time of the next century"),
        pytest.param(
            "Notice_from_20270104.csv", seconds(2026, 11, 20, 18), date(2026, 11, 20), id="a date that is far ahead"
        ),
        pytest.param("X_20200101_20261119.csv", seconds(2026, 11, 20, 8), date(2026, 11, 19), id="an old date first"),
        pytest.param(f"{RPI}-1100.lis", seconds(2026, 11, 27, 11), FRIDAY, id="intraday risk parameters"),
        pytest.param(f"{RPP}.lis", seconds(2026, 11, 27, 18, 30), FRIDAY, id="early ones"),
        pytest.param(f"{RPF}.lis", seconds(2026, 11, 28, 0, 10), FRIDAY, id="final ones of midnight"),
        pytest.param(f"{RPF}.lis", seconds(2026, 11, 28, 4, 30), FRIDAY, id="final ones after the facility has closed"),
        pytest.param(f"{RPF}.lis", None, FRIDAY, id="without a time"),
        pytest.param(f"{RPF}", seconds(2026, 11, 28, 4, 30), FRIDAY, id="at the end of the name"),
        pytest.param("RPF_261127.zip", seconds(2026, 11, 28, 4, 30), FRIDAY, id="as the web has them"),
        pytest.param("rpf-20261127.lst", seconds(2026, 11, 28, 4, 30), FRIDAY, id="with all digits"),
        pytest.param("TP001_261127_01.csv", seconds(2026, 11, 28, 4, 30), FRIDAY, id="before an underscore"),
        pytest.param("TP001_261127x.csv", seconds(2026, 11, 28, 4, 30), SATURDAY, id="six digits in a word"),
        pytest.param("TP001_1261127.csv", seconds(2026, 11, 28, 4, 30), SATURDAY, id="in a longer number"),
        pytest.param("TP001_261313.csv", seconds(2026, 11, 28, 4, 30), SATURDAY, id="six digits that are no date"),
        pytest.param("TP001_261116.csv", seconds(2026, 11, 28, 4, 30), SATURDAY, id="six digits that are far away"),
        pytest.param("TP001_000123.csv", None, None, id="a number without a time"),
        pytest.param(
            "X_VALUE20261127_OF20261125.csv", seconds(2026, 11, 25, 18), date(2026, 11, 25), id="a value date"
        ),
        pytest.param("W_20261123_20261127.csv", seconds(2026, 11, 27, 18), FRIDAY, id="from a day to a day"),
        pytest.param("X_20261126.csv", seconds(2026, 11, 25, 18), date(2026, 11, 26), id="a day ahead alone"),
        pytest.param("TP001_20261127093000.csv", seconds(2026, 11, 28, 4, 30), FRIDAY, id="with its time"),
        pytest.param("TP001_202611270930.csv", seconds(2026, 11, 28, 4, 30), FRIDAY, id="with its hour and minute"),
        pytest.param("TP001_2026112709.csv", seconds(2026, 11, 28, 4, 30), SATURDAY, id="with two digits more"),
        pytest.param("TP001_2026-11-27.csv", seconds(2026, 11, 28, 4, 30), FRIDAY, id="with dashes"),
        pytest.param("TP001_2026-1127.csv", seconds(2026, 11, 28, 4, 30), SATURDAY, id="with one dash"),
        pytest.param("261127_20261126.csv", seconds(2026, 11, 27, 18), date(2026, 11, 26), id="all digits go first"),
    ],
)
def test_the_day_a_report_is_of(name, mtime, day):
    assert report_day(name, mtime) == day


@pytest.mark.parametrize(
    ("mtime", "told"),
    [
        pytest.param(None, False, id="none"),
        pytest.param(0, False, id="1970, as some tell of what they do not know"),
        pytest.param(seconds(2000, 1, 1) - 1, False, id="a second before the year 2000"),
        pytest.param(seconds(2000, 1, 1), True, id="the first second of 2000"),
        pytest.param(seconds(2100, 1, 1) - 1, True, id="the last second of 2099"),
        pytest.param(seconds(2100, 1, 1), False, id="the next century"),
    ],
)
def test_a_time_is_believed_in_this_century(mtime, told):
    assert listed_time(mtime) == (mtime if told else None)


def test_a_date_in_a_name_is_the_report_s_within_ten_days_of_the_day_it_was_made():
    made = seconds(2026, 11, 20, 18)
    assert report_day("x_20261110.csv", made) == date(2026, 11, 10)
    assert report_day("x_20261109.csv", made) == date(2026, 11, 20)
    assert report_day("x_20261130.csv", made) == date(2026, 11, 30)
    assert report_day("x_20261201.csv", made) == date(2026, 11, 20)


def test_what_is_too_old_to_be_told_again_is_asked_only_where_it_was_recorded():
    days = [date(2026, 11, day) for day in (9, 10, 15)]
    outstanding = [Outstanding("report", "COMMON/x", day) for day in days]
    assert still_expected(outstanding, [], TODAY, TODAY) == outstanding[1:]
    assert still_expected(outstanding, outstanding[:1], TODAY, TODAY) == outstanding
    assert still_expected(outstanding, [], date(2026, 11, 9), TODAY) == outstanding
    assert still_expected(outstanding, [], date(2026, 11, 15), TODAY) == outstanding[1:]


@pytest.mark.parametrize(
    ("made", "last"),
    [
        pytest.param((2026, 11, 20, 18), date(2026, 11, 29), id="made in the evening"),
        pytest.param((2026, 11, 20, 0), date(2026, 11, 29), id="made at midnight"),
        pytest.param((2026, 12, 28, 23), date(2027, 1, 6), id="over the year's end"),
    ],
)
def test_the_last_day_to_fetch_it(made, last):
    assert last_fetch_day(seconds(*made)) == last


DAYS = [date(2026, 11, 18), date(2026, 11, 19)]


@pytest.mark.parametrize(
    ("known", "outstanding"),
    [
        pytest.param([], [], id="nothing has ever come: nothing is outstanding"),
        pytest.param([("COMMON/RX_18.csv", DAYS[0])], [DAYS[1]], id="the second day did not bring it"),
        pytest.param([("COMMON/RX_19.csv", DAYS[1])], [], id="days before the first report are not outstanding"),
        pytest.param([("COMMON/x", DAYS[0]), ("COMMON/RX_19.csv", DAYS[1])], [DAYS[0]], id="the first brought another"),
        pytest.param([("COMMON/RX_18.csv", DAYS[0]), ("COMMON/RX_19.csv", DAYS[1])], [], id="both days brought it"),
        pytest.param([("COMMON/rx_18.csv", DAYS[0])], [DAYS[1]], id="capitals and small letters are alike"),
    ],
)
def test_what_every_business_day_must_bring(known, outstanding):
    asked = [("RX_*", day) for day in DAYS]
    assert expected_outstanding(asked, known) == [Outstanding("expected", "RX_*", day) for day in outstanding]


MISSED = Outstanding("expected", "RX_*", date(2026, 11, 18))
OLD = Outstanding("expected", "RX_*", date(2026, 11, 9))
WAITING = Outstanding("report", "COMMON/x", date(2026, 11, 18))
MADE = seconds(2026, 11, 18, 18)


def gone(item: Outstanding, on: date = TODAY) -> Outstanding:
    return Outstanding(item.kind, item.what, item.day, on)


@pytest.mark.parametrize(
    ("recorded", "outstanding", "listed", "held", "now"),
    [
        pytest.param([], [], [], [], [], id="no debts"),
        pytest.param([], [MISSED], [], [], [MISSED], id="missing since two days"),
        pytest.param([], [OLD], [], [], [gone(OLD)], id="missing for eleven days is lost"),
        pytest.param(
            [],
            [Outstanding("expected", "RX_*", date(2026, 11, 10))],
            [],
            [],
            [Outstanding("expected", "RX_*", date(2026, 11, 10))],
            id="missing for ten days may still come",
        ),
        pytest.param([], [WAITING], ["COMMON/x"], [], [WAITING], id="listed and not fetched"),
        pytest.param([WAITING], [], [], [], [gone(WAITING)], id="no longer listed and never fetched is lost"),
        pytest.param([WAITING], [], [], ["COMMON/x"], [], id="fetched meanwhile"),
        pytest.param([WAITING], [WAITING], ["COMMON/x"], [], [WAITING], id="still listed, still outstanding"),
        pytest.param(
            [gone(WAITING, date(2026, 11, 19))], [], [], [], [gone(WAITING, date(2026, 11, 19))], id="lost stays lost"
        ),
        pytest.param([gone(WAITING)], [], [], ["COMMON/x"], [], id="lost but found after all"),
        pytest.param(
            [gone(OLD, date(2026, 11, 20))], [OLD], [], [], [gone(OLD, date(2026, 11, 20))], id="lost is lost once"
        ),
        pytest.param([MISSED], [], [], [], [], id="what was missing has come"),
    ],
)
def test_debts_are_brought_up_to_date(recorded, outstanding, listed, held, now):
    assert settle(recorded, outstanding, set(listed), {path: [(9, None)] for path in held}, TODAY) == now


@pytest.mark.parametrize(
    ("outstanding", "held", "lost"),
    [
        pytest.param((5, MADE), (5, MADE), False, id="the outstanding version"),
        pytest.param((5, MADE), (5, MADE + 60), False, id="a later version"),
        pytest.param((5, MADE), (5, MADE - 60), True, id="an earlier version"),
        pytest.param((5, MADE), (4, MADE), True, id="another version of the same second"),
        pytest.param((5, None), (5, MADE), False, id="the facility told no time of the outstanding one"),
        pytest.param((5, None), (4, None), True, id="no times, and another size"),
        pytest.param((5, MADE), (5, None), False, id="the time of what is held is not known"),
        pytest.param((None, None), (4, MADE), False, id="an earlier release has recorded the debt"),
    ],
)
def test_an_earlier_version_does_not_settle_what_is_owed(outstanding, held, lost):
    size, mtime = outstanding
    [*left] = settle([replace(WAITING, size=size, mtime=mtime)], [], set(), {"COMMON/x": [held]}, TODAY)
    assert left == ([gone(WAITING)] if lost else [])


def test_a_debt_is_the_same_whatever_is_told_of_it():
    for more in ({"size": 9}, {"mtime": MADE}, {"error_code": "not_readable"}, {"reason": "Permission denied."}):
        assert replace(WAITING, **more) == WAITING and len({WAITING, replace(WAITING, **more)}) == 1
    assert gone(WAITING) != WAITING


def test_what_was_lost_and_is_listed_again_is_owed_again():
    assert settle([gone(WAITING)], [WAITING], {"COMMON/x"}, {}, TODAY) == [WAITING]


def test_a_run_that_has_not_seen_all_adds_and_settles_and_loses_nothing():
    other = Outstanding("report", "COMMON/y", date(2026, 11, 18))
    assert note([MISSED, OLD, WAITING], [other], {"COMMON/x": [(9, None)]}) == [OLD, other, MISSED]
    assert note([gone(WAITING)], [WAITING], {}) == [WAITING]


def test_a_pattern_that_was_lost_and_comes_after_all_is_known_by_path_and_day():
    lost = [gone(MISSED), gone(OLD), MISSED]
    assert arrived_late(lost, [("COMMON/RX_18.csv", MISSED.day), ("COMMON/x", OLD.day)]) == {gone(MISSED)}
    assert arrived_late([WAITING], [("COMMON/x", WAITING.day)]) == set()


def test_what_is_asked_for_and_has_not_come_is_outstanding():
    outstanding = expected_outstanding([("RX_*", DAYS[0])], [("COMMON/x", DAYS[0])])
    assert settle([], outstanding, set(), {}, TODAY) == [Outstanding("expected", "RX_*", DAYS[0])]
