# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports a run fetches, and why (§4.1, §4.2)."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    GONE,
    MOST_BYTES,
    NEW,
    Copy,
    Fetch,
    HeldReport,
    Listed,
    Plan,
    Policy,
    archive_path,
    batches,
    fits,
    plan_downloads,
    shared_folders,
)

ME = Account("CXYZ001")
REPORT = Listed("COMMON", "RX_AUDIT_20261120.csv", 100, 1000)
RPI = Listed("CXYZ", "RPI03_20261120.csv", 50, 2000)
RESULT = Listed("KEY_MANAGEMENT", "Result.20261120.101500.success.txt", 10, 3000)
FOLDERS = ("COMMON", "CXYZ", "KEY_MANAGEMENT")


def held(report: Listed, **more) -> HeldReport:
    facts = {"size": report.size, "mtime": report.mtime, **more}
    return HeldReport(archive_path(ME, report), report.folder, report.name, facts["size"], facts["mtime"], "x", None)


def plan(listing, on_record=(), absent=(), partner=(), **policy):
    todo = Plan(ME)
    held, theirs = ({entry.path: entry for entry in entries} for entries in (on_record, partner))
    for batch in batches(ME, list(listing)):
        plan_downloads(todo, batch, held, set(absent), theirs, Policy(FOLDERS, **policy))
    return todo


@pytest.mark.parametrize(
    ("on_record", "absent", "reason"),
    [
        pytest.param([], [], "new", id="never seen"),
        pytest.param([held(REPORT)], [], None, id="held and unchanged"),
        pytest.param([held(REPORT, size=99)], [], "changed at the facility", id="another size"),
        pytest.param([held(REPORT, mtime=999)], [], "changed at the facility", id="a newer time"),
        pytest.param([held(REPORT, mtime=1001)], [], "changed at the facility", id="an older time"),
        pytest.param([held(REPORT, mtime=None)], [], "changed at the facility", id="held without a time"),
        pytest.param([held(REPORT)], ["COMMON/" + REPORT.name], "gone from the archive", id="lost on this side"),
        pytest.param([held(RPI)], [], "new", id="another one is held"),
    ],
)
def test_a_report_is_fetched_with_a_reason_or_left_alone(on_record, absent, reason):
    decided = plan([REPORT], on_record, absent)
    if reason is None:
        assert (len(decided), decided.unchanged) == (0, 1)
    else:
        assert [(item.report, item.reason) for item in decided.fetches()] == [(REPORT, reason)]
        assert decided.size == 100


def test_a_time_that_is_not_told_is_no_change():
    untold = Listed("COMMON", REPORT.name, 100, None)
    assert not plan([untold], [held(REPORT)])


def test_an_intraday_run_takes_the_intraday_reports_alone():
    decided = plan([REPORT, RPI, RESULT], scope="intraday")
    assert [item.report for item in decided.fetches()] == [RPI]
    assert decided.later == [REPORT, RESULT]


def test_a_daily_run_takes_all():
    assert len(plan([REPORT, RPI, RESULT])) == 3


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        pytest.param({"include": ("RX_*",)}, [REPORT], id="include by name"),
        pytest.param({"include": ("CXYZ/*",)}, [RPI], id="include by folder"),
        pytest.param({"exclude": ("*.csv",)}, [RESULT], id="exclude by name"),
        pytest.param({"include": ("*.csv",), "exclude": ("CXYZ/*",)}, [REPORT], id="exclude has the last word"),
        pytest.param({"include": ("rx_*",)}, [REPORT], id="capitals and small letters are alike"),
        pytest.param({"exclude": ("common/*", "cxyz/*rpi*", "*.TXT")}, [], id="also in folders"),
        pytest.param({"include": ("COMMON",)}, [], id="a folder alone fits no report"),
    ],
)
def test_include_and_exclude(policy, wanted):
    decided = plan([REPORT, RPI, RESULT], **policy)
    assert [item.report for item in decided.fetches()] == wanted
    assert decided.later == []


@pytest.mark.parametrize(
    ("glob", "path", "answer"),
    [
        ("*RPI*", "CXYZ/RPI03_20261120.csv", True),
        ("*RPI*", "RPI/other.csv", False),
        ("CXYZ/*", "CXYZ/sub/x.csv", True),
        ("x.csv", "CXYZ/sub/x.csv", True),
        ("sub/x.csv", "CXYZ/sub/x.csv", False),
        ("RPI0[1-3]*", "CXYZ/RPI03.csv", True),
        ("RPI0[!3]*", "CXYZ/RPI03.csv", False),
    ],
)
def test_globs(glob, path, answer):
    assert fits(glob, path) is answer


