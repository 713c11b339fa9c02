# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read of a sync."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.sync_lines import lines

WHO = ("CXYZ002", "cxyz-ws2", "cxyz-ws1")
STANDS_IN = "cxyz-ws2 stands in for cxyz-ws1: 2 reports fetched that cxyz-ws1 could not."
QUIET = {
    "downloaded": [],
    "bytes": 0,
    "unchanged": 65,
    "held_by_partner": 1,
    "connection": {"logins_left": 3},
    "missing": [],
    "expiring": [],
    "lost": [],
    "absent": [],
    "warnings_found": [],
}
SUMMARY = "CXYZ002: 0 reports fetched (0.0 MB), 65 held already, 1 held by cxyz-ws1; logins left in five minutes: 3."
SHUT = "The facility is shut until Tuesday 2020-03-03 07:00 Hong Kong time."
REPORTS = [{"folder": folder, "name": folder} for folder in ("COMMON", "CXYZ", "KEY_MANAGEMENT")]


@pytest.mark.parametrize(
    ("result", "more", "told"),
    [
        pytest.param({}, {}, [SUMMARY], id="nothing new"),
        pytest.param({"opens_at": "2020-03-03T07:00:00+08:00", "msg": SHUT}, {}, [SHUT], id="shut"),
        pytest.param({}, {"stands_by": True}, ["CXYZ002 stands by for cxyz-ws1."], id="left to the partner"),
        pytest.param(
            {"downloaded": REPORTS, "bytes": 29_240_000},
            {"trouble": "It is unreachable or not ready."},
            [
                SUMMARY.replace("0 reports fetched (0.0", "3 reports fetched (29.2"),
                f"{STANDS_IN} It is unreachable or not ready.",
            ],
            id="in the partner's place",
        ),
        pytest.param({}, {"foretold": True}, [SUMMARY.replace("fetched", "would be fetched")], id="check mode"),
        pytest.param(
            {
                "missing": [{"expected": "*TP001*", "day": day} for day in ("2020-03-02", "2020-03-03")],
                "expiring": [{"name": "OLD.csv", "days_left": 1}],
                "lost": [{"what": "*X*", "day": "2020-02-03"}],
                "absent": [{"path": "COMMON/A.csv", "reason": "It is gone."}],
                "warnings_found": [{"name": "SSHKeyExpireWarning_20200302.txt"}],
            },
            {},
            [
                SUMMARY,
                "Not there: *TP001*",
                "Leaves soon: OLD.csv",
                "Lost: *X*",
                "Gone from the archive: COMMON/A.csv",
                "See SSHKeyExpireWarning_20200302.txt",
            ],
            id="what people should know, each thing once",
        ),
    ],
)
def test_the_lines(result, more, told):
    assert lines({**QUIET, **result}, *WHO, **more) == told
