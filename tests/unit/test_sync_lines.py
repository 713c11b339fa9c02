# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read of a sync."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.sync_lines import sync_lines as sync_events
from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_lines import trouble_of
from tests.unit.probes import probed

ONE, TWO = "cxyz-ws1", "cxyz-ws2"
QUIET = {
    "downloaded": [],
    "downloaded_count": 0,
    "downloaded_shared": 0,
    "bytes": 0,
    "unchanged": 65,
    "held_by_partner": 1,
    "connection": {"logins_left": 3},
    "missing": [],
    "expiring": [],
    "lost": [],
    "absent": [],
    "refused": [],
    "warnings_found": [],
}
MARCH = [f"2020-03-0{day}" for day in range(2, 10)]
SHUT = "The facility is closed until Tuesday 2020-03-03 07:00 Hong Kong time."
WAITS = {"what": "COMMON/RX", "reason": "/bin/load ended with 1."}
HANDED = {"waiting": 3, "failed": [WAITS, WAITS], "complete": [{"day": "2020-03-02"}]}
NEW = {"downloaded_count": 3, "downloaded_shared": 2, "bytes": 29_240_000}
BUSY = {"failed": True, "error_code": "busy", "msg": "Another run holds CXYZ001."}
LOCKED = {"failed": True, "error_code": "authentication_failed", "msg": "The facility refused CXYZ001."}
LEFT = {**QUIET, "skipped": True, "outcome": "busy", "connection": None, "msg": BUSY["msg"]}
GONE = (
    f"{ONE} CXYZ001: host_unreachable: It stopped answering in the middle of the run. Look whether it is up and lets "
    "this control node in by ssh, then run the playbook again."
)
STANDS_IN = f"    {TWO} stands in for {ONE}: 2 reports fetched that {ONE} could not."


def sync_lines(*arguments, **more):
    """What is said in all events."""
    return [line for event in sync_events(*arguments, **more) for line in event["lines"]]


def summary(host, fetched="0 reports fetched (0.0 MB)"):
    """The line of a workstation where nothing was new, or so much."""
    account, partner = ("CXYZ001", TWO) if host == ONE else ("CXYZ002", ONE)
    return f"{account}: {fetched}, 65 held already, 1 held by {partner}; logins left in five minutes: 3."


def told(first=None, second=None, hosts=(ONE, TWO), shares="all", closed=None, **more):
    """What is said when the two have registered these results (None: nothing), and these hosts are still there.

    One ``shares`` all reports, or fetches for itself; ``closed`` is what is said of a facility that nobody asks.
    """
    closed = {} if closed is None else {"closed": closed}
    hostvars = {
        ONE: probed("CXYZ001", TWO, shares=shares, **closed),
        TWO: probed("CXYZ002", ONE, shares=shares, **closed),
    }
    for host, name, result in ((ONE, "report_sync_first", first), (TWO, "report_sync_second", second)):
        if result is not None:
            hostvars[host][name] = result if "failed" in result or "skipped" in result else {**QUIET, **result}
    return sync_lines(hosts, hostvars, **{"play_hosts": (ONE, TWO), **more})


