# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync counts, how fast it goes, and the file that tells it."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.progress import writing_counts
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched, Unreadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import (
    Counts,
    Tally,
    file_name,
    from_text,
    to_text,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed
from ansible_collections.dcass.sftp.plugins.plugin_utils._pace import Pace

MB = 10**6
START = Counts("a", 2.0, 1.0, 0, 0, 650, 386 * MB)


def item(name, size):
    return Fetch(Listed("COMMON", name, size, 0), f"COMMON/{name}", "new", False)


def part(size):
    return SimpleNamespace(size=size)


def after(seconds, reports, megabytes, before=START):
    return replace(before, seconds=before.seconds + seconds, reports=reports, bytes=int(megabytes * MB))


def at_1_mb_a_second(megabytes):
    """What is seen in the first second of so many megabytes."""
    first = replace(START, of_bytes=megabytes * MB)
    return [first, after(1, 1, 1, first)]


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        pytest.param([Counts("a", 1.0)], "looks what there is", id="before the listing is here"),
        pytest.param([Counts("a", 1.0, 0.5)], "nothing to fetch", id="nothing new"),
        pytest.param(
            [after(0, 10, 35)],
            "10 of 650 reports, 35 of 386 MB, 35 MB/s, 11 s left",
            id="the first line's rate is that since the fetch began",
        ),
        pytest.param(
            [START, after(2, 120, 80)], "120 of 650 reports, 80 of 386 MB, 40 MB/s, 8 s left", id="with time left"
        ),
        pytest.param(
            [START, after(10, 100, 10), after(30, 120, 210)],
            "120 of 650 reports, 210 of 386 MB, 10 MB/s, 18 s left",
            id="who looks seldom is told of the time since the last look",
        ),
        pytest.param(
            [START, after(5, 1, 1), after(9, 2, 2), after(14, 3, 92)],
            "3 of 650 reports, 92 of 386 MB, 10 MB/s, 30 s left",
            id="the rate is of the last ten seconds",
        ),
        pytest.param([after(0, 1, 9), after(2, 1, 9)], "1 of 650 reports, 9 of 386 MB, 0 bytes/s", id="standing still"),
        pytest.param(
            [after(0, 1, 9), after(2, 1, 8)], "1 of 650 reports, 8 of 386 MB, 0 bytes/s", id="a report comes anew"
        ),
        pytest.param(
            [START, after(100, 650, 386)], "650 of 650 reports, 386 of 386 MB, being settled", id="all is there"
        ),
        pytest.param(
            [replace(START, of_bytes=50_000), replace(START, seconds=12.0, of_bytes=50_000, reports=1, bytes=100)],
            "1 of 650 reports, 0 of 50 kB, 10 bytes/s, 84 min left",
            id="small and slow",
        ),
        pytest.param(
            [START, after(5, 1, 10), after(10, 1, 20), after(15, 1, 110)],
            "1 of 650 reports, 110 of 386 MB, 10 MB/s, 28 s left",
            id="a look ten seconds ago is young enough",
        ),
        pytest.param(
            [replace(START, of_bytes=99), replace(START, seconds=3.0, of_bytes=99, reports=1, bytes=9)],
            "1 of 650 reports, 9 of 99 bytes, 9 bytes/s, 10 s left",
            id="a few bytes",
        ),
        pytest.param(
            [START, after(4, 1, 5), after(5, 1, 10), after(15, 1, 110)],
            "1 of 650 reports, 110 of 386 MB, 10 MB/s, 28 s left",
            id="one of eleven seconds ago is not",
        ),
        pytest.param(
            [replace(START, of_bytes=99, bytes=9)],
            "0 of 650 reports, 9 of 99 bytes, 9 bytes/s, 10 s left",
            id="the first line of a few bytes",
        ),
        pytest.param(at_1_mb_a_second(91), "1 of 650 reports, 1 of 91 MB, 1000 kB/s, 90 s left", id="90 seconds"),
        pytest.param(at_1_mb_a_second(92), "1 of 650 reports, 1 of 92 MB, 1000 kB/s, 2 min left", id="more"),
        pytest.param(at_1_mb_a_second(5401), "1 of 650 reports, 1 of 5401 MB, 1000 kB/s, 90 min left", id="90 minutes"),
        pytest.param(at_1_mb_a_second(5402), "1 of 650 reports, 1 of 5402 MB, 1000 kB/s, 2 h left", id="more minutes"),
        pytest.param(
            [replace(START, of_bytes=10 * 10**9), replace(START, seconds=12.0, of_bytes=10 * 10**9, bytes=10**9)],
            "0 of 650 reports, 1 of 10 GB, 100 MB/s, 90 s left",
            id="ten of a unit are told in it",
        ),
        pytest.param(at_1_mb_a_second(7201), "1 of 650 reports, 1 of 7201 MB, 1000 kB/s, 2 h left", id="two hours"),
        pytest.param(at_1_mb_a_second(7202), "1 of 650 reports, 1 of 7202 MB, 1000 kB/s, 3 h left", id="more hours"),
        pytest.param(
            [START, after(5, 1, 1), after(9, 2, 2), after(30, 3, 212)],
            "3 of 650 reports, 212 of 386 MB, 10 MB/s, 18 s left",
            id="of several old looks the last counts",
        ),
        pytest.param(
            [replace(START, of_bytes=9_999_999, bytes=1_000_000)],
            "0 of 650 reports, 1000 of 9999 kB, 1000 kB/s, 9 s left",
            id="less than ten of a unit are told in the one below",
        ),
        pytest.param([START, after(10, 1, 0.2)], "1 of 650 reports, 0 of 386 MB, 20 kB/s, 6 h left", id="hours"),
    ],
)
def test_line(seen, line):
    pace = Pace()
    assert [pace.line(counts) for counts in seen][-1] == line