def test_where_reports_go():
    assert archive_path(ME, REPORT) == "COMMON/" + REPORT.name
    assert archive_path(ME, Listed("CXYZ", "2026/x.csv", 1, 1)) == "CXYZ/2026/x.csv"


def test_what_key_management_shows_belongs_to_one_account():
    first, second = (archive_path(Account(name), RESULT) for name in ("CXYZ001", "CXYZ002"))
    assert (first, second) == tuple(f"KEY_MANAGEMENT/CXYZ00{n}/{RESULT.name}" for n in (1, 2))


def test_a_report_that_is_listed_twice_is_fetched_once():
    assert len(plan([REPORT, REPORT])) == 1
    assert len(plan([REPORT, Listed("COMMON", REPORT.name, 101, 1000)])) == 1
    assert len(plan([RPI, RPI, REPORT, REPORT], scope="intraday").later) == 1


def copy(report: Listed, **more) -> Copy:
    facts = {"size": report.size, "mtime": report.mtime, **more}
    return Copy(archive_path(ME, report), facts["size"], facts["mtime"])


CHANGED = "changed at the facility"


@pytest.mark.parametrize(
    ("on_record", "absent", "partner", "reason"),
    [
        pytest.param([], [], [copy(REPORT)], None, id="the partner has it"),
        pytest.param([], [], [copy(RPI)], "new", id="the partner has another one"),
        pytest.param([], [], [copy(REPORT, size=99)], CHANGED, id="the partner has it in another size"),
        pytest.param([], [], [copy(REPORT, mtime=999)], CHANGED, id="the partner has it of another time"),
        pytest.param([held(REPORT, size=99)], [], [copy(REPORT)], None, id="the partner has the newer version"),
        pytest.param([held(REPORT, size=99)], [], [copy(REPORT, size=99)], CHANGED, id="both have the earlier version"),
        pytest.param([held(REPORT)], ["COMMON/" + REPORT.name], [copy(REPORT)], GONE, id="this archive has lost it"),
    ],
)
def test_what_the_partner_holds_is_left_alone(on_record, absent, partner, reason):
    decided = plan([REPORT], on_record, absent, partner)
    assert [item.reason for item in decided.fetches()] == ([reason] if reason else [])
    assert decided.held_by_partner == (reason is None)
    assert (decided.unchanged, decided.later) == (0, [])


def test_what_both_hold_is_unchanged_and_nothing_else():
    decided = plan([REPORT], [held(REPORT)], [], [copy(REPORT)])
    assert (decided.unchanged, decided.held_by_partner) == (1, 0)


def test_what_the_partner_holds_is_not_owed_by_an_intraday_run():
    assert plan([REPORT], partner=[copy(REPORT)], scope="intraday").later == []


def test_a_long_listing_is_gone_through_in_parts_and_none_comes_twice():
    listing = [Listed(folder, f"{number:04}.csv", 1, 1) for number in range(1300) for folder in ("CXYZ", "COMMON")]
    again = [Listed("COMMON", f"{number:04}.csv", 2, 1) for number in range(1300)]
    parts = list(batches(ME, listing + again))
    paths = [path for part in parts for path in part]
    assert len(parts) > 3 and max(map(len, parts)) == 500
    assert paths == sorted(set(paths)) and len(paths) == 2600
    assert {report.size for part in parts for path, report in part.items() if path.startswith("COMMON")} == {2}


def test_an_empty_listing_has_nothing_to_look_up():
    assert list(batches(ME, [])) == [{}]


def plan_of(*reports: tuple[Listed, str]) -> Plan:
    todo = Plan(ME)
    for report, reason in reports:
        todo.add(report, reason)
    return todo


def of_sizes(*sizes: int) -> Plan:
    return plan_of(*((Listed("COMMON", f"{size}.csv", size, 1), NEW) for size in sizes))


