# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports a run fetches, and why (§4.1, §4.2)."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    GONE,
    Copy,
    Held,
    Listed,
    Plan,
    Policy,
    archive_path,
    batches,
    decide,
    fits,
)

ME = Account("CXYZ001")
REPORT = Listed("COMMON", "RX_AUDIT_20261120.csv", 100, 1000)
RPI = Listed("CXYZ", "RPI03_20261120.csv", 50, 2000)
RESULT = Listed("KEY_MANAGEMENT", "Result.20261120.101500.success.txt", 10, 3000)
FOLDERS = ("COMMON", "CXYZ", "KEY_MANAGEMENT")


def held(report: Listed, **more) -> Held:
    facts = {"size": report.size, "mtime": report.mtime, **more}
    return Held(archive_path(ME, report), report.folder, report.name, facts["size"], facts["mtime"], "x", None)


def plan(listing, on_record=(), absent=(), partner=(), **policy):
    todo = Plan()
    held, theirs = ({entry.path: entry for entry in entries} for entries in (on_record, partner))
    for batch in batches(ME, list(listing)):
        decide(todo, batch, held, set(absent), theirs, Policy(FOLDERS, **policy))
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
        assert (decided.fetch, decided.unchanged) == ([], 1)
    else:
        assert [(item.report, item.reason) for item in decided.fetch] == [(REPORT, reason)]
        assert decided.size == 100


def test_a_time_that_is_not_told_is_no_change():
    untold = Listed("COMMON", REPORT.name, 100, None)
    assert plan([untold], [held(REPORT)]).fetch == []


def test_an_intraday_run_takes_the_intraday_reports_alone():
    decided = plan([REPORT, RPI, RESULT], scope="intraday")
    assert [item.report for item in decided.fetch] == [RPI]
    assert decided.later == [REPORT, RESULT]


def test_a_daily_run_takes_all():
    assert len(plan([REPORT, RPI, RESULT]).fetch) == 3


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        pytest.param({"include": ("RX_*",)}, [REPORT], id="include by name"),
        pytest.param({"include": ("CXYZ/*",)}, [RPI], id="include by folder"),
        pytest.param({"exclude": ("*.csv",)}, [RESULT], id="exclude by name"),
        pytest.param({"include": ("*.csv",), "exclude": ("CXYZ/*",)}, [REPORT], id="exclude has the last word"),
        pytest.param({"include": ("rx_*",)}, [], id="capitals matter"),
        pytest.param({"include": ("COMMON",)}, [], id="a folder alone fits no report"),
    ],
)
def test_include_and_exclude(policy, wanted):
    decided = plan([REPORT, RPI, RESULT], **policy)
    assert [item.report for item in decided.fetch] == wanted
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
    assert len(plan([REPORT, REPORT]).fetch) == 1
    assert len(plan([REPORT, Listed("COMMON", REPORT.name, 101, 1000)]).fetch) == 1
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
    assert [item.reason for item in decided.fetch] == ([reason] if reason else [])
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
    assert len(parts) > 3 and max(map(len, parts)) <= 500
    assert paths == sorted(set(paths)) and len(paths) == 2600
    assert {report.size for part in parts for path, report in part.items() if path.startswith("COMMON")} == {2}


def test_an_empty_listing_has_nothing_to_look_up():
    assert list(batches(ME, [])) == [{}]