@pytest.mark.parametrize(
    ("first", "second", "more", "lines"),
    [
        pytest.param({}, {}, {}, [summary(ONE), summary(TWO)], id="nothing new"),
        pytest.param(
            {"drill": True},
            {"drill": True, "connection": None},
            {},
            [summary(ONE).replace("CXYZ001:", "CXYZ001 (drill):"), f"CXYZ002 (drill) stands by for {ONE}."],
            id="a drill",
        ),
        pytest.param(
            {"opens_at": "2020-03-03T07:00:00+08:00", "msg": SHUT},
            {"opens_at": "2020-03-03T07:00:00+08:00", "msg": SHUT},
            {},
            [f"CXYZ001: {SHUT}", f"CXYZ002: {SHUT}"],
            id="shut",
        ),
        pytest.param(
            {"handover": HANDED},
            {"opens_at": "2020-03-03T07:00:00+08:00", "msg": SHUT, "handover": {**HANDED, "failed": []}},
            {},
            [
                summary(ONE),
                "    Not handed over: 3, the first COMMON/RX: /bin/load ended with 1.",
                "    Handed over, and complete: 2020-03-02",
                f"CXYZ002: {SHUT}",
                "    Handed over, and complete: 2020-03-02",
            ],
            id="what the back office has, and what it waits for",
        ),
        pytest.param(
            {}, {"skipped": True}, {}, [summary(ONE), f"CXYZ002 stands by for {ONE}."], id="left to the partner"
        ),
        pytest.param(
            {}, {"connection": None}, {}, [summary(ONE), f"CXYZ002 stands by for {ONE}."], id="the partner told"
        ),
        pytest.param(
            None,
            NEW,
            {"hosts": (TWO,)},
            [GONE, summary(TWO, "3 reports fetched (29.2 MB)"), f"{STANDS_IN} It is unreachable or not ready."],
            id="in the place of one that is not there",
        ),
        pytest.param(
            LOCKED,
            NEW,
            {},
            [
                f"{ONE} CXYZ001: authentication_failed: The facility refused CXYZ001.",
                summary(TWO, "3 reports fetched (29.2 MB)"),
                f"{STANDS_IN} The facility refused CXYZ001.",
            ],
            id="in the place of one that could not log in",
        ),
        pytest.param(
            {"bytes": 10**13},
            None,
            {"hosts": (ONE,), "play_hosts": (ONE,)},
            [summary(ONE, "0 reports fetched (10000000.0 MB)")],
            id="much",
        ),
        pytest.param(
            {**BUSY, "changed": True},
            {},
            {},
            [f"{ONE} CXYZ001: busy: {BUSY['msg']}", summary(TWO)],
            id="another run is at work, and there was something to note",
        ),
        pytest.param(
            {**LEFT, "changed": True},
            {},
            {},
            [f"CXYZ001: busy: {BUSY['msg']}", summary(TWO)],
            id="the work is left to another run, and there was something to note",
        ),
        pytest.param(
            {},
            {"expiring": [{"name": "OLD.csv", "last_day": "2020-03-03", "days_left": 1}]},
            {},
            [summary(TWO), "    Expiring: OLD.csv, until 2020-03-03", summary(ONE)],
            id="the most urgent first",
        ),
        pytest.param(None, {}, {"hosts": (TWO,), "play_hosts": (TWO,)}, [summary(TWO)], id="the partner was left out"),
        pytest.param(None, {}, {"hosts": (TWO,), "shares": ""}, [GONE, summary(TWO)], id="each fetches for itself"),
        pytest.param(
            {},
            {},
            {"check_mode": True, "hosts": (ONE,), "play_hosts": (ONE,)},
            [summary(ONE).replace("fetched", "would be fetched")],
            id="check",
        ),
        pytest.param(
            {
                "missing": [{"expected": "*TP001*", "day": day} for day in ("2020-03-02", "2020-03-03")],
                "expiring": [{"name": "OLD.csv", "last_day": "2020-03-03", "days_left": 1}],
                "lost": [{"what": "*X*", "day": "2020-02-03"}, {"what": "CXYZ/B.csv", "day": "2020-02-04"}],
                "absent": [{"path": "COMMON/A.csv", "reason": "It is gone."}],
                "refused": [{"name": "B.csv", "reason": "B.csv can't be read: permission denied."}],
                "warnings_found": [
                    {"name": "SSHKeyExpireWarning_20200302.txt"},
                    {"name": "SSHKeyExpireWarning_20200228.txt", "answered": True},
                ],
            },
            None,
            {"hosts": (ONE,), "play_hosts": (ONE,)},
            [
                summary(ONE),
                "    Expiring: OLD.csv, until 2020-03-03",
                "    Missing: *TP001* of 2020-03-02, 2020-03-03",
                "    Lost: *X* of 2020-02-03",
                "    Lost: CXYZ/B.csv of 2020-02-04",
                "    Left there: B.csv can't be read: permission denied.",
                "    Gone from the archive: COMMON/A.csv",
                "    See SSHKeyExpireWarning_20200302.txt",
            ],
            id="what people should know, each thing once",
        ),
        pytest.param(
            {
                "missing": [{"expected": "*TP001*", "day": day} for day in MARCH],
                "expiring": [{"name": f"{n}.csv", "last_day": MARCH[n // 4], "days_left": n // 4} for n in range(8)],
                "lost": [{"what": what, "day": day} for what in ("*X*", "CXYZ/A") for day in MARCH],
                "absent": [{"path": f"CXYZ/{day}", "reason": "It is gone."} for day in MARCH],
                "refused": [{"name": day, "reason": f"{day} is a socket."} for day in MARCH],
                "warnings_found": [{"name": f"Warning_{day}.txt"} for day in MARCH],
            },
            None,
            {"hosts": (ONE,), "play_hosts": (ONE,)},
            [
                summary(ONE),
                "    Expiring: 0.csv, 1.csv, 2.csv and 1 more, until 2020-03-02",
                "    Expiring: 4.csv, 5.csv, 6.csv and 1 more, until 2020-03-03",
                "    Missing: *TP001* of 8 days, 2020-03-02 to 2020-03-09",
                "    Lost: *X* of 8 days, 2020-03-02 to 2020-03-09",
                "    Lost: CXYZ/A of 2020-03-02, CXYZ/A of 2020-03-03, CXYZ/A of 2020-03-04 and 5 more",
                *(f"    Left there: 2020-03-0{day} is a socket." for day in (2, 3, 4)),
                "    Left there: 5 more",
                "    Gone from the archive: CXYZ/2020-03-02, CXYZ/2020-03-03, CXYZ/2020-03-04 and 5 more",
                "    See Warning_2020-03-02.txt, Warning_2020-03-03.txt, Warning_2020-03-04.txt and 5 more",
            ],
            id="of many, how many, and of which days",
        ),
        pytest.param(
            {
                "expiring": [{"name": "A.csv", "last_day": "2020-03-02", "days_left": 0}],
                "expiring_count": 8,
                "lost": [{"what": "CXYZ/A", "day": "2020-03-02"}],
                "lost_count": 3,
                "absent": [{"path": "CXYZ/B", "reason": "It is gone."}],
                "absent_count": 2,
                "refused": [{"name": "C", "reason": "C is a socket."}],
                "refused_count": 5,
            },
            None,
            {"hosts": (ONE,), "play_hosts": (ONE,)},
            [
                summary(ONE),
                "    Expiring: A.csv, until 2020-03-02",
                "    Expiring: 7 more",
                "    Lost: CXYZ/A of 2020-03-02 and 2 more",
                "    Left there: C is a socket.",
                "    Left there: 4 more",
                "    Gone from the archive: CXYZ/B and 1 more",
            ],
            id="of very many, how many beside those that the result names",
        ),
    ],
)
def test_the_lines(first, second, more, lines):
    assert told(first, second, **more) == lines


def test_one_alone_says_that_nobody_stands_by():
    its = {**probed("CXYZ001"), "report_sync_first": QUIET}
    (line,) = sync_lines([ONE], {ONE: its}, [ONE])
    assert line == summary(ONE).replace(f"1 held by {TWO}", "no standby")


@pytest.mark.parametrize(
    ("first", "is_there", "trouble"),
    [
        pytest.param({}, True, "", id="it fetches, or has fetched"),
        pytest.param({}, False, "It is unreachable or not ready.", id="it is not there"),
        pytest.param(LOCKED, True, LOCKED["msg"], id="it could not fetch, and is there"),
        pytest.param(LOCKED, False, LOCKED["msg"], id="it could not fetch"),
        pytest.param(BUSY, True, "", id="another run of it fetches"),
        pytest.param(LEFT, True, "", id="another run of it fetches, and this one has left the work to it"),
        pytest.param(BUSY, False, "", id="another run of it fetches, and this one has ended"),
    ],
)
def test_why_the_first_could_not_fetch(first, is_there, trouble):
    assert trouble_of(first, is_there) == trouble
