# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is due: a stable word, how soon, and a sentence with the next step."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules import due
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import Due
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Allowance
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import Run

TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 9, tzinfo=HONG_KONG)


def of(within):
    return Due("x", within, "X.")


@pytest.mark.parametrize(
    ("dues", "word"),
    [
        pytest.param([], "none", id="nothing"),
        pytest.param([of(None)], "soon", id="no day is known"),
        pytest.param([of(None), of(0)], "days", id="today"),
        pytest.param([of(30)], "days", id="in a month"),
        pytest.param([of(30), of(-1)], "at_once", id="at once"),
        pytest.param([of(-3)], "at_once", id="a day that is past"),
    ],
)
def test_how_urgent_all_of_it_is(dues, word):
    assert due.urgency(dues) == word


def test_the_most_urgent_comes_first_and_what_has_no_day_last():
    assert [one.within for one in due.ranked([of(None), of(3), of(-1), of(0)])] == [-1, 0, 3, None]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(due.of_clock(None), [], id="a clock that nobody compared"),
        pytest.param(due.of_clock(119.0), [], id="a slow network"),
        pytest.param(
            due.of_clock(-63_072_000.0), [("clock_off", -1, "730 days behind")], id="a clock that is two years behind"
        ),
        pytest.param(due.of_clock(600.0), [("clock_off", -1, "10 minutes ahead of")], id="a clock that is ahead"),
        pytest.param(due.of_room(None, 9, "The disk"), [], id="a disk that nobody could ask"),
        pytest.param(due.of_room(10**9, 21_000_000, "The disk"), [], id="a disk with room for weeks"),
        pytest.param(
            due.of_room(100_000_000, 21_000_000, "The disk"), [("disk_low", 4, "100 MB")], id="room for four days"
        ),
        pytest.param(
            due.of_room(70_000_000, 40_000_000, "The disk"), [("disk_low", -1, "70 MB")], id="no room for two"
        ),
        pytest.param(due.of_room(10_000_000, 0, "The disk"), [("disk_low", -1, "10 MB")], id="hardly any room at all"),
        pytest.param(
            due.of_allowance("CXYZ001", "login", Allowance(4, 0, NOW)),
            [("login_budget_spent", None, "at 09:00:00 Hong Kong time")],
            id="no login left",
        ),
        pytest.param(due.of_allowance("CXYZ001", "login", Allowance(3, 1, None)), [], id="a login left"),
        pytest.param(due.of_calendar(Calendar(), TODAY), [], id="a calendar that is known"),
        pytest.param(
            due.of_calendar(Calendar(), date(2027, 12, 20)), [("calendar_ends", 11, "2027")], id="one that ends"
        ),
        pytest.param(
            due.of_calendar(Calendar(), date(2028, 1, 3)), [("calendar_ends", -1, "2028")], id="one that has ended"
        ),
        pytest.param(
            due.of_reports([Outstanding("expected", "*A*", date(2026, 11, 20))], TODAY),
            [
                (
                    "reports_outstanding",
                    3,
                    "a report that is outstanding: the first leaves the facility after 2026-11-29",
                )
            ],
            id="one outstanding",
        ),
        pytest.param(
            due.of_reports([Outstanding("expected", "*A*", date(2026, 11, day)) for day in (12, 25)], TODAY),
            [("reports_outstanding", -1, "2 reports that are outstanding: the first may have left")],
            id="one that may be gone",
        ),
        pytest.param(
            due.of_reports([Outstanding("expected", "*A*", TODAY, TODAY)] * 461, TODAY),
            [("reports_lost", -1, "461 reports are lost")],
            id="many lost",
        ),
        pytest.param(
            due.of_runs(
                "CXYZ001", [Run("sync", "chan", NOW, NOW, "failed", None, "no_key", "None.", "Make one.")], None
            ),
            [("run_failed", -1, "sync of CXYZ001 failed on 2026-11-26 at 09:00: no_key: None. Make one.")],
            id="a run that failed",
        ),
        pytest.param(
            due.of_runs("CXYZ001", [Run("sync", "chan", NOW)], TODAY),
            [("run_killed", -1, "never came to an end"), ("sync_overdue", -1, "since 2026-11-26 opened")],
            id="one that was killed, and none since",
        ),
    ],
)
def test_what_is_due(found, told):
    assert [(one.code, one.within) for one in found] == [(code, within) for code, within, _words in told]
    assert all(words in one.sentence for one, (_code, _within, words) in zip(found, told))