@pytest.mark.parametrize(
    ("room", "left_out"),
    [
        pytest.param(10, set(), id="all fits, to the last byte"),
        pytest.param(9, {"COMMON/5.csv"}, id="a byte too much: the largest"),
        pytest.param(5, {"COMMON/5.csv"}, id="without the largest it fits to the last byte"),
        pytest.param(4, {"COMMON/5.csv", "COMMON/3.csv"}, id="the two largest"),
        pytest.param(0, {"COMMON/5.csv", "COMMON/3.csv", "COMMON/2.csv"}, id="no room at all"),
    ],
)
def test_the_fewest_reports_are_left_out_where_bytes_lack(room, left_out):
    todo = of_sizes(3, 5, 2)
    assert todo.too_much_for(room) == left_out
    assert [archive_path(ME, report) for report in todo.leave_out(left_out)] == [
        p for p in ("COMMON/3.csv", "COMMON/5.csv", "COMMON/2.csv") if p in left_out
    ]
    assert not set(todo.paths()) & left_out and len(todo) == 3 - len(left_out)


@pytest.mark.parametrize(
    ("room", "left_out"),
    [
        pytest.param(None, [], id="nothing counts files"),
        pytest.param(6, [], id="enough for two folders and four files"),
        pytest.param(5, ["D/E/changed.csv"], id="a changed report needs two"),
        pytest.param(4, ["D/E/changed.csv"], id="two folders and two files"),
        pytest.param(3, ["D/E/two.csv", "D/E/changed.csv"], id="two folders and a file"),
        pytest.param(
            2, ["D/E/one.csv", "D/E/two.csv", "D/E/changed.csv"], id="no room for both folders and a file, but for one"
        ),
        pytest.param(0, ["D/E/one.csv", "D/E/two.csv", "D/E/changed.csv", "C/three.csv"], id="no room at all"),
    ],
)
def test_the_last_in_the_plan_are_left_out_where_files_lack(room, left_out):
    reasons = {"E/one.csv": NEW, "E/two.csv": GONE, "E/changed.csv": "changed at the facility"}
    todo = plan_of(*((Listed("D", name, 1, 1), reason) for name, reason in reasons.items()))
    if room in (0, 2):
        todo.add(Listed("C", "three.csv", 1, 1), NEW)
    assert todo.too_many_for(room, {"D", "D/E"}) == set(left_out)


@pytest.mark.parametrize(
    ("size", "listed_size", "told", "short"),
    [
        pytest.param(10, None, 10, False, id="as it is listed"),
        pytest.param(10, 12, 10, True, id="shorter than listed: by what came"),
        pytest.param(10, 8, 8, False, id="longer than listed: as it is listed"),
        pytest.param(10, 10, 10, False, id="listed as it came"),
        pytest.param(10, 0, 10, False, id="listed as empty"),
    ],
)
def test_the_partner_is_told_a_report_as_the_facility_lists_it(size, listed_size, told, short):
    mine = HeldReport("COMMON/x", "COMMON", "x", size, 7, "", None, listed_size)
    assert mine.is_short is short
    assert mine.as_listed() == Copy("COMMON/x", told, 7)


def test_what_came_short_is_read_again_once_and_then_believed():
    short = held(REPORT, size=90)._replace(listed_size=100, confirmed=False)
    assert [item.reason for item in plan([REPORT], [short]).fetches()] == ["came shorter than it is listed"]
    assert plan([REPORT], [short._replace(confirmed=True)]).unchanged == 1
    assert plan([REPORT], [short], scope="intraday").unchanged == 1
    assert [item.reason for item in plan([REPORT], [short], [short.path]).fetches()] == [GONE]


def test_only_what_is_gone_is_repaired():
    (gone,), (new,) = plan([REPORT], [held(REPORT)], [held(REPORT).path]).fetches(), plan([REPORT]).fetches()
    assert (gone.repair, new.repair) == (True, False)
    assert REPORT.remote == "/COMMON/RX_AUDIT_20261120.csv"
    assert shared_folders(ME) == ("COMMON", "CXYZ")


def test_no_file_is_larger_than_a_state_can_record():
    assert MOST_BYTES == 0x7FFF_FFFF_FFFF_FFFF


def test_a_new_plan_is_empty():
    todo = Plan(ME)
    assert (len(todo), todo.later, todo.unchanged, todo.held_by_partner, todo.size) == (0, [], 0, 0, 0)
    assert list(todo.fetches()) == list(todo.unsettled()) == []
    assert Fetch(REPORT, "COMMON/x", NEW).repair is False
    assert (held(REPORT).listed_size, held(REPORT).confirmed) == (None, True)


def test_without_a_word_all_is_wanted_and_rpi_reports_are_intraday():
    assert Policy(FOLDERS) == Policy(FOLDERS, (), (), ("*RPI*",), "all", ())