def test_who_is_dead_tells_nothing_and_neither_does_an_earlier_run():
    pace, dead = Pace(), replace(START, run="dead", bytes=9)
    pace.ignore(dead)
    assert pace.line(dead) is None
    assert pace.line(None) is None
    assert pace.line(after(0, 10, 35)) == "10 of 650 reports, 35 of 386 MB, 35 MB/s, 11 s left"
    assert pace.line(after(0, 10, 35)) is None
    pace.ignore(None)
    assert pace.line(START) is not None


def test_the_rate_is_of_this_run_alone_and_since_it_fetches():
    pace = Pace()
    pace.line(replace(START, run="before", bytes=300 * MB))
    pace.line(replace(START, seconds=1.0, since=None))
    assert pace.line(after(1, 10, 40)) == "10 of 650 reports, 40 of 386 MB, 20 MB/s, 18 s left"


def test_two_looks_at_one_moment_divide_by_no_zero():
    pace = Pace()
    pace.line(START)
    assert pace.line(after(0, 1, 1)) == "1 of 650 reports, 1 of 386 MB, 10 MB/s, 39 s left"


def test_the_file_of_an_account_s_counts_has_its_name():
    assert file_name("CXYZ001") == "CXYZ001.progress"


def test_the_tally_counts_what_has_arrived_also_of_reports_under_way():
    tally = Tally()
    assert not tally.looked
    tally.expect(4, 100)
    whole, half, changed, refused = (item(name, 25) for name in "abcd")
    arriving = [tally.begin(one, part(size)) for one, size in ((whole, 25), (half, 10), (changed, 5), (refused, 0))]
    assert tally.looked
    assert tally.counts("r", 1.0, 0.5) == Counts("r", 1.0, 0.5, 1, 40, 4, 100)
    tally.end(Fetched(whole, arriving[0], 25))
    tally.end(Changed(changed, replace(changed.report, size=45)))
    tally.end(Unreadable(refused, "no"))
    assert tally.counts("r", 2.0, 0.5) == Counts("r", 2.0, 0.5, 1, 35, 3, 95)


@pytest.mark.parametrize("counts", [START, Counts("a", 1.5), after(1, 2, 3), Counts("a", 1e9), Counts("a", 0.0)])
def test_counts_are_read_as_they_were_written(counts):
    assert from_text(to_text(counts)) == counts
    assert to_text(counts).endswith("}\n")


def test_a_run_that_still_looks_has_counted_nothing():
    assert Counts("a", 1.5) == Counts("a", 1.5, None, 0, 0, 0, 0) == Tally().counts("a", 1.5, None)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"run": 1}', to_text(START).replace("650", "[]")),
        pytest.param("[" * 100_000, id="a deep list"),
        pytest.param(to_text(Counts("a", 1e9 + 1)), id="more than thirty years"),
        *(
            pytest.param(to_text(START).replace(was, now), id=f"{now[:9]} instead of {was}")
            for was in ("650", "2.0", "1.0", "386000000")
            for now in ("Infinity", "NaN", "1e999", "1" + "0" * 400, "1" + "0" * 5000, "-1")
        ),
    ],
)
def test_what_is_no_counts_is_none(text):
    assert from_text(text) is None


def wait_for(path, run):
    until = time.monotonic() + 10
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return run(path)


def test_the_file_is_there_while_it_runs_for_its_owner_alone(tmp_path):
    tally, path = Tally(), tmp_path / "CXYZ001.progress"
    with writing_counts(tally, str(tmp_path), "CXYZ001", True):
        first = wait_for(path, lambda there: from_text(there.read_text()))
        tally.expect(4, 100)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        while from_text(path.read_text()).since is None:
            time.sleep(0.05)
        second = from_text(path.read_text())
    assert (first.run, first.since, first.of_reports) == (second.run, None, 0)
    assert (second.of_reports, second.of_bytes) == (4, 100)
    assert 0 <= first.seconds < second.since <= second.seconds
    assert os.listdir(tmp_path) == []


def test_who_is_not_asked_writes_nothing_and_takes_away_what_a_killed_run_left(tmp_path):
    path = tmp_path / "CXYZ001.progress"
    path.write_text(to_text(START))
    with writing_counts(Tally(), str(tmp_path), "CXYZ001", False):
        assert path.read_text() == to_text(START)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path):
    ran = []
    with writing_counts(Tally(), str(tmp_path / "missing"), "CXYZ001", True):
        ran.append(True)
    assert ran and os.listdir(tmp_path) == []


def test_an_error_passes_through_and_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), writing_counts(Tally(), str(tmp_path), "CXYZ001", True):
        wait_for(tmp_path / "CXYZ001.progress", lambda _there: 1 / 0)
    assert os.listdir(tmp_path) == []
