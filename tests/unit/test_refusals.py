# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a run must not end green, since too little of what the facility lists can be had (§4.1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.refusals import too_much_refused
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed

TODAY = date(2026, 11, 20)


def reports(count, ago=0, folder="COMMON", first=0):
    day = TODAY - timedelta(days=ago)
    made = int(datetime(day.year, day.month, day.day, 18, tzinfo=HONG_KONG).timestamp())
    return [Listed(folder, f"R{first + number:03}_{day:%Y%m%d}.csv", 10, made) for number in range(count)]


@pytest.mark.parametrize(
    ("listed", "refused", "odd", "says"),
    [
        pytest.param(reports(60), [], [], [], id="nothing is refused"),
        pytest.param([], [], [], [], id="nothing is there"),
        pytest.param(reports(60), reports(30), [], [], id="half of it is refused"),
        pytest.param(reports(60), reports(31), [], ["31 of 60"], id="more than half"),
        pytest.param(reports(60), reports(60), [], ["60 of 60"], id="all of it"),
        pytest.param(reports(1), reports(1), [], ["1 of 1"], id="the only report"),
        pytest.param([], reports(5), [], ["5 of 5"], id="all were refused by the listing itself"),
        pytest.param(reports(2), reports(1), [], [], id="one of two"),
        pytest.param(reports(60) + reports(60, 1), reports(60, 1), [], ["60 reports of 2026"], id="all of one day"),
        pytest.param(reports(60) + reports(60, 1), reports(59, 1), [], [], id="all but one of one day"),
        pytest.param(
            reports(60) + reports(2, 14), reports(2, 14), [], ["2 reports of 2026-11-06"], id="all of a fortnight ago"
        ),
        pytest.param(reports(60) + reports(1, 15), reports(1, 15), [], [], id="all of a day that is long ago"),
        pytest.param(reports(60), [], reports(1, 3, first=900), [], id="an odd entry on a day of its own"),
        pytest.param(reports(60), [], reports(2, 3, first=900), ["2 reports of"], id="both of a day are odd"),
        pytest.param(reports(60), [], reports(4, 3, first=900), ["4 reports of"], id="all of a day are odd"),
        pytest.param(reports(60), [], reports(61, first=900), ["61 of 121"], id="more odd entries than reports"),
        pytest.param(reports(5), [], reports(1, first=900) * 6, [], id="an odd entry that is listed six times"),
        pytest.param(
            reports(60) + reports(2, folder="CXYZ"),
            reports(2, folder="CXYZ"),
            [],
            ["/CXYZ: 2 of 2"],
            id="each folder is judged by itself",
        ),
        pytest.param([Listed("COMMON", "a.csv", 1, None)] * 9, [], [], [], id="no days are told"),
    ],
)
def test_how_much_may_be_refused(listed, refused, odd, says):
    told = too_much_refused(listed, refused, odd, TODAY)
    assert len(told) == len(says)
    assert all(words in sentence for words, sentence in zip(says, told))
