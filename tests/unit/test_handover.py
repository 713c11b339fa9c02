# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a day is complete, where the back office may be led, and what it is told."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.mounts import mount_of
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import of_handovers
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import StateDamaged
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import parse_expected
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import (
    Waiting,
    complete_days,
    list_text,
    name_of_list,
    wrong_place,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport

FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)
NOON = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
BOTH = [("CXYZ/RX_1.csv", FRIDAY), ("COMMON/TP_1.csv", FRIDAY)]
CLOSED = {("expected", "TP_*", FRIDAY)}


@pytest.mark.parametrize(
    ("brought", "closed", "outstanding", "found"),
    [
        pytest.param(BOTH, set(), [], {FRIDAY: {"RX_*": True, "TP_*": True}}, id="all has come"),
        pytest.param(BOTH[:1], set(), [], {}, id="one is missing"),
        pytest.param(BOTH[:1], CLOSED, [], {FRIDAY: {"RX_*": True, "TP_*": False}}, id="people have closed it"),
        pytest.param(BOTH[:1], {("report", "TP_*", FRIDAY)}, [], {}, id="people have closed something else"),
        pytest.param([("CXYZ/RX_1.csv", SATURDAY), BOTH[1]], set(), [], {}, id="it came of another day"),
        pytest.param(BOTH, set(), [Outstanding("report", "CXYZ/RX_2.csv", FRIDAY)], {}, id="a report can't be had"),
        pytest.param(
            BOTH, set(), [Outstanding("report", "CXYZ/RX_2.csv", FRIDAY, SATURDAY)], {}, id="a report is lost"
        ),
        pytest.param(
            BOTH,
            set(),
            [
                Outstanding("report", "CXYZ/RX_2.csv", SATURDAY),
                Outstanding("report", "KEY_MANAGEMENT/CXYZ001/Result.txt", FRIDAY),
                Outstanding("entry", "CXYZ/odd", FRIDAY),
            ],
            {FRIDAY: {"RX_*": True, "TP_*": True}},
            id="what is outstanding is of another day, of keys, or no report",
        ),
    ],
)
def test_a_day_is_complete_when(brought, closed, outstanding, found):
    expected = [parse_expected("expected", glob) for glob in ("RX_*", "TP_*")]
    assert complete_days(expected, [FRIDAY, SATURDAY], Calendar(), brought, closed, outstanding) == found


def test_a_day_of_which_nothing_is_expected_is_never_complete():
    assert complete_days([], [FRIDAY], Calendar(), BOTH, set(), []) == {}


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        pytest.param("/state/handover", None, id="in the folder of the state"),
        pytest.param("/state/reports-of-others", None, id="beside the archive"),
        pytest.param("/state/reports", "which lies in the folder of the archive", id="the archive"),
        pytest.param("/state/reports/COMMON", "which lies in the folder of the archive", id="in the archive"),
        pytest.param("/keys/x", "which lies in the folder of the keys", id="in the folder of the keys"),
        pytest.param("/state", "in which the folder of the archive lies", id="the folder of the state"),
        pytest.param("/", "in which the folder of the archive lies", id="everything"),
    ],
)
def test_where_the_back_office_may_be_led(folder, said):
    complaint = wrong_place(folder, "/state/reports", "/keys", "/state")
    assert (complaint is None) == (said is None)
    assert said is None or complaint.startswith(said)


def waiting(number, code=None, what="COMMON/RX_1.csv"):
    return Waiting(number, "command", what, FRIDAY, 9, "ab", False, NOON, 1 if code else 0, code, code and "It is so.")


def test_a_list_that_is_repeated_has_its_name_again():
    assert name_of_list("CXYZ001", [waiting(7), waiting(12)]) == "new/CXYZ001-00000012.json"


def test_what_is_written_is_ascii_whatever_a_report_is_called():
    text = list_text("CXYZ001", [{"report": "COMMON/報告.csv"}], NOON)
    assert text.isascii()
    assert json.loads(text)["reports"] == [{"report": "COMMON/報告.csv"}]


@pytest.mark.parametrize(
    ("items", "within"),
    [
        pytest.param([], [], id="nothing waits"),
        pytest.param([waiting(1)], [None], id="a run was killed before it could hand over"),
        pytest.param([waiting(1), waiting(2, "handover_failed")], [0], id="one has failed"),
    ],
)
def test_what_waits_is_due(items, within):
    dues = of_handovers(items)
    assert [due.within for due in dues] == within
    assert {due.code for due in dues} <= {"handover_waiting"}
    assert all(("It is so." in due.sentence) == (due.within == 0) for due in dues)


@pytest.fixture
def record(tmp_path):
    """A record of hand-overs, and the manifest that makes them due."""
    state = StateDb(str(tmp_path))
    handovers = Handovers(state, "CXYZ001", ("list", "command"))
    yield Manifest(state, Account("CXYZ001"), handovers=handovers), handovers, state
    state.close()


def held(sha256="ab", path="COMMON/RX_1.csv", **more):
    return HeldReport(path, path.partition("/")[0], path.rpartition("/")[2], 9, 1000, sha256, FRIDAY, **more)


@pytest.mark.parametrize(
    ("reports", "due"),
    [
        pytest.param([held()], 2, id="a new one, in two ways"),
        pytest.param([held(), held()], 2, id="the same once more"),
        pytest.param([held(), held("cd")], 3, id="a changed one, whose earlier version is listed alone"),
        pytest.param([held(), held("cd"), held()], 4, id="as it was before"),
        pytest.param([held(confirmed=False)], 0, id="one that came shorter than listed"),
        pytest.param([held(confirmed=False), held()], 2, id="one that came as short again"),
        pytest.param([held(path="KEY_MANAGEMENT/CXYZ001/Result.txt")], 0, id="what is about keys"),
    ],
)
def test_what_is_due_when_reports_are_recorded(record, reports, due):
    manifest, handovers, _state = record
    for report in reports:
        manifest.record([report], NOON)
    assert len(handovers.waiting()) == due


def test_a_report_that_could_not_be_recorded_is_not_due(record):
    manifest, handovers, _state = record
    with pytest.raises(StateDamaged):
        manifest.record([held()._replace(name=None)], NOON)
    assert handovers.waiting() == []
    manifest.record([held()], NOON)
    assert len(handovers.waiting()) == 2


def test_what_is_done_is_forgotten_after_years_and_what_waits_is_not(record):
    manifest, handovers, state = record
    manifest.record([held()], NOON)
    handovers.finish(handovers.waiting()[:1], NOON)
    for days, left in ((799, 4), (801, 5)):
        manifest.record([held(path=f"COMMON/RX_{days}.csv")], NOON + timedelta(days=days))
        assert state.rows("SELECT count(*) AS n FROM handovers")[0]["n"] == left


def test_a_folder_is_on_the_mount_of_the_one_above_it_or_on_its_own(tmp_path):
    assert mount_of(str(tmp_path)) == mount_of(str(tmp_path.parent))
    assert mount_of("/proc") != mount_of(str(tmp_path))
